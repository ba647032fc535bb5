"""Gradient descent with momentum: the heavy ball, and Nesterov's form of it."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Decay, Rule, State, Step, Switch


def momentum(num: Numbers) -> Step:
    """m <- beta1 m + (1 - dampening) g; w <- w - eta m, or with ``nesterov`` w <- w - eta (g + beta1 m)."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
        m = h.beta1 * s.m + (1 - h.dampening) * g
        return m + h.nesterov * (g + h.beta1 * m - m), s._replace(m=m)

    return step


RULE = Rule(
    "momentum",
    momentum,
    source="Polyak 1964; Sutskever et al. 2013, as torch.optim.SGD has them",
    states=(State("m", degree=1),),
    hyper=(Decay("beta1", "9/10"), Decay("dampening", 0), Switch("nesterov", 0)),
    update="linear",
    degree=1,
    also=("sgd",),
)

"""NAdam, with constant momentum and without bias correction."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Decay, Rule, State, Step


def nadam(num: Numbers) -> Step:
    """Adam with Nesterov's look ahead: w <- w - eta (beta1 m + (1 - beta1) g) / (sqrt(v) + eps)."""
    sqrt, ratio = num.sqrt, num.ratio

    def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
        m = h.beta1 * s.m + (1 - h.beta1) * g
        v = h.beta2 * s.v + (1 - h.beta2) * g * g
        ahead = h.beta1 * m + (1 - h.beta1) * g
        return ratio(ahead, sqrt(v + h.inside) + h.eps), s._replace(m=m, v=v)

    return step


RULE = Rule(
    "nadam",
    nadam,
    source="Dozat 2016",
    states=(State("m", degree=1), State("v", degree=2)),
    hyper=(Decay("beta1", "9/10"), Decay("beta2", "999/1000")),
    batch=1,
)

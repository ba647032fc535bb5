"""Adam."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Decay, Rule, State, Step


def adam(num: Numbers) -> Step:
    """w <- w - eta m / (sqrt(v) + eps), eps = 0 by default; or eps inside the root.

    Bias correction is a factor of eta and of eps (`Optimizer.scalars`).
    """
    sqrt, ratio = num.sqrt, num.ratio

    def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
        m = h.beta1 * s.m + (1 - h.beta1) * g
        v = h.beta2 * s.v + (1 - h.beta2) * g * g
        return ratio(m, sqrt(v + h.inside) + h.eps), s._replace(m=m, v=v)

    return step


RULE = Rule(
    "adam",
    adam,
    source="Kingma and Ba 2015",
    states=(State("m", degree=1), State("v", degree=2)),
    hyper=(Decay("beta1", "9/10"), Decay("beta2", "999/1000")),
    batch=1,
    corrects=("beta1", "beta2"),
    torch="Adam",
)

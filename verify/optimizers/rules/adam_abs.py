"""Adam with the mean of |g| in place of sqrt(v)."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Decay, Rule, State, Step


def adam_abs(num: Numbers) -> Step:
    """v <- beta2 v + (1 - beta2) |g|; w <- w - eta m / (v + eps)."""
    ratio, size = num.ratio, num.abs

    def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
        m = h.beta1 * s.m + (1 - h.beta1) * g
        v = h.beta2 * s.v + (1 - h.beta2) * size(g)
        return ratio(m, v + h.eps), s._replace(m=m, v=v)

    return step


RULE = Rule(
    "adam-abs",
    adam_abs,
    source="a variant of Kingma and Ba 2015 in the mean of |g|",
    states=(State("m", degree=1), State("v", degree=1)),
    hyper=(Decay("beta1", "9/10"), Decay("beta2", "999/1000")),
    batch=1,
)

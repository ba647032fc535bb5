"""AMSGrad: Adam that divides by the largest v so far."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Decay, Rule, State, Step


def amsgrad(num: Numbers) -> Step:
    """top <- max(top, v); w <- w - eta m / (sqrt(top) + eps)."""
    sqrt, ratio, larger = num.sqrt, num.ratio, num.max

    def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
        m = h.beta1 * s.m + (1 - h.beta1) * g
        v = h.beta2 * s.v + (1 - h.beta2) * g * g
        top = larger(s.top, v)
        return ratio(m, sqrt(top + h.inside) + h.eps), s._replace(m=m, v=v, top=top)

    return step


RULE = Rule(
    "amsgrad",
    amsgrad,
    source="Reddi et al. 2018",
    states=(State("m", degree=1), State("v", degree=2), State("top", degree=2)),
    hyper=(Decay("beta1", "9/10"), Decay("beta2", "999/1000")),
    batch=1,
    forgets=False,
    corrects=("beta1", "beta2"),
)

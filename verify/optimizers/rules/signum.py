"""Signum: sign descent with momentum."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Decay, Rule, State, Step


def signum(num: Numbers) -> Step:
    """w <- w - eta sign(m)."""
    sign = num.sign

    def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
        m = h.beta1 * s.m + (1 - h.beta1) * g
        return sign(m), s._replace(m=m)

    return step


RULE = Rule(
    "signum",
    signum,
    source="Bernstein et al. 2018",
    states=(State("m", degree=1),),
    hyper=(Decay("beta1", "9/10"),),
    update="sign",
    batch=1,
)

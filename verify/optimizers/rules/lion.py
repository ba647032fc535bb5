"""Lion."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Decay, Rule, State, Step


def lion(num: Numbers) -> Step:
    """w <- w - eta sign(beta1 m + (1 - beta1) g); m <- beta2 m + (1 - beta2) g."""
    sign = num.sign

    def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
        return sign(h.beta1 * s.m + (1 - h.beta1) * g), s._replace(m=h.beta2 * s.m + (1 - h.beta2) * g)

    return step


RULE = Rule(
    "lion",
    lion,
    source="Chen et al. 2023",
    states=(State("m", degree=1),),
    hyper=(Decay("beta1", "9/10"), Decay("beta2", "99/100")),
    update="sign",
    degree=0,
    batch=1,
)

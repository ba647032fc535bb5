"""RMSprop."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Decay, Rule, State, Step


def rmsprop(num: Numbers) -> Step:
    """v <- beta2 v + (1 - beta2) g^2; w <- w - eta g / (sqrt(v) + eps)."""
    sqrt, ratio = num.sqrt, num.ratio

    def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
        v = h.beta2 * s.v + (1 - h.beta2) * g * g
        return ratio(g, sqrt(v + h.inside) + h.eps), s._replace(v=v)

    return step


RULE = Rule(
    "rmsprop",
    rmsprop,
    source="Tieleman and Hinton 2012",
    states=(State("v", degree=2),),
    hyper=(Decay("beta2", "99/100"),),
    batch=1,
)

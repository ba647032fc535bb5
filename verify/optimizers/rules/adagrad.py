"""AdaGrad."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Rule, State, Step


def adagrad(num: Numbers) -> Step:
    """v <- v + g^2; w <- w - eta g / (sqrt(v) + eps)."""
    sqrt, ratio = num.sqrt, num.ratio

    def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
        v = s.v + g * g
        return ratio(g, sqrt(v + h.inside) + h.eps), s._replace(v=v)

    return step


RULE = Rule(
    "adagrad", adagrad, source="Duchi et al. 2011", states=(State("v", degree=2),), batch=1, forgets=False
)

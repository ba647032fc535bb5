"""Sign descent."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Rule, Step


def signgd(num: Numbers) -> Step:
    """w <- w - eta sign(g)."""
    sign = num.sign

    def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
        return sign(g), s

    return step


RULE = Rule("signgd", signgd, source="Bernstein et al. 2018", update="sign")

"""Gradient descent with soft clipping."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Rule, Step


def clipped(num: Numbers) -> Step:
    """w <- w - eta g / (1 + |g|), entry by entry."""
    size = num.abs

    def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
        return g / (1 + size(g)), s

    return step


RULE = Rule("clipped", clipped, source="soft clipping, entry by entry", degree=None)

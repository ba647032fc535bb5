"""Gradient descent."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Rule, Step


def gd(num: Numbers) -> Step:
    """w <- w - eta g."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
        return g, s

    return step


RULE = Rule("gd", gd, source="Cauchy 1847", update="linear", degree=1, torch="SGD")

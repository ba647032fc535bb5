"""Normalized gradient descent."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Rule, Step


def ngd(num: Numbers) -> Step:
    """w <- w - eta g / ||g||_2."""
    ratio = num.ratio

    def step(g: Any, norm: Any, s: Any, h: Any) -> tuple[Any, Any]:
        return ratio(g, norm), s

    return step


RULE = Rule("ngd", ngd, source="Nesterov 1984", reads="norm", blocks="gradient")

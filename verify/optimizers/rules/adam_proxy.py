"""AdamProxy: Adam by samples as beta2 tends to 1."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Rule, Step


def adam_proxy(num: Numbers) -> Step:
    """w <- w - eta grad L / sqrt(sum_i (grad L_i)^2)."""
    sqrt, ratio = num.sqrt, num.ratio

    def step(g: Any, squares: Any, s: Any, h: Any) -> tuple[Any, Any]:
        return ratio(g, sqrt(squares)), s

    return step


RULE = Rule("adam-proxy", adam_proxy, source="arXiv 2510.26303, AdamProxy", reads="squares", batch="full")

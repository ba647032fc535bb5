"""Gradient descent whose steps have a bounded norm."""

from __future__ import annotations

from typing import Any

from verify.numbers.system import Numbers
from verify.optimizers.rule import Positive, Rule, Step


def norm_clipped(num: Numbers) -> Step:
    """w <- w - eta g min(1, radius / ||g||_2)."""
    larger = num.max

    def step(g: Any, norm: Any, s: Any, h: Any) -> tuple[Any, Any]:
        return g * h.radius / larger(h.radius, norm), s

    return step


RULE = Rule(
    "norm-clipped",
    norm_clipped,
    source="Pascanu et al. 2013",
    hyper=(Positive("radius", 1),),
    degree=None,
    reads="norm",
)

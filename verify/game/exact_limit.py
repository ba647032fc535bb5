"""Limits that are known in rationals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from verify.evidence import Verdict
from verify.game.result import Limit, Stability, decimals, rounded
from verify.numbers.linear.angles import Vector
from verify.numbers.systems.balls import ball, precision, sqrt


def exact_limit(
    u: Sequence[Fraction],
    weights: Sequence[Fraction],
    slack: Fraction | None,
    stability: Stability,
    note: str,
    digits: int | None,
    point: Mapping[str, Any] | None = None,
) -> Limit:
    """A certified limit of direction ``u`` (d), which is not yet of norm 1; ``slack`` None: all rows have weight.
    ``point`` is what a certificate says of it."""
    direction, radius, text = exact_direction(u, digits)
    return Limit(
        direction=direction,
        radius=radius,
        support=tuple(i for i, c in enumerate(weights) if c),
        weights=np.array([float(c) for c in weights]),
        slack=np.inf if slack is None else float(slack),
        stability=stability,
        evidence=Verdict.CERTIFIED,
        note=note,
        decimals=text,
        point=point,
    )


def exact_direction(w: Sequence[Fraction], digits: int | None) -> tuple[Vector, float, tuple[str, ...]]:
    """A rational direction at l2 norm 1: in float64, a bound on its error in l2 norm, and decimals if asked for."""
    with precision(128 + 4 * (digits or 0)):
        u = [ball(entry) for entry in w]
        length = sqrt(sum((entry * entry for entry in u), ball(0)))
        unit = [entry / length for entry in u]
        return *rounded(unit), decimals(unit, digits) if digits else ()

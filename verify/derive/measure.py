"""Measurements in arbitrary precision: runs of an optimizer from its definition, and fitted orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath

from verify.derive.chain import Measured


def agreement(
    quantity: str, predicted: Any, measured: Any, uncertainty: Any, digits: int, over: str
) -> Measured:
    """A measured number beside the predicted one; they agree if no further apart than the uncertainty."""
    return Measured(
        quantity,
        mpmath.nstr(predicted, 15),
        mpmath.nstr(measured, 15),
        mpmath.nstr(uncertainty, 2),
        digits,
        over,
        bool(abs(predicted - measured) <= uncertainty),
    )


def order_of(
    quantity: str,
    predicted: int | Fraction,
    residual: Callable[[Any], Any],
    points: Sequence[Any],
    digits: int,
    over: str,
) -> Measured:
    """The exponent p of residual(h) ~ h^p as h falls, from the slopes between neighbouring points.

    The points, smaller from one to the next, span several decades. A slope differs from p by a multiple of h,
    so the slopes settle by as much as h falls; the last change of slope bounds what is still missing (it is
    more than the rest of a geometric sequence whose ratio is below 1/2), and is stated as the uncertainty.
    """
    logs = [(mpmath.log(h), mpmath.log(abs(residual(h)))) for h in points]
    slopes = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(logs)]
    wanted = mpmath.mpf(Fraction(predicted).numerator) / Fraction(predicted).denominator
    return agreement(quantity, wanted, slopes[-1], abs(slopes[-1] - slopes[-2]), digits, over)

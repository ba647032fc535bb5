"""Exact numbers as decimal text."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction


def decimal(value: Fraction, digits: int) -> str:
    """The number to ``digits`` significant digits, to the nearest."""
    return _divided(value, digits, ROUND_HALF_EVEN)


def decimal_above(value: Fraction, digits: int) -> str:
    """The least decimal of ``digits`` significant digits that is not below the number."""
    return _divided(value, digits, ROUND_CEILING)


def _divided(value: Fraction, digits: int, rounding: str) -> str:
    context = Context(prec=digits, rounding=rounding, Emin=MIN_EMIN, Emax=MAX_EMAX)
    return str(context.divide(Decimal(value.numerator), Decimal(value.denominator)))

"""Exact numbers as decimal text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from verify.errors import Undecided

# Digits of a printed radius.
RADIUS_DIGITS = 3

# The ends of an interval.
Range = tuple[Fraction, Fraction]


def decimal(value: Fraction, digits: int) -> str:
    """The number to ``digits`` significant digits, to the nearest."""
    return _divided(value, digits, ROUND_HALF_EVEN)


def decimal_above(value: Fraction, digits: int) -> str:
    """The least decimal of ``digits`` significant digits that is not below the number."""
    return _divided(value, digits, ROUND_CEILING)


def size(interval: Range) -> Fraction:
    """The largest absolute value in the interval."""
    return max(abs(interval[0]), abs(interval[1]))


def enclosing_decimals(ranges: Sequence[Range], digits: int) -> list[tuple[str, str]]:
    """A decimal of ``digits`` digits for each interval, and a radius about it that covers the interval.

    Raises Undecided unless the interval is narrower than a unit of the last digit: of its least absolute
    value, or of the largest among all where it contains 0.
    """
    largest = max(map(size, ranges))
    printed = []
    for low, high in ranges:
        unit_of = largest if low <= 0 <= high else min(abs(low), abs(high))
        if (high - low) * 10**digits > unit_of:
            raise Undecided(f"the last of {digits} digits")
        text = decimal((low + high) / 2, digits)
        center = Fraction(text)
        printed.append((text, decimal_above(max(high - center, center - low), RADIUS_DIGITS)))
    return printed


def _divided(value: Fraction, digits: int, rounding: str) -> str:
    context = Context(prec=digits, rounding=rounding, Emin=MIN_EMIN, Emax=MAX_EMAX)
    return str(context.divide(Decimal(value.numerator), Decimal(value.denominator)))

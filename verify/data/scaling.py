"""Features scaled exactly: each is (x - shift) / factor with rational shift and factor, which the output states."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

from verify.data.text import show
from verify.errors import BadInput

Scaled = tuple[list[list[Fraction]], list[Fraction], list[Fraction]]

# A standard deviation is rounded to this many bits: a rational next to it, with a short denominator.
BITS = 24


def scaled(name: str, X: list[list[Fraction]], columns: tuple[str, ...], standardize: bool) -> Scaled:
    """The rows, the shifts and the factors: mean and standard deviation (over N), or 0 and the largest absolute value.

    Raises BadInput for a column that is constant, or 0, since nothing is left of it.
    """
    shifts, factors = [], []
    for k, column in enumerate(zip(*X, strict=True)):
        what = f"{name}: column {show(columns[k]) if columns else k}"
        if standardize:
            mean = sum(column) / len(column)
            variance = sum((x - mean) ** 2 for x in column) / len(column)
            if not variance:
                raise BadInput(f"{what} is constant: standardize leaves nothing of it; --drop it")
            shifts.append(mean)
            factors.append(_root(variance))
        else:
            largest = max(map(abs, column))
            if not largest:
                raise BadInput(f"{what} is 0: it has no scale; --drop it")
            shifts.append(Fraction(0))
            factors.append(largest)
    rows = [[(x - s) / f for x, s, f in zip(row, shifts, factors, strict=True)] for row in X]
    return rows, shifts, factors


def _root(value: Fraction) -> Fraction:
    """A rational within 2^-BITS of the root, relatively."""
    shift = 2 * BITS + max(0, value.denominator.bit_length() - value.numerator.bit_length())
    shift += shift % 2
    whole = isqrt((value.numerator << shift) // value.denominator)
    spare = max(0, whole.bit_length() - BITS)
    return Fraction((whole >> spare) << spare, 1 << (shift // 2))

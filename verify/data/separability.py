"""Separable or not, with an exact witness either way.

By Gordan's theorem exactly one of these exists: a w with x_i.w > 0 for all i, or a point c of the simplex
with sum_i c_i x_i = 0. Floats propose w; if none of theirs holds exactly, an exact LP decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from verify.data.dataset import Dataset, float_text
from verify.data.text import plain
from verify.errors import BadInput

Vector = tuple[Fraction, ...]


class NotSeparable(BadInput):
    """No w has x_i.w > 0 for all i: ``weights`` (N) are nonnegative, sum to 1, and combine the rows to 0."""

    def __init__(self, data: Dataset, weights: Sequence[Fraction]) -> None:
        support = [i for i, weight in enumerate(weights) if weight]
        terms = [f"{_short(weights[i])} x_{i}" for i in support[:4]]
        more = f" + ... ({len(support)} rows)" if len(support) > 4 else ""
        super().__init__(
            f"{plain(data.name)}: not separable: {' + '.join(terms)}{more} = 0, rows counted from 0"
        )
        self.data = data
        self.weights = tuple(weights)


def require_separable(data: Dataset) -> Vector:
    """A separator w (d) with x_i.w > 0 for all i; raises NotSeparable, with the weights, if there is none."""
    separator, weights = separate(data)
    if separator is None:
        raise NotSeparable(data, weights or ())
    return separator


def separate(data: Dataset) -> tuple[Vector, None] | tuple[None, Vector]:
    """(w, None) with x_i.w > 0 for all i, or (None, c): c >= 0, sum(c) = 1, sum_i c_i x_i = 0.

    Whichever is returned has been checked in exact arithmetic.
    """
    rows, columns = _scales(data)
    # Neither scaling rows nor columns by positive numbers changes the answer; it brings entries near 1.
    scaled = [
        [entry * r * k for entry, k in zip(row, columns, strict=True)]
        for row, r in zip(data.rows, rows, strict=True)
    ]
    for guess in _guesses(np.array([[float(entry) for entry in row] for row in scaled])):
        w = tuple(entry * k for entry, k in zip(guess, columns, strict=True))
        if separates(data, w):
            return w, None

    from verify.numbers.exact_lp import solve_lp  # late: FLINT and HiGHS take time to import

    # Maximize g subject to x_i.w >= g, -1 <= w <= 1. The duals of the rows are a point of the simplex that
    # attains g = ||X'c||_1; so if g = 0 they are the vanishing combination.
    n, d = data.n, data.d
    best = solve_lp(
        c=[0] * d + [-1],
        A=[[*row, -1] for row in scaled],
        row_lower=[0] * n,
        row_upper=[None] * n,
        lower=[-1] * d + [None],
        upper=[1] * d + [None],
    )
    if best.x[d] > 0:
        w = tuple(entry * k for entry, k in zip(best.x[:d], columns, strict=True))
        if not separates(data, w):
            raise AssertionError(f"{data.name}: the exact LP returned a wrong separator")
        return w, None
    unscaled = [y * r for y, r in zip(best.y, rows, strict=True)]
    total = sum(unscaled)
    weights = tuple(weight / total for weight in unscaled)
    if not vanishes(data, weights):
        raise AssertionError(f"{data.name}: the exact LP returned a wrong convex combination")
    return None, weights


def separates(data: Dataset, w: Sequence[Fraction]) -> bool:
    """Whether x_i.w > 0 for all i, exactly."""
    if len(w) != data.d:
        return False
    from verify.numbers.rational import times

    return all(margin > 0 for margin in times(data.rows, w))


def vanishes(data: Dataset, weights: Sequence[Fraction]) -> bool:
    """Whether the weights (N) are nonnegative, sum to 1 and combine the rows to zero, exactly."""
    if len(weights) != data.n or any(weight < 0 for weight in weights) or sum(weights) != 1:
        return False
    from verify.numbers.rational import times

    support = [i for i, weight in enumerate(weights) if weight]
    columns = list(zip(*(data.rows[i] for i in support), strict=True))
    return not any(times(columns, [weights[i] for i in support]))


def _guesses(X: NDArray[np.float64]) -> Iterator[Vector]:
    """Candidates for w from floats, with as few bits as may do: the mean row, least squares to margins 1."""
    for w in (X.mean(axis=0), np.linalg.lstsq(X, np.ones(len(X)), rcond=None)[0]):
        size = np.abs(w).max()
        if not np.isfinite(size) or size == 0 or not (X @ w > 0).all():
            continue
        for bits in (4, 8, 16, 32, 64):
            rounded = np.round(w / size * 2.0**bits)
            if (X @ rounded > 0).all():
                yield tuple(Fraction(int(entry)) for entry in rounded)


def _scales(data: Dataset) -> tuple[list[Fraction], list[Fraction]]:
    """Powers of two for rows and columns that bring each row's, then each column's, largest entry near 1."""
    sizes = np.array(
        [
            [e.numerator.bit_length() - e.denominator.bit_length() if e else -(10**6) for e in row]
            for row in data.rows
        ]
    )
    columns = sizes.max(axis=0)
    columns[columns == -(10**6)] = 0
    rows = (sizes - columns).max(axis=1)
    return [Fraction(2) ** -int(r) for r in rows], [Fraction(2) ** -int(k) for k in columns]


def _short(weight: Fraction) -> str:
    """A weight as a fraction if that is short, else as a decimal."""
    if max(weight.numerator.bit_length(), weight.denominator.bit_length()) <= 20:
        return str(weight)
    return f"{float(weight):.4g}" if weight > Fraction(1, 10**300) else float_text(weight)

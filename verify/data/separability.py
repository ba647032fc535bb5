"""Separable or not, with an exact witness either way.

By Gordan's theorem exactly one of these exists: a w with x_i.w > 0 for all i, or a point c of the simplex
with sum_i c_i x_i = 0. Floats propose w; if none of theirs holds exactly, an exact LP decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from verify.data.dataset import Dataset, float_text
from verify.data.text import plain
from verify.errors import BadInput

Vector = tuple[Fraction, ...]

# Newton's steps that are tried for a separator, and the share of a matrix's trace that makes it regular.
HINGE_STEPS = 40
HINGE_RIDGE = 1e-12

# The exponent of an entry 0: below any other.
MISSING = -(10**6)


class NotSeparable(BadInput):
    """No w has x_i.w > 0 for all i: ``weights`` (N) are nonnegative, sum to 1, and combine the rows to 0; ``why`` says
    more of it, if that was asked."""

    def __init__(self, data: Dataset, weights: Sequence[Fraction], why: str = "") -> None:
        support = [i for i, weight in enumerate(weights) if weight]
        terms = [f"{_short(weights[i])} x_{_place(data, i)}" for i in support[:4]]
        more = f" + ... ({len(support)} rows)" if len(support) > 4 else ""
        counted = "rows" if data.classes is None else "x_(sample, class), both"
        rounded = any(str(weights[i]) != _short(weights[i]) for i in support[:4])
        super().__init__(
            f"{plain(data.name)}: not separable: {' + '.join(terms)}{more} = 0, "
            f"{'weights rounded, ' if rounded else ''}{counted} counted from 0{f'; {why}' if why else ''}"
        )
        self.why = why
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
    X = data.floats()
    rows, columns = _scales(X)
    # Neither scaling rows nor columns by positive numbers changes the answer; it brings entries near 1.
    for guess in _guesses(np.ldexp(X, rows[:, None] + columns)):
        w = tuple(entry * Fraction(2) ** int(k) for entry, k in zip(guess, columns, strict=True))
        if separates(data, w):
            return w, None

    from verify.numbers.lp.exact import solve_lp  # late: FLINT and HiGHS take time to import

    # Maximize g subject to x_i.w >= g, -1 <= w <= 1. The duals of the rows are a point of the simplex that
    # attains g = ||X'c||_1; so if g = 0 they are the vanishing combination.
    n, d = data.n, data.d
    by_row, by_column = ([Fraction(2) ** int(k) for k in exponents] for exponents in (rows, columns))
    scaled = [
        [entry * r * k for entry, k in zip(row, by_column, strict=True)]
        for row, r in zip(data.rows, by_row, strict=True)
    ]
    best = solve_lp(
        c=[0] * d + [-1],
        A=[[*row, -1] for row in scaled],
        row_lower=[0] * n,
        row_upper=[None] * n,
        lower=[-1] * d + [None],
        upper=[1] * d + [None],
    )
    if best.x[d] > 0:
        w = tuple(entry * k for entry, k in zip(best.x[:d], by_column, strict=True))
        if not separates(data, w):
            raise AssertionError(f"{data.name}: the exact LP returned a wrong separator")
        return w, None
    unscaled = [y * r for y, r in zip(best.y, by_row, strict=True)]
    total = sum(unscaled)
    weights = tuple(weight / total for weight in unscaled)
    if not vanishes(data, weights):
        raise AssertionError(f"{data.name}: the exact LP returned a wrong convex combination")
    return None, weights


def separates(data: Dataset, w: Sequence[Fraction]) -> bool:
    """Whether x_i.w > 0 for all i, exactly."""
    if len(w) != data.d:
        return False
    from verify.numbers.linear.rational import times

    return all(margin > 0 for margin in times(data.rows, w))


def vanishes(data: Dataset, weights: Sequence[Fraction]) -> bool:
    """Whether the weights (N) are nonnegative, sum to 1 and combine the rows to zero, exactly."""
    if len(weights) != data.n or any(weight < 0 for weight in weights) or sum(weights) != 1:
        return False
    from verify.numbers.linear.rational import times

    support = [i for i, weight in enumerate(weights) if weight]
    columns = list(zip(*(data.rows[i] for i in support), strict=True))
    return not any(times(columns, [weights[i] for i in support]))


def _guesses(X: NDArray[np.float64]) -> Iterator[Vector]:
    """Candidates for w from floats, with as few bits as may do: the mean row, margins short of 1 least in squares."""
    for w in chain([X.mean(axis=0)], _squared_hinge(X)):
        size = np.abs(w).max()
        if not np.isfinite(size) or size == 0 or not (X @ w > 0).all():
            continue
        for bits in (4, 8, 16, 32, 64):
            rounded = np.round(w / size * 2.0**bits)
            if (X @ rounded > 0).all():
                yield tuple(Fraction(int(entry)) for entry in rounded)


def _squared_hinge(X: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Newton's steps to the least sum of max(0, 1 - x_i.w)^2, which is 0 just if some w separates: each solves least
    squares on the rows that are short of a margin of 1 (Keerthi and DeCoste 2005), and goes as far as that pays."""
    d = X.shape[1]
    w = np.zeros(d)
    for _ in range(HINGE_STEPS):
        margins = X @ w
        short = margins < 1
        A = X[short]
        # (A'A + ridge) step = A'(1 - A w); of two matrices of the same eigenvalues, the smaller one.
        ridge, right = HINGE_RIDGE * float((A * A).sum()), 1 - margins[short]
        try:
            if len(A) < d:
                step = A.T @ np.linalg.solve(A @ A.T + ridge * np.eye(len(A)), right)
            else:
                step = np.linalg.solve(A.T @ A + ridge * np.eye(d), A.T @ right)
        except np.linalg.LinAlgError:
            return
        ahead = X @ step
        lengths = 2.0 ** -np.arange(10)
        sums = [float((np.maximum(0, 1 - margins - t * ahead) ** 2).sum()) for t in lengths]
        best = int(np.argmin(sums))
        w = w + lengths[best] * step
        yield w
        if sums[best] == 0 or not sums[best] < float((right**2).sum()):
            return


def _scales(X: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Exponents of two for rows and columns that bring each row's, then each column's, largest entry near 1."""
    exponents = np.where(X == 0, MISSING, np.frexp(X)[1].astype(np.int64))
    columns = exponents.max(axis=0)
    columns[columns == MISSING] = 0
    rows = (exponents - columns).max(axis=1)
    return -rows, -columns


def _place(data: Dataset, row: int) -> str:
    return str(row) if data.classes is None else str(data.classes.pair(row)).replace(" ", "")


def _short(weight: Fraction) -> str:
    """A weight as a fraction if that is short, else as a decimal."""
    if max(weight.numerator.bit_length(), weight.denominator.bit_length()) <= 20:
        return str(weight)
    return f"{float(weight):.4g}" if weight > Fraction(1, 10**300) else float_text(weight)

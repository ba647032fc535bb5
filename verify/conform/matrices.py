"""Newton and Schulz's polynomial of a direction that is known within an error: what it is, and how far from there.

X -> p(X) = a X + (b X X' + c (X X')^2) X acts on the singular values, so a perturbation grows in the Frobenius norm at
most by the largest divided difference of p between values of +-(the singular values), and 0 where X is not square
(Daletskii and Krein). Between X and its neighbour at a distance e the singular values move by e at most, and a divided
difference by e times the largest |p''|. To this comes in each step what rounding does, term by term.

In bfloat16 such a bound says nothing after five steps. There the roundings are part of what is defined: each product
of matrices, summed in float32 at least, is rounded once. Intervals are carried along; where the sums are told well
enough, which is nearly everywhere, their ends round to one number, and the matrix is known to the bit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.conform.bounded import Bounded
from verify.conform.convention import Convention
from verify.numbers.formats import FORMATS
from verify.optimizers.matrices import QUINTIC, TIMES

Floats = NDArray[np.float64]
BFLOAT16 = FORMATS["bfloat16"]
# A sum in float32 of terms that were rounded to float32, and scalars that were: a rounding each, and one of ours.
SUMMED = 2.0**-23
# Below the smallest normal number a result may be flushed to 0.
TINY = 2.0**-126


def factor(how: Convention, rows: int, columns: int) -> float:
    """What the update of a matrix is multiplied by in this convention."""
    return {
        "none": 1.0,
        "rows": math.sqrt(max(1.0, rows / columns)),
        "columns": math.sqrt(max(1.0, columns / rows)),
        "largest": 0.2 * math.sqrt(max(rows, columns)),
    }[how.factor]


def turned(direction: Bounded, rows: int, eps: Bounded, how: Convention) -> Bounded:
    """The polynomial's value at a direction, row after row, with its bound."""
    A = direction.x.reshape(rows, -1)
    E = np.broadcast_to(direction.e, direction.x.shape).reshape(A.shape)
    if how.products == "bfloat16":
        X, e = _in_bfloat16(A, E, float(eps.x), how)
    else:
        X, norm = _in_the_format(A, E, eps, how, direction)
        e = np.full(A.shape, norm)
    return Bounded(X.ravel(), abs(X).ravel(), e.ravel(), direction.of)


def _in_the_format(
    A: Floats, E: Floats, eps: Bounded, how: Convention, given: Bounded
) -> tuple[Floats, float]:
    """The value, and a bound of its distance in the Frobenius norm."""
    of = given.of
    terms = Bounded(A, abs(A), E, of)
    squares = terms * terms
    total = (squares.x.sum(), squares.e.sum() + A.size * of.each * squares.s.sum())
    root = math.sqrt(total[0])
    low = math.sqrt(max(total[0] - total[1], 0.0))
    # As of a square root: the distance of the roots is at most that of the numbers over the sum of the roots.
    norm = Bounded(root, root, total[1] / (root + low) if root else 0.0, of)
    X, a, b, c = terms / _against_zero(norm, eps, how), *QUINTIC
    value, e = X.x, float(np.linalg.norm(X.e))
    if not math.isfinite(e):
        return np.zeros_like(A), math.inf
    short, long = sorted(A.shape)
    for _ in range(TIMES):
        s = np.linalg.svd(value, compute_uv=False)
        n = float(np.linalg.norm(value)) + e
        gram, bent = n * n, abs(b) * n**2 + abs(c) * n**4
        of_gram = long * of.each * gram
        of_bent = (
            abs(b) * of_gram + abs(c) * (2 * gram * of_gram + short * of.each * gram**2) + 2 * of.each * bent
        )
        rounded = n * of_bent + (short + 2) * of.each * bent * n + 2 * of.each * a * n
        ends = np.concatenate([s, -s, [0.0] * (short < long)])
        y, top = ends[:, None], float(s.max()) + e
        slopes = a + b * (s * s + s * y + y * y) + c * (s**4 + s**3 * y + s**2 * y**2 + s * y**3 + y**4)
        bend = max(abs(6 * b * x + 20 * c * x**3) for x in (top, min(top, math.sqrt(-b / (10 * c)))))
        e = (float(abs(slopes).max()) + bend * e) * e + rounded
        S = value @ value.T
        value = a * value + (b * S + c * (S @ S)) @ value
        if not e < 1e6:
            return value, math.inf
    return value, e


def _against_zero(norm: Any, eps: Any, how: Convention) -> Any:
    """What is divided by instead of the norm."""
    if how.eps == "none":
        return norm
    if how.eps == "maximum":
        higher = eps if float(eps.x) > float(norm.x) else norm
        return Bounded(higher.x, higher.s, np.maximum(norm.e, eps.e), norm.of)
    return norm + eps


def _in_bfloat16(A: Floats, E: Floats, eps: float, how: Convention) -> tuple[Floats, Floats]:
    """Middles and half widths of intervals that hold what is computed."""
    X = _rounded(A, E)
    sizes = (np.maximum(abs(X[0]) + sign * X[1], 0.0) for sign in (-1, 1))
    ends = [
        math.sqrt(max(float((each * each).sum()) + sign * A.size * TINY, 0.0))
        for each, sign in zip(sizes, (-1, 1), strict=True)
    ]
    spread = (A.size + 2) * SUMMED * ends[1]
    norm = _rounded(np.array((ends[0] + ends[1]) / 2), np.array((ends[1] - ends[0]) / 2 + spread))
    smallest = float(BFLOAT16.array(np.array([eps]))[0])
    if how.eps == "maximum":
        low, high = (max(float(norm[0] + sign * norm[1]), smallest) for sign in (-1, 1))
        norm = np.array((low + high) / 2), np.array((high - low) / 2)
    elif how.eps != "none":
        norm = _rounded(norm[0] + smallest, norm[1] + SUMMED * (norm[0] + smallest))
    if not norm[0] > norm[1]:
        return np.zeros_like(A), np.full(A.shape, np.inf)
    X = _rounded(*_quotient(X, norm))
    tall = A.shape[0] > A.shape[1]
    if tall:
        X = X[0].T, X[1].T
    a, b, c = QUINTIC
    for _ in range(TIMES):
        S = _rounded(*_product(X, (X[0].T, X[1].T)))
        G = _rounded(*_sum(b, S, c, _product(S, S)))
        X = _rounded(*_sum(a, X, 1.0, _product(G, X)))
    return (X[0].T, X[1].T) if tall else X


Interval = tuple[Floats, Floats]


def _rounded(middle: Floats, half: Floats) -> Interval:
    """The numbers of bfloat16 that those of an interval round to."""
    half = half + TINY * ((half > 0) | (middle != 0))
    low, high = (
        BFLOAT16.array(np.nextafter(end, np.copysign(np.inf, way))).astype(np.float64)
        for end, way in ((middle - half, -1.0), (middle + half, 1.0))
    )
    with np.errstate(invalid="ignore"):
        half = np.where(np.isfinite(low) & np.isfinite(high), (high - low) / 2, np.inf)
    return np.where(np.isfinite(half), (low + high) / 2, 0.0), half


def _quotient(X: Interval, norm: Interval) -> Interval:
    value = X[0] / norm[0]
    half = (X[1] + abs(value) * norm[1]) / (norm[0] - norm[1])
    return value, half + SUMMED * (abs(value) + half)


def _product(X: Interval, Y: Interval) -> Interval:
    sizes = (abs(X[0]) + X[1]) @ (abs(Y[0]) + Y[1])
    half = sizes - abs(X[0]) @ abs(Y[0])
    return X[0] @ Y[0], half + (X[0].shape[1] + 1) * SUMMED * sizes


def _sum(a: float, X: Interval, b: float, Y: Interval) -> Interval:
    size = abs(a) * (abs(X[0]) + X[1]) + abs(b) * (abs(Y[0]) + Y[1])
    return a * X[0] + b * Y[0], abs(a) * X[1] + abs(b) * Y[1] + 2 * SUMMED * size

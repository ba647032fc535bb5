"""Max margins of matrices, by a bound and weights that come near it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from mpmath import matrix, mp, mpf

from independent.algebra import Claim, Rows, dot, numbers, reals

# A claimed upper bound is confirmed by weights whose bound is at most this share above it, from computations in
# doubles, which are off by some 1e-15; within that share a false one is not noticed.
SLACK, STEPS = 1e-12, 30_000


def matrix_margin(rows: Rows, claim: Claim) -> bool:
    """The maximizer's norm to a hundred digits and its margins exactly; the upper bound by another solution."""
    k, norm = claim["classes"], claim["norm"]
    shape, W = (k, len(rows[0]) // k), numbers(claim["maximizer"])
    low, high = Fraction(claim["margin_low"]), Fraction(claim["margin_high"])
    values = mp.svd_r(
        matrix([reals(W[i : i + shape[1]]) for i in range(0, len(W), shape[1])]), compute_uv=False
    )
    size, margins = max(values) if norm == "spectral" else sum(values), [dot(row, W) for row in rows]
    if size > 1 + mpf(10) ** -100 or not min(margins) >= low > 0:
        return False
    # What bounds the margin of some rows bounds that of all; those that are far from the boundary may be no doubles.
    near = [row for row, margin in zip(rows, margins, strict=True) if margin < 1000 * min(margins)]
    return is_bound(
        np.array([[float(x) for x in row] for row in near]), shape, norm, float(min(high, 10**300))
    )


def is_bound(R: Any, shape: tuple[int, int], norm: str, high: float) -> bool:
    """Whether no W of norm 1 has margins R.W above ``high``: by a game of W against weights of the rows, each of which
    goes along its slope and back into its ball or simplex, until one of them decides."""
    most = high * (1 + SLACK)

    def split(W: Any) -> Any:
        return np.linalg.svd(W.reshape(shape), full_matrices=False)

    def inside(W: Any) -> Any:
        u, s, v = split(W)
        s = np.minimum(s, 1) if norm == "spectral" or s.sum() <= 1 else onto_simplex(s)
        return (u * s @ v).ravel()

    step = 1 / np.linalg.norm(R, 2)
    W, c = np.zeros(R.shape[1]), np.full(len(R), 1 / len(R))
    for _ in range(STEPS):
        ahead = inside(W + step * (c @ R))
        c, W = onto_simplex(c - step * (R @ (2 * ahead - W))), ahead
        dual = split(c @ R)[1]
        if (dual.sum() if norm == "spectral" else dual[0]) <= most:
            return True
        if (R @ W).min() > most:
            return False
    return False


def onto_simplex(v: Any) -> Any:
    """The nearest point of the simplex."""
    falling = np.sort(v)[::-1]
    levels = (np.cumsum(falling) - 1) / np.arange(1, len(v) + 1)
    return np.maximum(v - levels[np.flatnonzero(falling > levels)[-1]], 0)

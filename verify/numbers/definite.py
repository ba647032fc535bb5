"""Symmetric matrices of balls: whether they are positive definite."""

from __future__ import annotations

from collections.abc import Sequence

from verify.numbers.balls import Ball, ball, sqrt


def positive_definite(rows: Sequence[Sequence[Ball]]) -> bool:
    """Whether every symmetric matrix with entries in the balls (n, n) is shown to be positive definite.

    Weyl: an eigenvalue of such a matrix is at least that of the middles less the radii's Frobenius norm. So that
    is taken from the diagonal, and elimination meets exact entries but for rounding: a symmetric matrix is
    positive definite if and only if all pivots are positive. (Elimination of the balls themselves loses all
    where two eigenvalues are far apart.)
    """
    spread = sqrt(sum((entry.rad() * entry.rad() for row in rows for entry in row), ball(0)))
    left = [[entry.mid() - spread * int(i == j) for j, entry in enumerate(row)] for i, row in enumerate(rows)]
    for k, pivot in enumerate(left):
        if not all(head > 0 for head in pivot[k : k + 1]):
            return False
        for below in left[k + 1 :]:
            factor = below[k] / pivot[k]
            for j in range(k + 1, len(left)):
                below[j] = below[j] - factor * pivot[j]
    return True

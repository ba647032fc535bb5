"""Norms and eigenvalues of matrices of balls: bounds that floats propose and balls show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verify.errors import Undecided
from verify.numbers.systems.balls import Ball, Dyadic, ball, sqrt

Matrix = Sequence[Sequence[Ball]]

# Room between what floats find and what is to be shown, as a share of the matrix: more than rounding takes.
ROOM = 2.0**-26
# The room where the matrix is 0.
SMALLEST = 1e-300


def norm(vector: Sequence[Ball]) -> Ball:
    """A bound on the l2 norm."""
    uppers = [abs(x).abs_upper() for x in vector]
    return sqrt(sum((x * x for x in uppers), ball(0))).abs_upper()


def symmetric_part(rows: Matrix) -> list[list[Ball]]:
    """(A + A') / 2."""
    n = len(rows)
    return [[(rows[i][j] + rows[j][i]) / 2 for j in range(n)] for i in range(n)]


def positive_definite(rows: Matrix) -> bool:
    """Whether every symmetric matrix with entries in the balls (n, n) is shown to be positive definite.

    Weyl: an eigenvalue of such a matrix is at least that of the middles less the radii's Frobenius norm. So that
    is taken from the diagonal, and elimination meets exact entries but for rounding: a symmetric matrix is
    positive definite if and only if all pivots are positive. (Elimination of the balls themselves loses all
    where two eigenvalues are far apart.)
    """
    spread = norm([entry.rad() for row in rows for entry in row])
    left = [[entry.mid() - spread * int(i == j) for j, entry in enumerate(row)] for i, row in enumerate(rows)]
    for k, pivot in enumerate(left):
        if not all(head > 0 for head in pivot[k : k + 1]):
            return False
        for below in left[k + 1 :]:
            factor = below[k] / pivot[k]
            for j in range(k + 1, len(left)):
                below[j] = below[j] - factor * pivot[j]
    return True


def above_eigenvalues(rows: Matrix) -> Ball:
    """A number above all eigenvalues of the symmetric matrices in the balls, near the largest that there may be.

    Raises Undecided if the balls are not finite, or what floats find is not shown.
    """
    middle = np.array([[float(entry.mid()) for entry in row] for row in rows])
    spread = np.array([[float(entry.rad()) for entry in row] for row in rows])
    if not (np.isfinite(middle).all() and np.isfinite(spread).all()):
        raise Undecided("the eigenvalues of a matrix that is not finite")
    size = float(np.linalg.norm(middle) + np.linalg.norm(spread))
    guess = float(np.linalg.eigvalsh(middle)[-1] + np.linalg.norm(spread))
    bound = ball(Dyadic(guess + ROOM * size + SMALLEST))
    shifted = [[bound * int(i == j) - entry for j, entry in enumerate(row)] for i, row in enumerate(rows)]
    if not positive_definite(shifted):
        raise Undecided("the eigenvalues of a matrix")
    return bound

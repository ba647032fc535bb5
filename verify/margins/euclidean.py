"""The l2 margin: the point of least norm in the convex hull of the rows.

max over w of min_i x_i.w / ||w||_2 = min over c in the simplex of ||X'c||_2, and the maximizer is the
minimizing X'c. Wolfe's method (Finding the nearest point in a polytope, Math. Programming 11, 1976) is
written once, and runs twice: in floats to propose the support, and in rationals from that proposal. The
exact run is finite, ends at the exact answer from any start, and after a right guess is one linear solve.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import lcm
from typing import Any

import numpy as np
from flint import fmpq, fmpz, fmpz_mat
from numpy.typing import NDArray

from verify.data.dataset import Dataset
from verify.margins.rows import Rows
from verify.numbers.rational import independent

Weights = list[Any]  # floats, or fmpq
AffineMinimizer = Callable[[list[int]], "Weights | None"]
MostViolated = Callable[[list[int], Weights], "int | None"]


def wolfe(
    corral: list[int], weights: Weights, affine_minimizer: AffineMinimizer, most_violated: MostViolated
) -> tuple[list[int], Weights]:
    """Wolfe's method from the point sum_i weights[i] * row corral[i]; the weights are positive, of sum 1.

    ``affine_minimizer(corral)`` gives the weights (sum 1, any sign) of the point of least norm in the affine
    hull of those rows, or None if they are affinely dependent, which ends the run where it stands;
    ``most_violated(corral, weights)`` a row with x_j.p < p.p at that point p, or None.
    """
    while True:
        goal = affine_minimizer(corral)
        if goal is None:
            return corral, weights
        if any(g <= 0 for g in goal):
            # Walk from the present point towards the goal until a weight vanishes, and drop that row.
            ratios = [
                (w / (w - g), i) for i, (w, g) in enumerate(zip(weights, goal, strict=True)) if g <= 0 < w
            ]
            step, first = min(ratios) if ratios else (0, goal.index(min(goal)))
            moved = [w + step * (g - w) for w, g in zip(weights, goal, strict=True)]
            kept = [i for i, w in enumerate(moved) if i != first and w > 0]
            corral, weights = [corral[i] for i in kept], [moved[i] for i in kept]
            continue
        weights = goal
        entering = most_violated(corral, weights)
        if entering is None:
            return corral, weights
        corral, weights = [*corral, entering], [*weights, 0 * weights[0]]


def propose(X: NDArray[np.float64]) -> tuple[list[int], list[float]]:
    """Support and weights of the point of least norm, in floats: a guess."""
    X = X / np.abs(X).max()
    norms = np.sqrt((X * X).sum(axis=1))
    # A dot product of length d is off by at most about d * eps * ||x|| * ||p||.
    rounding = X.shape[1] * np.finfo(float).eps * norms.max()
    best = np.inf

    def affine_minimizer(corral: list[int]) -> list[float] | None:
        base = X[corral[0]]
        Q, R = np.linalg.qr((X[corral[1:]] - base).T)
        if len(corral) > X.shape[1] + 1 or np.any(np.abs(np.diag(R)) <= rounding):
            return None
        t = np.linalg.solve(R, -Q.T @ base)
        return [1.0 - float(t.sum()), *t.tolist()]

    def most_violated(corral: list[int], weights: list[float]) -> int | None:
        nonlocal best
        p = np.array(weights) @ X[corral]
        norm = float(np.sqrt(p @ p))
        products = X @ p
        j = int(products.argmin())
        # In exact arithmetic the norm falls at each cycle; where it does not, rounding has the word.
        if norm >= best or products[j] >= norm * norm - rounding * norm or j in corral:
            return None
        best = norm
        return j

    start = int(norms.argmin())
    return wolfe([start], [1.0], affine_minimizer, most_violated)


def least_norm(data: Dataset, rows: Rows) -> dict[int, fmpq]:
    """The exact weights c_i > 0, of sum 1, of the point X'c of least l2 norm; rows not named weigh 0.

    X'c = 0 says that the data are not separable, and c is the witness. The rows named are affinely
    independent, so there are at most d + 1 of them.
    """
    Z = rows.integers
    lines = Z.tolist()

    def affine_minimizer(chosen: list[int]) -> list[fmpq]:
        return affine_weights(fmpz_mat([lines[i] for i in chosen]))

    def most_violated(chosen: list[int], weights: list[fmpq]) -> int | None:
        # p and its products in units of 1/common: integers.
        common = lcm(*(int(w.q) for w in weights))
        p = fmpz_mat([[int(w.p) * (common // int(w.q)) for w in weights]]) * fmpz_mat(
            [lines[i] for i in chosen]
        )
        products = (Z * p.transpose()).entries()
        j = min(range(len(products)), key=products.__getitem__)
        return j if products[j] * common < (p * p.transpose())[0, 0] else None

    corral, floats = propose(data.floats())
    corral, weights = wolfe(*exact_start(lines, corral, floats), affine_minimizer, most_violated)
    return dict(zip(corral, weights, strict=True))


def affine_weights(rows: fmpz_mat) -> list[fmpq]:
    """Weights of sum 1 of the point of least norm in the affine hull of K affinely independent integer rows.

    They solve G c = mu 1, 1'c = 1 with the Gram matrix G; ZeroDivisionError if the rows are dependent.
    """
    K = rows.nrows()
    gram = (rows * rows.transpose()).tolist()
    system = fmpz_mat([[0] + [1] * K] + [[1, *line] for line in gram])
    solution = system.solve(fmpz_mat(K + 1, 1, [1] + [0] * K)).entries()
    return list(solution[1:])


def exact_start(
    rows: Sequence[Sequence[fmpz]], corral: list[int], floats: list[float]
) -> tuple[list[int], list[fmpq]]:
    """A corral that is affinely independent exactly, with positive rational weights near the floats."""
    chosen, _ = independent([[1, *map(int, rows[i])] for i in corral])
    # 2^-40 keeps a weight that rounding made 0 or negative in play; any positive start will do.
    exact = [fmpq(*max(floats[k], 2.0**-40).as_integer_ratio()) for k in chosen]
    total = sum(exact, fmpq(0))
    return [corral[k] for k in chosen], [w / total for w in exact]

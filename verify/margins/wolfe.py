"""Wolfe's method, for the point of least norm in a convex hull, in whatever numbers it is given.

P. Wolfe, Finding the nearest point in a polytope, Math. Programming 11 (1976). Each cycle lowers the norm and
ends at the point of least norm of an affine hull of rows, of which there are finitely many: so in rationals
the method ends, and exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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

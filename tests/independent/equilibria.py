"""Equilibria of smooth games: all of them for few rows, where they are and whether they attract."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np
from mpmath import mp, mpf, sqrt
from scipy.optimize import linprog

from independent.algebra import Claim, Drift, Rows, dot, numbers, real, reals
from independent.drift import costs, drift_of_proxy, game


def exact_point(rows: Rows, claim: Claim) -> bool:
    """Equal costs to a hundred digits; of such small data no two differ by less without being equal."""
    c = numbers(claim["point"])
    if not (all(weight >= 0 for weight in c) and sum(c) == 1):
        return False
    try:
        F = costs(drift_of_proxy, [reals(row) for row in rows], reals(c))
    except ZeroDivisionError:
        return False
    least, little = min(F), mpf(10) ** -100
    return least > 0 and all(cost - least < little for cost, weight in zip(F, c, strict=True) if weight)


def edge_zeros(drift: Drift, rows: list[list[mpf]], i: int, j: int) -> list[mpf]:
    """The ratios r = c_j / c_i at which rows i and j cost the same, from 1e-9 to 1e9: sign changes on a fine grid."""

    def gap(r: mpf) -> mpf:
        c = [mpf(0)] * len(rows)
        c[i], c[j] = mpf(1), r
        F = costs(drift, rows, c)
        return F[j] - F[i]

    if not all(any(column) for column in zip(rows[i], rows[j], strict=True)):
        return []  # U has no value on this edge
    with mp.workdps(25):
        grid = [mpf(10) ** (mpf(k) / 40) for k in range(-360, 361)]
        values = [gap(r) for r in grid]
        brackets = [pair for pair, (a, b) in zip(pairwise(grid), pairwise(values), strict=True) if a * b < 0]
    return [mp.findroot(gap, bracket, solver="anderson", tol=mpf(10) ** -150) for bracket in brackets]


def equilibria(drift: Drift, rows: list[list[mpf]]) -> list[list[mpf]]:
    """All equilibria with one or two rows in the support, of positive cost."""
    n, candidates = len(rows), []
    for i in range(n):
        candidates.append([mpf(k == i) for k in range(n)])
        for j in range(i):
            for r in edge_zeros(drift, rows, i, j):
                total = 1 + r
                candidates.append([{i: 1 / total, j: r / total}.get(k, mpf(0)) for k in range(n)])
    found = []
    for c in candidates:
        try:
            F = costs(drift, rows, c)
        except ZeroDivisionError:  # U has no value there, so no claim speaks of it
            continue
        base = next(F[k] for k in range(n) if c[k])
        if base > 0 and all(F[k] > base - mpf(10) ** -60 for k in range(n)):
            found.append(c)
    return found


def lies_in(point: Claim, c: list[mpf], U: list[mpf]) -> bool:
    """Whether the point's box holds the weights c, with its support, and its direction is U's."""
    center, radius = reals(numbers(point["center"])), real(Fraction(point["radius"]))
    if any((a == 0) != (b == 0) or abs(a - b) > radius for a, b in zip(center, c, strict=True)):
        return False
    return is_along(point, U)


def is_along(point: Claim, U: list[mpf]) -> bool:
    """Whether the point's direction is U's."""
    length = sqrt(dot(U, U))
    gaps = [u / length - v for u, v in zip(U, reals(numbers(point["direction"])), strict=True)]
    return bool(sqrt(dot(gaps, gaps)) <= real(Fraction(point["direction_radius"])))


def boxes(rows: Rows, claim: Claim) -> bool:
    """Each box holds one equilibrium; a list's boxes hold all that there are, in different boxes."""
    drift = game(claim)
    if drift is None:
        return False
    X = [reals(row) for row in rows]
    found = [(c, drift(X, c)) for c in equilibria(drift, X)]
    points = claim.get("points", [claim])
    held = [[k for k, (c, U) in enumerate(found) if lies_in(point, c, U)] for point in points]
    if any(len(inside) != 1 for inside in held):
        return False
    if claim.get("complete") == "no":
        return len({inside[0] for inside in held}) == len(held)
    return "points" not in claim or sorted(inside[0] for inside in held) == list(range(len(found)))


def stable(rows: Rows, claim: Claim) -> Callable[[Claim], bool]:
    """Whether a point's word for stability is right, where at most two rows have weight: by a difference quotient of
    their costs along the logarithm of the ratio of their weights."""
    drift, X, h = game(claim), [reals(row) for row in rows], mpf(10) ** -40
    assert drift is not None

    def right(point: Claim) -> bool:
        c = reals(numbers(point["center"]))
        support = [i for i, weight in enumerate(c) if weight]
        grows = False
        if len(support) == 2:
            i, j = support
            near = [weight * (1 + h) if k == i else weight for k, weight in enumerate(c)]
            before, after = costs(drift, X, c), costs(drift, X, near)
            grows = after[i] - after[j] < before[i] - before[j]
        found = "attracting" if not grows else "repelling" if len(X) == 2 else "saddle"
        return point["stability"] in (found, "open")

    return right


def dominated(rows: Rows, claim: Claim) -> bool:
    """No u makes one of these rows the cheapest at a positive cost; else the game U = u would give it all weight."""
    X = np.array([[float(x) for x in row] for row in rows])
    return all(
        linprog(
            np.zeros(X.shape[1]), A_ub=-X, b_ub=-np.ones(len(X)), A_eq=X[[i]], b_eq=[1.0], bounds=(None, None)
        ).status
        == 2
        for i in map(int, claim["rows"])
    )

"""No duality gap in the l1 and l_inf margin problems: exact LPs on random data."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from verify.derive.chain import Assertion, Finding
from verify.derive.roads import instances
from verify.numbers.lp.exact import solve_lp


def _data(rng: random.Random) -> list[list[Fraction]]:
    rows, columns = rng.randint(1, 4), rng.randint(1, 4)
    return [[Fraction(rng.randint(-9, 9)) for _ in range(columns)] for _ in range(rows)]


# Data sets that are tried.
SETS = 12


def no_gap(norm: str, weights: Callable[[Any], Any] = lambda s: s) -> Assertion:
    """max over the norm's ball of min_i x_i.w = min over the simplex of the dual norm of X'c, on random data."""

    def check() -> Finding:
        rng = random.Random(0)
        for _ in range(SETS):
            X = _data(rng)
            value, duals = _primal(norm, X)
            terms = [[y * e for e in row] for y, row in zip(duals, X, strict=True)]
            combination = [sum(column, Fraction(0)) for column in zip(*terms, strict=True)]
            other = weights(_dual_norm(norm, combination))
            if sum(duals) != 1 or min(duals) < 0 or other != value:
                return Finding(
                    False, f"X = {[[str(e) for e in row] for row in X]}: margin {value}, dual {other}"
                )
        return Finding(
            True,
            f"{SETS} random integer data sets: the exact LP's own multipliers lie in the simplex, no gap",
        )

    def solve_dual() -> Finding:
        rng = random.Random(0)
        for _ in range(SETS):
            X = _data(rng)
            if _primal(norm, X)[0] != weights(_dual(norm, X)):
                return Finding(False, f"X = {[[str(e) for e in row] for row in X]}")
        return Finding(True, "the dual problem solved as an exact LP of its own, same data sets")

    other = {"linf": "l1", "l1": "linf"}[norm]
    cases = f"the {norm} margin is the least {other} norm of X'c over the simplex, on {SETS} random data sets"
    return instances(cases, check, solve_dual)


def _primal(norm: str, X: list[list[Fraction]]) -> tuple[Fraction, list[Fraction]]:
    """The margin and the multipliers of its constraints x_i.w >= margin, by an exact LP."""
    n, width = len(X), len(X[0])
    if norm == "linf":  # variables w, mu
        A = [[*row, Fraction(-1)] for row in X]
        lower, upper = [*[-1] * width, None], [*[1] * width, None]
        found = solve_lp([*[0] * width, -1], A, [0] * n, [None] * n, lower, upper)
        return -found.objective, list(found.y)  # type: ignore[operator]  # bounded and feasible
    # variables w+, w-, mu with sum(w+ + w-) <= 1
    A = [[*row, *[-e for e in row], Fraction(-1)] for row in X] + [
        [*[Fraction(1)] * (2 * width), Fraction(0)]
    ]
    found = solve_lp(
        [*[0] * (2 * width), -1],
        A,
        [*[0] * n, None],
        [*[None] * n, 1],
        [*[0] * (2 * width), None],
        [None] * (2 * width + 1),
    )
    return -found.objective, list(found.y[:n])  # type: ignore[operator]  # bounded and feasible


def _dual(norm: str, X: list[list[Fraction]]) -> Fraction:
    """min over the simplex of the dual norm of X'c, as an LP with bounds t_k on |(X'c)_k|."""
    n, width = len(X), len(X[0])
    bounds = width if norm == "linf" else 1
    A, low = [], []
    for e in range(width):
        for sign in (1, -1):
            slack = [Fraction(int(b == (e if bounds > 1 else 0))) for b in range(bounds)]
            A.append([*[sign * row[e] for row in X], *slack])
            low.append(0)
    A.append([*[Fraction(1)] * n, *[Fraction(0)] * bounds])
    found = solve_lp(
        [*[0] * n, *[1] * bounds],
        A,
        [*low, 1],
        [*[None] * len(low), 1],
        [0] * (n + bounds),
        [None] * (n + bounds),
    )
    assert found.objective is not None  # the simplex is bounded and the norm at least 0
    return found.objective


def _dual_norm(norm: str, s: list[Fraction]) -> Fraction:
    sizes = [abs(e) for e in s]
    return sum(sizes, Fraction(0)) if norm == "linf" else max(sizes)

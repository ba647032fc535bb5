"""The l1 and linf margins: exact linear programs, and the whole face of maximizers."""

from __future__ import annotations

from fractions import Fraction

from verify.data.dataset import Dataset
from verify.numbers.exact_lp import Status, solve_lp


def solve_linf(data: Dataset) -> tuple[Fraction, tuple[Fraction, ...], tuple[Fraction, ...]]:
    """Margin, maximizer w (d) in the unit cube, and dual weights (N): maximize g, x_i.w >= g, -1 <= w <= 1."""
    d = data.d
    solution = solve_lp(
        c=[0] * d + [-1],
        A=[[*row, -1] for row in data.rows],
        row_lower=[0] * data.n,
        row_upper=[None] * data.n,
        lower=[-1] * d + [None],
        upper=[1] * d + [None],
    )
    assert solution.status is Status.OPTIMAL
    return solution.x[d], solution.x[:d], solution.y


def solve_l1(data: Dataset) -> tuple[Fraction, tuple[Fraction, ...], tuple[Fraction, ...]]:
    """Margin, maximizer w = u - v (d) with sum(u + v) <= 1, and dual weights (N)."""
    d = data.d
    solution = solve_lp(
        c=[0] * (2 * d) + [-1],
        A=[[*row, *(-x for x in row), -1] for row in data.rows] + [[1] * (2 * d) + [0]],
        row_lower=[0] * data.n + [None],
        row_upper=[None] * data.n + [1],
        lower=[0] * (2 * d) + [None],
        upper=[None] * (2 * d + 1),
    )
    assert solution.status is Status.OPTIMAL
    w = tuple(u - v for u, v in zip(solution.x[:d], solution.x[d : 2 * d], strict=True))
    return solution.x[2 * d], w, solution.y[: data.n]

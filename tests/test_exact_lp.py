"""Exact linear programs and linear algebra: every result checked by its own witness, in Fractions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.data import gaussian
from verify.numbers.linear.rational import independent, integer_rows, matrix_of, rank, solve_square, times
from verify.numbers.lp import proposal as lp_proposal
from verify.numbers.lp.exact import LpSolution, Status, solve_lp
from verify.numbers.lp.proposal import Place

Row = Sequence[Fraction | int]
Problem = tuple[Row, Sequence[Row], list, list, list, list]

small = st.builds(Fraction, st.integers(-4, 4), st.integers(1, 3))


def dot(a: Row, b: Row) -> Fraction:
    return sum((Fraction(x) * y for x, y in zip(a, b, strict=True)), Fraction(0))


@st.composite
def bounds(draw: st.DrawFn) -> tuple[Fraction | None, Fraction | None]:
    low, up = sorted((draw(small), draw(small)))
    return draw(st.sampled_from([(None, None), (low, None), (None, up), (low, up), (low, low)]))


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    n, m = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    matrix = draw(st.lists(st.lists(small, min_size=n, max_size=n), min_size=m, max_size=m))
    cost = draw(st.lists(small, min_size=n, max_size=n))
    rows = draw(st.lists(bounds(), min_size=m, max_size=m))
    columns = draw(st.lists(bounds(), min_size=n, max_size=n))
    lows, ups = ([pair[end] for pair in rows] for end in (0, 1))
    return cost, matrix, lows, ups, [low for low, _ in columns], [up for _, up in columns]


def assert_within(value: Fraction, low: Fraction | None, up: Fraction | None) -> None:
    assert low is None or value >= low
    assert up is None or value <= up


def assert_proved(problem: Problem, solution: LpSolution) -> None:
    """The vectors of the solution prove its status: weak duality, Farkas, or a ray."""
    c, A, row_lower, row_upper, lower, upper = problem
    low, up = [*lower, *row_lower], [*upper, *row_upper]
    if solution.status is not Status.INFEASIBLE:
        for value, a, b in zip([*solution.x, *(dot(row, solution.x) for row in A)], low, up, strict=True):
            assert_within(value, a, b)
    if solution.status is Status.UNBOUNDED:
        assert dot(c, solution.ray) < 0
        for move, a, b in zip([*solution.ray, *(dot(row, solution.ray) for row in A)], low, up, strict=True):
            assert_within(move, None if a is None else Fraction(0), None if b is None else Fraction(0))
        return
    reach = Fraction(0)
    for multiplier, a, b in zip([*solution.z, *solution.y], low, up, strict=True):
        if multiplier:
            bound = a if multiplier > 0 else b
            assert bound is not None
            reach += multiplier * bound
    for j, z in enumerate(solution.z):
        total = z + dot([row[j] for row in A], solution.y)
        assert total == (c[j] if solution.status is Status.OPTIMAL else 0)
    if solution.status is Status.INFEASIBLE:
        assert reach > 0
    else:
        assert reach == solution.objective == dot(c, solution.x)
        assert len(solution.basic_columns) == len(solution.tight_rows)


def test_every_status_is_proved() -> None:
    seen: Counter[Status] = Counter()

    @settings(max_examples=300, deadline=None)
    @given(problems())
    def proved(problem: Problem) -> None:
        solution = solve_lp(*problem)
        seen[solution.status] += 1
        assert_proved(problem, solution)

    proved()
    assert min(seen[status] for status in Status) >= 10


@pytest.mark.parametrize("proposal", ["none", "all lower", "all basic", "random"])
@settings(max_examples=60, deadline=None)
@given(problem=problems(), seed=st.integers(0, 99))
def test_a_wrong_proposal_does_no_harm(proposal: str, problem: Problem, seed: int) -> None:
    """Whatever the floats say, the same optimum comes out; only the time differs."""
    expected = solve_lp(*problem)
    draw = np.random.default_rng(seed)

    def wrong(matrix: np.ndarray, *_: object) -> list[Place] | None:
        size = sum(matrix.shape)
        kinds = {"all lower": [Place.LOWER], "all basic": [Place.BASIC], "random": list(Place)}
        return (
            None
            if proposal == "none"
            else [kinds[proposal][i] for i in draw.integers(len(kinds[proposal]), size=size)]
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lp_proposal, "_run", wrong)
        solution = solve_lp(*problem)
    assert_proved(problem, solution)
    assert (solution.status, solution.objective) == (expected.status, expected.objective)


def margin_problem(rows: Sequence[Row]) -> Problem:
    """Maximize g subject to x_i.w >= g, |w_k| <= 1."""
    n, d = len(rows), len(rows[0])
    return (
        [0] * d + [-1],
        [[*row, -1] for row in rows],
        [0] * n,
        [None] * n,
        [-1] * d + [None],
        [1] * d + [None],
    )


def test_beale_cycles_without_a_rule() -> None:
    """Beale's example (1955), on which the simplex method with largest reduced costs cycles."""
    c = [Fraction(-3, 4), 150, Fraction(-1, 50), 6]
    A = [[Fraction(1, 4), -60, Fraction(-1, 25), 9], [Fraction(1, 2), -90, Fraction(-1, 50), 3], [0, 0, 1, 0]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lp_proposal, "_run", lambda *_: None)
        solution = solve_lp(c, A, [None] * 3, [0, 0, 1], [0] * 4, [None] * 4)
    assert solution.objective == Fraction(-1, 20)


def test_full_size_data() -> None:
    problem = margin_problem(gaussian(100, 30).rows)
    solution = solve_lp(*problem)
    assert_proved(problem, solution)
    assert solution.pivots == 0


@pytest.mark.parametrize("digits", [9, 12, 20])
def test_tiny_margins(digits: int) -> None:
    """Two nearly opposite rows for each of ten draws, 10^-digits above the plane of a planted w."""
    draw = np.random.default_rng(digits)
    w = [Fraction(int(v)) for v in draw.choice([-3, -2, -1, 1, 2, 3], size=6)]
    step = Fraction(1, 10**digits)
    rows = []
    for x in draw.integers(-99, 100, size=(10, 6)):
        flat = [
            Fraction(int(v)) - dot([int(u) for u in x], w) * b / dot(w, w) for v, b in zip(x, w, strict=True)
        ]
        rows += [[sign * v + step * b for v, b in zip(flat, w, strict=True)] for sign in (1, -1)]
    problem = margin_problem(rows)
    solution = solve_lp(*problem)
    assert_proved(problem, solution)
    assert solution.objective is not None
    assert 0 < -solution.objective < 100 * step


def test_scales_of_six_hundred_binary_digits() -> None:
    problem = margin_problem(
        [[Fraction(2) ** 300, Fraction(-1, 2**300)], [Fraction(-1, 2**299), Fraction(2) ** 299]]
    )
    solution = solve_lp(*problem)
    assert_proved(problem, solution)
    assert solution.objective is not None
    assert solution.objective < 0


def test_shapes_and_crossed_bounds_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes"):
        solve_lp([1, 2], [[1]], [0], [None], [0, 0], [None, None])
    with pytest.raises(ValueError, match="shapes"):
        solve_lp([1], [[1]], [0, 0], [None], [0], [None])
    with pytest.raises(ValueError, match="exceeds"):
        solve_lp([1], [[1]], [0], [None], [2], [1])


def test_no_rows() -> None:
    assert solve_lp([1, -1], [], [], [], [2, 0], [None, 3]).x == (2, 3)
    assert solve_lp([1], [], [], [], [None], [3]).status is Status.UNBOUNDED


matrices = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(small, min_size=n, max_size=n), min_size=1, max_size=5)
)


@given(matrices, st.data())
def test_linear_algebra(A: list[list[Fraction]], data: st.DataObject) -> None:
    x = data.draw(st.lists(small, min_size=len(A[0]), max_size=len(A[0])))
    b = times(A, x)
    assert b == tuple(dot(row, x) for row in A)
    rows, columns = independent(matrix_of(integer_rows(A)[0]))
    assert len(rows) == len(columns) == rank(A) == np.linalg.matrix_rank(np.array(A, dtype=float))
    square = [[A[i][j] for j in columns] for i in rows]
    part = solve_square(square, [b[i] for i in rows])
    assert part is not None
    assert times(square, part) == tuple(b[i] for i in rows)


def test_linear_algebra_says_no() -> None:
    assert solve_square([[1, 2], [2, 4]], [1, 2]) is None
    assert rank([[0, 0]]) == 0
    with pytest.raises(ValueError, match="shapes"):
        solve_square([[1, 2]], [1])


def test_an_unlucky_prime_is_noticed() -> None:
    """A minor that vanishes modulo every prime tried: the exact echelon form decides."""
    unlucky = 1
    for offset in (57, 87, 117, 143):
        unlucky *= 2**62 - offset
    assert independent(matrix_of([[1, 0], [0, unlucky]])) == ([0, 1], [0, 1])
    assert rank([[1, 0], [0, unlucky]]) == 2
    assert rank([[1, 2], [unlucky, 2 * unlucky]]) == 1

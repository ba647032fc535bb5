"""The strategies: nothing filtered, everything separable, options obeyed, shrinking to small pretty data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from operator import sub
from typing import Any

import pytest
from hypothesis import Phase, find, given, seed, settings
from hypothesis import strategies as st
from hypothesis.statistics import collector

from properties import choices
from properties import strategies as data
from properties.property import Case, case
from properties.run import PROFILES
from verify.data import Dataset, facts
from verify.margins import max_margin
from verify.optimizers import optimizer

ALL: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
    "integers": data.separable,
    "fractions": lambda: data.separable(entries=data.small_fractions()),
    "dyadics": lambda: data.separable(entries=data.dyadics()),
    "magnitudes": lambda: data.separable(entries=data.magnitudes()),
    "any entries": lambda: data.separable(entries=data.entries()),
    "zeros": lambda: data.separable(entries=data.with_zeros()),
    "margin, ties, duplicates": lambda: data.separable(margin=5, ties=True, duplicates=True),
    "scaled Rademacher": data.scaled_rademacher,
    "shifted diagonal": data.shifted_diagonal,
    "several equilibria": data.several_equilibria,
    "opposed": data.opposed,
    "cycling": data.cycling,
    "cycling and constant": data.with_constant,
    "badly scaled": data.badly_scaled,
    "nearly not separable": data.nearly_nonseparable,
    "tied": data.tied,
    "one-hot": data.one_hot,
    "degenerate": data.degenerate,
    "any": data.any_separable,
}

# Those whose entries may be 0.
WITH_ZEROS = ("zeros", "tied", "one-hot", "degenerate", "any")


def used(strategy: st.SearchStrategy[Any], check: Callable[[Any], None] = lambda x: None) -> float:
    """The share of 100 draws that no filter rejects. (Hypothesis' own mutations of earlier draws may end too soon;
    it counts those as overruns, apart from what a strategy rejects.)"""
    phases: list[Any] = []

    @settings(max_examples=100, database=None)
    @given(strategy)
    def drawn(x: Any) -> None:
        check(x)

    with collector.with_value(phases.append):  # type: ignore[no-untyped-call]
        drawn()
    seen = Counter(draw["status"] for draw in phases[0]["generate-phase"]["test-cases"])
    return seen["valid"] / (seen["valid"] + seen["invalid"])


@pytest.mark.parametrize("name", ALL)
def test_at_least_99_percent_of_draws_are_used_and_all_are_separable(name: str) -> None:
    def check(x: Dataset) -> None:
        known = facts(x)
        assert known.separable
        assert known.nonzero or name in WITH_ZEROS

    assert used(ALL[name](), check) >= 0.99


def test_the_share_sees_a_filter() -> None:
    assert used(data.separable().filter(lambda x: x.n % 2 == 0)) < 0.99


@given(data.separable((2, 5), (2, 3), margin=5))
def test_margin_is_at_least_what_was_asked_for(found: Dataset) -> None:
    assert max_margin(found, "linf").value >= 5


@given(data.separable((1, 1), (2, 3)), st.integers(0, 1), st.booleans())
def test_a_tied_row_has_the_same_product_and_is_another(found: Dataset, k: int, nonzero: bool) -> None:
    x, w = found.rows[0], (Fraction(2), Fraction(-3), Fraction(1))[: found.d]
    tied = data._tied(x, w, k, (k + 1) % found.d, nonzero)
    assert sum(a * b for a, b in zip(tied, w, strict=True)) == sum(a * b for a, b in zip(x, w, strict=True))
    assert tied != x
    assert all(tied) or not nonzero


@given(choices.betas())
def test_betas_are_those_of_which_updates_fade(found: tuple[Fraction, Fraction]) -> None:
    assert found[0] ** 2 < found[1]


def test_beta1_is_above_beta2_now_and_then() -> None:
    assert find(choices.betas(), lambda found: found[0] > found[1]) == (Fraction(7, 10), Fraction(1, 2))


Rows = tuple[tuple[Fraction, ...], ...]


def columns(rows: Rows) -> Rows:
    return tuple(zip(*rows, strict=True))


def repeated(rows: Rows) -> bool:
    return len(set(rows)) < len(rows)


def proportional(rows: Rows) -> bool:
    """Whether two different rows are multiples of each other."""
    pairs = [(x, y) for x, y in combinations(rows, 2) if x != y and any(x) and any(y)]
    return any(all(x[j] * y[k] == x[k] * y[j] for j in range(len(x)) for k in range(j)) for x, y in pairs)


def mirrored(rows: Rows) -> bool:
    """Whether two different rows have the same sizes of entries."""
    return any(x != y and [*map(abs, x)] == [*map(abs, y)] for x, y in combinations(rows, 2))


def near(rows: Rows) -> bool:
    """Whether two rows differ, and by 1e-6 at most."""
    return any(0 < max(map(abs, map(sub, x, y))) <= data.NEAR for x, y in combinations(rows, 2))


# What ``degenerate`` is for, and the least number of 300 draws of two to six rows and two to four columns that must
# show it: half of what was seen, at most (213, 56, 11, 48; 120, 27, 28, 35; 246, 147, 129).
TIES: dict[str, tuple[Callable[[Rows], bool], int]] = {
    "repeated rows": (repeated, 100),
    "proportional rows": (proportional, 25),
    "mirrored rows": (mirrored, 5),
    "rows nearly equal": (near, 20),
    "equal columns": (lambda rows: repeated(columns(rows)), 50),
    "proportional columns": (lambda rows: proportional(columns(rows)), 12),
    "columns mirrored": (
        lambda rows: any(x != y and x == y[::-1] for x, y in combinations(columns(rows), 2)), 12,
    ),
    "columns nearly equal": (lambda rows: near(columns(rows)), 15),
    "zero entries": (lambda rows: any(0 in row for row in rows), 100),
    "zero columns": (lambda rows: any(not any(column) for column in columns(rows)), 60),
    "one-hot rows": (lambda rows: all(sum(map(bool, row)) <= 2 and {*map(abs, row)} <= {0, 1} for row in rows), 50),
}  # fmt: skip


def shown(strategy: st.SearchStrategy[Dataset], draws: int = 300) -> Counter[str]:
    """How many of so many draws show each kind of tie."""
    seen: Counter[str] = Counter()

    @seed(0)
    @settings(max_examples=draws, database=None, phases=[Phase.generate])
    @given(strategy)
    def drawn(x: Dataset) -> None:
        seen.update(name for name, (shows, _) in TIES.items() if shows(x.rows))

    drawn()
    return seen


def test_every_kind_of_tie_is_drawn_often() -> None:
    seen = shown(data.degenerate((2, 6), (2, 4)))
    assert {name: seen[name] for name, (_, least) in TIES.items() if seen[name] < least} == {}


def test_the_count_sees_a_strategy_without_ties() -> None:
    seen = shown(data.separable((2, 6), (2, 4), entries=data.small_fractions()))
    assert all(seen[name] < least for name, (_, least) in TIES.items())


def test_the_properties_draw_ties_in_the_quick_profile_too() -> None:
    """Of 20 cases some have repeated rows, and some zeros: those of a property of cost 1."""
    seen = shown(data.any_separable((2, 6), (1, 4)), PROFILES["quick"])
    assert seen["repeated rows"] >= 2
    assert seen["zero entries"] >= 2


@given(data.scaled_rademacher())
def test_scaled_rademacher(found: Dataset) -> None:
    assert facts(found).scaled_rademacher


@given(data.shifted_diagonal())
def test_shifted_diagonal(found: Dataset) -> None:
    assert facts(found).shifted_diagonal


@given(data.nearly_nonseparable(n=(2, 4)))
def test_nearly_not_separable_has_a_small_margin_on_the_planted_side(found: Dataset) -> None:
    assert max_margin(found, "l2").margin > 0


def test_several_equilibria_hold_what_their_construction_says() -> None:
    """U_2/U_1 at c = (1, 3/10) exceeds 1 + e/(a - b) for each a/b of the strategy, at its largest e = (a-b)/20."""

    def ratio(a: float, b: float, e: float) -> float:
        t = 0.3
        first, second = (
            (a + e + b * t) ** 2 / ((a + e) ** 2 + (b * t) ** 2),
            (b + a * t) ** 2 / (b**2 + (a * t) ** 2),
        )
        return float((second / first) ** 0.5)

    for k in range(8):
        a, b = 1.5 + k / 2, 1.0
        assert ratio(a, b, (a - b) / 20) > 1.05


@given(st.integers(1, 5).flatmap(lambda n: choices.simplex(n, decades=3)))
def test_weights_lie_on_the_simplex(c: tuple[Fraction, ...]) -> None:
    assert sum(c) == 1
    assert min(c) >= 0


def _find(strategy: st.SearchStrategy[Any], condition: Callable[[Any], bool]) -> Any:
    return find(strategy, condition, settings=settings(max_examples=2000, database=None))


MINIMAL: list[tuple[st.SearchStrategy[Any], Callable[[Any], bool], list[list[Any]]]] = [
    (data.separable(), lambda x: True, [[1]]),
    (data.separable(), lambda x: x.n >= 2 and x.d >= 2, [[1, 1], [1, 1]]),
    (data.separable(), lambda x: any(a < 0 for row in x.rows for a in row), [[-1]]),
    (data.separable(entries=data.small_fractions()), lambda x: x.rows[0][0].denominator > 1, [["1/2"]]),
    (data.separable(entries=data.dyadics()), lambda x: x.rows[0][0].denominator > 2, [["1/4"]]),
    (data.separable(entries=data.magnitudes()), lambda x: 0 < x.rows[0][0] < 1, [["1/2"]]),
    (data.separable(entries=data.with_zeros()), lambda x: x.d >= 2 and 0 in x.rows[0], [[1, 0]]),
    (data.scaled_rademacher(), lambda x: len(set(x.rows)) > 1, [[1], [2]]),
    (data.shifted_diagonal(), lambda x: x.d >= 2, [[1, 1], [1, 2]]),
    (data.badly_scaled(), lambda x: max(x.rows[0]) >= 100, [[100]]),
    (data.opposed(), lambda x: x.rows[0][1] <= -2, [[3, -2], [-2, 3]]),
    (data.tied(), lambda x: repeated(x.rows), [[1], [1]]),
    (data.tied(), lambda x: any(not any(column) for column in columns(x.rows)), [[1, 0]]),
    (data.one_hot(), lambda x: x.d > 1 and sum(map(abs, x.rows[0])) == 2, [[1, 1]]),
]


@pytest.mark.parametrize(("strategy", "condition", "rows"), MINIMAL, ids=[str(m[2]) for m in MINIMAL])
def test_what_shrinks_is_small_and_pretty(strategy: Any, condition: Any, rows: Any) -> None:
    assert _find(strategy, condition).rows == case(rows).data.rows


def test_the_simplest_weights_with_a_zero() -> None:
    assert _find(choices.simplex(3), lambda c: 0 in c) == (Fraction(1, 2), Fraction(1, 2), 0)


@given(st.integers(1, 6).flatmap(choices.optimizers), data.separable(d=2), choices.starts(2))
def test_a_printed_case_makes_itself_again(opt: Any, found: Dataset, start: tuple[Fraction, ...]) -> None:
    made = Case(found, opt, start=start)
    assert eval(repr(made), {"case": case}) == made


def test_a_printed_case_is_short() -> None:
    made = case([[1, "-1/2"]], "adam", beta2="9/10", weights=[1])
    assert repr(made) == "case([[1, '-1/2']], 'adam', weights=[1], beta2='9/10')"
    assert made.optimizer == optimizer("adam", beta2=Fraction(9, 10))

"""Data on which statements once made too strongly are false: what `predict`, `verify` and `derive` say of each."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from properties import dataset
from properties.property import Case
from verify.claims import CLAIMS
from verify.claims import hypotheses as h
from verify.claims.judges.growth import signum_increments
from verify.data.families.sorted_types import sorted_types
from verify.derive import chain
from verify.derive.evaluate import enclosure
from verify.derive.letters import b1, b2
from verify.derive.topics import sorted_samples
from verify.evidence import Verdict
from verify.game import predict
from verify.numbers.systems.balls import precision
from verify.optimizers import optimizer


def turns(*row: Any) -> list[list[Any]]:
    """A row of three entries and its two turns."""
    return [[row[(k - turn) % 3] for k in range(3)] for turn in range(3)]


def nine() -> list[list[Fraction]]:
    """Three rows, and after each twice the row 3 (b_t + 2/5 b_{t+1})."""
    b = [[Fraction(e) for e in row] for row in ((4, -3, "1/10"), ("1/10", 5, -3), (-3, "1/10", 6))]
    more = [
        [3 * (x + Fraction(2, 5) * y) for x, y in zip(b[t], b[(t + 1) % 3], strict=True)] for t in range(3)
    ]
    return [row for t in range(3) for row in (b[t], more[t], more[t])]


FADES = "undecided: beta1^2 >= beta2"
FALLS = "there is no limit direction that separates"
NOWHERE = "reached no equilibrium, that from w_0 = 0 among them"
NEGATIVE = "where margins do not grow: the loss need not go to zero"
BAD_BETAS = {"beta1": "9/10", "beta2": "1/2", "batch_size": 1}
SIGNUM = {"beta1": "1/50", "batch_size": 1}
TABLE: dict[str, tuple[list[list[Any]], str, dict[str, Any], str]] = {
    "scaled-Rademacher rows, beta1^2 > beta2": ([[10, 10], [5, -5]], "adam", BAD_BETAS, FADES),
    "one sample, beta1^2 > beta2": ([[10]], "adam", BAD_BETAS, FADES),
}
LONGER: dict[str, tuple[list[list[Any]], str, dict[str, Any], str]] = {
    "Signum's bound is negative": (turns(20, -1, -1), "signum", SIGNUM, NEGATIVE),
    "N e_i less the others": (
        [[5 if i == k else -1 for k in range(5)] for i in range(5)],
        "signum",
        {"beta1": "1/2", "batch_size": 1},
        NEGATIVE,
    ),
    "sorted types at beta2 = .9": (
        [row for row in turns(4, "-3/2", "-3/2") for _ in range(20)],
        "adam",
        {"beta2": "9/10", "batch_size": 1},
        FALLS,
    ),
    "sorted types, N = 4800 at the default betas": (
        [list(row) for row in sorted_types(1600).rows],
        "adam",
        {"batch_size": 1},
        NOWHERE,
    ),
    "nine rows, to the opposite direction": (
        nine(),
        "adam",
        {"beta1": 0, "beta2": "1/10", "batch_size": 1},
        FALLS,
    ),
}


def no_false_word(rows: list[list[Any]], rule: str, choices: dict[str, Any], said: str) -> None:
    found = predict(dataset(rows), optimizer(rule, **choices), starts=0, complete=False)
    assert said in found.note
    assert not found.complete
    assert found.from_start is Verdict.UNDECIDED
    assert "attracting" not in {limit.stability for limit in found.limits}


@pytest.mark.parametrize("name", TABLE)
def test_predict_certifies_nothing_there(name: str) -> None:
    no_false_word(*TABLE[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", LONGER)
def test_nor_where_margins_do_not_grow(name: str) -> None:
    no_false_word(*LONGER[name])


def test_claims_make_the_hypotheses_that_fail_there() -> None:
    def given(claim: str, clause: int) -> set[str]:
        return {each.text for each in CLAIMS[claim].clauses[clause].hypotheses}

    for claim, clause in (
        ("scaled-rademacher-l2", 1),
        ("epoch-map", 1),
        ("finite-beta2", 0),
        ("full-batch-linf", 1),
    ):
        assert h.BELOW.text in given(claim, clause)
    assert h.NOT_NEGATIVE.text in given("signum-bound", 1)
    assert h.BEYOND.text in given("signum-bound", 2) & given("signum-linf", 0)
    assert h.POSITIVE.text in given("scaled-rademacher-l2", 0) & given("finite-beta2", 0)
    # what the registry once said in two claims at once
    assert h.CONVERGE.text in given("finite-beta2", 0) - given("weights-cycle", 0)
    assert h.CONVERGE.text in given("proxy-direction", 1) - given("false-limit-is-fixed-point", 0)


def test_signum_s_bound_is_not_held_against_runs_where_it_is_negative() -> None:
    case = Case(dataset(turns(20, -1, -1)), optimizer("signum", **SIGNUM))
    assert signum_increments(case).vacuous


@pytest.mark.slow
def test_the_field_of_the_derivation_turns_below_4800_rows_at_the_default_betas() -> None:
    """The chain's formula for the common cost over a - 2b, at K copies of (4, -3/2, -3/2): N = 3K."""
    with precision(128):
        at = {
            sorted_samples.a: 4,
            sorted_samples.b: Fraction(3, 2),
            b1: Fraction("0.9"),
            b2: Fraction("0.999"),
        }
        field = {step.name: step.assertion for step in chain("sorted-samples").steps}["field"].right
        signs = [enclosure(field, {**at, sorted_samples.K: copies}) < 0 for copies in (1558, 1559, 1600)]
    assert signs == [False, True, True]


@pytest.mark.parametrize(
    ("name", "assumed"),
    [
        ("scaled-rademacher", "beta_1^2 < beta_2"),
        ("epoch-residual-bound", "beta_1^2 < beta_2"),
        ("signum-bound", "the bound is not negative"),
        ("signum-stalls", "N = 2 and d = 2"),
    ],
)
def test_derivations_assume_it_too(name: str, assumed: str) -> None:
    assert assumed in {each.text for each in chain(name).hypotheses}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "fault"),
    [("eps-takeover", "every step below the cap"), ("growth-bounds", "log N for the logistic loss")],
)
def test_what_was_once_said_is_kept_as_false(name: str, fault: str) -> None:
    (wrong,) = (each.assertion for each in chain(name).wrong if each.fault == fault)
    assert not wrong.check().passed
    assert not wrong.second_road().passed

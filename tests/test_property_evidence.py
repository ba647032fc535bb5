"""Evidence from generated cases: its word and its counts; what a false judge, a vacuous one or no luck give."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import strategies as st
from typer.testing import CliRunner

from properties import case, within
from properties.evidence import count, from_properties
from properties.property import Case, Judgement, Property, vacuous
from properties.registry import all_properties, of
from properties.run import PROFILES
from verify.claims import CLAIMS, Claim, check_claims
from verify.claims.instances import on
from verify.cli.commands import app
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict

BOUND = all_properties()["proxy-limit-bound"]
FALSE = replace(BOUND, judge=BOUND.false["factor N"])


def _made(judge: object, **changes: object) -> Property:
    return replace(BOUND, judge=judge, **changes)  # type: ignore[arg-type]


def test_a_property_that_holds_is_tested_with_its_counts() -> None:
    (found,) = from_properties(of("epoch-map"), "quick")
    assert found.kind is Verdict.TESTED
    assert found.scope.endswith("adam, seed 0; judged by epoch-closed-form, epoch-residual")
    # Where ties cancel within a batch nothing is promised, and what comes again is not counted.
    assert found.detail.startswith("no counterexample among 35 telling cases (44 drawn); at worst")
    assert "(epoch-residual)" in found.detail  # the one nearer to a violation


@pytest.mark.slow
def test_the_same_seed_gives_the_same_evidence_and_another_another() -> None:
    """Cases of another seed, not its name alone."""
    (first,), (again,), (other,) = (from_properties([BOUND], "quick", seed) for seed in (0, 0, 1))
    assert first == again
    assert first.detail != other.detail


def test_the_cases_of_a_seed_do_not_depend_on_what_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hypothesis by itself draws numbers that stand in the sources of modules, as it would 8, 9, ... here."""
    drawn: list[list[int]] = []
    cases = st.lists(st.integers(0, 10**6), min_size=40, max_size=40).map(lambda found: drawn.append(found))
    silent = _made(lambda case: vacuous("never"), cases=cases, hypotheses=())
    from_properties([silent], "quick")
    first, drawn[:] = [*drawn], []
    source = tmp_path / "numbers_of_mine.py"
    source.write_text(f"NUMBERS = {list(range(1000, 1200))}\n")
    module = ModuleType("numbers_of_mine")
    module.__file__ = str(source)
    monkeypatch.setitem(sys.modules, "numbers_of_mine", module)
    from_properties([silent], "quick")
    assert first == drawn


def test_a_false_judge_is_refuted_with_a_shrunk_case() -> None:
    (found,) = from_properties([BOUND, FALSE], "quick")
    assert found.kind is Verdict.REFUTED
    assert found.scope.startswith("case([[1], [1]], 'adam', ")
    assert "seed 0" in found.scope
    assert "allowed" in found.detail


def test_what_judges_nothing_tests_nothing() -> None:
    never = _made(lambda case: vacuous("never"), name="never")
    (found,) = from_properties([never], "quick")
    assert found.kind is Verdict.UNDECIDED
    assert found.detail == "all of 120 cases were vacuous"
    (beside,) = from_properties([BOUND, never], "quick")
    assert beside.kind is Verdict.MEASURED  # 20 that tell something are too few
    assert "among 20 telling cases (105 drawn), and it takes 30 to call it tested" in beside.detail
    assert beside.detail.endswith("only vacuous cases for never")
    assert "never" not in beside.scope
    (part,) = from_properties([BOUND, never], "standard")
    assert "among 40 telling cases" in part.detail
    assert part.kind is Verdict.MEASURED  # as one part of the clause was not looked at
    assert from_properties([], "quick") == ()


def test_one_case_again_and_again_is_one_case() -> None:
    one = case([[1, 2]], "adam", weights=[1])
    (found,) = from_properties(
        [_made(lambda case: within(0.5, 1, "half"), cases=st.booleans().map(lambda _: one))], "quick"
    )
    assert found.kind is Verdict.MEASURED
    assert found.detail.startswith("no counterexample among 1 telling cases (2 drawn)")


@pytest.mark.parametrize("name", ["cycle-starts-anywhere", "samples-in-any-order"])
def test_where_nothing_is_changed_nothing_is_judged(name: str) -> None:
    property = all_properties()[name]
    made = case([[1, 2], [3, -1]], "adam-proxy", weights=["1/3", "2/3"], change=[0, 1])
    assert property.judge(made).vacuous
    assert not property.judge(replace(made, change=made.change[::-1])).vacuous


def test_what_balls_cannot_tell_is_vacuous() -> None:
    def judge(case: Case) -> Judgement:
        raise Undecided("too close")

    (found,) = from_properties([_made(judge)], "quick")
    assert found.kind is Verdict.UNDECIDED


def test_a_false_claim_is_refuted_or_undecided_and_never_tested() -> None:
    (found,) = from_properties(of("false-per-sample-l2"), "quick")
    assert found.kind is Verdict.REFUTED
    assert "relative shortfall of the l2 margin" in found.detail
    (lucky,) = from_properties([_made(lambda case: within(0.5, 1, "half"), expected="fails")], "quick")
    assert lucky.kind is Verdict.UNDECIDED
    assert "no counterexample among 50 telling cases (56 drawn)" in lucky.detail


def _bare(*properties: Property) -> Claim:
    clause = CLAIMS["proxy-limit"].clauses[0]
    clauses = (
        replace(clause, chains=(), theorems=(), properties=tuple(replace(p, named=on()) for p in properties)),
    )
    return replace(CLAIMS["proxy-limit"], clauses=clauses)


def test_it_is_evidence_for_the_clause_in_which_the_property_stands() -> None:
    results = check_claims([_bare(), _bare(BOUND), _bare(FALSE)], "quick")
    assert [r.verdict for r in results] == [Verdict.UNDECIDED, Verdict.TESTED, Verdict.REFUTED]


def test_where_a_word_stands_already_fewer_cases_are_drawn() -> None:
    (found,) = from_properties([replace(BOUND, cost=20)], "quick", least=0)
    assert found.kind is Verdict.MEASURED
    assert found.detail.startswith("no counterexample among 2 telling cases (2 drawn), and it takes 30")


@pytest.mark.parametrize(("judge", "status"), [(BOUND.judge, 0), (FALSE.judge, 1)])
def test_the_command_shows_it(judge: object, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim with a property that is violated is refuted, with exit status 1."""
    monkeypatch.setitem(CLAIMS, "proxy-limit", _bare(_made(judge)))
    run = CliRunner().invoke(app, ["verify", "proxy-limit"])
    assert run.exit_code == status
    assert ("refuted: a counterexample is shown" in run.output) == bool(status)
    assert ("tested: no counterexample among a stated number" in run.output) == (not status)


def test_counts_grow_with_the_profile_and_fall_with_the_cost() -> None:
    dear = replace(BOUND, cost=20.0)
    for property in (BOUND, dear, replace(BOUND, expected="fails")):
        counts = [count(property, profile) for profile in PROFILES]
        assert counts == sorted(counts)
    assert [count(dear, profile) for profile in PROFILES] == [2, 2, 200]
    assert [count(dear, profile, least=30) for profile in PROFILES] == [30, 30, 200]
    with pytest.raises(BadInput, match="profile=slow"):
        count(BOUND, "slow")

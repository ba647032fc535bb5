"""Evidence from generated cases: its word and its counts; what a false judge, a vacuous one or no luck give."""

from __future__ import annotations

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from properties import evidence as from_cases
from properties import within
from properties.evidence import count, from_properties, generated
from properties.property import Case, Judgement, Property, vacuous
from properties.registry import PROPERTIES
from properties.run import PROFILES
from verify.claims import CLAIMS, check_claims
from verify.cli.commands import app
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict

BOUND = PROPERTIES["proxy-limit-bound"]
FALSE = replace(BOUND, judge=BOUND.false["factor N"])


def _made(judge: object, **changes: object) -> Property:
    return replace(BOUND, judge=judge, **changes)  # type: ignore[arg-type]


def test_a_property_that_holds_is_tested_with_its_counts() -> None:
    (found,) = generated("epoch-map", "quick")
    assert found.kind is Verdict.TESTED
    assert "epochs (epoch-closed-form, epoch-residual)" in found.scope
    assert "adam, seed 0" in found.scope
    # Of the sets with ties one cancels within a batch, where nothing is promised.
    assert "no counterexample among 30 cases (29 non-vacuous)" in found.detail
    assert "(epoch-residual)" in found.detail  # the one nearer to a violation


def test_the_same_seed_gives_the_same_evidence_and_another_another() -> None:
    """Cases of another seed, not its name alone."""
    (first,), (again,), (other,) = (from_properties([BOUND], "quick", seed) for seed in (0, 0, 1))
    assert first == again
    assert first.detail != other.detail


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
    assert found.detail == "all of 20 cases were vacuous"
    (beside,) = from_properties([BOUND, never], "quick")
    assert beside.kind is Verdict.TESTED
    assert "among 40 cases (20 non-vacuous)" in beside.detail
    assert beside.detail.endswith("only vacuous cases for never")
    assert "never" not in beside.scope
    assert from_properties([], "quick") == ()


def test_what_balls_cannot_tell_is_vacuous() -> None:
    def judge(case: Case) -> Judgement:
        raise Undecided("too close")

    (found,) = from_properties([_made(judge)], "quick")
    assert found.kind is Verdict.UNDECIDED


def test_a_false_claim_is_refuted_or_undecided_and_never_tested() -> None:
    (found,) = generated("false-per-sample-l2", "quick")
    assert found.kind is Verdict.REFUTED
    assert "relative shortfall of the l2 margin" in found.detail
    (lucky,) = from_properties([_made(lambda case: within(0.5, 1, "half"), expected="fails")], "quick")
    assert lucky.kind is Verdict.UNDECIDED
    assert "no counterexample among 50 cases (50 non-vacuous)" in lucky.detail


def test_a_library_user_adds_it_to_the_checks_of_a_claim() -> None:
    claim = replace(CLAIMS["proxy-limit"], checks=(), derivations=())
    (without,) = check_claims([claim], "quick")
    (result,) = check_claims([claim], "quick", more=generated)
    (refuted,) = check_claims([claim], "quick", more=lambda id, profile: from_properties([FALSE], profile))
    assert [r.verdict for r in (without, result, refuted)] == [
        Verdict.UNDECIDED, Verdict.TESTED, Verdict.REFUTED
    ]  # fmt: skip
    assert not refuted.as_expected


@pytest.mark.parametrize(("judge", "status"), [(BOUND.judge, 0), (FALSE.judge, 1)])
def test_the_command_shows_it(judge: object, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim with a property that is violated is refuted, with exit status 1."""
    monkeypatch.setattr(from_cases, "of", lambda claim: [_made(judge)])
    monkeypatch.setitem(CLAIMS, "proxy-limit", replace(CLAIMS["proxy-limit"], checks=(), derivations=()))
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
    with pytest.raises(BadInput, match="profile=slow"):
        count(BOUND, "slow")

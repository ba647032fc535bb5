"""Every claim comes out as expected, by clause; and a word covers no more than its evidence does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from properties.claim import Claim, Clause, Found, trial
from properties.evidence import on_named
from properties.property import Case, Judgement, case, within
from verify.claims import CLAIMS, Result, check_claims, derivation, derived, formalized, select
from verify.claims import hypotheses as h
from verify.claims.instances import GAUSSIAN, on
from verify.claims.theorems import THEOREMS
from verify.derive.chain import Measured
from verify.errors import BadInput
from verify.evidence import Evidence, Verdict, strongest

# The twelve of the paper (the eighth is two), ours, and the known-false ones.
IDS = [
    "full-batch-sign",
    "epoch-map",
    "scaled-rademacher-l2",
    "full-batch-linf",
    "proxy-limit",
    "proxy-loss",
    "proxy-direction",
    "fixed-point-exists",
    "fixed-point-iteration",
    "proxy-l2-linf",
    "signum-linf",
    "gd-l2",
    "gaussian-figure",
    "game-fixed-point",
    "fixed-point-not-unique",
    "finite-beta2",
    "weights-cycle",
    "signum-bound",
    "false-per-sample-linf",
    "false-per-sample-l2",
    "false-fixed-point-unique",
    "false-signum-fixed-beta",
    "false-proxy-at-beta2-0.9",
    "false-adam-batch-invariant",
    "false-eps-stays-linf",
    "false-start-independent",
    "false-limit-is-fixed-point",
    "false-iteration-converges",
]


def test_the_registry_is_complete() -> None:
    assert len(IDS) == len(set(IDS))
    assert set(IDS) <= set(CLAIMS)  # another claim is one more file, and no line here
    for claim in CLAIMS.values():
        assert claim.id.startswith("false-") == (claim.expected == "fails")
        assert all(clause.properties for clause in claim.clauses)
        assert all(property.claim == claim.id for property in claim.properties)
    properties = [property.name for claim in CLAIMS.values() for property in claim.properties]
    assert len(properties) == len(set(properties))


@pytest.mark.slow
def test_the_chains_of_each_clause_prove_it_under_its_own_hypotheses() -> None:
    for claim in CLAIMS.values():
        for clause in claim.clauses:
            word = Verdict.REFUTED if clause.expected == "fails" else Verdict.PROVED
            assert {evidence.kind for evidence in derived(clause)} <= {word}, (claim.id, derived(clause))


@pytest.mark.slow
@pytest.mark.parametrize("id", CLAIMS)
def test_claim_is_as_expected(id: str) -> None:
    (result,) = check_claims([CLAIMS[id]], "quick")
    assert result.as_expected, result.evidence
    assert all(found.verdict is not Verdict.UNDECIDED for found in result.clauses)
    assert all(evidence.scope and evidence.detail for evidence in result.evidence)


def test_selection_keeps_order_and_names_what_it_does_not_know() -> None:
    assert [claim.id for claim in select(["gd-l2", "epoch-map", "gd-l2"], "quick")] == ["gd-l2", "epoch-map"]
    assert len(select([], "standard")) == len(CLAIMS)
    with pytest.raises(BadInput, match="nonsense"):
        select(["nonsense"], "quick")


def test_one_refutation_outweighs_all_other_evidence() -> None:
    measured, proved, refuted = (
        Evidence(kind, "", "") for kind in (Verdict.MEASURED, Verdict.PROVED, Verdict.REFUTED)
    )
    assert strongest((measured, proved)) is Verdict.PROVED
    assert strongest((proved, refuted)) is Verdict.REFUTED
    assert strongest(()) is Verdict.UNDECIDED


def _claim(*clauses: Clause, expected: str = "holds") -> Claim:
    return Claim("made-up", "t", source="n", clauses=clauses, expected=expected)  # type: ignore[arg-type]


def _result(*words: tuple[Clause, Verdict]) -> Result:
    claim = _claim(
        *(clause for clause, _ in words), expected="fails" if words[0][0].expected == "fails" else "holds"
    )
    found = tuple(Found(clause, (Evidence(word, "s", "d"),)) for clause, word in words)
    return Result(claim, found, 0.0)


HOLDS, FAILS = Clause("It holds."), Clause("It does not.", expected="fails")


def test_a_claim_has_the_word_of_its_weakest_clause() -> None:
    proved, tested = (HOLDS, Verdict.PROVED), (HOLDS, Verdict.TESTED)
    undecided, refuted = (HOLDS, Verdict.UNDECIDED), (HOLDS, Verdict.REFUTED)
    assert _result(proved, tested).verdict is Verdict.TESTED
    assert _result(proved, undecided).verdict is Verdict.UNDECIDED
    assert _result(proved, undecided, refuted).verdict is Verdict.REFUTED
    assert not _result(proved, refuted).as_expected


def test_what_should_fail_must_be_refuted() -> None:
    """Each clause that should, and none that should hold."""
    assert _result((FAILS, Verdict.REFUTED)).as_expected
    assert not _result((FAILS, Verdict.MEASURED)).as_expected
    assert not _result((FAILS, Verdict.UNDECIDED)).as_expected
    assert _result((FAILS, Verdict.REFUTED), (HOLDS, Verdict.TESTED)).as_expected
    assert not _result((FAILS, Verdict.REFUTED), (HOLDS, Verdict.REFUTED)).as_expected
    with pytest.raises(ValueError, match="it is false exactly if one of its clauses is"):
        _claim(HOLDS, expected="fails")
    with pytest.raises(ValueError, match="it is false exactly if one of its clauses is"):
        _claim(FAILS)


def test_evidence_that_assumes_more_than_the_clause_adds_no_word() -> None:
    more = Evidence(Verdict.PROVED, "s", "d", hypotheses=(h.CYCLIC, h.BELOW))
    measured = Evidence(Verdict.MEASURED, "s", "d")
    for hypotheses, word in (
        ((h.BELOW,), Verdict.MEASURED),
        ((h.BELOW, h.CYCLIC, h.SEPARABLE), Verdict.PROVED),
    ):
        assert Found(Clause("t", hypotheses), (more, measured)).verdict is word


def test_a_chain_proves_no_clause_without_its_hypotheses() -> None:
    whole = CLAIMS["epoch-map"].clauses[1]
    assert {each.kind for each in derived(whole)} == {Verdict.PROVED}
    less = replace(whole, hypotheses=tuple(each for each in whole.hypotheses if each is not h.BELOW))
    (found,) = derived(less)
    assert found.kind is Verdict.UNDECIDED
    assert found.detail == "it also assumes: beta_1^2 < beta_2"


def test_what_a_chain_assumes_another_gives_only_if_it_stands_before() -> None:
    clause = CLAIMS["full-batch-linf"].clauses[0]
    assert {each.kind for each in derived(clause)} == {Verdict.PROVED}
    for chains in (clause.chains[::-1], tuple(name for name in clause.chains if name != "adam-growth")):
        (found,) = derived(replace(clause, chains=chains))
        assert found.kind is Verdict.UNDECIDED
        assert "a step gains at least" in found.detail


@pytest.mark.slow
def test_of_a_chain_only_the_step_that_is_named_gives_to_others() -> None:
    clause = CLAIMS["full-batch-linf"].clauses[0]
    chain = derivation("adam-growth").chain
    other = next(step.name for step in chain.steps if step.name and step.name not in chain.gives)
    for name in (*chain.gives, other):
        chains = tuple(f"{each}:{name}" if each == "adam-growth" else each for each in clause.chains)
        word = Verdict.UNDECIDED if name == other else Verdict.PROVED
        assert {each.kind for each in derived(replace(clause, chains=chains))} == {word}


def test_a_theorem_that_the_kernel_did_not_compile_refutes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verify.claims.theorem", lambda name: Evidence(Verdict.UNDECIDED, name, "not built"))
    for expected in ("holds", "fails"):
        clause = Clause("t", THEOREMS["epoch_map"], theorems=("epoch_map",), expected=expected)  # type: ignore[arg-type]
        assert [each.kind for each in formalized(clause)] == [Verdict.UNDECIDED]


def test_named_cases_can_refute_where_nothing_is_generated() -> None:
    named = trial("made-up", None, lambda case: within(2.0, 1.0, "size"), named=on("iris"))
    (found,) = check_claims([_claim(Clause("t", (), (named,)))], "quick")
    assert found.verdict is Verdict.REFUTED


def test_a_step_proves_less_than_its_chain_and_needs_less() -> None:
    step, whole = (Clause("t", (h.BETA1,), chains=(name,)) for name in ("signum-bound:sign", "signum-bound"))
    (proved,), (refused,) = derived(step), derived(whole)
    assert (proved.kind, proved.detail) == (Verdict.PROVED, "derivation signum-bound: step sign")
    assert refused.kind is Verdict.UNDECIDED
    with pytest.raises(BadInput, match=r"step=signs is none of .*sign"):
        derived(replace(step, chains=("signum-bound:signs",)))


def test_one_case_proves_the_contrary_of_what_should_fail() -> None:
    (found,) = derived(CLAIMS["false-signum-fixed-beta"].clauses[0])
    assert found.kind is Verdict.REFUTED


def test_a_derivation_that_falls_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clause = CLAIMS["epoch-map"].clauses[0]
    assert {e.kind for e in derived(clause)} == {Verdict.PROVED}
    fallen = replace(derivation("epoch-map"), measurements=(Measured("q", "1", "2", "0", 100, "", False),))
    assert not fallen.passed
    monkeypatch.setattr("verify.claims.derivation", lambda name: fallen)
    assert {e.kind for e in derived(clause)} == {Verdict.UNDECIDED}


def _seen(size: float, kind: Verdict = Verdict.MEASURED) -> Evidence:
    def judge(case: Case) -> Judgement:
        return within(size, 1.0, "size", kind)

    (found,) = on_named(trial("made-up", None, judge, named=on("iris", GAUSSIAN)), "quick")
    return found


def test_named_cases_have_the_word_of_their_judgement_and_say_by_what_they_refute() -> None:
    assert _seen(0.5).kind is Verdict.MEASURED
    assert _seen(0.5, Verdict.CERTIFIED).kind is Verdict.CERTIFIED
    assert _seen(2.0).detail == "size: 2, allowed 1 (made-up, in floating point)"
    assert (
        _seen(2.0, Verdict.CERTIFIED).detail
        == "size: 2, allowed 1 (made-up, by a certificate or exact numbers)"
    )
    assert _seen(2.0).kind is Verdict.REFUTED
    assert _seen(2.0).scope == "adam-proxy on iris"


def test_a_case_that_misses_a_hypothesis_of_its_clause_judges_nothing() -> None:
    """Without the hypothesis beta1^2 < beta2 the residual of an epoch has no bound (x = 10, betas 0.9 and 0.5)."""
    bound = next(p for p in CLAIMS["epoch-map"].properties if p.name == "epoch-residual")
    assert h.BELOW in bound.hypotheses
    judge = bound.with_judge(lambda case: within(2.0, 1.0, "x"))
    for beta2, vacuous in (("1/2", True), ("9/10", False)):
        judgement = judge(case([[10]], beta1="9/10", beta2=beta2))
        assert judgement.vacuous is vacuous
        assert judgement.violated is not vacuous

"""Every claim comes out as expected, and every false variant of a check is caught."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verify.claims import CLAIMS, Result, check_claims, derivation, derived, select
from verify.claims.epoch_map import fitted_order
from verify.claims.proxy import counterexample
from verify.derive.chain import Measured
from verify.errors import BadInput
from verify.evidence import Evidence, Verdict, strongest

VARIANTS = [(claim.id, name) for claim in CLAIMS.values() for name in claim.false_variants]

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
        assert claim.checks
        # A false claim is its own false variant: its check must refute it.
        assert claim.false_variants or claim.expected == "fails", claim.id


@pytest.mark.slow
@pytest.mark.parametrize("id", CLAIMS)
def test_claim_is_as_expected(id: str) -> None:
    (result,) = check_claims([CLAIMS[id]], "quick")
    assert result.as_expected, result.evidence
    assert result.verdict is not Verdict.UNDECIDED
    assert all(evidence.scope and evidence.detail for evidence in result.evidence)


@pytest.mark.slow
@pytest.mark.parametrize(("id", "name"), VARIANTS, ids=[f"{id}: {name}" for id, name in VARIANTS])
def test_false_variant_is_refuted(id: str, name: str) -> None:
    assert CLAIMS[id].false_variants[name]("quick").kind is Verdict.REFUTED


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


def test_fitted_order_recovers_a_power_law() -> None:
    order, spread = fitted_order([1e-1, 1e-2, 1e-3], [5e-2, 5e-4, 5e-6])
    assert order == pytest.approx(2)
    assert spread == pytest.approx(0, abs=1e-12)


def test_counterexample_sums_diverge_and_stay_bounded_as_said() -> None:
    for powers in (4, 8):
        weighted, total = counterexample(powers)
        assert weighted < 2
        assert total > powers / 2


def test_what_should_fail_must_be_refuted() -> None:
    """And what should hold must not."""
    kinds = (Verdict.REFUTED, Verdict.MEASURED, Verdict.UNDECIDED)
    for id, expected in (("false-per-sample-l2", [True, False, False]), ("gd-l2", [False, True, True])):
        seen = [Result(CLAIMS[id], (Evidence(kind, "", ""),), 0.0).as_expected for kind in kinds]
        assert seen == expected


def test_a_derivation_that_falls_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = CLAIMS["epoch-map"]
    assert {e.kind for e in derived(claim)} == {Verdict.PROVED}
    fallen = replace(derivation("epoch-map"), measurements=(Measured("q", "1", "2", "0", 100, "", False),))
    assert not fallen.passed
    monkeypatch.setattr("verify.claims.derivation", lambda name: fallen)
    assert {e.kind for e in derived(claim)} == {Verdict.UNDECIDED}

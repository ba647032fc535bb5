"""What a judge leaves unjudged: just on one side of each threshold a case is vacuous, just on the other it is not."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction as Q
from types import SimpleNamespace

import numpy as np
import pytest

from properties import Judgement, case
from properties.property import Case
from verify.claims import hand_over
from verify.claims.equilibrium_unique import in_ratio, in_spectrum, monotone, only_one
from verify.claims.fixed_point_exists import indices_add_up
from verify.claims.instances import TWO_ROWS
from verify.claims.judges import reached, settling
from verify.claims.judges.growth import falls_short, proxy_loss, signum_increments
from verify.claims.judges.maps import equal, largest_update
from verify.claims.weights_cycle import repels
from verify.game.result import HandOver
from verify.optimizers.increments import Increments

UNIT = case([[1, 0], [0, 1]], "signgd")


def fate(judgement: Judgement) -> str:
    return "vacuous" if judgement.vacuous else "violated" if judgement.violated else "within"


@pytest.mark.parametrize(
    ("lost", "least", "expected"),
    [(0.0, 4.0, "vacuous"), (0.9, 3.0, "violated"), (0.9, 3.2, "within"), (1.1, 4.0, "vacuous")],
)
def test_a_growth_bound_that_leaves_a_quarter_open_tells_nothing(
    lost: float, least: float, expected: str
) -> None:
    """gamma_inf = 1 and ||w||_inf = 4: what is lost may be up to 1, and must cover what is missing."""
    assert fate(falls_short(UNIT, np.array([4.0, 4.0]), np.array([5.0, least]), "linf", lost)) == expected


def test_bounds_that_are_negative_are_not_judged() -> None:
    near = case([[10, -9], [-9, 10]], "signum", beta1="1/2", batch_size=1)
    assert "bound on the margin is negative" in signum_increments(near).detail
    assert "too short" in proxy_loss(case([[10, -9], [-9, 10]], "adam-proxy"), steps=10).detail
    assert fate(proxy_loss(case([[2, 1], [1, 2]], "adam-proxy"), steps=1000)) == "within"


def test_where_nothing_is_promised_two_maps_are_not_compared() -> None:
    one = np.ones(2)
    assert fate(equal(one, 2 * one, np.array([9.0, np.inf]), "")) == "vacuous"
    assert fate(equal(one, 2 * one, np.array([9.0, 0.5]), "")) == "violated"
    assert largest_update(case([[1]], beta1="9/10", beta2="81/100").optimizer) == math.inf


def test_rows_whose_sizes_are_far_apart_have_no_unique_equilibrium_promised() -> None:
    """Of two rows in the plane, one pair of entries of opposite sign: kappa^6 (kappa - 1) < 2."""
    for size, holds in (("4/3", True), ("27/20", False)):
        rows = case([[1, size], [1, -1]], "adam-proxy")
        assert in_ratio(rows) is holds
        assert fate(only_one(rows)) == ("within" if holds else "vacuous")
    for size, holds in (("11/10", True), ("2", False)):
        rows = case([[1, size], [1, -1]], "adam-proxy")
        assert in_spectrum(rows) is holds
        assert fate(monotone(rows)) == ("within" if holds else "vacuous")


def test_lists_that_are_not_whole_and_sets_with_several_equilibria_are_not_judged() -> None:
    assert fate(indices_add_up(Case(TWO_ROWS, case([[1]], "adam-proxy").optimizer))) == "within"
    zeros = case([[1, 3, 0], [2, -1, 1]], "adam-proxy")
    assert fate(indices_add_up(zeros)) == "vacuous"
    assert fate(repels(Case(TWO_ROWS, zeros.optimizer))) == "vacuous"


@pytest.mark.parametrize(
    ("early", "late", "expected"), [(0.5, 0.1, "vacuous"), (0.5, 0.48, "violated"), (0.5, 1e-4, "within")]
)
def test_a_shortfall_that_still_falls_is_not_judged(
    early: float, late: float, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Margins of increments (1, 1 - s), of which the largest is that of (1, 1)."""
    shortfalls = iter((early, late))

    def run(*_: object) -> Increments:
        direction = np.array([1.0, 1.0 - next(shortfalls)])
        return Increments(1, 1.0, 1.0, direction, direction)

    monkeypatch.setattr(reached, "increments", run)
    assert (
        fate(reached.reaches_linf(replace(UNIT, optimizer=case([[1]], "adam-proxy").optimizer))) == expected
    )


def test_weights_are_judged_where_steps_are_fine_enough_to_tell_them(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = SimpleNamespace(weights=np.zeros(2))
    for share, expected in ((1.01, "vacuous"), (0.99, "within")):
        log_c = 2 * math.atanh(share * settling.VAGUE_WEIGHTS)
        end = SimpleNamespace(
            log_c=log_c, run=weights, limits=[SimpleNamespace(weights=np.array([0.5, 0.5]))]
        )
        monkeypatch.setattr(settling, "settled", lambda case, end=end: end)
        assert fate(settling.weights_settle(UNIT)) == expected


@pytest.mark.parametrize(("told", "expected"), [(140, "within"), (160, "violated"), (None, "vacuous")])
def test_a_hand_over_that_is_told_is_held_against_one_that_is_seen(
    told: int | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(X: object, opt: object, steps: int, start: object) -> HandOver | None:
        return HandOver(100, 1.0) if steps == hand_over.LONG else told and HandOver(told, 1.0, True)

    monkeypatch.setattr(hand_over, "hand_over", found)
    assert fate(hand_over.foretold(replace(UNIT, start=(Q(0), Q(0))))) == expected
    monkeypatch.setattr(hand_over, "hand_over", lambda *_: HandOver(100, 1.0, True))
    assert fate(hand_over.foretold(UNIT)) == "vacuous"

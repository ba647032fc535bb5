"""Certificates of travelling waves: the checker's epoch map against a run of its own, and a forgery of each
obligation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction as Q
from functools import cache
from typing import Any

import numpy as np
import pytest
from forging import dataset, restated, trials

from verify.certificate import check_document, waves
from verify.certificate.kinds import wave
from verify.certificate.spectrum import spectral_radius
from verify.data import Dataset, load
from verify.game import predict
from verify.game.smooth.face import Level
from verify.game.waves.certify import boxed, polish, setting_of, unknowns, waves_certificate
from verify.numbers.systems.balls import ball, matrix, precision
from verify.optimizers import Optimizer, optimizer

Document = dict[str, Any]
MODULES = (waves, wave)
THREE = dataset((1, -4, -1), (3, -3, 5), (4, -1, -4))
ADAM = optimizer("adam", lr=Q(1, 10), decay=Q(0), beta1=Q(0), beta2=Q(1, 2))


def fields(data: Dataset, opt: Optimizer, weights: Sequence[float], r: float = 0.2) -> dict[str, Any]:
    """A wave near these weights and this growth, whatever the rows without weight do."""
    with np.errstate(divide="ignore"):
        log_c = np.log(np.array(weights))
    setting = setting_of(data, opt, [Level(np.flatnonzero(weights), np.arange(data.d))])
    with precision(250):
        return boxed(setting, polish(setting, unknowns(setting, opt, log_c, [r]), 100), 100)[0]


def genuine(opt: Optimizer = ADAM, weights: Sequence[float] = (0.88, 0.12, 0)) -> Document:
    return waves_certificate(THREE, opt, [fields(THREE, opt, weights)])


GENUINE = genuine()


@cache
def below() -> Document:
    """With a level below: three classes, where a class row sees no row of the support. (The limit of vanishing steps
    is where it begins.)"""
    data = load("gaussian:n=4,d=2,classes=3,seed=0")
    opt = optimizer("adam", lr=Q(1, 10), decay=Q(0), beta1=Q(1, 2), beta2=Q(3, 4)).on(data)
    points = [limit.point for limit in predict(data, opt, starts=0).limits]
    return waves_certificate(data, opt, points)


def test_the_growth_is_that_of_a_step_not_of_an_epoch() -> None:
    """By how much a run's margins grow in a step on these rows, in the twelve digits that were seen of it."""
    (wave,) = GENUINE["claim"]["waves"]
    assert float(Q(wave["growths"][0])) == pytest.approx(0.213363060126, abs=1e-12)


@pytest.mark.parametrize(
    "opt",
    [
        ADAM,
        optimizer("nadam", lr=Q(1, 10), decay=Q(0), beta1=Q(1, 2), beta2=Q(3, 5)),
        optimizer("adam-proxy", lr=Q(1, 10), decay=Q(0)),
        optimizer("ngd", lr=Q(1, 10), decay=Q(0)),
        optimizer("adam-abs", lr=Q(1, 10), decay=Q(0), beta1=Q(1, 2), beta2=Q(3, 5)),
    ],
    ids=["adam", "nadam", "proxy", "ngd", "abs"],
)
def test_waves_of_rules_of_every_make_are_valid(opt: Optimizer) -> None:
    weights = (0.3, 0.3, 0.4) if opt.rule.name == "ngd" else (0.88, 0.12, 0)
    checked = check_document(genuine(opt, weights))
    assert checked.valid, checked.line()


def test_a_wave_is_valid_and_says_what_it_is_about() -> None:
    for document in (GENUINE, below()):
        checked = check_document(document)
        assert checked.valid, checked.line()
        assert "one and only one wave in each box" in document["statement"]
    assert "below it the level of the rows 0, 5 with r = " in below()["statement"]


def test_bounds_on_a_spectral_radius_close_in_on_it() -> None:
    """A turn by an angle, stretched: eigenvalues 9/10 exp(+-i), and a Jordan block beside it, which has no
    eigenbasis."""
    turn = [[math.cos(1), -math.sin(1), 0, 0], [math.sin(1), math.cos(1), 0, 0]]
    rows = [*([Q(x) * Q(9, 10) for x in line] for line in turn), [0, 0, Q(1, 2), 1], [0, 0, 0, Q(1, 2)]]
    with precision(200):
        low, high = spectral_radius(matrix([[ball(x) for x in line] for line in rows]))
    assert float(low.mid()) == pytest.approx(0.9, abs=1e-9)
    assert float(high.mid()) == pytest.approx(0.9, abs=1e-9)
    assert low <= high
    unknown = ball(0) / ball(0)
    assert not spectral_radius(matrix([[unknown]]))[1] < 1


def forged(of: Document = GENUINE, **changes: Any) -> Document:
    """With fields of the wave replaced."""
    return restated(of, "claim", "waves", 0, **changes)


def wave_of(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = document["claim"]["waves"][0]
    return found


def number(name: str, *place: int) -> Q:
    return Q(wave_of(GENUINE)[name] if not place else wave_of(GENUINE)[name][place[0]])


def with_a_column_that_only_a_fading_row_sees() -> Document:
    rows = [[*row, str(int(i == 2))] for i, row in enumerate(GENUINE["data"]["rows"])]
    return forged(GENUINE | {"data": {"rows": rows}}, direction=[*wave_of(GENUINE)["direction"], 0])


def of_one_row_though_another_grows_less() -> Document:
    return waves_certificate(THREE, ADAM, [fields(THREE, ADAM, (1, 0, 0))])


def apart(*order: int) -> Document:
    """Of rows that each decide a column of their own, the first of which grows faster, one a level in this order."""
    data = dataset((2, 0), (0, 1))
    setting = setting_of(data, ADAM, [Level(np.array([i]), np.array([i])) for i in order])
    start = unknowns(setting, ADAM, np.zeros(2), [0.0, 0.0])
    with precision(250):
        return waves_certificate(data, ADAM, [boxed(setting, polish(setting, start, 100), 100)[0]])


def test_the_level_that_grows_least_is_the_support() -> None:
    assert check_document(apart(1, 0)).valid


@pytest.mark.parametrize(
    ("levels", "said"),
    [([], "no level"), ([[0, 1], [1, 2]], "on two levels"), ([[0, 1], [2]], "growths has 1 entries")],
)
def test_levels_that_are_none_are_refused(levels: list[list[int]], said: str) -> None:
    checked = check_document(forged(levels=levels))
    assert not checked.valid
    assert said in checked.line()


def test_a_rule_that_divides_by_a_norm_has_one_level() -> None:
    ngd = optimizer("ngd", lr=Q(1, 10), decay=Q(0))
    fields = wave_of(GENUINE) | {"levels": [["0"], ["1"]]}
    checked = check_document(waves_certificate(THREE, ngd, [fields]))
    assert checked.obligation == "levels"


FORGERIES: dict[str, tuple[str, Callable[[], Document]]] = {
    "a row named twice": ("support", lambda: forged(levels=[[0, 0, 1]])),
    "levels in another order": ("order", lambda: apart(0, 1)),
    "one r for all levels": ("growth", lambda: forged(below(), growths=[Q(wave_of(below())["growths"][0])] * 2)),
    "a column unseen": ("coordinates", with_a_column_that_only_a_fading_row_sees),
    "growth that may be 0": ("growth-positive", lambda: forged(growth_radius=2 * number("growths", 0))),
    "another growth": ("growth", lambda: forged(growths=[number("growths", 0) * Q(101, 100)])),
    "a row that fades too little": ("slack", of_one_row_though_another_grows_less),
    "another direction": (
        "direction", lambda: forged(direction=[-Q(v) for v in wave_of(GENUINE)["direction"]])
    ),
    "a box beside it": (
        "one-zero", lambda: forged(radii=[Q(1, 2**400), *map(Q, wave_of(GENUINE)["radii"][1:])])
    ),
    "a lower spectral radius": (
        "spectral-radius", lambda: forged(spectral_high=number("spectral_low"), spectral_low=0)
    ),
    "a higher spectral radius": (
        "spectral-radius", lambda: forged(spectral_low=number("spectral_high"), spectral_high=2)
    ),
}  # fmt: skip


(
    test_one_obligation_rejects_the_forgery,
    test_only_that_obligation_does,
    test_every_obligation_has_a_forgery,
) = trials(FORGERIES, MODULES)


def test_a_wave_of_another_step_or_another_rule_is_none() -> None:
    for change in ({"lr": "1/9"}, {"batch_size": "2"}):
        assert check_document(restated(GENUINE, "claim", **change)).obligation == "one-zero"
    runaway = restated(GENUINE, "claim", "rule", "hyper", beta1="9/10")
    assert check_document(runaway).obligation == "fades"


def test_a_box_of_another_length_is_refused() -> None:
    assert check_document(forged(center=[Q(c) for c in wave_of(GENUINE)["center"][1:]])).obligation == "box"

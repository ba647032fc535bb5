"""Limit cycles: where there is one, that it is none of what is not, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q
from pathlib import Path

import numpy as np
import pytest
from forging import dataset

from verify.claims.instances import ROUND, ROUND_AND_CONSTANT, THREE_ROWS, TWO_ROWS
from verify.claims.weights_cycle import outward
from verify.cli.pictures import draw
from verify.data import Dataset
from verify.evidence import Verdict
from verify.game import predict
from verify.game.flows.basins import triangles
from verify.game.flows.cycles import limit_cycle, none_attracts
from verify.game.smooth.field import field
from verify.numbers.linear.angles import degrees
from verify.optimizers import optimizer

PROXY = optimizer("adam-proxy")


def test_the_cycle_is_the_same_from_inside_and_outside_and_is_an_orbit() -> None:
    game = field(ROUND.floats(), PROXY)
    inner, outer = (limit_cycle(game, np.log(c)) for c in ((0.24, 0.21, 0.55), (0.98, 0.01, 0.01)))
    assert inner is not None
    assert outer is not None
    assert inner.period == pytest.approx(outer.period, rel=1e-8)
    assert max(inner.rate, outer.rate) < 0.1
    gaps = np.abs(inner.weights[:, None] - outer.weights).sum(axis=2) / 2
    assert gaps.min(axis=1).max() < 0.01  # the spacing of the points
    # dc/dtau = -c (F - c.F), by central differences of the points, which are period/400 apart.
    step = inner.period / len(inner.weights)
    seen = (np.roll(inner.weights, -1, axis=0) - np.roll(inner.weights, 1, axis=0)) / (2 * step)
    costs = np.array([game.X @ game.drift(np.log(c)) for c in inner.weights])
    wanted = -inner.weights * (costs - (inner.weights * costs).sum(axis=1, keepdims=True))
    assert np.abs(seen - wanted).max() < 1e-3 * np.abs(wanted).max()


def test_margins_keep_pace_on_the_average_and_w_goes_elsewhere_than_the_equilibrium() -> None:
    X = ROUND_AND_CONSTANT.floats()
    cycle = limit_cycle(field(X, PROXY), np.array([0.0, -0.3, 0.2]))
    assert cycle is not None
    assert np.ptp(X @ cycle.drift) < 1e-6
    (only,) = predict(ROUND_AND_CONSTANT, PROXY, starts=0).limits
    assert degrees(cycle.drift, only.direction) == pytest.approx(3.23, abs=0.01)


# Rows turned into each other, whose equilibrium attracts and turns.
SPIRAL = dataset((8, 2, -1), (-1, 8, 2), (2, -1, 8))


@pytest.mark.parametrize(
    "data", [pytest.param(THREE_ROWS, marks=pytest.mark.slow), TWO_ROWS, SPIRAL], ids=lambda d: d.name
)
def test_a_flow_that_converges_is_not_called_a_cycle(data: Dataset) -> None:
    assert limit_cycle(field(data.floats(), PROXY), np.linspace(0.0, 0.3, data.n)) is None
    assert not none_attracts(predict(data, PROXY, starts=0))


def test_what_it_takes_to_say_that_none_attracts() -> None:
    found = predict(ROUND, PROXY, starts=0)
    assert none_attracts(found)
    assert "no equilibrium attracts" in found.note
    assert not none_attracts(replace(found, complete=False))
    assert not none_attracts(replace(found, growing=True))
    (limit,) = found.limits
    for change in (
        {"stability": "attracting"},
        {"stability": "undetermined"},
        {"evidence": Verdict.MEASURED},
    ):
        assert not none_attracts(replace(found, limits=(replace(limit, **change),)))


def test_corners() -> None:
    assert outward(ROUND)
    assert outward(ROUND_AND_CONSTANT)
    assert not outward(TWO_ROWS)
    # Where all entries are positive and the rows' sums agree, all rows cost the same at a corner.
    assert not outward(Dataset("test", ((Q(1), Q(2), Q(3)), (Q(3), Q(1), Q(2)), (Q(2), Q(3), Q(1)))))


@pytest.mark.slow
def test_the_picture_has_one_piece_and_a_cycle(tmp_path: Path) -> None:
    found = predict(ROUND, PROXY, starts=0)
    (piece,) = triangles(found)
    assert piece.limit is None
    draw(found, str(tmp_path / "cycle.svg"))
    assert "limit cycle" in (tmp_path / "cycle.svg").read_text()

"""Basins: each attracting equilibrium in its own, boundaries where the game has them, runs as they say."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from forging import dataset as rows

from verify.cli.pictures import draw
from verify.cli.simplex import basin_colours, marker
from verify.data import gaussian
from verify.game import Prediction, predict
from verify.game.flows import basins
from verify.game.flows.basins import Piece, drawable, intervals, limit_from, triangles
from verify.game.pace import Pace, suited_step_size
from verify.game.smooth.field import field
from verify.losses import LOSSES
from verify.numbers.linear.angles import misalignment
from verify.optimizers import optimizer
from verify.optimizers.increments import increments

pytestmark = pytest.mark.slow

PROXY = optimizer("adam-proxy")


@cache
def three() -> Prediction:
    return predict(rows((1, -4, -1), (3, -3, 5), (4, -1, -4)), PROXY)


@cache
def two() -> Prediction:
    return predict(rows(("3.01", 1), (1, 3)), PROXY)


@pytest.fixture(scope="module")
def pieces() -> list[Piece]:
    return triangles(three())


def limit_at(c: np.ndarray, pieces: list[Piece]) -> int | None:
    """The limit of the piece whose corners, convex combinations of which fill it, hold c."""
    for piece in pieces:
        corners = np.vstack([piece.corners, piece.corners[:1]])[:, :2]
        edges, to_point = np.diff(corners, axis=0), c[:2] - corners[:-1]
        side = edges[:, 0] * to_point[:, 1] - edges[:, 1] * to_point[:, 0]
        if np.all(side >= -1e-12) or np.all(side <= 1e-12):
            return piece.limit
    raise AssertionError(f"{c} is in no piece")


def strangers(prediction: Prediction, pieces: list[Piece]) -> list[int]:
    """The attracting limits that have weights nearer than 0.02 in a basin that is not their own."""
    found = []
    for number, limit in enumerate(prediction.limits):
        if limit.stability != "attracting":
            continue
        for move in np.vstack([np.eye(3) - 1 / 3, 1 / 3 - np.eye(3)]):
            near = limit.weights + 0.02 * move
            if np.all(near >= 0) and limit_at(near, pieces) != number:
                found.append(number)
    return sorted(set(found))


def test_what_is_near_an_attracting_limit_is_in_its_basin(pieces: list[Piece]) -> None:
    assert strangers(three(), pieces) == []
    assert {piece.limit for piece in pieces} == {0, 1}


def test_a_saddle_drawn_as_attracting_and_swapped_colours_are_caught(pieces: list[Piece]) -> None:
    limits = [replace(limit, stability="attracting") for limit in three().limits]
    assert strangers(replace(three(), limits=tuple(limits)), pieces) == [2]
    assert strangers(replace(three(), limits=(*three().limits[1::-1], three().limits[2])), pieces) == [0, 1]


def test_the_pieces_fill_the_simplex_once(pieces: list[Piece]) -> None:
    def area(piece: Piece) -> float:
        x, y = piece.corners[:, 0], piece.corners[:, 1]
        return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2

    assert sum(map(area, pieces)) == pytest.approx(1 / 2, abs=1e-12)
    # The saddle is on the boundary: both basins come within two halved edges of it.
    for number in (0, 1):
        corners = np.vstack([piece.corners for piece in pieces if piece.limit == number])
        assert np.abs(corners - three().limits[2].weights).sum(axis=1).min() < 2 / 32


def test_two_rows_meet_at_the_repelling_equilibrium() -> None:
    left, right = intervals(two(), -12.0, 6.0)
    repelling = float(np.log(two().limits[2].weights[1] / two().limits[2].weights[0]))
    assert (left.limit, right.limit) == (1, 0)
    assert left.corners[1, 0] == right.corners[0, 0] == pytest.approx(repelling, abs=1e-3)


def test_passing_by_is_not_arriving() -> None:
    # The corner (1, 0) repels: a flow that starts much nearer than the test of arrival asks for goes away. So does
    # one that starts beside the saddle.
    assert limit_from(field(two().dataset.floats(), PROXY), two(), np.array([0.0, -30.0])) == 1
    game, saddle = field(three().dataset.floats(), PROXY), three().limits[2].weights
    for sign, number in ((0.02, 1), (-0.02, 0)):
        beside = saddle + sign * (three().limits[1].weights - saddle)
        assert limit_from(game, three(), np.log(beside)) == number


@pytest.mark.parametrize(
    "start", [(0, 0, 0), (-1, 0, 0), (1, 1, 0), (0, -0.5, 0.3), (-0.4, 0, 0), (-0.3, 0.1, 0)]
)
def test_runs_with_the_exponential_loss_go_where_their_basin_says(start: tuple[float, ...]) -> None:
    X = three().dataset.floats()
    w = np.array(start)
    number = limit_from(field(X, PROXY), three(), -X @ w)
    opt = suited_step_size(replace(PROXY, loss=LOSSES["exponential"]), X, 400_000, Pace(0.05, 20.0))
    run = increments(X, opt, 400_000, start=w).direction
    gaps = [misalignment(run, three().limits[i].direction) for i in (0, 1)]
    assert number == int(np.argmin(gaps))
    assert min(gaps) < 1e-6


def test_what_cannot_be_drawn_as_a_simplex() -> None:
    assert drawable(two())
    assert drawable(three())
    for data, opt in (
        (gaussian(4, 3, 0), PROXY),
        (rows((1, 2)), PROXY),
        (rows((1, 1), (1, 2), (1, 3)), PROXY),  # on a line: the weights exp(-x.w) are a curve
        (two().dataset, optimizer("signgd")),
        (two().dataset, optimizer("signum", batch_size=1)),
    ):
        assert not drawable(predict(data, opt))
    assert not drawable(replace(two(), optimizer=optimizer("adam", order="reshuffle")))


def test_the_picture_is_the_same_file_each_time_and_tells_stability(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(basins, "PARTS", 4)
    first, second = tmp_path / "a.svg", tmp_path / "b.svg"
    for path in (first, second):
        draw(two(), str(path))
    assert first.read_bytes() == second.read_bytes()
    attracting, _, repelling = (marker(limit, "red") for limit in two().limits)
    assert attracting.get("mfc") is None
    assert repelling["mfc"] == "white"
    assert marker(three().limits[2], "red")["fillstyle"] == "left"
    assert set(basin_colours(three())) == {None, 0, 1}


def test_angles_where_some_batch_size_has_no_limit(tmp_path: Path) -> None:
    for opt in (optimizer("signgd"), optimizer("adam", beta2=Q(0))):
        draw(predict(three().dataset, opt, starts=0), str(tmp_path / "angles.png"))
    assert (tmp_path / "angles.png").stat().st_size > 0

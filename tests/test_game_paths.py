"""Paths in beta2: they join what is found at each beta2, end in folds, and tend to AdamProxy at a known rate."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction as Q
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from forging import dataset as rows

from verify.certificate.field import costs, game_of
from verify.cli import main
from verify.data import Dataset, gaussian
from verify.derive.letters import N, b1, g
from verify.derive.measure import formula
from verify.derive.topics.proxy_correction import first_order
from verify.derive.topics.proxy_limit import limit_map
from verify.errors import BadInput
from verify.game import predict
from verify.game.branch import Branch
from verify.game.flows.paths import GRID, Change, EquilibriumAt, Follower, Games, beta2_path
from verify.game.smooth.certify import game_fields, game_read
from verify.game.smooth.face import Level, newton
from verify.game.smooth.field import field
from verify.numbers.linear.angles import misalignment
from verify.numbers.systems.balls import ball, precision
from verify.optimizers import optimizer

pytestmark = pytest.mark.slow

PROXY, ADAM = optimizer("adam-proxy"), optimizer("adam")


TWO, THREE, ROUND = (
    rows(("3.01", 1), (1, 3)),
    rows((1, -4, -1), (3, -3, 5), (4, -1, -4)),
    rows((6, 2, -1), (-1, 5, 2), (1, 1, 6)),
)


@pytest.fixture(scope="module")
def three() -> list[Branch[EquilibriumAt]]:
    return beta2_path(THREE, ADAM)


# Of beta1 = 1/4 the whole grid above 1/16 tells of runs, and of 1/2 that above 1/4.
QUARTER, HALF = optimizer("adam", beta1=Q(1, 4)), optimizer("adam", beta1=Q(1, 2))


@pytest.fixture(scope="module")
def around() -> list[Branch[EquilibriumAt]]:
    return beta2_path(ROUND, QUARTER)


def missing(branches: list[Branch[EquilibriumAt]], data: Dataset, beta2: float) -> tuple[int, int]:
    """Equilibria of ``predict`` at a beta2 of the grid that no branch has, and places that predict has not."""
    found = predict(data, QUARTER.at(beta2=Q(beta2)), starts=0, prove=False).limits
    places = [place for branch in branches for place in branch.points if place.at == beta2]
    pairs = [[np.abs(limit.weights - place.weights).sum() < 1e-6 for place in places] for limit in found]
    return sum(not any(line) for line in pairs), sum(not any(column) for column in zip(*pairs, strict=True))


def followed(
    data: Dataset, log_c: tuple[float, ...], p: float, to: float
) -> tuple[list[EquilibriumAt], list[Change], Any, Any]:
    """From the equilibrium near log c, on all rows that it has, at p towards one place of the grid."""
    X, support = data.floats(), np.flatnonzero(np.isfinite(log_c))
    levels = (Level(support, np.arange(data.d)),)
    start = newton(Games(X, ADAM).at(p), levels, np.array(log_c), farthest=1.0)
    assert start is not None
    assert start.valid
    path = Follower(Games(X, ADAM), start, p, np.sign(to - p))
    path.follow(np.array([to]))
    return path.places, path.changes, path.end, path.met


def test_an_equilibrium_changes_its_support_and_ends_where_it_meets_a_saddle() -> None:
    places, (change,), end, (before, met) = followed(THREE, (0.0, -2.0, -np.inf), 1.0, -1.8)
    assert (change.kind, change.text) == ("support", "row 2 leaves the support")  # as p rises
    assert (end.kind, met.stability) == ("fold", "saddle")
    assert end.p < before < change.p == pytest.approx(-0.9512, abs=1e-4)
    assert end.beta2 == 1 / (1 + 10**-end.p)
    assert [place.support for place in places] == [(0, 1), (0, 1, 2)]
    assert np.abs(met.weights - places[-1].weights).sum() < 0.01
    # The saddle comes from the other side of the fold's weights, and meets the attracting one there.
    assert met.weights != pytest.approx(places[-1].weights, abs=1e-9)


@pytest.mark.parametrize(("begin", "to"), [(0.0, 0.06), (0.06, 0.0)])
def test_a_change_of_stability_is_told_as_beta2_rises_whichever_way_it_is_met(
    begin: float, to: float
) -> None:
    (place,), (change,), end, met = followed(ROUND, (0.0, 0.0, 0.0), begin, to)
    assert (place.p, end, met) == (to, None, None)
    assert (change.kind, change.text) == ("stability", "from attracting to repelling")
    assert change.p == pytest.approx(0.0311, abs=2e-4)


def test_branches_are_what_is_found_at_each_beta2(around: list[Branch[EquilibriumAt]]) -> None:
    for p in (-0.9, -0.4, -0.1, 0.2, 0.5, 1.0):
        (at,) = {x.at for branch in around for x in branch.points if abs(x.p - p) < 1e-9}
        assert missing(around, ROUND, at) == (0, 0), at
        assert missing([b for b in around if b is not around[0]], ROUND, at) == (int(p > -0.2), 0), at


def test_equilibria_come_and_go_in_pairs_of_opposite_kinds(around: list[Branch[EquilibriumAt]]) -> None:
    folds = [
        (round(change.p, 6), branch) for branch in around for change in (branch.begin, branch.end) if change
    ]
    assert all(change.kind == "fold" for branch in around for change in (branch.begin, branch.end) if change)
    assert len(folds) == 4
    for p, _ in folds:
        first, second = (branch for q, branch in folds if q == p)
        kinds = {
            branch.points[0 if branch.begin and round(branch.begin.p, 6) == p else -1].stability
            for branch in (first, second)
        }
        assert kinds == {"attracting", "saddle"}


def test_an_equilibrium_takes_in_a_row_on_its_path() -> None:
    branches = beta2_path(THREE, optimizer("adam", beta1=Q(0)))
    ((branch, change),) = ((branch, change) for branch in branches for change in branch.changes)
    assert (change.kind, change.text) == ("support", "row 0 joins the support")
    supports = [place.support for place in branch.points]
    assert (supports[0], supports[-1]) == ((1, 2), (0, 1, 2))


def test_a_pair_of_eigenvalues_crosses_where_the_cycle_appears() -> None:
    branches = beta2_path(ROUND, HALF)
    (change,) = (change for branch in branches for change in branch.changes if change.kind == "stability")
    assert change.text == "from attracting to repelling"
    for beta2, stability in ((change.beta2 - 1e-3, "attracting"), (change.beta2 + 1e-3, "repelling")):
        limits = predict(ROUND, HALF.at(beta2=Q(beta2)), starts=0, prove=False).limits
        assert [limit.stability for limit in limits] == [stability]


def first_order_change(data: Dataset, support: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """U of AdamProxy's equilibrium on a support, and dU/d(1 - beta2) of Adam's at beta2 = 1, from the derivations'
    formulas: U_1 + DU_0 h with x_j.(U_1 + DU_0 h) the same for all j of the support and sum h = 0."""
    (limit,) = (x for x in predict(data, PROXY, starts=0).limits if list(x.support) == support)
    c = [Q(float(w)) for w in limit.weights]

    def formulas(expression: object) -> np.ndarray:
        point = {b1: ADAM.beta1, N: data.n}
        columns = ({**point, g: lambda a, k=k: -c[int(a)] * data.rows[int(a)][k]} for k in range(data.d))
        return np.array([float(formula(expression, column)) for column in columns])

    U0, U1 = formulas(limit_map()), formulas(first_order())
    game, X = field(data.floats(), PROXY), data.floats()
    with np.errstate(divide="ignore"):
        log_c = np.log(limit.weights)
    scale = U0[0] / game.drift(log_c)[0]
    slopes = scale * game.slope(log_c, np.eye(data.n)[:, support])  # along log c_j: c_j times that along c_j
    slopes = slopes / limit.weights[support]
    r = len(support)
    matrix = np.block([[X[support] @ slopes, -np.ones((r, 1))], [np.ones((1, r)), np.zeros((1, 1))]])
    h = np.linalg.solve(matrix, np.append(-X[support] @ U1, 0.0))[:r]
    return U0, U1 + slopes @ h


def test_the_path_leaves_adam_proxy_at_the_rate_of_the_derivation(three: list[Branch[EquilibriumAt]]) -> None:
    support = [0, 1]
    U0, change = first_order_change(THREE, support)
    branch = next(b for b in three if list(b.points[-1].support) == support)
    errors = []
    for place in (x for x in branch.points if x.p in (2.0, GRID[-6], GRID[-1])):
        gap = 1 - place.at
        predicted = U0 + gap * change
        errors.append(np.sqrt(2 * misalignment(place.direction, predicted)) / gap)
        assert misalignment(place.direction, U0) > 1e-9 * gap
    # The rest is of second order: errors / gap fall like gap, to rounding; with the wrong sign they would not.
    assert errors[-1] < errors[0] / 10
    wrong = np.sqrt(2 * misalignment(branch.points[-1].direction, U0 - gap * change)) / gap
    assert errors[-1] < wrong / 100


def test_batches_tend_to_the_proxy_of_their_sums() -> None:
    data = gaussian(4, 3, 1)
    opt = replace(ADAM, batch_size=2)
    ends = [b.points[-1] for b in beta2_path(data, opt) if b.points[-1].stability == "attracting"]
    assert ends
    slow = optimizer("rmsprop", batch_size=2, beta2=1 - Q(1, 10**20))  # as good as sum G_p / sqrt(sum G_p^2)
    for place in ends:
        with precision(128):
            at = costs(
                game_of(game_read(game_fields(data, slow)), data),
                data.rows,
                [ball(Q(float(w))) for w in place.weights],
            )
        F = np.array([float(f.mid()) for f in at.costs])
        on = F[list(place.support)]
        # 1 - beta2 = 3e-4 at the path's end, and the gap is of first order in it.
        assert np.ptp(on) < 1e-2 * on.mean()
        assert misalignment(np.array([float(u.mid()) for u in at.drift]), place.direction) < 1e-6


def test_command_writes_json_and_pictures(tmp_path: Path) -> None:
    for kind in ("beta2", "batch-size"):
        target, plot = tmp_path / f"{kind}.json", tmp_path / f"{kind}.svg"
        line = "predict gaussian:n=6,d=4,seed=1 --optimizer adam --path"
        with pytest.raises(SystemExit) as stopped:
            main([*line.split(), kind, "--json", str(target), "--plot", str(plot)])
        assert not stopped.value.code
        document = json.loads(target.read_text())
        assert document["path"] == kind
        last = document["lines"][0]["points"][-1]
        assert set(last["degrees"]) == {
            "l1 max margin",
            "l2 max margin",
            "linf max margin",
            "AdamProxy's limit",
        }
        if kind == "batch-size":
            assert last["at"] == 6
            assert last["degrees"]["linf max margin"] < 1e-6
        assert "<svg" in plot.read_text()


def test_what_has_no_path(capsys: pytest.CaptureFixture[str]) -> None:
    for opt in (PROXY, optimizer("adam", batch_size="full"), optimizer("adam", order="reshuffle")):
        with pytest.raises(BadInput, match="the path in beta2"):
            beta2_path(TWO, opt)
    for words, expected in (
        ("--optimizer adam --path eps", "path=eps"),
        ("--optimizer adam --path beta2 --work 2", "work=2"),
        ("--optimizer adam --path beta2 --digits 5", "digits=5"),
        ("--optimizer gd --path batch-size", "gd"),
    ):
        with pytest.raises(SystemExit) as stopped:
            main(["predict", "gaussian:n=3,d=2,seed=0", *words.split()])
        assert stopped.value.code == 2
        assert expected in capsys.readouterr().err

"""Where paths in beta2 end and change: held against the costs themselves, seen on a grid or a little way on."""

from __future__ import annotations

import numpy as np
import pytest

from verify.claims.instances import THREE_ROWS as THREE
from verify.claims.instances import TWO_ROWS as TWO
from verify.data import Dataset
from verify.game.flows import paths
from verify.game.smooth.face import Equilibrium, Level, newton
from verify.optimizers import optimizer

ADAM = optimizer("adam")


Followed = tuple[list[paths.EquilibriumAt], list[paths.Change], paths.Change | None, paths.Seed | None]


def path_of(X: np.ndarray, start: Equilibrium, p: float, targets: np.ndarray) -> Followed:
    path = paths.Follower(paths.Games(X, ADAM), start, p, np.sign(targets[0] - p))
    path.follow(targets)
    return path.places, path.changes, path.end, path.met


def equilibrium(data: Dataset, support: list[int], p: float, log_c: tuple[float, ...]) -> Equilibrium:
    """The one near log c on a support, of per-sample Adam at p = log10(beta2 / (1 - beta2))."""
    game = paths.Games(data.floats(), ADAM).at(p)
    found = newton(game, (Level(np.array(support), np.arange(data.d)),), np.array(log_c), farthest=1.0)
    assert found is not None
    return found


def ratios(p: float) -> list[float]:
    """log(c_1 / c_0) of TWO's equilibria inside the simplex: where the costs cross, seen on a grid."""
    X = TWO.floats()
    game, at = paths.Games(X, ADAM).at(p), np.linspace(-8, 8, 801)
    gap = np.array([(X[1] - X[0]) @ game.drift(np.array([0.0, s])) for s in at])
    return [float(at[i]) for i in np.flatnonzero(gap[1:] * gap[:-1] < 0)]


def test_two_equilibria_meet_where_the_costs_no_longer_cross() -> None:
    X, before, after = TWO.floats(), ratios(-1.0), ratios(-0.5)
    followed = [path_of(X, equilibrium(TWO, [0, 1], -1.0, (0.0, s)), -1.0, np.array([-0.5])) for s in before]
    on = [places[-1] for places, _, end, _ in followed if end is None]
    seen = sorted(float(np.log(place.weights[1] / place.weights[0])) for place in on)
    assert seen == pytest.approx(after, abs=0.02)
    assert all((place.p, place.support) == (-0.5, (0, 1)) for place in on)
    (first, one), (second, other) = ((end, places[-1]) for places, _, end, _ in followed if end is not None)
    assert {one.stability, other.stability} == {"attracting", "repelling"}
    for end in (first, second):
        assert (end.kind, end.text) == ("fold", "two equilibria on rows 0, 1 meet")
        assert len(ratios(end.p - 0.01)) == len(ratios(end.p + 0.01)) + 2
        assert end.beta2 == pytest.approx(10**end.p / (1 + 10**end.p), rel=1e-15)
    assert [met[1].stability for *_, met in followed if met is not None] == [other.stability, one.stability]


def test_a_row_joins_where_it_no_longer_costs_more() -> None:
    X, start = THREE.floats(), equilibrium(THREE, [1, 2], -0.75, (-np.inf, 0.0, 0.0))
    (*_, there), (change,), end, _ = path_of(X, start, -0.75, np.array([-0.5]))
    assert (end, there.support) == (None, (0, 1, 2))
    assert (change.kind, change.text) == ("support", "row 0 joins the support")
    for p, costs_more in ((change.p - 1e-4, True), (change.p + 1e-4, False)):
        found = equilibrium(THREE, [1, 2], p, tuple(start.spread(3)))
        assert found.valid == costs_more == (found.excess[0] > 0)
    # And back, where it leaves: read in the order of rising p it joins.
    game = paths.Games(X, ADAM).at(-0.5)
    joined = newton(game, (Level(np.arange(3), np.arange(3)),), np.log(there.weights))
    assert joined is not None
    (*_, here), (again,), end, _ = path_of(X, joined, -0.5, np.array([-0.75]))
    assert (end, here.support, again.text) == (None, (1, 2), change.text)
    assert again.p == pytest.approx(change.p, abs=1e-6)
    assert here.weights == pytest.approx(start.weights, abs=1e-9)

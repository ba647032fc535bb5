"""The equilibria of small sets in milliseconds: they are those that the search of `predict` finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction as Q
from itertools import combinations

import numpy as np
import pytest

import marginproof
from verify.ask.optimizers import optimizer_of
from verify.data import Dataset, load
from verify.errors import BadInput
from verify.game.smooth import together
from verify.game.smooth.columns import solutions
from verify.game.smooth.each_start import solver
from verify.game.smooth.face import Equilibrium, Level, newton
from verify.game.smooth.field import Field, field
from verify.game.smooth.search import on_faces
from verify.game.smooth.together import equilibria_together
from verify.problem.epoch_map import epoch_map
from verify.studies.asks import ASKS

# theory.md 3.4: three equilibria, two of which attract.
THREE = np.array([[1.0, 4.0], [5.0, 1.0]])


@pytest.mark.parametrize("name", ["adam-proxy", "adam"])
@pytest.mark.parametrize(
    ("n", "d", "seed"),
    [(3, 3, 0), *(pytest.param(*case, marks=pytest.mark.slow) for case in ((4, 3, 1), (4, 4, 2)))],
)
def test_they_are_those_of_the_search_on_faces(name: str, n: int, d: int, seed: int) -> None:
    opt, X = optimizer_of(name), load(f"gaussian:n={n},d={d},seed={seed}").floats()
    game = field(X, opt)
    found = equilibria_together(opt, X)
    searched, alone = _distinct(on_faces(game, 0)), _distinct(_from_each_start(game))
    assert len(found) == len(searched) == len(alone) > 0
    for each in found:
        for others in (searched, alone):
            (same,) = [other for other in others if np.abs(other.weights - each.weights).sum() < 1e-6]
            assert each.attracting == (same.stability == "attracting")
    assert sum(each.index for each in found) == 1


def _distinct(found: Iterable[Equilibrium]) -> list[Equilibrium]:
    return list({tuple(each.weights.round(6)): each for each in found}.values())


def _from_each_start(game: Field, times: int = 4) -> Iterator[Equilibrium]:
    """As the search on faces, each start by itself to all digits."""
    n, d = game.X.shape
    draw = np.random.default_rng(1)
    for size in range(1, n + 1):
        for rows in combinations(range(n), size):
            for spread in (0.0, *(1.0, 3.0, 9.0) * times * (size - 1)):
                level = Level(np.array(rows), np.arange(d))
                end = newton(game, (level,), draw.uniform(-spread, 0, n), farthest=1.0)
                if end is not None and end.valid:
                    yield end


@pytest.mark.parametrize("name", ["lion", pytest.param("adam-proxy", marks=pytest.mark.slow)])
def test_the_search_on_faces_finds_what_each_start_finds_where_equilibria_are_not_isolated(name: str) -> None:
    """Of a sign rule no cost changes on a face; rows 0 and 1 are equal, and row 2 the mean of 0 and 3."""
    for rows in ([[1, -1, 4, 4], [-4, 1, 3, 2]], [[1, 3], [1, 3], [2, 2], [3, 1]]):
        game = field(np.array(rows, dtype=float), optimizer_of(name))
        searched, alone = list(on_faces(game, 0)), list(_from_each_start(game, 1))
        supports = [{tuple(each.levels[0].rows) for each in found} for found in (searched, alone)]
        assert supports[0] <= supports[1]
        assert any(not each.isolated for each in searched) == any(not each.isolated for each in alone)


def test_a_face_on_which_no_cost_changes_has_no_solution_unless_costs_are_equal() -> None:
    X, start = np.array([[1.0], [2.0], [3.0]]), np.zeros((1, 3))
    assert not solutions(lambda log_c: np.ones((1, log_c.shape[1])), X, np.array([[0, 1, 2]]), start)
    assert solutions(lambda log_c: np.zeros((1, log_c.shape[1])), X, np.array([[0, 1, 2]]), start)


def test_several_are_found_with_the_one_between_them() -> None:
    found = equilibria_together(optimizer_of("adam-proxy"), THREE)
    assert [each.attracting for each in found].count(True) == 2
    assert sorted(each.index for each in found) == [-1, 1, 1]
    assert len(_distinct(on_faces(field(THREE, optimizer_of("adam-proxy")), 0))) == 3


def test_where_indices_do_not_add_up_there_are_more_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    starts = together._starts

    def few(n: int, size: int, count: int, rng: np.random.Generator) -> tuple[object, object]:
        counts.append(count)
        return starts(n, size, 1 if count < 12 else count, rng)

    monkeypatch.setattr(together, "_starts", few)
    found = equilibria_together(optimizer_of("adam-proxy"), THREE, starts=3)
    assert sorted(each.index for each in found) == [-1, 1, 1]
    assert max(counts) > 3


@pytest.mark.parametrize(("name", "batch"), [("adam", 1), ("adam", 2), ("adam", 3), ("adam-proxy", 5)])
def test_drift_and_costs_are_those_of_the_epoch_map(name: str, batch: int) -> None:
    opt, X = optimizer_of(name, batch_size=batch), load("gaussian:n=5,d=4,seed=3").floats()
    rows, log_c = np.array([[0, 2], [1, 4], [0, 3], [2, 4], [3, 4]]), np.zeros((5, 2))
    found = solver(opt, X)(rows, log_c)
    assert len(found.rows)
    with np.errstate(divide="ignore"):
        drifts = epoch_map(opt, X)(np.log(found.weights.T)).T
    assert found.drifts == pytest.approx(drifts, rel=1e-12, abs=1e-14)
    assert found.costs == pytest.approx(drifts @ X.T, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("missed", [0, 1])
def test_the_checker_decides_whether_the_list_is_all(missed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data, opt = Dataset("three", ((Q(1), Q(4)), (Q(5), Q(1)))), optimizer_of("adam-proxy")
    found = equilibria_together(opt, data.floats())[missed:]
    monkeypatch.setattr(together, "equilibria_together", lambda *asked: found)
    document, word, proof = ASKS["equilibria"].answer(data, opt, certify=True)
    assert document["equilibria"] == 3 - missed
    assert word == ("measured" if missed else "certified")
    assert proof is None if missed else marginproof.check(proof()).valid


@pytest.mark.parametrize(
    ("name", "rows", "why"),
    [("adam", [[1, 0], [1, 1]], "an entry of the data is 0"), ("gd", [[1, 2]], "gd sees the scale"),
     ("signum", [[1, 2]], "is not smooth"),
     ("adam", [[1, 2]] * 9, "9 rows")],
)  # fmt: skip
def test_what_it_cannot_do_is_refused(name: str, rows: list[list[float]], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        equilibria_together(optimizer_of(name), np.array(rows, dtype=float))


def test_none_of_the_largest_sets_of_the_study_lacks_one() -> None:
    """Where all are found at the first try, their indices add up to 1; each is one, by the costs of the rows."""
    opt = optimizer_of("adam-proxy")
    for seed in range(3):
        X = load(f"gaussian:n=5,d=4,seed={seed}").floats()
        found = equilibria_together(opt, X)
        assert sum(each.index for each in found) == 1
        for each in found:
            costs = X @ each.drift
            assert np.flatnonzero(each.weights).tolist() == list(each.support)
            assert costs.min() == pytest.approx(each.cost, rel=1e-6)
            assert costs[list(each.support)] == pytest.approx(each.cost, rel=1e-6)

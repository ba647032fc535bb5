"""Optimizers on several classes: their steps against plain NumPy, and their limits against their steps."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from verify.data import Dataset, load
from verify.data.given import given
from verify.errors import BadInput
from verify.game import Limit, predict
from verify.game.games import pace
from verify.game.pace import suited_step_size
from verify.numbers.linear.angles import misalignment
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.increments import increments
from verify.optimizers.optimizer import Optimizer, optimizer
from verify.optimizers.rules import RULES
from verify.problem.interpreted import interpreted
from verify.simulate import simulate
from verify.simulate.certify import iterate_certificate

BETAS = {"beta1": Fraction(1, 2), "beta2": Fraction(9, 10)}


def by_hand(data: Dataset, rule: str, size: int, steps: int) -> NDArray[np.float64]:
    """A run of softmax regression from W = 0 at eta = 1/10 (t + 2)^-1/2, sample by sample."""
    assert data.classes is not None
    X, y = np.array(data.classes.samples, dtype=float), data.classes.labels
    W, m, v = (np.zeros(data.shape) for _ in range(3))
    batches = [range(i, min(i + size, len(X))) for i in range(0, len(X), size)]
    for t in range(steps):
        gradients = []
        for i in batches[t % len(batches)]:
            p = np.exp(W @ X[i] - np.max(W @ X[i]))
            gradients.append(np.outer(p / p.sum() - np.eye(len(W))[y[i]], X[i]))
        g = np.mean(gradients, axis=0)
        m, v = m / 2 + g / 2, 0.9 * v + 0.1 * g * g
        above, below = {
            "adam": (m, np.sqrt(v)),
            "gd": (g, 1.0),
            "ngd": (g, np.linalg.norm(g)),
            "signgd": (g, np.abs(g)),
            "adam-proxy": (g, np.sqrt(np.sum(np.square(gradients), axis=0))),
        }[rule]
        W = W - 0.1 * (t + 2) ** -0.5 * above / below
    return W.ravel()


@pytest.mark.parametrize(
    ("rule", "size", "arithmetic"),
    [("adam", 1, "float64"), ("adam", 2, "mpf"), ("adam", 3, "ball"), ("adam-proxy", 7, "float64"),
     ("adam-proxy", 7, "mpf"), ("gd", 3, "float64"), ("ngd", 2, "ball"), ("signgd", 7, "float64")],
)  # fmt: skip
def test_steps_are_those_of_softmax_regression(rule: str, size: int, arithmetic: str) -> None:
    data = load("gaussian:n=7,d=2,classes=4,seed=3")
    opt = optimizer(rule, batch_size=size, **(BETAS if rule == "adam" else {}))
    found = simulate(data, opt, 40, arithmetic, digits=15)
    assert np.allclose([float(w) for w in found.weights], by_hand(data, rule, size, 40), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("rule", "kept"),
    [("adam", BETAS | {"batch_size": 2}), ("adam", BETAS | {"eps": Fraction(1, 10**30)}), ("adam-proxy", {})],
)
def test_steps_where_features_are_0_lose_no_level(rule: str, kept: dict[str, Any]) -> None:
    """Each entry of W keeps the scale of the samples that it sees: margins that differ by hundreds, in 30 digits."""
    rows = [[40, 0, 1], [0, 1, 0], [1, 0, -50], [0, 2, 0], [-30, 0, 0], [-1, -2, 0]]
    data = given(rows, [0, 1, 2, 1, 1, 0], multiclass=True)
    opt = optimizer(rule, lr=Fraction(8), decay=Fraction(0), **kept)
    floats, exact = (simulate(data, opt, 60, each, digits=20) for each in ("float64", "mpf"))
    z = data.floats() @ np.array(floats.weights)
    assert z.max() - z.min() > 1000
    assert np.allclose(floats.weights, np.array(exact.weights, dtype=float), rtol=1e-9, atol=1e-9)


def settled(data: Dataset, opt: Optimizer, limit: Limit, steps: int = 400_000) -> float:
    """1 - cos between a limit and the late increments of a run whose steps let it settle."""
    X = data.floats()
    suited = suited_step_size(opt.on(data), X, steps, pace(limit, X, opt.on(data)))
    return misalignment(limit.direction, increments(X, suited, steps).direction)


def proposed(data: Dataset, rule: str, **kept: Any) -> tuple[Optimizer, Limit]:
    opt = optimizer(rule, loss="exponential", **kept)
    return opt, predict(data, opt, prove=False, starts=0).limits[0]


# Whether the second level is there, in the limits of these sets. A step is old by an epoch, so that Adam's gap is
# that of its step size; AdamProxy has none.
@pytest.mark.parametrize(
    ("seed", "rule", "kept", "allowed"),
    [(0, "adam-proxy", {}, 1e-14), (1, "adam", BETAS | {"batch_size": 2}, 1e-7), (0, "ngd", {}, 1e-14)],
)
def test_limits_are_where_runs_go(seed: int, rule: str, kept: dict[str, Any], allowed: float) -> None:
    data = load(f"gaussian:n={4 + seed},d={2 + seed},classes={3 + seed},seed={seed}")
    opt, limit = proposed(data, rule, **kept)
    assert bool(limit.levels) == (rule == "adam-proxy")
    assert settled(data, opt, limit) < allowed


def test_a_faded_class_moves() -> None:
    """False variant: 0/0 := 0 where the rows of the support have no entry."""
    data = load("gaussian:n=4,d=2,classes=3,seed=0")
    opt, limit = proposed(data, "adam-proxy")
    unseen = ~np.any(data.floats()[list(limit.support)] != 0, axis=0)
    assert unseen.any()
    still = replace(limit, direction=np.where(unseen, 0.0, limit.direction))
    assert misalignment(still.direction, limit.direction) > 0.01
    assert settled(data, opt, still) > 0.01


def test_rows_of_a_sample_are_no_samples() -> None:
    """False variants: rows taken one by one, and squares summed row by row."""
    data = load("gaussian:n=5,d=3,classes=4,seed=1")
    assert data.classes is not None
    apart = replace(data, classes=None)
    for rule, kept in (("adam", BETAS), ("adam-proxy", {})):
        _, limit = proposed(data, rule, **kept)
        _, other = proposed(apart, rule, **kept)
        assert misalignment(limit.direction, other.direction) > 1e-6


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("momentum", {}),
        ("ngd", {}),
        pytest.param("adam", BETAS, marks=pytest.mark.slow),
        pytest.param("signum", {}, marks=pytest.mark.slow),
        pytest.param("adam-proxy", {}, marks=pytest.mark.slow),
    ],
)
def test_two_classes_are_the_binary_game(rule: str, kept: dict[str, Any]) -> None:
    """w = W_1 - W_0 moves as the binary run at twice the step, sqrt 2 times for a rule that reads the norm."""
    rows, y = [[3, 1], [2, -1], [1, 4], [-1, -2]], [1, 1, 1, 0]
    one, several = given(rows, y), given(rows, y, multiclass=True)
    factor = Fraction(2) if rule != "ngd" else Fraction(2**0.5)
    w = np.array(simulate(one, optimizer(rule, lr=factor / 10, **kept), 50).weights)
    W = np.array(simulate(several, optimizer(rule, lr=Fraction(1, 10), **kept), 50).weights)
    assert np.allclose(W[2:] - W[:2], w, rtol=0, atol=1e-12)
    binary, both = (
        predict(data, optimizer(rule, **kept), prove=False, starts=1).limits for data in (one, several)
    )
    assert len(binary) == len(both) > 0
    for limit, other in zip(binary, both, strict=True):
        assert misalignment(limit.direction, other.direction[2:] - other.direction[:2]) < 1e-12
        assert limit.support == other.support


@pytest.mark.parametrize("decay", [0, Fraction(1, 4)])
@pytest.mark.parametrize("name", RULES)
def test_steps_on_two_classes_are_those_of_the_binary_road(name: str, decay: Fraction) -> None:
    """w = W_1 - W_0 takes twice the step of a rule that reads coordinates, sqrt 2 times that of one that reads the norm
    of all, and decays at lambda over the same factor. False variant: the other factor."""
    rows, y = [[3, 1], [2, -1], [1, 4], [-1, -2]], [1, 1, 1, 0]
    one, several = given(rows, y), given(rows, y, multiclass=True)
    rule = RULES[name]
    by_norm = rule.divided == "gradient"
    factor, other = (Fraction(2**0.5), 2) if by_norm else (2, Fraction(2**0.5))
    # The norm of (-g, g) is sqrt 2 times that of g.
    radius = {"radius": Fraction(2**0.5)} if name == "norm-clipped" else {}
    with digits(30):

        def last(data: Dataset, lr: Fraction, decay: Fraction, **kept: Any) -> Any:
            opt = optimizer(name, lr=lr, weight_decay=decay, **kept).on(data)
            (end,) = interpreted(data.rows, opt, [12], MPF)
            return np.array(end.w)

        W = last(several, Fraction(1, 10), decay, **radius)
        w, wrong = (last(one, f / Fraction(10), decay / Fraction(f)) for f in (factor, other))
        gap = np.abs(W[2:] - W[:2] - w).max()
        assert gap < 1e-14 < np.abs(wrong - w).max()


def test_batches_are_of_samples() -> None:
    data = load("gaussian:n=5,d=2,classes=3,seed=0")
    opt = optimizer("adam", batch_size=2).on(data)
    assert [list(batch) for batch in opt.epoch(data.n)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert opt.to_json(data.n)["batch_size"] == 2
    drawn = next(replace(opt, order="reshuffle").tables(data.n, 1))
    assert all({i ^ 1 for i in row if i >= 0} == {i for i in row if i >= 0} for row in drawn[:30].tolist())
    with pytest.raises(BadInput, match="batch-size=6 is more than the number of samples N=5"):
        simulate(data, optimizer("adam", batch_size=6), 10)


def test_no_certificate_of_an_iterate() -> None:
    data = load("gaussian:n=4,d=2,classes=3,seed=0")
    opt = optimizer("gd")
    with pytest.raises(BadInput, match="several classes"):
        iterate_certificate(data, opt, simulate(data, opt, 3, "ball", digits=5))

"""Rules that read a whole matrix: their maps, their runs, and the limits of their games."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from verify.data import load
from verify.data.given import given
from verify.errors import BadInput, Undecided
from verify.game import predict
from verify.game.companion import hold_against_simulation
from verify.game.games import pace
from verify.game.pace import suited_step_size
from verify.margins import max_margin
from verify.numbers.linear.angles import misalignment
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.balls import BALLS, ball, bounds, precision
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.increments import increments
from verify.optimizers.matrices import NEWTON_SCHULZ, POLAR, QUINTIC, ROWS, Map
from verify.optimizers.optimizer import optimizer
from verify.simulate import simulate
from verify.simulate.certify import iterate_certificate

EXPONENTIAL: dict[str, Any] = {"loss": "exponential"}


def some(k: int, d: int, seed: int = 0) -> NDArray[np.float64]:
    """A matrix whose columns sum to 0, as gradients of softmax do."""
    A = np.random.default_rng(seed).standard_normal((k, d))
    return np.asarray(A - A.mean(axis=0))


@pytest.mark.parametrize("shape", [(3, 5), (4, 2), (2, 3)])
def test_the_maps_are_what_they_are_called(shape: tuple[int, int]) -> None:
    A, rank = some(*shape), min(shape[0] - 1, shape[1])
    U, s, V = np.linalg.svd(A, full_matrices=False)
    assert np.allclose(POLAR.of(ARRAYS)(A, 0), U[:, :rank] @ V[:rank])
    a, b, c = QUINTIC
    s = s / np.linalg.norm(s)
    for _ in range(5):
        s = a * s + b * s**3 + c * s**5
    assert np.allclose(NEWTON_SCHULZ.of(ARRAYS)(A, 0), (U * s) @ V)
    assert np.allclose(ROWS.of(ARRAYS)(A, 0), A / np.linalg.norm(A, axis=1, keepdims=True))


@pytest.mark.parametrize("of_all", [POLAR, NEWTON_SCHULZ, ROWS])
@pytest.mark.parametrize("shape", [(3, 5), (4, 2), (1, 3)])
def test_the_maps_are_enclosed(of_all: Map, shape: tuple[int, int]) -> None:
    """In balls they hold a value in many more digits, which is that of float64."""
    k, d = shape
    entries = [[Fraction(x) for x in row] for row in some(*shape, seed=2).tolist()]
    entries[-1] = [-sum(column[:-1]) for column in zip(*entries, strict=True)] if k > 1 else [Fraction(2)] * d
    flat = [x for row in entries for x in row]
    with precision(128):
        enclosed = list(map(bounds, of_all.exactly(BALLS, list(map(ball, flat)), shape, ball(0))))
    with digits(60):
        exact = of_all.exactly(MPF, list(map(MPF.number, flat)), shape, MPF.number(Fraction(0)))
    floats = of_all.of(ARRAYS)(np.array(entries, dtype=float), 0.0).ravel()
    for (low, high), x, near in zip(enclosed, exact, floats, strict=True):
        assert high - low < Fraction(1, 10**28)
        assert float(low) <= float(x) <= float(high)
        assert float(x) == pytest.approx(near, abs=1e-13)


def test_small_matrices_see_the_gain() -> None:
    A, gain = 1e-15 * some(3, 4), NEWTON_SCHULZ.gain or 0
    assert np.allclose(NEWTON_SCHULZ.of(ARRAYS)(A, 1e-7), float(gain) * A / 1e-7, rtol=1e-6, atol=0)


@pytest.mark.parametrize("of_all", [POLAR, NEWTON_SCHULZ, ROWS])
@pytest.mark.parametrize("shape", [(3, 5), (5, 3)])
def test_derivatives_go_through(of_all: Any, shape: tuple[int, int]) -> None:
    A, E, h = some(*shape), some(*shape, seed=1), 1e-6
    along, up, down = of_all.many(np.array([A + 1e-30j * E, A + h * E, A - h * E]))
    assert np.allclose(along.imag / 1e-30, (up - down).real / (2 * h), atol=1e-7)


def test_a_faded_singular_value_is_not_decided() -> None:
    A = some(3, 4)
    U, s, V = np.linalg.svd(A, full_matrices=False)
    flat = (U * [s[0], 1e-15 * s[0], 0]) @ V
    with pytest.raises(Undecided, match="singular value"):
        POLAR.of(ARRAYS)(flat, 0.0)
    tied = [ball(x) for x in (1, 2, 2, 4, -3, -6)]  # of rank 1, exactly
    with precision(128), pytest.raises(Undecided, match="singular value"):
        POLAR.exactly(BALLS, tied, (3, 2), ball(0))
    with digits(30), pytest.raises(Undecided, match="singular value"):
        POLAR.exactly(
            MPF, [MPF.number(Fraction(x)) for x in (1, 2, 2, 4, -3, -6)], (3, 2), MPF.number(Fraction(0))
        )


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "factor"), [("spectral", 2**0.5), ("row-normalized", 2)])
def test_two_classes_are_normalized_gradients(rule: str, factor: float) -> None:
    """Of two classes the gradient is (-g, g): w = W_1 - W_0 moves as binary NGD at sqrt 2 or 2 times the step."""
    rows, y = [[3, 1], [2, -1], [1, 4], [-1, -2]], [1, 1, 1, 0]
    one, several = given(rows, y), given(rows, y, multiclass=True)
    w = np.array(simulate(one, optimizer("ngd", lr=Fraction(factor) / 10), 300).weights)
    W = np.array(simulate(several, optimizer(rule, lr=Fraction(1, 10)), 300).weights)
    assert np.allclose(W[2:] - W[:2], w, rtol=0, atol=1e-11)
    limits = (predict(one, optimizer("ngd")).limits, predict(several, optimizer(rule), starts=0).limits)
    (binary,), (both,) = limits
    assert misalignment(both.direction[2:] - both.direction[:2], binary.direction) < 1e-12


def test_steps_are_those_of_muon() -> None:
    data = load("gaussian:n=6,d=3,classes=3,seed=1")
    assert data.classes is not None
    X, y = np.array(data.classes.samples, dtype=float), data.classes.labels
    W, m = np.zeros((3, 3)), np.zeros((3, 3))
    for t in range(40):
        batch = [(2 * t) % 6, (2 * t + 1) % 6]
        g = np.zeros((3, 3))
        for i in batch:
            p = np.exp(W @ X[i])
            g += np.outer(p / p.sum() - np.eye(3)[y[i]], X[i]) / 2
        m = 0.75 * m + 0.25 * g
        W = W - 0.1 * (t + 2) ** -0.5 * NEWTON_SCHULZ.of(ARRAYS)(0.75 * m + 0.25 * g, 0)
    opt = optimizer("muon-ns", beta1=Fraction(3, 4), batch_size=2)
    for arithmetic in ("float64", "mpf", "ball"):
        found = simulate(data, opt, 40, arithmetic, digits=15)
        assert np.allclose(np.array(found.weights, dtype=float), W.ravel(), rtol=0, atol=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["muon", "spectral", "row-normalized", "muon-ns"])
def test_runs_agree_in_all_arithmetics(rule: str) -> None:
    data = load("gaussian:n=5,d=2,classes=4,seed=2")
    opt = optimizer(rule, **EXPONENTIAL)
    floats, mpf, balls = (simulate(data, opt, 60, each, digits=12) for each in ("float64", "mpf", "ball"))
    assert np.allclose(floats.weights, np.array(mpf.weights, dtype=float), rtol=0, atol=1e-9)
    for x, middle, radius in zip(mpf.weights, balls.weights, balls.radius or (), strict=True):
        assert abs(float(x) - float(middle)) <= float(radius) + 1e-11


def test_a_faded_singular_value_is_scaled_to_1() -> None:
    """In balls, where it is 1e-20 of the largest. False variants: it is left at 0, as a cutoff has it, or points the
    other way, as rounding may."""
    first = np.outer([2, -1, -1], [1, 2, 0]).astype(object)
    second = np.outer([0, 1, -1], [2, -1, 3]).astype(object)  # orthogonal to it on both sides
    A = first + second * Fraction(1, 10**20)
    with precision(256):
        P = POLAR.exactly(BALLS, [ball(Fraction(x)) for x in A.ravel()], (3, 3), ball(0))
        ends = [tuple(map(float, bounds(x))) for x in P]
    one, two = (np.array(part, dtype=float) / np.linalg.norm(part.astype(float)) for part in (first, second))
    for of, right in ((one + two, True), (one, False), (one - two, False)):
        far = max(max(low - x, x - high) for (low, high), x in zip(ends, of.ravel(), strict=True))
        assert (far < 1e-15) == right
        assert right or far > 0.3


@pytest.mark.slow
def test_a_run_stops_where_a_singular_value_fades() -> None:
    data = load("gaussian:n=4,d=2,classes=3,seed=0")  # one sample's gradient has rank 1
    for arithmetic in ("float64", "ball"):
        with pytest.raises(Undecided, match=r"singular value fades .* step 1"):
            simulate(data, optimizer("muon", batch_size=1), 3, arithmetic)


def test_no_certificate_carries_a_matrix() -> None:
    data, opt = given([[3, 1], [2, 4]], [1, 1]), optimizer("muon-ns")
    with pytest.raises(BadInput, match="reads a matrix"):
        iterate_certificate(data, opt, simulate(data, opt, 3, "ball", digits=5))


def test_eps_in_the_norm_has_a_tail() -> None:
    """Muon as published: below eps it is heavy-ball gradient descent, and goes to l2. False variant: its limit at 0."""
    data = load("gaussian:n=4,d=4,classes=3,seed=5")
    opt = optimizer("muon-ns", eps=Fraction(1, 10**7), **EXPONENTIAL)
    found = predict(data, opt, starts=0)
    w = np.array(max_margin(data, "l2").direction, dtype=float)
    assert found.tail is not None
    assert misalignment(found.limits[0].direction, w) < 1e-14
    assert misalignment(predict(data, replace(opt, eps=Fraction(0)), starts=0).limits[0].direction, w) > 1e-3


# What is left of 1 - cos in 3000 steps. Row normalization is slow here: 4.8e-7 was seen.
@pytest.mark.parametrize(
    ("name", "rule", "kept", "levels", "allowed"),
    [
        pytest.param(
            "gaussian:n=4,d=2,classes=3,seed=0", "row-normalized", {}, 1, 1e-6, marks=pytest.mark.slow
        ),
        pytest.param("gaussian:n=4,d=4,classes=3,seed=5", "spectral", {}, 0, 1e-9, marks=pytest.mark.slow),
        ("gaussian:n=4,d=2,classes=3,seed=0", "muon-ns", {"beta1": Fraction(1, 2)}, 0, 1e-6),
    ],
)
def test_limits_are_where_runs_go(
    name: str, rule: str, kept: dict[str, Any], levels: int, allowed: float
) -> None:
    data = load(name)
    opt, X = optimizer(rule, **EXPONENTIAL, **kept).on(data), data.floats()
    found = predict(data, opt, starts=0)
    (limit,) = found.limits
    assert (str(limit.evidence), len(limit.levels)) == ("measured", levels)
    suited = suited_step_size(opt, X, 3000, pace(limit, X, opt))
    assert misalignment(limit.direction, increments(X, suited, 3000).direction) < allowed


HALF = {"beta1": Fraction(1, 2)}
TWO = HALF | {"batch_size": 2}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "rule", "kept", "steps"),
    [(0, "muon-ns", HALF, 100_000), (1, "muon-ns", HALF, 100_000), (2, "muon-ns", TWO, 400_000),
     (5, "muon-ns", HALF, 100_000), (7, "muon-ns", TWO, 400_000),
     *((seed, "row-normalized", {}, 100_000) for seed in (0, 1, 2, 4, 5))],
)  # fmt: skip
def test_limits_of_random_sets_are_where_long_runs_go(
    seed: int, rule: str, kept: dict[str, Any], steps: int
) -> None:
    """Three or four classes, four to seven samples; 1 - cos below 1e-7, once the steps are small."""
    data = load(f"gaussian:n={4 + seed // 2},d={2 + seed % 3},classes={3 + seed % 2},seed={seed}")
    opt, X = optimizer(rule, **EXPONENTIAL, **kept).on(data), data.floats()
    limit = predict(data, opt, prove=False, starts=0).limits[0]
    suited = suited_step_size(opt, X, steps, pace(limit, X, opt))
    assert misalignment(limit.direction, increments(X, suited, steps).direction) < 1e-7


@pytest.mark.slow
def test_a_run_passes_a_saddle_for_long() -> None:
    """Near the equilibrium of rows 3, 4 and 5 the weight of row 0 grows slowly, from the next to nothing that the first
    steps leave of it: the run has not settled, and does not contradict. Beside the limit runs go to it, four times as
    close at half the step. False variant: the pace at the limit tells when a run has settled."""
    data = load("gaussian:n=4,d=2,classes=3,seed=0")
    opt, X = optimizer("muon-ns", **EXPONENTIAL, **TWO).on(data), data.floats()
    found = predict(data, opt, prove=False, starts=0)
    limit, support = found.limits[0], list(found.limits[0].support)
    assert support == [0, 3, 4]
    run = hold_against_simulation(found, 100_000, suited=True)
    assert run.misalignment > 1e-4
    assert run.needed is not None
    assert 5 * run.steps < run.needed < 100 * run.steps
    assert not run.could_settle
    assert replace(run, needed=run.steps).contradicts
    beside = np.linalg.lstsq(X[support], -np.log(limit.weights[support]), rcond=None)[0]
    gaps = [
        misalignment(
            limit.direction,
            increments(
                X, replace(opt, lr=lr, decay=Fraction(1, 4)), 400_000, start=beside + 300 * limit.direction
            ).direction,
        )
        for lr in (Fraction(1, 5), Fraction(1, 10))
    ]
    assert gaps[1] < gaps[0] / 3.9 < 1e-7 / 3.9


def test_newton_schulz_is_another_rule() -> None:
    """False variant: the limit of the exact polar factor for that of the polynomial."""
    data = load("gaussian:n=4,d=4,classes=3,seed=5")
    exact, polynomial = (
        predict(data, optimizer(rule, **EXPONENTIAL), starts=0).limits[0] for rule in ("muon", "muon-ns")
    )
    assert misalignment(exact.direction, polynomial.direction) > 1e-5


def test_what_is_not_computed_is_said() -> None:
    fades = load("gaussian:n=4,d=2,classes=3,seed=0")
    for opt, said in (
        (optimizer("spectral", **EXPONENTIAL), "a singular value fades"),
        (optimizer("row-normalized", batch_size=1, **EXPONENTIAL), "weights of its own"),
        (optimizer("muon", batch_size=2, order="reshuffle", **EXPONENTIAL), "cyclic order only"),
    ):
        found = predict(fades, opt, starts=0)
        assert not found.limits
        assert "undecided" in found.note
        assert said in found.note

"""Rules that read a whole matrix: their maps, their runs, and the limits of their games."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from verify.data import load
from verify.data.given import given
from verify.errors import BadInput, Undecided
from verify.game import predict
from verify.game.games import pace
from verify.game.pace import suited_step_size
from verify.numbers.linear.angles import misalignment
from verify.optimizers.increments import increments
from verify.optimizers.matrices import NEWTON_SCHULZ, POLAR, QUINTIC, ROWS
from verify.optimizers.optimizer import optimizer
from verify.simulate import simulate

EXPONENTIAL: dict[str, Any] = {"loss": "exponential"}


def some(k: int, d: int, seed: int = 0) -> NDArray[np.float64]:
    """A matrix whose columns sum to 0, as gradients of softmax do."""
    A = np.random.default_rng(seed).standard_normal((k, d))
    return np.asarray(A - A.mean(axis=0))


@pytest.mark.parametrize("shape", [(3, 5), (4, 2), (2, 3)])
def test_the_maps_are_what_they_are_called(shape: tuple[int, int]) -> None:
    A, rank = some(*shape), min(shape[0] - 1, shape[1])
    U, s, V = np.linalg.svd(A, full_matrices=False)
    assert np.allclose(POLAR.of(A), U[:, :rank] @ V[:rank])
    a, b, c = QUINTIC
    s = s / np.linalg.norm(s)
    for _ in range(5):
        s = a * s + b * s**3 + c * s**5
    assert np.allclose(NEWTON_SCHULZ.of(A), (U * s) @ V)
    assert np.allclose(ROWS.of(A), A / np.linalg.norm(A, axis=1, keepdims=True))


@pytest.mark.parametrize("of_all", [POLAR, NEWTON_SCHULZ, ROWS])
@pytest.mark.parametrize("shape", [(3, 5), (5, 3)])
def test_derivatives_go_through(of_all: Any, shape: tuple[int, int]) -> None:
    A, E, h = some(*shape), some(*shape, seed=1), 1e-6
    slope = of_all.of(A + 1e-30j * E).imag / 1e-30
    assert np.allclose(slope, (of_all.of(A + h * E) - of_all.of(A - h * E)) / (2 * h), atol=1e-7)


def test_a_faded_singular_value_is_not_decided() -> None:
    A = some(3, 4)
    U, s, V = np.linalg.svd(A, full_matrices=False)
    with pytest.raises(Undecided, match="singular value"):
        POLAR.of((U * [s[0], 1e-15 * s[0], 0]) @ V)


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
        W = W - 0.1 * (t + 2) ** -0.5 * NEWTON_SCHULZ.of(0.75 * m + 0.25 * g)
    found = simulate(data, optimizer("muon-ns", beta1=Fraction(3, 4), batch_size=2), 40)
    assert np.allclose(found.weights, W.ravel(), rtol=0, atol=1e-11)


# What is left of 1 - cos in 3000 steps. Row normalization is slow here: 4.8e-7 was seen.
@pytest.mark.parametrize(
    ("name", "rule", "kept", "levels", "allowed"),
    [
        ("gaussian:n=4,d=2,classes=3,seed=0", "row-normalized", {}, 1, 1e-6),
        ("gaussian:n=4,d=4,classes=3,seed=5", "spectral", {}, 0, 1e-9),
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
    with pytest.raises(BadInput, match="float64 only"):
        simulate(fades, optimizer("muon-ns"), 3, "mpf")

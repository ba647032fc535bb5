"""Travelling waves at constant steps: their equations, their stability and what runs do, by programs of the test's
own."""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest
from forging import dataset

from verify.cli.paths import path
from verify.data import Dataset
from verify.evidence import Verdict
from verify.game import Limit, predict
from verify.game.companion import runs_beside
from verify.numbers.linear.angles import degrees
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.trajectory import trajectory


def adam(lr: Q, beta1: Q = Q(0), beta2: Q = Q(1, 2), **more: Any) -> Optimizer:
    return optimizer("adam", lr=lr, decay=Q(0), beta1=beta1, beta2=beta2, **more)


THREE = dataset((1, -4, -1), (3, -3, 5), (4, -1, -4))


def adam_mean(X: Any, c: Any, beta1: float, beta2: float) -> Any:
    """Minus the mean of Adam's frozen updates by samples, from their sums."""
    n = len(X)
    left = np.arange(n)[:, None] - np.arange(n)[None, :]
    m = beta1 ** (left % n) @ (c[:, None] * X)
    v = beta2 ** (left % n) @ (c[:, None] * X) ** 2
    constant = (1 - beta1) / (1 - beta1**n) * np.sqrt((1 - beta2**n) / (1 - beta2))
    return constant * (m / np.sqrt(v)).mean(axis=0)


def gap(wave: Limit, X: Any, opt: Optimizer, with_K: bool = True) -> float:
    """How far x_i.U from r / eta is on the support, U made of the epoch map at b1 exp(r), b2 exp(2 r) and of K."""
    r, b1, b2 = wave.growth, float(opt.beta1), float(opt.beta2)
    assert r is not None
    p, q = b1 * np.exp(r), b2 * np.exp(2 * r)
    K = (1 - b1) / (1 - p) * np.sqrt((1 - q) / (1 - b2)) if with_K else 1.0
    costs = X @ (K * adam_mean(X, wave.weights, p, q))
    return float(np.abs(costs[list(wave.support)] / (r / float(opt.lr)) - 1).max())


@pytest.mark.parametrize("lr", [Q(1, 10), pytest.param(Q(1), marks=pytest.mark.slow), Q(10)])
def test_waves_fulfil_the_equations_with_their_factor_and_are_certified(lr: Q) -> None:
    opt, X = adam(lr), THREE.floats()
    found = predict(THREE, opt, starts=0)
    assert found.word is Verdict.CERTIFIED
    for wave in found.limits:
        assert wave.evidence is Verdict.CERTIFIED
        assert gap(wave, X, opt) < 1e-6 if lr == 10 else gap(wave, X, opt) < 1e-10
        assert (
            gap(wave, X, opt, with_K=False) > 0.1
        )  # the false variant: the moments' normalization forgotten


def test_a_known_wave_is_found_to_all_its_digits() -> None:
    wave = predict(THREE, adam(Q(1, 10)), starts=0, digits=30).limits[0]
    assert wave.growth == pytest.approx(0.213363060126, abs=1e-12)
    assert wave.direction == pytest.approx([0.768658814736, -0.621167342051, -0.152691714570], abs=1e-12)
    assert wave.decimals[0].startswith("0.768658814736086")


def test_any_rule_of_degree_0_has_waves_without_a_formula() -> None:
    opt = optimizer("nadam", lr=Q(1, 10), decay=Q(0), beta1=Q(1, 2), beta2=Q(3, 5))
    found = predict(THREE, opt, starts=0)
    wave = found.limits[0]
    assert found.word is Verdict.CERTIFIED
    assert wave.growth == pytest.approx(0.198360471, abs=1e-9)
    assert wave.direction == pytest.approx([0.7605978, -0.6320856, -0.1481850], abs=1e-7)


def run(X: Any, opt: Optimizer, epochs: int, window: int) -> tuple[Any, float]:
    """The direction of a run's last increments over whole epochs, and by how much the least margin grew in a step."""
    each = opt.steps_per_epoch(len(X))
    past = trajectory(X, opt, [(epochs - window) * each, epochs * each])
    move = past.weights[1] - past.weights[0]
    return move, float(np.min(X @ move)) / (window * each)


@pytest.mark.parametrize(("loss", "correction"), [("logistic", True), ("exponential", False)])
def test_runs_meet_the_wave_to_all_digits_whatever_loss_and_correction(loss: str, correction: bool) -> None:
    opt = adam(Q(1, 10), loss=loss, bias_correction=correction)
    wave = predict(THREE, opt, starts=0).limits[0]
    move, r = run(THREE.floats(), opt, 4000, 1000)
    assert degrees(move, wave.direction) < 1e-9
    assert r == pytest.approx(wave.growth, rel=1e-11)


def own_epoch(X: Any, opt: Optimizer, state: Any) -> Any:
    """An epoch of Adam by samples on the exponential loss, of (w, m, v)."""
    w, m, v = state.reshape(3, -1)
    b1, b2, lr = float(opt.beta1), float(opt.beta2), float(opt.lr)
    for x in X:
        g = -np.exp(-x @ w) * x
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        w = w - lr * m / np.sqrt(v)
    return np.concatenate([w, m, v])


@pytest.mark.parametrize("beta1", [pytest.param(Q(0), marks=pytest.mark.slow), Q(1, 2)])
def test_the_spectral_radius_is_that_of_an_epoch_by_differences(beta1: Q) -> None:
    """Of w, m and log v in units that shrink with the gradients, less the neutral directions: a factor of all
    gradients, and w across all rows of the support."""
    opt, X = adam(Q(1, 10), beta1), THREE.floats()
    wave = predict(THREE, opt, starts=0).limits[0]
    assert wave.growth is not None
    state = np.concatenate([np.zeros(3), np.zeros(6)])
    for _ in range(300):
        state = own_epoch(X, opt, state)
    size = np.exp(-X[0] @ state[:3])
    units = np.concatenate([np.ones(3), np.full(3, size), state[6:]])
    later = np.exp(-3 * wave.growth)
    shrunk = np.concatenate([np.ones(3), np.full(3, later), np.full(3, later**2)])
    columns = []
    for k in range(9):
        move = np.where(np.arange(9) == k, 1e-6, 0.0) * units
        change = own_epoch(X, opt, state + move) - own_epoch(X, opt, state - move)
        columns.append(change / (2e-6 * units * shrunk))
    sizes = np.sort(np.abs(np.linalg.eigvals(np.array(columns).T)))[::-1]
    neutral = 1 + 3 - len(wave.support)
    assert np.abs(sizes[:neutral] - 1).max() < 1e-6
    assert wave.spectral_radius == pytest.approx(sizes[neutral], rel=1e-5)


def test_a_wave_that_repels_is_certified_so_and_runs_go_elsewhere() -> None:
    data, opt = dataset((1, 4, -2), (1, -4, 5), (3, 5, 1), (6, -5, -2)), adam(Q(1, 2))
    found = predict(data, opt, starts=0)
    (wave,) = found.limits
    assert (wave.stability, wave.evidence) == ("repelling", Verdict.CERTIFIED)
    assert wave.spectral_radius == pytest.approx(1.5547284, abs=1e-7)
    assert found.word is Verdict.UNDECIDED
    assert "no wave that was found attracts" in found.note
    move, r = run(data.floats(), opt, 20_000, 10_000)
    assert degrees(move, wave.direction) > 3
    assert r < 0.9 * (wave.growth or 0)
    (beside,) = runs_beside(found, 20_000)
    assert not beside.agrees
    assert not beside.contradicts


def test_a_step_that_a_run_stays_at_has_a_spectral_radius_below_1_and_a_larger_one_above() -> None:
    """On the same rows the wave loses its stability between two steps."""
    data = dataset((1, 4, -2), (1, -4, 5), (3, 5, 1), (6, -5, -2))
    small = predict(data, adam(Q(1, 50)), starts=0).limits[0]
    assert small.stability == "attracting"
    move, r = run(data.floats(), adam(Q(1, 50)), 10_000, 1000)
    assert degrees(move, small.direction) < 1e-9
    assert r == pytest.approx(small.growth, rel=1e-10)


@pytest.mark.slow
def test_large_steps_go_to_the_proxy_at_the_rate_of_the_inverse_square() -> None:
    proxy = predict(THREE, optimizer("adam-proxy"), starts=0).limits[0].direction
    gaps = [degrees(predict(THREE, adam(lr), starts=0).limits[0].direction, proxy) for lr in (Q(1), Q(10))]
    assert gaps == pytest.approx([0.0254, 0.000254], rel=0.02)


@pytest.mark.slow
def test_small_steps_give_the_game() -> None:
    game = predict(THREE, optimizer("adam", beta1=Q(0), beta2=Q(1, 2)), starts=0).limits[0].direction
    gaps = [
        degrees(predict(THREE, adam(Q(1, n)), starts=0, prove=False).limits[0].direction, game)
        for n in (1000, 10_000)
    ]
    assert gaps[1] == pytest.approx(gaps[0] / 10, rel=0.05)


def test_a_wave_beyond_a_fold_is_found_where_the_flow_jumps() -> None:
    """The equilibrium of the game that is followed ends in a fold before its wave; the run is on a wave of the branch
    that the flow jumps to, at a smaller r than that of the jump."""
    rows = ((-1252, 652), (-18, -1036), (-1518, -1565), (51, -1156))
    data = Dataset("fold", tuple(tuple(Q(x, 1000) for x in row) for row in rows))
    opt = adam(Q(3, 10))
    _, r = run(data.floats(), opt, 10_000, 1000)
    found = {round(wave.growth or 0, 8): wave.stability for wave in predict(data, opt, starts=0).limits}
    assert found == {0.10374223: "attracting", 0.08980965: "attracting", 0.09318859: "repelling"}
    assert r == pytest.approx(0.08980965, abs=1e-8)


@pytest.mark.slow
def test_the_critical_step_is_where_predictions_change_their_word() -> None:
    data = dataset((1, 4, -2), (1, -4, 5), (3, 5, 1), (6, -5, -2))
    (line,) = path(data, adam(Q(1, 10)), "lr").lines
    (critical,) = line.critical
    assert critical == pytest.approx(0.36447, abs=1e-5)
    words = [
        predict(data, adam(Q(critical) * Q(100 + percent, 100)), starts=0).limits[0].stability
        for percent in (-1, 1)
    ]
    assert words == ["attracting", "repelling"]
    found = predict(data, adam(Q(line.points[20].at)), starts=0).limits[0]
    assert degrees(found.direction, line.points[20].direction) < 1e-9


def test_where_nothing_is_known_nothing_is_said() -> None:
    away = predict(THREE, adam(Q(1, 10), beta1=Q(9, 10)), starts=0)
    assert not away.limits
    assert "beta1^2 >= beta2" in away.note
    chatter = predict(THREE, adam(Q(1, 10), batch_size=None), work=Q(1, 100))
    assert chatter.word is Verdict.MEASURED
    assert "chatter" in " ".join(given.text for given in chatter.hypotheses)
    signs = predict(THREE, optimizer("signum", lr=Q(1, 10), decay=Q(0)), starts=0)
    assert signs.word is Verdict.UNDECIDED
    assert "decay=0" in signs.note


def test_columns_of_other_units_leave_a_wave_that_no_float_holds() -> None:
    """From one step to the next of an epoch row 1 gains a margin of some thousands, and m is read in its weight."""
    data = dataset((9, 9), (1_000_000, 1), (-999_999, 1))
    found = predict(data, adam(Q(1, 10), Q(1, 2), Q(9, 10)))
    assert found.word is Verdict.UNDECIDED
    assert found.limits[0].note.startswith("not enclosed: m is exp(")

"""Waves where columns have a growth of their own, of binary rows with zeros and of several classes: their equations,
one r for all levels as the false variant, and what runs do."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest
from forging import dataset

from verify.cli.paths import path
from verify.data import Dataset, load
from verify.evidence import Verdict
from verify.game import Limit, predict
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.trajectory import trajectory

ZEROS = dataset((3, -1, 0), (-1, 2, 0), (1, 3, 2))
CLASSES = load("gaussian:n=4,d=2,classes=3,seed=0")


def adam(lr: Q, beta1: Q = Q(1, 2), beta2: Q = Q(1, 2), **more: Any) -> Optimizer:
    return optimizer("adam", lr=lr, decay=Q(0), beta1=beta1, beta2=beta2, **more)


def grows(wave: Limit) -> list[tuple[tuple[int, ...], tuple[float, ...], float]]:
    """Rows, weights and growth of each level."""
    assert wave.point is not None
    first = (wave.support, tuple(wave.weights[list(wave.support)]))
    return [(*level, float(r)) for level, r in zip([first, *wave.levels], wave.point["growths"], strict=True)]


def mean_update(g: Any, r: float, opt: Optimizer) -> float:
    """Minus the mean over an epoch of Adam's updates at gradients g (steps,) of one column, which shrink by exp(-r) a
    step, in units of the time: the definition, summed over so many epochs that nothing is left of the states before."""
    b1, b2 = float(opt.beta1), float(opt.beta2)
    ages = np.arange(200 * len(g))
    updates = []
    for q in range(len(g)):
        past = g[(q - ages) % len(g)] * np.exp(r * ages)
        updates.append((1 - b1) * (b1**ages @ past) / math.sqrt((1 - b2) * (b2**ages @ past**2)))
    return -float(np.mean(updates))


def gaps(data: Dataset, opt: Optimizer, levels: Sequence[Any], one_r: bool = False) -> list[float]:
    """How far the margins' growth is from each level's r, as a share of it, for Adam one sample a step."""
    X, owned, n = data.floats(), data.owned, data.samples
    U = np.full(X.shape[1], np.nan)
    for rows, weights, r in levels:
        c = np.zeros(len(X))
        c[list(rows)] = weights
        for k in np.flatnonzero(np.isnan(U) & X[list(rows)].any(axis=0)):
            U[k] = mean_update(
                -(c * X[:, k]).reshape(n, owned).sum(axis=1), levels[0][2] if one_r else r, opt
            )
    grown = X @ U * float(opt.lr)
    return [float(np.abs(grown[list(rows)] / r - 1).max()) for rows, _, r in levels]


@pytest.mark.parametrize(("data", "opt"), [(ZEROS, adam(Q(1, 10))), (CLASSES, adam(Q(1, 10), beta2=Q(3, 4)))])
def test_each_level_has_an_r_of_its_own(data: Dataset, opt: Optimizer) -> None:
    found = predict(data, opt, starts=0)
    (wave,) = found.limits
    assert (wave.evidence, wave.stability) == (Verdict.CERTIFIED, "attracting")
    levels = grows(wave)
    assert len(levels) == 2
    assert max(gaps(data, opt, levels)) < 1e-9
    assert max(gaps(data, opt, levels, one_r=True)) > 1e-3  # the false variant


def increments(data: Dataset, opt: Optimizer, early: int, late: int) -> Any:
    """What a run adds to w between two epochs, at l2 norm 1."""
    epoch = opt.steps_per_epoch(data.n)
    past = trajectory(data.floats(), opt.on(data), [early * epoch, late * epoch]).weights
    return (past[1] - past[0]) / np.linalg.norm(past[1] - past[0])


@pytest.mark.parametrize("lr", [Q(1, 10), pytest.param(Q(1), marks=pytest.mark.slow)])
def test_a_column_whose_gradients_shrink_faster_than_the_rule_forgets_is_at_rest(lr: Q) -> None:
    """The third row sees the third column alone, and its margin grows by what the first two columns do already."""
    opt = adam(lr, beta2=Q(9, 10))
    (wave,) = predict(ZEROS, opt, starts=0).limits
    move = increments(ZEROS, opt, 8000, 9000)
    assert move[2] == 0
    assert 1 - move @ wave.direction < 1e-12
    assert wave.evidence is Verdict.MEASURED
    assert "x2 come to rest" in wave.note


RULES = [("adam", 1), ("adam", 2), ("adam-proxy", None), ("ngd", None), ("nadam", 1)]
# What is left of a deviation that 1 - cos of 1e-12 does not show, and the longest run, in epochs.
GONE, LONGEST = 1e-8, 60_000


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), RULES)
def test_runs_of_several_classes_meet_their_waves(name: str, size: int | None) -> None:
    """On ten random sets: where a run has had time to settle it is on a listed wave that attracts."""
    seen = Counter[str]()
    for seed in range(10):
        data = load(f"gaussian:n={4 + seed % 5},d={2 + seed % 2},classes={3 + seed % 2},seed={seed}")
        given = {"beta1": Q(1, 2), "beta2": Q(3, 4)} if "adam" in name and size else {}
        opt = optimizer(name, lr=Q(1, 10), decay=Q(0), batch_size=size, **given)
        stable = [wave for wave in predict(data, opt, starts=0).limits if wave.stability == "attracting"]
        steps = opt.on(data).steps_per_epoch(data.n)
        slowest = max(
            (
                max(wave.spectral_radius or 0, math.exp(-steps * wave.slack * (wave.growth or 0)))
                for wave in stable
            ),
            default=1.0,
        )
        epochs = math.log(GONE) / math.log(slowest) if slowest < 1 else math.inf
        if epochs > LONGEST:
            seen["not settled" if stable else "no stable wave"] += 1
            continue
        move = increments(data, opt, int(epochs) + 100, int(1.2 * epochs) + 200)
        nearest = min(1 - move @ wave.direction for wave in stable)
        assert nearest < 1e-12, (seed, nearest)
        seen["with levels" if any(wave.levels for wave in stable) else "settled"] += 1
    assert seen["settled"] + seen["with levels"] >= 4, seen


@pytest.mark.slow
def test_a_path_in_the_step_follows_waves_with_levels() -> None:
    """Against waves that are found at one step, and against a run; below and above its critical step."""
    (line,) = path(ZEROS, adam(Q(1, 10)), "lr").lines
    assert line.points[-1].at / line.points[0].at > 1e5
    for lr in (Q(1, 10), Q(1)):
        apart = [abs(math.log(each.at / lr)) for each in line.points]
        point = line.points[apart.index(min(apart))]
        opt = adam(Q(point.at))
        (wave,) = predict(ZEROS, opt, starts=0, digits=0).limits
        assert 1 - wave.direction @ point.direction < 1e-12
        assert point.stability == wave.stability == "attracting"
        assert 1 - increments(ZEROS, opt, 8000, 9000) @ point.direction < 1e-12
    (critical,) = line.critical
    for factor in (0.99, 1.01):
        (wave,) = predict(ZEROS, adam(Q(factor * critical)), starts=0, digits=0).limits
        assert wave.spectral_radius is not None
        assert (wave.spectral_radius < 1) == (factor < 1)

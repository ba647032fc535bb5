"""A hundred random sets and optimizers at constant steps: where a run has had time to settle it is on a listed wave."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction as Q

import numpy as np
import pytest

from verify.data import Dataset
from verify.game import predict
from verify.numbers.linear.angles import degrees
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.trajectory import trajectory

BETAS = [(Q(0), Q(1, 2)), (Q(1, 2), Q(9, 10)), (Q(0), Q(9, 10)), (Q(3, 10), Q(1, 2)), (Q(9, 10), Q(99, 100))]
STEPS = [Q(1, 100), Q(3, 100), Q(1, 10), Q(3, 10), Q(1)]
# What is left of a deviation, in 2 / 3 of a run, that an angle of 1e-9 degree does not show.
GONE, STEPS_OF_A_RUN = 1e-14, 90_000


def drawn(rng: np.random.Generator) -> tuple[Dataset, Optimizer]:
    """Separable rows with entries in thousandths, and Adam or AdamProxy at a constant step."""
    n, d = int(rng.integers(2, 5)), int(rng.integers(2, 4))
    X = rng.normal(size=(n, d))
    X *= np.sign(X @ rng.normal(size=d))[:, None]
    rows = tuple(tuple(Q(int(1000 * x) or 1, 1000) for x in row) for row in X)
    beta1, beta2 = BETAS[rng.integers(len(BETAS))]
    lr, size = STEPS[rng.integers(len(STEPS))], int(rng.integers(1, 3))
    if rng.integers(4) == 0:
        return Dataset("drawn", rows), optimizer("adam-proxy", lr=lr, decay=Q(0))
    opt = optimizer("adam", beta1=beta1, beta2=beta2, lr=lr, decay=Q(0), batch_size=size)
    return Dataset("drawn", rows), opt


@pytest.mark.slow
def test_no_stable_wave_is_contradicted_and_settled_runs_are_on_one() -> None:
    rng, seen = np.random.default_rng(0), Counter[str]()
    for _ in range(100):
        data, opt = drawn(rng)
        found = predict(data, opt, starts=0)
        stable = [wave for wave in found.limits if wave.stability == "attracting"]
        if not stable:
            seen["no stable wave"] += 1
            continue
        X, epoch = data.floats(), opt.steps_per_epoch(data.n)
        epochs = STEPS_OF_A_RUN // (3 * epoch)
        rates = [
            max(wave.spectral_radius or 0.0, math.exp(-epoch * wave.slack * (wave.growth or 0)))
            for wave in stable
        ]
        early, late = (times * epochs * epoch for times in (2, 3))
        past = trajectory(X, opt, [early, late]).weights
        move = past[1] - past[0]
        growth = float(np.min(X @ move)) / (late - early)
        nearest = min(
            stable, key=lambda wave: degrees(move, wave.direction) + abs(growth - (wave.growth or 0))
        )
        if max(rates) ** (2 * epochs) > GONE:
            seen["not settled"] += 1
            continue
        seen["settled"] += 1
        assert degrees(move, nearest.direction) < 1e-9, (data.rows, opt)
        assert growth == pytest.approx(nearest.growth, rel=1e-9)
    assert seen["settled"] >= 50, seen

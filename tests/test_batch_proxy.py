"""The proxy of batches drawn without replacement, against the mean over all of them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from verify.data import load
from verify.game import predict
from verify.numbers.linear.angles import misalignment
from verify.optimizers.optimizer import optimizer
from verify.problem.epoch_map import epoch_map
from verify.simulate import simulate

DATA = load("gaussian:n=5,d=3,seed=1")


@pytest.mark.parametrize("size", [1, 2, 4, 5])
def test_it_is_the_mean_over_batches(size: int) -> None:
    X, log_c = DATA.floats(), np.array([0.0, -1.0, -0.5, -2.0, -0.1])
    gradients = -X * np.exp(log_c)[:, None]
    drawn = np.array([gradients[list(batch)].mean(axis=0) for batch in combinations(range(5), size)])
    wanted = -drawn.mean(axis=0) / np.sqrt((drawn**2).mean(axis=0))
    found = epoch_map(optimizer("batch-proxy", batch_size=size).on(DATA), X)(log_c)
    assert np.allclose(found, wanted, rtol=1e-13)


@pytest.mark.slow
def test_one_sample_is_adam_proxy_and_all_are_sign_descent() -> None:
    one, proxy = (
        predict(DATA, optimizer(name), starts=0).limits[0] for name in ("batch-proxy", "adam-proxy")
    )
    assert misalignment(one.direction, proxy.direction) < 1e-20
    run, signs = (
        simulate(DATA, optimizer(name, batch_size=5), 40).weights for name in ("batch-proxy", "signgd")
    )
    assert np.allclose(run, signs, rtol=1e-12)


def test_reshuffled_batches_of_adam_come_near_it_and_cyclic_ones_do_not() -> None:
    """At frozen gradients, beta2 near 1; false variant: the proxy of batches in a fixed order."""
    X, log_c = load("gaussian:n=6,d=8,seed=0").floats(), np.zeros(6)
    data = load("gaussian:n=6,d=8,seed=0")
    wanted = epoch_map(optimizer("batch-proxy", batch_size=2).on(data), X)(log_c)
    adam = optimizer("adam", beta1=Fraction(0), beta2=Fraction(9999, 10000), batch_size=2)
    table = np.concatenate(
        [t for t, _ in zip(replace(adam, order="reshuffle").tables(6), range(10), strict=False)]
    )
    assert misalignment(epoch_map(adam, X, table)(log_c), wanted) < 1e-4
    assert misalignment(epoch_map(adam, X)(log_c), wanted) > 1e-3

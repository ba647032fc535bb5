"""Random orders: predictions with their standard error, against runs; the cyclic order's limit is another."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest

from verify.compare import hold_against_simulation, misalignment
from verify.data import gaussian
from verify.evidence import Verdict
from verify.game import predict
from verify.game.monte_carlo import drawn, standard_error
from verify.optimizers import optimizer
from verify.optimizers.epoch_map import epoch_map

DATA = gaussian(4, 6, 0)


@pytest.mark.parametrize(("order", "batch"), [("reshuffle", 1), ("reshuffle", 2), ("replacement", 1)])
def test_a_run_agrees_with_its_own_order_to_the_standard_error(order: str, batch: int) -> None:
    opt = optimizer("adam", beta2=Q(9, 10), batch_size=batch, order=order)
    found = predict(DATA, opt)
    (limit,) = found.limits
    assert (limit.evidence, found.complete, found.from_start) == (Verdict.MEASURED, False, Verdict.MEASURED)
    assert limit.error is not None
    run = hold_against_simulation(found, 10**6)
    assert run.agrees
    assert run.allowed < 1e-3
    # The limit in cyclic order is farther away than that, unless batches of one and a long memory hide it.
    cyclic = predict(DATA, replace(opt, order="cyclic"), starts=0).limits[0]
    if batch == 2:
        assert misalignment(cyclic.direction, limit.direction) > 10 * run.allowed
        turned = replace(found, limits=(replace(limit, direction=cyclic.direction),))
        assert not hold_against_simulation(turned, 10**6).agrees


def test_the_standard_error_is_that_of_a_mean() -> None:
    rng = np.random.default_rng(0)
    samples = rng.standard_normal((4000, 10, 2))
    errors = np.array([standard_error(sample) for sample in samples])
    # E of the squared error of a mean of 10 in two dimensions is 2/10.
    assert np.mean(errors**2) == pytest.approx(0.2, rel=0.05)


def test_a_draw_of_one_cyclic_epoch_is_the_cyclic_map() -> None:
    X = DATA.floats()
    opt = optimizer("adam", beta2=Q(9, 10))
    log_c = np.array([0.0, -1.0, 0.5, -2.0])
    table = np.tile(np.arange(4)[:, None], (3, 1))
    assert epoch_map(opt, X, table)(log_c) == pytest.approx(epoch_map(opt, X)(log_c), rel=1e-13)
    order = replace(opt, order="reshuffle")
    assert len(drawn(4, order, 0)) >= 4096
    assert np.all(np.sort(drawn(4, order, 0).reshape(-1, 4), axis=1) == np.arange(4))

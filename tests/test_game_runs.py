"""Predictions held against runs: the run's step size, what it needs, and solver warnings on data with zeros."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest
from forging import dataset

from verify.data import Dataset, load
from verify.errors import BadInput
from verify.evidence import Verdict
from verify.game import predict
from verify.game.companion import hold_against_simulation
from verify.game.games import pace
from verify.numbers.linear.angles import misalignment
from verify.optimizers import Optimizer, optimizer


def test_a_sign_run_on_iris_settles_in_the_steps_that_it_is_said_to_need() -> None:
    """With steps as coarse as the margins alone allow it stayed 9e-3 away: a sign followed the wavering of c."""
    found = predict(load("iris"), optimizer("signgd"))
    run = hold_against_simulation(found, suited=True)
    assert run.agrees
    assert run.steps == run.needed
    assert pace(found.limits[0], found.dataset.floats(), found.optimizer).finer > 3


def test_a_run_that_cannot_get_there_says_so_and_is_short() -> None:
    found = predict(load("wine"), optimizer("adam"), starts=0)
    run = hold_against_simulation(found)
    assert run.needed is not None
    assert run.needed > 100 * run.steps
    assert not run.agrees


def test_a_wrong_direction_is_not_agreed_with() -> None:
    found = predict(load("iris"), optimizer("signgd"))
    (limit,) = found.limits
    turned = replace(found, limits=(replace(limit, direction=np.roll(limit.direction, 1)),))
    assert not hold_against_simulation(turned, 100_000).agrees


THREE = dataset((1, -4, -1), (3, -3, 5), (4, -1, -4))


@pytest.mark.slow
@pytest.mark.parametrize("opt", [optimizer("adam-proxy"), optimizer("adam", beta2=Q(99, 100))])
def test_each_start_goes_to_the_limit_named_first(opt: Optimizer) -> None:
    """From the two starts the limits are 9 degrees apart: the limit of the other start is not agreed with."""
    found = [predict(THREE, opt, start=[Q(a), Q(0), Q(0)]) for a in (0, -1)]
    assert misalignment(*(each.limits[0].direction for each in found)) > 1e-3
    for each in found:
        assert each.from_start is Verdict.MEASURED
        run = hold_against_simulation(each, 400_000)
        assert (run.nearest, run.agrees) == (0, True)
    crossed = replace(found[1], start=found[0].start)
    assert hold_against_simulation(crossed, 400_000).nearest != 0


def test_every_start_of_gd_goes_to_the_one_limit() -> None:
    found = predict(THREE, optimizer("gd"), start=[Q(-1), Q(5), Q(0)])
    assert found.from_start is Verdict.CERTIFIED
    assert found.to_json()["start"] == ["-1", "5", "0"]
    with pytest.raises(BadInput, match="2 entries"):
        predict(THREE, optimizer("gd"), start=[Q(1), Q(2)])


def test_zero_entries_raise_no_warning_from_the_stiff_solver() -> None:
    rng = np.random.default_rng(0)
    X = np.abs(rng.integers(-4, 5, size=(8, 5))) * rng.choice([1, 1, 1, -1], size=(8, 5))
    X[:, 0] = abs(X[:, 0]) + 1
    data = Dataset("zeros", tuple(tuple(Q(int(x)) for x in row) for row in X))
    # One coordinate sees one batch with support vectors: U jumps there, and the flow ends at the jump.
    assert "reached no equilibrium" in predict(data, optimizer("adam", beta2=Q(9, 10), batch_size=4)).note

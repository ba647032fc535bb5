"""Predictions held against runs: the run's step size, what it needs, and solver warnings on data with zeros."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q

import numpy as np

from verify.compare import hold_against_simulation, pace
from verify.data import Dataset, load
from verify.game import predict
from verify.optimizers import optimizer


def test_a_sign_run_on_iris_settles_in_the_steps_that_it_is_said_to_need() -> None:
    """With steps as coarse as the margins alone allow it stayed 9e-3 away: a sign followed the wavering of c."""
    found = predict(load("iris"), optimizer("signgd"))
    run = hold_against_simulation(found)
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


def test_zero_entries_raise_no_warning_from_the_stiff_solver() -> None:
    rng = np.random.default_rng(0)
    X = np.abs(rng.integers(-4, 5, size=(8, 5))) * rng.choice([1, 1, 1, -1], size=(8, 5))
    X[:, 0] = abs(X[:, 0]) + 1
    data = Dataset("zeros", tuple(tuple(Q(int(x)) for x in row) for row in X))
    # One coordinate sees one batch with support vectors: U jumps there, and the flow ends at the jump.
    assert "reached no equilibrium" in predict(data, optimizer("adam", beta2=Q(9, 10), batch_size=4)).note

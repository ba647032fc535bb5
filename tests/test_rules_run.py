"""What engines make of rules: runs, epoch maps, weights on faces, decoupled decay."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from test_rules import soft

from marginproof import Rule
from verify.data.families import gaussian
from verify.errors import BadInput
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers import optimizer
from verify.optimizers.mean_update import NO_REST, mean_update
from verify.optimizers.rules import RULES
from verify.optimizers.traits import traits
from verify.optimizers.trajectory import trajectory
from verify.problem.epoch_map import epoch_map
from verify.problem.interpreted import interpreted

ADAM, SIGNUM = RULES["adam"], RULES["signum"]


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.matrix is None])
def test_runs_in_log_scale_are_those_in_many_digits(name: str) -> None:
    data = gaussian(5, 3)
    opt = optimizer(name, lr=Fraction(1, 3))
    with digits(40):
        (last,) = interpreted(data.rows, opt, [60], MPF)
    found = trajectory(data.floats(), opt, [60]).weights[0]
    assert found == pytest.approx([float(w) for w in last.w], rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.forgets and rule.degree == 0])
def test_weights_on_a_face_are_the_limit_of_weights_that_vanish(name: str) -> None:
    """Steps without gradient are left out where the trait ``rests`` allows it; the plain sum over all steps says the
    same. With one weight in five there is a step with a gradient and rests of four."""
    rule = RULES[name]
    opt, X = optimizer(name), gaussian(7, 3).floats()
    if not rule.batches or rule.averages:
        return
    log_c = np.array([0.0, -np.inf, -np.inf, -1.0, -np.inf, -np.inf, -np.inf])
    batches = [[q] for q in range(7)]
    if opt.batch_size is None:
        batches = [list(range(7))]
    c = np.exp(log_c)
    with digits(40):
        num = MPF.number
        G = [
            [num(Fraction(-sum(c[i] * X[i, k] for i in batch) / len(batch))) for k in range(3)]
            for batch in batches
        ]
        norms = [[MPF.sqrt(sum((g * g for g in row), num(Fraction(0))))] * 3 for row in G]
        U: list[Any] = [None] * 3
        mean_update(rule, MPF)(G, norms, opt.frozen(MPF), U, [NO_REST] * len(G))
    assert epoch_map(opt, X)(log_c) == pytest.approx([float(u) for u in U], rel=1e-11)


def test_rests_are_left_out_only_where_they_are_geometric() -> None:
    assert traits(ADAM).rests
    assert traits(RULES["nadam"]).rests
    assert not traits(RULES["adabelief"]).rests  # v forgets towards (g - m)^2, and m moves on


def test_a_rule_that_never_forgets_has_no_epoch_map() -> None:
    with pytest.raises(
        BadInput, match="amsgrad: the epoch map needs the trait forgets, and top is not affine"
    ):
        epoch_map(optimizer("amsgrad"), gaussian(4, 3).floats())


def test_a_rule_that_is_not_homogeneous_is_not_run_in_log_scale() -> None:
    with pytest.raises(BadInput, match="optimizer=soft: float64 in log scale needs the trait degree"):
        trajectory(gaussian(4, 3).floats(), optimizer(Rule("soft", soft)), [10])
    assert np.isfinite(
        trajectory(gaussian(4, 3).floats(), optimizer(Rule("soft", soft, degree=None)), [10]).weights
    ).all()


@pytest.mark.parametrize(
    "name", ["adam", *(pytest.param(name, marks=pytest.mark.slow) for name in ("gd", "signum"))]
)
def test_decoupled_decay_shrinks_weights_by_the_step(name: str) -> None:
    """One step from w_0 with and without: the difference is eta lambda w_0, whatever the rule."""
    X, start = gaussian(4, 3).floats(), np.array([1.0, -2.0, 3.0])
    run = {
        shrink: trajectory(X, optimizer(name, weight_decay=shrink), [1], start=start).weights[0]
        for shrink in (0, Fraction(1, 4))
    }
    eta = 0.1 / np.sqrt(2)
    assert run[0] - run[Fraction(1, 4)] == pytest.approx(eta / 4 * start, rel=1e-12)


def test_adamw_is_adam_with_its_decay() -> None:
    X = gaussian(4, 3).floats()
    first, second = (
        trajectory(X, opt, [200]).weights
        for opt in (optimizer("adamw"), optimizer("adam", weight_decay="1/100"))
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, trajectory(X, optimizer("adam"), [200]).weights)

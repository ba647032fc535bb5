"""Which optimizers move by signs, which run away, and what predictions say of them; held against runs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest
from forging import dataset as rows

from verify.data import Dataset
from verify.errors import BadInput
from verify.evidence import Verdict
from verify.game import predict
from verify.game.flows.basins import drawable
from verify.game.flows.paths import beta2_path
from verify.game.signs.moves import fading, moves_by_signs, plays_sign, remembers, runs_away
from verify.numbers.linear.angles import misalignment
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.increments import increments
from verify.optimizers.rules import RULES

SHORT = optimizer("adam", beta1=Q(0), beta2=Q(0))
THREE = rows((1, -4, -1), (3, -3, 5), (4, -1, -4))


def test_adam_that_remembers_nothing_moves_by_signs() -> None:
    assert moves_by_signs(SHORT)
    assert moves_by_signs(optimizer("signgd"))
    assert moves_by_signs(optimizer("signum"))
    for beta1, beta2 in ((Q(0), Q(1, 100)), (Q(1, 100), Q(0)), (Q(9, 10), Q(999, 1000))):
        assert not moves_by_signs(optimizer("adam", beta1=beta1, beta2=beta2))
    for name in ("adam-proxy", "gd", "ngd"):
        assert not moves_by_signs(optimizer(name))


def test_a_rule_is_judged_by_its_step_and_not_by_its_name() -> None:
    steady = {"adam", "adamw", "adam-abs", "nadam", "rmsprop", "lion", "signum", "signgd"}
    for name, rule in RULES.items():
        asked = optimizer(name, batch_size="full")
        renamed = replace(asked, rule=replace(rule, name="another"))
        assert plays_sign(renamed, 3) == plays_sign(asked, 3) == (name in steady)
        assert moves_by_signs(renamed) == moves_by_signs(asked) == (name in ("lion", "signum", "signgd"))
        if "beta2" in rule.betas:
            stays = name in ("adabelief", "adam", "adamw", "adam-abs", "nadam")
            assert runs_away(renamed.at(beta2=Q(1, 2))) == stays, name
    # m / (|m| + |g|) is no sign, though it is one where m = 0
    wrong = replace(
        RULES["signum"], define=lambda num: lambda g, _, s, h: (num.ratio(s.m, abs(s.m) + abs(g)), s)
    )
    assert not moves_by_signs(replace(optimizer("signum"), rule=wrong))


def test_what_is_left_of_a_gradient() -> None:
    signum, signgd = optimizer("signum", beta1=Q(3, 4)), optimizer("signgd")
    assert fading(signum, 3) == [1, Q(3, 4), Q(9, 16)]
    assert fading(signgd, 3) == [1, 0, 0]
    # Lion signs (1 - beta1) g and beta1 m, m of the steps before: at beta1 = beta2 = 1/2, one gradient in two steps
    # leaves m = 2/3, 1/3 of it over and over, so that its own step has 1/2 + 1/2 * 1/3 and the next 1/2 * 2/3.
    assert fading(optimizer("lion", beta1=Q(1, 2), beta2=Q(1, 2)), 2) == [1, Q(1, 2)]
    assert (remembers(signum), remembers(signgd), remembers(SHORT)) == (True, False, False)


@pytest.mark.parametrize("batch", [1, 2])
def test_adam_that_remembers_nothing_is_answered_as_sign_descent(batch: int) -> None:
    short = predict(THREE, replace(SHORT, batch_size=batch))
    signs = predict(THREE, optimizer("signgd", batch_size=batch))
    assert [limit.direction.tolist() for limit in short.limits] == [
        limit.direction.tolist() for limit in signs.limits
    ]
    assert short.limits[0].evidence is Verdict.CERTIFIED
    assert not drawable(short)
    assert not drawable(signs)


def late_steps(data: Dataset, opt: Optimizer) -> float:
    """How far the later half of 400 steps at a constant step size of 1 goes: bounded updates have brought all margins
    to where w moves by a logarithm."""
    run = increments(data.floats(), replace(opt, lr=Q(1), decay=Q(0)), 400)
    return float(np.abs(run.direction).max())


@pytest.mark.parametrize("order", ["cyclic", "reshuffle", "replacement"])
@pytest.mark.parametrize("batch", [1, 2, "full"])
@pytest.mark.parametrize(("beta1", "beta2"), [(Q(9, 10), Q(1, 2)), (Q(9, 10), Q(81, 100)), (Q(1, 4), Q(0))])
def test_no_direction_is_named_where_old_gradients_may_decide(
    order: str, batch: int | str, beta1: Q, beta2: Q
) -> None:
    opt = optimizer("adam", beta1=beta1, beta2=beta2, batch_size=batch, order=order)
    found = predict(rows((1, 5, 2), (3, -1, 1), (2, 1, -2)), opt)
    assert not found.limits
    assert not found.complete
    assert f"beta1^2 >= beta2 (beta1={beta1}, beta2={beta2})" in found.note


@pytest.mark.parametrize("batch", [1, "full"])
def test_runs_bear_out_where_steps_do_not_fade(batch: int | str) -> None:
    data = rows((1, 5, 2), (3, -1, 1))
    went = {
        beta2: late_steps(data, optimizer("adam", beta2=beta2, batch_size=batch))
        for beta2 in (Q(1, 2), Q(81, 100), Q(9, 10))
    }
    assert went[Q(1, 2)] > 1e30  # they grow,
    assert 10 < went[Q(81, 100)] < 1e3  # they stay,
    assert went[Q(9, 10)] < 0.1  # they fade
    assert [runs_away(optimizer("adam", beta2=beta2)) for beta2 in went] == [True, True, False]
    assert not runs_away(SHORT)
    assert not runs_away(optimizer("signum"))


@pytest.mark.slow
def test_a_path_begins_where_steps_are_bounded() -> None:
    opt = optimizer("adam", beta1=Q(99, 100))
    data = rows(("3.01", 1), (1, 3))
    places = [place.at for branch in beta2_path(data, opt) for place in branch.points]
    assert places
    assert 0.9801 < min(places) < 0.99
    with pytest.raises(BadInput, match="beta1=9999/10000"):
        beta2_path(data, opt.at(beta1=Q(9999, 10000)))


CONSTANT = (
    (rows((1, 0), (1, 1)), optimizer("signum"), (1, 1)),
    (rows((2, 0, -1), (0, 3, 0), (1, 1, 0), (1, 1, 0)), optimizer("signum", batch_size=3), (1, 1, -1)),
    (rows((1, 0), (0, 1), (1, 0), (0, 1)), optimizer("signgd", batch_size=2), (1, 1)),
    # (+, 0), (+, +), and 0 for the coordinate that no row has
    (rows((1, 0, 0), (2, 0, 0), (1, 3, 0), (1, 1, 0)), optimizer("signgd", batch_size=2), (2, 1, 0)),
    # a column whose sign differs from batch to batch, not within one
    (rows((3, 1), (3, 2), (3, -1), (2, 1)), optimizer("signgd", batch_size=2), None),
    (rows((3, 1), (3, 2), (3, -1), (2, -1)), optimizer("signgd", batch_size=2), (1, 0)),
    (rows((3, 1), (3, 2), (3, -1), (2, -1)), optimizer("signum", batch_size=2), None),
    (rows((1, 0), (1, 1)), optimizer("signgd", batch_size=2, order="replacement"), None),
    (rows((1, 2), (1, 1)), optimizer("signgd", batch_size=2, order="replacement"), (1, 1)),
    (rows((1, 0), (1, 1)), optimizer("signum", order="reshuffle"), (1, 1)),
    (rows((1, 0), (1, 1), (2, 0)), SHORT, (3, 1)),
    (rows((1, 0, 2), (1, 0, 1)), optimizer("adam", batch_size="full"), (1, 0, 1)),
)


@pytest.mark.parametrize(("data", "opt", "drift"), CONSTANT)
def test_signs_that_no_weights_turn_have_one_direction(
    data: Dataset, opt: Optimizer, drift: tuple[int, ...] | None
) -> None:
    found = predict(data, opt)
    if drift is None:
        assert not (found.limits and "at any weights" in found.limits[0].note)
        return
    (limit,) = found.limits
    u = np.array(drift, dtype=float)
    assert misalignment(limit.direction, u) < 1e-30
    known = Verdict.CERTIFIED if opt.order == "cyclic" or opt.full_batch(data.n) else Verdict.MEASURED
    assert limit.evidence is found.from_start is known
    run = increments(data.floats(), replace(opt, lr=Q(1, 100)), 20_000, start=np.full(data.d, 0.3))
    assert misalignment(run.direction, u) < (1e-5 if opt.order == "cyclic" else 1e-3)

"""Normalized GD by batches: each batch is a population of its own; and data with ties, which stop nothing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest
from forging import dataset as rows

from verify.data import Dataset
from verify.errors import Undecided
from verify.evidence import Verdict
from verify.game import predict
from verify.game.companion import hold_against_simulation
from verify.game.smooth.ball_field import BallField
from verify.game.smooth.enclose import enclose
from verify.game.smooth.face import Level, newton
from verify.game.smooth.field import field, populations
from verify.game.smooth.merging import merged
from verify.game.smooth.symmetry import held
from verify.numbers.linear.angles import misalignment
from verify.optimizers import optimizer

ONE_BY_ONE = optimizer("ngd", batch_size=1)
PROXY = optimizer("adam-proxy")


@pytest.mark.parametrize("order", ["cyclic", "reshuffle", "replacement"])
def test_one_sample_at_a_time_moves_by_the_mean_of_unit_rows(order: str) -> None:
    data = rows((2, 1), (1, 3), (5, 0))
    found = predict(data, replace(ONE_BY_ONE, order=order), digits=20)
    X = data.floats()
    mean = (X / np.linalg.norm(X, axis=1, keepdims=True)).mean(axis=0)
    (limit,) = found.limits
    assert misalignment(limit.direction, mean) < 1e-30
    assert (limit.evidence, found.complete, found.from_start) == (Verdict.MEASURED, True, Verdict.MEASURED)
    assert "shares of each batch" in limit.note


def test_a_run_by_batches_goes_where_its_populations_say() -> None:
    # The batch (0, 1) shares its weight, of the batch (2, 3) row 3 alone has any; and one batch is smaller.
    data = rows((1, -4, -1), (3, -3, 5), (4, -1, -4), (2, -2, 0), (1, -1, 1))
    opt = optimizer("ngd", batch_size=2)
    assert populations(opt, 5).tolist() == [0, 0, 1, 1, 2]  # type: ignore[union-attr]
    found = predict(data, opt, starts=2)
    limit = found.limits[0]
    assert limit.evidence is Verdict.MEASURED
    assert "no certificate" in limit.note
    run = hold_against_simulation(found, suited=True)
    assert run.could_settle
    assert run.agrees
    assert [limit.weights[part].sum() for part in (slice(0, 2), slice(2, 4), slice(4, 5))] == pytest.approx(
        [1 / 3] * 3
    )


def test_small_weights_do_not_vanish_from_their_batch() -> None:
    """U on a face is the limit of U there, however small a batch's weight is beside another's."""
    game = field(np.array([[1.0, 1.0], [1.0, 2.0]]), ONE_BY_ONE)
    for log_c in ([0.0, 0.0], [0.0, -1e5], [-1e5, 0.0]):
        assert game.drift(np.array(log_c)) == pytest.approx(
            [(0.5**0.5 + 0.2**0.5) / 2, (0.5**0.5 + 2 * 0.2**0.5) / 2]
        )


def test_no_limit_where_a_batch_has_a_cost_below_zero() -> None:
    # The mean of unit rows is nearly (0.6, 0.3), and row 3's margin falls along it.
    data = rows((10, 1), (10, 1), (10, 1), (-3, 4))
    found = predict(data, ONE_BY_ONE, starts=1)
    assert found.limits == ()
    assert "row 3 has cost" in found.note
    assert "the loss does not go to zero" in found.note
    e = newton(
        field(data.floats(), ONE_BY_ONE),
        tuple(Level(np.array([i]), np.arange(2)) for i in range(4)),
        np.zeros(4),
    )
    assert e is not None
    assert e.balanced
    assert not e.valid
    with pytest.raises(Undecided, match="cost in each batch"):
        enclose(data, ONE_BY_ONE, e, 10)


def test_balls_and_floats_have_one_drift_by_batches() -> None:
    from verify.numbers.systems.balls import BALLS, precision

    data, opt = rows((1, -4, -1), (3, -3, 5), (4, -1, -4)), optimizer("ngd", batch_size=2)
    levels = (Level(np.array([0, 1]), np.arange(3)), Level(np.array([2]), np.arange(3)))
    with precision(64):
        U = [float(u) for u in BallField(data, opt, levels).drift([BALLS.number(Q(1, 2))], BALLS)]
    assert pytest.approx(field(data.floats(), opt).drift(np.array([0.0, -0.5, 7.0])).tolist(), rel=1e-14) == U


@pytest.mark.parametrize(
    "data",
    [
        rows((0, 1), (0, 1)),
        rows((1, 1), (1, -1)),
        rows((2, 1), (2, 1), (4, 2)),
        rows((1, 0, 0), (1, 0, 0), (0, 1, 1)),
        rows((1, 2, 2), (2, 1, 1), (1, 2, 2)),
    ],
    ids=["equal", "mirrored", "proportional", "one-hot", "equal columns"],
)
@pytest.mark.parametrize("opt", [optimizer("adam", beta2=Q(9, 10)), PROXY], ids=["adam", "proxy"])
def test_the_flow_on_rows_that_tie_is_enclosed(data: Dataset, opt: object) -> None:
    found = predict(data, opt, digits=17, starts=1)  # type: ignore[arg-type]
    assert found.limits
    assert found.from_start is not Verdict.UNDECIDED


def test_an_end_that_repels_is_not_where_the_flow_goes() -> None:
    near = predict(rows((3, 1), ("1.00000001", 3)), PROXY, starts=0)
    assert near.limits[0].stability == "repelling"
    assert near.from_start is Verdict.UNDECIDED
    assert "no symmetry holds it there" in near.note
    on = predict(rows((3, 1), (1, 3)), PROXY, starts=0)
    assert on.limits[0].stability == "repelling"
    assert on.from_start is Verdict.MEASURED
    assert "a symmetry holds the flow from w_0 there" in on.note
    # Farther from the tie floats tell on which side it leaves: row 0 costs more.
    away = predict(rows(("3.00001", 1), (1, 3)), PROXY, starts=0)
    assert away.limits[0].stability == "attracting"
    assert away.limits[0].weights[1] > 0.99


def test_what_a_symmetry_holds() -> None:
    data, zero = rows((3, 1), (1, 3)), (Q(0), Q(0))
    even = np.array([1.0, 1.0]) / 2**0.5
    assert held(data, PROXY, zero, even)
    assert not held(data, PROXY, (Q(1), Q(0)), even)  # a start that the turn moves
    assert not held(data, PROXY, zero, np.array([0.6, 0.8]))  # an end that it moves
    assert not held(rows((3, 1), (1, 4)), PROXY, zero, even)
    three = rows((3, 1, 1), (1, 3, 1), (1, 1, 3))
    assert held(three, optimizer("adam"), (Q(0),) * 3, np.ones(3) / 3**0.5)  # the epoch begun elsewhere
    swapped = rows((3, 1, 2), (1, 3, 2), (1, 1, 5))
    assert held(swapped, PROXY, (Q(0),) * 3, np.ones(3) / 3**0.5)
    assert not held(swapped, optimizer("adam"), (Q(0),) * 3, np.ones(3) / 3**0.5)  # in another order


def test_equal_rows_are_merged_where_the_game_is_the_same() -> None:
    small, weights = merged(
        rows((0, 1, 2), (0, 2, 1), (0, 1, 2), (0, 2, 1)), ONE_BY_ONE, [[0.1, 0.4, 0.2, 0.3]]
    )
    assert small.rows == ((Q(1), Q(2)), (Q(2), Q(1)))
    assert weights[0] == pytest.approx([0.3, 0.7])
    with pytest.raises(Undecided, match="rows 0 and 2 are equal, and not every row"):
        merged(rows((1, 2), (2, 1), (1, 2)), PROXY, [])
    with pytest.raises(Undecided, match="over and over"):
        merged(rows((1, 2), (1, 2), (2, 1), (2, 1)), optimizer("adam"), [])
    assert merged(rows((1, 2), (1, 2), (2, 1), (2, 1)), PROXY, [])[0].n == 2
    assert predict(rows((2, 1), (1, 5), (2, 1), (1, 5)), PROXY, starts=1).complete


def test_in_the_plane_a_tie_fixes_the_direction() -> None:
    found = predict(rows((3, 1), (1, 3)), PROXY, starts=0)
    tied = [limit for limit in found.limits if limit.slack == 0]
    assert tied
    for limit in tied:
        assert limit.evidence is Verdict.MEASURED
        assert misalignment(limit.direction, np.array([1.0, 1.0])) < 1e-20
        assert "only the weights are not decided" in limit.note
    space = predict(rows((3, 1, 1), (1, 3, 1)), PROXY, starts=0)
    assert any(limit.evidence is Verdict.UNDECIDED for limit in space.limits)


def test_random_orders_need_a_second_moment_that_remembers_longer() -> None:
    data = rows((-1, 1), (-1, -1), (1, -2), (-3, 1))
    fast = optimizer("adam", beta1=Q(4, 5), beta2=Q(1, 5), batch_size=3, order="replacement")
    assert "beta1^2 >= beta2 (beta1=4/5, beta2=1/5)" in predict(data, fast).note


def test_progress_is_told() -> None:
    told: list[str] = []
    predict(rows((3, 1), (1, 4)), PROXY, starts=1, progress=told.append)
    flows = [text.partition(",")[0] for text in told if "flow " in text and "piece" in text]
    assert list(dict.fromkeys(flows)) == ["flow 1 of 2", "flow 2 of 2"]
    assert "equilibria on faces" in told
    assert "whether these are all" in told

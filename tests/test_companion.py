"""The run beside a prediction: with the user's own steps, and what is no longer said where it goes elsewhere."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from command import run
from forging import dataset

from verify.ask.prediction_text import simulation_text
from verify.data import Dataset
from verify.evidence import Verdict
from verify.game import Limit, Prediction, companion, predict
from verify.game.companion import after, hold_against_simulation, runs_beside
from verify.game.handover import HandOver
from verify.game.pace import arrival
from verify.game.smooth import continuous
from verify.numbers.linear.angles import misalignment
from verify.optimizers import optimizer
from verify.optimizers.increments import Increments
from verify.optimizers.trajectory import elapsed

THREE = dataset((1, -4, -1), (3, -3, 5), (4, -1, -4))


@cache
def flows(start: tuple[Q, ...] = (), beta1: Q = Q(9, 10), beta2: Q = Q(99, 100)) -> Prediction:
    """What is predicted does not depend on the step sizes."""
    return predict(THREE, optimizer("adam", beta1=beta1, beta2=beta2), start=start, starts=3, digits=17)


def with_steps(found: Prediction, lr: Q = Q(1, 10), decay: Q = Q(1, 2)) -> Prediction:
    return replace(found, optimizer=replace(found.optimizer, lr=lr, decay=decay))


@pytest.mark.slow
def test_the_run_has_the_steps_asked_for_and_that_takes_certified_back() -> None:
    found = replace(flows(start=(Q(-1, 2), Q(0), Q(0))), from_start=Verdict.CERTIFIED)
    run = hold_against_simulation(found)
    assert (run.lr, run.decay, run.suited) == (0.1, 0.5, False)
    assert run.agrees
    assert run.could_settle
    assert run.nearest == 1
    later = after(found, run)
    assert later.from_start is Verdict.MEASURED
    assert "goes to limit 1: its steps do not keep to the flow" in later.note
    assert later.limits == found.limits
    # Where it goes to the limit named there is nothing to take back.
    start = flows()
    assert after(start, hold_against_simulation(start)) == start


def test_constant_steps_that_go_elsewhere_contradict_and_suited_ones_agree() -> None:
    # The travelling wave at lr = 1/10 is 1.7e-4 from the limit of vanishing steps.
    found = with_steps(flows(beta1=Q(0), beta2=Q(1, 2)), decay=Q(0))
    assert found.complete
    own, suited = runs_beside(found, None)
    assert own.contradicts
    assert own.misalignment == pytest.approx(1.7e-4, rel=0.05)
    assert simulation_text(own, found).endswith("and these do not vanish")
    assert suited.suited
    assert suited.misalignment < 1e-5
    later = after(found, own)
    assert {limit.evidence for limit in later.limits} == {Verdict.MEASURED}
    assert (later.complete, later.from_start) == (False, Verdict.UNDECIDED)
    assert "goes to none of these limits" in later.note


@pytest.mark.slow
def test_exit_status_1_where_a_run_that_could_settle_disagrees(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "three.csv"
    file.write_text("1,-4,-1\n3,-3,5\n4,-1,-4\n")
    asked = ["predict", str(file), "--optimizer", "adam", "--beta1", "0", "--beta2", "1/2", "--digits", "5"]
    assert run([*asked, "--decay", "0"]) == 0  # constant steps have limits of their own
    assert "certified: where" in capsys.readouterr().out
    assert run([*asked, "--lr", "1/20"]) == 0
    assert "certified" in capsys.readouterr().out
    monkeypatch.setattr(companion.Simulated, "contradicts", property(lambda run: True))
    assert run([*asked, "--lr", "1/20"]) == 1
    shown = capsys.readouterr().out
    assert "goes to none of these limits" in shown
    assert "certified: where" not in shown


def test_steps_that_decay_too_fast_are_said_never_to_get_there() -> None:
    found = with_steps(flows(), decay=Q(1))
    run = hold_against_simulation(found, 5000)
    assert run.needed == companion.ENDLESS
    assert not run.could_settle
    assert "more than 1e+18 steps" in simulation_text(run, found)
    assert after(found, run) == found


def test_an_agreement_that_nothing_could_contradict_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    found = flows()
    near = replace(found.limits[0], error=3.0)  # a Monte Carlo estimate that knows nothing
    unsure = replace(found, limits=(near,))
    run = hold_against_simulation(unsure, 2000)
    assert run.noisy
    assert run.allowed == companion.LOOSEST
    assert not run.agrees
    assert not run.contradicts
    assert "too much to tell" in simulation_text(run, unsure)
    # Two limits that are closer to each other than the allowance are still told apart.
    twin = replace(near, direction=near.direction + 1e-3 * np.eye(3)[0], error=None)
    both = hold_against_simulation(replace(found, limits=(replace(near, error=None), twin)), 2000)
    assert both.allowed < 1e-7
    monkeypatch.setattr(companion, "APART", 100.0)
    assert hold_against_simulation(replace(found, limits=(near, twin)), 2000).allowed > 1e-6


def test_the_steps_needed_are_those_of_the_schedule() -> None:
    """What is to vanish has fallen by exp(-20) at half time, and the last step is as fine as it has to be."""
    slow, fast = flows(), with_steps(flows(), lr=Q(1, 100))
    need = [hold_against_simulation(found, 1000).needed or 0 for found in (slow, fast)]
    assert need[1] > need[0] > 1000  # tau grows like lr sqrt(T)
    constant = with_steps(flows(), lr=Q(1, 1000), decay=Q(0))
    # tau = lr T, at half time half of it; with decay 1/2 tau_T = 2 lr sqrt(T), and 0.7 of it at half time.
    tau = (hold_against_simulation(constant, 1000).needed or 0) / 1000
    assert need[1] == pytest.approx((tau / 2**0.5 / 2 * 100) ** 2, rel=0.01)


def test_a_run_that_stands_still_has_no_direction_and_no_error_of_one() -> None:
    """The first step is 1,000 times the others' (v starts at 0), and after it the gradient is 1e-1500 of v."""
    rows = ((-3, -1, -1), (-3 - Q(3, 10**6), -1 - Q(1, 10**6), -1 - Q(1, 10**6)))
    data = dataset(*rows)
    asked = optimizer(
        "adam-abs", beta1=0, beta2=Q(999, 1000), batch_size=2, order="reshuffle", lr=1, loss="exponential"
    )
    run = hold_against_simulation(predict(data, asked), 2000)
    assert (run.standard_error, run.misalignment, run.agrees, run.contradicts) == (0.0, 1.0, False, False)


def test_the_run_beside_is_shorter_by_what_a_map_of_the_matrix_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step of Muon takes a decomposition, which on small rows is far dearer than their products."""
    monkeypatch.setattr(companion, "WORK", 10**6)
    data = Dataset("two rows", ((Q(0), Q(1)), (Q(3), Q(2))))
    steps = {
        name: hold_against_simulation(predict(data, optimizer(name), starts=0)).steps
        for name in ("ngd", "muon", "row-normalized")
    }
    assert 4 * steps["muon"] < min(steps["ngd"], steps["row-normalized"])


def test_a_row_whose_weight_still_grows_has_to_arrive() -> None:
    """False variants: a row that falls, or rises by less than the last epoch may feign, and one that is there."""
    X = np.array([[1.0, 0.0], [0.0, 1.0]])
    half = np.array([0.5, 0.5])
    limit = Limit(half, None, (0, 1), half, 0.0, "attracting", Verdict.MEASURED)

    def moved(gain: float, short: float) -> Increments:
        costs = np.array([1.0, 1.0 - gain])
        return Increments(1000, 50.0, 0.1, 20 * costs, 100 + np.array([0.0, short]), lasted=20.0)

    assert arrival(limit, X, moved(0.1, 30.0), 1) == pytest.approx(50 + 30 / 0.1)
    for gain, short in ((-0.1, 30.0), (1e-3, 30.0), (0.1, 0.5)):
        assert arrival(limit, X, moved(gain, short), 1) == 0


def test_a_hand_over_that_no_run_comes_to_is_not_waited_for() -> None:
    """Its step sizes had been summed one by one."""
    found = predict(dataset((2, 0), (0, 1)), optimizer("adam", batch_size="full", eps=Q(1, 10**8)))
    assert found.tail is not None
    late = replace(found, tail=replace(found.tail, hand_over=HandOver(10**15, 40.0)))
    told = companion.settling(late, 0)
    assert told is not None
    assert told.steps is not None
    assert told.steps > 10**15


@pytest.mark.parametrize("decay", [Q(0), Q(1, 2), Q(3, 5), Q(1)])
def test_the_time_of_many_steps_is_about_their_sum(decay: Q) -> None:
    opt = optimizer("gd", lr=Q(1, 10), decay=decay)
    # At decay 1 the integral has 2.0 % less than the sum; else they agree to 6e-4.
    assert companion._tau_after(opt, 10**6) == pytest.approx(elapsed(opt, 10**6), rel=0.05)


def test_directions_of_tiny_vectors_have_an_angle() -> None:
    u, v = np.array([1e-200, 0.0]), np.array([3e-300, 4e-300])
    assert misalignment(u, v) == pytest.approx(0.4, abs=1e-15)  # a few roundings of 1 - 3/5


def test_no_pace_is_negative() -> None:
    """As where rounding, on data of very different sizes, turns the sign of a gap: here a row off the support lags."""
    X, c = np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, 0.5]]), np.array([0.5, 0.5, 0.0])
    limit = Limit(np.array([0.0, 1.0]), None, (0, 1), c, 0.0, "attracting", Verdict.CERTIFIED)
    assert continuous.pace(limit, X, optimizer("adam-proxy")).slowest == 0

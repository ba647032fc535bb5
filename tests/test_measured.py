"""Rules that remember: the metric with which a run ends, and the max margin in it, against programs of their own."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest
from forging import dataset
from scipy.optimize import minimize

from verify.ask.prediction import predict as asked
from verify.data import Dataset, load
from verify.data.families import gaussian
from verify.errors import BadInput
from verify.evidence import Verdict
from verify.game import predict
from verify.game.measured import takes
from verify.game.result import Limit, Metric
from verify.numbers.formula import short
from verify.numbers.linear.angles import degrees
from verify.numbers.system import Numbers
from verify.optimizers import optimizer
from verify.optimizers.increments import increments
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.rule import Decay, Rule, State, Step
from verify.optimizers.tail import remembering_tail

DATA = gaussian(4, 3)


def constant(name: str | Rule, **options: Any) -> Optimizer:
    return optimizer(name, lr=Q(1, 10), decay=Q(0), **{"batch_size": None} | options)


def told(data: Dataset, opt: Optimizer, **options: Any) -> tuple[Limit, Metric]:
    (limit,) = predict(data, opt, **options).limits
    assert limit.metric is not None
    return limit, limit.metric


def margin_in(metric: Any, X: Any) -> tuple[Any, float]:
    """The w of least norm with x_i.w >= 1 and its margin, by SciPy."""
    D = np.array(metric)
    found = minimize(
        lambda w: w @ (D * w) / 2, np.linalg.lstsq(X, np.ones(len(X)), rcond=None)[0], jac=lambda w: D * w,
        constraints={"type": "ineq", "fun": lambda w: X @ w - 1, "jac": lambda w: X}, method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    return found.x, float(1 / np.sqrt(2 * found.fun))


def heavy(num: Numbers) -> Step:
    """A rule of one's own: a sum of fourth powers, and a momentum."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> tuple[Any, Any]:
        total, m = s.total + g * g * g * g, h.beta * s.m + g
        return num.ratio(m, num.sqrt(num.sqrt(total))), s._replace(total=total, m=m)

    return step


OWN = Rule(
    "own", heavy, states=(State("total", degree=4), State("m")), hyper=(Decay("beta", "1/2"),), forgets=False
)


def grows(num: Numbers) -> Step:
    return lambda g, seen, s, h: (num.ratio(g, s.total), s._replace(total=2 * s.total + abs(g)))


@pytest.mark.parametrize(
    ("rule", "eps", "tail"),
    [
        ("adagrad", 0, "(g / sqrt(v))"),
        ("amsgrad", 0, "(((beta1 * m) + ((1 - beta1) * g)) / sqrt(top))"),
        ("amsgrad", "1e-8", "(((beta1 * m) + ((1 - beta1) * g)) / (sqrt(top) + epsilon))"),
        (OWN, 0, "(((beta * m) + g) / sqrt(sqrt(total)))"),
    ],
)
def test_what_does_not_forget_stands_still_in_the_tail(rule: Any, eps: Any, tail: str) -> None:
    opt = constant(rule, eps=eps)
    assert takes(opt, 4)
    assert short(remembering_tail(opt).rule.program.update, 300) == tail


def test_what_does_not_stand_still_has_no_metric() -> None:
    rule = Rule("grows", grows, states=(State("total"),), forgets=False)
    assert not takes(constant(rule), 4)
    with pytest.raises(BadInput, match="as gradients vanish total becomes"):
        remembering_tail(constant(rule))
    assert not takes(constant("adam"), 4)


def adagrad(X: Any, steps: int) -> Any:
    w, v = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for _ in range(steps):
        g = -X.T @ (1 / (1 + np.exp(X @ w))) / len(X)
        v += g * g
        w -= 0.1 * g / np.sqrt(v)
    return np.sqrt(v)


def test_the_metric_is_that_of_a_program_of_its_own_and_of_a_longer_run() -> None:
    limit, metric = told(DATA, constant("adagrad"), work=Q(1, 200))
    assert metric.steps == 10_000
    assert 1e-3 < metric.error < 0.05
    for steps in (10_000, 40_000):
        off = np.abs(np.log(adagrad(DATA.floats(), steps) / np.array(metric.diagonal)))
        assert np.max(off) <= metric.error
    w, margin = margin_in(metric.diagonal, DATA.floats())
    assert degrees(w, limit.direction) < 1e-3
    assert metric.margin == pytest.approx(margin, rel=1e-7)


def test_a_metric_known_to_a_share_tells_direction_and_margin_to_it() -> None:
    rng, tight = np.random.default_rng(0), 0
    for seed in range(6):
        X = gaussian(4, 3, seed).floats()
        D = np.exp(rng.normal(size=3))
        for _ in range(5):
            there = D * (1 + 0.1 * rng.choice([-1, 1], size=3))
            (w, margin), (moved, other) = margin_in(D, X), margin_in(there, X)
            share = np.sqrt((moved - w) @ (D * (moved - w)) / (moved @ (D * moved)))
            assert share < 0.1 + 1e-6
            assert abs(np.log(margin / other)) < 0.1 / 2 * 1.06  # log 0.9 is 0.053 from 0
            tight += share > 0.06
    assert tight  # half of the bound would be too little


@pytest.mark.parametrize("rule", ["adagrad", "amsgrad", pytest.param(OWN, marks=pytest.mark.slow)])
def test_runs_come_to_the_max_margin_in_their_metric_and_not_to_others(rule: Any) -> None:
    opt = constant(rule)
    found = predict(DATA, opt, work=Q(1, 10))
    (limit,) = found.limits
    assert found.word is Verdict.MEASURED
    assert not found.complete
    run = increments(DATA.floats(), opt, 100_000).direction
    l2 = margin_in(np.ones(3), DATA.floats())[0]
    assert degrees(run, limit.direction) < 0.5 < degrees(run, l2)


def test_a_metric_that_does_not_settle_is_not_told() -> None:
    found = predict(gaussian(12, 3, 2), optimizer("adagrad", batch_size=1, lr=Q(1)), work=Q(1, 100))
    assert found.word is Verdict.UNDECIDED
    assert not found.limits
    assert "v does not settle" in found.note


@pytest.mark.parametrize("name", ["adagrad", "amsgrad"])
def test_a_metric_that_no_float_holds_is_not_told(name: str) -> None:
    """The first step overshoots by hundreds, and the exponential loss remembers that."""
    data = dataset((900, 1), (-800, 1))
    asked_for = optimizer(name, batch_size=1, lr=Q(1), decay=Q(1), loss="exponential")
    found = predict(data, asked_for, work=Q(1, 100))
    assert not found.limits
    assert "which is no float" in found.note


def test_a_coordinate_that_no_row_sees_does_not_matter() -> None:
    wide = replace(DATA, rows=tuple((*row, Q(0)) for row in DATA.rows), columns=(*DATA.columns, "none"))
    limit, metric = told(wide, constant("amsgrad"), work=Q(1, 1000))
    plain, same = told(DATA, constant("amsgrad"), work=Q(1, 1000))
    assert limit.direction[:3] == pytest.approx(plain.direction, abs=1e-9)
    assert limit.direction[3] == 0
    assert metric.margin == pytest.approx(same.margin, rel=1e-9)


def test_what_is_said_of_it() -> None:
    found = asked(DATA, constant("amsgrad"), margins="none", steps=1000, work=Q(1, 1000))
    document = found.to_dict()
    assert document["limits"][0]["metric"]["steps"] == 2000
    assert [each["text"] for each in document["hypotheses"] if each["how"] == "measured"][-1].startswith(
        "the metric settles: in the second half of 2000 steps"
    )
    assert "max margin in the metric with which the run ends" in document["statement"]


@pytest.mark.parametrize("name", ["adagrad", "amsgrad"])
@pytest.mark.slow
def test_on_iris_the_margin_is_that_of_a_run_ten_times_as_long(name: str) -> None:
    iris, opt = load("iris"), constant(name)
    short_run, long_run = (told(iris, opt, work=work) for work in (Q(1, 10), Q(1)))
    for (limit, metric), (_, longer) in ((short_run, long_run),):
        ratios = np.log(np.array(longer.diagonal) / np.array(metric.diagonal))
        assert longer.steps >= 9.99 * metric.steps
        assert np.max(np.abs(ratios)) <= metric.error + longer.error
        assert abs(np.log(longer.margin / metric.margin)) <= (metric.error + longer.error) / 2
        assert degrees(limit.direction, long_run[0].direction) < 1

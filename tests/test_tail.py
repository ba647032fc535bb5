"""The tail of a rule that scales with its gradient only where that vanishes: derived, checked, played, and when."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest

from verify.data import load
from verify.data.families import gaussian
from verify.errors import BadInput
from verify.evidence import Verdict
from verify.game import predict
from verify.game.companion import hold_against_simulation, with_hand_over
from verify.game.limits import equilibria_of
from verify.numbers.formula import evaluate
from verify.numbers.system import Numbers
from verify.numbers.systems.balls import BALLS, ball, precision
from verify.optimizers import optimizer
from verify.optimizers.check_rule import check_rule
from verify.optimizers.rule import Positive, Rule, State, Step
from verify.optimizers.tail import in_the_long_run, tail_of

DATA = gaussian(4, 3)
WITH_EPS = [
    ("adam", "outside"),
    ("adam", "inside"),
    ("nadam", "outside"),
    ("rmsprop", "inside"),
    ("adabelief", "outside"),
]


@pytest.mark.parametrize(("name", "place"), [*WITH_EPS, ("clipped", "outside"), ("norm-clipped", "outside")])
def test_the_step_tends_to_its_tail(name: str, place: str) -> None:
    eps = Q(1, 100) if (name, place) in WITH_EPS else Q(0)
    opt = optimizer(name, eps=eps, eps_place=place)
    whole, tail = in_the_long_run(opt).rule, tail_of(opt).rule
    assert check_rule(tail).ok
    assert (tail.degree, tail.update) == (1, "linear")
    values = in_the_long_run(opt).values | {"eps": Q(0), "inside": Q(0), "w": Q(0), "eta": Q(0)}
    with precision(400):
        for small in (Q(1, 2**40), Q(1, 2**80)):
            given = {"g": small * Q(3, 7), "seen": small * Q(5, 3)}
            given |= {state.name: small**state.degree * Q(2, 5) for state in whole.states}
            at = {key: ball(value) for key, value in (values | given).items()}
            (exact,), (lead,) = (evaluate([rule.program.update], at, BALLS) for rule in (whole, tail))
            assert abs(exact / lead - 1) < ball(1000 * small)


def named(step: Callable[[Numbers], Step], **declared: Any) -> Rule:
    return Rule("own", step, degree=None, **declared)


def off(num: Numbers) -> Step:
    return lambda g, seen, s, h: (num.sqrt(1 + g * g) - 1, s)


def cut(num: Numbers) -> Step:
    return lambda g, seen, s, h: (num.max(g, h.least), s)


def grows(num: Numbers) -> Step:
    return lambda g, seen, s, h: (s.m, s._replace(m=s.m / 2 + g / (1 + abs(g)) + 1))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (named(off), "leading parts that cancel"),
        (named(grows, states=(State("m"),)), "m is of degree 0"),
        (named(lambda num: lambda g, seen, s, h: (num.max(g, seen), s), reads="squares"), "unknown sign"),
        (named(lambda num: lambda g, seen, s, h: (num.log(g), s)), "takes log"),
    ],
)
def test_where_no_tail_is_derived_it_is_said_why(rule: Rule, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        tail_of(optimizer(rule))
    found = predict(DATA, optimizer(rule))
    assert not found.limits
    assert said in found.note


def test_a_floor_below_the_gradient_is_the_tail() -> None:
    tail = tail_of(optimizer(named(cut, hyper=(Positive("least", 1),)))).rule
    assert (tail.degree, tail.program.update.value) == (0, "least")


def test_a_state_that_keeps_its_largest_value_does_not_vanish_with_the_gradient() -> None:
    with pytest.raises(BadInput, match="need not vanish"):
        tail_of(optimizer("amsgrad", eps=Q(1, 100)))


@pytest.mark.parametrize(
    "options", [{"name": "clipped"}, {"name": "adam", "eps": "1/100"}, {"name": "norm-clipped"}]
)
def test_the_tail_plays_and_a_run_of_the_rule_itself_comes_to_its_limit(options: dict[str, Any]) -> None:
    opt = optimizer(**options, decay=Q(1, 4))
    found = predict(DATA, opt)
    (limit,) = equilibria_of(DATA, optimizer("gd")).limits
    assert np.array_equal(found.limits[0].direction, limit.direction)
    assert found.word is Verdict.CERTIFIED
    assert found.statement.startswith("where the loss goes to zero and the weights of the samples converge")
    assert found.tail is not None
    assert found.to_json()["tail"]["rule"] == f"tail of {opt.rule.name}"
    runs = [hold_against_simulation(found, steps) for steps in (10**3, 10**5)]
    assert runs[1].misalignment < min(1e-2, runs[0].misalignment)


def handed_over(X: Any, eps: float, lr: float, b1: float, b2: float, corrected: bool) -> int:
    """The step in which half of sqrt(v) is below eps, after it was above: full-batch Adam of the logistic loss."""
    w, m, v, above, t = np.zeros(X.shape[1]), 0.0, 0.0, False, 0
    while True:
        t += 1
        g = -X.T @ (1 / (1 + np.exp(X @ w))) / len(X)
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        p, q = (1 - b1**t, 1 - b2**t) if corrected else (1, 1)
        w = w - lr * (m / p) / (np.sqrt(v / q) + eps)
        below = 2 * np.sum(np.sqrt(v / q) < eps) >= len(w)
        above = above or not below
        if below and above:
            return t


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize(("source", "eps"), [("gaussian:n=4,d=3,seed=0", Q(1, 100)), ("iris", Q(1, 10**4))])
def test_the_hand_over_is_that_of_the_run(source: str, eps: Q, corrected: bool) -> None:
    data = load(source)
    opt = optimizer(
        "adam",
        batch_size="full",
        beta2="99/100",
        eps=eps,
        lr=Q(1, 100),
        decay=Q(0),
        bias_correction=corrected,
    )
    found = with_hand_over(predict(data, opt)).tail
    assert found is not None
    assert found.hand_over is not None
    assert found.hand_over.step == handed_over(data.floats(), float(eps), 0.01, 0.9, 0.99, corrected)

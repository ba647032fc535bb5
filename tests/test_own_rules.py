"""Rules as strangers write them: quotients with a plain stroke, letters that certificates use, roots that may fail."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import marginproof
from marginproof import BadInput, Decay, Rule, State, check_rule
from verify.optimizers.carried import carried

THREE_ROWS = [[1, -4, -1], [3, -3, 5], [4, -1, -4]]
ZEROS = [[1, 0, 2], [0, 3, 1], [2, 1, 0]]
DECAYS = (Decay("beta1", "9/10"), Decay("beta2", "99/100"))


def quasi_hyperbolic(num: Any) -> Any:
    """Adam's moments beside the gradient itself (Ma and Yarats 2019), with a plain stroke for the quotient."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        m = h.beta1 * s.m + (1 - h.beta1) * g
        u = h.beta2 * s.u + (1 - h.beta2) * g * g
        return (g / 4 + 3 * m / 4) / num.sqrt(g * g / 5 + 4 * u / 5), s._replace(m=m, u=u)

    return step


def laprop(num: Any) -> Any:
    """A moment of normalized gradients (Ziyin et al. 2020); its states have letters that statements use."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        c = h.beta2 * s.c + (1 - h.beta2) * g * g
        x = h.beta1 * s.x + (1 - h.beta1) * (g / num.sqrt(c))
        return x, s._replace(x=x, c=c)

    return step


def centred(num: Any) -> Any:
    """RMSprop less the square of the mean, of which the root may not exist."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        m = h.beta1 * s.m + (1 - h.beta1) * g
        v = h.beta2 * s.v + (1 - h.beta2) * g * g
        return g / num.sqrt(v - m * m), s._replace(m=m, v=v)

    return step


QUASI_HYPERBOLIC = Rule(
    "qhadam",
    quasi_hyperbolic,
    source="Ma, Yarats 2019",
    states=(State("m"), State("u", 2)),
    hyper=DECAYS,
    batch=1,
)
LAPROP = Rule(
    "laprop", laprop, source="Ziyin 2020", states=(State("x", 0), State("c", 2)), hyper=DECAYS, batch=1
)


@pytest.mark.parametrize("rule", [QUASI_HYPERBOLIC, LAPROP], ids=lambda rule: rule.name)
def test_a_plain_quotient_is_certified_and_its_run_goes_there(rule: Rule) -> None:
    assert check_rule(rule).ok
    answer = marginproof.predict(THREE_ROWS, optimizer=rule, digits=6, margins="none", steps=1000)
    assert answer.word == "certified"
    assert answer.complete
    assert len(answer.limits) == 3
    assert not answer.contradicted


def test_certificates_call_states_by_letters_that_are_free() -> None:
    carried_rule = carried(LAPROP, {"beta1": Fraction(9, 10), "beta2": Fraction(99, 100)})
    assert [name for name, _ in carried_rule["states"]] == ["x_", "c_"]
    read = {line[1] for line in carried_rule["program"] if line[0] == "input"}
    assert read == {"g", "x_", "c_", "beta1", "beta2"}


@pytest.mark.parametrize("batch_size", [1, "full"])
def test_a_rule_that_divides_by_a_state_that_begins_at_0_has_no_limits(batch_size: Any) -> None:
    def late(num: Any) -> Any:
        def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
            v = h.beta2 * s.v + (1 - h.beta2) * g * g
            return num.ratio(g, num.sqrt(s.old)), s._replace(v=v, old=v)

        return step

    rule = Rule("late", late, source="none", states=(State("v", 2), State("old", 2)), hyper=DECAYS[1:])
    with pytest.raises(
        BadInput, match="optimizer=late: its first step divides by a state that is 0, so that no"
    ):
        marginproof.predict(THREE_ROWS, optimizer=rule, batch_size=batch_size, steps=0, margins="none")


def test_a_coordinate_without_gradient_does_not_move_under_a_plain_quotient() -> None:
    """0/0 is 0 there, as it is by num.ratio; float64 would make it nan at the first row, which has a zero."""
    run = marginproof.simulate(ZEROS, optimizer=QUASI_HYPERBOLIC, steps=3000)
    assert np.isfinite(np.asarray(run.direction, float)).all()


def test_a_root_that_fails_is_told_with_the_gradients() -> None:
    rule = Rule(
        "centred", centred, source="Graves 2013", states=(State("m"), State("v", 2)), hyper=DECAYS, batch=1
    )
    systems = check_rule(rule)["systems"]
    assert not systems.ok
    assert "the root of a negative number" in systems.how


@pytest.mark.parametrize("half", [0.5, Fraction(1, 2)])
def test_half_degrees_may_be_declared(half: Any) -> None:
    def slow(num: Any) -> Any:
        return lambda g, seen, s, h: (num.sign(g) * num.sqrt(num.abs(g)), s)

    degree = check_rule(Rule("half", slow, source="none", degree=half, batch=1))["degree"]
    assert degree.ok
    assert degree.found == "1/2"


def test_whole_numbers_in_functions_are_numbers_of_the_system() -> None:
    """Balls' own functions end the process where they are given Python's whole numbers."""

    def clipped(num: Any) -> Any:
        return lambda g, seen, s, h: (num.max(-1, num.min(1, 10 * g)) * num.sqrt(2) / (num.abs(-3) + 1), s)

    rule = Rule("hard-clipped", clipped, source="none", degree=None, batch=1)
    assert check_rule(rule).ok
    answer = marginproof.predict(THREE_ROWS, optimizer=rule, margins="none", digits=6, steps=0)
    assert answer.word == "certified"


def test_no_tail_is_told_where_what_leads_vanishes() -> None:
    """log(1 + |g|) tends to log 1 = 0: its tail is of degree 1, and is not found by looking at degree 0."""

    def slow(num: Any) -> Any:
        return lambda g, seen, s, h: (num.sign(g) * num.log(1 + num.abs(g)), s)

    answer = marginproof.predict(
        THREE_ROWS, optimizer=Rule("slow", slow, source="none", degree=None, batch=1), steps=0
    )
    assert answer.word == "undecided"
    assert "takes log of what tends to where that is 0 in log((1 + abs(g)))" in answer.found.note


def turned(num: Any) -> Any:
    """Adam beside 9 (m^2 - g^2)/v, which is 0 at gradients that stay, and not where they change their sign."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        m, v = (s.m + g) / 2, (s.v + g * g) / 2
        return m / num.sqrt(v) + 9 * (m * m - g * g) / v, s._replace(m=m, v=v)

    return step


def vote(num: Any) -> Any:
    """What most of the gradient and two means of it say."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        m, n = h.beta1 * s.m + (1 - h.beta1) * g, h.beta2 * s.n + (1 - h.beta2) * g
        return num.sign(num.sign(g) + num.sign(m) + num.sign(n)), s._replace(m=m, n=n)

    return step


def test_a_rule_that_is_a_sign_at_frozen_gradients_alone_may_hold_where_the_sign_does_not() -> None:
    """Runs from (0, 1/2) chatter at the weights (1/2, 1/2) for ever, along (2, 3): an update of 3/2 in the mean."""
    rule = Rule("turned", turned, states=(State("m"), State("v", 2)))
    answer = marginproof.predict([[1, 1], [4, -1]], optimizer=rule, steps=0)
    (mean,) = [each for each in answer.hypotheses if "longer than 1" in each.text]
    assert (answer.word, mean.how) == ("measured", "assumed")
    X, w, m, v = np.array([[1.0, 1.0], [4.0, -1.0]]), np.array([0.0, 0.5]), np.zeros(2), np.zeros(2)
    halfway = w
    for t in range(4000):
        g = -np.exp(-X @ w) @ X
        m, v = (m + g) / 2, (v + g * g) / 2
        w = w - 0.1 / np.sqrt(t + 2) * (m / np.sqrt(v) + 9 * (m * m - g * g) / v)
        halfway = w if t <= 2000 else halfway
    moved = w - halfway
    # The run chatters: .0003 off after these steps, and .010 after a quarter of them; (1, 1) would be .15 off.
    assert moved / np.linalg.norm(moved) == pytest.approx(np.array([2, 3]) / 13**0.5, abs=0.02)


@pytest.mark.parametrize(("name", "beta2", "how"), [("adam", "9/10", "checked"), ("nadam", "1/2", "assumed")])
def test_that_updates_are_1_at_most_in_the_mean_is_known_where_m_forgets_first(
    name: str, beta2: str, how: str
) -> None:
    answer = marginproof.predict(
        THREE_ROWS, optimizer=name, beta1="3/5", beta2=beta2, batch_size="full", steps=0, margins="none"
    )
    (mean,) = [each for each in answer.hypotheses if "longer than 1" in each.text]
    assert mean.how == how
    assert answer.word == ("certified" if how == "checked" else "measured")


@pytest.mark.parametrize("rows", [THREE_ROWS, [[2, -1, 0]]], ids=["three", "one"])
def test_a_vote_of_signs_has_a_run_beside_it_at_the_full_batch(rows: list[list[int]]) -> None:
    """It is no sign of one sum, so that nothing is known of what it remembers."""
    rule = Rule("vote", vote, states=(State("m"), State("n")), hyper=DECAYS, update="sign")
    answer = marginproof.predict(rows, optimizer=rule, steps=2000, margins="none")
    assert answer.word == "certified"
    assert not answer.contradicted

"""The word for where the optimizer goes: each hypothesis turned false, or not known, takes it away."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest
from forging import dataset
from test_rules import soft

from marginproof import max_margin
from verify.ask import margin
from verify.ask.margin import MaxMargin
from verify.certificate import Checked
from verify.evidence import Verdict
from verify.game import Prediction, predict
from verify.game.hypotheses import ENDS, FADES, of_limits, of_question, of_waves, steps_vanish
from verify.game.smooth.completeness import whether_all
from verify.numbers.system import Numbers
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers import optimizer
from verify.optimizers.at_rest import fades_at_rest
from verify.optimizers.rule import Decay, Rule, State, Step

TWO = dataset((3, 1), (1, 2))


def grows(num: Numbers) -> Step:
    return lambda g, seen, s, h: (num.ratio(g, s.total + h.eps), s._replace(total=2 * s.total + abs(g)))


GROWS = Rule("grows", grows, states=(State("total"),), forgets=False)


THRICE = Rule("thrice", lambda num: lambda g, seen, s, h: (3 * g, s), update="linear", degree=1)


def stale(num: Numbers) -> Step:
    """Adam's update of the step before: without gradients two states are fed by two others."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        m, v = h.beta1 * s.m + (1 - h.beta1) * g, h.beta2 * s.v + (1 - h.beta2) * g * g
        return num.ratio(s.p, num.sqrt(s.q)), s._replace(m=m, v=v, p=m, q=v)

    return step


BETAS = (Decay("beta1", "9/10"), Decay("beta2", "99/100"))
STALE = Rule(
    "stale", stale, states=(State("m"), State("v", 2), State("p"), State("q", 2)), hyper=BETAS, batch=1
)


def predicted(name: str | Rule, **options: Any) -> Prediction:
    return predict(TWO, optimizer(name, **options), starts=0)


def test_where_all_hypotheses_hold_the_word_is_that_of_the_limits() -> None:
    for name in ("adam", "adam-proxy", "gd", "signum"):
        found = predicted(name)
        assert found.word is Verdict.CERTIFIED, (name, found.hypotheses)
        assert all(given.holds for given in found.hypotheses)


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("signum", {"decay": Q(0)}, "the steps tend to 0"),
        ("gd", {"loss": "exponential", "lr": Q(10)}, "every step is below 2 over the curvature"),
        ("gd", {"loss": "exponential", "lr": Q(10), "weight_decay": Q(1, 10)}, "every step is below 2 over"),
        ("gd", {"loss": "exponential", "lr": Q(10), "l2": Q(1, 10)}, "every step is below 2 over"),
        # Of 2 over the curvature, 1/5, three times these steps are more: such runs were seen to overflow.
        (THRICE, {"loss": "exponential", "lr": Q(1, 10), "decay": Q(0)}, "every step is below 2 over"),
        (GROWS, {"eps": Q(1, 100)}, "eps = 0"),
        ("amsgrad", {"weight_decay": Q(1, 100)}, "trait forgets"),
        ("adam", {"beta1": Q(99, 100), "beta2": Q(9, 10)}, FADES),
        ("adabelief", {"beta1": Q(99, 100), "beta2": Q(9, 10)}, FADES),
        (STALE, {"beta1": Q(99, 100), "beta2": Q(9, 10)}, FADES),
        # With decay too: from w_0 = 0 the run is soon beyond 1e100, while its decay cannot hold it.
        ("adam-abs", {"beta1": Q(9, 10), "beta2": Q(1, 2), "weight_decay": Q(1, 10)}, FADES),
        ("nadam", {"beta1": Q(9, 10), "beta2": Q(1, 2), "weight_decay": Q(1), "decay": Q(0)}, FADES),
        (GROWS, {}, "trait forgets"),
        ("clipped", {"decay": Q(0), "lr": Q(10)}, "every step is below 2 over the curvature"),
    ],
)
def test_each_hypothesis_that_fails_takes_the_word_away(
    name: str | Rule, options: dict[str, Any], text: str
) -> None:
    found = predicted(name, **options)
    (given,) = [given for given in found.hypotheses if text in given.text]
    assert given.holds is not True
    assert found.word is Verdict.UNDECIDED


@pytest.mark.parametrize(
    "rule", ["adam", "nadam", "adam-abs", "adabelief", STALE], ids=lambda rule: getattr(rule, "name", rule)
)
@pytest.mark.parametrize("beta2", [Q(7, 10), Q(81, 100), Q(84, 100), Q(95, 100)])
def test_an_update_fades_where_it_does_so_in_steps_without_gradients(rule: str | Rule, beta2: Q) -> None:
    opt = optimizer(rule, beta1=Q(9, 10), beta2=beta2)
    step, h = opt.rule.step(MPF), opt.frozen(MPF)
    with digits(30):
        s, seen = tuple(MPF.number(Q(0)) for _ in opt.rule.states), MPF.number(Q(0))
        sizes = []
        for t in range(1200):
            u, s = step(MPF.number(Q(-1) ** t * (t % 7) if t < 20 else Q(0)), seen, s, h)
            sizes.append(abs(u))
    assert fades_at_rest(opt) == (sizes[-1] < sizes[-600] / 10)
    assert fades_at_rest(opt) == (opt.beta1 ** (1 if opt.rule.name == "adam-abs" else 2) < beta2)


def test_what_may_cancel_is_not_shown_to_fade() -> None:
    def centred(num: Numbers) -> Step:
        adam = stale(num)

        def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
            _, s = adam(g, seen, s, h)
            return num.ratio(s.m, num.sqrt(s.v - s.m * s.m)), s

        return step

    assert not fades_at_rest(optimizer(replace(STALE, define=centred)))


def test_a_limit_along_which_a_margin_does_not_grow_takes_the_word_away() -> None:
    found = predicted("adam")
    (limit,) = found.limits
    for direction in (-limit.direction, np.array([1.0, -3.0]) / 10**0.5):
        (given,) = of_limits(TWO, [replace(limit, direction=direction)])
        assert given.holds is None
        assert replace(found, hypotheses=(given,)).word is Verdict.UNDECIDED


def test_completeness_is_asked_of_certified_limits_and_of_entries_that_are_not_0() -> None:
    opt = optimizer("adam-proxy")
    (limit,) = predict(TWO, opt, starts=0).limits
    assert whether_all(TWO, opt, [limit], ()) == (True, "")
    measured = replace(limit, evidence=Verdict.MEASURED)
    assert whether_all(TWO, opt, [measured], ()) == (
        False,
        "not decided whether these are all: one of them is not certified",
    )
    zeros = predict(dataset((1, 3, 0), (2, -1, 1)), opt, starts=0)
    assert {each.evidence for each in zeros.limits} == {Verdict.CERTIFIED}
    assert not zeros.complete
    assert "some entries are 0" in zeros.note


@pytest.mark.parametrize("norm", ["l2", "linf", "mahalanobis", "free"])
def test_a_margin_is_certified_only_where_the_checker_accepts_its_certificate(
    norm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> MaxMargin:
        if norm == "free":
            return max_margin([[1], [-2], [3]], [1, -1, 1], intercept="free")
        return max_margin(TWO, norm=norm, weights="1/2,1/2" if norm == "mahalanobis" else None)

    assert found().to_dict()["evidence"] == "certified"
    monkeypatch.setattr(margin, "check_document", lambda document: Checked(None, "effort", "too much"))
    lower = found()
    assert lower.to_dict()["evidence"] == "measured"
    assert "no certificate: effort: too much" in str(lower)


@pytest.mark.parametrize(
    ("opt", "proved"), [("signgd", True), ("ngd", True), ("signum", False), ("adam-proxy", False)]
)
def test_where_growth_is_proved_nothing_is_assumed_of_the_weights(opt: str, proved: bool) -> None:
    data = dataset((2, -1), (1, 1), (4, 3))
    found = predict(data, optimizer(opt), starts=0, digits=0)
    assert ("whether the weights of the samples converge or not" in found.statement) is proved
    assert any(each.text == "the weights of the samples converge" for each in found.hypotheses) is not proved


def test_what_a_rule_or_its_steps_do_not_fulfil_is_said_with_what_would_do() -> None:
    asked = optimizer(Rule("soft", soft, degree=0))
    (given,) = [given for given in of_question(TWO, asked) if given.text.startswith("trait degree: ")]
    assert given.holds is False
    ending = optimizer("adam", schedule="linear")
    assert steps_vanish(ending).remedy == ENDS.format(schedule=ending.schedule)


@pytest.mark.parametrize(
    ("name", "options", "start", "how"),
    [
        ("gd", {}, (), "checked"),
        ("gd", {}, (Q(1), Q(0)), "assumed"),
        ("gd", {"batch_size": 1}, (), "assumed"),
        ("momentum", {}, (), "assumed"),
        ("adamw", {"beta2": "19/20"}, (), "checked"),
        ("adamw", {"beta2": "1/2"}, (), "assumed"),
    ],
)
def test_steps_and_updates_are_bounded_only_where_a_formula_says_so(
    name: str, options: dict[str, Any], start: tuple[Q, ...], how: str
) -> None:
    """Steps by the curvature of the exponential loss from w_0 = 0; updates in the mean by beta1 <= beta2."""
    opt = optimizer(name, **{"loss": "exponential", "batch_size": "full", **options})
    (given,) = [
        given
        for given in of_question(TWO, opt, start)
        if "small enough" in given.text or "curvature" in given.text or "in the mean" in given.text
    ]
    assert given.how == how


def test_an_update_of_degree_1_has_to_be_linear_and_steps_of_a_rule_that_remembers_must_not_end() -> None:
    leaky = Rule("leaky", lambda num: lambda g, seen, s, h: (num.max(g, 2 * g), s), degree=1)
    for opt, text in (
        (optimizer(leaky), "trait update: it is linear"),
        (optimizer("amsgrad", schedule="linear"), "the sum of the steps diverges"),
    ):
        (given,) = [given for given in of_question(TWO, opt) if given.text == text]
        assert given.holds is False


def test_costs_are_as_well_known_as_the_worst_of_the_limits_and_waves_have_to_attract() -> None:
    (limit,) = predicted("adam").limits
    less = replace(limit, evidence=Verdict.MEASURED)
    assert [of_limits(TWO, each)[0].how for each in ([limit], [limit, less])] == ["certified", "measured"]
    for found, holds in (
        (("attracting", "repelling"), True),
        (("repelling",), False),
        (("repelling", "undetermined"), None),
    ):
        waves = [replace(limit, growth=1.0, stability=stability) for stability in found]
        assert of_waves(waves)[0].holds is holds

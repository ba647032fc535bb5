"""Predictions of rules that ship and of those of one's own, and refusals by the trait that fails."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from test_rules import soft, squared_mean

from marginproof import Rule, State
from verify.data import Dataset
from verify.data.families import gaussian
from verify.errors import BadInput
from verify.evidence import Verdict
from verify.game import predict
from verify.game.hypotheses import of_question, stops
from verify.game.playable import require_playing
from verify.game.signs.moves import fading, moves_by_signs
from verify.game.signs.switching import bound
from verify.game.smooth.certify import game_fields
from verify.numbers.system import Numbers
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.rules import RULES
from verify.optimizers.traits import traits
from verify.optimizers.trajectory import trajectory

ADAM, SIGNUM = RULES["adam"], RULES["signum"]


DATA = gaussian(4, 3)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("amsgrad", "the margin game needs the trait forgets, and top is not affine in itself"),
        ("adagrad", "the margin game needs the trait forgets, and v is a sum without decay"),
        (replace(RULES["adagrad"], forgets=True), "v is a sum without decay"),
    ],
    ids=["amsgrad", "adagrad", "adagrad that is declared to forget"],
)
def test_what_remembers_is_measured_at_most(rule: str | Rule, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        require_playing(optimizer(rule), DATA.n)
    assert predict(DATA, optimizer(rule)).word in (Verdict.MEASURED, Verdict.UNDECIDED)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("clipped", "the margin game needs the trait degree, and clipped declares no degree"),
        ("norm-clipped", "the margin game needs the trait degree"),
        pytest.param("adamw", "weight_decay=1/100: with it w stays bounded", marks=pytest.mark.slow),
    ],
)
def test_what_plays_another_game_does_not_come_in_by_the_door_of_the_margin_game(
    name: str, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        require_playing(optimizer(name), DATA.n)
    assert predict(DATA, optimizer(name)).limits


def nothing_is_said(opt: Optimizer, said: str) -> None:
    """Assert that the game's door names the trait, and that a prediction has no limit and a reason."""
    with pytest.raises(BadInput, match=said):
        require_playing(opt, DATA.n)
    found = predict(DATA, opt)
    assert not found.limits
    assert found.word is Verdict.UNDECIDED
    assert any(stops(each) and each.remedy in found.note for each in found.hypotheses)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule("soft", soft, degree=0), "soft is not shown to be homogeneous"),
        (Rule("soft", soft, degree=1), "soft is not shown to be homogeneous"),
        (replace(ADAM, define=squared_mean), "v is not affine in itself"),
        (replace(ADAM, states=(State("m", 1), State("v", 1))), "takes degree 1 and degree 2 together"),
        (
            Rule("pull", lambda num: lambda g, seen, s, h: (g + h.w, s), degree=1),
            "degree 1 and degree 0 together",
        ),
        (
            Rule("aged", lambda num: lambda g, seen, s, h: (num.sign(g) * h.eta, s), update="sign"),
            "neither w nor eta",
        ),
    ],
    ids=lambda part: getattr(part, "name", ""),
)
def test_nothing_is_predicted_for_a_rule_that_is_not_what_it_declares(rule: Rule, said: str) -> None:
    """Taken at its word, such a rule gets certified limits that its runs do not go to."""
    nothing_is_said(optimizer(rule), said)


def test_a_step_that_divides_by_0_at_frozen_gradients_is_refused_at_the_full_batch() -> None:
    with pytest.raises(BadInput, match="optimizer=adabelief, batch-size=4: the step divides by 0"):
        predict(DATA, optimizer("adabelief", batch_size="full"))


@pytest.mark.parametrize("name", ["lion", "rmsprop", "nadam", "adam-abs"])
def test_full_batches_go_to_the_l_inf_max_margin(name: str) -> None:
    wanted = predict(DATA, optimizer("signgd")).limits[0]
    (found,) = predict(DATA, optimizer(name, batch_size="full")).limits
    assert found.direction == pytest.approx(wanted.direction, abs=1e-15)
    assert found.evidence == wanted.evidence


@pytest.mark.parametrize("options", [{}, {"nesterov": 1}, {"dampening": "1/2", "batch_size": 2}])
def test_momentum_goes_to_the_l2_max_margin(options: dict[str, Any]) -> None:
    wanted = predict(DATA, optimizer("gd")).limits[0]
    (found,) = predict(DATA, optimizer("momentum", **options)).limits
    assert found.direction == pytest.approx(wanted.direction, abs=1e-15)


@pytest.mark.parametrize("name", ["nadam", "rmsprop", "adam-abs", "adabelief"])
def test_runs_by_samples_go_to_the_predicted_limit(name: str) -> None:
    """Increments of a run: at steps of 1e-4 they are some 1e-4 radian away, 1 - cos of 1.3e-8 at most was seen."""
    opt = optimizer(name, beta2="9/10", **({"beta1": "1/2"} if name != "rmsprop" else {}))
    limits = predict(DATA, opt, starts=0, prove=False).limits
    half, last = trajectory(DATA.floats(), opt, [1_000_000, 2_000_000]).weights
    moved = (last - half) / np.linalg.norm(last - half)
    assert min(1 - float(moved @ limit.direction) for limit in limits) < 1e-7


def test_a_rule_that_borrows_a_name_carries_its_own_program() -> None:
    def uphill(num: Numbers) -> Any:
        step = ADAM.define(num)

        def against(g: Any, seen: Any, s: Any, h: Any) -> Any:
            u, s = step(g, seen, s, h)
            return 2 * u, s

        return against

    same = replace(ADAM, define=lambda num: ADAM.define(num))
    carried = [
        game_fields(DATA, optimizer(rule))["rule"] for rule in (ADAM, same, replace(ADAM, define=uphill))
    ]
    assert carried[0] == carried[1] != carried[2]


def minus_sign(num: Numbers) -> Any:
    """Signum, with two signs turned."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        m = h.beta1 * s.m + (1 - h.beta1) * g
        return -num.sign(-m), s._replace(m=m)

    return step


def sign_of_signs(num: Numbers) -> Any:
    """A majority of three signs, which is the sign of no linear form."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        m = h.beta1 * s.m + (1 - h.beta1) * g
        return num.sign(num.sign(g) + num.sign(m) + num.sign(s.m)), s._replace(m=m)

    return step


def test_a_sign_written_otherwise_has_the_same_memory() -> None:
    opt = optimizer(SIGNUM, beta1="3/4")
    turned = optimizer(replace(SIGNUM, define=minus_sign), beta1="3/4")
    assert moves_by_signs(turned)
    assert fading(turned, 4) == fading(opt, 4) == [1, Fraction(3, 4), Fraction(9, 16), Fraction(27, 64)]


def test_signs_put_together_otherwise_are_no_game_of_signs() -> None:
    opt = optimizer(replace(SIGNUM, define=sign_of_signs))
    assert traits(opt.rule).update == "sign"
    assert not moves_by_signs(opt)


def quotient(num: Numbers) -> Any:
    """m / |m|, whose author wrote no sign."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        m = h.beta1 * s.m + (1 - h.beta1) * g
        return m / ((h.beta1 * s.m + (1 - h.beta1) * g) ** 2) ** 0.5, s._replace(m=m)

    return step


def late_sign(num: Numbers) -> Any:
    """The sign of m before the gradient comes in: of the last one most is left a step later."""
    return lambda g, seen, s, h: (num.sign(s.m), s._replace(m=h.beta1 * s.m + (1 - h.beta1) * g))


def test_a_quotient_that_is_a_sign_is_one() -> None:
    """It was taken for the sign of the gradient, and a mean of signs was said to be the only limit."""
    rule = replace(SIGNUM, define=quotient)
    assert traits(rule).update == "sign"
    assert moves_by_signs(optimizer(rule))
    assert fading(optimizer(rule), 4) == fading(optimizer(SIGNUM), 4)


@pytest.mark.parametrize("batch_size", [1, "full"])
def test_signs_that_climb_have_no_limit(batch_size: int | str) -> None:
    """-sign(g) is no sign descent turned round: its margins fall."""
    rule = replace(RULES["signgd"], define=lambda num: lambda g, seen, s, h: (-num.sign(g), s))
    opt = optimizer(rule, batch_size=batch_size)
    assert fading(opt, 3) == [-1, 0, 0]
    found = predict(Dataset("two", ((Fraction(3), Fraction(1)), (Fraction(1), Fraction(2)))), opt)
    assert not found.limits


def test_a_sign_that_comes_late_is_followed() -> None:
    """What is left grows for a step: longer memories were looked for without end."""
    opt = optimizer(replace(SIGNUM, define=late_sign), beta1="1/2")
    assert fading(opt, 3) == [Fraction(1, 4), 1, Fraction(1, 2)]
    found = predict(DATA, opt, prove=False)
    half, last = trajectory(DATA.floats(), opt, [100_000, 200_000]).weights
    moved = (last - half) / np.linalg.norm(last - half)
    assert min(1 - float(moved @ limit.direction) for limit in found.limits) < 1e-6


def test_a_sum_that_vanishes_at_gradients_that_stay_is_no_game_of_signs() -> None:
    def change(num: Numbers) -> Any:
        return lambda g, seen, s, h: (num.sign(g - s.m), s._replace(m=g))

    assert not moves_by_signs(optimizer(replace(SIGNUM, define=change)))


def largest(num: Numbers) -> Any:
    """AdaMax: a maximum that fades, which is not affine."""

    def step(g: Any, seen: Any, s: Any, h: Any) -> Any:
        u = num.max(h.beta1 * s.u, num.abs(g))
        return g / u, s._replace(u=u)

    return step


def summed(num: Numbers) -> Any:
    """The sign of the sum of all gradients."""
    return lambda g, seen, s, h: (num.sign(s.m + g), s._replace(m=s.m + g))


def logarithmic(num: Numbers) -> Any:
    """sign(g), by logarithms."""
    return lambda g, seen, s, h: (g / num.exp(num.log(g * g) / 2), s)


@pytest.mark.parametrize(
    ("rule", "trait", "holds"),
    [
        (replace(SIGNUM, define=largest, states=(State("u"),), update="smooth"), "forgets", None),
        (replace(SIGNUM, define=summed), "forgets", False),
        (Rule("logs", logarithmic), "degree", None),
        (Rule("soft", soft), "degree", False),
    ],
)
def test_what_is_not_shown_is_not_said_to_be_false(rule: Rule, trait: str, holds: bool | None) -> None:
    rests = of_question(DATA, optimizer(rule, batch_size="full"))
    assert [each.holds for each in rests if each.text.startswith(f"trait {trait}")] == [holds]
    if holds is None:
        found = predict(DATA, optimizer(rule, batch_size="full"))
        assert not found.limits
        assert "is not shown" in found.note


def test_lion_forgets_by_its_second_rate_and_has_a_bound_of_its_own() -> None:
    """In an epoch of P steps over and over, m knows (1 - b2) b2^(a-1) / (1 - b2^P) of a gradient of a steps ago."""
    b1, b2, P = Fraction(1, 2), Fraction(3, 4), 4
    opt = optimizer("lion", beta1=b1, beta2=b2)
    knows = [(1 - b2) * b2 ** (a - 1) / (1 - b2**P) for a in range(1, P + 1)]
    wanted = [1 - b1 + b1 * knows[P - 1], *(b1 * each for each in knows[: P - 1])]
    assert fading(opt, P) == [each / wanted[0] for each in wanted]
    largest = max(sum(map(abs, row)) for row in DATA.rows)
    q = min(wanted) / max(wanted)
    assert bound(opt, DATA) == 2 * (1 - q) / (1 + q) * largest
    signum = optimizer("signum", beta1=b1)
    assert bound(signum, DATA) == 2 * Fraction(3, 4) * (1 - b1**3) / (1 + b1**3) * largest

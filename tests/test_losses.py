"""Each loss that ships passes the check of losses, and each trait declared wrongly is caught by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from verify.losses import LOSSES, Loss
from verify.losses.check_loss import check_loss
from verify.numbers.system import Numbers

LOGISTIC, EXPONENTIAL = LOSSES["logistic"], LOSSES["exponential"]


def polynomial(num: Numbers) -> Callable[[Any], Any]:
    """-l'(z) = 1 / (1 + z + |z|)^2, of a loss whose tail is 1/z."""
    softplus = num.softplus
    return lambda z: 1 / ((1 + softplus(z)) * (1 + softplus(z)))


def log_polynomial(num: Numbers) -> Callable[[Any], Any]:
    softplus, log = num.softplus, num.log
    return lambda z: -2 * log(1 + softplus(z))


POLYNOMIAL = Loss("polynomial", polynomial, log_polynomial, None)


@pytest.mark.parametrize("loss", [*LOSSES.values(), POLYNOMIAL], ids=str)
def test_a_loss_is_what_it_declares(loss: Loss) -> None:
    checked = check_loss(loss)
    assert checked.ok, checked
    assert checked.exponential == (loss is not POLYNOMIAL)


@pytest.mark.parametrize(
    ("trait", "loss"),
    [
        ("weight", replace(LOGISTIC, weight=lambda num: lambda z: 1 / (1 + num.exp(-z)))),
        ("log_weight", replace(LOGISTIC, log_weight=EXPONENTIAL.log_weight)),
        ("tail", replace(LOGISTIC, tail=EXPONENTIAL.tail)),
        ("tail", replace(POLYNOMIAL, tail=LOGISTIC.tail)),
        ("tail", replace(EXPONENTIAL, tail=None)),
        ("systems", replace(EXPONENTIAL, log_weight=lambda num: lambda z: num.log(num.exp(-z)))),
    ],
    ids=["rising", "another logarithm", "another tail", "a polynomial tail", "undeclared", "underflow"],
)
def test_a_trait_declared_wrongly_is_caught(trait: str, loss: Loss) -> None:
    wrong = [found.trait for found in check_loss(loss).traits if not found.ok]
    assert trait in wrong


def slow_tail(num: Numbers) -> Callable[[Any], Any]:
    """1 + E^(2^-17), which at the farthest margin that is tried is 1.47, and in the end 1."""
    sqrt = num.sqrt

    def tail(E: Any) -> Any:
        for _ in range(17):
            E = sqrt(E)
        return 1 + E

    return tail


SLOW_TAIL = Loss(
    "slow-tail",
    lambda num: lambda z: num.exp(-z) * (1 + num.exp(-z / 131072)),
    lambda num: lambda z: num.log(1 + num.exp(-z / 131072)) - z,
    slow_tail,
)
SQUARED = Loss(
    "squared", lambda num: lambda z: num.exp(-2 * z), lambda num: lambda z: -2 * z, lambda num: lambda E: E
)
NEGATIVE = replace(LOGISTIC, weight=lambda num: lambda z: 1 / (1 + num.exp(z)) - num.exp(0 * z - 9))
CONSTANT = replace(LOGISTIC, weight=lambda num: lambda z: num.exp(0 * z))
CANCELS = replace(EXPONENTIAL, log_weight=lambda num: lambda z: 10**12 - z - 10**12)


@pytest.mark.parametrize(
    ("trait", "loss", "said"),
    [
        ("weight", NEGATIVE, "not decreasing or not positive from z = 100000 on"),
        ("weight", CONSTANT, "not decreasing or not positive from z = -40 on"),
        ("tail", SLOW_TAIL, "not exponential: tail(exp(-z)) is far from tail(0) at z = 100000"),
        ("tail", SQUARED, "tail(0) = 0 is not positive"),
        ("systems", CANCELS, "float64 differs at z = -1/3"),
    ],
)
def test_what_is_found_in_place_of_a_trait_is_said(trait: str, loss: Loss, said: str) -> None:
    (found,) = [each.found for each in check_loss(loss, compiled=False).traits if each.trait == trait]
    assert found == said


@pytest.mark.parametrize(
    ("system", "part", "said"),
    [
        ("ball with derivatives", "tail", "the tail in balls with derivatives differs"),
        ("Taylor series with balls for coefficients", "tail", "the tail in series differs"),
        ("mpf", "weight", "mpf differs"),
        ("float64", "weight", "the weight in compiled float64 differs"),
    ],
)
def test_a_loss_that_is_another_in_one_number_system_is_refused(system: str, part: str, said: str) -> None:
    def elsewhere(num: Numbers) -> Callable[[Any], Any]:
        return getattr(EXPONENTIAL if num.name == system else LOGISTIC, part)(num)

    found = {trait.trait: trait for trait in check_loss(replace(LOGISTIC, **{part: elsewhere})).traits}
    assert [name for name, trait in found.items() if not trait.ok] == ["systems"]
    assert said in found["systems"].found


def test_where_the_weight_is_its_tail_to_the_last_bit() -> None:
    assert EXPONENTIAL.tail_from() == -float("inf")
    assert LOGISTIC.tail_from() == 37  # exp(-37) < 2^-53 < exp(-36)
    assert LOGISTIC.astray(36) > 0 == LOGISTIC.astray(37)


def test_what_no_precision_tells_is_open_and_not_false() -> None:
    """Two balls around e are never told apart."""

    def flat(num: Numbers) -> Callable[[Any], Any]:
        one, exp = num.number(Fraction(1)), num.exp
        return lambda z: exp(one + 0 * z)

    found = check_loss(Loss("flat", flat, lambda num: lambda z: 1 + 0 * z, None), compiled=False)
    assert {trait.trait: trait.verdict for trait in found.traits if not trait.ok} == {"weight": "open"}
    assert check_loss(replace(POLYNOMIAL, log_weight=flat), compiled=False)["log_weight"].verdict == "FALSE"

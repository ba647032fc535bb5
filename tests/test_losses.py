"""Each loss that ships passes the check of losses, and each trait declared wrongly is caught by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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


def test_where_the_weight_is_its_tail_to_the_last_bit() -> None:
    assert EXPONENTIAL.tail_from() == -float("inf")
    assert LOGISTIC.tail_from() == 37  # exp(-37) < 2^-53 < exp(-36)
    assert LOGISTIC.astray(36) > 0 == LOGISTIC.astray(37)

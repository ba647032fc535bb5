"""The logistic loss l(z) = log(1 + exp(-z))."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from verify.losses.loss import Loss
from verify.numbers.system import Numbers


def weight(num: Numbers) -> Callable[[Any], Any]:
    """-l'(z) = 1 / (1 + exp(z))."""
    exp = num.exp

    def weight(z: Any) -> Any:
        return 1 / (1 + exp(z))

    return weight


def log_weight(num: Numbers) -> Callable[[Any], Any]:
    """log(-l'(z)) = -softplus(z)."""
    softplus = num.softplus

    def log_weight(z: Any) -> Any:
        return -softplus(z)

    return log_weight


def tail(num: Numbers) -> Callable[[Any], Any]:
    """-l'(z) = E / (1 + E) at E = exp(-z)."""
    one = num.number(Fraction(1))
    return lambda shrunk: one / (one + shrunk)


LOSS = Loss("logistic", weight, log_weight, tail, source="Soudry et al. 2018")

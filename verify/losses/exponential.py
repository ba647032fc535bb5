"""The exponential loss l(z) = exp(-z)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from verify.losses.loss import Loss
from verify.numbers.system import Numbers


def weight(num: Numbers) -> Callable[[Any], Any]:
    """-l'(z) = exp(-z)."""
    exp = num.exp

    def weight(z: Any) -> Any:
        return exp(-z)

    return weight


def log_weight(num: Numbers) -> Callable[[Any], Any]:
    """log(-l'(z)) = -z."""

    def log_weight(z: Any) -> Any:
        return -z

    return log_weight


def tail(num: Numbers) -> Callable[[Any], Any]:
    """-l'(z) is E itself at E = exp(-z)."""
    one = num.number(Fraction(1))
    return lambda shrunk: one


LOSS = Loss("exponential", weight, log_weight, tail, source="Soudry et al. 2018")

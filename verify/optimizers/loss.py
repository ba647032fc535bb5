"""The two losses, by the one thing that an optimizer sees of them: the weight -l'(z) of a sample.

Log-scale engines take its logarithm (`LOSSES`), the others the weight itself (`WEIGHTS`), which is exact
at z = 0: there balls can see that gradients cancel. What compares weights far out in the tail takes them as
factors of exp(-z) (`TAILS`).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from verify.numbers.system import Numbers


def logistic(num: Numbers) -> Callable[[Any], Any]:
    """l(z) = log(1 + exp(-z)), so -l'(z) = 1 / (1 + exp(z)) and its logarithm is -softplus(z)."""
    softplus = num.softplus

    def log_weight(z: Any) -> Any:
        return -softplus(z)

    return log_weight


def exponential(num: Numbers) -> Callable[[Any], Any]:
    """l(z) = exp(-z), so the logarithm of -l'(z) is -z."""

    def log_weight(z: Any) -> Any:
        return -z

    return log_weight


def logistic_weight(num: Numbers) -> Callable[[Any], Any]:
    """l(z) = log(1 + exp(-z)), so -l'(z) = 1 / (1 + exp(z))."""
    exp = num.exp

    def weight(z: Any) -> Any:
        return 1 / (1 + exp(z))

    return weight


def exponential_weight(num: Numbers) -> Callable[[Any], Any]:
    """l(z) = exp(-z), so -l'(z) is the same."""
    exp = num.exp

    def weight(z: Any) -> Any:
        return exp(-z)

    return weight


def logistic_tail(num: Numbers) -> Callable[[Any], Any]:
    """-l'(z) = exp(-z) / (1 + exp(-z)): the second factor, as a function of exp(-z)."""
    one = num.number(Fraction(1))
    return lambda shrunk: one / (one + shrunk)


def exponential_tail(num: Numbers) -> Callable[[Any], Any]:
    """-l'(z) is exp(-z) itself."""
    one = num.number(Fraction(1))
    return lambda shrunk: one


LOSSES = {"logistic": logistic, "exponential": exponential}
WEIGHTS = {"logistic": logistic_weight, "exponential": exponential_weight}
TAILS = {"logistic": logistic_tail, "exponential": exponential_tail}

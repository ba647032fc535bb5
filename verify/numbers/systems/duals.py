"""Balls that carry first derivatives: forward mode, so that a rule yields its Jacobian by being run.

A dual is a value and its derivatives by r variables. Constants carry none, and cost no more than balls.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from verify.errors import Undecided
from verify.numbers.system import Numbers
from verify.numbers.systems.balls import Ball, ball, log, ratio, sign, sqrt

Slopes = tuple[Ball, ...]


class Dual:
    """A ball and its derivatives, () for a constant. Operands may be balls or integers, taken as constants."""

    __slots__ = ("slopes", "value")

    def __init__(self, value: Ball, slopes: Sequence[Ball] = ()) -> None:
        self.value = value
        self.slopes: Slopes = tuple(slopes)

    def __add__(self, other: Any) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.value + other, self.slopes)
        return Dual(self.value + other.value, _sum(self.slopes, other.slopes))

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return Dual(-self.value, [-s for s in self.slopes])

    def __sub__(self, other: Any) -> Dual:
        return self.__add__(-other)

    def __rsub__(self, other: Any) -> Dual:
        return self.__neg__().__add__(other)

    def __mul__(self, other: Any) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.value * other, [s * other for s in self.slopes])
        mine = [s * other.value for s in self.slopes]
        return Dual(self.value * other.value, _sum(mine, [s * self.value for s in other.slopes]))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.value / other, [s / other for s in self.slopes])
        value = self.value / other.value
        turned = _sum(self.slopes, [-value * s for s in other.slopes])
        return Dual(value, [s / other.value for s in turned])

    def __rtruediv__(self, other: Any) -> Dual:
        return Dual(other * ball(1)).__truediv__(self)


def variables(values: Sequence[Ball]) -> list[Dual]:
    """Independent variables: the i-th has derivative 1 by itself and 0 by the others."""
    zero, one = ball(0), ball(1)
    return [
        Dual(value, [one if i == j else zero for j in range(len(values))]) for i, value in enumerate(values)
    ]


def jacobian(values: Sequence[Dual], r: int) -> list[Slopes]:
    """Their derivatives by r variables, a row each; a constant's are 0."""
    constant = (ball(0),) * r
    return [value.slopes or constant for value in values]


def _sum(a: Sequence[Ball], b: Sequence[Ball]) -> Sequence[Ball]:
    if not a or not b:
        return a or b
    return [x + y for x, y in zip(a, b, strict=True)]


def _sqrt(a: Dual) -> Dual:
    root = sqrt(a.value)
    if root.is_zero():
        if a.slopes and not all(s.is_zero() for s in a.slopes):
            raise Undecided("the derivative of a square root at 0")
        return Dual(root)
    double = root + root
    return Dual(root, [s / double for s in a.slopes])


def _exp(a: Dual) -> Dual:
    value = a.value.exp()
    return Dual(value, [s * value for s in a.slopes])


def _log(a: Dual) -> Dual:
    return Dual(log(a.value), [s / a.value for s in a.slopes])


def _softplus(a: Dual) -> Dual:
    growth = a.value.exp()
    return Dual(growth.log1p(), [s * growth / (1 + growth) for s in a.slopes])


def _ratio(a: Dual, b: Dual) -> Dual:
    if b.value > 0 or b.value < 0:
        return a / b
    return Dual(ratio(a.value, b.value))  # 0/0 = 0, or the reason why not


def _sign(a: Dual) -> Dual:
    return Dual(ball(sign(a.value)))


def _abs(a: Dual) -> Dual:
    way: int = sign(a.value)
    if way == 0 and not all(s.is_zero() for s in a.slopes):
        raise Undecided("the derivative of an absolute value at 0")
    return a if way > 0 else -a


def _max(a: Dual, b: Dual) -> Dual:
    way = sign(a.value - b.value)
    if way == 0 and (a.slopes or b.slopes):
        raise Undecided("the derivative of a maximum where both are equal")
    return a if way >= 0 else b


def _number(value: Fraction) -> Dual:
    return Dual(ball(value))


DUALS = Numbers(
    name="ball with derivatives",
    number=_number,
    sqrt=_sqrt,
    exp=_exp,
    log=_log,
    softplus=_softplus,
    sign=_sign,
    ratio=_ratio,
    abs=_abs,
    max=_max,
)

"""Balls with derivatives, on which a carried program is evaluated.

A value that depends on the weights is a ``Dual``: a ball, and its derivatives by the wanted weights as a row of balls,
or None where they vanish. All else is a plain ball. Where a function has a kink, derivatives are those of all its
sides, by which the mean value theorem still holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from flint import arb

from verify.errors import Undecided
from verify.numbers.systems.balls import Ball, around, ball, log, matrix, ratio, shown, sign, sqrt

Slopes = Any  # an arb_mat of one row, or None

ZERO, ONE, LESS = ball(0), ball(1), ball(-1)


class Dual:
    """A ball and its derivatives. It is ``factor`` times ``core``: so that a product with itself is known to be a
    square, whatever constants stand between."""

    __slots__ = ("core", "factor", "slopes", "value")

    def __init__(
        self, value: Ball, slopes: Slopes = None, core: Dual | None = None, factor: Ball = None
    ) -> None:
        self.value, self.slopes = value, slopes
        self.core: Dual = self if core is None else core
        self.factor: Ball = factor

    def times(self, by: Ball) -> Dual:
        """The product with a constant."""
        slopes = None if self.slopes is None else self.slopes * by
        return Dual(self.value * by, slopes, self.core, by if self.factor is None else by * self.factor)


Value = Any  # a Dual, or a ball


def lifted(a: Value) -> Dual:
    """As a Dual."""
    return a if type(a) is Dual else Dual(a)


def plus(a: Value, b: Value) -> Value:
    """The sum."""
    if type(a) is Dual and type(b) is Dual:
        return Dual(a.value + b.value, _sum(a.slopes, b.slopes))
    if type(a) is not Dual:
        a, b = b, a
    if type(a) is not Dual:
        return a + b
    return a if b.is_zero() else Dual(a.value + b, a.slopes)


def minus(a: Value, b: Value) -> Value:
    """The difference."""
    return plus(a, times(b, LESS))


def times(a: Value, b: Value) -> Value:
    """The product."""
    if type(a) is not Dual:
        a, b = b, a
    if type(a) is not Dual:
        return a * b
    if type(b) is not Dual:
        return b if b.is_zero() else a.times(b)
    if a.core is b.core:
        factor = b.factor if a.factor is None else a.factor if b.factor is None else a.factor * b.factor
        return square(a.core) if factor is None else square(a.core).times(factor)
    return Dual(a.value * b.value, _sum(_scaled(a.slopes, b.value), _scaled(b.slopes, a.value)))


def along(slope: Ball, s: Value, rest: Value) -> Value:
    """slope * s + rest."""
    if type(s) is not Dual or type(rest) is not Dual:
        return plus(times(s, slope), rest)
    if s.slopes is None:
        return Dual(s.value * slope + rest.value, rest.slopes)
    return Dual(s.value * slope + rest.value, _sum(s.slopes * slope, rest.slopes))


def square(a: Dual) -> Dual:
    """a^2, without the overestimate of a * a where a may be 0."""
    return Dual(squared(a.value), _scaled(a.slopes, 2 * a.value))


def squared(a: Ball) -> Ball:
    """a^2, likewise."""
    low, high = a.abs_lower(), a.abs_upper()
    return (low * low).union(high * high)


def quotient(a: Value, b: Value) -> Value:
    """a / b, with 0/0 = 0. Raises Undecided where b may be 0."""
    if type(b) is not Dual:
        return ratio(a, b) if type(a) is not Dual else times(a, 1 / b)
    a = lifted(a)
    if b.value > 0 or b.value < 0:
        value = a.value / b.value
        down = _scaled(b.slopes, -value)
        slopes = _sum(a.slopes, down)
        return Dual(value, None if slopes is None else slopes / b.value)
    if a.value.is_zero() and b.value.is_zero() and _flat(a) and _flat(b):
        return ZERO
    raise Undecided(f"a quotient by {shown(b.value)}")


def larger(a: Value, b: Value) -> Value:
    """The larger one."""
    if type(a) is not Dual and type(b) is not Dual:
        return a.max(b)
    a, b = lifted(a), lifted(b)
    if a.value > b.value or b.value > a.value:
        return a if a.value > b.value else b
    turn = _sum(b.slopes, _scaled(a.slopes, ball(-1)))
    return Dual(
        a.value.max(b.value),
        _sum(a.slopes, _scaled(turn, around(ball(Fraction(1, 2)), ball(Fraction(1, 2))))),
    )


def root(a: Value) -> Value:
    """The square root. Raises Undecided where there may be none, or no derivative."""
    if type(a) is not Dual:
        return sqrt(a)
    found = sqrt(a.value)
    if found.is_zero() and _flat(a):
        return ZERO
    if a.slopes is None:
        return Dual(found)
    if not found > 0:
        raise Undecided("the derivative of a square root that may be 0")
    return Dual(found, a.slopes / (2 * found))


def size(a: Value) -> Value:
    """The absolute value."""
    value = a.value if type(a) is Dual else a
    if value > 0 or value < 0:
        return a if value > 0 else times(a, LESS)
    absolute = value.abs_lower().union(value.abs_upper())
    return Dual(absolute, _scaled(a.slopes, around(ZERO, ONE))) if type(a) is Dual else absolute


def direction(a: Value) -> Ball:
    """The sign. Raises Undecided where it is not known."""
    return ball(sign(a.value if type(a) is Dual else a))


UNARY: dict[str, Callable[[Value], Value]] = {
    "-": lambda a: times(a, LESS),
    "sqrt": root,
    "sign": direction,
    "abs": size,
}
BINARY: dict[str, Callable[[Value, Value], Value]] = {
    "+": plus,
    "-": minus,
    "*": times,
    "/": quotient,
    "max": larger,
}


def _with_derivative(
    value: Callable[[Ball], Ball], slope: Callable[[Ball], Ball]
) -> Callable[[Value], Value]:
    def function(a: Value) -> Value:
        return Dual(value(a.value), _scaled(a.slopes, slope(a.value))) if type(a) is Dual else value(a)

    return function


exponential = _with_derivative(lambda a: a.exp(), lambda a: a.exp())
logarithm = _with_derivative(log, lambda a: 1 / a)
# What a loss's program has beside a rule's.
FUNCTIONS = {
    "exp": exponential,
    "log": logarithm,
    "softplus": _with_derivative(lambda a: a.exp().log1p(), lambda a: 1 / (1 + (-a).exp())),
}


def applied(op: str, args: Sequence[Value]) -> Value:
    """An operation of a program."""
    return (UNARY.get(op) or FUNCTIONS[op])(*args) if len(args) == 1 else BINARY[op](*args)


def _flat(a: Dual) -> bool:
    """Whether all its derivatives vanish."""
    return a.slopes is None or all(entry.is_zero() for entry in a.slopes.entries())


def _sum(a: Slopes, b: Slopes) -> Slopes:
    if a is None or b is None:
        return b if a is None else a
    return a + b


def _scaled(a: Slopes, by: arb) -> Slopes:
    return None if a is None else a * by


def row(entries: Sequence[Ball]) -> Slopes:
    """Derivatives, None where all vanish."""
    return None if all(entry.is_zero() for entry in entries) else matrix([entries])

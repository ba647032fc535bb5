"""Balls as decimal text, whatever their exponents.

An iterate that explodes is a number like 10^(10^9). It is never written out: it is divided by a power of ten, as a
ball, until its exponent is small, and the power goes into the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce

from verify.errors import Undecided
from verify.numbers.decimals import RADIUS_DIGITS, decimal_above, enclosing_decimals
from verify.numbers.systems import balls
from verify.numbers.systems.balls import Ball, Order, ball, compare

# Up to this power of 2, numbers are printed as the fractions they are.
MODERATE = 1 << 15


def printed(vector: Sequence[Ball], digits: int) -> list[tuple[str, str]]:
    """A decimal of ``digits`` digits for each ball, and a radius about it that covers the ball.

    Raises Undecided unless each ball is narrower than a unit of its last digit: of its least absolute value, or of
    the largest among all where it contains 0.
    """
    if all(_moderate(a) for a in vector):
        return enclosing_decimals([balls.bounds(a) for a in vector], digits)
    largest = largest_size(vector)
    return [_printed(a, digits, largest) for a in vector]


def largest_size(vector: Sequence[Ball]) -> Ball:
    """An upper bound of the entries' absolute values, as a ball (Python's max compares balls by luck)."""
    return reduce(lambda a, b: a.max(b), [abs(a.mid()) + a.rad() for a in vector])


def widest(vector: Sequence[Ball]) -> Ball:
    """The largest radius."""
    return reduce(lambda a, b: a.max(b), [a.rad() for a in vector])


def _moderate(a: Ball) -> bool:
    if not a.is_finite():
        raise Undecided(f"the one number in {balls.shown(a)}")
    return all(abs(int(part.man_exp()[1])) <= MODERATE for part in (a.mid(), a.rad()))


def _printed(a: Ball, digits: int, largest: Ball) -> tuple[str, str]:
    least = abs(a.mid()) - a.rad()
    has_sign = compare(least, ball(0)) is Order.GREATER
    width, unit_of = 2 * a.rad() * 10**digits, least if has_sign else largest
    if not a.is_zero() and compare(width, unit_of) is not Order.LESS:
        raise Undecided(f"the last of {digits} digits")
    if has_sign:
        power = _power_of_ten(a)
        ((text, radius),) = enclosing_decimals([balls.bounds(a / balls.power_of_ten(power))], digits)
        return _times(text, power), _times(radius, power)
    size = abs(a.mid()) + a.rad()
    if size.is_zero():
        return "0", "0"
    power = _power_of_ten(size)
    above = balls.bounds(size / balls.power_of_ten(power))[1]
    return "0", _times(decimal_above(above, RADIUS_DIGITS), power)


def _power_of_ten(a: Ball) -> int:
    """An integer near log10 |a|. Raises Undecided if the precision does not tell it."""
    logarithm = (balls.log(abs(a)) / balls.log(ball(10))).mid()
    power = logarithm.floor().unique_fmpz()
    if power is None:
        raise Undecided(f"the exponent of {balls.shown(a)}")
    return int(power)


def _times(text: str, power: int) -> str:
    """The decimal text times a power of ten that may be beyond what Decimal can hold."""
    sign, digits, exponent = Decimal(text).as_tuple()
    if not any(digits):
        return "0"
    first, rest = digits[0], "".join(map(str, digits[1:]))
    whole = power + int(exponent) + len(digits) - 1
    return f"{'-' if sign else ''}{first}{'.' if rest else ''}{rest}E{whole:+d}"

"""The value of a formula at a point, without sympy's algebra: in rationals where it can be, else in a ball.

A point gives each symbol a rational, and each indexed base or undefined function a Python function of its
arguments. Sums are added up term by term.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy
from sympy.core.function import AppliedUndef

from verify.numbers.systems.balls import BALLS, Ball, Order, Undecided, ball, compare, precision, sqrt, text

Point = Mapping[Any, Any]

# 400 bits of working precision; two formulas agree if their balls meet and are no wider than 2^-200.
BITS = 400
WIDTH = Fraction(1, 2**200)


class Irrational(ArithmeticError):
    """The value is not rational, or not by an operation known to stay rational."""


def exact(expression: Any, point: Point) -> Fraction:
    """The value as a rational. Raises Irrational if a root, exponential or logarithm stands in the way."""
    value = _value(sympy.sympify(expression), point, rational=True)
    return Fraction(value)


def enclosure(expression: Any, point: Point) -> Ball:
    """A ball around the value at the precision in force. Raises Undecided where a sign is not known."""
    return _value(sympy.sympify(expression), point, rational=False)


def agree(left: Any, right: Any, point: Point) -> tuple[bool, str]:
    """Whether left = right at the point, and in which arithmetic that was seen.

    In balls: whether the difference contains 0 and is narrower than 2^-200 times the larger of 1 and |left|.
    """
    try:
        return exact(left, point) == exact(right, point), "exactly"
    except Irrational:
        pass
    with precision(BITS):
        a, b = enclosure(left, point), enclosure(right, point)
        gap = a - b
        narrow = compare(gap.rad(), ball(WIDTH) * (1 + abs(a))) is Order.LESS
        return bool(gap.contains(0)) and narrow, f"in {BITS}-bit balls"


def at_most(left: Any, right: Any, point: Point) -> tuple[bool, str]:
    """Whether left <= right at the point; in balls also if they cannot be told apart within 2^-200."""
    try:
        return exact(left, point) <= exact(right, point), "exactly"
    except Irrational:
        pass
    with precision(BITS):
        a, b = enclosure(left, point), enclosure(right, point)
        order = compare(a, b)
        if order is Order.UNDECIDED:
            tight = compare((a - b).rad(), ball(WIDTH) * (1 + abs(a))) is Order.LESS
            return tight, f"in {BITS}-bit balls"
        return order is not Order.GREATER, f"in {BITS}-bit balls"


def _value(e: Any, point: Point, rational: bool) -> Any:
    def go(part: Any) -> Any:
        return _value(part, point, rational)

    number = Fraction if rational else ball
    if e.is_Rational:
        return number(Fraction(int(e.p), int(e.q)))
    if e.is_Symbol:
        return _taken(point[e], rational)
    if e.is_Add:
        return sum((go(a) for a in e.args[1:]), go(e.args[0]))
    if e.is_Mul:
        product = go(e.args[0])
        for factor in e.args[1:]:
            product = product * go(factor)
        return product
    if e.is_Pow:
        return _power(e.base, e.exp, point, rational)
    if isinstance(e, sympy.exp):
        if rational:
            return _rational_exp(go(e.args[0]))
        return BALLS.exp(go(e.args[0]))
    if isinstance(e, sympy.Sum):
        return _sum(e, point, rational)
    if isinstance(e, sympy.Indexed):
        return _taken(point[e.base](*(exact(i, point) for i in e.indices)), rational)
    if isinstance(e, AppliedUndef):
        return _taken(point[e.func](*(exact(a, point) for a in e.args)), rational)
    if isinstance(e, sympy.Mod):
        return number(exact(e.args[0], point) % exact(e.args[1], point))
    if isinstance(e, sympy.KroneckerDelta):
        return number(Fraction(int(exact(e.args[0], point) == exact(e.args[1], point))))
    if isinstance(e, sympy.Piecewise):
        for branch, condition in e.args:
            if _holds(condition, point):
                return go(branch)
        raise ValueError(f"no branch of {e} applies")
    return _function(e, go, rational)


def _taken(value: Any, rational: bool) -> Any:
    """A point's value in the arithmetic; a ball among rationals is Irrational."""
    if isinstance(value, int | Fraction):
        return Fraction(value) if rational else ball(Fraction(value))
    if rational:
        raise Irrational(f"a {type(value).__name__}")
    return value


def _function(e: Any, go: Callable[[Any], Any], rational: bool) -> Any:
    if isinstance(e, sympy.Abs):
        return abs(go(e.args[0]))
    if isinstance(e, sympy.sign):
        a = go(e.args[0])
        return Fraction((a > 0) - (a < 0)) if rational else BALLS.sign(a)
    if isinstance(e, sympy.log):
        if rational:
            if go(e.args[0]) == 1:
                return Fraction(0)
            raise Irrational(str(e))
        return go(e.args[0]).log()
    if isinstance(e, sympy.Max | sympy.Min) and rational:
        return (max if isinstance(e, sympy.Max) else min)(go(a) for a in e.args)
    raise NotImplementedError(f"the value of {e.func}")


def _rational_exp(a: Fraction) -> Fraction:
    if a == 0:
        return Fraction(1)
    raise Irrational(f"exp({a})")


def _sum(e: sympy.Sum, point: Point, rational: bool) -> Any:
    index, low, high = e.limits[-1]
    inner = e.function if len(e.limits) == 1 else sympy.Sum(e.function, *e.limits[:-1])
    total = Fraction(0) if rational else ball(0)
    for k in range(int(exact(low, point)), int(exact(high, point)) + 1):
        total = total + _value(inner, {**point, index: k}, rational)
    return total


def _power(base: Any, exponent: Any, point: Point, rational: bool) -> Any:
    if base is sympy.E:
        return _value(sympy.exp(exponent, evaluate=False), point, rational)
    try:
        power = exact(exponent, point)
    except Irrational:
        if rational:
            raise
        return (_value(base, point, False).log() * _value(exponent, point, False)).exp()
    value = _value(base, point, rational)
    if power.denominator == 1:
        return _repeated(value, int(power), rational)
    if rational:
        return _rational_root(value, power)
    if power.denominator == 2:
        return _repeated(sqrt(value), int(power.numerator), rational)
    if not value > 0:
        raise Undecided(f"the logarithm of {text(value, 5)}")
    return (value.log() * ball(power)).exp()


def _repeated(value: Any, power: int, rational: bool) -> Any:
    """value^power by squaring; a ball's own ** is nan where the ball reaches across 0."""
    if power < 0:
        return 1 / _repeated(value, -power, rational)
    result, square = (Fraction(1) if rational else ball(1)), value
    while power:
        if power & 1:
            result = result * square
        square, power = square * square, power >> 1
    return result


def _rational_root(value: Fraction, power: Fraction) -> Fraction:
    """value^power if that is rational and power a multiple of 1/2."""
    top, bottom = sympy.sqrt(value.numerator), sympy.sqrt(value.denominator)
    if power.denominator == 2 and value >= 0 and top.is_Integer and bottom.is_Integer:
        return Fraction(int(top), int(bottom)) ** int(power.numerator)
    raise Irrational(f"({value})^({power})")


def _holds(condition: Any, point: Point) -> bool:
    if condition in (sympy.true, True):
        return True
    left, right = (exact(a, point) for a in condition.args)
    return {
        sympy.Eq: left == right,
        sympy.Ne: left != right,
        sympy.Lt: left < right,
        sympy.Le: left <= right,
        sympy.Gt: left > right,
        sympy.Ge: left >= right,
    }[condition.func]

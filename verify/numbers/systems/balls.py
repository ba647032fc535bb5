"""Arb balls: a midpoint and a radius that contain the exact value, by python-flint.

flint's own constructor takes floats as exact and reads "nan"; its comparisons answer False where they do not
know; its precision is a global. So balls come in by one door (`ball`), are compared by one function
(`compare`), and are computed inside a `precision` block, or on the ladder of `climb`. What cannot be told
at the current precision raises `Undecided`; it is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import reduce
from typing import Any, NoReturn, TypeVar

from flint import acb_mat, arb, arb_mat, ctx, fmpq, fmpz

from verify.errors import Undecided as Undecided  # raised here, caught far away
from verify.numbers.system import Numbers

Ball = Any  # flint.arb, which comes without type annotations

# Decimal text: digits, a point, an exponent of at most six digits.
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,6})?")
QUOTIENT = re.compile(r"[+-]?[0-9]+/[0-9]+")

# The ladder of `climb` doubles the bits between these two.
FIRST_BITS = 128
LAST_BITS = 1 << 14

# No exact number with a larger power of 2 in it is written out as an integer or a fraction. The decimals that
# `ball` takes in have exponents of six digits, 10^999999 < 2^(2^22); a run that explodes has exponents beyond 10^9,
# and the integer would fill the memory.
MOST_EXPONENT = 1 << 22

T = TypeVar("T")


@dataclass(frozen=True)
class Dyadic:
    """A float that is meant exactly: the declaration `ball` wants before it takes one in."""

    value: float


class Order(Enum):
    """What two balls tell of the order of the two numbers. It has no truth value: ask ``is``."""

    LESS = "<"
    EQUAL = "="
    GREATER = ">"
    UNDECIDED = "?"

    def __bool__(self) -> NoReturn:
        raise TypeError("an Order is not true or false: ask whether it `is` one of LESS, EQUAL, GREATER")


def ball(value: int | Fraction | str | Dyadic) -> Ball:
    """A ball that contains an exact number: an int, a Fraction, text (3.25e-4 or 3/7), or a declared Dyadic.

    It is as tight as the current precision allows. Raises TypeError for anything else, floats and mpf among
    them (they may be rounded already), and ValueError for text or a Dyadic that spells no finite number.
    """
    if isinstance(value, Dyadic):
        if type(value.value) is not float:
            raise TypeError(f"Dyadic({value.value!r}) holds a {type(value.value).__name__}, not a float")
        value = _fraction(value.value)
    if type(value) is int:
        return arb(fmpz(value))
    if type(value) is Fraction:
        return arb(fmpq(value.numerator, value.denominator))
    if type(value) is str:
        if DECIMAL.fullmatch(value):
            return arb(value)
        if QUOTIENT.fullmatch(value) and int(value.partition("/")[2]):
            return ball(Fraction(value))
        raise ValueError(f"{value!r} is neither a decimal nor a fraction p/q")
    raise TypeError(f"{value!r} is a {type(value).__name__}: not known to be exact, so it makes no ball")


def around(center: Ball, radius: Ball) -> Ball:
    """A ball that contains every number within ``radius`` (>= 0) of a number in ``center``.

    Raises Undecided if the radius may be negative.
    """
    if not radius >= 0:
        raise Undecided(f"whether the radius {shown(radius)} is at least 0")
    return center + arb(0, radius)


def matrix(rows: Sequence[Sequence[Ball]]) -> arb_mat:
    """A matrix of balls; TypeError if an entry is not one."""
    for row in rows:
        for entry in row:
            if type(entry) is not arb:
                raise TypeError(f"{entry!r} is a {type(entry).__name__}, not a ball")
    return arb_mat([list(row) for row in rows])


def identity(size: int) -> arb_mat:
    """The identity matrix."""
    return matrix([[ball(int(i == j)) for j in range(size)] for i in range(size)])


def middles(of: arb_mat) -> arb_mat:
    """The matrix of the entries' middles, which are exact."""
    return matrix([[entry.mid() for entry in row] for row in of.tolist()])


def times(of: arb_mat, vector: Sequence[Ball]) -> list[Ball]:
    """A matrix times a vector."""
    return [row[0] for row in (of * matrix([[entry] for entry in vector])).tolist()]


def real_parts(of: arb_mat) -> list[Ball]:
    """The real parts of the eigenvalues of a square matrix, each as often as its multiplicity.

    Raises Undecided where several are so near each other that FLINT cannot enclose them.
    """
    try:
        return [eigenvalue.real for eigenvalue in acb_mat(of).eig(multiple=True)]
    except ValueError:
        raise Undecided("the eigenvalues of a matrix") from None


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Compute with this many bits inside the block; the former precision comes back afterwards."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


def bits() -> int:
    """The present precision."""
    return int(ctx.prec)


def climb(compute: Callable[[int], T], *, first: int = FIRST_BITS, last: int = LAST_BITS) -> T:
    """compute(bits) inside precision(bits), from ``first`` bits and twice as many each time it is Undecided.

    The last rung is ``last`` itself, from wherever the ladder begins: what needs fewer bits is never refused where
    what needs more is answered. Raises Undecided, with the last reason, when ``last`` bits do not suffice either.
    """
    bits = first
    while True:
        try:
            with precision(bits):
                return compute(bits)
        except Undecided as reason:
            if bits >= last:
                raise Undecided(f"{reason}, at {bits} bits") from None
        bits = min(2 * bits, last)


def compare(a: Ball, b: Ball) -> Order:
    """The order of the numbers a and b, or UNDECIDED; EQUAL needs both to be exact."""
    if a < b:
        return Order.LESS
    if a > b:
        return Order.GREATER
    if a.is_exact() and b.is_exact() and a == b:
        return Order.EQUAL
    return Order.UNDECIDED


def sign(a: Ball) -> int:
    """-1, 0 or 1. Raises Undecided if the ball contains 0 and more."""
    if a > 0:
        return 1
    if a < 0:
        return -1
    if a.is_zero():
        return 0
    raise Undecided(f"the sign of {shown(a)}")


def sqrt(a: Ball) -> Ball:
    """The square root. Raises Undecided if the ball reaches down to 0 without being 0."""
    root = a.sqrt()
    if root.is_nan():
        raise Undecided(f"the square root of {shown(a)}")
    return root


def log(a: Ball) -> Ball:
    """The logarithm. Raises Undecided unless the ball is positive."""
    if a > 0:
        return a.log()
    raise Undecided(f"the logarithm of {shown(a)}")


def ratio(a: Ball, b: Ball) -> Ball:
    """a / b, with 0/0 = 0 for exact zeros. Raises Undecided if b contains 0 and more, or a may be 0 and b is.

    Raises ZeroDivisionError if b is 0 and a is not.
    """
    quotient = a / b
    if not quotient.is_nan():
        return quotient
    if b.is_zero():
        if sign(a) == 0:
            return a
        raise ZeroDivisionError(f"{shown(a)} / 0")
    raise Undecided(f"a quotient by {shown(b)}")


def smallest(values: Sequence[Ball]) -> Ball:
    """A ball that contains the smallest of the numbers (Python's min compares balls by luck)."""
    return reduce(arb.min, values)


def fraction(a: Ball) -> Fraction:
    """The number that an exact ball is. Raises Undecided if it has a radius (or is not finite), or if its power of 2 is
    beyond MOST_EXPONENT."""
    if not (a.is_exact() and a.is_finite()):
        raise Undecided(f"the one number in {shown(a)}")
    mantissa, exponent = a.man_exp()
    if abs(int(exponent)) > MOST_EXPONENT:
        raise Undecided(f"{shown(a)} as a fraction, which would be too long to write out")
    power = Fraction(2) ** int(exponent)
    return int(mantissa) * power


def bounds(a: Ball) -> tuple[Fraction, Fraction]:
    """The ends of the ball, exactly. Raises Undecided if it is not finite."""
    middle, radius = fraction(a.mid()), fraction(a.rad())
    return middle - radius, middle + radius


def text(a: Ball, digits: int) -> str:
    """The ball as a decimal with at most ``digits`` digits, and a radius that covers the printing too."""
    return str(a.str(digits))


def power_of_ten(exponent: int) -> Ball:
    """10^exponent, for exponents of any size: balls have exponents without bound."""
    return arb(10) ** fmpz(exponent)


def shown(a: Ball) -> str:
    """The ball in an error message: five digits, and no exponent that fills the line."""
    written = text(a, 5)
    return written if len(written) <= 60 else f"{written[:28]}...{written[-28:]}"


def _exp(a: Any) -> Ball:
    """The exponential. Raises Undecided where it is beyond the exponents that balls have."""
    value = _of(a).exp()
    if value.is_finite() or not _of(a).is_finite():
        return value
    raise Undecided(f"the size of exp({shown(_of(a))})")


def _fraction(value: float) -> Fraction:
    try:
        return Fraction(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{value!r} is not a finite number") from None


def _of(value: Any) -> Ball:
    """The ball of a whole number, too: given Python's own, flint's functions would end the process."""
    return value if isinstance(value, arb) else ball(value)


def products(rows: Sequence[Sequence[Ball]]) -> Callable[[Sequence[Ball]], list[Ball]]:
    """The function of a vector that gives its inner product with each row, each rounded once by flint."""
    whole = matrix(rows)

    def of(vector: Sequence[Ball]) -> list[Ball]:
        found: list[Ball] = (whole * arb_mat(len(vector), 1, vector)).entries()
        return found

    return of


# The definitions divide by their roots: `ratio` finds out a root that is nan, so that sqrt need not look.
BALLS = Numbers(
    name="ball",
    number=ball,
    sqrt=lambda a: (a if isinstance(a, arb) else ball(a)).sqrt(),
    exp=_exp,
    log=lambda a: log(_of(a)),
    softplus=lambda a: _exp(a).log1p(),
    sign=lambda a: ball(sign(_of(a))),
    ratio=ratio,
    max=lambda a, b: _of(a).max(_of(b)),
    cos_pi=lambda a: _of(a).cos_pi(),
    products=products,
)

"""Numbers that carry a bound on what rounding may have done to them: running error analysis, operation by operation.

A number has a value x, a size s and an error e. The size is the value without cancellation: |.| of each term of a sum.
The error bounds how far any evaluation of the same formula in the format may be from x, where each operation is rounded
at most ``ROUNDINGS`` times, in proportion to the size of its result, and sums may be associated in any order. What is
below the smallest normal number may be flushed to 0, as XLA does; what may be beyond the largest has no bound.

Values are held in float64. Its own rounding is one more rounding of each operation, so that the reference needs no more
digits than the format that it is held against. Arrays of coordinates are computed at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.errors import BadInput
from verify.numbers.formats.format import Format
from verify.numbers.system import Numbers

# An operation of the formula may be two in an implementation: that of the operation, and that of a scalar which is
# taken to the format, or of a product that another form of the formula has more.
ROUNDINGS = 2
# A square root has one more: torch's vectorized root is one unit in the last place off, which is two roundings.
ROOT_ROUNDINGS = 3
# A power of a decay rate is within two units in the last place in the libraries that compute it in the format.
POWER_ROUNDINGS = 4
HELD = ("float64", "float32", "bfloat16", "float16")
OWN = 2.0**-53  # that of the float64 in which values are held


@dataclass(frozen=True)
class Precision:
    """What a format does to a result: relative error ``unit`` of a rounding, ``tiny`` lost below, ``top`` largest."""

    unit: float
    tiny: float
    top: float

    @property
    def each(self) -> float:
        """The relative error of an operation, with that of the reference."""
        return ROUNDINGS * self.unit + OWN


def precision_of(form: Format, role: str = "dtype") -> Precision:
    """That of a format. float16 is kept below its normal numbers everywhere; the other formats may be flushed.

    Raises BadInput for a format in which no library takes steps.
    """
    if form.name not in HELD:
        raise BadInput(f"{role}={form.name}: implementations are held in {', '.join(HELD)}")
    largest = 65504.0 if form.name == "float16" else float(np.finfo(form.real).max)
    tiny = math.exp(form.log_smallest) if form.name == "float16" else 2.0**form.lowest
    return Precision(2.0**-form.bits, tiny, largest)


class Bounded:
    """A number, or an array of them, with size and error."""

    __slots__ = ("e", "of", "s", "x")
    __array_priority__ = 100

    def __init__(self, x: Any, s: Any, e: Any, of: Precision) -> None:
        self.x, self.s, self.e, self.of = x, s, e, of

    def like(self, value: Any) -> Bounded:
        """Another operand: itself, or a number that is exact."""
        return value if isinstance(value, Bounded) else Bounded(np.float64(value), abs(value), 0.0, self.of)

    def made(self, x: Any, s: Any, e: Any, roundings: float | None = None) -> Bounded:
        """The result of an operation whose operands' errors make e, rounded."""
        of = self.of
        each = of.each if roundings is None else roundings * of.unit + OWN
        size = s + e
        e = e + each * size + of.tiny * (size > 0)
        return Bounded(x, s, np.where(size + e <= of.top, e, np.inf), of)

    def __add__(self, other: Any) -> Bounded:
        other = self.like(other)
        return self.made(self.x + other.x, self.s + other.s, self.e + other.e)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Bounded:
        other = self.like(other)
        return self.made(self.x - other.x, self.s + other.s, self.e + other.e)

    def __rsub__(self, other: Any) -> Bounded:
        return self.like(other) - self

    def __mul__(self, other: Any) -> Bounded:
        other = self.like(other)
        e = abs(self.x) * other.e + abs(other.x) * self.e + self.e * other.e
        return self.made(self.x * other.x, self.s * other.s, e)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Bounded:
        other = self.like(other)
        low = abs(other.x) - other.e
        x, s = self.x / other.x, self.s / abs(other.x)
        e = np.where(low > 0, (self.e + abs(x) * other.e) / low, np.inf)
        return self.made(x, s, e)

    def __rtruediv__(self, other: Any) -> Bounded:
        return self.like(other) / self

    def __neg__(self) -> Bounded:
        return Bounded(-self.x, self.s, self.e, self.of)

    def __abs__(self) -> Bounded:
        return Bounded(abs(self.x), self.s, self.e, self.of)

    def power(self, t: int) -> Bounded:
        """A positive number to a whole power, as one operation of a library."""
        x = self.x**t
        if t == 0:
            return self.like(1.0)
        return self.made(x, x, (self.x + self.e) ** t - x, POWER_ROUNDINGS)


def _sqrt(a: Bounded) -> Bounded:
    root = np.sqrt(a.x)
    divisor = root + np.sqrt(np.maximum(a.x - a.e, 0))
    e = np.where(a.e > 0, a.e / divisor, 0.0)
    return a.made(root, root, np.where(a.x >= 0, e, np.inf), ROOT_ROUNDINGS)


def _exp(a: Bounded) -> Bounded:
    x = np.exp(a.x)
    return a.made(x, x, x * np.expm1(a.e), POWER_ROUNDINGS)


def _log(a: Bounded) -> Bounded:
    low = a.x - a.e
    e = np.where(low > 0, a.e / low, np.inf)
    return a.made(np.log(a.x), abs(np.log(a.x)), e, POWER_ROUNDINGS)


def _softplus(a: Bounded) -> Bounded:
    x = np.logaddexp(0.0, a.x)
    return a.made(x, x, a.e, POWER_ROUNDINGS)


def _sign(a: Bounded) -> Bounded:
    known = (abs(a.x) > a.e) | (a.e == 0)
    return Bounded(np.sign(a.x), abs(np.sign(a.x)), np.where(known, 0.0, 2.0), a.of)


def _max(a: Bounded, b: Any) -> Bounded:
    b = a.like(b)
    return Bounded(np.maximum(a.x, b.x), np.maximum(a.s, b.s), np.maximum(a.e, b.e), a.of)


def bounded(of: Precision) -> Numbers:
    """The number system. 0/0 has no bound: the toolkit says 0, torch and optax nan, and neither is a fault."""

    def number(value: Any) -> Bounded:
        x = np.float64(value)
        exact = (math.frexp(x)[0] / of.unit).is_integer()
        return Bounded(x, abs(x), 0.0 if exact else of.unit * abs(x), of)

    def lifted(function: Callable[..., Bounded]) -> Callable[..., Bounded]:
        return lambda *args: function(*(a if isinstance(a, Bounded) else number(a) for a in args))

    return Numbers(
        name="bounded",
        number=number,
        sqrt=lifted(_sqrt),
        exp=lifted(_exp),
        log=lifted(_log),
        softplus=lifted(_softplus),
        sign=lifted(_sign),
        ratio=lambda a, b: number(0).like(a) / b,
        max=lifted(_max),
    )

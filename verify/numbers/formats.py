"""The formats people train in, rounded for real: float16, bfloat16, float32, float64.

A value of a 16-bit format is held in a float32 and rounded to the format after every operation. That is the
format's own arithmetic: with p bits wanted and 2p + 2 or more held, rounding twice gives what rounding once
would, for + - * / and sqrt (Figueroa 1995); here p = 11 or 8 and 24 are held.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.numbers.floats import strict
from verify.numbers.stored import stored
from verify.numbers.system import Numbers
from verify.numbers.traced import rounding_numbers


@dataclass(frozen=True)
class Format:
    """A binary floating-point format with ``bits`` of significand and normal numbers from 2^lowest on.

    ``real`` is the NumPy type that holds a value, ``rounded`` takes one of those to the format (compiled),
    and ``numbers`` compiles a rule's step in it.
    """

    name: str
    bits: int
    lowest: int
    real: Any
    rounded: Callable[[Any], Any]
    numbers: Numbers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", rounding_numbers(self.name, self.real, self.rounded))

    @property
    def log_normal(self) -> float:
        """The logarithm of the smallest normal number: below it digits are lost."""
        return self.lowest * math.log(2)

    @property
    def log_smallest(self) -> float:
        """The logarithm of the smallest positive number."""
        return (self.lowest - self.bits + 1) * math.log(2)

    @property
    def digits(self) -> float:
        """Decimal digits of the significand."""
        return self.bits * math.log10(2)

    def array(self, values: NDArray[np.float64]) -> NDArray[Any]:
        """The values rounded to the format, by way of ``real`` as in a conversion by torch."""
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is found out in the run
            held = np.array(values, self.real)
        _entrywise(self.rounded)(held.ravel())
        return held


@cache
def _entrywise(rounded: Callable[[Any], Any]) -> Callable[[NDArray[Any]], None]:
    """A compiled function that rounds the entries of a vector in place."""

    def fill(values: Any) -> None:
        for k in range(len(values)):
            values[k] = rounded(values[k])

    filled: Callable[[NDArray[Any]], None] = stored(strict(fill))
    return filled


def _same(x: Any) -> Any:
    return x


def _to_bfloat16(x: Any) -> Any:
    """A float32 to the nearest with 8 bits, ties to even: the upper half of its bits, rounded."""
    if x != x:
        return x
    bits = np.float32(x).view(np.uint32)
    return np.uint32((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).view(np.float32)


def _to_float16(x: Any) -> Any:
    """A float32 to the nearest float16, ties to even."""
    if x != x:
        return x
    bits = np.float32(x).view(np.uint32)
    normal = np.uint32((bits + 0xFFF + ((bits >> 13) & 1)) & 0xFFFFE000).view(np.float32)
    # Subnormal float16 are the multiples of 2^-24, as are float32 between 1/2 and 1.
    tiny = (x + np.float32(0.75)) - np.float32(0.75)
    if abs(x) < np.float32(2**-14):
        return tiny
    return normal if abs(normal) <= np.float32(65504) else x * np.float32(np.inf)


FORMATS = {
    form.name: form
    for form in (
        Format("float16", 11, -14, np.float32, strict(_to_float16)),
        Format("bfloat16", 8, -126, np.float32, strict(_to_bfloat16)),
        Format("float32", 24, -126, np.float32, strict(_same)),
        Format("float64", 53, -1022, np.float64, strict(_same)),
    )
}

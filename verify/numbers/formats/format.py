"""What a number format is: how a value is rounded to it, and where its numbers end.

A value of a 16-bit format is held in a float32 and rounded to the format after every operation. That is the
format's own arithmetic: with p bits wanted and 2p + 2 or more held, rounding twice gives what rounding once
would, for + - * / and sqrt (Figueroa 1995); here p = 11 or 8 and 24 are held.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.drawers import said
from verify.errors import BadInput
from verify.numbers.stored import stored
from verify.numbers.system import Numbers
from verify.numbers.systems.floats import strict
from verify.numbers.systems.traced import rounding_numbers


@dataclass(frozen=True)
class Format:
    """A binary floating-point format with ``bits`` of significand and normal numbers from 2^lowest on.

    ``real`` is the NumPy type that holds a value, float32 or float64; ``rounded`` takes one of those to the format: a
    function that numba compiles, or one that is compiled; ``numbers`` compiles a rule's step in it.

    Raises BadInput for what no format has.
    """

    name: str
    bits: int
    lowest: int
    real: Any
    rounded: Callable[[Any], Any]
    numbers: Numbers = field(init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not 0 < len(self.name) <= 60 or not self.name.isprintable():
            raise BadInput(f"format {self.name!r:.60}: its name is not a short plain text")
        if self.real not in (np.float32, np.float64):
            raise BadInput(
                f"format {self.name}: real={self.real!r:.60} is neither numpy.float32 nor numpy.float64"
            )
        held = np.finfo(self.real)
        for part, least, most in (("bits", 1, held.nmant + 1), ("lowest", int(held.minexp), 0)):
            value = getattr(self, part)
            if type(value) is not int or not least <= value <= most:
                raise BadInput(
                    f"format {self.name}: {part}={value!r:.60} is no whole number in [{least}, {most}]"
                )
        if not callable(self.rounded):
            raise BadInput(f"format {self.name}: rounded is a {type(self.rounded).__name__}, no function")
        if isinstance(self.rounded, FunctionType):
            try:
                object.__setattr__(self, "rounded", strict(self.rounded))
            except TypeError as error:
                raise BadInput(f"format {self.name}: rounded cannot be compiled: {said(error)}") from None
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

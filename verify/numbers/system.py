"""What an optimizer's definition may ask of numbers.

+, -, *, / and abs() are Python's; the rest is here, one record a number system.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any


def larger(a: Any, b: Any) -> Any:
    """The larger of two numbers that Python compares; for systems where a comparison is always decided."""
    return a if a >= b else b


@dataclass(frozen=True)
class Rounding:
    """A number format: ``real`` is the NumPy type that holds a value, ``rounded`` a compiled function that takes one
    of those to the format."""

    real: Any
    rounded: Callable[[Any], Any]


@dataclass(frozen=True)
class Numbers:
    """A number system, for elementwise use.

    number    takes a Fraction in, as exactly as the system can;
    sqrt, exp, log  the functions;
    softplus  log(1 + exp(z)), which the logistic loss is made of;
    sign      -1, 0 or 1;
    ratio     a / b with 0/0 = 0: a coordinate that never saw a gradient does not move;
    build     makes a function of definitions in this system: compiles it, or leaves it as it is;
    abs, max  the absolute value, and the larger of two numbers;
    cos_pi    cos(pi x), for schedules;
    rounding  what happens to the result of each operation, None where nothing does;
    products  makes of rows (n, d), n at least 2, the function of a vector that gives its inner product with each, None
              where these are sums of products like others.
    """

    name: str
    number: Callable[[Fraction], Any]
    sqrt: Callable[[Any], Any]
    exp: Callable[[Any], Any]
    log: Callable[[Any], Any]
    softplus: Callable[[Any], Any]
    sign: Callable[[Any], Any]
    ratio: Callable[[Any, Any], Any]
    build: Callable[[Any], Any] = lambda function: function
    abs: Callable[[Any], Any] = abs
    max: Callable[[Any, Any], Any] = larger
    cos_pi: Callable[[Any], Any] | None = None
    rounding: Rounding | None = None
    products: Callable[[Sequence[Sequence[Any]]], Callable[[Sequence[Any]], list[Any]]] | None = None

    @cached_property
    def zero(self) -> Any:
        """0."""
        return self.number(Fraction(0))

    def min(self, a: Any, b: Any) -> Any:
        """The smaller of two numbers."""
        return -self.max(-a, -b)

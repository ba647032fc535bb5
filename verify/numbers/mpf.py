"""mpmath's mpf: as many digits as asked, without a proof. Its precision is a global; `digits` sets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import mpmath

from verify.numbers.system import Numbers


@contextmanager
def digits(count: int) -> Iterator[None]:
    """Compute with this many decimal digits inside the block; the former precision comes back afterwards."""
    with mpmath.workdps(count):
        yield


def _number(value: Fraction) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator


def _ratio(a: Any, b: Any) -> Any:
    return b if a == 0 and b == 0 else a / b


MPF = Numbers(
    name="mpf",
    number=_number,
    sqrt=mpmath.sqrt,
    exp=mpmath.exp,
    log=mpmath.log,
    softplus=lambda z: mpmath.log1p(mpmath.exp(z)),
    sign=mpmath.sign,
    ratio=_ratio,
)

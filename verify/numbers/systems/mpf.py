"""mpmath's mpf: as many digits as asked, without a proof. Its precision is a global; `digits` sets it.

mpmath's numbers have exponents without bound, and its exponential of a number of size 2^k computes with k bits more:
for an iterate that explodes that ends the process. So an exponential is refused beyond LARGEST.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import mpmath

from verify.errors import Undecided
from verify.numbers.system import Numbers

# exp(x) is computed for |x| < 2^LARGEST: its exponent then has some 300 digits, which can still be printed.
LARGEST = 1000


@contextmanager
def digits(count: int) -> Iterator[None]:
    """Compute with this many decimal digits inside the block; the former precision comes back afterwards."""
    with mpmath.workdps(count):
        yield


def _number(value: Fraction) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator


def _ratio(a: Any, b: Any) -> Any:
    return b if a == 0 and b == 0 else a / b


def _exp(a: Any) -> Any:
    if mpmath.isfinite(a) and mpmath.mag(a) > LARGEST:  # the magnitude of 0 is -infinity
        raise Undecided(f"the size of exp(x) for an x beyond {'-' if a < 0 else ''}2^{LARGEST}")
    return mpmath.exp(a)


MPF = Numbers(
    name="mpf",
    number=_number,
    sqrt=mpmath.sqrt,
    exp=_exp,
    log=mpmath.log,
    softplus=lambda z: mpmath.log1p(_exp(z)),
    sign=mpmath.sign,
    ratio=_ratio,
    cos_pi=mpmath.cospi,
)

"""Power series with balls for coefficients, cut after so many terms: flint's arb_series.

Its length is a global like the precision; a coefficient beyond what is known reads 0; the root of a series that
begins with 0 is nan, and nan times the series 0 is 0; quotients raise errors of their own. So series come in by one
door (`series`), are computed inside a `terms` block and are read by one function (`coefficient`), and what may not
be analytic is Undecided.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from flint import arb_series, ctx

from verify.errors import Undecided
from verify.numbers.system import Numbers
from verify.numbers.systems.balls import Ball, ball, log, sign, text

Series = Any  # flint.arb_series, which comes without type annotations


@contextmanager
def terms(count: int) -> Iterator[None]:
    """Compute with so many terms inside the block; the former number comes back afterwards."""
    before = ctx.cap
    ctx.cap = count
    try:
        yield
    finally:
        ctx.cap = before


def series(coefficients: Sequence[Ball]) -> Series:
    """The polynomial with these coefficients, from the constant on, as a series of the terms in force."""
    return arb_series(list(coefficients), ctx.cap)


def coefficient(a: Series, k: int) -> Ball:
    """The k-th coefficient. Raises Undecided if the series was cut before it."""
    if k >= a.prec:
        raise Undecided(f"coefficient {k} of a series cut after {a.prec} terms")
    return a[k]


def _sqrt(a: Series) -> Series:
    if a[0] > 0:
        return a.sqrt()
    if a.length() == 0:
        return a
    raise Undecided(f"the square root of a series that begins with {text(a[0], 5)}")


def _log(a: Series) -> Series:
    log(a[0])  # or the reason why not
    return a.log()


def _sign(a: Series) -> Series:
    return series([ball(sign(a[0]))])


def _ratio(a: Series, b: Series) -> Series:
    if b[0] > 0 or b[0] < 0:
        return a / b
    if a.length() == b.length() == 0:
        return a  # 0/0 = 0
    raise Undecided(f"a quotient by a series that begins with {text(b[0], 5)}")


def _abs(a: Series) -> Series:
    if a.length() == 0:
        return a
    if sign(a[0]) == 0:
        raise Undecided("the absolute value of a series that begins with 0")
    return a * ball(sign(a[0]))


def _max(a: Series, b: Series) -> Series:
    way = sign(a[0] - b[0])
    if way == 0:
        raise Undecided("the maximum of two series that begin alike")
    return a if way > 0 else b


def _number(value: Fraction) -> Series:
    return series([ball(value)])


SERIES = Numbers(
    name="Taylor series with balls for coefficients",
    number=_number,
    sqrt=_sqrt,
    exp=lambda a: a.exp(),
    log=_log,
    softplus=lambda a: (1 + a.exp()).log(),
    sign=_sign,
    ratio=_ratio,
    abs=_abs,
    max=_max,
)

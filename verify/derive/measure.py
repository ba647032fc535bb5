"""Measurements in arbitrary precision: runs of an optimizer from its definition, and fitted orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath

from verify.derive.chain import Measured
from verify.derive.evaluate import Point, enclosure
from verify.numbers.systems.balls import bounds, precision
from verify.numbers.systems.mpf import MPF
from verify.optimizers.optimizer import optimizer
from verify.problem.interpreted import Iterate, interpreted

# Working precision of all measurements, in decimal digits, and of formulas evaluated beside them, in bits.
DIGITS = 120
FORMULA_BITS = 600

# Decays of Adam's moments in most measurements.
BETA1, BETA2 = Fraction(1, 2), Fraction(3, 5)
ADAM: dict[str, Any] = {"beta1": BETA1, "beta2": BETA2}


def agreement(quantity: str, predicted: Any, measured: Any, uncertainty: Any, over: str) -> Measured:
    """A measured number beside the predicted one; they agree if no further apart than the uncertainty."""
    return Measured(
        quantity,
        mpmath.nstr(predicted, 15),
        mpmath.nstr(measured, 15),
        mpmath.nstr(uncertainty, 2),
        mpmath.mp.dps,
        over,
        bool(abs(predicted - measured) <= uncertainty),
    )


def order_of(
    quantity: str, predicted: int | Fraction, residuals: Sequence[tuple[Any, Any]], over: str
) -> Measured:
    """The exponent p of residual ~ h^p as h falls, from the slopes between neighbouring (h, residual).

    The h, smaller from one to the next, span several decades. A slope differs from p by a multiple of h, so
    the slopes settle as fast as h falls; the last change of slope bounds what is still missing (it is more
    than the rest of a geometric sequence whose ratio is below 1/2), and is stated as the uncertainty.
    """
    logs = [(mpmath.log(h), mpmath.log(abs(residual))) for h, residual in residuals]
    slopes = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(logs)]
    return agreement(quantity, number(predicted), slopes[-1], abs(slopes[-1] - slopes[-2]), over)


def number(value: Fraction | int) -> Any:
    """The rational as an mpf."""
    return MPF.number(Fraction(value))


def rational(value: Any) -> Fraction:
    """The rational that an mpf is."""
    sign, mantissa, exponent, _ = value._mpf_
    return (-1 if sign else 1) * int(mantissa) * Fraction(2) ** int(exponent)


def formula(expression: Any, point: Point) -> Any:
    """A formula's value as an mpf, from a ball at 600 bits; raises ValueError if that ball is wide."""
    with precision(FORMULA_BITS):
        low, high = bounds(enclosure(expression, point))
    if high - low > (1 + abs(low)) / 2 ** (FORMULA_BITS - 100):
        raise ValueError(f"lost more than 100 bits in {expression}")
    return number((low + high) / 2)


def run(
    rule: str,
    rows: Sequence[Sequence[Fraction]],
    times: Sequence[int],
    *,
    lr: Fraction = Fraction(1),
    decay: Fraction = Fraction(0),
    start: Sequence[Fraction] = (),
    first: int = 0,
    loss: str = "exponential",
    **hyper: Any,
) -> Iterator[Iterate]:
    """The optimizer at the given times, in mpf at the precision in force, with eta_t = lr (t + first + 2)^-decay."""
    opt = optimizer(rule, lr=lr, decay=decay, loss=loss, **hyper)
    return interpreted(rows, opt, times, MPF, start=start, first=first)


def weights(*asked: Any, **options: Any) -> list[Sequence[Any]]:
    """w at the given times of :func:`run`."""
    return [found.w for found in run(*asked, **options)]

"""Measurements in arbitrary precision: runs of an optimizer from its definition, and fitted orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath

from verify.derive.chain import Measured
from verify.derive.definitions import hyper
from verify.derive.evaluate import Point, enclosure
from verify.losses import LOSSES
from verify.numbers.systems.balls import bounds, precision
from verify.numbers.systems.mpf import MPF
from verify.optimizers.rules import RULES
from verify.problem.problem import Problem, seen

# Working precision of all measurements, in decimal digits, and of formulas evaluated beside them, in bits.
DIGITS = 120
FORMULA_BITS = 600

Rows = Sequence[Sequence[Fraction]]


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


def constant_step(size: Any) -> Callable[[int], Any]:
    """The schedule eta_t = size."""
    return lambda _: size


def trajectory(
    name: str,
    X: Rows,
    eta: Callable[[int], Any],
    *,
    start: Sequence[Any],
    beta1: Fraction = Fraction(1, 2),
    beta2: Fraction = Fraction(3, 5),
    eps: Fraction = Fraction(0),
    batches: Sequence[Sequence[int]] | None = None,
    loss: str = "exponential",
) -> Iterator[tuple[list[Any], list[Any]]]:
    """w_t and the second moments before step t = 0, 1, ..., in mpf at the precision in force.

    ``batches`` are taken in turn; one sample each by default. X and start are rationals or mpf.
    """
    rule, problem = RULES[name], Problem(X, LOSSES[loss], MPF)
    step, h = rule.step(MPF), hyper(name, number(beta1), number(beta2), number(eps))
    turns = [[problem.X[a] for a in batch] for batch in batches or [[a] for a in range(len(X))]]
    w = [number(entry) if isinstance(entry, Fraction | int) else entry for entry in start]
    s = [(number(0),) * len(rule.states)] * len(w)
    second = next((place for place, state in enumerate(rule.states) if state.degree == 2), None)
    time = 0
    while True:
        yield w, [number(0) if second is None else each[second] for each in s]
        batch = turns[time % len(turns)]
        gradient, beside = seen(batch, problem.weights(batch, w), rule.reads, MPF)
        size, moved = eta(time), []
        for a, each in enumerate(w):
            u, s[a] = step(gradient[a], beside[a], s[a], h)
            moved.append(each - size * u)
        w, time = moved, time + 1


def state(run: Iterator[tuple[list[Any], list[Any]]], *times: int) -> list[list[Any]]:
    """w at the given times, in order."""
    wanted = sorted(times)
    found: list[list[Any]] = []
    for time, (w, _) in enumerate(run):
        if time == wanted[len(found)]:
            found.append(w)
            if len(found) == len(wanted):
                return found
    raise AssertionError("a trajectory does not end")

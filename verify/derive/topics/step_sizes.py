"""The step-size condition of the momentum proofs, for eta_t = (t + 2)^(-a)."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import limit
from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.evaluate import Point
from verify.derive.letters import beta, k, n
from verify.derive.measure import DIGITS, number, order_of
from verify.derive.points import positive, unit, whole
from verify.derive.prose import told
from verify.derive.roads import by_derivative, induction, inequality
from verify.numbers.systems.mpf import MPF, digits

a, c1, y, D = sympy.symbols("a c_1 y D", positive=True)
x, z, room = sympy.symbols("x z r", nonnegative=True)
u, age = sympy.symbols("u t", integer=True, nonnegative=True)
ratio = sympy.Symbol("rho", positive=True)


def _half(factor: int = 2) -> Assertion:
    """(t + 2)/(t - u + 2) <= 2 for u <= t/2: t = 2 u + r."""
    return inequality(
        (age + 2).subs(age, 2 * u + room),
        factor * (age - u + 2).subs(age, 2 * u + room),
        room + 2 + (factor - 2) * (u + room + 2),
        {u: whole(0, 9), room: whole(0, 9)},
        latex=rf"t + 2 \le {factor} (t - u + 2) \quad (t = 2u + r)",
    )


def _bernoulli(factor: int = 1) -> Assertion:
    """1 <= (1 + x)^b (1 - b x/(1+x)) for 0 < b <= 1, with b = 1/(1 + z)."""
    b = 1 / (1 + z)
    return by_derivative(
        sympy.Integer(1),
        (1 + x) ** (b - 1) * (1 + x - factor * b * x),
        x,
        z / (1 + z) ** 2 * x * (1 + x) ** (b - 2),
        {x: positive, z: positive},
        latex=r"1 \le (1+x)^b \Bigl(1 - \frac{b x}{1+x}\Bigr) \quad (b = \tfrac{1}{1+z} \le 1)",
    )


def _near(power: int = 2) -> Assertion:
    """sum of k rho^k against its limit, rho = 1/(1 + y)."""
    rho = 1 / (1 + y)
    partial = (rho - age * rho**age + (age - 1) * rho ** (age + 1)) / (1 - rho) ** 2
    return inequality(
        partial,
        rho / (1 - rho) ** power,
        rho**age * (age * y + 1) * (1 + y) / y**2,
        {y: positive, age: whole(0, 9)},
        latex=r"\sum_{k<t} k \rho^k \le \frac{\rho}{(1-\rho)^2} \quad (\rho = \tfrac{1}{1+y})",
    )


def _not_small(rng: random.Random, point: Point) -> Fraction:
    """A decay between 1/2 and 1: the second road wants an error that falls like a power of 1/2 or more."""
    return (1 + unit(rng, point)) / 2


def left_side(time: Any, decay: Fraction, constant: Any, rate: Any, terms: int) -> Any:
    """sum_s rate^s (exp(constant (eta_(t-1) + ... + eta_(t-s))) - 1) in mpf, to ``terms`` terms."""
    total, exponent = number(0), number(0)
    for term in range(1, terms + 1):
        exponent += constant * (time - term + 2) ** -number(decay)
        total += rate**term * (MPF.exp(exponent) - 1)
    return total


def _order(decay: Fraction, starts: range) -> Measured:
    with digits(DIGITS):
        constant, rate, residuals = number(2), number(Fraction(1, 2)), []
        for power in starts:
            time = number(10**power)
            eta = (time + 2) ** -number(decay)
            # terms beyond 500 are below 2^-500 exp(2 * 500 * eta): nothing at 120 digits
            value = left_side(time, decay, constant, rate, 500) / eta
            residuals.append((eta, value - constant * rate / (1 - rate) ** 2))
        return order_of(
            f"order in eta_t of (left side)/eta_t - c_1 beta/(1-beta)^2, a = {decay}",
            1,
            residuals,
            f"t = 1e{starts[0]} .. 1e{starts[-1]}, beta = 1/2, c_1 = 2",
        )


@cache
def step_sizes() -> Chain:
    """sum_{s<=t} beta^s (exp(c1 sum_{1<=u<=s} eta_{t-u}) - 1) <= c2 eta_t, for which a."""
    linear = (ratio - n * ratio**n + (n - 1) * ratio ** (n + 1)) / (1 - ratio) ** 2
    constant_steps = ((beta * D) ** n - 1) / (beta * D - 1) - (1 - beta**n) / (1 - beta)
    real_time = sympy.Symbol("t", positive=True)
    return told(
        __file__,
        "step-sizes",
        universal=True,
        steps={
            "half": _half(),
            "exponential": by_derivative(
                sympy.exp(x) - 1, x * sympy.exp(x), x, x * sympy.exp(x), {x: positive}
            ),
            "weighted-sum": induction(k * ratio**k, k, n, linear, {ratio: unit, n: whole(0, 9)}),
            "at-most-limit": _near(),
            "bernoulli": _bernoulli(),
            "logarithm": by_derivative(x / (1 + x), sympy.log(1 + x), x, x / (1 + x) ** 2, {x: positive}),
            "decreasing": limit(real_time ** (-a), real_time, sympy.oo, 0, {a: _not_small}),
            "slow-logarithm": limit(sympy.log(real_time) / real_time, real_time, sympy.oo, 0, {}),
            "lower": by_derivative(x, sympy.exp(x) - 1, x, sympy.exp(x), {x: positive}, order=2),
            "constant": induction(
                (beta * D) ** k - beta**k, k, n, constant_steps, {beta: unit, D: positive, n: whole(0, 8)}
            ),
            "boundary": limit(
                1 - beta**real_time,
                real_time,
                sympy.oo,
                1,
                {beta: unit},
                given=(lambda e: e.subs(beta, sympy.exp(-y)),),
            ),
        },
        wrong={
            "factor 1 for 2": _half(1),
            "(1 - rho) for its square": _near(1),
            "Bernoulli with twice the slope": _bernoulli(2),
            "sum of k rho^k without its last term": induction(
                k * ratio**k, k, n, linear.subs(n, n - 1), {ratio: unit, n: whole(1, 9)}
            ),
        },
        measurements=(
            lambda: _order(Fraction(1, 2), range(4, 17, 2)),
            lambda: _order(Fraction(1), range(4, 11)),
        ),
    )


PLACE, CHAINS = 180, {"step-sizes": step_sizes}

"""The step-size condition of the momentum proofs, for eta_t = (t + 2)^(-a)."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import limit
from verify.derive.chain import Chain, Claim, Measured, Step, Wrong
from verify.derive.evaluate import Point
from verify.derive.letters import beta, k, n
from verify.derive.measure import DIGITS, number, order_of
from verify.derive.points import positive, unit, whole
from verify.derive.roads import by_derivative, induction, inequality
from verify.numbers.systems.mpf import MPF, digits

a, c1, y, D = sympy.symbols("a c_1 y D", positive=True)
x, z, room = sympy.symbols("x z r", nonnegative=True)
u, age = sympy.symbols("u t", integer=True, nonnegative=True)
ratio = sympy.Symbol("rho", positive=True)


def _half(factor: int = 2) -> Claim:
    """(t + 2)/(t - u + 2) <= 2 for u <= t/2: t = 2 u + r."""
    return inequality(
        (age + 2).subs(age, 2 * u + room),
        factor * (age - u + 2).subs(age, 2 * u + room),
        room + 2 + (factor - 2) * (u + room + 2),
        {u: whole(0, 9), room: whole(0, 9)},
        latex=rf"t + 2 \le {factor} (t - u + 2) \quad (t = 2u + r)",
    )


def _bernoulli(factor: int = 1) -> Claim:
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


def _near(power: int = 2) -> Claim:
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
    return Chain(
        name="step-sizes",
        title="The step-size condition of the momentum proofs",
        scope="eta_t = (t+2)^(-a): holds for every 0 < a <= 1, every beta in (0, 1) and c_1 > 0; fails for a = 0",
        universal=True,
        source="condition: Zhang, Zou, Cao 2024 (as reconstructed); the constants are ours",
        remarks=(
            "For every $\\beta \\in (0,1)$ and $c_1 > 0$ there have to be $t_0$ and $c_2$ with "
            "$\\sum_{s \\le t} \\beta^s \\bigl(e^{c_1 \\sum_{1 \\le u \\le s} \\eta_{t-u}} - 1\\bigr) \\le "
            "c_2\\, \\eta_t$ for $t \\ge t_0$. (If the inner sum also has $u = 0$, replace $s$ by $s + 1$ "
            "below.)",
            "**Result.** It holds for $0 < a \\le 1$ with $c_2 = 2^a c_1 "
            "\\frac{\\sqrt\\beta}{(1-\\sqrt\\beta)^2} + 1$ and any $t_0$ from which on $2^a c_1 \\eta_t "
            "\\le \\frac12 \\ln\\frac1\\beta$ and $\\frac{\\beta^{t/2}}{1-\\beta} e^{c_1 T_t} \\le "
            "\\eta_t$, $T_t = \\sum_{u<t} \\eta_u$. No $c_2 < c_1 \\beta/(1-\\beta)^2$ will do, and that "
            "is the limit of the quotient. For $a = 0$ it fails as soon as $\\beta e^{c_1} \\ge 1$.",
            "**Proof.** Split the sum at $s = t/2$. For $s \\le t/2$ all steps in the exponent are at most "
            "$2^a \\eta_t$, so with $X = 2^a c_1 \\eta_t$ a term is at most $\\beta^s X s\\, e^{X s} \\le "
            "X s\\, \\beta^{s/2}$ once $X \\le \\frac12 \\ln\\frac1\\beta$. For $s > t/2$ a term is at "
            "most $\\beta^s e^{c_1 T_t}$, together $\\frac{\\beta^{t/2}}{1-\\beta} e^{c_1 T_t}$, and $T_t$ "
            "grows more slowly than $t$.",
        ),
        steps=(
            Step(
                "Half the memory sees steps of nearly the present size",
                _half(),
                "So $\\eta_{t-u} \\le 2^a \\eta_t$.",
            ),
            Step(
                "An exponential less one",
                by_derivative(sympy.exp(x) - 1, x * sympy.exp(x), x, x * sympy.exp(x), {x: positive}),
                "Equal at 0, and the derivative of the difference is $x e^x \\ge 0$.",
            ),
            Step(
                "The sum of $k \\rho^k$",
                induction(k * ratio**k, k, n, linear, {ratio: unit, n: whole(0, 9)}),
                "Induction on $n$; here $\\rho = \\sqrt\\beta$.",
            ),
            Step(
                "Never more than its limit",
                _near(),
                "The rest is $\\rho^t (t y + 1)(1+y)/y^2 \\ge 0$.",
            ),
            Step(
                "Bernoulli's inequality",
                _bernoulli(),
                "Equal at $x = 0$; the derivative is $b(1-b)\\, x (1+x)^{b-2} \\ge 0$. With "
                "$1 + x = (u+2)/(u+1)$, $b = 1 - a$: $(u+2)^{-a} \\le ((u+2)^{1-a} - (u+1)^{1-a})/(1-a)$, so "
                "$T_t \\le ((t+1)^{1-a} - 1)/(1-a)$.",
            ),
            Step(
                "The same for $a = 1$",
                by_derivative(x / (1 + x), sympy.log(1 + x), x, x / (1 + x) ** 2, {x: positive}),
                "So $1/(u+2) \\le \\ln\\frac{u+2}{u+1}$ and $T_t \\le \\ln(t+1)$.",
            ),
            Step(
                "The far half: decreasing steps",
                limit(real_time ** (-a), real_time, sympy.oo, 0, {a: _not_small}),
                "For every $a > 0$.",
            ),
            Step(
                "And logarithms beside $t$",
                limit(sympy.log(real_time) / real_time, real_time, sympy.oo, 0, {}),
                "By both, $\\frac1t \\ln\\bigl(\\beta^{t/2} e^{c_1 T_t} t^a\\bigr) \\to \\frac12 "
                "\\ln\\beta < 0$, since $T_t/t$ is at most a multiple of $t^{-a}$, or of $\\ln t/t$: the "
                "second condition on $t_0$ is met from some $t$ on.",
            ),
            Step(
                "A lower bound, term by term",
                by_derivative(x, sympy.exp(x) - 1, x, sympy.exp(x), {x: positive}, order=2),
                "And $\\sum_{1 \\le u \\le s} \\eta_{t-u} \\ge s\\, \\eta_t$ for decreasing steps: the "
                "left side is at least $c_1 \\eta_t \\sum_{s \\le t} s \\beta^s$, whose limit is $c_1 "
                "\\eta_t\\, \\beta/(1-\\beta)^2$.",
            ),
            Step(
                "Constant steps",
                induction(
                    (beta * D) ** k - beta**k, k, n, constant_steps, {beta: unit, D: positive, n: whole(0, 8)}
                ),
                "$D = e^{c_1}$. For $\\beta D > 1$ this grows without bound, and $\\eta_t = 1$ does not: "
                "the condition fails.",
            ),
            Step(
                "Constant steps at $\\beta e^{c_1} = 1$",
                limit(
                    1 - beta**real_time,
                    real_time,
                    sympy.oo,
                    1,
                    {beta: unit},
                    given=(lambda e: e.subs(beta, sympy.exp(-y)),),
                ),
                "The terms tend to 1, so the sum is unbounded here too. For $\\beta D < 1$ it would hold; "
                "but it is asked for every $c_1$.",
            ),
        ),
        wrong=(
            Wrong("factor 1 for 2", _half(1)),
            Wrong("(1 - rho) for its square", _near(1)),
            Wrong("Bernoulli with twice the slope", _bernoulli(2)),
            Wrong(
                "sum of k rho^k without its last term",
                induction(k * ratio**k, k, n, linear.subs(n, n - 1), {ratio: unit, n: whole(1, 9)}),
            ),
        ),
        measurements=(
            lambda: _order(Fraction(1, 2), range(4, 17, 2)),
            lambda: _order(Fraction(1), range(4, 11)),
        ),
    )


PLACE, CHAINS = 180, {"step-sizes": step_sizes}

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
from verify.derive.hypotheses import NOT_INCREASING, REMEMBERED, SCHEDULE, VANISHING, Under
from verify.derive.joins import chained, follows, scaled, substituted, summed, together
from verify.derive.letters import k, n
from verify.derive.measure import DIGITS, number, order_of
from verify.derive.points import Domain, beyond_one, indexed, positive, unit, whole
from verify.derive.prose import told
from verify.derive.roads import by_derivative, geometric, induction, inequality, rewriting
from verify.derive.sums import canonical
from verify.derive.topics.epoch_bound import MEMORY
from verify.derive.topics.growth_steps import in_a_ball
from verify.numbers.systems.balls import ball
from verify.numbers.systems.mpf import MPF, digits

# Either decay of the moments: of the chains that build on this each has its own.
beta = sympy.Symbol(r"\beta", positive=True)
a, c1, y, D, X = sympy.symbols("a c_1 y D X", positive=True)
x, z, room = sympy.symbols("x z r", nonnegative=True)
u, age = sympy.symbols("u t", integer=True, nonnegative=True)
ratio, b = sympy.symbols("rho b", positive=True)
# The sum of k rho^k over k < n.
LINEAR = (ratio - n * ratio**n + (n - 1) * ratio ** (n + 1)) / (1 - ratio) ** 2


def _half(factor: int = 2) -> Assertion:
    """(t + 2)/(t - u + 2) <= 2 for u <= t/2: t = 2 u + r."""
    return inequality(
        age + 2,
        factor * (age - u + 2),
        room + 2 + (factor - 2) * (u + room + 2),
        Under({u: whole(0, 9), age: whole(0, 20)}, 2 * u <= age, local=True),
        given=(lambda e: e.subs(age, 2 * u + room),),
    )


def _bernoulli(factor: int = 1) -> Assertion:
    """1 <= (1 + x)^b (1 - b x/(1+x)) for 0 < b <= 1, with b = 1/(1 + z)."""
    return by_derivative(
        sympy.Integer(1),
        (1 + x) ** b * (1 - factor * b * x / (1 + x)),
        x,
        z / (1 + z) ** 2 * x * (1 + x) ** (1 / (1 + z) - 2),
        {x: positive, z: positive},
        where={b: 1 / (1 + z)},
    )


def _near(power: int = 2) -> Assertion:
    """The closed sum of k rho^k against its limit, rho = 1/(1 + y)."""
    return inequality(
        LINEAR.subs(n, age),
        ratio / (1 - ratio) ** power,
        (1 + y) ** -age * (age * y + 1) * (1 + y) / y**2,
        {ratio: unit, age: whole(0, 9)},
        given=(lambda e: e.subs(ratio, 1 / (1 + y)),),
    )


def _at_most_limit(sum_of_k: Assertion, near: Assertion) -> Assertion:
    """Every partial sum of k rho^k."""
    domain: Domain = {ratio: unit, age: whole(0, 9)}
    return chained(substituted(sum_of_k, {n: age}, domain), near, domain=domain)


def _short(rng: random.Random, at: Point) -> Any:
    """X, no more than log(1/rho)."""
    return in_a_ball(-sympy.log(ratio), at) * ball(unit(rng, at))


# What is remembered of age t at the rate rho^2, where each step adds at most X to the exponent.
TERM = ratio ** (2 * age) * (sympy.exp(X * age) - 1)


def _term(exponential: Assertion) -> Assertion:
    """rho^(2 t) (e^(X t) - 1) <= X t rho^t for e^X <= 1/rho."""
    domain: Domain = {ratio: unit, age: whole(0, 9), X: _short}
    grown = scaled(substituted(exponential, {x: X * age}, domain), ratio ** (2 * age), domain)
    # e^X = e^-z/rho
    right = X * age * ratio**age
    falls: Domain = {ratio: unit, age: whole(0, 9), X: positive, z: positive}
    fallen = by_derivative(right * sympy.exp(-z * age), right, z, right * age * sympy.exp(-z * age), falls)
    powers = {sympy.exp(X * age): ratio**-age * sympy.exp(-z * age)}
    return chained(grown, fallen, domain=domain, given=(lambda e: e.subs(powers),))


def _near_half(term: Assertion, limit: Assertion) -> Assertion:
    """What is remembered of the near half is at most X rho/(1 - rho)^2."""
    count = sympy.Symbol("n", integer=True, nonnegative=True)
    domain: Domain = {ratio: unit, count: whole(0, 9), X: _short}
    each = summed(term, age, 0, count - 1, domain)
    bound = scaled(substituted(limit, {age: count}, domain), X, domain)
    return chained(each, bound, domain=domain, normal=canonical)


def _far_half(missed: int = 0) -> Assertion:
    """The sum of beta^s (e^E_s - 1) from s = t on is at most beta^t Z/(1 - beta), where no e^E_s is above Z."""
    Z, gap = sympy.symbols("Z gap", positive=True)
    E, less = sympy.IndexedBase("E", positive=True), sympy.IndexedBase("f", nonnegative=True)
    ages = (k, age, age + n - 1)
    domain: Domain = {
        beta: unit, age: whole(0, 4), n: whole(0, 4), Z: beyond_one,
        E: indexed(lambda rng, at: at[Z] * (1 - unit(rng, at) / 99)),
    }  # fmt: skip

    def closed(e: Any) -> Any:
        e = rewriting(E, lambda at: Z - less[at])(e).replace(sympy.Sum, split)
        return geometric(beta, k)(e).subs(1 - beta, gap)

    def split(summand: Any, *limits: Any) -> Any:
        terms = (term.as_independent(k, as_Add=False) for term in sympy.expand(summand).as_ordered_terms())
        return sympy.Add(*(free * sympy.Sum(inner, *limits) for free, inner in terms))

    because = sympy.Sum(beta**k * (less[k] + 1), ages) + beta ** (age + n) * Z / gap
    left, right = sympy.Sum(beta**k * (E[k] - 1), ages), beta ** (age + missed) * Z / (1 - beta)
    return inequality(left, right, because, domain, given=(closed,))


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
    constant_steps = ((beta * D) ** n - 1) / (beta * D - 1) - (1 - beta**n) / (1 - beta)
    real_time = sympy.Symbol("t", positive=True)
    return told(
        __file__,
        "step-sizes",
        steps={
            "half": _half(),
            "exponential": by_derivative(
                sympy.exp(x) - 1, x * sympy.exp(x), x, x * sympy.exp(x), {x: positive}
            ),
            "weighted-sum": induction(k * ratio**k, k, n, LINEAR, {ratio: unit, n: whole(0, 9)}),
            "near": _near(),
            "at-most-limit": follows(_at_most_limit, "weighted-sum", "near"),
            "term": follows(_term, "exponential"),
            "near-half": follows(_near_half, "term", "at-most-limit"),
            "far-half": _far_half(),
            "bernoulli": _bernoulli(),
            "logarithm": by_derivative(x / (1 + x), sympy.log(1 + x), x, x / (1 + x) ** 2, {x: positive}),
            "decreasing": limit(real_time ** (-a), real_time, sympy.oo, 0, {a: _not_small}).under(SCHEDULE),
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
            "condition": follows(
                together,
                *("half", "near-half", "far-half", "bernoulli", "logarithm", "decreasing"),
                *("slow-logarithm", "lower", "constant", "boundary"),
            ),
        },
        wrong={
            "factor 1 for 2": _half(1),
            "(1 - rho) for its square": _near(1),
            "Bernoulli with twice the slope": _bernoulli(2),
            "the far half twice as far": _far_half(9),
            "sum of k rho^k without its last term": induction(
                k * ratio**k, k, n, LINEAR.subs(n, n - 1), {ratio: unit, n: whole(1, 9)}
            ),
        },
        measurements=(
            lambda: _order(Fraction(1, 2), range(4, 17, 2)),
            lambda: _order(Fraction(1), range(4, 11)),
        ),
        gives={"condition": (REMEMBERED, MEMORY, NOT_INCREASING, VANISHING)},
    )


PLACE, CHAINS = 180, {"step-sizes": step_sizes}

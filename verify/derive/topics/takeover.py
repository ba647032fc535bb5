"""eps > 0: how fast gradients decay in full-batch Adam's sign phase, and when eps takes over."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import sympy

from verify.derive.analysis import expansion, limit
from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.definitions import rule_output
from verify.derive.evaluate import BITS, Irrational, Point, enclosure, exact
from verify.derive.hypotheses import FULL_BATCH, TAIL, Under, words
from verify.derive.joins import follows, together
from verify.derive.letters import b1, b2, m, v
from verify.derive.measure import ADAM, BETA1, BETA2, DIGITS, agreement, number, run, weights
from verify.derive.points import Domain, positive, signed, unit
from verify.derive.prose import told
from verify.derive.roads import equality
from verify.derive.topics.full_batch import pace
from verify.derive.topics.takeover_decay import (
    climb,
    determinant,
    fades,
    first_moment,
    mean_exponent,
    memory,
    region,
    second_moment,
    single_steps,
    trace,
)
from verify.numbers.systems.balls import precision
from verify.numbers.systems.mpf import MPF, digits

SETTLED = words("one sample's margin is the smallest and the signs are settled")
rho, eps, scale, y, kappa = sympy.symbols("rho epsilon lambda y kappa", positive=True)
g0, G = sympy.Symbol("g_0", positive=True), sympy.Symbol("g", real=True)
hh = sympy.Symbol("h", positive=True)

# |sqrt(v)| over |g| in geometric decay.
swell = sympy.sqrt((1 - b2) / (1 - b2 / rho**2))


NEAR = Under({b1: unit, b2: unit, rho: unit}, rho > b1, rho**2 > b2)
BETAS = Under({b1: unit, b2: unit}, b1**2 < b2)
Psi = sympy.Function("Psi")


def _value_at(ratio: Any, value: int) -> Assertion:
    """Psi at a ratio."""
    at: Domain = {rho: lambda _, point: _rational_root(ratio, point)}
    domain = Under({b1: unit, b2: lambda rng, at: unit(rng, at) ** 2, **at}, b1**2 < b2)
    put_in = (lambda e: e.subs(rho, ratio),)
    return equality(pace(), sympy.Integer(value), domain, given=put_in, called=Psi(ratio))


def _rational_root(ratio: Any, point: Point) -> Any:
    """The ratio's value: rational if it is, else a ball."""
    try:
        return exact(ratio, point)
    except Irrational:
        with precision(BITS):
            return enclosure(ratio, point)


def _second_order(coefficient: Any = None) -> Assertion:
    """kappa = h + K h^2 solves kappa = h Psi(e^-kappa) up to h^3, h = eta mu."""
    K = b1 / (1 - b1) - b2 / (1 - b2) if coefficient is None else coefficient
    left = kappa - hh * pace(ratio=sympy.exp(-kappa))
    return expansion(left, hh, (0, 0, 0), {b1: unit, b2: unit}, where={kappa: hh + K * hh**2})


def _slope(sign: int = 1) -> Assertion:
    """rho d log Psi / d rho."""
    left = rho * sympy.diff(sympy.log(pace()), rho)
    right = rho * (b2 - sign * b1 * rho) / ((rho - b1) * (rho**2 - b2))
    return equality(left, right, NEAR, called=sympy.Symbol("Lambda"))


def _takeover(factor: Any = swell) -> Assertion:
    """At the takeover step sqrt(v) = eps, in logarithms."""
    time = sympy.Symbol("t", real=True)
    return equality(
        sympy.log(g0 * swell) + time * sympy.log(rho),
        sympy.log(eps),
        Under({**NEAR, g0: positive, eps: positive}, rho > b1, rho**2 > b2),
        given=(lambda e: sympy.expand_log(e.subs(swell, y)),),
        where={time: sympy.log(g0 * factor / eps) / -sympy.log(rho)},
    )


def rate(step: Any, beta1: Fraction = BETA1, beta2: Fraction = BETA2) -> Any:
    """The root kappa of kappa = h Psi(e^-kappa) below the cap ln(1/beta2)/2, by bisection in mpf."""
    first, second = number(beta1), number(beta2)
    low, high = number(0), -MPF.log(second) / 2
    for _ in range(4 * DIGITS):
        middle = (low + high) / 2
        ratio = MPF.exp(-middle)
        size = (1 - first) / (1 - first / ratio) * MPF.sqrt((1 - second / ratio**2) / (1 - second))
        low, high = (low, middle) if middle > step * size else (middle, high)
    return (low + high) / 2


def _decay(step: Fraction) -> Measured:
    """The decay of the gradient of full-batch Adam on one sample, at constant eta."""
    with digits(DIGITS):
        (before,), (after,) = weights("adam", [[Fraction(1)]], (3000, 3001), lr=step, **ADAM)
        cap = mpmath.nstr(-MPF.log(number(BETA2)) / 2, 5)
        return agreement(
            f"-log of the gradient's factor a step at eta = {step} (cap {cap})",
            rate(number(step)),
            after - before,
            number(Fraction(1, 10**40)),
            "step 3000, N = d = 1, beta_1 = 1/2, beta_2 = 3/5",
        )


def _first_step_below() -> Measured:
    """The first step with sqrt(v) < eps in a run with eps = 1e-40."""
    step, small = Fraction(1, 5), Fraction(1, 10**40)
    with digits(DIGITS):
        kappa_ = rate(number(step))
        ratio = MPF.exp(-kappa_)
        swelling = MPF.sqrt((1 - number(BETA2)) / (1 - number(BETA2) / ratio**2))
        # At step 100 the decay is geometric; its line back to t = 0 gives g_0.
        before, *later = run("adam", [[Fraction(1)]], range(100, 2000), lr=step, eps=small, **ADAM)
        below = next(found.step for found in later if MPF.sqrt(found.states[1][0]) < number(small))
        settled = MPF.exp(-before.w[0]) / ratio**100
        # eps slows the last steps by eps/sqrt(v), a geometric sum 1/(1 - rho), and t is an integer
        return agreement(
            "step at which sqrt(v) falls below eps = 1e-40, at eta = 1/5",
            MPF.log(settled * swelling / number(small)) / kappa_,
            number(below),
            1 / (1 - ratio) + 1,
            "N = d = 1, beta_1 = 1/2, beta_2 = 3/5",
        )


@cache
def eps_takeover() -> Chain:
    """kappa = eta mu Psi(e^-kappa), its cap, and the takeover step."""
    sized = rule_output("adam", "u", scale * G, eps=eps).subs(
        {m: scale * m, v: scale**2 * v}, simultaneous=True
    )
    a_1 = sympy.Symbol("a_1", positive=True)
    return told(
        __file__,
        "eps-takeover",
        steps={
            "at-one": _value_at(sympy.Integer(1), 1),
            "at-cap": _value_at(sympy.sqrt(b2), 0),
            "slope": _slope(),
            "rate": _second_order(),
            "takeover": _takeover(),
            "swelling": limit(swell, rho, 1, 1, {b2: unit}, side="-"),
            "momentum": limit(
                sized / scale,
                scale,
                0,
                (b1 * m + (1 - b1) * G) / eps,
                {b1: unit, b2: unit, m: signed, v: positive, G: signed, eps: positive},
                given=(lambda e: e.subs(1 - b2, a_1),),
            ),
            "fades": fades(),
            "memory": memory(),
            "climb": follows(climb, "fades", "memory"),
            "mean": follows(mean_exponent, "climb"),
            "single-steps": single_steps(),
            "first": first_moment(),
            "second": second_moment(),
            "trace": follows(trace, "first", "second"),
            "determinant": follows(determinant, "first", "second"),
            "region": follows(region, "trace", "determinant"),
            "phase": follows(
                together,
                *("at-one", "at-cap", "slope", "rate", "takeover", "swelling", "momentum"),
                *("mean", "single-steps", "region"),
                under=(FULL_BATCH, SETTLED, TAIL),
            ),
        },
        wrong={
            "second order with the sign turned": _second_order(b2 / (1 - b2) - b1 / (1 - b1)),
            "slope with b2 + b1 rho": _slope(sign=-1),
            "takeover without the swelling of v": _takeover(sympy.Integer(1)),
            "cap at the fourth root of beta_2": _value_at(b2 ** sympy.Rational(1, 4), 0),
            "no memory in the quotient": memory(sympy.Integer(1)),
            "half the cap on the average": mean_exponent(climb(fades(), memory()), 2),
            "every step below the cap": single_steps(above=False),
            "trace with its signs turned": trace(first_moment(), second_moment(), -1),
        },
        measurements=(lambda: _decay(Fraction(1, 5)), lambda: _decay(Fraction(10)), _first_step_below),
    )


PLACE, CHAINS = 200, {"eps-takeover": eps_takeover}

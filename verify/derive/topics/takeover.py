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
from verify.derive.letters import b1, b2, m, v
from verify.derive.measure import ADAM, BETA1, BETA2, DIGITS, agreement, number, run, weights
from verify.derive.points import Domain, positive, signed, unit
from verify.derive.prose import told
from verify.derive.roads import equality
from verify.derive.tex import tex
from verify.derive.topics.full_batch import pace
from verify.numbers.systems.balls import precision
from verify.numbers.systems.mpf import MPF, digits

rho, mu, eta, eps, scale, y = sympy.symbols("rho mu eta epsilon lambda y", positive=True)
g0, G = sympy.Symbol("g_0", positive=True), sympy.Symbol("g", real=True)
hh = sympy.Symbol("h", positive=True)

# |sqrt(v)| over |g| in geometric decay.
swell = sympy.sqrt((1 - b2) / (1 - b2 / rho**2))


def _slow_ratio(rng: Any, point: Point) -> Fraction:
    """A ratio with ratio > beta1 and ratio^2 > beta2, below 1."""
    largest: Fraction = max(point[b1], point[b2])
    return 1 - unit(rng, point) * (1 - largest) / 2


NEAR: Domain = {b1: unit, b2: unit, rho: _slow_ratio}


def _square_above(rng: Any, point: Point) -> Fraction:
    """A rational square above beta1^2 and below 1."""
    root: Fraction = point[b1] + (1 - point[b1]) * unit(rng, point)
    return root**2


def _value_at(ratio: Any, value: int, latex: str) -> Assertion:
    """Psi at a ratio."""
    domain: Domain = {b1: unit, b2: _square_above, rho: lambda _, point: _rational_root(ratio, point)}
    return equality(pace(), sympy.Integer(value), domain, given=(lambda e: e.subs(rho, ratio),), latex=latex)


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
    root = hh + K * hh**2
    return expansion(
        root - hh * pace(ratio=sympy.exp(-root)),
        hh,
        (0, 0, 0),
        {b1: unit, b2: unit},
        latex=r"\kappa = h \Psi(e^{-\kappa}) \ \Longrightarrow\ \kappa = h + "
        r"\Bigl(\frac{\beta_1}{1-\beta_1} - \frac{\beta_2}{1-\beta_2}\Bigr) h^2 + O(h^3), \quad h = \eta\mu",
    )


def _slope(sign: int = 1) -> Assertion:
    """rho d log Psi / d rho."""
    left = rho * sympy.diff(sympy.log(pace()), rho)
    right = rho * (b2 - sign * b1 * rho) / ((rho - b1) * (rho**2 - b2))
    return equality(left, right, NEAR, latex=rf"\rho \frac{{d \ln \Psi}}{{d\rho}} = {tex(right)}")


def _takeover(factor: Any = swell) -> Assertion:
    """At the takeover step sqrt(v) = eps, in logarithms."""
    time = sympy.log(g0 * factor / eps) / -sympy.log(rho)
    return equality(
        sympy.log(g0 * swell) + time * sympy.log(rho),
        sympy.log(eps),
        {**NEAR, g0: positive, eps: positive},
        given=(lambda e: sympy.expand_log(e.subs(swell, y)),),
        latex=r"|g_0|\, \rho^{t^*} \sqrt{\frac{1-\beta_2}{1-\beta_2/\rho^2}} = \varepsilon "
        r"\quad \text{for } t^* = \frac{1}{\kappa} \ln\Bigl(\frac{|g_0|}{\varepsilon} "
        r"\sqrt{\frac{1-\beta_2}{1-\beta_2/\rho^2}}\Bigr),\ \kappa = -\ln\rho",
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
        below = next(found.step for found in later if MPF.sqrt(found.states[0][1]) < number(small))
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
        universal=True,
        steps={
            "at-one": _value_at(sympy.Integer(1), 1, r"\Psi(1) = 1"),
            "at-cap": _value_at(sympy.sqrt(b2), 0, r"\Psi(\sqrt{\beta_2}) = 0"),
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
        },
        wrong={
            "second order with the sign turned": _second_order(b2 / (1 - b2) - b1 / (1 - b1)),
            "slope with b2 + b1 rho": _slope(sign=-1),
            "takeover without the swelling of v": _takeover(sympy.Integer(1)),
            "cap at the fourth root of beta_2": _value_at(
                b2 ** sympy.Rational(1, 4), 0, r"\Psi(\beta_2^{1/4}) = 0"
            ),
        },
        measurements=(
            lambda: _decay(Fraction(1, 5)),
            lambda: _decay(Fraction(10)),
            _first_step_below,
        ),
    )


PLACE, CHAINS = 200, {"eps-takeover": eps_takeover}

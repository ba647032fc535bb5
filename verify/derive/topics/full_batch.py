"""Full-batch Adam: one sample an epoch, so its update tends to the gradient's sign."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import expansion, limit
from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.definitions import rule_output
from verify.derive.hypotheses import Under
from verify.derive.joins import follows, together
from verify.derive.letters import N, b1, b2, eta, g, i, k, m, n, t, v
from verify.derive.measure import ADAM, DIGITS, number, order_of, weights
from verify.derive.points import Domain, above_one, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import algebraic, equality, induction, inequality, recursion
from verify.derive.topics.epoch import published
from verify.numbers.systems.mpf import digits

rho, q, y = sympy.symbols("rho q y", positive=True)
G = sympy.Symbol("g", real=True)


def pace(beta1: Any = b1, beta2: Any = b2, ratio: Any = rho) -> Any:
    """|m| / sqrt(v) when the gradient falls by the factor ``ratio`` a step; ratio > beta1, ratio^2 > beta2."""
    return (1 - beta1) / (1 - beta1 / ratio) * sympy.sqrt((1 - beta2 / ratio**2) / (1 - beta2))


def _both_signs(expression: Any) -> Any:
    """0 if the expression vanishes for positive and for negative g."""
    size = sympy.Symbol("A", positive=True)
    rests = [algebraic(expression.subs({g[0]: sign * size, G: sign * size})) for sign in (1, -1)]
    return sympy.Add(*(abs(rest) for rest in rests))


def _slow(rate: Any = b1 / (1 - b1 * q)) -> Assertion:
    """The mean change of the gradient over the memory of a moving average."""
    return equality((1 - b1) * (1 / (1 - b1 * q) - 1 / (1 - b1)), rate * (q - 1), {b1: unit, q: above_one})


def _decaying(letter: str, beta: Any, power: int) -> Assertion:
    """From m = 0 (v = 0) under the gradients G rho^t, t = 1, 2, ...: the moment after t steps."""
    start = {"m": m, "v": v}[letter]
    formula = (1 - beta) * (G * rho) ** power * (rho ** (power * t) - beta**t) / (rho**power - beta)
    stepped = rule_output("adam", letter, G * rho ** (t + 1)).subs(start, formula)
    domain: Domain = {b1: unit, b2: unit, G: signed, rho: positive, t: whole(0, 9)}
    return recursion(sympy.Symbol(f"{letter}_t"), formula, t, 0, stepped, domain)


def _order() -> Measured:
    """1 - u along full-batch Adam on one sample, against eta."""
    with digits(DIGITS):
        residuals = []
        for power in range(2, 11):
            size = Fraction(1, 10**power)
            # v remembers its start by (3/5)^600 = 1e-133
            (before,), (after,) = weights("adam", [[Fraction(1)]], (600, 601), lr=size, **ADAM)
            residuals.append((number(size), 1 - (after - before) / number(size)))
        return order_of("order of 1 - |u| in eta (N = d = 1)", 1, residuals, "constant eta = 1e-2 .. 1e-10")


@cache
def full_batch() -> Chain:
    """m/sqrt(v) -> sign(g) where the gradient changes slowly."""
    gradients: Domain = {b1: unit, b2: unit, g: indexed(signed)}
    near = Under({b1: unit, b2: unit, G: signed, rho: positive}, rho > b1, rho**2 > b2)
    m_state, v_state = G * (1 - b1) / (1 - b1 / rho), G**2 * (1 - b2) / (1 - b2 / rho**2)
    change = sympy.Symbol("h", positive=True)
    geometric = (1 - b1) * ((1 - (b1 * q) ** n) / (1 - b1 * q) - (1 - b1**n) / (1 - b1))
    first = eta * (b1 / (1 - b1) - b2 / (1 - b2))
    a_1 = sympy.Symbol("a_1", positive=True)
    half, quarter = sympy.Rational(1, 2), sympy.Rational(1, 4)
    vanishing = (half**t - quarter**t) / sympy.sqrt(1 - half ** (2 * t))
    return told(
        __file__,
        "full-batch-sign",
        steps={
            "sign": equality(
                published().subs({N: 1, i: 0}).doit(), sympy.sign(g[0]), gradients, normal=_both_signs
            ),
            "first": equality(
                rule_output("adam", "m", rho * G).subs(m, m_state), rho * m_state, near, kind="definition"
            ),
            "second": equality(
                rule_output("adam", "v", rho * G).subs(v, v_state), rho**2 * v_state, near, kind="definition"
            ),
            "size": equality(
                m_state / sympy.sqrt(v_state),
                pace() * sympy.sign(G),
                near,
                normal=lambda e: _both_signs(e.subs({1 - b2: a_1, 1 - b2 / rho**2: y})),
            ),
            "near-one": expansion(pace(ratio=sympy.exp(-eta)), eta, (1, first / eta), {b1: unit, b2: unit}),
            "memory": induction(
                (1 - b1) * (b1**k * q**k - b1**k), k, n, geometric, {b1: unit, q: positive, n: whole(0, 8)}
            ),
            "all-ages": _slow(),
            "squares": inequality(
                1 - (1 - change) ** 2, (1 + change) ** 2 - 1, 2 * change**2, {change: positive}
            ),
            "vanish": limit(b1 * (q - 1) / (1 - b1 * q), q, 1, 0, {b1: unit}),
            "first-from-start": _decaying("m", b1, 1),
            "second-from-start": _decaying("v", b2, 2),
            "too-fast": limit(vanishing, t, sympy.oo, 0, {}),
            "when": follows(
                together,
                *("sign", "first", "second", "size", "near-one", "memory", "all-ages", "squares", "vanish"),
                *("first-from-start", "second-from-start", "too-fast"),
            ),
        },
        wrong={
            "no root over v": equality(m_state / v_state, pace() * sympy.sign(G), near, normal=_both_signs),
            "rho for rho^2 in v": equality(
                rule_output("adam", "v", rho * G).subs(v, v_state), rho * v_state, near
            ),
            "beta_1 missing in the mean change": _slow(1 / (1 - b1 * q)),
            "a moment decaying with the other beta": _decaying("m", b2, 1),
            "first order with the sign turned": expansion(
                pace(ratio=sympy.exp(-eta)), eta, (1, -first / eta), {b1: unit, b2: unit}
            ),
        },
        measurements=(_order,),
    )


PLACE, CHAINS = 50, {"full-batch-sign": full_batch}

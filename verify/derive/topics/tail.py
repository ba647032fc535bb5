"""The tail of a rule: what its step tends to as gradients vanish."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import sympy

from verify.derive.analysis import limit
from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.definitions import hyper, outputs, rule_output
from verify.derive.joins import follows, together
from verify.derive.letters import b1, b2, m, v
from verify.derive.measure import BETA1, BETA2, DIGITS, number, order_of
from verify.derive.points import Domain, positive, signed, unit
from verify.derive.prose import told
from verify.derive.roads import equality
from verify.numbers.systems.mpf import MPF, digits

scale, eps, size, a, b = sympy.symbols("lambda epsilon sigma a b", positive=True)
G, mean = sympy.symbols("g m_1", real=True)


def _adam(share: int = 1) -> Assertion:
    """Adam's update where gradient and states are scaled by their degrees."""
    scaled = rule_output("adam", "u", scale * G, eps=eps).subs(
        {m: scale * m, v: scale**2 * v}, simultaneous=True
    )
    domain: Domain = {b1: unit, b2: unit, m: signed, v: positive, G: signed, eps: positive}
    return limit(scaled / scale, scale, 0, (b1 * m + (1 - b1) * G) / (share * eps), domain)


def _relative(sign: int = -1) -> Assertion:
    """The update over that of the tail, less 1."""
    return equality(
        (mean / (size + eps)) / (mean / eps) - 1,
        sign * size / (size + eps),
        {mean: signed, size: positive, eps: positive},
    )


def _order() -> Measured:
    """How fast Adam's own step, in mpf, comes to its tail."""
    with digits(DIGITS):
        at_eps, residuals = number(Fraction(1, 100)), []
        h = hyper("adam", number(BETA1), number(BETA2), at_eps)
        for power in range(4, 14):
            small = number(Fraction(1, 10**power))
            moments = {"m": small * number(Fraction(2, 5)), "v": small**2 * number(Fraction(5, 7))}
            gradient = small * number(Fraction(3, 7))
            update = outputs("adam", MPF, gradient, None, moments, h)["u"]
            in_tail = (number(BETA1) * moments["m"] + number(1 - BETA1) * gradient) / at_eps
            residuals.append((small, update / in_tail - 1))
        return order_of(
            "order in lambda of Adam's update over its tail, less 1",
            1,
            residuals,
            "lambda = 1e-4 .. 1e-13, eps = 1/100",
        )


@cache
def tail() -> Chain:
    """R_0 = lim lambda^-p R(lambda .)."""
    return told(
        __file__,
        "tail",
        steps={
            "adam": _adam(),
            "inside": limit(
                a / sympy.sqrt(scale**2 * b + eps),
                scale,
                0,
                a / sympy.sqrt(eps),
                {a: positive, b: positive, eps: positive},
            ),
            "clipped": limit(rule_output("clipped", "u", scale * a) / scale, scale, 0, a, {a: positive}),
            "relative": _relative(),
            "rests-on": follows(together, "adam", "inside", "clipped", "relative"),
        },
        wrong={"a tail of half the size": _adam(2), "an update that exceeds its tail": _relative(1)},
        measurements=(_order,),
    )


PLACE, CHAINS = 186, {"tail": tail}

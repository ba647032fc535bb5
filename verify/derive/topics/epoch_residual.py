"""The residual e_r of the epoch map, to first order in the step size."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import expansion
from verify.derive.chain import Chain, Measured
from verify.derive.hypotheses import CONSTANT, CYCLIC, EXPONENTIAL
from verify.derive.joins import follows, together
from verify.derive.letters import N, b1, b2, eta, k, m, n, v
from verify.derive.measure import DIGITS, order_of
from verify.derive.points import positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.residual_runs import residuals
from verify.derive.roads import induction
from verify.numbers.systems.mpf import digits

a, G, m1, v1 = sympy.symbols("a g m_1 v_1", real=True)
rho, ratio = sympy.symbols("rho q", positive=True)


def share(beta: Any = b1, power: int = 1) -> Any:
    """What a sample last seen k steps ago, and every epoch before, weighs in a moment while w moves."""
    return (
        (1 - beta)
        * beta**k
        * G**power
        * sympy.exp(-power * eta * a)
        / (1 - beta**N * sympy.exp(power * eta * rho))
    )


def _order(quantity: str, predicted: int, first_order: bool) -> Measured:
    with digits(DIGITS):
        points = [residuals(eta=Fraction(1, 10**p), first_order=first_order) for p in range(2, 11)]
        return order_of(quantity, predicted, points, "constant eta = 1e-2 .. 1e-10")


@cache
def epoch_residual() -> Chain:
    """e_r = eta E + O(eta^2)."""
    growth = {b1: unit, b2: unit, N: whole(1, 5), k: whole(0, 4), a: signed, rho: positive, G: signed}
    still, still_v = share().subs(eta, 0), share(b2, 2).subs(eta, 0)
    single = (1 - b1) / (1 - b1 * sympy.exp(eta * rho))
    single = single / sympy.sqrt((1 - b2) / (1 - b2 * sympy.exp(2 * eta * rho)))
    first = rho * (b1 / (1 - b1) - b2 / (1 - b2))
    quotient = (m + eta * m1) / sympy.sqrt(v + eta * v1)
    moments = {m: signed, v: positive, m1: signed, v1: signed}
    return told(
        __file__,
        "epoch-residual",
        steps={
            "past": induction(ratio**k, k, n, (1 - ratio**n) / (1 - ratio), {ratio: unit, n: whole(0, 8)}),
            "share": expansion(share(), eta, (still, still * (rho * b1**N / (1 - b1**N) - a)), growth).under(
                EXPONENTIAL, CYCLIC, CONSTANT
            ),
            "share-of-squares": expansion(
                share(b2, 2), eta, (still_v, 2 * still_v * (rho * b2**N / (1 - b2**N) - a)), growth
            ),
            "quotient": expansion(
                quotient,
                eta,
                (m / sympy.sqrt(v), m1 / sympy.sqrt(v) - m * v1 / (2 * v ** sympy.Rational(3, 2))),
                moments,
            ),
            "one-sample": expansion(single, eta, (1, first), {b1: unit, b2: unit, rho: positive}),
            "first-order": follows(together, "past", "share", "share-of-squares", "quotient", "one-sample"),
        },
        wrong={
            "past epochs left out": expansion(share(), eta, (still, -still * a), growth),
            "squares with the exponent of the gradient": expansion(
                share(b2, 2), eta, (still_v, still_v * (rho * b2**N / (1 - b2**N) - a)), growth
            ),
            "no half from the root": expansion(
                quotient,
                eta,
                (m / sympy.sqrt(v), m1 / sympy.sqrt(v) - m * v1 / v ** sympy.Rational(3, 2)),
                moments,
            ),
        },
        measurements=(
            lambda: _order("order of e_r in eta", 1, False),
            lambda: _order("order of e_r - eta E in eta", 2, True),
        ),
    )


PLACE, CHAINS = 40, {"epoch-residual": epoch_residual}

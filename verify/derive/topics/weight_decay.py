"""Decoupled weight decay: its balance is a logit equilibrium, and lambda is the temperature."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import limit
from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.hypotheses import EXPONENTIAL, FULL_BATCH, words
from verify.derive.joins import follows, together
from verify.derive.letters import N, j, over, q, x
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import equality, inequality, recursion
from verify.derive.sums import canonical
from verify.numbers.systems.mpf import MPF, digits

lam, eps, total, rate, rho, s, a, y = sympy.symbols("lambda epsilon E eta rho s a y", positive=True)
f, h, u, start = sympy.symbols("F_i F_j u w_0", real=True)
e = sympy.IndexedBase("e", positive=True)

BALANCE = words("w is where decay balances the mean update: lambda w = U(c(w))")


def _ratio(factor: int = 1) -> Assertion:
    """log of the ratio of two weights exp(-F/lambda)."""
    return equality(
        sympy.log(sympy.exp(-f / lam) / sympy.exp(-h / lam)),
        (h - f) / (factor * lam),
        {f: signed, h: signed, lam: positive},
        normal=lambda expression: sympy.simplify(sympy.expand_log(expression, force=True)),
    ).under(EXPONENTIAL, BALANCE)


def _own_temperature(mean: Any = total / N) -> Assertion:
    """The mean gradient as the mean weight times that of shares."""
    domain: Domain = {N: whole(1, 4), e: indexed(positive), x: indexed(signed), total: positive}
    return equality(
        over(e[j] * x[j], (j, N)) / N, mean * over(e[j] / total * x[j], (j, N)), domain, normal=canonical
    )


def _epoch(kept: Any = rho) -> Assertion:
    """w after q steps with the same update, rho = 1 - eta lambda."""
    formula = rho**q * start - rate * u * (1 - rho**q) / (1 - rho)
    domain: Domain = {rho: unit, rate: unit, u: signed, start: signed, q: whole(0, 6)}
    return recursion(sympy.Symbol("w_q"), formula, q, start, kept * formula - rate * u, domain)


def _inverse(sign: int = -1) -> Assertion:
    """a from a/(a + eps)."""
    share = a / (a + eps)
    return equality(eps * share / (1 + sign * share), a, {a: positive, eps: positive})


def _flow(sign: int = 1) -> Assertion:
    """(b - a) (phi(a) - phi(b)) <= 0 for phi(a) = a/(a + eps)."""
    other = sympy.Symbol("b", positive=True)
    left = sign * (other - a) * (a / (a + eps) - other / (other + eps))
    because = eps * (a - other) ** 2 / ((a + eps) * (other + eps))
    return inequality(left, sympy.Integer(0), because, {a: positive, other: positive, eps: positive})


def _balance() -> Measured:
    """Gradient descent with weight decay, in mpf: what decay takes, and the mean gradient."""
    rows, decay = [[Fraction(1)], [Fraction(2)]], Fraction(1, 2)
    with digits(DIGITS):
        # A step leaves less than 9/10 of the distance: the curvature is 1/2 + a mean of x^2 exp(-x w) below 5/2.
        ((w,),) = weights("gd", rows, [4000], lr=Fraction(1, 4), weight_decay=decay)
        mean = sum(number(row[0]) * MPF.exp(-number(row[0]) * w) for row in rows) / 2
        return agreement(
            "lambda w beside the mean gradient", mean, number(decay) * w, number(Fraction(1, 10**100)),
            "GD on the rows 1 and 2, lr = 1/4, lambda = 1/2, 4000 steps",
        )  # fmt: skip


@cache
def weight_decay() -> Chain:
    """Balances of weight decay."""
    return told(
        __file__,
        "weight-decay-temperature",
        steps={
            "ratio": _ratio(),
            "own-temperature": _own_temperature(),
            "cold": limit(sympy.exp(-s / lam), lam, 0, 0, {s: positive}),
            "epoch": _epoch().under(FULL_BATCH),
            "inverse": _inverse(),
            "convex": inequality(
                sympy.Integer(0),
                sympy.diff(eps * y / (1 - y), y),
                eps / (1 - y) ** 2,
                {y: unit, eps: positive},
            ),
            "flow": _flow(),
            "rests-on": follows(
                together, "ratio", "own-temperature", "cold", "epoch", "inverse", "convex", "flow"
            ),
        },
        wrong={
            "temperature 2 lambda": _ratio(2),
            "GD at the temperature of the sum": _own_temperature(total),
            "steps without decay": _epoch(sympy.Integer(1)),
            "eps on the other side": _inverse(1),
            "a flow uphill": _flow(-1),
        },
        measurements=(_balance,),
    )


PLACE, CHAINS = 185, {"weight-decay-temperature": weight_decay}

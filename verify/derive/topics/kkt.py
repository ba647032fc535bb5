"""Optimality conditions of the max-margin problems in the l1, l2, l_inf and Mahalanobis norms."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.evaluate import exact
from verify.derive.joins import follows, together
from verify.derive.letters import N, c, d, i, j, k, l, over, x
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, indexed, positive, signed, simplex, unit, whole
from verify.derive.prose import told
from verify.derive.roads import equality, inequality
from verify.derive.sums import canonical
from verify.derive.topics.margin_duality import no_gap
from verify.numbers.systems.mpf import digits

M = sympy.IndexedBase("M", positive=True)
alpha, h = (sympy.IndexedBase(name, nonnegative=True) for name in ("alpha", "h"))
w, u, S = (sympy.IndexedBase(name, real=True) for name in ("w", "u", "s"))
mu, size, short = sympy.symbols("mu A h", nonnegative=True)

# s_k = (X'c)_k, and the margins of w and u.
combined = over(c[i] * x[i, k], (i, N))

PRIMAL: Domain = {
    N: whole(1, 4),
    d: whole(1, 3),
    M: indexed(positive),
    alpha: indexed(positive),
    x: indexed(signed),
    u: indexed(signed),
    w: lambda _, point: lambda at: exact(over(alpha[i] * x[i, k], (i, N)) / M[k], {**point, k: at}),
}
DUAL: Domain = {N: whole(1, 4), d: whole(1, 3), c: simplex(N), x: indexed(signed), w: indexed(signed)}


def stationary(expression: Any) -> Any:
    """w_k = sum_i alpha_i x_ik / M_k: the gradient of the Lagrangian of P vanishes."""
    return expression.replace(
        lambda e: isinstance(e, sympy.Indexed) and e.base == w,
        lambda e: over(alpha[j] * x[j, e.indices[0]], (j, N)) / M[e.indices[0]],
    )


def _gap(factor: int = 1) -> Assertion:
    """The objective at any u against that at w."""
    half = sympy.Rational(factor, 2)
    objective = half * over(M[k] * (u[k] ** 2 - w[k] ** 2), (k, d))
    square = half * over(M[k] * (u[k] - w[k]) ** 2, (k, d))
    constraints = over(alpha[i] * x[i, k] * (u[k] - w[k]), (i, N), (k, d))
    return equality(objective, square + constraints, PRIMAL, normal=canonical, given=(stationary,))


def _cauchy_schwarz(power: int = 1) -> Assertion:
    """<s, u> <= |s|_(M^-1) |u|_M, squared."""
    s_norm = over(S[k] ** 2 / M[k] ** power, (k, d))
    lagrange = over(M[k] * M[l] * (S[k] / M[k] * u[l] - S[l] / M[l] * u[k]) ** 2, (k, d), (l, d)) / 2
    return inequality(
        over(S[k] * u[k], (k, d)) ** 2,
        s_norm * over(M[k] * u[k] ** 2, (k, d)),
        lagrange,
        {d: whole(1, 4), M: indexed(positive), S: indexed(signed), u: indexed(signed)},
        normal=canonical,
    )


def _coordinate(sign: int, bound: Any = 1) -> Assertion:
    """s w <= |s| for |w| <= 1, for s = sign * A and w = sign * (1 - h)."""
    left = (sign * size) * (sign * (bound - short))
    return inequality(left, size, size * short, {size: positive, short: unit})


# The l_inf-max-margin point is (1, 1, 1/4): rows 1 and 2 tight, coordinates 1 and 2 at their bounds.
ROWS = [[Fraction(2), Fraction(1), Fraction(-4)], [Fraction(1), Fraction(0), Fraction(4)]]


def _sign_gd() -> Measured:
    with digits(DIGITS):
        early, late = weights("signgd", ROWS, (4000, 8000), decay=Fraction(1))
        found = (late[2] - early[2]) / (late[0] - early[0])
        # the sign of the third coordinate alternates: it is within two steps of eta_4000 of its mean
        tolerance = 2 * number(Fraction(1, 4000)) * 5 / (late[0] - early[0])
        return agreement(
            "third over first coordinate of SignGD's increments; (1, 1, 1/4) is l_inf-max-margin",
            number(Fraction(1, 4)),
            found,
            tolerance,
            "steps 4000 to 8000, eta = 1/(t+2)",
        )


@cache
def max_margin_kkt() -> Chain:
    """KKT conditions and duality of the max-margin problems."""
    dual = over(alpha[i], (i, N)) - over(over(alpha[i] * x[i, k], (i, N)) ** 2 / M[k], (k, d)) / 2
    value = over(M[k] * w[k] ** 2, (k, d)) / 2
    tight = over(alpha[i], (i, N)) - over(alpha[i] * x[i, k] * w[k], (i, N), (k, d))
    average = over(c[i] * (mu + h[i]), (i, N))
    return told(
        __file__,
        "max-margin-kkt",
        steps={
            "optimal": _gap(),
            "dual": equality(dual - value, tight, PRIMAL, normal=canonical, given=(stationary,)),
            "weak-duality": _cauchy_schwarz(),
            "mean": inequality(
                mu * over(c[i], (i, N)),
                average,
                over(c[i] * h[i], (i, N)),
                {N: whole(1, 4), mu: positive, c: indexed(positive), h: indexed(positive)},
                normal=canonical,
            ),
            "inner-product": equality(
                over(c[i] * over(x[i, k] * w[k], (k, d)), (i, N)),
                over(combined * w[k], (k, d)),
                DUAL,
                normal=canonical,
            ),
            "linf-positive": _coordinate(1),
            "linf-negative": _coordinate(-1),
            "l1-coordinate": inequality(
                (size - short) * mu, size * mu, short * mu, {size: positive, short: positive, mu: positive}
            ),
            "linf-no-gap": no_gap("linf"),
            "l1-no-gap": no_gap("l1"),
            "conditions": follows(
                together,
                *("optimal", "dual", "weak-duality", "mean", "inner-product"),
                *("linf-positive", "linf-negative", "l1-coordinate", "linf-no-gap", "l1-no-gap"),
            ),
        },
        wrong={
            "objective without its half": _gap(2),
            "M^2 for M in the dual norm": _cauchy_schwarz(2),
            "a bound of 2 on |w|": _coordinate(1, 2),
            "twice the dual norm": no_gap("linf", lambda value: 2 * value + 1),
            "dual without its half": equality(
                dual - value * 2, tight, PRIMAL, normal=canonical, given=(stationary,)
            ),
        },
        measurements=(_sign_gd,),
    )


PLACE, CHAINS = 80, {"max-margin-kkt": max_margin_kkt}

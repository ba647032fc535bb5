"""Dual fixed points of P(c) are the equilibria of AdamProxy's margin game; two other games."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.definitions import rule_output
from verify.derive.evaluate import exact
from verify.derive.hypotheses import SEPARABLE
from verify.derive.joins import follows, together
from verify.derive.letters import N, c, d, i, j, k, over, x
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, below, indexed, positive, signed, whole
from verify.derive.prose import told
from verify.derive.roads import equality, rewriting
from verify.derive.sums import canonical
from verify.numbers.systems.mpf import digits

M = sympy.IndexedBase("M", positive=True)
w, U, S = (sympy.IndexedBase(name, real=True) for name in ("w", "U", "s"))
alpha = sympy.IndexedBase("alpha", nonnegative=True)
mu, A, R = sympy.symbols("mu A R", positive=True)

gradient = -over(c[j] * x[j, k], (j, N))
squares = over(c[j] ** 2 * x[j, k] ** 2, (j, N))
SHAPE: Domain = {
    N: whole(1, 4),
    d: whole(1, 3),
    k: below(d),
    i: below(N),
    x: indexed(signed),
    M: indexed(positive),
}


def _definition(root: Callable[[Any], Any] = sympy.sqrt) -> Assertion:
    """AdamProxy's step at frozen gradients."""
    domain: Domain = {N: whole(1, 4), k: whole(0, 2), x: indexed(signed), c: indexed(positive)}
    update = rule_output("adam-proxy", "u", gradient / N, seen=squares)
    value = gradient / (N * root(squares))
    return equality(update, value, domain, kind="definition", called=sympy.Symbol("u_k"))


def _forward(total: Any = A) -> Assertion:
    """U(c) at c = alpha/A, where M_k w_k = sum_i alpha_i x_ik and A = sum alpha."""

    def solution(at: Any) -> Any:
        return over(alpha[j] * x[j, at], (j, N)) / M[at]

    domain: Domain = {
        **SHAPE,
        alpha: indexed(positive),
        A: lambda _, point: exact(over(alpha[j], (j, N)), point),
        w: lambda _, point: lambda at: exact(solution(k), {**point, k: at}),
    }
    left = over(alpha[j] / A * x[j, k], (j, N)) / M[k]
    return equality(left, w[k] / total, domain, normal=canonical, given=(rewriting(w, solution),))


def _backward(stretch: Any = mu) -> Assertion:
    """w = U/mu and alpha = c/mu are stationary, where M_k U_k = sum_j c_j x_jk."""

    def field(at: Any) -> Any:
        return over(c[j] * x[j, at], (j, N)) / M[at]

    domain: Domain = {
        **SHAPE,
        c: indexed(positive),
        mu: positive,
        U: lambda _, point: lambda at: exact(field(k), {**point, k: at}),
    }
    return equality(
        M[k] * U[k] / mu,
        over(c[j] / stretch * x[j, k], (j, N)),
        domain,
        normal=canonical,
        given=(rewriting(U, field),),
    )


def _value(power: int = 1) -> Assertion:
    """The mean cost is a sum of squares."""
    field = over(c[j] * x[j, k], (j, N)) / M[k]
    left = over(c[i] * over(x[i, k] * field, (k, d)), (i, N))
    right = over(over(c[j] * x[j, k], (j, N)) ** 2 / M[k] ** power, (k, d))
    return equality(left, right, {**SHAPE, c: indexed(positive)}, normal=canonical)


# Both rows are support vectors: the direction solves (x_1 - x_2).w = 0, that is (2, 1).
ROWS = [[Fraction(2), Fraction(-1)], [Fraction(1), Fraction(1)]]


def _increments() -> Measured:
    with digits(DIGITS):
        early, late = weights("adam-proxy", ROWS, (2000, 2001), lr=Fraction(1, 5))
        return agreement(
            "second over first coordinate of AdamProxy's increments; P(c*) with both rows tight has (2, 1)/3",
            number(Fraction(1, 2)),
            (late[1] - early[1]) / (late[0] - early[0]),
            number(Fraction(1, 10**20)),
            "step 2000 at eta = 1/5, rows (2, -1), (1, 1)",
        )


@cache
def fixed_point_game() -> Chain:
    """KKT of P(c) with c = d/|d| says exactly: c is an equilibrium of the game with costs x_i.U(c)."""
    margin = over(x[i, k] * w[k], (k, d))
    norm = over(S[k] ** 2, (k, d))
    signs: Domain = {
        N: whole(1, 4),
        d: whole(1, 3),
        x: indexed(signed),
        c: indexed(positive),
        S: indexed(signed),
    }
    return told(
        __file__,
        "fixed-point-game",
        steps={
            "field": _definition(),
            "forward": _forward(),
            "mean-cost": _value().under(SEPARABLE),
            "backward": _backward(),
            "norm": equality(
                over(M[k] * w[k] ** 2, (k, d)),
                over(alpha[i] * margin, (i, N)),
                {
                    **SHAPE,
                    alpha: indexed(positive),
                    w: lambda _, point: (
                        lambda at: exact(over(alpha[j] * x[j, k], (j, N)) / M[k], {**point, k: at})
                    ),
                },
                normal=canonical,
                given=(rewriting(w, lambda e: over(alpha[j] * x[j, e], (j, N)) / M[e]),),
            ),
            "l2": equality(
                over(S[k] * S[k] / sympy.sqrt(norm), (k, d)),
                sympy.sqrt(norm),
                signs,
                normal=lambda e: canonical(e.subs(norm, R) * sympy.sqrt(R)).subs(R, canonical(norm)),
            ),
            "linf": equality(
                over(S[k] * sympy.sign(S[k]), (k, d)),
                over(sympy.Abs(S[k]), (k, d)),
                signs,
                normal=lambda e: canonical(e.replace(sympy.Abs, lambda a: a * sympy.sign(a))),
            ),
            "game": follows(together, "field", "forward", "mean-cost", "backward", "norm", "l2", "linf"),
        },
        wrong={
            "M without its root": _definition(lambda e: e),
            "fixed point not normalized": _forward(sympy.Integer(1)),
            "multipliers not divided by mu": _backward(sympy.Integer(1)),
            "mean cost with M^2": _value(2),
        },
        measurements=(_increments,),
    )


PLACE, CHAINS = 90, {"fixed-point-game": fixed_point_game}

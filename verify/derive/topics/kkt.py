"""Optimality conditions of the max-margin problems in the l1, l2, l_inf and Mahalanobis norms."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Chain, Claim, Measured, Step, Wrong
from verify.derive.evaluate import exact
from verify.derive.letters import N, c, d, i, j, k, l, over, x
from verify.derive.measure import DIGITS, agreement, number, state, trajectory
from verify.derive.points import Domain, indexed, positive, signed, simplex, unit, whole
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


def _gap(factor: int = 1) -> Claim:
    """The objective at any u against that at w."""
    half = sympy.Rational(factor, 2)
    objective = half * over(M[k] * (u[k] ** 2 - w[k] ** 2), (k, d))
    square = half * over(M[k] * (u[k] - w[k]) ** 2, (k, d))
    constraints = over(alpha[i] * x[i, k] * (u[k] - w[k]), (i, N), (k, d))
    return equality(objective, square + constraints, PRIMAL, normal=canonical, given=(stationary,))


def _cauchy_schwarz(power: int = 1) -> Claim:
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


def _coordinate(sign: int, bound: Any = 1) -> Claim:
    """s w <= |s| for |w| <= 1, for s = sign * A and w = sign * (1 - h)."""
    left = (sign * size) * (sign * (bound - short))
    return inequality(left, size, size * short, {size: positive, short: unit})


# The l_inf-max-margin point is (1, 1, 1/4): rows 1 and 2 tight, coordinates 1 and 2 at their bounds.
ROWS = [[Fraction(2), Fraction(1), Fraction(-4)], [Fraction(1), Fraction(0), Fraction(4)]]


def _sign_gd() -> Measured:
    with digits(DIGITS):
        run = trajectory(
            "signgd", ROWS, lambda t: number(Fraction(1, t + 2)), start=[0, 0, 0], batches=[[0, 1]]
        )
        early, late = state(run, 4000, 8000)
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
    return Chain(
        name="max-margin-kkt",
        title="Optimality conditions of the max-margin problems",
        scope="all N and d (sufficiency and weak duality); no gap for l1 and l_inf: 12 random data sets, by exact LPs",
        universal=True,
        source="standard (Boyd and Vandenberghe 2004, ch. 5); P(c) is arXiv 2510.26303, sec. 4 (as reconstructed)",
        remarks=(
            "$P$: minimize $\\frac12 \\sum_k M_k w_k^2$ subject to $x_i \\cdot w \\ge 1$; $M = I$ is the "
            "l2 problem. KKT: $M_k w_k = \\sum_i \\alpha_i x_{ik}$, $\\alpha_i \\ge 0$, $x_i \\cdot w \\ge "
            "1$, $\\alpha_i (x_i \\cdot w - 1) = 0$. The constraints are linear, so KKT is also necessary.",
            "In the norms l1 and l_inf the margin of $w$ with $\\|w\\| \\le 1$ is compared with the dual "
            "norm of $s = X'c$, $c$ in the simplex. Optimality conditions: $c_i > 0$ only where $x_i "
            "\\cdot w$ is the margin, and $s \\cdot w = \\|s\\|_*$: for l_inf $w_k = \\mathrm{sign}\\, "
            "s_k$ where $s_k \\ne 0$; for l1 $w_k s_k \\ge 0$, and $w_k \\ne 0$ only where $|s_k|$ is "
            "largest.",
        ),
        steps=(
            Step(
                "P: no other point is better than a KKT point",
                _gap(),
                "With $M_k w_k = \\sum_i \\alpha_i x_{ik}$ put in. By complementarity the last sum is "
                "$\\sum_i \\alpha_i (x_i \\cdot u - 1) \\ge 0$ for feasible $u$; and the minimizer is "
                "unique.",
            ),
            Step(
                "P: its dual has the same value there",
                equality(dual - value, tight, PRIMAL, normal=canonical, given=(stationary,)),
                "The right side is $-\\sum_i \\alpha_i (x_i \\cdot w - 1)$, 0 by complementarity.",
            ),
            Step(
                "Weak duality in the norm of $M$",
                _cauchy_schwarz(),
                "Lagrange's identity. With $s = X'c$: $\\min_i x_i \\cdot u \\le \\sum_i c_i x_i \\cdot u "
                "= s \\cdot u \\le \\|s\\|_{M^{-1}} \\|u\\|_M$; for $M = I$ also $\\gamma \\sum_i c_i \\le "
                "\\|X'c\\|_2$.",
            ),
            Step(
                "A weighted mean is at least the minimum",
                inequality(
                    mu * over(c[i], (i, N)),
                    average,
                    over(c[i] * h[i], (i, N)),
                    {N: whole(1, 4), mu: positive, c: indexed(positive), h: indexed(positive)},
                    normal=canonical,
                ),
                "$x_i \\cdot w = \\mu + h_i$ with $h_i \\ge 0$; equality exactly if $c_i h_i = 0$ for all "
                "$i$.",
            ),
            Step(
                "The mean of the margins is an inner product",
                equality(
                    over(c[i] * over(x[i, k] * w[k], (k, d)), (i, N)),
                    over(combined * w[k], (k, d)),
                    DUAL,
                    normal=canonical,
                ),
                "The order of summation is exchanged.",
            ),
            Step(
                "l_inf: a coordinate with $s_k > 0$",
                _coordinate(1),
                "$s_k = A$, $w_k = 1 - h$. Equality exactly if $w_k = 1$ (or $s_k = 0$).",
            ),
            Step("l_inf: a coordinate with $s_k < 0$", _coordinate(-1), "$s_k = -A$, $w_k = -(1 - h)$."),
            Step(
                "l1: a coordinate",
                inequality(
                    (size - short) * mu,
                    size * mu,
                    short * mu,
                    {size: positive, short: positive, mu: positive},
                ),
                "$|s_k| = A - h$ with $A = \\|s\\|_\\infty$, $|w_k| = \\mu$: $s_k w_k \\le A |w_k|$; "
                "equality exactly if $w_k = 0$ or $|s_k| = A$, and the signs agree.",
            ),
            Step("l_inf: no gap", no_gap("linf"), "Duality of linear programs."),
            Step("l1: no gap", no_gap("l1"), "Duality of linear programs."),
        ),
        wrong=(
            Wrong("objective without its half", _gap(2)),
            Wrong("M^2 for M in the dual norm", _cauchy_schwarz(2)),
            Wrong("a bound of 2 on |w|", _coordinate(1, 2)),
            Wrong("twice the dual norm", no_gap("linf", lambda value: 2 * value + 1)),
            Wrong(
                "dual without its half",
                equality(dual - value * 2, tight, PRIMAL, normal=canonical, given=(stationary,)),
            ),
        ),
        measurements=(_sign_gd,),
    )


PLACE, CHAINS = 80, {"max-margin-kkt": max_margin_kkt}

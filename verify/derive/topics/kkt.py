"""Optimality conditions of the max-margin problems in the l1, l2, l_inf and Mahalanobis norms."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Chain, Claim, Finding, Measured, Step, Wrong
from verify.derive.evaluate import Domain, exact, indexed, positive, signed, simplex, unit, whole
from verify.derive.letters import N, c, d, i, j, k, l, over, x
from verify.derive.measure import DIGITS, agreement, number, state, trajectory
from verify.derive.roads import equality, inequality, instances
from verify.derive.sums import canonical
from verify.numbers.exact_lp import solve_lp
from verify.numbers.mpf import digits

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


def _data(rng: random.Random) -> list[list[Fraction]]:
    rows, columns = rng.randint(1, 4), rng.randint(1, 4)
    return [[Fraction(rng.randint(-9, 9)) for _ in range(columns)] for _ in range(rows)]


def _duality(norm: str, weights: Callable[[Any], Any] = lambda s: s) -> Claim:
    """max over the norm's ball of min_i x_i.w = min over the simplex of the dual norm of X'c, on random data."""

    def check() -> Finding:
        rng = random.Random(0)
        for _ in range(12):
            X = _data(rng)
            value, duals = _primal(norm, X)
            terms = [[y * e for e in row] for y, row in zip(duals, X, strict=True)]
            combination = [sum(column, Fraction(0)) for column in zip(*terms, strict=True)]
            other = weights(_dual_norm(norm, combination))
            if sum(duals) != 1 or min(duals) < 0 or other != value:
                return Finding(
                    False, f"X = {[[str(e) for e in row] for row in X]}: margin {value}, dual {other}"
                )
        return Finding(
            True, "12 random integer data sets: the exact LP's own multipliers lie in the simplex, no gap"
        )

    def solve_dual() -> Finding:
        rng = random.Random(0)
        for _ in range(12):
            X = _data(rng)
            if _primal(norm, X)[0] != weights(_dual(norm, X)):
                return Finding(False, f"X = {[[str(e) for e in row] for row in X]}")
        return Finding(True, "the dual problem solved as an exact LP of its own, same 12 data sets")

    dual = {"linf": r"\|X'c\|_1", "l1": r"\|X'c\|_\infty"}[norm]
    ball = {"linf": r"\|w\|_\infty", "l1": r"\|w\|_1"}[norm]
    latex = rf"\max_{{{ball} \le 1}} \min_i x_i \cdot w = \min_{{c \ge 0,\, \sum c = 1}} {dual}"
    return instances(latex, [], check, solve_dual)


def _primal(norm: str, X: list[list[Fraction]]) -> tuple[Fraction, list[Fraction]]:
    """The margin and the multipliers of its constraints x_i.w >= margin, by an exact LP."""
    n, width = len(X), len(X[0])
    if norm == "linf":  # variables w, mu
        A = [[*row, Fraction(-1)] for row in X]
        lower, upper = [*[-1] * width, None], [*[1] * width, None]
        found = solve_lp([*[0] * width, -1], A, [0] * n, [None] * n, lower, upper)
        return -found.objective, list(found.y)  # type: ignore[operator]  # bounded and feasible
    # variables w+, w-, mu with sum(w+ + w-) <= 1
    A = [[*row, *[-e for e in row], Fraction(-1)] for row in X] + [
        [*[Fraction(1)] * (2 * width), Fraction(0)]
    ]
    found = solve_lp(
        [*[0] * (2 * width), -1],
        A,
        [*[0] * n, None],
        [*[None] * n, 1],
        [*[0] * (2 * width), None],
        [None] * (2 * width + 1),
    )
    return -found.objective, list(found.y[:n])  # type: ignore[operator]  # bounded and feasible


def _dual(norm: str, X: list[list[Fraction]]) -> Fraction:
    """min over the simplex of the dual norm of X'c, as an LP with bounds t_k on |(X'c)_k|."""
    n, width = len(X), len(X[0])
    bounds = width if norm == "linf" else 1
    A, low = [], []
    for e in range(width):
        for sign in (1, -1):
            slack = [Fraction(int(b == (e if bounds > 1 else 0))) for b in range(bounds)]
            A.append([*[sign * row[e] for row in X], *slack])
            low.append(0)
    A.append([*[Fraction(1)] * n, *[Fraction(0)] * bounds])
    found = solve_lp(
        [*[0] * n, *[1] * bounds],
        A,
        [*low, 1],
        [*[None] * len(low), 1],
        [0] * (n + bounds),
        [None] * (n + bounds),
    )
    assert found.objective is not None  # the simplex is bounded and the norm at least 0
    return found.objective


def _dual_norm(norm: str, s: list[Fraction]) -> Fraction:
    sizes = [abs(e) for e in s]
    return sum(sizes, Fraction(0)) if norm == "linf" else max(sizes)


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
            Step("l_inf: no gap", _duality("linf"), "Duality of linear programs."),
            Step("l1: no gap", _duality("l1"), "Duality of linear programs."),
        ),
        wrong=(
            Wrong("objective without its half", _gap(2)),
            Wrong("M^2 for M in the dual norm", _cauchy_schwarz(2)),
            Wrong("a bound of 2 on |w|", _coordinate(1, 2)),
            Wrong("twice the dual norm", _duality("linf", lambda value: 2 * value + 1)),
            Wrong(
                "dual without its half",
                equality(dual - value * 2, tight, PRIMAL, normal=canonical, given=(stationary,)),
            ),
        ),
        measurements=(_sign_gd,),
    )

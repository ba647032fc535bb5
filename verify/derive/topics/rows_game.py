"""A game whose derivative is a positive form has one equilibrium, and the flow comes to it at a known rate.

The game is that of rows x_ik = a_i z_ik: G(c) = X W X'c, with W diagonal and w_k = |p|/sqrt(sum p_i^2 z_ik^2), p = a c.
"""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import sympy

from verify.derive.chain import Assertion, Finding
from verify.derive.evaluate import BITS, Point
from verify.derive.hypotheses import EQUILIBRIUM, condition, words
from verify.derive.joins import chained, joined
from verify.derive.letters import N, d, i, j, k, over
from verify.derive.points import Domain, indexed, positive, signed, simplex, whole
from verify.derive.roads import equality, inequality
from verify.derive.sums import canonical
from verify.numbers.systems.balls import ball, precision

V, lam, root, low, high = sympy.symbols(
    "V lambda kappa lambda_min lambda_max", positive=True
)  # kappa is sqrt(K)
w, a = (sympy.IndexedBase(name, positive=True) for name in ("w", "a"))
t, s, q, F, G, H = (sympy.IndexedBase(name, real=True) for name in ("t", "s", "q", "F", "G", "H"))
c, e, room = (sympy.IndexedBase(name, nonnegative=True) for name in ("c", "e", "f"))
X, T = sympy.Symbol("X", real=True), sympy.Symbol("T_2", positive=True)

# The two parts of the form, and the share of the first that the second may take.
T2, CROSS = over(w[k] * t[k] ** 2, (k, d)), over(w[k] * t[k] * s[k] * q[k], (k, d))
SHARE = root * (root**4 - 1) * sympy.sqrt(high / low)
NEAR = words("x_ik = a_i z_ik with K^-1 <= z_ik^2 <= K for all i and k, and lambda_min, lambda_max are the ends of the "
             "spectrum of Z Z'")  # fmt: skip
RATIO = condition(root**2 * (root**4 - 1) ** 2 * high < low, text="K (K^2 - 1)^2 lambda_max < lambda_min")

APART = over((c[i] - e[i]) * (G[i] - H[i]), (i, N))
LEAST = (1 - SHARE) * low / root
BOUND = LEAST * over(a[i] ** 2 * (c[i] - e[i]) ** 2, (i, N))
SIGNS = ((1, 1, 1, 1), (1, -1, 1, -1), (1, 1, -1, -1))


def _rows(rng: random.Random, at: Point) -> Any:
    """Rows z of 4 entries within 7/1000 of 1 in size, whose signs are orthogonal."""
    drawn = [[sign * (1 + Fraction(rng.randint(-7, 7), 1000)) for sign in row] for row in SIGNS]
    return lambda row, column: drawn[int(row)][int(column)]


def _costs(weights: Any) -> Any:
    """G at the weights, in balls."""

    def made(_: random.Random, at: Point) -> Any:
        rows, n = [[at[z](row, column) for column in range(4)] for row in range(3)], range(at[N])
        with precision(BITS):
            p = [ball(at[a](row) * at[weights](row)) for row in n]
            size = sum((x * x for x in p), ball(0)).sqrt()
            field = [
                sum((x * ball(rows[row][column]) for row, x in zip(n, p, strict=True)), ball(0)) * size
                / sum(((x * ball(rows[row][column])) ** 2 for row, x in zip(n, p, strict=True)), ball(0)).sqrt()
                for column in range(4)
            ]  # fmt: skip
            costs = [
                ball(at[a](row))
                * sum((ball(rows[row][column]) * field[column] for column in range(4)), ball(0))
                for row in n
            ]
        return lambda row: costs[int(row)]

    return made


z = sympy.IndexedBase("z", real=True)
# For these rows K is below (101/100)^2, and the eigenvalues of Z Z' are within 1/5 of 4.
ENDS: Domain = {
    root: lambda rng, at: Fraction(101, 100),
    low: lambda rng, at: Fraction(19, 5),
    high: lambda rng, at: Fraction(21, 5),
}
GAME: Domain = {
    **ENDS, N: whole(1, 3), z: _rows, a: indexed(positive), c: simplex(N), e: simplex(N), G: _costs(c), H: _costs(e),
}  # fmt: skip


def strongly(monotone: Assertion, least: Assertion) -> Assertion:
    """m sum a^2 (c - e)^2 <= (c - e)(G(c) - G(e)), m = (1 - share) lambda_min/kappa.

    The derivative of (c - e) G along c - e is the form T_2 + X, at all weights between: w turns by w q.
    """

    def check(_: Any, __: Any) -> Finding:
        along = sympy.Symbol("epsilon", real=True)
        factor = sympy.Function("w", positive=True)(along)
        slope = sympy.diff(t[k] * factor * (s[k] + along * t[k]), along)
        turned = {sympy.Derivative(factor, along): factor * q[k]}
        form = (T2.function + CROSS.function).subs({w[k]: factor, s[k]: s[k] + along * t[k]})
        rests = [sympy.expand(slope.subs(turned) - form), monotone.right_of(-X) - SHARE * T]
        rests.append(least.right_of(low * V / root) - T2)
        return Finding(not any(rests), f"the form is the derivative, and as large as that: off by {rests}")

    return joined([monotone, least], BOUND, APART, GAME, check).under(NEAR, RATIO)


def _some(rng: random.Random, at: Point) -> Any:
    """Numbers >= 0 of which the first is 0."""
    drawn = indexed(lambda draw, _: positive(draw, {}) if draw.random() < 0.5 else Fraction(0))(rng, dict(at))
    return lambda n: Fraction(0) if int(n) == 0 else drawn(n)


def _held_by(slack: Any) -> Any:
    """Weights on the rows without slack."""

    def weights(rng: random.Random, at: Point) -> Any:
        shares = {n: positive(rng, at) for n in range(at[N]) if not at[slack](n)}
        return lambda n: shares.get(int(n), Fraction(0)) / sum(shares.values(), Fraction(0))

    return weights


def held() -> Assertion:
    """sum c F <= sum e F at an equilibrium c, for all weights e: F_i = lambda + f_i, with f_i = 0 where c_i > 0."""
    domain: Domain = {N: whole(1, 4), room: _some, lam: signed, c: _held_by(room), e: simplex(N)}
    ones = {over(c[i], (i, N)): 1, over(e[i], (i, N)): 1, over(c[i] * room[i], (i, N)): 0}
    sums = {canonical(total): value for total, value in ones.items()}
    return inequality(
        over(c[i] * COST, (i, N)), over(e[i] * COST, (i, N)), over(e[i] * room[i], (i, N)), domain,
        normal=lambda g: canonical(g).subs(sums),
    ).under(EQUILIBRIUM)  # fmt: skip


COST = lam + room[i]


def _costs_least(held: Assertion, costs: Any) -> Any:
    """By how much other weights e cost more than an equilibrium c of these costs: sum e costs - sum c costs >= 0."""
    more = held.right_of(over(c[i] * COST, (i, N))) - held.left
    return canonical(more.xreplace({COST: costs[i]}))


LOOSE, TIGHT = (sympy.IndexedBase(name, nonnegative=True) for name in ("g", "h"))
TWO: Domain = {
    N: whole(1, 4), LOOSE: _some, TIGHT: _some, lam: signed, c: _held_by(LOOSE), e: _held_by(TIGHT),
    G: lambda rng, at: lambda n: at[lam] + at[LOOSE](n), H: lambda rng, at: lambda n: at[TIGHT](n),
}  # fmt: skip


def two(held: Assertion) -> Assertion:
    """(c - e)(G(c) - G(e)) <= 0 for two equilibria: neither costs more than the other at its own weights."""

    def check(apart: Any, _: Any) -> Finding:
        other = _costs_least(held, H).xreplace({c: e, e: c})
        rest = canonical(apart + _costs_least(held, G) + other)
        return Finding(rest == 0, f"the sum of what each costs more at the other's is off by {rest}")

    return joined([held], APART, sympy.Integer(0), TWO, check)


def unique(strongly: Assertion, two: Assertion) -> Assertion:
    """m sum a^2 (c - e)^2 <= 0 for two equilibria: they are the same."""
    same: Domain = {**GAME, e: lambda rng, at: at[c]}
    return chained(strongly, two, domain=same)


def flows(strongly: Assertion, held: Assertion) -> Assertion:
    """(e - c) G(c) <= -m sum a^2 (c - e)^2 at an equilibrium e."""
    domain: Domain = {
        **ENDS, N: whole(1, 4), a: indexed(positive), TIGHT: _some,
        lam: signed, e: _held_by(TIGHT), H: lambda rng, at: lambda n: at[lam] + at[TIGHT](n), c: simplex(N),
        G: lambda rng, at: lambda n: at[H](n) + 4 * at[a](n) ** 2 * (at[c](n) - at[e](n)),
    }  # fmt: skip
    left = over((e[i] - c[i]) * G[i], (i, N))

    def check(left: Any, right: Any) -> Finding:
        slacks = strongly.right_of(BOUND) - BOUND + _costs_least(held, H).xreplace({c: e, e: c})
        rest = canonical(right - left - slacks)
        return Finding(rest == 0, f"the two lines before, up to {rest}")

    return joined([strongly, held], left, -BOUND, domain, check)


def lyapunov(sign: int = 1) -> Assertion:
    """d/dt of sum e log(e/c) along the flow: sum e (F - cF) = (e - c)F, since the weights e have sum 1."""
    domain: Domain = {N: whole(2, 4), F: indexed(signed), c: simplex(N), e: simplex(N)}
    mean = over(c[j] * F[j], (j, N))
    ones = {canonical(over(e[i], (i, N)) * mean): canonical(mean)}
    return equality(
        over(e[i] * (F[i] - mean), (i, N)), sign * over((e[i] - c[i]) * F[i], (i, N)), domain,
        normal=lambda g: canonical(canonical(g).subs(ones)),
    )  # fmt: skip

"""The claims on scaled-Rademacher data: moments and weights with their bounds, the l2 comparison."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy

from verify.derive.chain import Assertion
from verify.derive.evaluate import Point, exact
from verify.derive.joins import chained, reindexing, resting, substituted
from verify.derive.letters import N, b1, b2, c, d, i, j, k, l, over, s, v, x
from verify.derive.points import Domain, below, indexed, positive, signed, unit, whole
from verify.derive.roads import equality, geometric, inequality
from verify.derive.sums import canonical

a, e, h, lam = (sympy.IndexedBase(name, nonnegative=True) for name in ("a", "e", "h", "lambda"))
V = sympy.IndexedBase("V", positive=True)
sigma = sympy.IndexedBase("sigma", real=True)
w, other = sympy.IndexedBase("w", real=True), sympy.IndexedBase("u", real=True)
C, S = sympy.symbols("C S", positive=True)
gap = sympy.Symbol("gap", nonnegative=True)
lag = sympy.Mod(i - j, N)

squares = over(c[j] ** 2 * a[j] ** 2, (j, N))
lagged = over(b2**lag * c[j] ** 2 * a[j] ** 2, (j, N))
weight = C / N * over(b1**lag / sympy.sqrt(V[i]), (i, N))
# The constant of the epoch map, and the memory of v.
MEMORY = over(b2**k, (k, N))
CONSTANT = sympy.sqrt(MEMORY) / over(b1**k, (k, N))


def _sign(rng: random.Random, _: Point) -> int:
    return rng.choice((-1, 1))


def random_square(rng: random.Random, point: Point) -> Fraction:
    return positive(rng, point) ** 2


SIZES: Domain = {b1: unit, b2: unit, N: whole(1, 4), i: below(N), c: indexed(positive), a: indexed(positive)}
SIGNS: Domain = {**SIZES, k: whole(0, 3), sigma: indexed(_sign), v: positive}
WEIGHTS: Domain = {
    b1: unit,
    N: whole(1, 4),
    j: below(N),
    k: whole(0, 2),
    C: positive,
    S: random_square,
    c: indexed(positive),
    x: indexed(signed),
}


def replaced(matches: Callable[[Any], bool], by: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda expression: expression.replace(matches, by)


signs_squared = replaced(
    lambda p: p.is_Pow and isinstance(p.base, sympy.Indexed) and p.base.base == sigma and p.exp == 2,
    lambda _: sympy.Integer(1),
)


def weight_bound(above: bool, moment: Assertion, factor: Any = 1) -> Assertion:
    """p_j against C/(N sqrt L) sum_i b1^lag, where by the moment V_i >= L = beta_2^(N-1) S (the bound is above) or
    V_i <= L = S.

    e_i is the share by which sqrt(V_i) and sqrt(L) then differ; of the larger one it is h_i = e_i/(1 + e_i).
    """
    least = _least(above)
    bound = factor * C * over(b1**lag, (i, N)) / (N * sympy.sqrt(least))
    turned, share = (1 - h[i], h[i]) if above else (1 + e[i], e[i])
    put_in = replaced(
        lambda p: p.is_Pow and isinstance(p.base, sympy.Indexed) and p.base.base == V,
        lambda p: turned.subs(i, p.base.indices[0]) / sympy.sqrt(least),
    )
    left, right = (weight, bound) if above else (bound, weight)
    because = C / N / sympy.sqrt(least) * over(b1**lag * share, (i, N))
    made = inequality(left, right, because, _between(above), normal=canonical, given=(put_in,))
    names = {lagged: V[i], squares: S}
    slack = least * e[i] * (2 + e[i]) / (1 if above else (1 + e[i]) ** 2)
    return resting(
        made,
        (moment, slack),
        given=(lambda p: p.subs(names).subs(V[i], (least / turned**2).subs(h[i], e[i] / (1 + e[i]))),),
    )


def _least(above: bool) -> Any:
    """What the moment is compared with: S, or beta_2^(N-1) S where the weight is bounded above."""
    return b2 ** (N - 1) * S if above else S


def free_of_beta1(above: bool, lags: Assertion, bound: Assertion) -> Assertion:
    """The bound of a weight with the constant put in: beta_1 cancels."""
    domain = _between(above)
    value = CONSTANT * over(b1**k, (k, N)) / (N * sympy.sqrt(_least(above)))
    put_in = substituted(bound, {C: CONSTANT}, domain)
    side = put_in.right if above else put_in.left
    constant = equality(*((side, value) if above else (value, side)), domain, given=(reindexing(lags),))
    parts = (put_in, constant) if above else (constant, put_in)
    return chained(*parts, domain=domain)


def _between(above: bool) -> Domain:
    """sqrt(V_i) is off from sqrt(L) by the share e_i, above or below."""

    def draw_v(_: random.Random, point: Point) -> Callable[[Any], Any]:
        least = exact(_least(above), point)
        return lambda at: least * (1 + point[e](at)) ** (2 if above else -2)

    return {**WEIGHTS, b2: unit, e: indexed(unit), V: draw_v}


def moment_bound(above: bool, bound: Any) -> Assertion:
    """V_i against ``bound`` times the sum of squares.

    The gap of beta2^lag is a geometric sum times gap = 1 - beta2 > 0: 1 - b^k = (1-b) sum_{s<k} b^s, and
    b^k - b^(N-1) = (1-b) sum_{k<=s<N-1} b^s.
    """
    left, right = (lagged, bound * squares) if above else (bound * squares, lagged)
    low, high = (0, lag - 1) if above else (lag, N - 2)
    return inequality(
        left,
        right,
        over(gap * sympy.Sum(b2**s, (s, low, high)) * c[j] ** 2 * a[j] ** 2, (j, N)),
        SIZES,
        normal=canonical,
        given=(lambda p: p.subs(gap, 1 - b2), geometric(b2, s)),
    )


def euclidean(factor: int = 2) -> Assertion:
    """|u|^2 - |w|^2 against any u, for w = sum_j lambda_j x_j."""
    combination = over(lam[j] * x[j, k], (j, N))
    left = over(other[k] ** 2 - w[k] ** 2, (k, d))
    cross = over(lam[j] * x[j, k] * (other[k] - w[k]), (k, d), (j, N))
    right = over((other[k] - w[k]) ** 2, (k, d)) + factor * cross
    stationary = replaced(
        lambda p: isinstance(p, sympy.Indexed) and p.base == w,
        lambda p: over(lam[l] * x[l, p.indices[0]], (l, N)),
    )
    domain: Domain = {
        N: whole(1, 4),
        d: whole(1, 3),
        lam: indexed(positive),
        x: indexed(signed),
        other: indexed(signed),
        w: lambda _, point: lambda at: exact(combination, {**point, k: at}),
    }
    return equality(left, right, domain, normal=canonical, given=(stationary,))


def positive_cost(square: int = 1) -> Assertion:
    """|U|^2 = sum_j lambda_j x_j.U, for U = sum_j lambda_j x_j: at an equilibrium mu sum_j lambda_j."""
    combination = over(lam[j] * x[j, k], (j, N))
    left, right = (
        over(combination * w[k], (k, d)),
        over(lam[j] ** square * over(x[j, k] * w[k], (k, d)), (j, N)),
    )
    domain: Domain = {
        N: whole(1, 4),
        d: whole(1, 3),
        lam: indexed(positive),
        x: indexed(signed),
        w: indexed(signed),
    }
    return equality(left, right, domain, normal=canonical)

"""A condition on beta2 and N under which per-sample Adam's mean cost is positive at all weights: it separates."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache, partial
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.definitions import hyper
from verify.derive.evaluate import Point, exact
from verify.derive.hypotheses import FROZEN, SEPARABLE, Under, condition
from verify.derive.joins import chained, follows, resting, rooted, substituted, summed, together
from verify.derive.letters import N, b1, b2, d, g, i, j, k, l, over, s
from verify.derive.measure import DIGITS, number, order_of
from verify.derive.points import Domain, below, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import equality, geometric, inequality, rewriting
from verify.derive.sums import canonical
from verify.derive.topics.epoch_bound import epoch_bound, frozen_floor
from verify.derive.topics.growth import Q as D
from verify.derive.topics.growth import S, growth
from verify.derive.topics.signum import NO_GAP
from verify.derive.topics.signum_stalls import BATCHES
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.mean_update import NO_REST, mean_update
from verify.optimizers.rules import RULES

delta, T = sympy.symbols("delta T", positive=True)
gap, f, e, rest, more = sympy.symbols("gap f e r m", nonnegative=True)
gamma, R, root, width = sympy.symbols("gamma R n w", positive=True)
P, M, low, high = (sympy.IndexedBase(name, nonnegative=True) for name in ("P", "M", "f", "h"))
change = sympy.IndexedBase("epsilon", real=True)
size = sympy.IndexedBase("a", positive=True)
lag = sympy.Mod(i - j, N)
AGES: Domain = {b2: unit, N: whole(1, 5), i: below(N), g: indexed(signed)}

SMALL = condition(delta < gamma / (root * R), text="beta_2^(-(N-1)/2) < 1 + gamma/(sqrt(N) R)")


def _counted(above: bool) -> Assertion:
    """N beta2^(N-1) <= sum of beta2^s <= N."""
    powers = over(b2**s, (s, N))
    sides = (powers, N) if above else (N * b2 ** (N - 1), powers)
    ends = (0, s - 1) if above else (s, N - 2)
    because = over(gap * sympy.Sum(b2**l, (l, *ends)), (s, N))
    given = (lambda expr: expr.subs(gap, 1 - b2), geometric(b2, l))
    return inequality(*sides, because, AGES, normal=canonical, given=given)


def _ceiling() -> Assertion:
    """v is at most the sum of squares, up to the common factor."""
    lagged, squares = over(b2**lag * g[j] ** 2, (j, N)), over(g[j] ** 2, (j, N))
    because = over(gap * sympy.Sum(b2**s, (s, 0, lag - 1)) * g[j] ** 2, (j, N))
    given = (lambda expr: expr.subs(gap, 1 - b2), geometric(b2, s))
    return inequality(lagged, squares, because, AGES, normal=canonical, given=given)


LAGGED, SUM, POWERS = (over(b2**lag * g[j] ** 2, (j, N)), over(g[j] ** 2, (j, N)), over(b2**s, (s, N)))
THETA = N * LAGGED / (POWERS * SUM)


def _relative(above: bool, of_v: Assertion, of_powers: Assertion) -> Assertion:
    """theta = N v/sum of squares is between beta2^(N-1) and its reciprocal."""
    L, Q, C, t, count = sympy.symbols("L Q C t N", positive=True)
    if above:  # L = Q - f, C = N t + e
        sides, letters = (THETA, b2 ** (1 - N)), {Q: L + f, C: count * t + e}
        because = (count * t * f + e * (L + f)) / (t * (count * t + e) * (L + f))
    else:  # L = t Q + f, N = C + e
        sides, letters = (b2 ** (N - 1), THETA), {L: t * Q + f, count: C + e}
        because = (C * f + e * (t * Q + f)) / (C * Q)

    def put_in(expr: Any) -> Any:
        expr = expr.subs({LAGGED: L, SUM: Q, POWERS: C}).subs({b2 ** (N - 1): t, b2 ** (1 - N): 1 / t})
        return expr.subs(N, count).subs(letters)

    made = inequality(*sides, because, AGES, given=(put_in,))
    return resting(made, (of_v, f), (of_powers, e), given=(put_in,))


def _root(above: bool, relative: Assertion, square: int = 1) -> Assertion:
    """1/T is within delta of 1, where T^2 = theta is between 1/(1 + delta)^2 = beta2^(N-1) and its reciprocal."""
    left = (1 / T - 1 if above else 1 - 1 / T) * square
    at = (1 + f) / (1 + delta) if above else (1 + delta) / (1 + e)
    because = (1 + delta) * f / (1 + f) if above else (delta**2 + e) / (1 + delta)

    def between(rng: random.Random, point: Point) -> Fraction:
        above = 1 + point[delta] * unit(rng, point)
        return Fraction(rng.choice((above, 1 / above)))

    domain: Domain = {delta: positive, T: between}
    powers = {b2 ** (N - 1): (1 + delta) ** -2, b2 ** (1 - N): (1 + delta) ** 2}
    theta = {THETA: T**2}
    sides, slack = ((1 / (1 + delta), T), f / (1 + delta)) if above else ((T, 1 + delta), e * at)
    within = rooted(relative, *sides, domain, given=(lambda x: x.subs(theta).subs(powers),))
    given = (lambda x: x.subs(T, at),)
    return resting(inequality(left, delta, because, domain, given=given), (within, slack), given=given)


def _moved(above: Assertion, under: Assertion, factor: Any = 1) -> Assertion:
    """mu_i = P_i - M_i, each times 1 + epsilon_i, |epsilon_i| <= delta: the sum is off by delta times the sizes."""
    left = over(P[i] - M[i], (i, N)) - factor * delta * over(P[i] + M[i], (i, N))
    right = over((P[i] - M[i]) * (1 + change[i]), (i, N))
    because = over(P[i] * low[i] + M[i] * high[i], (i, N))
    domain: Domain = {
        N: whole(1, 4),
        delta: positive,
        P: indexed(positive),
        M: indexed(positive),
        change: indexed(lambda rng, at: at[delta] * rng.choice((-1, 1)) * unit(rng, at)),
    }
    given = (rewriting(low, lambda q: delta + change[q]), rewriting(high, lambda q: delta - change[q]))
    made = inequality(left, right, because, domain, normal=canonical, given=given)
    named = (lambda x: x.subs(T, 1 / (1 + change[i])), *given)
    return resting(made, (above, high[i]), (under, low[i]), given=named)


STEPS, LENGTH = sympy.Symbol("W", real=True), sympy.Symbol("D", positive=True)
SIGNED = sympy.Symbol("s", nonnegative=True)
Us = sympy.IndexedBase("U", real=True)


def _update(moved: Assertion, total: Assertion, squares: Assertion) -> Assertion:
    """S/(n D) - delta <= sum mu_i (1 + epsilon_i)/(n D): U in a coordinate, n = sqrt(N).

    The mu_i add up to S, and the |mu_i| to sum |G_j| <= n D.
    """
    sizes = over(size[j], (j, N))
    drawn: Domain = {
        b1: unit, N: whole(1, 4), size: indexed(positive), root: positive,
        LENGTH: lambda rng, at: exact(sizes, at) / at[root] * (1 + unit(rng, at)),
    }  # fmt: skip
    names = {N * over(size[j] ** 2, (j, N)): (root * LENGTH) ** 2}
    bound = rooted(squares, sizes, root * LENGTH, drawn, given=(lambda x: x.subs(names),))
    averages = equality(total.left / over(b1**k, (k, N)), sizes, drawn, given=(total.rewriting(),))
    both = chained(averages, bound, domain=drawn)

    def put_in(expr: Any) -> Any:  # sum |mu| = n D - e, W = S - delta sum |mu| + f
        expr = expr.subs(
            {over(P[i] - M[i], (i, N)): SIGNED, over((P[i] - M[i]) * (1 + change[i]), (i, N)): STEPS}
        )
        for all_ in (over(P[i] + M[i], (i, N)), total.left / over(b1**k, (k, N))):
            expr = expr.subs(all_, root * LENGTH - e)
        return expr.subs(STEPS, SIGNED - delta * (root * LENGTH - e) + f)

    domain: Domain = {
        **dict.fromkeys((SIGNED, root, LENGTH, delta), positive),
        STEPS: lambda rng, at: max(at[SIGNED] - at[delta] * at[root] * at[LENGTH], 0) + unit(rng, at),
    }
    left, right = SIGNED / (root * LENGTH) - delta, STEPS / (root * LENGTH)
    made = inequality(left, right, (f + delta * e) / (root * LENGTH), domain, given=(put_in,))
    return resting(made, (moved, f), (both, e), given=(put_in,))


COORDINATES: Domain = {
    d: whole(1, 4), S: indexed(positive), D: indexed(positive), root: positive,
    R: lambda rng, at: exact(over(D[k], (k, d)), at) * (1 + unit(rng, at)),
    gamma: lambda rng, at: exact(over(S[k], (k, d)), at) * unit(rng, at),
    delta: lambda rng, at: at[gamma] / (at[root] * at[R]) * unit(rng, at),
    Us: lambda rng, at: lambda a: at[S](a) / (at[root] * at[D](a)) - at[delta] + Fraction(1, 9 + int(a)),
}  # fmt: skip


def _costs(update: Assertion) -> Assertion:
    """sum S_k^2/(n D_k) - delta sum S_k <= sum S_k U_k."""
    at = substituted(
        update, {STEPS / (root * LENGTH): Us[k], SIGNED: S[k], LENGTH: D[k]}, {**COORDINATES, k: below(d)}
    )
    each = summed(at, k, 0, d - 1, COORDINATES, weight=S[k])
    split = over(S[k] ** 2 / D[k], (k, d)) / root - delta * over(S[k], (k, d))
    return chained(equality(split, each.left, COORDINATES, normal=canonical), each, domain=COORDINATES)


def _mean_cost(cauchy: Assertion, costs: Assertion) -> Assertion:
    """||S||_1 (||S||_1/(sqrt(N) R) - delta) <= sum S_k U_k, where sum D_k <= R."""
    total, sizes, quotient = over(S[k], (k, d)), over(D[k], (k, d)), over(S[k] ** 2 / D[k], (k, d))

    def put_in(expr: Any) -> Any:  # the quotient is ||S||_1^2/sum D + f, R = sum D + r
        return expr.subs(quotient, total**2 / sizes + f).subs(sizes, width).subs(R, width + rest)

    because = (f + total**2 * rest / (width * (width + rest))) / root
    left, right = total * (total / (root * R) - delta), quotient / root - delta * total
    made = inequality(left, right, because, COORDINATES, given=(put_in,))
    return chained(resting(made, (cauchy, f * width), given=(put_in,)), costs, domain=COORDINATES)


def _positive(extra: int = 1) -> Assertion:
    """gamma (gamma/(sqrt(N) R) - delta) against the same with ||S||_1 >= gamma."""
    total, kappa = sympy.Symbol("s", positive=True), sympy.Symbol("kappa", nonnegative=True)
    left = extra * gamma * (gamma / (root * R) - delta)
    because = more * kappa + (gamma + more) * more / (root * R)
    domain: Domain = {
        gamma: positive,
        root: positive,
        R: positive,
        delta: lambda rng, at: at[gamma] / (at[root] * at[R]) * unit(rng, at),
        total: lambda rng, at: at[gamma] * (1 + unit(rng, at)),
    }
    letters = {total: gamma + more, delta: gamma / (root * R) - kappa}
    return inequality(
        left,
        total * (total / (root * R) - delta),
        because,
        Under(domain, SMALL),
        given=(lambda x: x.subs(letters),),
    ).under(NO_GAP, SEPARABLE, BATCHES, FROZEN)


def _above_zero(mean_cost: Assertion) -> Assertion:
    """gamma (gamma/(sqrt(N) R) - delta) is at most the mean cost, at s = ||S||_1."""
    total = sympy.Symbol("s", positive=True)
    sums = (lambda x: x.subs(total, over(S[k], (k, d))),)
    return chained(_positive(), mean_cost, domain=Under(COORDINATES, SMALL), given=sums)


def _measured() -> Measured:
    """How U approaches sqrt(N) times AdamProxy's field as beta2 -> 1."""
    entries = [Fraction(3), Fraction(-1), Fraction(2)]
    with digits(DIGITS):
        fill, out, found = mean_update(RULES["adam"], MPF), [number(0)], []
        total = number(sum(entries)) / MPF.sqrt(number(3) * number(sum(x * x for x in entries)))
        for power in range(6, 14):
            h = hyper("adam", number(Fraction(0)), number(1 - Fraction(1, 10**power)), number(0))
            fill([[number(-x)] for x in entries], [[number(0)]] * 3, h, out, [NO_REST] * 3)
            found.append((number(Fraction(1, 10**power)), out[0] - total))
        return order_of(
            "order of U_k - sqrt(N) U_proxy,k in 1 - beta2", 1, found, "1 - beta2 = 1e-6 .. 1e-13"
        )


@cache
def positive_cost() -> Chain:
    """beta2^(-(N-1)/2) < 1 + gamma/(sqrt(N) R): the mean cost is positive at all weights."""
    squares = {N: whole(1, 4), size: indexed(positive)}
    least = _relative(False, frozen_floor(), _counted(above=True))
    most = _relative(True, _ceiling(), _counted(above=False))
    return told(
        __file__,
        "positive-cost",
        steps={
            "ceiling": _ceiling(),
            "few": _counted(above=False),
            "many": _counted(above=True),
            "relative-below": follows(partial(_relative, False), "epoch-residual-bound:floor", "many"),
            "relative-above": follows(partial(_relative, True), "ceiling", "few"),
            "root-above": follows(partial(_root, True), "relative-below"),
            "root-below": follows(partial(_root, False), "relative-above"),
            "moved": follows(_moved, "root-above", "root-below"),
            "total": equality(
                over(b1**lag * size[j], (i, N), (j, N)),
                over(b1**k, (k, N)) * over(size[j], (j, N)),
                {b1: unit, **squares},
                normal=canonical,
            ),
            "sizes": inequality(
                over(size[j], (j, N)) ** 2,
                N * over(size[j] ** 2, (j, N)),
                over((size[j] - size[k]) ** 2, (j, N), (k, N)) / 2,
                squares,
                normal=canonical,
            ),
            "update": follows(_update, "moved", "total", "sizes"),
            "costs": follows(_costs, "update"),
            "mean-cost": follows(_mean_cost, "growth-bounds:cauchy-schwarz", "costs"),
            "positive": follows(_above_zero, "mean-cost"),
            "positive-cost": follows(together, "relative-below", "relative-above", "mean-cost", "positive"),
        },
        wrong={
            "twice 1/T - 1": _root(True, least, square=2),
            "half of delta": _moved(_root(True, least), _root(False, most), sympy.Rational(1, 2)),
            "twice the gain": _positive(2),
        },
        measurements=(_measured,),
        others=(epoch_bound(), growth()),
    )


PLACE, CHAINS = 174, {"positive-cost": positive_cost}

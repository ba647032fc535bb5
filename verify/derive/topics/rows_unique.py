"""Any number of rows near scaled-Rademacher ones: AdamProxy has one equilibrium, and every flow goes there."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache, partial
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.evaluate import Point, exact
from verify.derive.joins import follows, resting, rooted, scaled, together
from verify.derive.letters import N, d, i, j, k, over
from verify.derive.measure import DIGITS, agreement, number
from verify.derive.points import Domain, above_one, beyond_one, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import equality, inequality, rewriting
from verify.derive.sums import canonical
from verify.derive.topics.growth_steps import in_a_ball
from verify.derive.topics.rows_game import (
    CROSS,
    NEAR,
    SHARE,
    T2,
    T,
    V,
    X,
    flows,
    held,
    high,
    low,
    lyapunov,
    q,
    root,
    s,
    strongly,
    t,
    two,
    unique,
    w,
)
from verify.numbers.systems.balls import ball
from verify.numbers.systems.mpf import MPF, digits

K, P, S, M, m, taken = sympy.symbols("K P S M m S_2", positive=True)
a, x, c, others, rest = sympy.symbols("a x c P_0 S_0", positive=True)
f, h = sympy.symbols("f h", nonnegative=True)
p, r = sympy.IndexedBase("p", nonnegative=True), sympy.IndexedBase("r", positive=True)
room, e = (sympy.IndexedBase(name, nonnegative=True) for name in ("f", "e"))
delta, v = (sympy.IndexedBase(name, real=True) for name in ("delta", "v"))


def _of_size(rng: random.Random, at: Point) -> Any:
    """Squares r_i between 1/K and K."""
    share = indexed(unit)(rng, dict(at))
    return lambda n: 1 / at[K] + (at[K] - 1 / at[K]) * share(n)


SIZES: Domain = {K: beyond_one, N: whole(1, 4), p: indexed(positive), r: _of_size}


def _squares(above: bool) -> Assertion:
    """sum p^2/K <= sum p^2 r <= K sum p^2."""
    sizes, turned = over(p[i] ** 2, (i, N)), over(p[i] ** 2 * r[i], (i, N))
    because = over(p[i] ** 2 * room[i], (i, N))
    put_in = rewriting(room, lambda n: K - r[n] if above else r[n] - 1 / K)
    sides = (turned, K * sizes) if above else (sizes / K, turned)
    return inequality(*sides, because, SIZES, normal=canonical, given=(put_in,))


SQUARES, TURNED = over(p[i] ** 2, (i, N)), over(p[i] ** 2 * r[i], (i, N))
NAMES = {SQUARES: P, TURNED: S}
one, width = sympy.symbols("r w", positive=True)


def _apart(squares: Assertion, power: int = 2) -> Assertion:
    """r P/S - 1 <= K^2 - 1, for r <= K and P <= K S."""
    domain: Domain = {
        K: beyond_one, one: lambda rng, at: at[K] * (1 - unit(rng, at) / 9), S: positive,
        P: lambda rng, at: at[K] * at[S] * (1 - unit(rng, at) / 9),
    }  # fmt: skip
    because = (f * K * S + one * h) / S
    given = (lambda g: g.subs(NAMES).subs(P, K * S - h).subs(f, K - one),)
    made = inequality(one * P / S - 1, K**power - 1, because, domain, given=given)
    return resting(made, (squares, h / K), given=given)


def _apart_below(squares: Assertion) -> Assertion:
    """1 - r P/S <= K^2 - 1 too, for r >= 1/K and S <= K P: 1 - 1/K^2 is less."""
    domain: Domain = {
        K: beyond_one, one: lambda rng, at: (1 + unit(rng, at)) / at[K], P: positive,
        S: lambda rng, at: at[K] * at[P] * unit(rng, at),
    }  # fmt: skip
    # r = (1 + f)/K, K P = S + h
    because = (K - 1 / K) ** 2 + (f * (S + h) + h) / (S * K**2)
    given = (lambda g: g.subs(NAMES).subs({P: (S + h) / K, one: (1 + f) / K}),)
    made = inequality(1 - one * P / S, K**2 - 1, because, domain, given=given)
    return resting(made, (squares, h), given=given)


TOP, BOTTOM, ALONG = a**2 * c**2 + others, x**2 * c**2 + rest, sympy.Symbol("v", real=True)
RELATIVE = 1 - (x / a) ** 2 * TOP / BOTTOM
LOG_SLOPE = sympy.diff(sympy.sqrt(TOP / BOTTOM), c) / sympy.sqrt(TOP / BOTTOM) * ALONG / a


def _log_slope() -> Assertion:
    """What v, in units of a, turns the logarithm of the factor by: p delta v/P, delta = 1 - r P/S, in p = a c."""
    domain: Domain = {**dict.fromkeys((a, x, c, others, rest), positive), ALONG: signed}
    right = a * c * RELATIVE * ALONG / TOP
    return equality(LOG_SLOPE, right, domain, called=sympy.Symbol("q"))


def _within(bound: Any) -> Any:
    """Numbers of either sign of size at most the bound."""

    def make(rng: random.Random, at: Point) -> Any:
        shares = indexed(lambda draw, point: draw.choice((-1, 1)) * unit(draw, point))(rng, dict(at))
        return lambda n: exact(bound, at) * shares(n)

    return make


def _turn(apart: Assertion, apart_below: Assertion, times: int = 1) -> Assertion:
    """(sum p delta v)^2 <= m^2 sum p^2 sum v^2, for |delta| <= m = K^2 - 1."""
    domain: Domain = {
        N: whole(1, 4),
        m: positive,
        p: indexed(positive),
        v: indexed(signed),
        delta: _within(m),
    }
    right = m**2 * SQUARES * over(v[i] ** 2, (i, N)) / times
    pair = over((p[i] * delta[j] * v[j] - p[j] * delta[i] * v[i]) ** 2, (i, N), (j, N)) / 2
    because = pair + SQUARES * over(room[i] * e[i] * v[i] ** 2, (i, N))
    given = (rewriting(room, lambda n: m + delta[n]), rewriting(e, lambda n: m - delta[n]))
    made = inequality(MOVED**2, right, because, domain, normal=canonical, given=given)
    names = (lambda g: g.subs(K**2, m + 1).subs(one, (1 - delta[i]) * S / P), *given)
    return resting(made, (apart, room[i]), (apart_below, e[i]), given=names)


MOVED = over(p[i] * delta[i] * v[i], (i, N))
S2 = over(w[k] * s[k] ** 2, (k, d))


def _cross(turn: Assertion, log_slope: Assertion) -> Assertion:
    """(sum w t s q)^2 <= M^2 sum w t^2 sum w s^2, for q^2 <= M^2 = m^2 V/P, where P q = sum p delta v."""
    domain: Domain = {
        d: whole(1, 4), M: positive, w: indexed(positive), t: indexed(signed), s: indexed(signed), q: _within(M),
    }  # fmt: skip
    pair = w[i] * w[k] * (t[i] * s[k] * q[k] - t[k] * s[i] * q[i]) ** 2
    because = over(pair, (i, d), (k, d)) / 2 + T2 * over(w[k] * room[k] * s[k] ** 2, (k, d))
    given = (rewriting(room, lambda n: M**2 - q[n] ** 2),)
    made = inequality(CROSS**2, M**2 * T2 * S2, because, domain, normal=canonical, given=given)
    term = log_slope.right_of(LOG_SLOPE).subs({RELATIVE: delta[i], ALONG: v[i]}).subs({TOP: P, a * c: p[i]})
    names = {over(P * term, (i, N)): P * q[k], SQUARES: P, over(v[i] ** 2, (i, N)): M**2 * P / m**2}
    return resting(made, (turn, P**2 * room[k]), given=(lambda g: g.subs(names), *given))


def _of_factor(rng: random.Random, at: Point) -> Fraction:
    """Between 1/kappa and kappa."""
    return Fraction(1 / at[root] + (at[root] - 1 / at[root]) * unit(rng, at))


FACTOR: Domain = {root: above_one, width: _of_factor}


def _factor(above: bool, squares: Assertion) -> Assertion:
    """1/kappa <= w <= kappa for w^2 = P/S."""
    over_ = scaled(squares, K / TURNED if above else 1 / (K * TURNED), SIZES)
    given = (lambda g: g.subs(NAMES).subs(P, width**2 * S).subs(K, root**2),)
    sides = (width, root) if above else (1 / root, width)
    return rooted(over_, *sides, FACTOR, given=given)


def _spectrum(above: bool, factor: Assertion) -> Assertion:
    """lambda_min V/kappa <= T_2, or S_2 <= kappa lambda_max P: sums of squares of Z'v or Z'p, with the factors w."""
    entry, size, end = (s, P, high) if above else (t, V, low)
    total = over(entry[k] ** 2, (k, d))
    domain: Domain = {
        d: whole(1, 4), root: FACTOR[root], entry: indexed(signed), size: positive, w: indexed(_of_factor),
        end: lambda rng, at: exact(total, at) / at[size] * (2 if above else 1) * (1 + unit(rng, at)) / 2,
    }  # fmt: skip
    # lambda_max P = sum s^2 + f, and sum t^2 = lambda_min V + f
    sides = (S2, root * end * size) if above else (end * size / root, T2)
    because = over(entry[k] ** 2 * room[k], (k, d)) + f * (root if above else 1 / root)
    slack = root - w[k] if above else w[k] - 1 / root
    given = (
        lambda g: g.subs(end, (total + f if above else total - f) / size),
        rewriting(room, lambda n: slack.subs(k, n)),
    )
    made = inequality(*sides, because, domain, normal=canonical, given=given)
    return resting(made, (factor, room[k]), given=(lambda g: g.subs(width, w[k]), *given)).under(NEAR)


def _form(least: Assertion, most: Assertion, power: int = 2) -> Assertion:
    """The cross term, squared, is a share of what there is: T2 >= lambda_min V/kappa, S2 <= kappa lambda_max P.

    M^2 = (K^2 - 1)^2 V/P; the sums over coordinates are T2 and S2.
    """
    domain: Domain = {
        root: lambda rng, at: 1 + unit(rng, at) / 3, low: positive, high: positive, V: positive, P: positive,
        T: lambda rng, at: at[low] * at[V] / at[root] * (1 + unit(rng, at) / 9),
        taken: lambda rng, at: at[root] * at[high] * at[P] * (1 - unit(rng, at) / 9),
    }  # fmt: skip
    # T2 = lambda_min V/kappa + f, S2 = kappa lambda_max P - h
    share, turned = SHARE**2, (root**4 - 1) ** 2 * V / P
    letters = {T: low * V / root + f, taken: root * high * P - h}
    given = (lambda g: g.subs({T2: T, S2: taken}).subs(letters),)
    left = (root ** (2 * power) - 1) ** 2 * V / P * taken
    made = inequality(left, share * T, share * f + turned * h, domain, given=given)
    return resting(made, (least, f), (most, h), given=given)


def _positive(cross: Assertion, form: Assertion) -> Assertion:
    """-X <= sigma T2 for the cross sum X, as X^2 <= T2 Y with Y = M^2 S2 <= sigma^2 T2."""
    Y, share = sympy.symbols("Y sigma", positive=True)
    size = sympy.Symbol("b", nonnegative=True)  # X = -b, and b <= sigma T2 as b^2 <= T2 Y <= (sigma T2)^2
    domain: Domain = {
        root: lambda rng, at: 1 + unit(rng, at) / 3, low: positive, high: positive, T: positive,
        X: lambda rng, at: -in_a_ball(SHARE * T, at) * ball(unit(rng, at)),
    }  # fmt: skip
    because = (f + T * h) / (share * T + size)
    known = (lambda g: g.subs(X, -size), lambda g: g.subs(f, T * Y - size**2).subs(h, share**2 * T - Y))
    turned = (root**4 - 1) ** 2 * V / P
    names = {CROSS: X, T2: T, S2: taken, M: sympy.sqrt(turned)}
    shares = {SHARE: share, SHARE**2: share**2}
    given = (lambda g: g.subs(names).subs(taken, Y / turned).subs(shares), *known)
    made = inequality(-X, SHARE * T, because, domain, given=given)
    return resting(made, (cross, f), (form, h), given=given)


ROWS = [
    [Fraction(11, 10), Fraction(1), Fraction(1), Fraction(1)],
    [Fraction(1), Fraction(-1), Fraction(1), Fraction(-1)],
    [Fraction(1), Fraction(1), Fraction(-21, 20), Fraction(-1)],
]


def _measured() -> Measured:
    """The flow of AdamProxy from two far starts on three such rows, in mpf: one end."""
    with digits(DIGITS):
        rows = [[number(entry) for entry in row] for row in ROWS]

        def end(weights: list[Any]) -> Any:
            for _ in range(600):
                U = [
                    sum(c * row[n] for c, row in zip(weights, rows, strict=True))
                    / MPF.sqrt(sum((c * row[n]) ** 2 for c, row in zip(weights, rows, strict=True)))
                    for n in range(4)
                ]
                grown = [
                    c * MPF.exp(-sum(a * b for a, b in zip(row, U, strict=True)) / 4)
                    for c, row in zip(weights, rows, strict=True)
                ]
                weights = [c / sum(grown) for c in grown]
            return weights[0]

        third, small = number(Fraction(1, 3)), number(Fraction(1, 1000))
        return agreement(
            "c_1 of rows (11/10, 1, 1, 1), (1, -1, 1, -1), (1, 1, -21/20, -1), from 1/3 each and from (998, 1, 1)/1000",
            end([third] * 3), end([1 - 2 * small, small, small]), number(Fraction(1, 10**100)), "600 steps of the flow",
        )  # fmt: skip


@cache
def rows_unique() -> Chain:
    """K (K^2 - 1)^2 lambda_max < lambda_min: G is strictly monotone, so all flows go to one equilibrium."""
    least, most = (
        _spectrum(False, _factor(False, _squares(True))),
        _spectrum(True, _factor(True, _squares(False))),
    )
    return told(
        __file__,
        "rows-unique",
        steps={
            "squares-above": _squares(True),
            "squares-below": _squares(False),
            "log-slope": _log_slope(),
            "apart": follows(_apart, "squares-below"),
            "apart-below": follows(_apart_below, "squares-above"),
            "turn": follows(_turn, "apart", "apart-below"),
            "cross": follows(_cross, "turn", "log-slope"),
            "factor-below": follows(partial(_factor, False), "squares-above"),
            "factor-above": follows(partial(_factor, True), "squares-below"),
            "least": follows(partial(_spectrum, False), "factor-below"),
            "most": follows(partial(_spectrum, True), "factor-above"),
            "form": follows(_form, "least", "most"),
            "monotone": follows(_positive, "cross", "form"),
            "strongly": follows(strongly, "monotone", "least"),
            "held": held(),
            "two": follows(two, "held"),
            "unique": follows(unique, "strongly", "two"),
            "flows": follows(flows, "strongly", "held"),
            "lyapunov": lyapunov(),
            "rows-unique": follows(together, "unique", "flows", "lyapunov"),
        },
        wrong={
            "K for its square": _apart(_squares(False), 1),
            "half of what turns": _turn(_apart(_squares(False)), _apart_below(_squares(True)), 2),
            "the fourth power of kappa twice": _form(least, most, 3),
            "the flow the other way": lyapunov(-1),
        },
        measurements=(_measured,),
    )


PLACE, CHAINS = 106, {"rows-unique": rows_unique}

"""Two rows whose entries have nearly one size: AdamProxy has one equilibrium, within an explicit ratio of the sizes."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache, partial
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.definitions import rule_output
from verify.derive.evaluate import Point
from verify.derive.hypotheses import Under, condition, words
from verify.derive.joins import added, chained, follows, joined, rooted, substituted, summed
from verify.derive.letters import k, over
from verify.derive.measure import DIGITS, agreement, number
from verify.derive.points import Domain, beyond_one, indexed, positive, unit, whole
from verify.derive.prose import told
from verify.derive.roads import algebraic, equality, inequality
from verify.derive.signs import nonnegative
from verify.derive.signs import positive as positive_look
from verify.derive.sums import canonical
from verify.numbers.systems.mpf import MPF, digits

u, v, t, kappa = sympy.symbols("u v t kappa", positive=True)
x, y, W, Z, top = sympy.symbols("x y W Z n", positive=True)
e, f, h, rest, least = sympy.symbols("e f h r m", nonnegative=True)
p = sympy.Symbol("p", integer=True, positive=True)
q = sympy.Symbol("q", integer=True, nonnegative=True)  # d - p

TWO_ROWS = words(
    "N = 2, every |x_i[k]| is between 1 and kappa, and in p of d coordinates the rows have opposite signs"
)
RATIO = condition(q * kappa**6 * (kappa - 1) < 2 * p, text="(d - p) kappa^6 (kappa - 1) < 2 p")


def _between(rng: random.Random, point: Point) -> Fraction:
    return Fraction(1 + (point[kappa] - 1) * unit(rng, point))


SIZES: Domain = {kappa: beyond_one, t: positive, u: _between, v: _between}


def _part(one: Any, other: Any, at: Any) -> Any:
    """A coordinate's part of N (F_1 - F_2) at c = (1, t), for its entries: AdamProxy's update is odd."""
    return (one - other) * rule_output("adam-proxy", "u", one + at * other, seen=one**2 + at**2 * other**2)


def _slope(sign: int = 1) -> Assertion:
    """Its derivative by t, for entries u and sign * v."""
    other = sign * v
    right = u * other * (u - other) * (u - t * other) / (u**2 + t**2 * v**2) ** sympy.Rational(3, 2)
    letter = sympy.Symbol("g" if sign > 0 else "h")
    return equality(sympy.diff(_part(u, other, t), t), right, SIZES, called=letter)


# In this measure of t all slopes have one bound.
RULER = (t - 1) / sympy.sqrt(1 + t**2)


def _ruler(power: int = 3) -> Assertion:
    """The derivative of the measure."""
    right = (1 + t) / (1 + t**2) ** sympy.Rational(power, 2)
    return equality(sympy.diff(RULER, t), right, {t: positive})


def _opposing(factor: Any = 2) -> Assertion:
    """Of opposite signs: the falling slope's numerator is at least 2 (1 + t)."""
    given = (lambda a: sympy.expand(a.subs({u: 1 + x, v: 1 + y})),)
    right = u * v * (u + v) * (u + t * v)
    because = sympy.expand((right - 2 * (1 + t)).subs({u: 1 + x, v: 1 + y}))
    return inequality(factor * (1 + t), right, because, SIZES, given=given)


FACTORS = sympy.symbols("a b c", nonnegative=True)  # uv, |u - v| and |u - tv|
BOUNDS: Domain = {
    kappa: SIZES[kappa],
    t: positive,
    FACTORS[0]: lambda rng, at: at[kappa] ** 2 * unit(rng, at),
    FACTORS[1]: lambda rng, at: (at[kappa] - 1) * unit(rng, at),
    FACTORS[2]: lambda rng, at: at[kappa] * (1 + at[t]) * unit(rng, at),
}
SIZED: Domain = {
    **SIZES,
    FACTORS[0]: lambda rng, at: at[u] * at[v],
    FACTORS[1]: lambda rng, at: abs(at[u] - at[v]),
    FACTORS[2]: lambda rng, at: abs(at[u] - at[t] * at[v]),
}


def _alike(power: int = 3) -> Assertion:
    """Of one sign: uv <= kappa^2, |u - v| <= kappa - 1, |u - tv| <= kappa (1 + t), one by one."""
    one, two, three = FACTORS
    right = kappa**power * (kappa - 1) * (1 + t)
    # the three factors have room e, f and h
    because = (one + e) * (two + f) * (three + h) - one * two * three
    letters = {one: kappa**2 - e, two: kappa - 1 - f, three: kappa * (1 + t) - h}
    return inequality(
        one * two * three, right, sympy.expand(because), BOUNDS, given=(lambda a: a.subs(letters),)
    )


def _root(above: bool) -> Assertion:
    """W^2 = u^2 + t^2 v^2 is between 1 + t^2 and kappa^2 (1 + t^2)."""
    sides = (1 + t**2, u**2 + t**2 * v**2) if not above else (u**2 + t**2 * v**2, kappa**2 * (1 + t**2))
    if above:  # kappa = u + e = v + f: kappa^2 twice, once for each
        because = e * (2 * u + e) + t**2 * f * (2 * v + f)
        given = (
            lambda a: sympy.expand(a).subs(kappa**2 * t**2, t**2 * (v + f) ** 2).subs(kappa**2, (u + e) ** 2),
        )
    else:
        because = 2 * x + x**2 + t**2 * (2 * y + y**2)
        given = (lambda a: a.subs({u: 1 + x, v: 1 + y}),)
    return inequality(*sides, because, SIZES, given=given)


def _over() -> Assertion:
    """n/Z^3 <= (n + e)/W^3 where W <= Z."""
    domain: Domain = {
        W: positive,
        Z: lambda rng, at: at[W] + unit(rng, at),
        least: positive,
        top: lambda rng, at: at[least] + unit(rng, at),
    }
    because = e / W**3 + least * (3 * W**2 * f + 3 * W * f**2 + f**3) / (W**3 * (W + f) ** 3)
    return inequality(
        least / Z**3, top / W**3, because, domain, given=(lambda a: a.subs({top: least + e, Z: W + f}),)
    )


def _quotient(quotients: Assertion, numerators: Assertion, squares: Assertion) -> Assertion:
    """The quotients at these numerators, and at roots whose squares these are."""
    roots = sympy.sqrt(squares.left), sympy.sqrt(squares.right)
    under = rooted(squares, *roots, SIZES)
    values = {least: numerators.left, top: numerators.right, W: under.left, Z: under.right}

    def check(_: Any, __: Any) -> Finding:
        met = numerators.relation == "<=" and nonnegative(numerators.left) and positive_look(under.left)
        return Finding(met, "a smaller numerator over a larger root")

    left, right = (side.subs(values, simultaneous=True) for side in (quotients.left, quotients.right))
    return joined([quotients, numerators, under], left, right, SIZED, check)


def _along(sign: int, bound: Assertion, slope: Assertion, ruler: Assertion) -> Assertion:
    """From t to t + h a coordinate's part changes by at most a factor times the change of the measure, since its slope
    is at most that factor times the measure's. The factor is kappa^3 (kappa - 1), and -2/kappa^3 for entries of
    opposite signs.
    """
    rate, here = ruler.right_of(sympy.diff(RULER, t)), slope.right_of(sympy.diff(_part(u, sign * v, t), t))
    factors = dict(zip(FACTORS, (u * v, u - v, u - t * v), strict=True))
    most, size = (bound.right, bound.left.subs(factors)) if sign > 0 else (-bound.left, -bound.right)
    times = sympy.simplify(most / rate)

    def check(_: Any, __: Any) -> Finding:
        rests = [algebraic(here - size), sympy.diff(times, t)]
        return Finding(rests == [0, 0], f"the slope is bounded by {times} of the measure's, up to {rests}")

    left, right = (_from_to(each) for each in (_part(u, sign * v, t), times * RULER))
    return joined([bound, slope, ruler], left, right, {**SIZES, h: positive}, check).under(TWO_ROWS)


def _from_to(function: Any) -> Any:
    return function.subs(t, t + h) - function


us, vs = (sympy.IndexedBase(name, positive=True) for name in ("u", "v"))
# N (F_1 - F_2) on p coordinates with entries u and -v, and q with u and v.
GAP = over(_part(us[k], -vs[k], t), (k, p)) + sympy.Sum(_part(us[k], vs[k], t), (k, p, p + q - 1))


def _falls(falling: Assertion, rising: Assertion, two: int = 2) -> Assertion:
    """N (F_1 - F_2) falls from t to t + h by at least D times what the measure rises, D = 2 p/kappa^3 - q kappa^3
    (kappa - 1), which is positive."""
    entries: Domain = {us: indexed(_between), vs: indexed(_between), k: whole(0, 3)}
    sizes: Domain = {
        kappa: lambda rng, at: 1 + unit(rng, at) / 3,
        p: whole(1, 4),
        q: whole(0, 2),
        t: positive,
        h: positive,
    }
    domain = Under({**sizes, **entries}, RATIO)
    parts = [
        summed(substituted(one, {u: us[k], v: vs[k]}, domain), k, begin, end - 1, domain)
        for one, begin, end in ((falling, sympy.Integer(0), p), (rising, p, p + q))
    ]
    total = added(*parts, domain=domain)
    excess = two * p / kappa**3 - q * kappa**3 * (kappa - 1)
    change = equality(_from_to(GAP), total.left, domain, normal=canonical)
    last = equality(total.right, -excess * _from_to(RULER), domain, given=(lambda a: a.doit(),))
    return chained(change, total, last, domain=domain)


def _measured() -> Measured:
    """On rows (6/5, 1), (1, -11/10): the zero of F_1 - F_2, by bisection from both ends."""
    with digits(DIGITS):
        rows = [
            [number(Fraction(6, 5)), number(Fraction(1))],
            [number(Fraction(1)), number(Fraction(-11, 10))],
        ]

        def gap(ratio: Any) -> Any:
            terms = (
                (a - b) * (a + ratio * b) / MPF.sqrt(a * a + ratio * ratio * b * b)
                for a, b in zip(*rows, strict=True)
            )
            return sum(terms, number(0))

        def between(low: Any, high: Any) -> Any:
            for _ in range(420):
                middle = (low + high) / 2
                low, high = (middle, high) if gap(middle) > 0 else (low, middle)
            return low

        return agreement(
            "c_2/c_1 of the equilibrium of rows (6/5, 1), (1, -11/10), from two brackets",
            between(number(0), number(100)),
            between(number(Fraction(1, 100)), number(10)),
            number(Fraction(1, 10**100)),
            "bisection",
        )


@cache
def two_rows_unique() -> Chain:
    """(d - p) kappa^6 (kappa - 1) < 2 p: F_1 - F_2 falls as weight goes over to row 2, so there is one equilibrium."""
    slopes, ruler = {1: _slope(), -1: _slope(-1)}, _ruler()
    falling = _along(-1, _quotient(_over(), _opposing(), _root(above=True)), slopes[-1], ruler)
    rising = _along(1, _quotient(_over(), _alike(), _root(above=False)), slopes[1], ruler)
    return told(
        __file__,
        "two-rows-unique",
        steps={
            "slope": _slope(),
            "slope-opposite": _slope(-1),
            "opposite": _opposing(),
            "alike": _alike(),
            "below": _root(above=False),
            "above": _root(above=True),
            "quotients": _over(),
            "rises": follows(_quotient, "quotients", "alike", "below"),
            "drops": follows(_quotient, "quotients", "opposite", "above"),
            "ruler": _ruler(),
            "falling": follows(partial(_along, -1), "drops", "slope-opposite", "ruler"),
            "rising": follows(partial(_along, 1), "rises", "slope", "ruler"),
            "falls": follows(_falls, "falling", "rising"),
        },
        wrong={
            "as if all sizes were kappa": _opposing(2 * kappa**4),
            "a power less": _alike(2),
            "a measure of another power": _ruler(5),
            "three times what falls": _falls(falling, rising, 6),
        },
        measurements=(_measured,),
    )


PLACE, CHAINS = 105, {"two-rows-unique": two_rows_unique}

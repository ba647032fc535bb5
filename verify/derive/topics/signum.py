"""Signum at a fixed beta: when its signs are those of the full gradient, and a margin bound."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from typing import Any

import sympy

from verify.derive.cases import all_right, by_cases, one_right, wrong
from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.definitions import from_rule, hyper, rule_output
from verify.derive.evaluate import Point, exact
from verify.derive.hypotheses import CYCLIC, EQUILIBRIUM, Under, condition, words
from verify.derive.joins import chained, follows, resting, substituted, summed, together
from verify.derive.letters import B, N, b1, b2, c, d, g, i, j, k, m, over, q, s, t, v
from verify.derive.measure import DIGITS, agreement, number
from verify.derive.points import Domain, below, indexed, positive, signed, simplex, unit, whole
from verify.derive.prose import told
from verify.derive.roads import asserted, equality, geometric, inequality, rewriting
from verify.derive.sums import canonical
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.mean_update import NO_REST, mean_update
from verify.optimizers.rules import RULES

P, M, low_slack, high_slack, X, sizes, room = (
    sympy.IndexedBase(name, nonnegative=True) for name in ("P", "M", "h", "H", "X", "r", "f")
)
As, Ts = (sympy.IndexedBase(name, nonnegative=True) for name in ("A", "T"))
G, Ys, mu = (sympy.IndexedBase(name, real=True) for name in ("G", "Y", "m"))
gap, A, T, slack, others, y, rest = sympy.symbols("gap A T h b y e", nonnegative=True)
p, gamma, R, n = sympy.symbols("p gamma R n", positive=True)

last = b1 ** (B - 1)
theta = (1 - last) / (1 + last)
stretch = 2 / (1 + last)
lag = sympy.Mod(i - q, B)
UPDATE = rule_output("signum", "u", g[t])
BOUND = gamma - 2 * (1 - 1 / B) * theta * R


def _each(one: Any) -> Any:
    """A function of the coordinate whose letters A and T are those of the coordinate."""

    def make(rng: random.Random, point: Point) -> Callable[[Any], Fraction]:
        values = [one(rng, {**point, A: point[As](at), T: point[Ts](at)}) for at in range(point[d])]
        return lambda at: values[int(at)]

    return make


def _positive_or_none(rng: random.Random, point: Point) -> Fraction:
    return positive(rng, point) if rng.random() < 0.5 else Fraction(0)


def _where_not(rng: random.Random, point: dict[Any, Any]) -> Callable[[Any], Fraction]:
    """Negative parts for the batches without a positive part."""
    sizes = indexed(positive)(rng, point)
    return lambda at: Fraction(0) if point[P](at) else sizes(at)


BATCHES: Domain = {b1: unit, B: whole(1, 4), i: below(B), P: indexed(_positive_or_none), M: _where_not}


def age_weights(upper: bool, width: Any = theta) -> Assertion:
    """1 - theta <= 2 beta^k/(1 + beta^(B-1)) <= 1 + theta for 0 <= k < B."""
    middle = stretch * b1**k
    left, right = (middle, 1 + width) if upper else (1 - width, middle)
    ends = (0, k - 1) if upper else (k, B - 2)
    because = stretch * gap * sympy.Sum(b1**s, (s, *ends))
    return inequality(
        left,
        right,
        because,
        {b1: unit, B: whole(1, 7), k: below(B)},
        given=(lambda e: e.subs(gap, 1 - b1), geometric(b1, s)),
    )


def same_sign(below: Assertion, above: Assertion, width: Any = theta) -> Assertion:
    """m_i against the sum of the batch gradients G = P - M, |G| = P + M."""
    left = over(P[q] - M[q], (q, B)) - width * over(P[q] + M[q], (q, B))
    right = stretch * over(b1**lag * (P[q] - M[q]), (q, B))
    because = over(P[q] * low_slack[q] + M[q] * high_slack[q], (q, B))

    def slack_of(part: Assertion) -> Callable[[Any], Any]:
        return lambda at: (part.right - part.left).subs(k, sympy.Mod(i - at, B))

    return inequality(
        left,
        right,
        because,
        BATCHES,
        normal=canonical,
        given=(rewriting(low_slack, slack_of(below)), rewriting(high_slack, slack_of(above))),
    )


def total() -> Assertion:
    """The momenta of an epoch add up to a multiple of the full gradient."""
    return equality(
        over(b1**k, (k, B)) * over(G[q], (q, B)),
        over(b1**lag * G[q], (i, B), (q, B)),
        {b1: unit, B: whole(1, 5), G: indexed(signed)},
        normal=canonical,
    )


def _below(share: Any = None) -> Assertion:
    """|s| - 2 (1 - 1/B) theta r against -(1 - 2/B) |s|, where |s| <= theta r."""
    share = 1 - 1 / B if share is None else share
    return inequality(
        A - 2 * share * T,
        (2 / B - 1) * A,
        2 * others / (1 + others) * slack,
        Under({A: positive, T: positive, B: whole(2, 6)}, A <= T, local=True),
        given=(lambda e: e.subs({B: 1 + others, T: A + slack}),),
    )


def _above() -> Assertion:
    """|s| - 2 (1 - 1/B) theta r against |s|, where theta r <= |s|."""
    return inequality(
        A - 2 * (1 - 1 / B) * T,
        A,
        2 * others / (1 + others) * T,
        Under({A: positive, T: positive, B: whole(2, 6)}, T < A, local=True),
        given=(lambda e: e.subs(B, 1 + others),),
    )


def _mean_of_signs(rng: random.Random, point: Point) -> Any:
    """s U in a coordinate: the mean of B signs of which one is that of s, all of them above the threshold."""
    signs = [1, *(1 if point[A] > point[T] else rng.choice((-1, 1)) for _ in range(point[B] - 1))]
    return point[A] * Fraction(sum(signs), point[B])


def _momentum(rng: random.Random, point: Point) -> Callable[[Any], Fraction]:
    """The momenta of frozen gradients, turned so that the full gradient is A >= 0."""
    turn = -1 if exact(over(P[q] - M[q], (q, B)), point) < 0 else 1
    return lambda at: turn * exact(over(b1**lag * (P[q] - M[q]), (q, B)), {**point, i: int(at)})


MOMENTA: Domain = {
    b1: unit, B: whole(2, 4), P: indexed(_positive_or_none), M: _where_not,
    A: lambda rng, point: abs(exact(over(P[q] - M[q], (q, B)), point)),
    T: lambda rng, point: exact(theta * over(P[q] + M[q], (q, B)), point),
    mu: _momentum,
}  # fmt: skip
WRONG = wrong(mu[i], 1 / B, i, B)


def _named(e: Any) -> Any:
    """In terms of A = |s|, T = theta r and the momenta, where s and the gradients are turned alike."""
    e = e.replace(
        lambda a: isinstance(a, sympy.Indexed) and a.base == G, lambda a: P[a.indices[0]] - M[a.indices[0]]
    )
    frozen = over(b1**lag * (P[q] - M[q]), (q, B))
    sums = {
        over(frozen.function, (i, B), (q, B)): over(mu[i], (i, B)),
        frozen: mu[i],
        over(P[q] - M[q], (q, B)): A,
    }
    return e.subs(sums).subs(theta * over(P[q] + M[q], (q, B)), T)


def _agree(sign: Assertion) -> Assertion:
    """A w <= 0 above the threshold, w the share of wrong signs."""
    return all_right(sign, mu[i], WRONG, A, MOMENTA, T < A, _named)


def _one(total: Assertion) -> Assertion:
    """A w <= A (1 - 1/B): the signs are not all wrong."""
    return one_right(total, mu[i], WRONG, A, 1 / B, MOMENTA, sympy.Lt(0, A, evaluate=False), _named)


def gained(part: Assertion, domain: Domain) -> Assertion:
    """A - 2 q <= A - 2 A w, from A w <= q: what a coordinate gains."""
    made = inequality(
        A - 2 * part.right, A - 2 * part.left, 2 * slack, domain,
        given=(lambda e: e.subs(slack, part.right - part.left),),
    )  # fmt: skip
    return resting(made, (part, slack), given=(lambda e: e.subs(slack, part.right - part.left),))


def _coordinate(below: Assertion, one: Assertion, above: Assertion, agree: Assertion) -> Assertion:
    """|s| - 2 (1 - 1/B) theta r <= s U on either side of the threshold, s U = A - 2 A w."""
    some = chained(below, gained(one, MOMENTA), domain=Under(MOMENTA, A <= T, local=True))
    every = chained(
        above, gained(agree, Under(MOMENTA, T < A, local=True)), domain=Under(MOMENTA, T < A, local=True)
    )
    return by_cases(some, every, MOMENTA)


def _summed(one: Assertion) -> Assertion:
    """The coordinates added up."""
    values = {A - 2 * A * WRONG: Ys[k], A: As[k], T: Ts[k]}
    one = substituted(one, values, {**COORDINATES, k: below(d)})
    return summed(one, k, 0, d - 1, COORDINATES)


NORMS: Domain = {
    N: whole(1, 4), d: whole(1, 3), c: simplex(N), X: indexed(positive),
    sizes: lambda rng, at: lambda e: exact(over(c[j] * X[j, k], (j, N)), {**at, k: int(e)}) * Fraction(5, 6),
    R: lambda rng, at: max(exact(over(X[j, k], (k, d)), {**at, j: n}) for n in range(at[N])) + unit(rng, at),
}  # fmt: skip


def _norms(rows: Assertion) -> Assertion:
    """sum r_k <= R, r_k the sum of the batches' sizes: no more than that of the samples', and no row is longer."""
    samples, longest = over(c[j] * X[j, k], (j, N)), over(X[j, k], (k, d))
    triangle = inequality(
        over(sizes[k], (k, d)), rows.left, over(room[k], (k, d)), NORMS, normal=canonical,
        given=(rewriting(room, lambda at: samples.subs(k, at) - sizes[at]),),
    )  # fmt: skip
    weights = {canonical(R * over(c[j], (j, N))): R}
    row = inequality(
        rows.right, R, over(c[j] * room[j], (j, N)), NORMS,
        given=(rewriting(room, lambda at: R - longest.subs(j, at)),), normal=lambda e: canonical(e).subs(weights),
    )  # fmt: skip
    return chained(triangle, rows, row, domain=NORMS)


def _data(norms: Assertion, share: Any = None) -> Assertion:
    """gamma - 2 (1 - 1/B) theta R against the sums: gamma <= sum |s_k| and T_k = theta r_k."""
    totals, thresholds = over(As[k], (k, d)), over(Ts[k], (k, d))
    letters = {totals: gamma + slack, thresholds: theta * R - theta * rest, over(sizes[k], (k, d)): R - rest}
    width = sympy.Symbol("theta", nonnegative=True)
    factor = 2 * others / (1 + others)
    given = (lambda e: e.subs(letters), lambda e: e.subs({theta: width, 1 / B: 1 / (1 + others)}))
    made = inequality(
        BOUND, totals - 2 * (1 - 1 / B) * thresholds, slack + factor * width * rest, COORDINATES, given=given
    )
    return resting(made, (norms, rest), given=given).under(NO_GAP)


def _normalized(margin: Assertion, negative: bool = False) -> Assertion:
    """The margin over ||U|| <= 1: the bound is as good if it is not negative."""
    costs_sum = margin.right
    # the cost is the bound and more, 1/||U|| is 1 + y
    letters = {costs_sum: margin.left + slack, n: 1 / (1 + y)}
    because = slack * (1 + y) + (margin.left if negative else rest) * y

    def costs(rng: random.Random, point: Point) -> Any:
        share = (exact(BOUND, point) + unit(rng, point)) / point[d]
        return lambda _: share

    sums = {letter: one for letter, one in COORDINATES.items() if letter is not Ys}
    domain: Domain = {**sums, gamma: positive, R: positive, Ys: costs, n: unit}
    return inequality(
        margin.left,
        costs_sum / n,
        because,
        domain if negative else Under(domain, NOT_NEGATIVE),
        given=(lambda e: e.subs(letters), lambda e: e.subs(rest, margin.left)),
    )


COORDINATES: Domain = {
    b1: unit,
    B: whole(2, 5),
    d: whole(1, 4),
    As: indexed(positive),
    Ts: indexed(positive),
    Ys: _each(_mean_of_signs),
    gamma: lambda rng, point: exact(over(As[k], (k, d)), point) * unit(rng, point),
    R: lambda rng, point: exact(over(Ts[k], (k, d)) / theta, point) * (1 + unit(rng, point)),
}


NOT_NEGATIVE = condition(BOUND >= 0, text="the bound is not negative")
NO_GAP = words("gamma is the l_inf margin and R the largest l1 norm of a row")


def _of_data() -> Assertion:
    """The margin in terms of the sums s U over the coordinates, as the chain has it."""
    return asserted(
        "inequality", BOUND, "<=", over(Ys[k], (k, d)), COORDINATES, lambda _, __: Finding(True, "")
    )


def _threshold() -> Measured:
    """The |s|/r from which on Signum's signs agree with s over an epoch of two batches, by bisection."""
    beta = Fraction(9, 10)
    with digits(DIGITS):
        fill, out = mean_update(RULES["signum"], MPF), [number(0)]
        h_ = hyper("signum", number(beta), number(0), number(0))

        def mixed(ratio: Any) -> bool:
            """Whether the signs differ at batch gradients -1 and (1 + ratio)/(1 - ratio)."""
            fill([[number(-1)], [(1 + ratio) / (1 - ratio)]], [[number(0)]] * 2, h_, out, [NO_REST] * 2)
            return bool(out[0] == 0)

        low, high = number(0), number(1) / 2
        for _ in range(360):
            middle = (low + high) / 2
            low, high = (middle, high) if mixed(middle) else (low, middle)
        return agreement(
            "|s|/r from which on all signs agree, two batches, beta = 9/10: theta",
            number((1 - beta) / (1 + beta)),
            low,
            high - low + number(Fraction(1, 10**100)),
            "bisection of (0, 1/2) with Signum's rule",
        )


@cache
def signum_bound() -> Chain:
    """Signum's threshold theta and the bound on the l_inf margin."""
    free: Domain = {b2: lambda rng, at: unit(rng, at), v: positive}  # of the rules that have them
    scalars: Domain = {b1: unit, **free, m: signed, g: indexed(signed), t: whole(0, 9)}
    example = (1 - p) - (1 - b1) / (1 + b1) * (1 + p)
    return told(
        __file__,
        "signum-bound",
        steps={
            "update": from_rule("signum", "u", g[t], sympy.sign(b1 * m + (1 - b1) * g[t]), scalars),
            "weights-below": age_weights(upper=False),
            "weights-above": age_weights(upper=True),
            "sign": follows(same_sign, "weights-below", "weights-above"),
            "total": total(),
            "agree": follows(_agree, "sign"),
            "one": follows(_one, "total"),
            "below": _below(),
            "above": _above(),
            "coordinate": follows(_coordinate, "below", "one", "above", "agree"),
            "coordinates": follows(_summed, "coordinate"),
            "summed": equality(
                over(over(c[j] * X[j, k], (j, N)), (k, d)),
                over(c[j] * over(X[j, k], (k, d)), (j, N)),
                NORMS,
                normal=canonical,
            ),
            "norms": follows(_norms, "summed"),
            "data": follows(_data, "norms"),
            "margin": follows(
                partial(chained, domain=COORDINATES, normal=canonical),
                *("data", "coordinates"),
                under=(EQUILIBRIUM,),
            ),
            "bound": follows(_normalized, "margin"),
            "threshold": inequality(
                theta,
                1 - last,
                last * gap * sympy.Sum(b1**s, (s, 0, B - 2)) / (1 + last),
                {b1: unit, B: whole(1, 6)},
                given=(lambda e: e.subs(gap, 1 - b1), geometric(b1, s)),
            ),
            "sharp": equality(example, 2 * (b1 - p) / (1 + b1), {b1: unit, p: unit}),
            "signum": follows(together, *("update", "sign", "bound", "threshold", "sharp"), under=(CYCLIC,)),
        },
        wrong={
            "half the threshold": same_sign(age_weights(False), age_weights(True), theta / 2),
            "half the width of the weights above": age_weights(True, theta / 2),
            "half the width below": age_weights(False, theta / 2),
            "a bound that is negative": _normalized(_of_data(), negative=True),
            "1 - 2/B for 1 - 1/B": _below(1 - 2 / B),
        },
        measurements=(_threshold,),
    )


PLACE, CHAINS = 160, {"signum-bound": signum_bound}

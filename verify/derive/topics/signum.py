"""Signum at a fixed beta: when its signs are those of the full gradient, and a margin bound."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.definitions import from_rule, hyper
from verify.derive.evaluate import Point
from verify.derive.letters import B, N, b1, b2, c, d, g, i, j, k, m, over, q, s, t, v, x
from verify.derive.measure import DIGITS, agreement, number
from verify.derive.points import Domain, below, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import equality, geometric, inequality, rewriting
from verify.derive.sums import canonical
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.epoch_map import NO_REST, mean_update
from verify.optimizers.rules import RULES

P, M, h, low_slack, high_slack, size = (
    sympy.IndexedBase(name, nonnegative=True) for name in ("P", "M", "h", "r", "R", "X")
)
G = sympy.IndexedBase("G", real=True)
gap, A, slack, others = sympy.symbols("gap A h b", nonnegative=True)
p = sympy.Symbol("p", positive=True)

last = b1 ** (B - 1)
theta = (1 - last) / (1 + last)
stretch = 2 / (1 + last)
lag = sympy.Mod(i - q, B)


def _positive_or_none(rng: random.Random, point: Point) -> Fraction:
    return positive(rng, point) if rng.random() < 0.5 else Fraction(0)


def _where_not(rng: random.Random, point: dict[Any, Any]) -> Callable[[Any], Fraction]:
    """Negative parts for the batches without a positive part."""
    sizes = indexed(positive)(rng, point)
    return lambda at: Fraction(0) if point[P](at) else sizes(at)


BATCHES: Domain = {b1: unit, B: whole(1, 4), i: below(B), P: indexed(_positive_or_none), M: _where_not}


def _weights(upper: bool, width: Any = theta) -> Assertion:
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


def _same_sign(width: Any = theta) -> Assertion:
    """m_i against the sum of the batch gradients G = P - M, |G| = P + M."""
    left = over(P[q] - M[q], (q, B)) - width * over(P[q] + M[q], (q, B))
    right = stretch * over(b1**lag * (P[q] - M[q]), (q, B))
    because = over(P[q] * low_slack[q] + M[q] * high_slack[q], (q, B))

    def weight(at: Any) -> Any:
        return stretch * b1 ** sympy.Mod(i - at, B)

    return inequality(
        left,
        right,
        because,
        BATCHES,
        normal=canonical,
        given=(
            rewriting(low_slack, lambda at: weight(at) - 1 + theta),
            rewriting(high_slack, lambda at: 1 + theta - weight(at)),
        ),
    )


def _worst_coordinate(share: Any = None) -> Assertion:
    """s U >= -(1 - 2/B) |s| against |s| - 2 (1 - 1/B) theta r where |s| <= theta r; b = B - 1."""
    share = others / (1 + others) if share is None else share
    left = A - 2 * share * (A + slack)
    right = -(1 - 2 / (1 + others)) * A
    domain: Domain = {A: positive, slack: positive, others: whole(1, 6)}
    return inequality(left, right, 2 * others / (1 + others) * slack, domain)


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
    scalars: Domain = {b1: unit, b2: unit, m: signed, v: positive, g: indexed(signed), t: whole(0, 9)}
    average = (1 + sympy.Sum(h[q] - 1, (q, 1, B - 1))) / B
    data: Domain = {
        N: whole(1, 4),
        d: whole(1, 3),
        c: indexed(positive),
        size: indexed(positive),
        x: indexed(signed),
    }
    example = (1 - p) - (1 - b1) / (1 + b1) * (1 + p)
    linear: Callable[[Any], Any] = lambda e: e.replace(  # noqa: E731
        lambda a: isinstance(a, sympy.Sum) and a.function == h[q] - 1,
        lambda a: sympy.Sum(h[q], *a.limits) - (a.limits[0][2] - a.limits[0][1] + 1),
    )
    return told(
        __file__,
        "signum-bound",
        universal=True,
        steps={
            "update": from_rule("signum", "u", g[t], sympy.sign(b1 * m + (1 - b1) * g[t]), scalars),
            "weights-below": _weights(upper=False),
            "weights-above": _weights(upper=True),
            "sign": _same_sign(),
            "total": equality(
                over(b1**lag * G[q], (i, B), (q, B)),
                over(b1**k, (k, B)) * over(G[q], (q, B)),
                {b1: unit, B: whole(1, 5), G: indexed(signed)},
                normal=canonical,
            ),
            "mean-sign": inequality(
                2 / B - 1,
                average,
                sympy.Sum(h[q], (q, 1, B - 1)) / B,
                {B: whole(2, 6), h: indexed(lambda rng, _: rng.choice((0, 2)))},
                given=(linear,),
                normal=lambda e: sympy.simplify(sympy.expand(e)),
            ),
            "worst": _worst_coordinate(),
            "summed": equality(
                over(over(c[j] * size[j, k], (j, N)), (k, d)),
                over(c[j] * over(size[j, k], (k, d)), (j, N)),
                data,
                normal=canonical,
            ),
            "threshold": inequality(
                theta,
                1 - last,
                last * gap * sympy.Sum(b1**s, (s, 0, B - 2)) / (1 + last),
                {b1: unit, B: whole(1, 6)},
                given=(lambda e: e.subs(gap, 1 - b1), geometric(b1, s)),
            ),
            "sharp": equality(example, 2 * (b1 - p) / (1 + b1), {b1: unit, p: unit}),
        },
        wrong={
            "half the threshold": _same_sign(theta / 2),
            "half the width of the weights above": _weights(True, theta / 2),
            "half the width below": _weights(False, theta / 2),
            "1 - 2/B for 1 - 1/B": _worst_coordinate((others - 1) / (1 + others)),
        },
        measurements=(_threshold,),
    )


PLACE, CHAINS = 160, {"signum-bound": signum_bound}

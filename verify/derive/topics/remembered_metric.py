"""Rules that remember: AdaGrad's and AMSGrad's states converge, and the max margin is that in the metric they leave."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.definitions import from_rule
from verify.derive.evaluate import BITS
from verify.derive.hypotheses import CONSTANT, FULL_BATCH, Under, words
from verify.derive.joins import Phase, added, by_invariant, follows, scaled, summed, together
from verify.derive.letters import b1, b2, d, eta, g, j, m, t, top, v
from verify.derive.measure import DIGITS, number, order_of
from verify.derive.points import Domain, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import by_derivative, equality, inequality
from verify.numbers.systems.balls import BALLS, ball, log, precision
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.optimizer import optimizer
from verify.problem.interpreted import interpreted

Lam, kappa, b, D, P, Q, X, share, s = sympy.symbols("Lambda kappa b D P Q X e s", positive=True)
f, k, x, y, largest = sympy.symbols("f k x y G", nonnegative=True)
S, G, loss, first, w, u, delta = sympy.symbols("S l L C w u delta", real=True)
p, r = sympy.IndexedBase("p", real=True), sympy.IndexedBase("r", real=True)
square = sympy.Symbol("a", nonnegative=True)

CURVED = words("the curvature of the loss is at most Lambda")
MINIMIZERS = words("w and w' have the least norms in D and D' among all with margins of at least 1")
NEAR = words("each entry of D' is that of D up to a share e")

# AdaGrad has no betas, so that these are no hypotheses of its steps.
FREE: dict[Any, Any] = {each: lambda rng, at: unit(rng, at) for each in (b1, b2)}
GIVEN: dict[Any, Any] = {m: signed, v: positive, top: positive, g: indexed(signed), t: whole(1, 9)}


def _root(factor: int = 1) -> Assertion:
    """a - b <= (a^2 - b^2)/a for a = b (1 + y)."""
    a = b * (1 + y)
    return inequality(factor * (a - b), (a**2 - b**2) / a, b * y / (1 + y), {b: positive, y: positive})


def _logarithm(factor: int = 2) -> Assertion:
    """(a^2 - b^2)/a^2 <= 2 log(a/b)."""
    return by_derivative(
        1 - (1 + y) ** -2, factor * sympy.log(1 + y), y, 2 * y * (2 + y) / (1 + y) ** 3, {y: positive}
    )


def _gains(root: Assertion, logarithm: Assertion) -> Assertion:
    """eta (a - b) + what curvature takes <= eta g u + Lambda eta^2 log(a/b)."""
    domain: Domain = {b: positive, y: positive, eta: positive, Lam: positive}
    taken = scaled(logarithm, Lam * eta**2 / 2, domain)
    return added(scaled(root, eta, domain), taken, domain=domain).under(CURVED)


def _falls(gains: Assertion, times: int = 1) -> Assertion:
    """L + eta S <= C + Lambda eta^2 l: S the roots, l their logarithms. The loss falls by what is gained, or more."""
    left, right = loss + times * eta * S, first + Lam * eta**2 * G
    taken = gains.left - eta * b * y  # by curvature; the root grows by b y
    moved = {
        loss: loss - (gains.right - Lam * eta**2 * sympy.log(1 + y) - taken) - f,
        S: S + b * y, G: G + sympy.log(1 + y),
    }  # fmt: skip

    def rests(e: Any) -> Any:
        """Where the gap was x, it is that and the slack k of the step before, and more."""
        before = e.subs(loss, right - times * eta * S - x)
        return sympy.simplify(sympy.expand(before - gains.right + gains.left)) + k

    def run() -> Finding:
        return Finding(_never_rises(times), "AdaGrad on two rows in balls, logistic loss, 60 steps")

    start = {loss: first + Lam * eta**2 * G - times * eta * S}
    phase = Phase({right - left: False}, moved, (rests,))
    return by_invariant(left, right, start, (phase,), {}, second_road=run).under(
        *gains.hypotheses, CONSTANT, FULL_BATCH
    )


def _never_rises(times: int) -> bool:
    """L + eta S - Lambda eta^2 l along a run; Lambda = 3 is above tr(X'X)/(4 N), from the second step on."""
    rows, rate = [[Fraction(3), Fraction(1)], [Fraction(-1), Fraction(2)]], Fraction(1, 10)
    opt = optimizer("adagrad", lr=rate, decay=Fraction(0), batch_size="full")
    with precision(BITS):
        last = None
        for seen in interpreted(rows, opt, range(1, 60), BALLS):
            z = [
                sum((ball(e) * entry for e, entry in zip(row, seen.w, strict=True)), ball(0)) for row in rows
            ]
            roots = [state[0].sqrt() for state in seen.states]
            here = sum((log(1 + (-each).exp()) for each in z), ball(0)) / 2
            here += times * ball(rate) * sum(roots, ball(0))
            here -= 3 * ball(rate) ** 2 * sum(map(log, roots), ball(0))
            if last is not None and not here <= last:
                return False
            last = here
    return True


def _bounded() -> Assertion:
    """a/2 + kappa (1 - log(2 kappa)) <= a - kappa log a for a = 2 kappa (1 + y)."""
    a = 2 * kappa * (1 + y)
    return by_derivative(
        kappa * (2 + y) - kappa * sympy.log(2 * kappa), a - kappa * sympy.log(a), y, kappa * y / (1 + y),
        {kappa: positive, y: positive},
    )  # fmt: skip


def _top(moment: Assertion) -> Assertion:
    """b2 v + (1 - b2) g^2 <= G where v <= G and g^2 <= G."""
    domain: Domain = {
        b2: unit, v: positive, square: positive, largest: lambda rng, at: at[v] + at[square],
    }  # fmt: skip
    letters = {v: largest - f, square: largest - k, b2: 1 / (1 + x)}
    because = (f + x * k) / (1 + x)
    left = moment.right.subs(g[t] ** 2, square)
    return inequality(left, largest, because, domain, given=(lambda e: e.subs(letters),))


def _units() -> Assertion:
    """A step with the metric D in units in which its norm is the l2 norm."""
    domain: Domain = {w: signed, D: positive, eta: positive, m: signed}
    return equality(sympy.sqrt(D) * (w - eta * m / D), sympy.sqrt(D) * w - eta * m / sympy.sqrt(D), domain)


def _apart() -> Assertion:
    """<D w, u> - <D' w', u> in one coordinate, w' = w + u and D' = D (1 + delta)."""
    domain: Domain = {w: signed, u: signed, D: positive, delta: lambda rng, at: unit(rng, at) / 2}
    return equality(D * w * u - D * (1 + delta) * (w + u) * u, -D * u**2 - delta * D * (w + u) * u, domain)


def _mean() -> Assertion:
    """p r <= (s p^2 + r^2/s)/2 in a coordinate."""
    domain: Domain = {p: indexed(signed), r: indexed(signed), s: positive, j: whole(0, 3)}
    because = (s * p[j] - r[j]) ** 2 / (2 * s)
    return inequality(p[j] * r[j], (s * p[j] ** 2 + r[j] ** 2 / s) / 2, because, domain)


def _product(mean: Assertion) -> Assertion:
    """In all of them."""
    domain: Domain = {p: indexed(signed), r: indexed(signed), s: positive, d: whole(1, 4)}
    return summed(mean, j, 0, d - 1, domain)


def _share(part: int = 1) -> Assertion:
    """Q <= e P from Q^2 <= e X and X <= P Q."""
    domain = Under(
        {
            Q: positive, share: unit, P: lambda rng, at: at[Q] / at[share] * (1 + unit(rng, at) / 9),
            X: lambda rng, at: (at[Q] / at[share] + at[P]) * at[Q] / 2,
        },
        share * X >= Q**2, P * Q >= X, local=True,
    )  # fmt: skip
    given = (lambda e: e.subs(P, (X + k) / Q).subs(X, (Q**2 + f) / share),)
    because = (f + share * k) / Q
    return inequality(part * Q, share * P, because, domain, given=given).under(MINIMIZERS, NEAR)


def _norm() -> Assertion:
    """D' w^2 <= (1 + e) D w^2."""
    domain: Domain = {w: signed, D: positive, share: unit, delta: lambda rng, at: at[share] * unit(rng, at)}
    given = (lambda e: e.subs(delta, share - f),)
    return inequality(
        D * (1 + delta) * w**2, (1 + share) * D * w**2, D * f * w**2, domain, given=given
    ).under(NEAR)


def _margin() -> Assertion:
    """1 - e/2 <= (1 + e)^(-1/2)."""
    rest = sympy.Rational(3, 4) * (1 + y) ** sympy.Rational(-5, 2)
    return by_derivative(1 - y / 2, 1 / sympy.sqrt(1 + y), y, rest, {y: positive}, order=2)


def _measured() -> Measured:
    """|w' - w|_D over |w'|_D on one row x, where w = D^-1 x/(x'D^-1 x), as the entries of D move by e and -e."""

    def least(metric: Sequence[Any]) -> list[Any]:
        moved = [entry / own for entry, own in zip(row, metric, strict=True)]
        return [each / sum(entry * u for entry, u in zip(row, moved, strict=True)) for each in moved]

    def size(vector: Sequence[Any]) -> Any:
        return MPF.sqrt(sum(own * each**2 for own, each in zip(metric, vector, strict=True)))

    with digits(DIGITS):
        row, metric = [number(2), number(1)], [number(1), number(3)]
        seen = []
        for off in (number(Fraction(1, 10**power)) for power in range(1, 12)):
            before, after = least(metric), least([metric[0] * (1 + off), metric[1] * (1 - off)])
            apart = [x - y for x, y in zip(after, before, strict=True)]
            seen.append((off, size(apart) / size(after)))
        return order_of(
            "order in e of the distance of two minimizers",
            1,
            seen,
            "the row (2, 1), D = (1, 3), e = 1e-1 .. 1e-11",
        )


@cache
def remembered_metric() -> Chain:
    """AdaGrad's potential falls, AMSGrad's top is bounded, and a metric known to e tells the direction to e."""
    gt: Any = g[t]
    return told(
        __file__,
        "remembered-metric",
        steps={
            "adagrad": from_rule("adagrad", "v", gt, v + gt**2, FREE | GIVEN),
            "update": from_rule("adagrad", "u", gt, gt / sympy.sqrt(v + gt**2), FREE | GIVEN),
            "root": _root(),
            "logarithm": _logarithm(),
            "gains": follows(_gains, "root", "logarithm"),
            "falls": follows(_falls, "gains"),
            "bounded": _bounded(),
            "amsgrad": from_rule("amsgrad", "v", gt, b2 * v + (1 - b2) * gt**2, {b1: unit, b2: unit} | GIVEN),
            "top": follows(_top, "amsgrad"),
            "units": _units(),
            "apart": _apart(),
            "mean": _mean(),
            "product": follows(_product, "mean"),
            "share": _share(),
            "norm": _norm(),
            "margin": _margin(),
            "metric": follows(
                together,
                *("adagrad", "update", "falls", "bounded", "top", "units", "apart", "product", "share", "norm"),
                "margin",
            ),
        },
        wrong={
            "twice the growth of the root": _root(2),
            "half of the logarithm": _logarithm(1),
            "three times the roots": _falls(_gains(_root(), _logarithm()), 3),
            "half of the share": _share(2),
        },
        measurements=(_measured,),
    )  # fmt: skip


PLACE, CHAINS = 183, {"remembered-metric": remembered_metric}

"""Rules that remember: AdaGrad's and AMSGrad's states converge, and the max margin is that in the metric they leave."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.definitions import from_rule, rule_output
from verify.derive.evaluate import BITS, Point
from verify.derive.hypotheses import CONSTANT, FULL_BATCH, words
from verify.derive.invariants import Phase, by_invariant
from verify.derive.joins import added, follows, joined, resting, rooted, scaled, substituted, summed, together
from verify.derive.letters import b1, b2, eta, g, j, m, n, over, t, top, v
from verify.derive.measure import DIGITS, number, order_of
from verify.derive.points import Domain, above_one, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import algebraic, by_derivative, equality, inequality, rewriting
from verify.derive.sums import canonical
from verify.numbers.systems.balls import BALLS, ball, log, precision
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.optimizer import optimizer
from verify.problem.interpreted import interpreted

Lam, kappa, b, D, P, Q, share, s = sympy.symbols("Lambda kappa b D P Q e s", positive=True)
f, k, x, y, q, largest = sympy.symbols("f k x y q G", nonnegative=True)
S, G, loss, first, w, u, delta, p, r = sympy.symbols("S l L C w u delta p r", real=True)
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


def _gained(root: Assertion, logarithm: Assertion) -> Assertion:
    """Both, as often as they count."""
    domain: Domain = {b: positive, y: positive, eta: positive, Lam: positive}
    taken = scaled(logarithm, Lam * eta**2 / 2, domain)
    return added(scaled(root, eta, domain), taken, domain=domain).under(CURVED)


def _gains(root: Assertion, logarithm: Assertion, state: Assertion, update: Assertion) -> Assertion:
    """eta (a - b) + what curvature takes <= eta g u + Lambda eta^2 log(a/b), a^2 the state after the step."""
    made = _gained(root, logarithm)
    gradient = b * sympy.sqrt((1 + y) ** 2 - 1)
    after, found = (
        each.right_of(rule_output("adagrad", output, g[t])).subs(v, b**2).subs(g[t], gradient)
        for each, output in ((state, "v"), (update, "u"))
    )
    rests = (after - (b * (1 + y)) ** 2, (gradient * found) ** 2 - root.right**2, found**2 - logarithm.left)

    def check() -> Finding:
        off = [algebraic(each) for each in rests]
        return made.check() if off == [0, 0, 0] else Finding(False, f"not of the rule's own step: {off}")

    return replace(made, check=check)


def _falls(gains: Assertion, times: int = 1) -> Assertion:
    """L + eta S <= C + Lambda eta^2 l: S the roots, l their logarithms; a step gains q in loss, or more.

    q is eta g u less what curvature takes: a root gains at most q/eta + Lambda eta x, where its logarithm gains x.
    """
    taken = Lam * eta**2 / 2 * (1 - (1 + y) ** -2)
    rise = (gains.right - k - (gains.left - eta * b * y)) / eta  # a - b = b y
    rise = rise.subs(eta * (b**2 * (1 + y) ** 2 - b**2) / (b * (1 + y)), q + taken).subs(sympy.log(1 + y), x)
    left, right = loss + times * eta * S, first + Lam * eta**2 * G
    moved = {loss: loss - q - f, S: S + rise, G: G + x}
    phase = Phase({right - left: False}, moved, (lambda e: e.subs(loss, right - times * eta * S - y),))

    def run() -> Finding:
        return Finding(_never_rises(times), "AdaGrad on two rows in balls, logistic loss, 60 steps")

    start = {loss: first + Lam * eta**2 * G - times * eta * S}
    return by_invariant(left, right, start, (phase,), {}, second_road=run).under(CURVED, CONSTANT, FULL_BATCH)


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
            roots = [entry.sqrt() for entry in seen.states[0]]
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


def _top(state: Assertion) -> Assertion:
    """b2 v + (1 - b2) g^2 <= G where v <= G and g^2 <= G."""
    domain: Domain = {
        b2: unit, v: positive, square: positive, largest: lambda rng, at: at[v] + at[square],
    }  # fmt: skip
    letters = {v: largest - f, square: largest - k, b2: 1 / (1 + x)}
    because = (f + x * k) / (1 + x)
    return inequality(
        state.right_of(rule_output("amsgrad", "v", g[t])).subs(g[t], sympy.sqrt(square)),
        largest,
        because,
        domain,
        given=(lambda e: e.subs(letters),),
    )


def _units() -> Assertion:
    """A step with the metric D in units in which its norm is the l2 norm."""
    domain: Domain = {w: signed, D: positive, eta: positive, m: signed}
    return equality(sympy.sqrt(D) * (w - eta * m / D), sympy.sqrt(D) * w - eta * m / sympy.sqrt(D), domain)


APART = D * w * u - D * (1 + delta) * (w + u) * u


def _apart() -> Assertion:
    """<D w, u> - <D' w', u> in one coordinate, w' = w + u and D' = D (1 + delta)."""
    domain: Domain = {w: signed, u: signed, D: positive, delta: lambda rng, at: unit(rng, at) / 2}
    return equality(APART, -D * u**2 - delta * D * (w + u) * u, domain)


def _mean() -> Assertion:
    """p r <= (s p^2 + r^2/s)/2."""
    domain: Domain = {p: signed, r: signed, s: positive}
    return inequality(p * r, (s * p**2 + r**2 / s) / 2, (s * p - r) ** 2 / (2 * s), domain)


ws, us, ds = (sympy.IndexedBase(name, real=True) for name in ("w'", "u", "delta"))
Ds, room = sympy.IndexedBase("D", positive=True), sympy.IndexedBase("h", nonnegative=True)
SIZES, FAR, LONG = (
    over(e, (j, n)) for e in (Ds[j] * abs(ws[j]) * abs(us[j]), Ds[j] * us[j] ** 2, Ds[j] * ws[j] ** 2)
)


def _crossed(apart: Assertion) -> Assertion:
    """sum D u^2 <= e sum D |w' u|, as the sum over the coordinates of the line before is not negative."""

    def moved(rng: random.Random, at: Point) -> Any:
        """u against delta w', not longer than that."""
        shares = indexed(unit)(rng, dict(at))
        return lambda i: -at[ds](i) * at[ws](i) * shares(i)

    domain: Domain = {
        n: whole(1, 4), share: unit, Ds: indexed(positive), ws: indexed(signed),
        ds: indexed(lambda rng, at: rng.choice((-1, 1)) * at[share] * unit(rng, at)), us: moved,
    }  # fmt: skip
    here = apart.right_of(APART).subs({w: ws[j] - us[j], u: us[j], D: Ds[j], delta: ds[j]}, simultaneous=True)
    below = share * abs(ws[j]) * abs(us[j]) + ds[j] * ws[j] * us[j]
    given = (lambda e: e.subs(f, over(here, (j, n))), rewriting(room, lambda i: below.subs(j, i)))
    because = f + over(Ds[j] * room[j], (j, n))
    made = inequality(FAR, share * SIZES, because, domain, normal=canonical, given=given)
    return made.under(MINIMIZERS, NEAR)


def _product(mean: Assertion) -> Assertion:
    """sum D |w' u| <= (s sum D w'^2 + sum D u^2/s)/2."""
    domain: Domain = {
        n: whole(1, 4),
        s: positive,
        Ds: indexed(positive),
        ws: indexed(signed),
        us: indexed(signed),
    }
    root = sympy.IndexedBase("R", positive=True)
    at = substituted(mean, {p: root[j] * abs(ws[j]), r: root[j] * abs(us[j])}, {
        s: positive, root: indexed(positive), ws: indexed(signed), us: indexed(signed), j: whole(0, 3),
    })  # fmt: skip
    each = summed(at, j, 0, n - 1, {**domain, root: indexed(positive)})
    squares = rewriting(Ds, lambda i: root[i] ** 2)
    sides = SIZES, (s * LONG + FAR / s) / 2
    rests = [
        canonical(squares(side) - other) for side, other in zip(sides, (each.left, each.right), strict=True)
    ]
    return joined(
        [each], *sides, domain, lambda _, __: Finding(rests == [0, 0], "D as the square of its root")
    )


def _share(crossed: Assertion, product: Assertion, part: int = 1) -> Assertion:
    """Q <= e P: Q^2 <= e Z and Z <= P Q, the product at s = Q/P."""
    Z = sympy.Symbol("Z", positive=True)
    domain: Domain = {
        Q: positive, share: unit, P: lambda rng, at: at[Q] / at[share] * (1 + unit(rng, at) / 9),
    }  # fmt: skip
    names = {SIZES: Z, FAR: Q**2, LONG: P**2}
    given = (
        lambda e: e.subs(names).subs(s, Q / P).subs(Z, P * Q - k),
        lambda e: e.subs(P, (Q**2 + f + share * k) / (share * Q)),
    )
    made = inequality(part * Q, share * P, (f + share * k) / Q, domain, given=given)
    return resting(made, (crossed, f), (product, k), given=given)


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


def _kept(margin: Assertion, norm: Assertion) -> Assertion:
    """(1 - e/2)/n <= 1/n', the margins in D and D', one over the least norms."""
    n, other, root = sympy.symbols("n n' R", positive=True)  # R is the root of 1 + e
    squares = {D * (1 + delta) * w**2: other**2, D * w**2: n**2}
    domain: Domain = {share: unit, n: positive, other: lambda rng, at: at[n] * (1 - unit(rng, at) / 9)}
    longest = rooted(norm, other, root * n, {**domain, root: above_one},
                     given=(lambda e: e.subs(squares).subs(root, sympy.sqrt(1 + share)),))  # fmt: skip
    exact_root = sympy.sqrt(1 + share)

    def put_in(e: Any) -> Any:
        e = e.subs(y, share).subs({f: 1 / exact_root - 1 + share / 2, k: exact_root * n - other})
        return e.subs(root, exact_root)

    because = k / (other * exact_root * n) + f / n
    made = inequality((1 - share / 2) / n, 1 / other, because, domain, given=(put_in,))
    return resting(made, (margin, f), (longest, k), given=(put_in,))


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
            "gains": follows(_gains, "root", "logarithm", "adagrad", "update"),
            "falls": follows(_falls, "gains"),
            "bounded": _bounded(),
            "amsgrad": from_rule("amsgrad", "v", gt, b2 * v + (1 - b2) * gt**2, {b1: unit, b2: unit} | GIVEN),
            "top": follows(_top, "amsgrad"),
            "units": _units(),
            "apart": _apart(),
            "crossed": follows(_crossed, "apart"),
            "mean": _mean(),
            "product": follows(_product, "mean"),
            "share": follows(_share, "crossed", "product"),
            "norm": _norm(),
            "root-share": _margin(),
            "margin": follows(_kept, "root-share", "norm"),
            "metric": follows(
                together,
                *("falls", "bounded", "top", "units", "share", "norm", "margin"),
            ),
        },
        wrong={
            "twice the growth of the root": _root(2),
            "half of the logarithm": _logarithm(1),
            "three times the roots": _falls(_gained(_root(), _logarithm()), 3),
            "half of the share": _share(_crossed(_apart()), _product(_mean()), 2),
        },
        measurements=(_measured,),
    )  # fmt: skip


PLACE, CHAINS = 183, {"remembered-metric": remembered_metric}

"""Growth of the margin at a finite time, whether the weights converge or not: steepest descent and AdamProxy."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import prod
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Finding
from verify.derive.evaluate import Point
from verify.derive.hypotheses import FULL_BATCH, SEPARABLE, words
from verify.derive.invariants import Phase, by_invariant
from verify.derive.joins import added, chained, follows, increasing, resting, scaled, summed, together
from verify.derive.letters import N, d, j, k, l, over
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, beyond_one, indexed, positive, simplex, unit, whole
from verify.derive.prose import told
from verify.derive.roads import by_derivative, each_of, equality, inequality, rewriting
from verify.derive.sums import canonical
from verify.derive.topics import growth_steps
from verify.derive.topics.growth_runs import RUNS, within
from verify.derive.topics.growth_steps import (
    AHEAD,
    COUNT,
    EXPONENTIAL,
    INTERVAL,
    LOSS,
    PACE,
    RATE,
    R,
    f,
    far,
    gamma,
    h,
    kappa,
    more,
    p,
    r,
    weight,
    y,
)
from verify.numbers.systems.mpf import MPF, digits

S, Q = sympy.IndexedBase("S", nonnegative=True), sympy.IndexedBase("D", positive=True)
LENGTH = words(
    "no step is longer than eta_t in the norm, and its product with the gradient is eta_t times the dual norm"
)
MIXED: Domain = {N: whole(1, 4), weight: simplex(N), far: indexed(unit), y: positive}


def _mixed(terms: Assertion) -> Assertion:
    """The mean of e^(h t_i) against that of the chords, term by term."""
    return summed(terms, j, 0, N - 1, MIXED, weight=weight[j])


def _chord() -> Assertion:
    """(1 + y)^t <= 1 + t y, for one sample of the mean."""
    domain: Domain = {y: positive, far: indexed(unit), j: whole(0, 3)}
    z = sympy.Symbol("z", positive=True)
    because = z / (1 + z) ** 2 * (1 + y) ** (1 / (1 + z) - 2)
    given = (lambda e: e.subs(far[j], 1 / (1 + z)),)
    return by_derivative((1 + y) ** far[j], 1 + far[j] * y, y, because, domain, order=2, given=given)


def _hoeffding(eighth: int = 8) -> Assertion:
    """log(1 - p + p e^h) - p h <= h^2/8: the second derivative of the difference is (1/2 - P)^2."""
    left = sympy.log(1 - p + p * sympy.exp(h)) - p * h
    P = sympy.exp(h) / (y + sympy.exp(h))
    because = (sympy.Rational(1, 2) - P) ** 2 + sympy.Rational(2, eighth) - sympy.Rational(1, 4)
    given = (lambda e: e.subs(p, 1 / (1 + y)),)
    return by_derivative(left, h**2 / eighth, h, because, {p: unit, h: positive}, order=2, given=given)


def _mean(mixed: Assertion) -> Assertion:
    """sum q (1 + y)^t <= sum q + y sum q t."""
    sums = equality(
        mixed.right, over(weight[j], (j, N)) + y * over(weight[j] * far[j], (j, N)), MIXED, normal=canonical
    )
    return chained(mixed, sums, domain=MIXED)


def _moved(mean: Assertion, hoeffding: Assertion) -> Assertion:
    """log sum q e^(h t) <= p h + h^2/8."""
    logs = increasing(mean, sympy.log, MIXED)
    lemma = added(hoeffding, equality(p * h, p * h, {p: unit, h: positive}), domain={p: unit, h: positive})
    sums = {over(weight[j], (j, N)): 1, over(weight[j] * far[j], (j, N)): p}
    given = (lambda e: e.subs(sums).subs(y, sympy.exp(h) - 1),)
    return chained(logs, lemma, domain=INTERVAL, given=given)


def _step(times: int = 1) -> Assertion:
    """-F + s^2/8 <= -eta gamma + D^2 eta^2/8, for a gain F >= eta gamma and a spread s <= D eta."""
    return growth_steps.step(rate=gamma, times=times).under(EXPONENTIAL, SEPARABLE, FULL_BATCH)


def _of_step(moved: Assertion, step: Assertion) -> Assertion:
    return growth_steps.of_step(moved, step, growth_steps.drawn(gamma))


def _grown(step: Assertion, constant: str = "log N") -> Assertion:
    """gamma tau + Phi <= log N + D^2 S_2/8 along a run."""

    def run() -> Finding:
        return each_of(RUNS, lambda name: within(name, constant), f"runs in balls: {', '.join(RUNS)}")

    begin = sympy.log(2**N - 1) if constant == "log N of logistic" else sympy.log(N)
    start = sympy.Integer(0) if constant == "none" else sympy.log(N)
    return growth_steps.grown(step, run, start=start, begin=begin).under(LENGTH)


def proxy_gain(power: int = 2) -> Assertion:
    """||S||_1^2 <= sum S_k^2/D_k sum D_k: what AdamProxy gains."""
    left = over(S[k], (k, d)) ** power
    right = over(S[k] ** 2 / Q[k], (k, d)) * over(Q[k], (k, d))
    lagrange = over(Q[k] * Q[l] * (S[k] / Q[k] - S[l] / Q[l]) ** 2, (k, d), (l, d)) / 2
    domain: Domain = {d: whole(1, 4), S: indexed(positive), Q: indexed(positive)}
    return inequality(left, right, lagrange, domain, normal=canonical)


def _proxy(cauchy: Assertion) -> Assertion:
    """gamma^2/(N R) <= sum S_k^2/(N D_k), where gamma <= ||S||_1 and sum D_k <= R."""
    total, sizes = over(S[k], (k, d)), over(Q[k], (k, d))
    quotient = over(S[k] ** 2 / Q[k], (k, d))
    # the quotient is ||S||_1^2/sum D + f by the line before, ||S||_1 = gamma + q, R = sum D + r
    small = sympy.Symbol("w", positive=True)
    letters = {quotient: total**2 / sizes + f}
    because = (f + ((2 * gamma * more + more**2) / small + gamma**2 * r / (small * (small + r)))) / N

    def put_in(e: Any) -> Any:
        return e.subs(letters).subs({total: gamma + more, sizes: small}).subs(R, small + r)

    domain: Domain = {
        N: whole(1, 4),
        d: whole(1, 4),
        S: indexed(positive),
        Q: indexed(positive),
        gamma: lambda rng, at: sum(at[S](e) for e in range(at[d])) * unit(rng, at),
        R: lambda rng, at: sum(at[Q](e) for e in range(at[d])) * (1 + unit(rng, at)),
    }
    made = inequality(gamma**2 / (N * R), quotient / N, because, domain, given=(put_in,))
    return resting(made, (cauchy, f * small), given=(put_in,))


def _subsets(doubled: int = 1) -> Assertion:
    """One sample more: the subsets without it and those with it. P is the product of 1 + e^-z_i of the others."""
    P, one = sympy.symbols("P a", positive=True)
    return equality(P * (1 + one) - 1, (P - 1) + one * (P - 1) + doubled * one, {P: positive, one: positive})


def _count() -> Assertion:
    """1 - 1/P <= sum_i e_i/(1 + e_i), sample after sample: Q = 1/P goes over to Q/(1 + e)."""
    total, inverse, left_out = sympy.symbols("A Q b", nonnegative=True)
    one = sympy.Symbol("e", positive=True)
    gap, moved = total - 1 + inverse, {total: total + one / (1 + one), inverse: inverse / (1 + one)}
    # with A = 1 - Q + f, and Q = 1 - b
    given = (
        lambda e: sympy.factor(sympy.expand(e.subs(total, 1 - inverse + f)).subs(inverse, 1 - left_out)),
    )
    phase = Phase({gap: False, 1 - inverse: False}, moved, given)

    def added_up(rng: Any, at: Point) -> Any:
        return sum((e / (1 + e) for e in at["e"]), Fraction(0))

    def product(rng: Any, at: Point) -> Any:
        return 1 / prod(1 + e for e in at["e"])

    domain: dict[Any, Any] = {
        "e": lambda rng, at: [positive(rng, at) for _ in range(rng.randint(1, 6))], total: added_up, inverse: product,
    }  # fmt: skip
    begin = {total: sympy.Integer(0), inverse: sympy.Integer(1)}
    return by_invariant(1 - inverse, total, begin, (phase,), domain)


def _share() -> Assertion:
    """e/(1 + e) <= 1 - 1/P for P = (1 + e) (1 + o): one sample's part of the count is at most 1."""
    one, o = sympy.symbols("e o", positive=True)
    return inequality(
        one / (1 + one),
        1 - 1 / ((1 + one) * (1 + o)),
        o / ((1 + one) * (1 + o)),
        {one: positive, o: positive},
    )


inverse = sympy.Symbol("Q", nonnegative=True)
part = sympy.IndexedBase("E", positive=True)
MULTIPLE = part[j] / (1 + part[j])
LEFT_OUT = {inverse: 1 - sympy.Symbol("b", positive=True)}


def _least(count: Assertion) -> Assertion:
    """1 <= A, A the sum of the multiples over 1 - Q."""
    domain: Domain = {inverse: unit, count.right: lambda rng, at: 1 - at[inverse] * unit(rng, at)}
    return scaled(count, 1 / (1 - inverse), domain, given=(lambda e: e.subs(LEFT_OUT),))


def _most(share: Assertion) -> Assertion:
    """A <= N: each multiple is at most 1 - Q."""
    room = sympy.IndexedBase("f", nonnegative=True)
    one, o = sympy.symbols("e o", positive=True)

    def named(e: Any) -> Any:
        e = e.subs(one, part[j]).subs(o, 1 / (inverse * (1 + part[j])) - 1)
        return rewriting(room, lambda i: 1 - inverse - MULTIPLE.subs(j, i))(e)

    domain: Domain = {
        N: whole(1, 4), part: indexed(positive),
        inverse: lambda rng, at: 1 / prod(1 + at[part](i) for i in range(at[N])),
    }  # fmt: skip
    made = inequality(
        over(MULTIPLE, (j, N)),
        N * (1 - inverse),
        over(room[j], (j, N)),
        domain,
        normal=canonical,
        given=(named,),
    )
    made = resting(made, (share, room[j]), given=(named,))
    return scaled(made, 1 / (1 - inverse), domain, given=(lambda e: e.subs(LEFT_OUT),))


def counted(least: Assertion | None = None, most: Assertion | None = None, times: Any = kappa) -> Assertion:
    """P - kappa L <= A (P - L) for 1 <= A <= kappa: what a step gains where the loss counts its samples A times."""
    domain: Domain = {
        RATE: positive, LOSS: positive, COUNT: beyond_one,
        kappa: lambda rng, at: at[COUNT] * (1 + unit(rng, at)),
    }  # fmt: skip
    rests = [(each, slack) for each, slack in ((least, f), (most, more)) if each is not None]
    sums = (sympy.Symbol("A", nonnegative=True), over(MULTIPLE, (j, N)))
    names = {each / (1 - inverse): COUNT for each in sums} | {N: kappa}
    given = (lambda e: e.subs(names), lambda e: e.subs(kappa, COUNT + more).subs(COUNT, 1 + f))
    because = (f * RATE + more * LOSS).subs(COUNT, 1 + f)
    left, right = RATE - times * LOSS, COUNT * (RATE - LOSS)
    return resting(inequality(left, right, because, domain, given=given), *rests, given=given)


def _measured() -> Any:
    """The margin of sign descent on two symmetric rows: w = tau (1, 1), and z = 3 tau."""
    rows = [[Fraction(2), Fraction(1)], [Fraction(1), Fraction(2)]]
    with digits(DIGITS):
        (w,) = weights("signgd", rows, [200], lr=Fraction(1, 10), decay=Fraction(1, 2))
        time = sum((number(Fraction(1, 10)) / MPF.sqrt(number(t + 2)) for t in range(200)), number(0))
        return agreement(
            "margin of SignGD over tau on rows (2, 1), (1, 2): gamma_inf = 3",
            number(3),
            (2 * w[0] + w[1]) / time,
            number(Fraction(1, 10**100)),
            "200 steps, eta = (t+2)^(-1/2)/10",
        )


@cache
def growth() -> Chain:
    """gamma tau <= min z + log N + D^2/8 S_2, and AdamProxy's gamma^2/(N R)."""
    change = _of_step(_moved(_mean(_mixed(_chord())), _hoeffding()), _step())
    return told(
        __file__,
        "growth-bounds",
        steps={
            "chord": _chord(),
            "mixed": follows(_mixed, "chord"),
            "mean": follows(_mean, "mixed"),
            "hoeffding": _hoeffding(),
            "moved": follows(_moved, "mean", "hoeffding"),
            "gain": _step(),
            "step": follows(_of_step, "moved", "gain"),
            "growth": follows(_grown, "step"),
            "smallest": growth_steps.smallest(),
            "margin": follows(growth_steps.margin, "growth", "smallest"),
            "cauchy-schwarz": proxy_gain(),
            "proxy": follows(_proxy, "cauchy-schwarz"),
            "subsets": _subsets(),
            "count": _count(),
            "share": _share(),
            "least": follows(_least, "count"),
            "most": follows(_most, "share"),
            "counted": follows(counted, "least", "most"),
            "bounds": follows(together, "margin", "proxy", "subsets", "counted"),
        },
        wrong={
            "a ninth for an eighth": _hoeffding(9),
            "twice the gain of a step": _step(2),
            "no logarithm of N": _grown(change, "none"),
            "log N for the logistic loss": _grown(change, "log N of logistic"),
            "the sum of sizes in place of its square": proxy_gain(1),
            "the new sample's own subset twice": _subsets(2),
            "a loss that is counted once": counted(times=1),
        },
        measurements=(_measured,),
        gives={"gain": (PACE, AHEAD)},
    )


PLACE, CHAINS = 210, {"growth-bounds": growth}

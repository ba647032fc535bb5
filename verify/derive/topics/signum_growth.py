"""Growth of the margin under Signum at a finite time: batches in cyclic order, and no convergence assumed."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from functools import cache, partial
from itertools import accumulate
from operator import mul
from typing import Any

import sympy

from verify.derive.cases import all_right, by_cases, one_right, wrong
from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.evaluate import BITS, Point, exact
from verify.derive.hypotheses import CYCLIC, Under, words
from verify.derive.joins import added, chained, follows, resting, scaled, substituted, summed, together
from verify.derive.letters import B, b1, d, i, k, over, q
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, below, indexed, positive, simplex, unit, whole
from verify.derive.prose import told
from verify.derive.roads import each_of, equality, inequality, rewriting
from verify.derive.sums import canonical
from verify.derive.topics import adam_growth, adam_update
from verify.derive.topics.growth import counted, growth
from verify.derive.topics.growth_runs import GAMMA, ROWS, of_loss
from verify.derive.topics.growth_steps import PACE, RATE, START, R, coordinates, gains, grown, kappa, margin
from verify.derive.topics.signum import (
    BATCHES,
    MOMENTA,
    UPDATE,
    A,
    G,
    M,
    P,
    T,
    age_weights,
    gained,
    lag,
    mu,
    same_sign,
    signum_bound,
    stretch,
    theta,
)
from verify.numbers.systems.balls import BALLS, Ball, ball, precision
from verify.numbers.systems.mpf import digits
from verify.optimizers.optimizer import optimizer
from verify.problem.interpreted import interpreted
from verify.problem.problem import dot

SIZES = words("batches are of one size")
EPOCHS = words("the steps are whole epochs, of length eta_t")
e, V, p, u, v, slack, more, other = sympy.symbols("e V p u v f x o", nonnegative=True)
weight = sympy.Symbol("w", positive=True)
found, errors = (sympy.IndexedBase(name, real=True) for name in ("m", "E"))
Ys = adam_growth.gains
As, sizes, room, less, lengths = (
    sympy.IndexedBase(name, nonnegative=True) for name in ("A", "r", "f", "l", "p")
)
LOST = 2 * ((1 - p) * u + v)
small = sympy.Symbol("epsilon", positive=True)


def _batches(average: Assertion) -> Assertion:
    """The changes of the batches' parts of m add up to no less than -epsilon r."""
    domain: Domain = {
        small: unit, B: whole(1, 5), sizes: indexed(positive),
        errors: lambda rng, at: lambda a: at[small] * at[sizes](a) * Fraction((-1) ** int(a), int(a) + 2),
    }  # fmt: skip
    far = {adam_update.FAR: small - less[q], adam_update.a: sizes[q]}
    means = {adam_update.MEAN: adam_update.g * weight + errors[q], adam_update.WEIGHTS: weight}
    given = (
        lambda e: e.subs(means).subs(far),
        rewriting(room, lambda a: errors[a] + sizes[a] * (small - less[a])),
    )
    made = inequality(
        -over(errors[q], (q, B)), small * over(sizes[q], (q, B)), over(room[q] + sizes[q] * less[q], (q, B)), domain,
        normal=canonical, given=given,
    )  # fmt: skip
    return resting(made, (average, room[q]), given=given)


def _near(rng: random.Random, at: Point) -> Any:
    """Momenta that are off by at most e, with G = P - M."""
    off = indexed(lambda draw, _: 2 * unit(draw, {}) - 1)(rng, dict(at))
    return lambda a: exact(over(b1**lag * (P[q] - M[q]), (q, B)), {**at, i: int(a)}) + off(a) * at[e]


AT_ODDS: Domain = {
    **BATCHES, G: lambda rng, at: lambda a: at[P](a) - at[M](a), e: positive, found: _near,
}  # fmt: skip


def _near_frozen(batches: Assertion) -> Assertion:
    """The momentum of frozen gradients is at most the true one, which has the changes too, and e = epsilon r."""
    frozen = over(b1**lag * G[q], (q, B))

    def put_in(expression: Any) -> Any:
        expression = expression.subs(more, small * over(sizes[q], (q, B)) + over(errors[q], (q, B)))
        return expression.subs(
            {found[i]: frozen + over(errors[q], (q, B)), e: small * over(sizes[q], (q, B))}
        )

    made = inequality(frozen, found[i] + e, more, AT_ODDS, normal=canonical, given=(put_in,))
    return resting(made, (batches, more), given=(put_in,), normal=canonical)


def _agree(sign: Assertion, near: Assertion) -> Assertion:
    """s - theta r - 2 e/(1 + beta^(B-1)) <= 2 m_i/(1 + beta^(B-1))."""
    split = (rewriting(G, lambda a: P[a] - M[a]),)
    signs = chained(
        sign, scaled(near, stretch, AT_ODDS), domain=AT_ODDS, normal=lambda a: canonical(split[0](a))
    )
    off = equality(-stretch * e, -stretch * e, AT_ODDS)
    return added(signs, off, domain=AT_ODDS)


def _one(sums: Assertion, near: Assertion) -> Assertion:
    """(1 + .. + beta^(B-1)) s - B e <= sum_i m_i."""
    all_ = chained(sums, summed(near, i, 0, B - 1, AT_ODDS), domain=AT_ODDS, normal=canonical)
    parts = equality(all_.right, over(found[i], (i, B)) + B * e, AT_ODDS, normal=canonical)
    off = equality(-B * e, -B * e, AT_ODDS)
    return added(chained(all_, parts, domain=AT_ODDS), off, domain=AT_ODDS)


def _turned(rng: random.Random, at: Point) -> Any:
    """Momenta that are off by at most e from those of frozen gradients, which are turned so that A >= 0."""
    off, exactly = indexed(lambda draw, _: 2 * unit(draw, {}) - 1)(rng, dict(at)), MOMENTA[mu](rng, dict(at))
    return lambda n: exactly(n) + off(n) * at[e]


SIDES: Domain = {
    **{letter: one for letter, one in MOMENTA.items() if letter not in (T, mu)},
    B: whole(1, 4), e: lambda rng, at: unit(rng, at) * rng.choice((Fraction(1, 9), 9)),
    T: lambda rng, at: exact(theta * over(P[q] + M[q], (q, B)) + stretch * e, at),
    V: lambda rng, at: exact(B * e / over(b1**k, (k, B)), at),
    found: _turned, lengths: simplex(B), p: lambda rng, at: min(at[lengths](n) for n in range(at[B])),
}  # fmt: skip
MOVED = over(lengths[i] * sympy.sign(found[i]), (i, B))
WRONG = wrong(found[i], lengths[i], i, B)


def _named(expression: Any) -> Any:
    """In terms of A = s, T = theta r + 2 e/(1 + beta^(B-1)) and V = B e/(1 + .. + beta^(B-1))."""
    powers = over(b1**k, (k, B))
    sums = {over(P[q] - M[q], (q, B)): A, over(G[q], (q, B)): A, B * e: V * powers}
    expression = expression.subs(theta * over(P[q] + M[q], (q, B)), T - stretch * e)
    return expression.subs(sums)


def _no_wrong(agree: Assertion) -> Assertion:
    """A w <= 0 where A > T."""
    return all_right(agree, found[i], WRONG, A, SIDES, T < A, _named)


def _one_right(one: Assertion) -> Assertion:
    """A w <= A (1 - p) where A > V."""
    return one_right(one, found[i], WRONG, A, p, SIDES, V < A, _named)


def _any() -> Assertion:
    """A w <= A: lengths add up to 1."""
    because = A * over(lengths[i] * room[i], (i, B)) / 2
    ones = {canonical(A * over(lengths[i], (i, B))): A}
    given = (rewriting(room, lambda n: 1 + sympy.sign(found[n])),)
    return inequality(A * WRONG, A, because, SIDES, given=given, normal=lambda a: canonical(a).subs(ones))


def _losing(
    times: Any, where: tuple[Any, ...], because: Any, letters: dict[Any, Any], share: int = 1
) -> Assertion:
    """A - 2 (1 - p) T - 2 V against A - 2 q A, where a share q of the steps is wrong; o is 1 - p."""
    left, right = A - 2 * (1 - p) * T - 2 * V / share, A - 2 * times * A
    given = (lambda a: a.subs(letters).subs(p, 1 - other),)
    return inequality(left, right, 2 * because, Under(SIDES, *where, local=True), given=given)


def few(share: int = 1) -> Assertion:
    """Where A <= V all may be wrong."""
    return _losing(1, (A <= V,), other * T + slack, {V: A + slack}, share)


def _coordinate(few: Assertion, below: Assertion, above: Assertion, *wrongs: Assertion) -> Assertion:
    """A - 2 (1 - p) T - 2 V <= A - 2 A w, what a coordinate gains in an epoch of length 1."""
    wheres = (A <= V,), (V < A, A <= T), (V < A, T < A)
    some, one, none = (
        chained(case, gained(part, Under(SIDES, *where, local=True)), domain=Under(SIDES, *where, local=True))
        for case, part, where in zip((few, below, above), wrongs, wheres, strict=True)
    )
    return by_cases(some, by_cases(one, none, Under(SIDES, V < A, local=True)), SIDES)


TOTALS = over(As[k], (k, d)), over(sizes[k], (k, d))
SUMS: Domain = {
    p: unit, u: positive, v: positive, d: whole(1, 4), As: indexed(positive), sizes: indexed(positive),
    Ys: lambda rng, at: lambda n: at[As](n) - exact(LOST, at) * at[sizes](n) + Fraction(1, 1 + int(n)),
}  # fmt: skip


def _summed(one: Assertion) -> Assertion:
    """The coordinates added up, with T = u r_k and V = v r_k, and Y_k for what each gains."""
    values = {A - 2 * A * WRONG: Ys[k], A: As[k], T: u * sizes[k], V: v * sizes[k]}
    part = summed(substituted(one, values, {**SUMS, k: below(d)}), k, 0, d - 1, SUMS)
    factored = equality(TOTALS[0] - LOST * TOTALS[1], part.left, SUMS, normal=canonical)
    return chained(factored, part, domain=SUMS)


def _data() -> Assertion:
    """gamma - R L against the sums: gamma <= sum A_k, sum r_k <= R, L = 2 ((1 - p) u + v)."""
    return coordinates(sympy.Integer(1))


# beta, and the loss, of a run by single samples.
RUNS = [(Fraction(1, 2), "exponential"), (Fraction(9, 10), "exponential"), (Fraction(1, 2), "logistic")]
STEPS = 40


def within(beta: Fraction, loss: str, pace: int = 1) -> bool:
    """Whether the bound holds after every epoch of a run in balls, of eta_t = (t+2)^(-1/2)/20."""
    opt = optimizer("signum", beta1=beta, lr=Fraction(1, 20), decay=Fraction(1, 2), loss=loss)
    n = len(ROWS)
    with precision(BITS):
        b, (start, count, reach, apart) = ball(beta), of_loss(ROWS, loss == "exponential")
        step = opt.step_size(BALLS)
        eta = [step(ball(t)) for t in range(STEPS)]
        past = [sum(eta[:t], ball(0)) for t in range(STEPS + 1)]
        tau = squares = late = ball(0)
        exact_rows = [[ball(entry) for entry in row] for row in ROWS]
        for seen in interpreted(ROWS, opt, range(0, STEPS, n), BALLS):
            right = start + apart * squares / 8 + count * reach * late
            if not all(pace * ball(GAMMA) * tau <= dot(row, seen.w) + right for row in exact_rows):
                return False
            length = past[seen.step + n] - past[seen.step]
            lost = _lost(
                b, reach, past, seen.step, n, min(eta[seen.step : seen.step + n], key=float) / length
            )
            tau, squares, late = tau + length, squares + length * length, late + length * lost
    return True


def _lost(b: Ball, reach: Ball, past: list[Ball], epoch: int, n: int, share: Ball) -> Ball:
    """L of an epoch of n steps, of which the smallest is this share."""
    epsilon, power = ball(0), list(accumulate([b] * (epoch + n), mul, initial=ball(1)))
    for t in range(epoch, epoch + n):
        for rest in range(n):
            ages = range(rest, t + 1, n)
            moved = sum(
                (power[a] * ((reach * abs(past[t - a] - past[epoch])).exp() - 1) for a in ages), ball(0)
            )
            epsilon = (epsilon.max((1 - power[n]) * moved + power[t + 1])).abs_upper()
    last = power[n - 1]
    threshold = (1 - last) / (1 + last) + 2 * epsilon / (1 + last)
    return 2 * ((1 - share) * threshold + n * epsilon * (1 - b) / (1 - power[n]))


def _run() -> Finding:
    return each_of(RUNS, lambda run: within(*run), "runs of Signum's rule in balls")


def _moves(update: Assertion) -> Assertion:
    """-sum_i p_i sign(m_i) <= 1: Signum's updates are signs, and the lengths of an epoch's steps add up to 1."""
    because = over(lengths[i] * room[i], (i, B))
    ones = {canonical(over(lengths[i], (i, B))): 1}
    given = (rewriting(room, lambda n: 1 + sympy.sign(found[n])),)
    made = inequality(-MOVED, 1, because, SIDES, given=given, normal=lambda a: canonical(a).subs(ones))

    def check() -> Finding:
        if not isinstance(update.right_of(UPDATE), sympy.sign):
            return Finding(False, f"the update is {update.right}")
        return made.check()

    return replace(made, check=check)


def _spread(moves: Assertion) -> Assertion:
    """An epoch moves no difference of two rows by more than its length."""
    return adam_growth.moves(moves, 1, sympy.Integer(1), {MOVED: adam_growth.updates[k]})


def _step(moved: Assertion, gained: Assertion, spreads: Assertion) -> Assertion:
    """What an epoch changes Phi by is at most -eta (gamma - kappa R L) + D^2 eta^2/8."""
    rate = adam_growth.NET.subs(RATE, 1)
    made = adam_growth.changes(moved, gained, spreads, rate, sympy.Integer(1))
    return made.under(CYCLIC, SIZES, EPOCHS)


def _grown(step: Assertion) -> Assertion:
    return grown(step, _run, late=kappa * R).under(START)


def _measured() -> Measured:
    """By single samples, of a pair whose gradients agree in sign, nothing is lost: the margin is gamma_inf tau."""
    rows = [[Fraction(2), Fraction(1)], [Fraction(1), Fraction(2)]]
    with digits(DIGITS):
        (w,) = weights("signum", rows, [50], lr=Fraction(1, 10), decay=Fraction(0), beta1=Fraction(9, 10))
        return agreement(
            "margin of Signum, beta = 9/10, over tau on rows (2, 1), (1, 2): gamma_inf = 3",
            number(3),
            (2 * w[0] + w[1]) / number(5),
            number(Fraction(1, 10**100)),
            "50 steps of 1/10",
        )


@cache
def signum_growth() -> Chain:
    """gamma tau <= min z + Phi_0 + D^2/8 sum E_r^2 + kappa R sum E_r L_r over epochs of length E_r."""
    return told(
        __file__,
        "signum-growth",
        steps={
            "batches": follows(_batches, "adam-growth:average"),
            "near": follows(_near_frozen, "batches"),
            "agree": follows(_agree, "signum-bound:sign", "near"),
            "one": follows(_one, "signum-bound:total", "near"),
            "none-wrong": follows(_no_wrong, "agree"),
            "one-right": follows(_one_right, "one"),
            "any": _any(),
            "few": few(),
            "below": _losing(1 - p, (A <= T,), other * slack + V, {T: A + slack}),
            "above": _losing(sympy.Integer(0), (T < A,), other * T + V, {}),
            "coordinate": follows(_coordinate, "few", "below", "above", "any", "one-right", "none-wrong"),
            "coordinates": follows(_summed, "coordinate"),
            "data": _data(),
            "gain": follows(
                partial(gains, TOTALS, LOST, SUMS), "growth-bounds:counted", "data", "coordinates"
            ),
            "moves": follows(_moves, "signum-bound:update"),
            "spread": follows(_spread, "moves"),
            "step": follows(_step, "growth-bounds:moved", "gain", "spread"),
            "growth": follows(_grown, "step"),
            "margin": follows(margin, "growth", "growth-bounds:smallest"),
            "signum-growth": follows(together, "agree", "one", "coordinates", "margin"),
        },
        wrong={
            "half the threshold": same_sign(age_weights(False), age_weights(True), theta / 2),
            "half of V": few(2),
            "half the average of changes": adam_update.average(
                adam_growth.changes_below(), sympy.Rational(1, 2)
            ),
            "a loss that is counted once": counted(times=1),
        },
        measurements=(_measured,),
        gives={"gain": (PACE,)},
        others=(growth(), signum_bound(), adam_growth.adam_growth()),
    )


PLACE, CHAINS = 213, {"signum-growth": signum_growth}

"""Growth of the margin under Signum at a finite time: batches in cyclic order, and no convergence assumed."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache
from itertools import accumulate
from operator import mul
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.evaluate import BITS, Point, exact
from verify.derive.hypotheses import CYCLIC, Under, words
from verify.derive.joins import added, by_cases, chained, follows, scaled, substituted, summed, together
from verify.derive.letters import B, b1, d, i, k, over, q
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, below, indexed, positive, unit, whole
from verify.derive.prose import told
from verify.derive.roads import asserted, equality, inequality, rewriting
from verify.derive.sums import canonical
from verify.derive.topics import adam_growth
from verify.derive.topics.growth import PACE, counted, margin, smallest
from verify.derive.topics.growth_runs import GAMMA, ROWS, of_loss
from verify.derive.topics.signum import (
    BATCHES,
    G,
    M,
    P,
    age_weights,
    lag,
    same_sign,
    stretch,
    theta,
    total,
)
from verify.numbers.systems.balls import BALLS, Ball, ball, precision
from verify.numbers.systems.mpf import digits
from verify.optimizers.optimizer import optimizer
from verify.problem.interpreted import interpreted
from verify.problem.problem import dot

SIZES = words("batches are of one size")
EPOCHS = words("the steps are whole epochs, of length eta_t")
e, A, T, V, p, u, v, slack, more = sympy.symbols("e A T V p u v f x", nonnegative=True)
Y = sympy.Symbol("Y", real=True)
found, Ys = sympy.IndexedBase("m", real=True), sympy.IndexedBase("Y", real=True)
As, sizes, room, errors = (sympy.IndexedBase(name, nonnegative=True) for name in ("A", "r", "f", "E"))
LOST = 2 * ((1 - p) * u + v)


def _batches() -> Assertion:
    """The errors of the batches' parts of m add up to epsilon r."""
    small = sympy.Symbol("epsilon", positive=True)
    domain: Domain = {
        small: unit, B: whole(1, 5), sizes: indexed(positive),
        errors: lambda rng, at: lambda a: at[small] * at[sizes](a) * Fraction(int(a) + 1, int(a) + 2),
    }  # fmt: skip
    given = (rewriting(room, lambda a: small * sizes[a] - errors[a]),)
    return inequality(
        over(errors[q], (q, B)), small * over(sizes[q], (q, B)), over(room[q], (q, B)), domain,
        normal=canonical, given=given,
    )  # fmt: skip


def _near(rng: random.Random, at: Point) -> Any:
    """Momenta that are off by at most e, with G = P - M."""
    off = indexed(lambda draw, _: 2 * unit(draw, {}) - 1)(rng, dict(at))
    return lambda a: exact(over(b1**lag * (P[q] - M[q]), (q, B)), {**at, i: int(a)}) + off(a) * at[e]


AT_ODDS: Domain = {
    **BATCHES, G: lambda rng, at: lambda a: at[P](a) - at[M](a), e: positive, found: _near,
}  # fmt: skip


def _near_frozen() -> Assertion:
    """The momentum of frozen gradients is at most the true one and e."""
    return asserted(
        "inequality", over(b1**lag * G[q], (q, B)), "<=", found[i] + e, AT_ODDS,
        lambda _, __: Finding(True, "what e is"),
    )  # fmt: skip


def _agree(sign: Assertion, near: Assertion) -> Assertion:
    """s - theta r <= 2 (m_i + e)/(1 + beta^(B-1)): m_i > 0 where s is larger than theta r and 2 e/(1 + beta^(B-1))."""
    split = (rewriting(G, lambda a: P[a] - M[a]),)
    return chained(
        sign, scaled(near, stretch, AT_ODDS), domain=AT_ODDS, normal=lambda a: canonical(split[0](a))
    )


def _one(sums: Assertion, near: Assertion) -> Assertion:
    """(1 + .. + beta^(B-1)) s <= sum_i m_i + B e: one of them is positive where s is larger than B e over that."""
    full = equality(sums.right, sums.left, AT_ODDS, normal=canonical)
    return chained(full, summed(near, i, 0, B - 1, AT_ODDS), domain=AT_ODDS, normal=canonical)


SIDES: Domain = {A: positive, T: positive, V: positive, p: unit}


def _wrong_steps(rng: random.Random, at: Point) -> Fraction:
    """-A times the share of an epoch's length that steps of the other sign take: all of it, all but one, or none."""
    if at[A] <= at[V]:
        return Fraction(-at[A])
    return Fraction(-at[A] * (1 - at[p]) * unit(rng, at) if at[A] <= at[T] else 0)


def _below() -> Assertion:
    """Where A <= T, not all of the steps are wrong: A times at most 1 - p."""
    because = (1 - p) * slack
    domain = Under(SIDES, A <= T, local=True)
    given = (lambda a: a.subs(T, A + slack),)
    other = sympy.Symbol("o", nonnegative=True)
    return inequality(
        -(1 - p) * T, -(1 - p) * A, because.subs(1 - p, other), domain,
        given=(*given, lambda a: a.subs(p, 1 - other)),
    )  # fmt: skip


def _above() -> Assertion:
    """Where T <= A none is."""
    other = sympy.Symbol("o", nonnegative=True)
    return inequality(
        -(1 - p) * T, 0, other * T, Under(SIDES, T <= A, local=True), given=(lambda a: a.subs(p, 1 - other),)
    )


def _few(share: int = 1) -> Assertion:
    """Where A <= V, all of the steps may be wrong."""
    other = sympy.Symbol("o", nonnegative=True)
    given = (lambda a: a.subs(V, A + slack).subs(p, 1 - other),)
    return inequality(
        -(1 - p) * T - V / share, -A, other * T + slack, Under(SIDES, A <= V, local=True), given=given
    )


def _many() -> Assertion:
    """Where V <= A one is right."""
    return inequality(-(1 - p) * T - V, -(1 - p) * T, V, Under(SIDES, V <= A, local=True))


def _one_right(below: Assertion, above: Assertion) -> Assertion:
    """Where one step is right: -(1 - p) T <= Y."""
    return by_cases(Y, below, above, {**SIDES, V: lambda rng, at: at[A] * unit(rng, at), Y: _wrong_steps})


def _coordinate(few: Assertion, many: Assertion, right: Assertion) -> Assertion:
    """A - 2 (1 - p) T - 2 V <= A + 2 Y in a coordinate, whose gain in an epoch of length 1 is A + 2 Y."""
    domain: Domain = {**SIDES, Y: _wrong_steps}
    some = chained(many, right, domain=Under(domain, V <= A, local=True))
    both = by_cases(Y, few, some, domain)
    return added(equality(A, A, domain), scaled(both, 2, domain), domain=domain)


def _summed(one: Assertion) -> Assertion:
    """The coordinates added up, with T = u r_k and V = v r_k."""

    def steps(rng: random.Random, at: Point) -> Any:
        shares = [
            _wrong_steps(rng, {**at, A: at[As](a), T: at[u] * at[sizes](a), V: at[v] * at[sizes](a)})
            for a in range(at[d])
        ]
        return lambda a: shares[int(a)]

    domain: Domain = {
        p: unit, u: positive, v: positive, d: whole(1, 4), As: indexed(positive), sizes: indexed(positive), Ys: steps,
    }  # fmt: skip
    values = {A: As[k], T: u * sizes[k], V: v * sizes[k], Y: Ys[k]}
    part = substituted(one, values, {**domain, k: below(d)})
    return summed(part, k, 0, d - 1, domain)


def _data() -> Assertion:
    """gamma - R L against the sums: gamma <= sum A_k, sum r_k <= R, L = 2 ((1 - p) u + v)."""
    return adam_growth.coordinates(sympy.Integer(1))


# beta, and the loss, of a run by single samples.
RUNS = [
    (Fraction(1, 2), "exponential"),
    (Fraction(9, 10), "exponential"),
    (Fraction(1, 2), "logistic"),
]
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
    beyond = [run for run in RUNS if not within(*run)]
    return Finding(not beyond, f"{len(RUNS) - len(beyond)} of {len(RUNS)} runs of Signum's rule in balls")


def _grown(step: Assertion) -> Assertion:
    return adam_growth.grown(step, _run, sympy.Integer(1), sympy.Integer(1))


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
            "weights-below": age_weights(upper=False),
            "weights-above": age_weights(upper=True),
            "sign": follows(same_sign, "weights-below", "weights-above"),
            "total": total(),
            "changed": adam_growth.changed(),
            "average": follows(adam_growth.average, beside=("changed",)),
            "batches": follows(_batches, beside=("average",)),
            "near": follows(_near_frozen, beside=("batches",)),
            "agree": follows(_agree, "sign", "near"),
            "one": follows(_one, "total", "near"),
            "below": follows(_below, beside=("one",)),
            "above": follows(_above, beside=("agree",)),
            "one-right": follows(_one_right, "below", "above"),
            "few": _few(),
            "many": follows(_many, beside=("one",)),
            "coordinate": follows(_coordinate, "few", "many", "one-right"),
            "coordinates": follows(_summed, "coordinate"),
            "data": follows(_data, beside=("coordinates",)),
            "counted": counted(),
            "gain": follows(adam_growth.net, "counted", "data"),
            "step": follows(
                lambda: adam_growth.step(sympy.Integer(1), sympy.Integer(1)).under(CYCLIC, SIZES, EPOCHS),
                beside=("gain",),
            ),
            "growth": follows(_grown, "step"),
            "smallest": smallest(),
            "margin": follows(margin, "growth", "smallest"),
            "signum-growth": follows(together, "agree", "one", "coordinates", "margin"),
        },
        wrong={
            "half the threshold": same_sign(age_weights(False), age_weights(True), theta / 2),
            "half of V": _few(2),
            "half the average of changes": adam_growth.average(sympy.Rational(1, 2)),
            "a loss that is counted once": counted(1),
        },
        measurements=(_measured,),
        gives={"gain": (PACE,)},
    )


PLACE, CHAINS = 213, {"signum-growth": signum_growth}

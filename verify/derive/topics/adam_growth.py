"""Growth of the margin under full-batch Adam at a finite time, with explicit constants and no convergence assumed."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.evaluate import BITS, Point, exact
from verify.derive.hypotheses import FULL_BATCH, words
from verify.derive.joins import chained, follows, resting, substituted, summed, together
from verify.derive.letters import d, eta, k, over
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, below, indexed, positive, unit, whole
from verify.derive.prose import told
from verify.derive.roads import each_of, equality, inequality, rewriting
from verify.derive.sums import canonical
from verify.derive.topics.adam_update import (
    A1,
    A2,
    LOST,
    UPDATED,
    C,
    M,
    P,
    V,
    a,
    anywhere,
    average,
    changed,
    cross_term,
    entry,
    expanded,
    f,
    far_squares,
    g,
    high,
    low,
    part,
    root_above,
    top,
    update_where,
    x,
)
from verify.derive.topics.epoch_bound import epoch_bound
from verify.derive.topics.epoch_moments import longest, second, update
from verify.derive.topics.growth import growth
from verify.derive.topics.growth_runs import GAMMA, ROWS, of_loss
from verify.derive.topics.growth_steps import (
    COUNT,
    EITHER,
    LOSS,
    PACE,
    RATE,
    START,
    D,
    R,
    coordinates,
    drawn,
    first,
    gain,
    gamma,
    grown,
    kappa,
    margin,
    of_step,
    spread,
    step,
)
from verify.derive.topics.growth_steps import gains as gains_of
from verify.numbers.systems.balls import BALLS, Ball, ball, precision, sqrt
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.optimizer import optimizer
from verify.problem.interpreted import interpreted
from verify.problem.problem import dot

gains, updates = (sympy.IndexedBase(name, real=True) for name in ("F", "u"))
gs, sizes = sympy.IndexedBase("g", nonnegative=True), sympy.IndexedBase("a", positive=True)
PLAIN = words("eps = 0 and there is no bias correction")
NET = RATE * gamma - kappa * R * LOSS


def _each(one: Any) -> Any:
    """A function of the coordinate, whose letters g and a are those of the coordinate."""

    def make(rng: random.Random, at: Point) -> Any:
        values = [one(rng, {**at, g: at[gs](e), a: at[sizes](e)}) for e in range(at[d])]
        return lambda e: values[int(e)]

    return make


COORDINATES: Domain = {
    **UPDATED, d: whole(1, 4), gs: indexed(positive), sizes: indexed(positive),
    gains: _each(lambda rng, at: exact(A1 / A2 * g - a * LOST, at) + unit(rng, at)),
}  # fmt: skip


TOTALS = over(gs[k], (k, d)), over(sizes[k], (k, d))


def _all(one: Assertion) -> Assertion:
    """The coordinates added up: P G - S L <= sum g_k m_k/V_k."""
    here = substituted(one, {g * part / V: gains[k], g: gs[k], a: sizes[k]}, {**COORDINATES, k: below(d)})
    each = summed(here, k, 0, d - 1, COORDINATES)
    factored = A1 / A2 * TOTALS[0] - TOTALS[1] * LOST
    return chained(equality(factored, each.left, COORDINATES, normal=canonical), each, domain=COORDINATES)


def moves(bounded: Assertion, slack: Any, reach: Any, names: dict[Any, Any]) -> Assertion:
    """sum (P_k - M_k) u_k <= C sum (P_k + M_k), for entries u_k of size C at most: no difference of two rows is moved
    by more. What is bounded is -u, by C; it counts ``slack`` times, and ``names`` says how u is called there.
    """
    domain: Domain = {
        **dict.fromkeys(sympy.sympify(reach).free_symbols, positive),
        d: whole(1, 4), P: indexed(positive), M: indexed(positive),
        updates: indexed(lambda rng, at: exact(reach, at) * rng.choice((-1, 1)) * unit(rng, at)),
    }  # fmt: skip
    because = over(P[k] * high[k] + M[k] * low[k], (k, d))
    given = (rewriting(high, lambda at: reach - updates[at]), rewriting(low, lambda at: reach + updates[at]))
    left, right = over((P[k] - M[k]) * updates[k], (k, d)), reach * over(P[k] + M[k], (k, d))
    made = inequality(left, right, because, domain, normal=canonical, given=given)
    turned = (lambda e: e.subs(names), lambda e: e.subs(updates[k], -updates[k]), *given)
    made = resting(made, (bounded, slack * high[k]), given=turned)
    return resting(made, (bounded, slack * low[k]), given=(turned[0], *given))


def _spread(bounded: Assertion) -> Assertion:
    """The update moves no difference of two rows by more than C."""
    return moves(bounded, sympy.sqrt(second), C, {update: updates[k], longest: C})


def changes(
    moved: Assertion, gained: Assertion, spreads: Assertion, rate: Any = NET, reach: Any = C
) -> Assertion:
    """What a step changes Phi by is at most -eta (P gamma - kappa R L) + C^2 D^2 eta^2/8."""
    gain_of = {COUNT * over(gains[k], (k, d)): gain / eta, A1 / A2: RATE}
    spread_of = {over((P[k] - M[k]) * updates[k], (k, d)): spread / eta, over(P[k] + M[k], (k, d)): D}
    one = step((gained, f, gain_of), (spreads, x, spread_of), rate=rate, reach=reach)
    return of_step(moved, one.under(EITHER), drawn(rate, reach))


def _run(constant: bool = True) -> Finding:
    return each_of(RUNS, lambda run: within(*run, constant=constant), "runs of Adam's rule in balls")


def _grown(step: Assertion, constant: bool = True) -> Assertion:
    start = first if constant else sympy.Integer(0)
    return grown(step, lambda: _run(constant), RATE, C, kappa * R, start).under(START)


# beta1, beta2 and the loss of a run.
RUNS = [
    (Fraction(1, 2), Fraction(3, 5), "exponential"),
    (Fraction(0), Fraction(9, 10), "exponential"),
    (Fraction(9, 10), Fraction(99, 100), "exponential"),
    (Fraction(1, 2), Fraction(3, 5), "logistic"),
]
STEPS = 50


def within(beta1: Fraction, beta2: Fraction, loss: str, constant: bool = True) -> bool:
    """Whether the bound holds after every step of a run in balls, of eta_t = (t+2)^(-1/2)/20."""
    opt = optimizer("adam", beta1=beta1, beta2=beta2, batch_size="full", loss=loss)
    opt = replace(opt, lr=Fraction(1, 20), decay=Fraction(1, 2))
    with precision(BITS):
        one, two = ball(beta1), ball(beta2)
        C_ = (1 - one) / sqrt((1 - two) * (1 - one * one / two))
        start, count, reach, apart = of_loss(ROWS, loss == "exponential")
        rate, pace, total, late = opt.step_size(BALLS), ball(0), ball(0), ball(0)
        steps: list[Ball] = []
        exact_rows = [[ball(e) for e in row] for row in ROWS]
        for seen in interpreted(ROWS, opt, range(STEPS), BALLS):
            right = (start if constant else ball(0)) + C_ * C_ * apart * total / 8 + count * reach * late
            if not all(ball(GAMMA) * pace <= dot(row, seen.w) + right for row in exact_rows):
                return False
            ahead, last, sum_ = ball(0), ball(0), ball(0)
            for age in range(len(steps) + 1):
                moved = (reach * C_ * sum_).exp() - 1
                ahead, last = ahead + one**age * moved, last + two**age * moved * moved
                sum_ = sum_ + steps[-1 - age] if age < len(steps) else sum_
            A, B = 1 - one ** (seen.step + 1), sqrt(1 - two ** (seen.step + 1))
            eta_ = rate(ball(seen.step))
            mean, root = (1 - one) * ahead, sqrt((1 - two) * last) if last > 0 else ball(0)
            late = late + eta_ * (mean * (1 / B + C_ / A) + root * A / (B * B))
            pace, total = pace + eta_ * A / B, total + eta_ * eta_
            steps.append(eta_)
    return True


def _measured() -> Measured:
    """Adam with beta1 = beta2 = 1/2 on one sample (1): m/sqrt v is A_1/A_2 exactly where gradients are equal."""
    with digits(DIGITS):
        (w,) = weights("adam", [[Fraction(1)]], [1], lr=Fraction(1, 3), beta1=Fraction(1, 2), beta2=Fraction(3, 4),
                       batch_size="full")  # fmt: skip
        return agreement(
            "first step of Adam, beta = (1/2, 3/4): eta A_1/A_2",
            number(Fraction(1, 3)) * number(Fraction(1, 2)) / MPF.sqrt(number(Fraction(1, 4))),
            w[0],
            number(Fraction(1, 10**100)),
            "one step",
        )


# How a logistic weight changes.
LOGISTIC = ("epoch-residual-bound:falls", "epoch-residual-bound:grows")


def changes_below() -> Assertion:
    """The step entry-below."""
    falls, grows = (epoch_bound().said(name.partition(":")[2]) for name in LOGISTIC)
    return entry(changed(), falls, grows, sign=-1)


@cache
def adam_growth() -> Chain:
    """gamma sum eta A_1/A_2 <= min z + Phi_0 + C^2 D^2/8 S_2 + kappa R sum eta L."""
    return told(
        __file__,
        "adam-growth",
        steps={
            "changed": changed(),
            "entry": follows(partial(entry, sign=1), "changed", *LOGISTIC),
            "entry-below": follows(partial(entry, sign=-1), "changed", *LOGISTIC),
            "average": follows(average, "entry-below"),
            "squares": follows(far_squares, "entry", "entry-below"),
            "cross": cross_term(),
            "expanded": expanded(),
            "root": follows(root_above, "cross", "expanded"),
            "top": follows(top, "root", "squares"),
            "larger-root": follows(partial(update_where, "larger root"), "average", "top"),
            "smaller-root": follows(partial(update_where, "smaller root"), "average"),
            "other-sign": follows(
                partial(update_where, "other sign"), "average", "epoch-residual-bound:step"
            ),
            "coordinate": follows(anywhere, "larger-root", "smaller-root", "other-sign"),
            "all": follows(_all, "coordinate"),
            "coordinates": coordinates(A1 / A2),
            "gain": follows(
                partial(gains_of, TOTALS, LOST, COORDINATES), "growth-bounds:counted", "coordinates", "all"
            ),
            "spread": follows(_spread, "epoch-residual-bound:step"),
            "step": follows(changes, "growth-bounds:moved", "gain", "spread", under=(FULL_BATCH, PLAIN)),
            "growth": follows(_grown, "step"),
            "margin": follows(margin, "growth", "growth-bounds:smallest"),
            "adam-growth": follows(together, "coordinate", "margin"),
        },
        wrong={
            "half the average of changes": average(changes_below(), sympy.Rational(1, 2)),
            "half of Q": root_above(cross_term(), expanded(), sympy.Rational(1, 2)),
            "half of what is lost, other sign": update_where("other sign", factor=2),
            "no logarithm of N": _grown(
                of_step(growth().said("moved"), step(rate=NET, reach=C), drawn(NET, C)), constant=False
            ),
        },
        measurements=(_measured,),
        gives={"gain": (PACE,)},
        others=(growth(), epoch_bound()),
    )


PLACE, CHAINS = 212, {"adam-growth": adam_growth}

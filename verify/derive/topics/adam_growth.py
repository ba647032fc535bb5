"""Growth of the margin under full-batch Adam at a finite time, with explicit constants and no convergence assumed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.evaluate import BITS, Point, exact
from verify.derive.hypotheses import FULL_BATCH, SEPARABLE, words
from verify.derive.joins import Phase, by_invariant, chained, follows, scaled, substituted, together
from verify.derive.letters import j, k, n, over
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, indexed, positive, unit, whole
from verify.derive.prose import told
from verify.derive.roads import inequality, rewriting
from verify.derive.sums import canonical
from verify.derive.topics.epoch_bound import at_most_limit, cauchy_schwarz, geometric_sum, update_bound
from verify.derive.topics.growth import PACE, counted, kappa, margin, smallest
from verify.derive.topics.growth_runs import GAMMA, ROWS, of_loss
from verify.numbers.systems.balls import BALLS, Ball, ball, precision, sqrt
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.optimizer import optimizer
from verify.problem.interpreted import interpreted
from verify.problem.problem import dot

y, A1, A2, E1, E2, C, V, a, g, m, eta = sympy.symbols("y A_1 A_2 E_1 E_2 C V a g m eta", positive=True)
R, gamma, D, first = sympy.symbols("R gamma D Phi_0", positive=True)
f, h, r, x, less, more = sympy.symbols("f h r x p q", nonnegative=True)
Phi, tau, squares, errors, gain, spread = sympy.symbols("Phi tau S_2 T F s", real=True)
change = sympy.IndexedBase("d", real=True)
size, weight, room = (sympy.IndexedBase(name, nonnegative=True) for name in ("h", "w", "f"))
part = sympy.Symbol("m", real=True)

EITHER = words(
    "kappa = 1 and Phi_0 = log N with the exponential loss; N and log(2^N - 1) with the logistic one, D then of sums "
    "of subsets of rows"
)
PLAIN = words("eps = 0 and there is no bias correction")
START = words("w_0 = 0 and all states are 0 at the start")
RATE, LOSS, COUNT, SUM, SIZE = sympy.symbols("P L A G S", positive=True)
# What a gradient's entry that has changed costs: over A_1, A_2 and the bound C of the update.
LOST = E1 * (1 / A2 + C / A1) + E2 * A1 / A2**2


def changed() -> Assertion:
    """1 - e^-s <= e^s - 1, with E = e^s."""
    return inequality(1 - 1 / (1 + y), y, y**2 / (1 + y), {y: positive})


def _changes(rng: random.Random, at: Point) -> Any:
    """Changes of either sign, each of size at most h_j a."""
    shares = indexed(lambda draw, point: draw.choice((-1, 1)) * unit(draw, point))(rng, dict(at))
    return lambda i: shares(i) * at[size](i) * at[a]


MEMORY: Domain = {
    n: whole(1, 5),
    a: positive,
    size: indexed(positive),
    weight: indexed(positive),
    change: _changes,
}


def average(factor: Any = 1) -> Assertion:
    """The average of changes |d_j| <= h_j a is at most a times that of h_j."""
    left, right = over(weight[j] * change[j], (j, n)), factor * a * over(weight[j] * size[j], (j, n))
    given = (rewriting(room, lambda i: a * size[i] - change[i]),)
    return inequality(left, right, over(weight[j] * room[j], (j, n)), MEMORY, normal=canonical, given=given)


def _cross() -> Assertion:
    """(sum w d)^2 <= sum w sum w d^2."""
    left = over(weight[j] * change[j], (j, n)) ** 2
    right = over(weight[j], (j, n)) * over(weight[j] * change[j] ** 2, (j, n))
    because = over(weight[j] * weight[k] * (change[j] - change[k]) ** 2, (j, n), (k, n)) / 2
    return inequality(left, right, because, MEMORY, normal=canonical)


def _root(above: bool, cross: Any = 1) -> Assertion:
    """v = A_2^2 g^2 + 2 g X + Q^2 with |X| <= A_2 Q: between the squares of A_2 g - Q and A_2 g + Q."""
    X, Q = sympy.Symbol("X", real=True), sympy.Symbol("Q", positive=True)
    value, end = A2**2 * g**2 + 2 * g * X + Q**2, (A2 * g + (1 if above else -1) * cross * Q) ** 2
    sides = (value, end) if above else (end, value)
    letters = {X: A2 * Q - x if above else x - A2 * Q}
    domain: Domain = {
        A2: unit, g: positive, Q: positive,
        X: lambda rng, at: at[A2] * at[Q] * rng.choice((-1, 1)) * unit(rng, at),
    }  # fmt: skip
    return inequality(*sides, 2 * g * x, domain, given=(lambda e: e.subs(letters),))


def _update(case: str, factor: int = 1) -> Assertion:
    """g m/V >= (A_1/A_2) g - a (E_1 (1/A_2 + C/A_1) + E_2 A_1/A_2^2), in one of three cases.

    m >= A_1 g - E_1 a and |V - A_2 g| <= E_2 a, |m| <= C V.
    """
    left = A1 / A2 * g - a * LOST / factor
    right = g * part / V
    base: Domain = {A1: unit, A2: unit, C: positive, g: positive, a: positive, E1: positive}

    def least(rng: random.Random, at: Point) -> Fraction:
        return Fraction(at[A1] * at[g] - at[E1] * at[a] * unit(rng, at))

    if case == "larger root":  # V = A_2 g + r, E_2 a = r + h, m = A_1 g - E_1 a + f
        because = (
            g * f / V + a * E1 * r / (A2 * V) + A1 * r**2 / (A2**2 * V) + A1 * h / A2**2 + a * E1 * C / A1
        )
        letters = {part: A1 * g - E1 * a + f, E2: (r + h) / a}
        domain: Domain = {
            **base, E2: positive, part: least, V: lambda rng, at: at[A2] * at[g] + at[E2] * at[a] * unit(rng, at),
        }  # fmt: skip
        given = (lambda e: e.subs(letters).subs(r, V - A2 * g),)
    elif case == "smaller root":  # V = A_2 g - r, E_1 a = A_1 g - m + f, m >= 0
        because = m * r / (A2 * V) + f / A2 + a * E1 * C / A1 + a * E2 * A1 / A2**2
        given = (lambda e: e.subs(part, m).subs(f, E1 * a - A1 * g + m).subs(r, A2 * g - V),)
        domain = {
            **base, E2: positive, part: lambda rng, at: max(least(rng, at), Fraction(0)),
            V: lambda rng, at: at[A2] * at[g] * unit(rng, at),
        }  # fmt: skip
    else:  # m = -x, x = C V - h, E_1 a = A_1 g + x + f
        because = g * h / V + (x + f) / A2 + C * (x + f) / A1 + a * E2 * A1 / A2**2
        domain = {
            **base, E2: positive, V: positive,
            E1: lambda rng, at: at[A1] * at[g] / at[a] * (1 + unit(rng, at)),
            part: lambda rng, at: -min(at[C] * at[V], at[E1] * at[a] - at[A1] * at[g]) * unit(rng, at),
        }  # fmt: skip
        given = (lambda e: e.subs(part, -x).subs({E1: (A1 * g + x + f) / a}).subs(h, C * V - x),)
    return inequality(left, right, because, domain, given=given)


def coordinates(pace: Any) -> Assertion:
    """The coordinates added up: sum g_k >= gamma and sum a_k <= R."""
    total, sizes, lost = SUM, SIZE, LOSS
    left, right = pace * gamma - R * lost, pace * total - sizes * lost
    domain: Domain = {
        **dict.fromkeys(sympy.sympify(pace).free_symbols, unit),
        gamma: positive, sizes: positive, lost: positive,
        total: lambda rng, at: at[gamma] * (1 + unit(rng, at)), R: lambda rng, at: at[sizes] * (1 + unit(rng, at)),
    }  # fmt: skip
    letters = {total: gamma + more, R: sizes + less}
    return inequality(
        left, right, pace * more + less * lost, domain, given=(lambda e: e.subs(letters),)
    ).under(SEPARABLE)


def net(counted: Assertion, coordinates: Assertion) -> Assertion:
    """P gamma - kappa R L <= A (P G - S L): what the coordinates gain, counted A times."""
    pace, lost = coordinates.left.coeff(gamma), R * LOSS
    free = (coordinates.right.free_symbols | coordinates.left.free_symbols) - {SUM, R}
    domain: Domain = {
        **dict.fromkeys(free, unit),
        COUNT: lambda rng, at: 1 + positive(rng, at),
        kappa: lambda rng, at: at[COUNT] * (1 + unit(rng, at)),
        SUM: lambda rng, at: at[gamma] * (1 + unit(rng, at)),
        R: lambda rng, at: at[SIZE] * (1 + unit(rng, at)),
    }
    one = substituted(counted, {RATE: pace * gamma, LOSS: lost}, domain)
    return chained(one, scaled(coordinates, COUNT, domain), domain=domain)


def step(pace: Any = RATE, C: Any = C) -> Assertion:
    """-F + s^2/8 <= -eta (P gamma - kappa R L) + C^2 D^2 eta^2/8, F the gain of a step and s <= D C eta its spread."""
    net = eta * (pace * gamma - kappa * R * LOSS)
    left, right = -gain + spread**2 / 8, -net + C**2 * D**2 * eta**2 / 8
    narrow = sympy.Symbol("s", nonnegative=True)
    letters = {gain: net + f, D: (spread + x) / (C * eta)}
    because = f + (2 * x * narrow + x**2) / 8
    domain: Domain = {
        **dict.fromkeys((net + C * D).free_symbols, positive),
        gain: lambda rng, at: exact(net, at) + unit(rng, at),
        spread: lambda rng, at: at[D] * exact(C, at) * at[eta] * unit(rng, at),
    }
    given = (lambda e: sympy.expand(e.subs(letters)).subs(spread, narrow),)
    return inequality(left, right, because, domain, given=given).under(EITHER)


def grown(
    step: Assertion, run: Callable[[], Finding], pace: Any = RATE, C: Any = C, constant: bool = True
) -> Assertion:
    """gamma sum eta P + Phi <= Phi_0 + C^2 D^2 S_2/8 + kappa R T, T = sum eta L, along a run."""
    start = first if constant else sympy.Integer(0)
    right = start + C**2 * D**2 * squares / 8 + kappa * R * errors
    moved = {
        Phi: Phi + step.right - r,
        tau: tau + eta * pace,
        squares: squares + eta**2,
        errors: errors + eta * LOSS,
    }
    bound = sympy.Symbol("B", positive=True)
    phase = Phase(
        {right - gamma * tau - Phi: False}, moved, (lambda e: e.subs(Phi, right - gamma * tau - bound),)
    )
    begin = {Phi: first, tau: sympy.Integer(0), squares: sympy.Integer(0), errors: sympy.Integer(0)}
    made = by_invariant(gamma * tau + Phi, right, begin, (phase,), {}, second_road=run)
    return made.under(*step.hypotheses, START)


def _run(constant: bool = True) -> Finding:
    beyond = [run for run in RUNS if not within(*run, constant=constant)]
    return Finding(not beyond, f"{len(RUNS) - len(beyond)} of {len(RUNS)} runs of Adam's rule in balls")


def _grown(step: Assertion, constant: bool = True) -> Assertion:
    return grown(step, lambda: _run(constant), constant=constant)


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


@cache
def adam_growth() -> Chain:
    """gamma sum eta A_1/A_2 <= min z + Phi_0 + C^2 D^2/8 S_2 + kappa R sum eta L."""
    return told(
        __file__,
        "adam-growth",
        steps={
            "changed": changed(),
            "average": follows(average, beside=("changed",)),
            "cross": _cross(),
            "root-above": follows(lambda: _root(True), beside=("cross",)),
            "root-below": follows(lambda: _root(False), beside=("cross",)),
            "cauchy-schwarz": cauchy_schwarz(),
            "geometric": geometric_sum(),
            "limit": at_most_limit(),
            "bounded": follows(update_bound, "cauchy-schwarz", "geometric", "limit"),
            "larger-root": follows(lambda: _update("larger root"), beside=("average", "root-above")),
            "smaller-root": follows(lambda: _update("smaller root"), beside=("average", "root-below")),
            "other-sign": follows(lambda: _update("other sign"), beside=("average", "bounded")),
            "coordinates": follows(
                lambda: coordinates(A1 / A2), beside=("larger-root", "smaller-root", "other-sign")
            ),
            "counted": counted(),
            "gain": follows(net, "counted", "coordinates"),
            "step": follows(lambda: step().under(FULL_BATCH, PLAIN), beside=("gain", "bounded")),
            "growth": follows(_grown, "step"),
            "smallest": smallest(),
            "margin": follows(margin, "growth", "smallest"),
            "adam-growth": follows(together, "coordinates", "margin"),
        },
        wrong={
            "half the average of changes": average(sympy.Rational(1, 2)),
            "half of Q": _root(True, sympy.Rational(1, 2)),
            "half of what is lost, other sign": _update("other sign", 2),
            "no logarithm of N": _grown(step(), constant=False),
        },
        measurements=(_measured,),
        gives={"gain": (PACE,)},
    )


PLACE, CHAINS = 212, {"adam-growth": adam_growth}

"""Growth of the margin under full-batch Adam at a finite time, with explicit constants and no convergence assumed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

import sympy

from verify.derive.cases import by_cases
from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.evaluate import BITS, Point, exact
from verify.derive.hypotheses import FULL_BATCH, SEPARABLE, Under, words
from verify.derive.joins import (
    Phase,
    added,
    by_invariant,
    chained,
    follows,
    resting,
    rooted,
    scaled,
    substituted,
    summed,
    together,
)
from verify.derive.letters import d, i, j, k, n, over
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, below, indexed, positive, unit, whole
from verify.derive.prose import told
from verify.derive.roads import equality, inequality, rewriting
from verify.derive.sums import canonical
from verify.derive.topics.epoch_bound import at_most_limit, cauchy_schwarz, geometric_sum, update_bound
from verify.derive.topics.epoch_moments import longest, second, step_bound, update
from verify.derive.topics.growth import PACE, counted, kappa, margin, smallest
from verify.derive.topics.growth_runs import GAMMA, ROWS, of_loss
from verify.numbers.systems.balls import BALLS, Ball, ball, precision, sqrt
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.optimizer import optimizer
from verify.problem.interpreted import interpreted
from verify.problem.problem import dot

y, A1, A2, E1, E2, C, V, a, m, eta = sympy.symbols("y A_1 A_2 E_1 E_2 C V a m eta", positive=True)
R, gamma, D, first = sympy.symbols("R gamma D Phi_0", positive=True)
f, g, h, r, x, less, more = sympy.symbols("f g h r x p q", nonnegative=True)
Phi, tau, squares, errors, gain, spread = sympy.symbols("Phi tau S_2 T F s", real=True)
change, delta, gains, updates = (sympy.IndexedBase(name, real=True) for name in ("d", "delta", "F", "u"))
size, weight, room, low, high, P, M, gs = (
    sympy.IndexedBase(name, nonnegative=True) for name in ("h", "w", "f", "l", "u", "P", "M", "g")
)
sizes = sympy.IndexedBase("a", positive=True)
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


def entry(changed: Assertion, sign: int) -> Assertion:
    """The change of a gradient's entry, of either sign: sum (P_i - M_i) delta_i.

    A weight goes over to 1 + delta_i times itself, between 1/(1 + y) and 1 + y.
    """
    left, right = sign * over((P[i] - M[i]) * delta[i], (i, n)), y * over(P[i] + M[i], (i, n))
    toward, against = (P, M) if sign > 0 else (M, P)
    because = over(toward[i] * high[i] + against[i] * (low[i] + less), (i, n))
    given = (
        lambda e: e.subs(less, y - 1 + 1 / (1 + y)),
        rewriting(low, lambda at: delta[at] + 1 - 1 / (1 + y)),
        rewriting(high, lambda at: y - delta[at]),
    )
    domain: Domain = {
        y: positive, n: whole(1, 4), P: indexed(positive), M: indexed(positive),
        delta: indexed(lambda rng, at: rng.choice((at[y], 1 / (1 + at[y]) - 1)) * unit(rng, at)),
    }  # fmt: skip
    made = inequality(left, right, because, domain, normal=canonical, given=given)
    return resting(made, (changed, less), given=given[:1])


def _of_entry(part: Assertion) -> Callable[[Any], Any]:
    """The change as d_j, j steps ago, at most h_j a in size."""
    drift, sizes = over((P[i] - M[i]) * delta[i], (i, n)), over(P[i] + M[i], (i, n))
    return lambda e: e.subs({drift: change[j], sizes: a}).subs(y, size[j])


def _changes(rng: random.Random, at: Point) -> Any:
    """Changes of one sign, each of size at most h_j a and not much less."""
    sign, shares = rng.choice((-1, 1)), indexed(lambda draw, _: 1 - unit(draw, {}) / 6)(rng, dict(at))
    return lambda i: sign * shares(i) * at[size](i) * at[a]


MEMORY: Domain = {
    n: whole(1, 5),
    a: positive,
    g: positive,
    size: indexed(positive),
    weight: indexed(positive),
    change: _changes,
}
WEIGHTS, MEAN, FAR = (over(weight[j] * e, (j, n)) for e in (1, g + change[j], size[j]))
SQUARE, CROSS, OFF, FAR_SQUARE = (
    over(weight[j] * e, (j, n)) for e in ((g + change[j]) ** 2, change[j], change[j] ** 2, size[j] ** 2)
)


def average(entry: Assertion, factor: Any = 1) -> Assertion:
    """The average of g + d_j, |d_j| <= h_j a, is at least g less a times the average of h_j."""
    given = (rewriting(room, lambda at: a * size[at] + change[at]), _of_entry(entry))
    made = inequality(
        g * WEIGHTS - factor * a * FAR,
        MEAN,
        over(weight[j] * room[j], (j, n)),
        MEMORY,
        normal=canonical,
        given=given,
    )
    return resting(made, (entry, room[j]), given=given)


def _squares(above: Assertion, below: Assertion) -> Assertion:
    """The average of d_j^2 is at most a^2 times that of h_j^2."""
    given = (
        rewriting(high, lambda at: a * size[at] - change[at]),
        rewriting(low, lambda at: a * size[at] + change[at]),
    )
    because = over(weight[j] * high[j] * low[j], (j, n))
    made = inequality(OFF, a**2 * FAR_SQUARE, because, MEMORY, normal=canonical, given=given)
    return resting(made, (above, high[j]), (below, low[j]), given=(*given, _of_entry(above)))


def _cross() -> Assertion:
    """(sum w d)^2 <= sum w sum w d^2."""
    because = over(weight[j] * weight[k] * (change[j] - change[k]) ** 2, (j, n), (k, n)) / 2
    return inequality(CROSS**2, WEIGHTS * OFF, because, MEMORY, normal=canonical)


def _expanded() -> Assertion:
    """sum w (g + d)^2."""
    return equality(SQUARE, g**2 * WEIGHTS + 2 * g * CROSS + OFF, MEMORY, normal=canonical)


X, Q = sympy.Symbol("X", real=True), sympy.Symbol("Q", positive=True)
TURNED: Domain = {
    A2: unit, g: positive, Q: positive, X: lambda rng, at: at[A2] * at[Q] * rng.choice((-1, 1)) * unit(rng, at),
}  # fmt: skip
NAMES = {WEIGHTS: A2**2, CROSS: X, OFF: Q**2}


def _root(cross: Assertion, expanded: Assertion, factor: Any = 1) -> Assertion:
    """v = A_2^2 g^2 + 2 g X + Q^2, X <= A_2 Q: at most the square of A_2 g + Q."""
    value, end = expanded.right.subs(NAMES), (A2 * g + factor * Q) ** 2
    letters = {X: A2 * Q - x}
    within = rooted(cross, X, A2 * Q, TURNED, given=(lambda e: e.subs(NAMES),))
    given = (lambda e: e.subs(letters),)
    return resting(inequality(value, end, 2 * g * x, TURNED, given=given), (within, x), given=given)


def _top(root: Assertion, squares: Assertion) -> Assertion:
    """V + Q <= A_2 g + E_2 a + Q, V = sqrt(v)."""
    domain: Domain = {
        **dict.fromkeys((A2, g, a, E2), positive), Q: lambda rng, at: at[E2] * at[a] * unit(rng, at),
        V: lambda rng, at: (at[A2] * at[g] + at[Q]) * unit(rng, at),
    }  # fmt: skip
    one = rooted(root, V, A2 * g + Q, domain, given=(lambda e: e.subs(root.left, V**2),))
    names = {OFF: Q**2, FAR_SQUARE: E2**2}
    return added(one, rooted(squares, Q, E2 * a, domain, given=(lambda e: e.subs(names),)), domain=domain)


def _least(rng: random.Random, at: Point) -> Fraction:
    return Fraction(at[A1] * at[g] - at[E1] * at[a] * unit(rng, at))


UPDATED: Domain = {A1: unit, A2: unit, C: positive, g: positive, a: positive, E1: positive, E2: positive}


def _update(
    case: str, average: Assertion | None = None, other: Assertion | None = None, factor: int = 1
) -> Assertion:
    """(A_1/A_2) g - a (E_1 (1/A_2 + C/A_1) + E_2 A_1/A_2^2) <= g m/V, in one of three cases.

    m >= A_1 g - E_1 a by the average; V <= A_2 g + E_2 a where the root is larger, |m| <= C V where its sign is.
    """
    left, right = A1 / A2 * g - a * LOST / factor, g * part / V
    where: tuple[Any, ...]
    if case == "larger root":  # V = A_2 g + r, E_2 a = r + h, m = A_1 g - E_1 a + f
        because = (
            g * f / V + a * E1 * r / (A2 * V) + A1 * r**2 / (A2**2 * V) + A1 * h / A2**2 + a * E1 * C / A1
        )
        letters = {part: A1 * g - E1 * a + f, E2: (r + h) / a}
        domain: Domain = {
            **UPDATED, part: _least, V: lambda rng, at: at[A2] * at[g] + at[E2] * at[a] * unit(rng, at),
        }  # fmt: skip
        given = (lambda e: e.subs(letters).subs(r, V - A2 * g),)
        where = (A2 * g <= V,)
    elif case == "smaller root":  # V = A_2 g - r, E_1 a = A_1 g - m + f, m >= 0
        because = m * r / (A2 * V) + f / A2 + a * E1 * C / A1 + a * E2 * A1 / A2**2
        given = (lambda e: e.subs(part, m).subs(f, E1 * a - A1 * g + m).subs(r, A2 * g - V),)
        domain = {
            **UPDATED, part: lambda rng, at: max(_least(rng, at), Fraction(0)),
            V: lambda rng, at: at[A2] * at[g] * unit(rng, at),
        }  # fmt: skip
        where = (A2 * g >= V, part >= 0)
    else:  # m = -x, x = C V - h, E_1 a = A_1 g + x + f
        because = g * h / V + (x + f) / A2 + C * (x + f) / A1 + a * E2 * A1 / A2**2
        domain = {
            **UPDATED, V: positive,
            E1: lambda rng, at: at[A1] * at[g] / at[a] * (1 + unit(rng, at)),
            part: lambda rng, at: -min(at[C] * at[V], at[E1] * at[a] - at[A1] * at[g]) * unit(rng, at),
        }  # fmt: skip
        given = (lambda e: e.subs(part, -x).subs({E1: (A1 * g + x + f) / a}).subs(h, C * V - x),)
        where = (part <= 0,)
    made = inequality(left, right, because, Under(domain, *where, local=True), given=given)
    names = {WEIGHTS: A1, FAR: E1, MEAN: part}
    bound = {update: part / V, longest: C, sympy.sqrt(second): V}
    rests = [(each, slack) for each, slack in ((average, f), (other, h)) if each is not None]
    return resting(made, *rests, given=(lambda e: e.subs(names).subs(bound), *given))


def _any_case(larger: Assertion, smaller: Assertion, other: Assertion) -> Assertion:
    """So in every coordinate."""

    def root(rng: random.Random, at: Point) -> Fraction:
        return Fraction((at[A2] * at[g] + at[E2] * at[a]) * unit(rng, at))

    domain: Domain = {
        **UPDATED, V: root,
        part: lambda rng, at: max(at[A1] * at[g] - at[E1] * at[a], -at[C] * at[V]) + rng.choice((0, 1)) * unit(rng, at),
    }  # fmt: skip
    signs = by_cases(smaller, other, Under(domain, A2 * g >= V, local=True))
    return by_cases(larger, signs, domain)


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


def _all(one: Assertion) -> Assertion:
    """The coordinates added up: P G - S L <= sum g_k m_k/V_k."""
    here = substituted(one, {g * part / V: gains[k], g: gs[k], a: sizes[k]}, {**COORDINATES, k: below(d)})
    each = summed(here, k, 0, d - 1, COORDINATES)
    factored = A1 / A2 * over(gs[k], (k, d)) - over(sizes[k], (k, d)) * LOST
    return chained(equality(factored, each.left, COORDINATES, normal=canonical), each, domain=COORDINATES)


def _gain(counted: Assertion, coordinates: Assertion, everywhere: Assertion) -> Assertion:
    """P gamma - kappa R L <= A sum g_k m_k/V_k."""
    domain: Domain = {
        **COORDINATES, COUNT: lambda rng, at: 1 + positive(rng, at),
        kappa: lambda rng, at: at[COUNT] * (1 + unit(rng, at)), LOSS: lambda rng, at: exact(LOST, at),
        gamma: lambda rng, at: exact(over(gs[k], (k, d)), at) * unit(rng, at),
        R: lambda rng, at: exact(over(sizes[k], (k, d)), at) * (1 + unit(rng, at)),
    }  # fmt: skip
    names = {over(gs[k], (k, d)): SUM, over(sizes[k], (k, d)): SIZE, LOST: LOSS}
    counted_all = scaled(everywhere, COUNT, domain)
    return chained(net(counted, coordinates), counted_all, domain=domain, given=(lambda e: e.subs(names),))


def _spread(bounded: Assertion) -> Assertion:
    """sum (P_k - M_k) u_k <= C sum (P_k + M_k): the update moves no difference of two rows by more."""
    domain: Domain = {
        d: whole(1, 4), C: positive, P: indexed(positive), M: indexed(positive),
        updates: indexed(lambda rng, at: at[C] * rng.choice((-1, 1)) * unit(rng, at)),
    }  # fmt: skip
    other = substituted(bounded, {update: -update}, {})
    because = over(P[k] * high[k] + M[k] * low[k], (k, d))
    given = (rewriting(high, lambda at: C - updates[at]), rewriting(low, lambda at: C + updates[at]))
    left, right = over((P[k] - M[k]) * updates[k], (k, d)), C * over(P[k] + M[k], (k, d))
    made = inequality(left, right, because, domain, normal=canonical, given=given)
    names = (lambda e: e.subs({update: updates[k], longest: C}), *given)
    root = sympy.sqrt(second)
    return resting(made, (bounded, root * low[k]), (other, root * high[k]), given=names)


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


def step(
    gained: Assertion | None = None, spreads: Assertion | None = None, pace: Any = RATE, C: Any = C
) -> Assertion:
    """-F + s^2/8 <= -eta (P gamma - kappa R L) + C^2 D^2 eta^2/8, F the gain of a step and s <= D C eta its spread."""
    net = pace * gamma - kappa * R * LOSS
    left, right = -gain + spread**2 / 8, -eta * net + C**2 * D**2 * eta**2 / 8
    narrow = sympy.Symbol("s", nonnegative=True)
    letters = {gain: eta * net + f, D: (spread + x) / (C * eta)}
    because = f + (2 * x * narrow + x**2) / 8
    domain: Domain = {
        **dict.fromkeys((net + C * D + eta).free_symbols, positive),
        gain: lambda rng, at: at[eta] * exact(net, at) + unit(rng, at),
        spread: lambda rng, at: at[D] * exact(C, at) * at[eta] * unit(rng, at),
    }
    given = (lambda e: sympy.expand(e.subs(letters)).subs(spread, narrow),)
    made = inequality(left, right, because, domain, given=given).under(EITHER)
    rests = [(each, slack / eta) for each, slack in ((gained, f), (spreads, x)) if each is not None]
    names = {COUNT * over(gains[k], (k, d)): gain / eta, A1 / A2: RATE}
    names |= {over((P[k] - M[k]) * updates[k], (k, d)): spread / eta, over(P[k] + M[k], (k, d)): D}
    return resting(made, *rests, given=(lambda e: e.subs(names), *given))


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
            "entry": follows(partial(entry, sign=1), "changed"),
            "entry-below": follows(partial(entry, sign=-1), "changed"),
            "average": follows(average, "entry-below"),
            "squares": follows(_squares, "entry", "entry-below"),
            "cross": _cross(),
            "expanded": _expanded(),
            "root": follows(_root, "cross", "expanded"),
            "top": follows(_top, "root", "squares"),
            "cauchy-schwarz": cauchy_schwarz(),
            "geometric": geometric_sum(),
            "limit": at_most_limit(),
            "bounded": follows(update_bound, "cauchy-schwarz", "geometric", "limit"),
            "update": follows(step_bound, "bounded"),
            "larger-root": follows(partial(_update, "larger root"), "average", "top"),
            "smaller-root": follows(partial(_update, "smaller root"), "average"),
            "other-sign": follows(partial(_update, "other sign"), "average", "update"),
            "coordinate": follows(_any_case, "larger-root", "smaller-root", "other-sign"),
            "all": follows(_all, "coordinate"),
            "coordinates": coordinates(A1 / A2),
            "counted": counted(),
            "gain": follows(_gain, "counted", "coordinates", "all"),
            "spread": follows(_spread, "update"),
            "step": follows(lambda *parts: step(*parts).under(FULL_BATCH, PLAIN), "gain", "spread"),
            "growth": follows(_grown, "step"),
            "smallest": smallest(),
            "margin": follows(margin, "growth", "smallest"),
            "adam-growth": follows(together, "coordinate", "margin"),
        },
        wrong={
            "half the average of changes": average(entry(changed(), -1), sympy.Rational(1, 2)),
            "half of Q": _root(_cross(), _expanded(), sympy.Rational(1, 2)),
            "half of what is lost, other sign": _update("other sign", factor=2),
            "no logarithm of N": _grown(step(), constant=False),
        },
        measurements=(_measured,),
        gives={"gain": (PACE,)},
    )


PLACE, CHAINS = 212, {"adam-growth": adam_growth}

"""Steps that several chains of growth share: how one step changes Phi, what all steps add up to, and the smallest
margin.

Phi = log sum exp(-z_i) over the rows z_i, and for the logistic loss over the sums of subsets of rows. A step that
*gains* F, and moves no two margins apart by more than its *spread* s, changes Phi by at most -F + s^2/8 (Hoeffding's
lemma).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

from verify.derive.chain import Assertion, Finding
from verify.derive.evaluate import BITS, Point, enclosure, exact
from verify.derive.hypotheses import SEPARABLE, words
from verify.derive.invariants import Phase, by_invariant
from verify.derive.joins import added, chained, resting, scaled, substituted
from verify.derive.letters import N, eta, j, over
from verify.derive.points import Domain, beyond_one, indexed, positive, simplex, unit, whole
from verify.derive.roads import equality, inequality, named
from verify.numbers.systems.balls import ball, precision

R, D, gamma, first, kappa, h, y, p = sympy.symbols("R D gamma Phi_0 kappa h y p", positive=True)
RATE, LOSS, COUNT, SUM, SIZE, C = sympy.symbols("P L A G S C", positive=True)
Phi, tau, squares, errors, gain, spread, mu, top = sympy.symbols("Phi tau S_2 T F s mu u", real=True)
f, x, r, more, less = sympy.symbols("f x r q p", nonnegative=True)
weight, far = sympy.IndexedBase("q", positive=True), sympy.IndexedBase("t", nonnegative=True)

EXPONENTIAL = words(
    "the loss is exponential, or the rows are the sums of subsets of rows and the loss logistic"
)
EITHER = words(
    "kappa = 1 and Phi_0 = log N with the exponential loss; N and log(2^N - 1) with the logistic one, D then of sums "
    "of subsets of rows"
)
START = words("w_0 = 0 and all states are 0 at the start")
# What growth-rates takes from the chains that bound what a step gains.
PACE = words("a step gains at least A eta (gamma - l) for weights of sum 1, A >= 1")
BOUNDED = words("the gradient's entries stay bounded")
AHEAD = words("gamma is above the limit of l")

# What a step changes Phi by: the values s_i = u - h t_i are in an interval of length h, and y = e^h - 1.
CHANGE = sympy.log(over(weight[j] * (1 + y) ** far[j], (j, N))) - top


def in_a_ball(expression: Any, at: Point) -> Any:
    """The value at a point."""
    with precision(BITS):
        return enclosure(expression, at)


# p is the mean of t.
INTERVAL: Domain = {
    N: whole(1, 4), weight: simplex(N), far: indexed(unit), h: unit, y: lambda rng, at: in_a_ball(sympy.exp(h) - 1, at),
    p: lambda rng, at: exact(over(weight[j] * far[j], (j, N)), at),
}  # fmt: skip


def of_step(moved: Assertion, step: Assertion, draws: Domain) -> Assertion:
    """A bound of what a step changes Phi by, from Hoeffding's lemma and a bound of -F + s^2/8, F = u - p h and s =
    h."""
    domain: Domain = {**INTERVAL, **draws}
    change = added(moved, equality(-top, -top, domain), domain=domain)
    return chained(change, step, domain=domain, given=(lambda e: e.subs({gain: top - p * h, spread: h}),))


def coordinates(pace: Any) -> Assertion:
    """P gamma - R L <= P G - S L, since G = sum g_k >= gamma and S = sum a_k <= R."""
    left, right = pace * gamma - R * LOSS, pace * SUM - SIZE * LOSS
    domain: Domain = {
        **dict.fromkeys(sympy.sympify(pace).free_symbols, unit),
        gamma: positive, SIZE: positive, LOSS: positive,
        SUM: lambda rng, at: at[gamma] * (1 + unit(rng, at)), R: lambda rng, at: at[SIZE] * (1 + unit(rng, at)),
    }  # fmt: skip
    letters = {SUM: gamma + more, R: SIZE + less}
    return inequality(
        left, right, pace * more + less * LOSS, domain, given=(lambda e: e.subs(letters),)
    ).under(SEPARABLE)


def net(counted: Assertion, coordinates: Assertion) -> Assertion:
    """P gamma - kappa R L <= A (P G - S L): what the coordinates gain, counted A times."""
    pace, lost = coordinates.left.coeff(gamma), R * LOSS
    free = (coordinates.right.free_symbols | coordinates.left.free_symbols) - {SUM, R}
    domain: Domain = {
        **dict.fromkeys(free, unit),
        COUNT: beyond_one,
        kappa: lambda rng, at: at[COUNT] * (1 + unit(rng, at)),
        SUM: lambda rng, at: at[gamma] * (1 + unit(rng, at)),
        R: lambda rng, at: at[SIZE] * (1 + unit(rng, at)),
    }
    one = substituted(counted, {RATE: pace * gamma, LOSS: lost}, domain)
    return chained(one, scaled(coordinates, COUNT, domain), domain=domain)


def gains(
    totals: tuple[Any, Any], lost: Any, draws: Domain, counted: Assertion, data: Assertion, sums: Assertion
) -> Assertion:
    """P gamma - kappa R L <= A F, where F is what the coordinates gain. ``sums`` says that F is at least P G - S L;
    ``totals`` are G and S, ``lost`` is L."""
    domain: Domain = {
        **draws, COUNT: beyond_one, kappa: lambda rng, at: at[COUNT] * (1 + unit(rng, at)),
        LOSS: lambda rng, at: exact(lost, at), gamma: lambda rng, at: exact(totals[0], at) * unit(rng, at),
        R: lambda rng, at: exact(totals[1], at) * (1 + unit(rng, at)),
    }  # fmt: skip
    names = {totals[0]: SUM, totals[1]: SIZE, lost: LOSS}
    return chained(net(counted, data), scaled(sums, COUNT, domain), domain=domain, given=(named(names),))


def step(
    *rests: tuple[Assertion, Any, dict[Any, Any]], rate: Any, reach: Any = 1, times: int = 1
) -> Assertion:
    """-F + s^2/8 <= -eta rate + C^2 D^2 eta^2/8, for a step whose gain F is at least eta rate and whose spread s is at
    most D C eta.

    ``reach`` is C. Each of the ``rests`` shows one of these two bounds: an assertion in its own letters, its slack, and
    the names of its letters here.
    """
    left, right = -gain + spread**2 / 8, (-eta * rate + reach**2 * D**2 * eta**2 / 8) * times
    narrow = sympy.Symbol("s", nonnegative=True)
    letters = {gain: eta * rate + f, D: (spread + x) / (reach * eta)}
    because = f + (2 * x * narrow + x**2) / 8
    domain: Domain = {
        **dict.fromkeys((rate + reach * D + eta).free_symbols, positive),
        gain: lambda rng, at: at[eta] * exact(rate, at) + unit(rng, at),
        spread: lambda rng, at: at[D] * exact(reach, at) * at[eta] * unit(rng, at),
    }
    given = (lambda e: sympy.expand(e.subs(letters)).subs(spread, narrow),)
    made = inequality(left, right, because, domain, given=given)
    for part, slack, names in rests:
        made = resting(made, (part, slack / eta), given=(named(names), *given))
    return made


def drawn(rate: Any, reach: Any = 1) -> Domain:
    """Points at which a step gains at least eta times the rate, with a spread of at most D C eta."""
    return {
        **dict.fromkeys((sympy.sympify(rate) + reach + eta).free_symbols, positive),
        D: lambda rng, at: at[h] / (exact(reach, at) * at[eta]) * (1 + unit(rng, at)),
        top: lambda rng, at: at[p] * at[h] + at[eta] * exact(rate, at) + unit(rng, at),
    }


def grown(
    step: Assertion,
    run: Callable[[], Finding],
    pace: Any = 1,
    reach: Any = 1,
    late: Any = 0,
    start: Any = first,
    begin: Any = first,
) -> Assertion:
    """gamma sum eta P + Phi <= Phi_0 + C^2 D^2 S_2/8 + kappa R T, T = sum eta L, along a run.

    ``late`` is kappa R. Phi begins with ``begin``, which is at most ``start``.
    """
    right = start + reach**2 * D**2 * squares / 8 + late * errors
    moved = {
        Phi: Phi + step.right_of(CHANGE) - r,
        tau: tau + eta * pace,
        squares: squares + eta**2,
        errors: errors + eta * LOSS,
    }
    bound = sympy.Symbol("B", nonnegative=True)
    phase = Phase(
        {right - gamma * tau - Phi: False}, moved, (lambda e: e.subs(Phi, right - gamma * tau - bound),)
    )
    zero = sympy.Integer(0)
    at_start = {Phi: begin, tau: zero, squares: zero, errors: zero}
    made = by_invariant(gamma * tau + Phi, right, at_start, (phase,), {}, second_road=run)
    return made.under(*step.hypotheses)


def smallest() -> Assertion:
    """-mu <= Phi for the smallest margin mu: the other rows add o >= 0 to e^-mu."""
    o = sympy.Symbol("o", nonnegative=True)
    total = sympy.log(sympy.exp(-mu) + o)
    domain: Domain = {mu: positive, Phi: lambda rng, at: in_a_ball(total, {**at, o: positive(rng, at)})}
    because = sympy.log(1 + o * sympy.exp(mu))
    return inequality(-mu, Phi, because, domain, given=(lambda e: e.subs(Phi, total),), normal=_logarithms)


def _logarithms(expression: Any) -> Any:
    """0 if the expression vanishes: mu as the logarithm of e^mu, and all logarithms as one."""
    return sympy.simplify(sympy.exp(sympy.expand(expression))) - 1


def margin(grown: Assertion, smallest: Assertion) -> Assertion:
    """What ``grown`` bounds with Phi in it is bounded with -mu in the place of Phi, as -mu <= Phi."""
    pace = grown.left - Phi
    letters = sorted((grown.right + pace).free_symbols, key=str)
    domain: Domain = {
        **{each: whole(1, 9) if each.is_integer else positive for each in letters},
        Phi: lambda rng, at: in_a_ball(grown.right - pace, at) - ball(unit(rng, at)),
        mu: lambda rng, at: ball(unit(rng, at)) - at[Phi],
    }
    moved = added(smallest, equality(pace, pace, domain), domain=domain)
    return chained(moved, grown, domain=domain)

"""How far Adam goes: no farther than the sum of its steps and a constant, where beta_1 <= beta_2."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import limit
from verify.derive.chain import Assertion, Chain, Finding, Measured, handed_on
from verify.derive.evaluate import BITS, Point, exact
from verify.derive.hypotheses import NOT_INCREASING, Under, condition
from verify.derive.invariants import Phase, by_invariant
from verify.derive.joins import added, chained, follows, scaled, substituted, summed, together
from verify.derive.letters import b1, b2, g, j, k, n, over, t
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, beyond_one, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import by_derivative, each_of, equality, induction, inequality, recursion, rewriting
from verify.derive.sums import canonical
from verify.derive.topics.adam_growth import PLAIN
from verify.derive.topics.growth_steps import BOUNDED, START
from verify.numbers.systems.balls import BALLS, ball, log, precision
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.optimizer import optimizer
from verify.problem.interpreted import interpreted

NOT_ABOVE = condition(b1 <= b2, text="beta_1 <= beta_2")
V = sympy.IndexedBase("v", positive=True)
y = sympy.IndexedBase("y", nonnegative=True)
a, u = sympy.symbols("a u", real=True)
x, z, f, h, r = sympy.symbols("x z f h r", nonnegative=True)
d, ell, first, depth, H = sympy.symbols("d l eta_0 y_0 H", positive=True)
path, tau, Y, D, now, eta_s, Q, kept = sympy.symbols("P tau Y D y eta_s Q b", nonnegative=True)
SEEN: Domain = {b1: unit, n: whole(1, 5), g: indexed(signed)}
BEFORE: Domain = {b1: unit, t: whole(0, 5), y: indexed(positive)}
PAST = Under({**BEFORE, b2: unit}, NOT_ABOVE)
# n_t/v_t at most, and what it is over 1.
SHARE = (1 - b1) / (1 - b2)


def _cross() -> Assertion:
    """m^2 <= sum w sum w g^2 for the weights w_j = (1 - beta_1) beta_1^j."""
    weight = (1 - b1) * b1**j
    mean, squares = over(weight * g[j], (j, n)), over(weight * g[j] ** 2, (j, n))
    because = over((1 - b1) ** 2 * b1**j * b1**k * (g[j] - g[k]) ** 2, (j, n), (k, n)) / 2
    return inequality(mean**2, over(weight, (j, n)) * squares, because, SEEN, normal=canonical)


def _jensen(cross: Assertion, total: Assertion) -> Assertion:
    """The sum of the weights is 1 - beta_1^n, at most 1."""
    squares = over((1 - b1) * b1**j * g[j] ** 2, (j, n))
    mine = sympy.Symbol("S", nonnegative=True)
    given = (total.rewriting(), lambda e: e.subs(squares, mine))
    light = inequality(total.left * squares, squares, b1**n * mine, SEEN, given=given)
    return chained(cross, light, domain=SEEN)


MEAN = sympy.Symbol("n_t")


def _squares(past: Any = b2 - b1) -> Assertion:
    """The average n of squares with beta_1 in terms of v: (1 - beta_2) g^2 is what v gains."""
    formula = SHARE * (V[t] - past * over(b1**j * V[t - 1 - j], (j, t)))
    stepped = b1 * formula + SHARE * (V[t + 1] - b2 * V[t])
    domain: Domain = {b1: unit, b2: unit, t: whole(0, 5), V: indexed(positive)}

    def first_apart(e: Any) -> Any:
        longer = over(b1**j * V[t - j], (j, t + 1))
        return sympy.simplify(sympy.expand(e.subs(longer, V[t] + b1 * over(b1**j * V[t - 1 - j], (j, t)))))

    return recursion(MEAN, formula, t, SHARE * V[0], stepped, domain, normal=first_apart)


def _exponential() -> Assertion:
    """1 + a <= e^a: a second derivative that is positive everywhere serves on both sides of 0."""
    return by_derivative(1 + a, sympy.exp(a), a, sympy.exp(a), {a: signed}, order=2)


def _memory(exponential: Assertion) -> Assertion:
    """The sum of v_s/v_t over the past, with weights: v = W e^-y."""
    at = substituted(exponential, {a: y[t] - y[t - 1 - j]}, {**BEFORE, j: whole(0, 0), t: whole(1, 5)})
    return summed(at, j, 0, t - 1, BEFORE, weight=b1**j)


W = sympy.Symbol("W", positive=True)
# v as W e^-y.
_falling_of = rewriting(V, lambda s: W * sympy.exp(-y[s]))


def _ratio(squares: Assertion, memory: Assertion, total: Assertion) -> Assertion:
    """n_t/v_t <= 1 + (beta_2 - beta_1)/(1 - beta_2) beta_1^t + K (Y_t - c_t y_t), c_t = (1 - beta_1^t)/(1 - beta_1)."""
    factor, domain, whole_ = SHARE * (b2 - b1), PAST, Under({**PAST, W: positive}, NOT_ABOVE)
    mine = _falling_of(squares.right_of(MEAN) / V[t])
    # beta_2 = 1/(1 + x) and beta_1 = beta_2/(1 + z)
    seen = (lambda e: sympy.factor(e.subs(b1, b2 / (1 + z)).subs(b2, 1 / (1 + x))),)
    more = scaled(memory, factor, domain, given=seen)
    rest = SHARE - more.left - more.right
    taken = added(more, equality(rest, rest, domain), domain=domain)
    known = equality(mine, taken.left, whole_, normal=canonical)
    past, counts = over(b1**j * y[t - 1 - j], (j, t)), (1 - b1**t) / (1 - b1)
    closed = 1 + (b2 - b1) / (1 - b2) * b1**t + factor * (past - counts * y[t])
    opened = equality(
        taken.right, SHARE - factor * (over(b1**j, (j, t)) * (1 + y[t]) - past), domain, normal=canonical
    )
    summed_up = equality(
        opened.right, closed, domain, given=(lambda e: e.subs(total.left.subs(n, t), total.right.subs(n, t)),)
    )
    return chained(known, taken, opened, summed_up, domain=whole_)


def _size() -> Assertion:
    """2 |u| <= 1 + u^2."""
    return inequality(2 * u, 1 + u**2, (1 - u) ** 2, {u: signed})


def _falling(rng: random.Random, at: Point) -> Any:
    """y of a v that grows, for which n_t/v_t is at least 1."""
    steps = [positive(rng, at) for _ in range(8)]
    return lambda s: sum(steps[int(s) :], Fraction(0))


def _update(size: Assertion, jensen: Assertion, ratio: Assertion) -> Assertion:
    """2 |u| <= 1 + u^2 <= 1 + n_t/v_t, with m = u sqrt(v)."""
    one = sympy.Integer(1)
    domain = Under({**PAST, y: _falling, u: unit}, NOT_ABOVE)
    free, root, average = {u: signed}, sympy.Symbol("V", positive=True), sympy.Symbol("n", positive=True)
    same = equality(one, one, free)
    # m^2 = u^2 v; n is the average of squares, which the ratio has in terms of the v_s, over v
    weight, past = (1 - b1) * b1**j, over(b1**j * V[t - 1 - j], (j, t))
    names = {over(weight * g[j], (j, n)): u * sympy.sqrt(root), over(weight * g[j] ** 2, (j, n)): average}
    names[_falling_of(SHARE * (V[t] - (b2 - b1) * past) / V[t])] = average / root
    given = (lambda e: e.subs(names),)
    return chained(
        size, added(same, scaled(jensen, 1 / root, {**SEEN, root: positive}), domain={**SEEN, root: positive}),
        added(same, ratio, domain=domain), domain=domain, given=given,
    )  # fmt: skip


def _path(update: Assertion, constant: int = 1) -> Assertion:
    """P = sum eta |u| <= tau + eta_0 d H (1 + y_0 + l beta_1 H)/2.

    d = (beta_2 - beta_1)/(1 - beta_2), H = 1/(1 - beta_1), Q = beta_1^t, Y is the memory of the y before, and
    D = y_0 + t l is at least y: v is at least beta_2 times the v before, and l = log(1/beta_2). What the invariant
    keeps in hand is what the memory, and the steps to come, may add.
    """
    short = {over(b1**j * y[t - 1 - j], (j, t)): Y, y[t]: now, b1**t: Q, b2: (d + b1) / (d + 1)}

    def lettered(e: Any) -> Any:
        return sympy.expand(sympy.simplify(e.subs(short).subs(b1, 1 - 1 / H)))

    to_come = first * d * H * Q * (1 + D + ell * (H - 1))
    most = first * d * H * (1 + depth + ell * (H - 1))
    gap = 2 * tau + most - 2 * path - eta_s * d * Y - to_come
    moved = {
        path: path + eta_s * (lettered(update.right_of(2 * u)) - f) / 2,
        tau: tau + eta_s, Y: (1 - 1 / H) * Y + now, Q: (1 - 1 / H) * Q, D: D + ell, now: now + ell - r,
    }  # fmt: skip
    # before this step eta was eta_s + h, and eta_0 is eta_s + z
    held = (2 * tau + most - (eta_s + h) * d * Y - to_come - kept) / 2
    given = (lambda e: sympy.expand(e.subs(path, held).subs({now: D - x, first: eta_s + z})),)
    begin = {path: 0, tau: 0, Y: 0, Q: 1, D: depth, now: depth}
    phase = Phase({gap: False, D - now: False}, moved, given)
    right = 2 * tau + constant * most - eta_s * d * Y - to_come
    made = by_invariant(
        2 * path, right, {s: sympy.sympify(v) for s, v in begin.items()}, (phase,), {},
        second_road=lambda: _run(constant),
    )  # fmt: skip
    return made.under(*handed_on([update]), NOT_INCREASING, PLAIN, START)


# beta_1, beta_2 and the loss of a run.
RUNS = [
    (Fraction(1, 2), Fraction(9, 10), "exponential"),
    (Fraction(9, 10), Fraction(9, 10), "exponential"),
    (Fraction(9, 10), Fraction(99, 100), "logistic"),
]
STEPS, ROWS = 60, [[Fraction(2), Fraction(-1)], [Fraction(1), Fraction(2)]]


def _run(constant: int) -> Finding:
    return each_of(RUNS, lambda run: within(*run, constant=constant), "runs of Adam's rule in balls")


def within(beta1: Fraction, beta2: Fraction, loss: str, constant: int = 1) -> bool:
    """Whether each coordinate's path is within its bound after every step of a run, of eta_t = (t+2)^(-1/2)/5."""
    opt = optimizer("adam", beta1=beta1, beta2=beta2, batch_size="full", loss=loss)
    opt = replace(opt, lr=Fraction(1, 5), decay=Fraction(1, 2))
    with precision(BITS):
        one, two, rate = ball(beta1), ball(beta2), opt.step_size(BALLS)
        seen = list(interpreted(ROWS, opt, range(STEPS + 1), BALLS))
        for at in range(len(ROWS[0])):
            squares = [each.states[1][at] for each in seen[1:]]
            start = log(max(squares, key=float) / squares[0])
            most = (
                rate(ball(0)) * (two - one) / (1 - two) / (1 - one) * (1 + start - log(two) * one / (1 - one))
            )
            gone = time = ball(0)
            for s in range(STEPS):
                gone, time = gone + abs(seen[s + 1].w[at] - seen[s].w[at]), time + rate(ball(s))
                if not 2 * gone <= 2 * time + constant * most + ball(Fraction(1, 2**200)):
                    return False
    return True


def _reach(path_: Assertion) -> Assertion:
    """|w_t - w_0| <= P, and what the invariant keeps in hand is not negative."""
    most = first * d * H * (1 + depth + ell * (H - 1))
    domain: Domain = {
        **dict.fromkeys((first, d, depth, ell, tau), positive), H: beyond_one,
        eta_s: positive, Y: positive, Q: unit, D: positive,
        path: lambda rng, at: exact(path_.right, {**at, path: 0}) / 2 - unit(rng, at),
    }  # fmt: skip
    hand = equality(path_.right, 2 * tau + most - (eta_s * d * Y + most.subs(depth, D) * Q), domain)
    more = inequality(hand.right, 2 * tau + most, eta_s * d * Y + first * d * (1 + D + ell * h) * Q * (1 + h), domain,
                      given=(lambda e: e.subs(H, 1 + h),))  # fmt: skip
    half = scaled(chained(path_, hand, more, domain=domain), sympy.Rational(1, 2), domain)
    return chained(half, equality(half.right, tau + most / 2, domain), domain=domain)


def _ratio_of_margin(share: int = 1) -> Assertion:
    """(rho tau - a)/(tau + b) tends to rho: a margin that grows at the rate rho, over a path of length tau + b."""
    rho, lost, more, time = sympy.symbols("rho a b tau", positive=True)
    domain = {rho: positive, lost: positive, more: positive}
    return limit((rho * time - lost) / (time + more), time, sympy.oo, rho / share, domain).under(BOUNDED)


def _measured() -> Measured:
    """Adam with beta1 = beta2 on one sample: the bound's constant is 0, and the path is tau but for the start."""
    with digits(DIGITS):
        steps, half = 40, number(Fraction(1, 2))
        (w,) = weights("adam", [[Fraction(1)]], [steps], lr=Fraction(1, 10**70), beta1=Fraction(1, 2),
                       beta2=Fraction(1, 2), batch_size="full")  # fmt: skip
        walked = sum((MPF.sqrt(1 - half ** (t + 1)) for t in range(steps)), number(0))
        return agreement(
            "path over the step size, beta_1 = beta_2 = 1/2: sum sqrt(1 - 2^-(t+1)), below tau",
            walked, w[0] * number(10**70), number(Fraction(1, 10**60)), f"{steps} steps of 10^-70",
        )  # fmt: skip


@cache
def adam_reach() -> Chain:
    """|w_t - w_0| <= tau + eta_0 d H (1 + y_0 + l beta_1 H)/2 in each coordinate."""
    total = induction((1 - b1) * b1**j, j, n, 1 - b1**n, {b1: unit, n: whole(0, 6)})
    ages = induction(b1**j, j, n, (1 - b1**n) / (1 - b1), {b1: unit, n: whole(0, 6)})
    ratio = _ratio(_squares(), _memory(_exponential()), ages)
    update = _update(_size(), _jensen(_cross(), total), ratio)
    return told(
        __file__,
        "adam-reach",
        steps={
            "cross": _cross(),
            "total": total,
            "jensen": follows(_jensen, "cross", "total"),
            "squares": _squares(),
            "exponential": _exponential(),
            "memory": follows(_memory, "exponential"),
            "ages": ages,
            "ratio": follows(_ratio, "squares", "memory", "ages"),
            "size": _size(),
            "update": follows(_update, "size", "jensen", "ratio"),
            "path": follows(_path, "update"),
            "reach": follows(_reach, "path"),
            "margin": _ratio_of_margin(),
            "adam-reach": follows(together, "reach", "margin"),
        },
        wrong={
            "v's past forgotten": _squares(0),
            "no constant": _path(update, 0),
            "half the rate": _ratio_of_margin(2),
        },
        measurements=(_measured,),
    )


PLACE, CHAINS = 213.5, {"adam-reach": adam_reach}

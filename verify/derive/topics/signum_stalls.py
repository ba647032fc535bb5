"""Two rows in the plane on which Signum with batch 1 and a fixed beta never decreases the loss."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.definitions import mean_update_in_balls, mean_update_symbolic
from verify.derive.evaluate import BITS, WIDTH, Point
from verify.derive.hypotheses import NOT_INCREASING, Under, only_at, words
from verify.derive.invariants import Phase, by_invariant
from verify.derive.joins import follows, resting, scaled, together
from verify.derive.letters import b1, n
from verify.derive.measure import DIGITS, agreement, number, weights
from verify.derive.points import Domain, positive, unit, whole
from verify.derive.prose import told
from verify.derive.roads import asserted, inequality
from verify.derive.signs import nonnegative
from verify.numbers.systems.balls import BALLS, ball, precision
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.optimizer import optimizer
from verify.problem.interpreted import interpreted
from verify.problem.problem import dot

p, E, y, x, w = sympy.symbols("p E y x w", positive=True)
weight, rest, kappa = sympy.symbols("c q kappa", positive=True)
slack = sympy.Symbol("g", nonnegative=True)
before, first = sympy.symbols("c' eta_0", positive=True)
ROWS = words("the rows are (1, -p) and (-p, 1)")
BATCHES = words("batches of one sample come in cyclic order")
AT_REST = words("w_0 = 0 and m = 0 at the start")


def _frozen(ratio: Any = 1) -> Assertion:
    """U at equal weights (c_2 = ratio c_1), with p = 1/(1+x) and beta = p/(1+y)."""
    gradients = [[-p.subs(p, 1 / (1 + x)), ratio / (1 + x)], [1 / (1 + x), -ratio * sympy.Integer(1)]]
    gradients[0][0] = sympy.Integer(-1)
    letters = {b1: 1 / (1 + x) / (1 + y)}

    def resolved(argument: Any) -> Any:
        value = sympy.factor(sympy.cancel(sympy.together(argument.subs(letters))))
        return 1 if nonnegative(value) else -1 if nonnegative(-value) else sympy.sign(value)

    def check(_: Any, __: Any) -> Finding:
        updates = [mean_update_symbolic("signum", row).replace(sympy.sign, resolved) for row in gradients]
        return Finding(updates == [0, 0], f"with p = 1/(1+x), beta = p/(1+y) the mean update is {updates}")

    def run(point: Point) -> tuple[bool, str]:
        values = [[-1, point[p]], [point[p] * ratio, -ratio]]  # batch by coordinate
        with precision(BITS):
            found = mean_update_in_balls("signum", values, None, point[b1], 0)
        return all(u.is_zero() for u in found), "Signum's rule run for an epoch in balls"

    domain = Under({p: unit, b1: unit}, b1 < p)
    mean = sympy.IndexedBase("U")[sympy.Rational(1, 2), sympy.Rational(1, 2)]
    return asserted("equality", mean, "=", 0, domain, check, run)


def _ratio() -> Assertion:
    """1 + E (1 + y) <= (1 + y) (1 + E): over both factors the weights 1/(1 + E) and 1/(1 + E (1 + y))."""
    return inequality(1 + E * (1 + y), (1 + y) * (1 + E), y, {E: positive, y: positive})


def _pair(ratio: Assertion, margin: Any = 0) -> Assertion:
    """The size of m after a step: the later gradient wins if the weights' ratio is at most kappa < p/beta."""
    weights_ = scaled(ratio, 1 / ((1 + E) * (1 + E * (1 + y))), {E: positive, y: positive})
    names = {(1 + y) / (1 + E * (1 + y)): kappa * weight, 1 / (1 + E): before}
    made = inequality(
        sympy.Integer(0) + margin,
        p * weight - b1 * before,
        rest * weight + b1 * slack,
        {
            b1: unit,
            kappa: positive,
            weight: positive,
            before: lambda rng, at: at[kappa] * at[weight] * unit(rng, at),
            p: lambda rng, at: at[b1] * at[kappa] + unit(rng, at),
        },
        given=(lambda e: e.subs({p: b1 * kappa + rest, before: kappa * weight - slack}, simultaneous=True),),
    )
    given = (lambda e: e.subs(names), lambda e: e.subs(before, kappa * weight - slack))
    return resting(made, (weights_, slack), given=given)


def _bounded(pair: Assertion, sign: int = 1) -> Assertion:
    """|w| <= eta_0 by induction: the signs of m are those of the latest gradient, so that w goes up and down.

    Before a step: w = a (1, -1), M the size of m over 1 - beta, c' the weight of the last gradient, eta the step.
    """
    a, size = sympy.symbols("a M", nonnegative=True)
    step, room, up, fall, left = sympy.symbols("eta s u f h", nonnegative=True)
    # Before a step of row 2 (row 1): a >= eta (a + eta <= eta_0), and M is at most c' (p c').
    down = {a - step: False, first - a: False, size: True, before - size: False, a: False}
    upward = {a: False, first - a - step: False, size: True, p * before - size: False, first - a: False}
    # p = beta kappa + q, c' = kappa c - g, and the invariant: M = c' - h (p c' - h), a = eta + u, eta_0 = a + s
    ratios = {before: kappa * weight - slack}
    (won,) = sympy.solve(pair.right_of(0) - pair.because.subs(rest, sign * rest), p)
    ratios[p] = sympy.cancel(won.subs(ratios))

    def after_first(expression: Any) -> Any:
        return expression.subs(size, before - left).subs({a: step + up, first: step + up + room}).subs(ratios)

    def after_second(expression: Any) -> Any:
        small = sympy.Symbol("z", positive=True)  # beta kappa = p - q = 1 - z - q
        e = expression.subs(size, before - left).subs({first: a + step + room, before: ratios[before]})
        return sympy.expand(e).subs(b1 * kappa, 1 - small - sign * rest)

    later = {step: step - fall, before: weight}
    start = {a: first, step: first - fall, size: before}
    phases = (
        Phase(down, {a: a - step, size: p * weight - b1 * size, **later}, (after_first,)),
        Phase(upward, {a: a + step, size: weight - b1 * size, **later}, (after_second,)),
    )

    def run(point: Point) -> tuple[bool, str]:
        rows = [[Fraction(1), -point[p]], [-point[p], Fraction(1)]]
        opt = optimizer("signum", beta1=point[b1], lr=point[first] * 2 ** point[n], decay=Fraction(point[n]))
        with precision(BITS):
            tiny, top = ball(WIDTH), ball(point[first])
            for seen in interpreted(rows, opt, range(40), BALLS):
                across = abs(seen.w[0] + seen.w[1]) < tiny
                if not (across and seen.w[0] > -tiny and seen.w[0] < top + tiny):
                    return False, f"step {seen.step} of Signum's rule in balls"
        return True, "40 steps of Signum's rule in balls"

    draws: Domain = {p: unit, b1: unit, first: lambda rng, at: unit(rng, at) / 10, n: whole(0, 1)}
    ratio = b1 * sympy.exp(2 * (1 + p) * first)
    domain = Under(draws, b1 > p) if sign < 0 else Under(draws, ratio < p)
    return by_invariant(a, first, start, phases, domain, run).under(
        only_at(2, 2), ROWS, BATCHES, NOT_INCREASING, AT_REST
    )


SLOPE, BETA, FIRST = Fraction(99, 100), Fraction(9, 10), Fraction(1, 50)


def _run(steps: int) -> tuple[Any, Any]:
    """The largest |w_k| and the smallest loss along a run, at the precision in force."""
    rows = [[Fraction(1), -SLOPE], [-SLOPE, Fraction(1)]]
    exact = [[number(entry) for entry in row] for row in rows]
    seen = weights(
        "signum", rows, range(steps + 1), lr=FIRST, decay=Fraction(1, 2), beta1=BETA, loss="logistic"
    )
    losses = [sum(MPF.softplus(-dot(row, w)) for row in exact) / 2 for w in seen]
    return max(abs(e) for w in seen for e in w), min(losses)


def _measured(of_loss: bool) -> Measured:
    with digits(DIGITS):
        largest, lowest = _run(3000)
        what = f"p = {SLOPE}, beta = {BETA}, eta_t = (t+2)^(-1/2)/50"
        tiny = number(Fraction(1, 10**100))
        if of_loss:
            return agreement(
                f"smallest loss of Signum, {what}: log 2", MPF.log(number(2)), lowest, tiny, "3000 steps"
            )
        return agreement(
            f"largest |w_k| of Signum, {what}: eta_0",
            number(FIRST) / MPF.sqrt(number(2)),
            largest,
            tiny,
            "3000 steps",
        )


@cache
def signum_stalls() -> Chain:
    """X = [[1, -p], [-p, 1]], beta < p < 1: Signum with batch 1 stays within eta_0 of 0."""
    logistic = (1 + E) * (1 + 1 / E)
    return told(
        __file__,
        "signum-stalls",
        steps={
            "frozen": _frozen(),
            "ratio": _ratio(),
            "pair": follows(_pair, "ratio"),
            "bounded": follows(_bounded, "pair"),
            "loss": inequality(sympy.Integer(4), logistic, (1 - E) ** 2 / E, {E: positive}),
            "stalls": follows(together, "frozen", "bounded", "loss"),
        },
        wrong={
            "weights with ratio beyond p/beta": _frozen(ratio=sympy.Integer(10**6)),
            "a pair that wins by its later term at least": _pair(_ratio(), weight),
            "beta above p": _bounded(_pair(_ratio()), -1),
            "loss at least log 8 on the line": inequality(
                sympy.Integer(8), logistic, (1 - E) ** 2 / E, {E: positive}
            ),
        },
        measurements=(lambda: _measured(False), lambda: _measured(True)),
    )


PLACE, CHAINS = 170, {"signum-stalls": signum_stalls}

"""How fast gradients decay in the sign phase of full-batch Adam: on the average, in single steps, and when steadily.

With N = d = 1 and the exponential loss the gradient is g_t = e^(-x_t), and x grows by h |m|/sqrt(v) a step, h = eta mu.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import mpmath
import sympy

from verify.derive.chain import Assertion, Finding
from verify.derive.definitions import rule_output
from verify.derive.evaluate import BITS, Point, enclosure
from verify.derive.hypotheses import Under
from verify.derive.invariants import Phase, by_invariant
from verify.derive.joins import discharged, resting
from verify.derive.letters import b1, b2, m, v
from verify.derive.measure import DIGITS, number
from verify.derive.points import Domain, positive, unit
from verify.derive.roads import asserted, each_of, equality, inequality, instances
from verify.numbers.systems.balls import BALLS, ball, log, precision, sqrt
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.optimizer import optimizer
from verify.problem.interpreted import interpreted

g, w, M, h, p, r, kappa, q, root, P, Q, a, half, L = sympy.symbols(
    "g w M h p r kappa q x P Q a l L", positive=True
)
more, gap, slack, rest, y = sympy.symbols("e gap s f y", nonnegative=True)
Z, Y = sympy.symbols("Z y", real=True)

# (h, beta1, beta2) of the runs: eta mu = 20 at betas (0, 1/100) is where single steps go beyond the cap.
CASES = (
    (Fraction(20), Fraction(0), Fraction(1, 100)),
    (Fraction(3), Fraction(0), Fraction(1, 100)),
    (Fraction(2), Fraction(1, 2), Fraction(3, 5)),
    (Fraction(10), Fraction(1, 10), Fraction(1, 2)),
)
STEPS = 60


def fades() -> Assertion:
    """v falls by at most the factor beta2 a step."""
    after = rule_output("adam", "v", g)
    put_in = (lambda e: e.subs(gap, 1 - b2),)
    return inequality(b2 * v, after, gap * g**2, {b2: unit, v: positive, g: positive}, given=put_in)


def memory(factor: Any = None) -> Assertion:
    """The part of |m|/sqrt(v) that comes from before the step: w is v after it."""
    ratio = b1 / sympy.sqrt(b2) if factor is None else factor * b1
    letters = {w: (root + more) ** 2, v: root**2 / b2}
    return inequality(
        b1 * M / sympy.sqrt(w),
        ratio * M / sympy.sqrt(v),
        b1 * M * more / (root * (root + more)),
        Under({b1: unit, b2: unit, M: positive, v: positive, w: positive}, b2 * v <= w, local=True),
        given=(lambda e: e.subs(letters),),
        normal=lambda e: sympy.simplify(sympy.powdenest(e, force=True)),
    )


def _potential(grown: Any, size: Any) -> Any:
    """Z at y and the size of the update before."""
    return grown + h * q / (1 - q) * size


CLIMBED = _potential(Y + h * P - L / 2, P)


def climb(fades: Assertion, memory: Assertion) -> Assertion:
    """Z = y + h q/(1 - q) Q, Q the update before, after a step: y + h P - L/2 + h q/(1 - q) P.

    P <= q Q + (1 - beta1) a by the memory, a = |g|/sqrt(v) after the step.
    """
    ratio = b1 / sympy.sqrt(b2)
    kept = discharged(memory, fades, w, {b1: unit, b2: unit, M: positive, v: positive, g: positive})
    right = _potential(Y, Q) - L / 2 + h * (1 - b1) * a / (1 - q)
    letters = {P: q * Q + (1 - b1) * a - slack, q: 1 / (1 + y)}

    def update(rng: Any, point: Point) -> Any:
        with precision(BITS):
            return enclosure(ratio * Q + (1 - b1) * a, point) * ball(unit(rng, point))

    draws: Domain = {
        b1: unit,
        b2: unit,
        Y: positive,
        h: positive,
        Q: positive,
        a: positive,
        L: positive,
        P: update,
    }
    made = inequality(
        CLIMBED,
        right,
        h * slack * (1 + y) / y,
        Under(draws, b1**2 < b2),
        given=(lambda e: e.subs(ratio, q).subs(P, letters[P]).subs(q, letters[q]),),
        where={q: ratio},
    )
    # Q = M/sqrt(v), and what is left of it is P without the new gradient's part
    names = {M / sympy.sqrt(rule_output("adam", "v", g)): (P - (1 - b1) * a) / b1, M / sympy.sqrt(v): Q}
    given = (lambda e: e.subs(names), lambda e: e.subs(P, ratio * Q + (1 - b1) * a - slack))
    return resting(made, (kept, slack), given=given)


def mean_exponent(climb: Assertion, divide: int = 1) -> Assertion:
    """x_t - t L/2 <= Z_t <= Z* + J: above Z* the gradient adds less than L/2 to Z, and never more than J."""
    top, J, start = sympy.symbols("Z^* J s_0", nonnegative=True)
    gained = sympy.Symbol("k", nonnegative=True)  # h (1 - beta1) a/(1 - q)
    ratio = b1 / sympy.sqrt(b2)
    before, after = (each.subs(q, ratio) for each in (_potential(Y, Q), CLIMBED))
    gain = sympy.simplify((climb.right_of(after) - before).subs(a, gained * (1 - ratio) / (h * (1 - b1))))
    moved = {Z: Z + gain.subs(L, L / divide)}
    invariant = {top + J - Z: False}
    below = Phase(invariant, moved, (lambda e: e.subs({Z: top - slack, gained: J - rest}),))
    above = Phase(invariant, moved, (lambda e: e.subs({Z: top + J - slack, gained: L / 2 - rest}),))

    def run() -> Finding:
        return each_of(CASES, lambda case: _within(*case, divide), f"runs of Adam in balls, {STEPS} steps")

    start_at, domain = {Z: top - start}, Under({}, b1**2 < b2)
    return by_invariant(Z, top + J, start_at, (below, above), domain, second_road=run)


def _within(step: Fraction, first: Fraction, second: Fraction, divide: int) -> bool:
    """Whether x_t - t L/2 <= Z* + J along a run from w = 0."""
    opt = optimizer("adam", beta1=first, beta2=second, lr=step, decay=Fraction(0), loss="exponential")
    with precision(BITS):
        cap, one = -log(ball(second)) / (2 * divide), ball(1)
        ratio = ball(first) / sqrt(ball(second))
        size = one / sqrt(one - ball(second))  # a <= size e^(-y), and a <= size
        most = ball(step) * (1 - ball(first)) * size / (1 - ratio)
        depth = most * ratio / (1 - ratio)  # y >= Z - depth
        high = depth + log(most / (-log(ball(second)) / 2))
        top = (high if high > 0 else ball(0)) + most
        runs = interpreted([[Fraction(1)]], opt, range(STEPS), BALLS)
        return all(seen.w[0] - seen.step * cap <= top for seen in runs)


def single_steps(above: bool = True) -> Assertion:
    """At h = 20, betas (0, 1/100) every other step is beyond the cap (or, if not ``above``, none is)."""
    step, first, second = CASES[0]

    def judged(sizes: list[Any], cap: Any, road: str) -> Finding:
        late = [bool(size > cap) for size in sizes[-20:]]
        passed = sum(late) == 10 if above else not any(late)
        return Finding(passed, f"{sum(late)} of the last 20 steps are beyond ln(1/beta2)/2, {road}")

    def rule_in_balls() -> Finding:
        opt = optimizer("adam", beta1=first, beta2=second, lr=step, decay=Fraction(0), loss="exponential")
        with precision(BITS * 8):  # an unstable map loses a bit or two a step
            x = [seen.w[0] for seen in interpreted([[Fraction(1)]], opt, range(STEPS), BALLS)]
            return judged([b - a for a, b in pairwise(x)], -log(ball(second)) / 2, "the rule in balls")

    def scalar_map() -> Finding:
        """r = v/g^2 without momentum: a step is h/sqrt(r), and r goes to beta2 r e^(2 h/sqrt(r)) + 1 - beta2."""
        with digits(DIGITS):
            b, size, sizes = number(second), 1 - number(second), []
            for _ in range(STEPS):
                sizes.append(number(step) / MPF.sqrt(size))
                size = b * size * MPF.exp(2 * sizes[-1]) + 1 - b
            return judged(sizes, -MPF.log(b) / 2, "the map of v/g^2 in mpf")

    word = "every other step is" if above else "no step is"
    return instances(
        f"at eta mu = 20, beta_1 = 0, beta_2 = 1/100 {word} beyond the cap", rule_in_balls, scalar_map
    )


FALLEN = g * sympy.exp(-kappa)
FIRST = rule_output("adam", "m", FALLEN).subs(m, p * g) / FALLEN
SECOND = rule_output("adam", "v", FALLEN).subs(v, r * g**2) / FALLEN**2
MAP: Domain = {b1: unit, b2: unit, g: positive, p: positive, r: positive, kappa: positive}


def first_moment() -> Assertion:
    """p = m/g after a step in which the gradient fell by e^-kappa."""
    return equality(FIRST, b1 * p * sympy.exp(kappa) + 1 - b1, MAP, kind="definition")


def second_moment() -> Assertion:
    """r = v/g^2 after that step."""
    return equality(SECOND, b2 * r * sympy.exp(2 * kappa) + 1 - b2, MAP, kind="definition")


# kappa at the moments (p, r).
STEP = h * p / sympy.sqrt(r)
POINTS: Domain = {b1: unit, b2: unit, h: unit, p: unit, r: unit}
ALPHA, GAMMA = sympy.symbols("alpha gamma", positive=True)
LETTERS = {kappa: STEP, ALPHA: b1 * sympy.exp(STEP), GAMMA: b2 * sympy.exp(2 * STEP)}
TRACE, DETERMINANT = ALPHA * (1 + kappa) + GAMMA * (1 - kappa), ALPHA * GAMMA


def _moved(first: Assertion, second: Assertion) -> tuple[Any, Any]:
    """The map of (p, r)."""
    return first.right_of(FIRST).subs(kappa, STEP), second.right_of(SECOND).subs(kappa, STEP)


def _slopes(first: Assertion, second: Assertion) -> Any:
    return sympy.Matrix(2, 2, [sympy.diff(each, x) for each in _moved(first, second) for x in (p, r)])


def _differences(moved: tuple[Any, Any], point: Point) -> Any:
    """The slopes by central differences over 2^-100, which err by a multiple of 2^-200."""
    step = Fraction(1, 2**100)

    def at(each: Any, letter: Any, shift: Fraction) -> Any:
        return enclosure(each, {**point, letter: point[letter] + shift})

    return [[(at(each, x, step) - at(each, x, -step)) / ball(2 * step) for x in (p, r)] for each in moved]


def _close(one: Any, other: Any) -> bool:
    return bool(abs(one - other) < ball(Fraction(1, 2**120)))


def trace(first: Assertion, second: Assertion, sign: int = 1) -> Assertion:
    """The trace of the map's slopes at any point."""
    right = ALPHA * (1 + sign * kappa) + GAMMA * (1 - sign * kappa)
    values = {ALPHA: LETTERS[ALPHA], GAMMA: LETTERS[GAMMA], kappa: STEP}

    def near(point: Point) -> tuple[bool, str]:
        with precision(2 * BITS):
            slopes = _differences(_moved(first, second), point)
            wanted = enclosure(right.xreplace(values), point)
            return _close(slopes[0][0] + slopes[1][1], wanted), "difference quotients in balls"

    return equality(
        _slopes(first, second).trace(), right, POINTS, holds=near, called=sympy.Symbol("T"), where=LETTERS
    )


def determinant(first: Assertion, second: Assertion) -> Assertion:
    """Their determinant."""

    def near(point: Point) -> tuple[bool, str]:
        with precision(2 * BITS):
            (a_, b_), (c_, d_) = _differences(_moved(first, second), point)
            wanted = enclosure(DETERMINANT.xreplace({x: LETTERS[x] for x in (ALPHA, GAMMA)}), point)
            return _close(a_ * d_ - b_ * c_, wanted), "difference quotients in balls"

    slopes = _slopes(first, second)
    left = slopes[0] * slopes[3] - slopes[1] * slopes[2]
    return equality(left, DETERMINANT, POINTS, holds=near, called=sympy.Symbol("D"), where=LETTERS)


def region(total: Assertion, product: Assertion) -> Assertion:
    """Both eigenvalues are inside the unit circle (1 - T + D, 1 + T + D and 1 - D are positive) on the region."""
    right = sympy.And(
        kappa * (ALPHA - GAMMA) < (1 - ALPHA) * (1 - GAMMA),
        kappa * (GAMMA - ALPHA) < (1 + ALPHA) * (1 + GAMMA),
    )
    left = sympy.And(1 - TRACE + DETERMINANT > 0, 1 + TRACE + DETERMINANT > 0)

    def check(_: Any, __: Any) -> Finding:
        one = (1 - ALPHA) * (1 - GAMMA) - kappa * (ALPHA - GAMMA)
        other = (1 + ALPHA) * (1 + GAMMA) - kappa * (GAMMA - ALPHA)
        rests = [sympy.expand(1 - TRACE + DETERMINANT - one), sympy.expand(1 + TRACE + DETERMINANT - other)]
        same = [part.shown and part.shown[1] for part in (total, product)] == [TRACE, DETERMINANT]
        return Finding(rests == [0, 0] and same, f"Jury's conditions; both sides differ by {rests}")

    def eigenvalues(point: Point) -> tuple[bool, str]:
        with digits(60):
            values = {x: number(point[x]) for x in (ALPHA, GAMMA, kappa)}
            T = values[ALPHA] * (1 + values[kappa]) + values[GAMMA] * (1 - values[kappa])
            D = values[ALPHA] * values[GAMMA]
            spread = mpmath.sqrt(mpmath.mpc(T * T - 4 * D))
            inside = max(abs(T + spread), abs(T - spread)) < 2
            return inside == bool(
                right.subs({x: sympy.Rational(point[x]) for x in values})
            ), "the eigenvalues in mpf"

    domain: Domain = {ALPHA: unit, GAMMA: unit, kappa: positive}
    return asserted("equality", left, "iff", right, domain, check, eigenvalues)

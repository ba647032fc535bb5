"""On an interval of delta, e_1 is the only equilibrium of the shifted-diagonal game."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import sympy

from verify.derive.chain import Assertion, Finding
from verify.derive.definitions import hyper
from verify.derive.evaluate import BITS, enclosure
from verify.derive.hypotheses import words
from verify.derive.letters import d, i, j, k, over
from verify.derive.roads import algebraic
from verify.derive.signs import positive
from verify.numbers.systems.balls import BALLS, Order, ball, compare, precision
from verify.optimizers.rules import RULES
from verify.problem.problem import Batch

s = sympy.IndexedBase("s", positive=True)
U = sympy.IndexedBase("U", real=True)
IN_ORDER = words("s_1 < s_2 < ... < s_d, and c is no vertex")
delta, ROOT, spread = sympy.symbols("delta r q", positive=True)
slack, less = sympy.symbols("h f", nonnegative=True)
more = sympy.Symbol("e", positive=True)


def entry(row: Any, column: Any) -> Any:
    """x_ik of the data set."""
    return delta + (s[row] - delta) * sympy.KroneckerDelta(row, column)


# The cost of row i.
COST = over(entry(i, k) * U[k], (k, d))


def only_equilibrium(costs: Assertion, gap: Assertion, root: Any = ROOT) -> Assertion:
    """F_j > F_1 for all j on the whole simplex, for delta in the interval; ``root`` stands for sqrt(d).

    The costs give F_j - F_1, which the gap says is not negative: with q = s_1 - delta and s_j - delta = r q + h, or
    where all rows are below delta with q = delta - s_j and delta - s_1 = r q + h and the rows exchanged. It is
    not 0, as U_j is 1 + e with e > 0 where c is no vertex.
    """
    # the interval of delta
    low, high = (root * s[0] - s[1]) / (root - 1), (root * s[1] - s[0]) / (root - 1)
    thresholds = (
        (s[1] - delta) - ROOT * (s[0] - delta) - (ROOT - 1) * (delta - low),
        (delta - s[0]) - ROOT * (delta - s[1]) - (ROOT - 1) * (high - delta),
    )

    cost, least = costs.right_of(COST), gap.right_of(0)
    more_expensive = cost.subs(i, j) - cost.subs(i, 0)
    first, other = ROOT - less, 1 + more
    below = {s[j]: delta + ROOT * spread + slack, s[0]: delta + spread, U[j]: other, U[0]: first}
    above = {s[j]: delta - spread, s[0]: delta - ROOT * spread - slack, U[j]: first, U[0]: other}

    def check() -> Finding:
        rests = [algebraic(e) for e in thresholds]
        rests += [algebraic(more_expensive.subs(at) - least) for at in (below, above)]
        passed = rests == [0, 0, 0, 0] and gap.check().passed and positive(gap.because)
        return Finding(passed, "the two conditions of the line before are delta >= low and delta <= high")

    def tried() -> Finding:
        rng = random.Random(1)
        narrow = [Fraction(3), Fraction(301, 100)]
        for size, values, weights, at in [
            (2, narrow, [Fraction(1), Fraction(30)], None),
            *_random_points(rng),
        ]:
            point = {ROOT: Fraction(0), s: lambda e, values=values: values[int(e)]}
            with precision(BITS):
                point[ROOT] = ball(size).sqrt()
                low_, high_ = (enclosure(e, point) for e in (low, high))
                shift = ball(1) if at is None else low_ + (high_ - low_) * ball(at)
                inside = shift > 0 and low_ <= shift and shift <= high_ if at is None else shift > 0
                if inside and not _first_is_cheapest(values, weights, shift):
                    return Finding(
                        False, f"s = {values}, c = {weights}: another row costs no more than the first"
                    )
        return Finding(True, "AdamProxy's rule in balls at 60 random points, d = 2 .. 5, near the faces too")

    inside = sympy.And(low <= delta, delta <= high)
    cheapest = (s[0] - delta) * U[0] < (s[j] - delta) * U[j]
    return Assertion("inequality", inside, "implies", cheapest, check, tried, hypotheses=(IN_ORDER,))


def _random_points(
    rng: random.Random,
) -> Iterator[tuple[int, list[Fraction], list[Fraction], Fraction | None]]:
    """d, s, weights c and a place in the interval of delta, from 0 to 1."""
    for _ in range(60):
        size = rng.randint(2, 5)
        steps = [Fraction(rng.randint(1, 40), 10) for _ in range(size)]
        values = [sum(steps[: e + 1], Fraction(0)) for e in range(size)]
        weights = [Fraction(1, 10 ** rng.randint(0, 4)) * rng.randint(1, 9) for _ in range(size)]
        yield size, values, weights, Fraction(rng.randint(0, 16), 16)


def _first_is_cheapest(values: list[Fraction], weights: list[Fraction], shift: Any) -> bool:
    size = len(values)
    X = [[ball(values[e]) if e == f else shift for f in range(size)] for e in range(size)]
    field = _field(X, [ball(each) for each in weights])
    costs = [sum((x * u for x, u in zip(row, field, strict=True)), ball(0)) for row in X]
    return all(compare(costs[0], other) is Order.LESS for other in costs[1:])


def _field(X: list[list[Any]], weights: list[Any]) -> list[Any]:
    """AdamProxy's U at weights c, by its own rule in balls."""
    step, zero = RULES["adam-proxy"].step(BALLS), ball(0)
    gradient, squares = Batch(X, BALLS).seen(weights, "squares")
    h = hyper("adam-proxy", zero, zero, zero)
    return [-step(g, square, (), h)[0] for g, square in zip(gradient, squares, strict=True)]

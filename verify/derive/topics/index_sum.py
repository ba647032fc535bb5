"""The indices of a regular game's equilibria sum to 1 where its costs are continuous on the simplex."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache
from itertools import pairwise, product
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Finding, Measured
from verify.derive.evaluate import Point
from verify.derive.hypotheses import words
from verify.derive.joins import follows, together
from verify.derive.letters import N, i, over
from verify.derive.measure import DIGITS, agreement, number
from verify.derive.points import Domain, indexed, positive, signed, simplex, whole
from verify.derive.prose import told
from verify.derive.roads import equality, instances
from verify.derive.sums import canonical
from verify.numbers.systems.mpf import MPF, digits

share, excess, total = sympy.symbols("c_i b_i B", nonnegative=True)
weight, cost = sympy.IndexedBase("c", nonnegative=True), sympy.IndexedBase("F", real=True)
mean = sympy.Symbol("f", real=True)

CONTINUOUS = words("the costs are continuous on the simplex")
REGULAR = words("at every equilibrium other rows cost more, and the determinant is not 0")
DEGREE = words(
    "the degree of a continuous map of the simplex does not change under deformations, and at such an equilibrium it "
    "is the index (cited)"
)
BROUWER = words("a continuous map of the simplex into itself has a fixed point (Brouwer, cited)")
SIZES: Domain = {N: whole(1, 5), weight: simplex(N), cost: indexed(signed)}


def _moved(sign: int = 1) -> Assertion:
    """(c_i + b_i)/(1 + B) - c_i = (b_i - c_i B)/(1 + B): fixed just where b_i = c_i B."""
    left = (share + excess) / (1 + total) - share
    right = (excess - sign * share * total) / (1 + total)
    return equality(left, right, {share: positive, excess: positive, total: positive})


def _below_mean() -> Assertion:
    """sum c_i (f - F_i) = 0 for f the mean cost: not every row with weight costs less than the mean."""
    left = over(weight[i] * (mean - cost[i]), (i, N))
    split = mean * over(weight[i], (i, N)) - over(weight[i] * cost[i], (i, N))
    given = (
        lambda e: sympy.expand(e).replace(sympy.Sum, lambda *_: split),
        lambda e: e.subs(over(weight[i], (i, N)), 1).subs(mean, over(weight[i] * cost[i], (i, N))),
    )

    def average(rng: random.Random, at: Point) -> Fraction:
        return sum((at[weight](k) * at[cost](k) for k in range(at[N])), Fraction(0))

    return equality(left, sympy.Integer(0), {**SIZES, mean: average}, given=given, normal=canonical)


def _determinant(sizes: range, offset: int = 0) -> Assertion:
    """For F_i = c_i - 1/N at uniform weights: d(F_i - F_s)/d(log c_l) is 1/N times the identity."""

    def of(n: int) -> Any:
        c = sympy.symbols(f"c_0:{n}", positive=True)
        F = [each / sum(c) - sympy.Rational(1, n) for each in c]
        matrix = sympy.Matrix(n - 1, n - 1, lambda r, l: sympy.diff(F[r + 1] - F[0], c[l + 1]) * c[l + 1])
        return matrix.subs(dict.fromkeys(c, sympy.Rational(1, n)))

    def check() -> Finding:
        wrong = [n for n in sizes if of(n) != sympy.eye(n - 1) / (n + offset)]
        return Finding(not wrong, f"derivatives for N = {sizes.start}..{sizes.stop - 1}")

    def differences() -> Finding:
        tiny = Fraction(1, 10**9)
        for n in sizes:
            for row in range(1, n):
                for moved in range(1, n):
                    c = [1 + (tiny if k == moved else 0) for k in range(n)]
                    slope = (c[row] - c[0]) / Fraction(sum(c)) / tiny
                    if abs(slope - Fraction(int(row == moved), n + offset)) > 10 * tiny:
                        return Finding(False, f"differences for N = {n}")
        return Finding(True, "differences at 1e-9 in rationals")

    return instances(f"N = {sizes.start} to {sizes.stop - 1}, F_i = c_i - 1/N", check, differences)


def _two(outer: int = 1) -> Assertion:
    """N = 2: the signs of a continuous function at the ends of an interval and at its simple zeros, in order.

    Between neighbouring zeros the sign is one, so a zero's index and the next one's have opposite signs; each end that
    is an equilibrium adds 1. With e_0, e_1 in {0, 1} for the ends the zeros add 1 - e_0 - e_1.
    """

    def check() -> Finding:
        wrong = [key for key in product((-1, 1), range(7)) if _count(*key) != outer]
        return Finding(not wrong, "all patterns of signs with at most six zeros")

    def functions() -> Finding:
        rng = random.Random(0)
        for _ in range(60):
            zeros = sorted({Fraction(rng.randint(1, 98), 99) for _ in range(rng.randint(0, 5))})
            lead = rng.choice((-1, 1))

            def gap(x: Fraction, zeros: list[Fraction] = zeros, lead: int = lead) -> Fraction:
                value = Fraction(lead)
                for zero in zeros:
                    value *= x - zero
                return value

            # x is the weight of row 0, and gap = F_0 - F_1.
            found = (gap(Fraction(1)) < 0) + (gap(Fraction(0)) > 0)
            tiny = Fraction(1, 10**6)
            found += sum(1 if gap(zero + tiny) > 0 else -1 for zero in zeros)
            if found != outer:
                return Finding(False, f"zeros at {', '.join(map(str, zeros))}: {found}")
        return Finding(True, "60 random polynomials")

    return instances("N = 2: the sum over ends and zeros is 1", check, functions)


def _count(first: int, zeros: int) -> int:
    """The sum of indices where F_0 - F_1 has the sign ``first`` at weight 0 on row 0, and so many simple zeros."""
    last = first if zeros % 2 == 0 else -first
    slopes = [first if k % 2 else -first for k in range(zeros)]  # the sign beyond each zero
    return (first > 0) + (last < 0) + sum(slopes)


def _odd() -> Assertion:
    """p - q = 1 for p indices 1 and q indices -1: p + q = 2q + 1."""
    p, q = sympy.symbols("p q", integer=True, nonnegative=True)
    domain: Domain = {q: whole(0, 9), p: lambda rng, at: at[q] + 1}
    return equality(p + q, 2 * q + 1, domain, given=(lambda e: e.subs(p, q + 1),))


def _measured() -> Measured:
    """Rows (3.01, 1), (1, 3): three equilibria of AdamProxy, found by signs of F_1 - F_2 on a fine grid."""
    rows = [[Fraction(301, 100), Fraction(1)], [Fraction(1), Fraction(3)]]
    with digits(DIGITS):
        X = [[number(e) for e in row] for row in rows]

        def gap(ratio: Any) -> Any:
            pairs = zip(*X, strict=True)
            terms = ((a - b) * (a + ratio * b) / MPF.sqrt(a * a + ratio * ratio * b * b) for a, b in pairs)
            return sum(terms, number(0))

        signs = [gap(number(Fraction(k, 1000)) ** 3) > 0 for k in range(1, 3000)]
        inner = sum(1 if here else -1 for here, there in pairwise(signs) if here != there)
        ends = int(not signs[0]) + int(signs[-1])
        return agreement("sum of indices of AdamProxy's equilibria on rows (3.01, 1), (1, 3)", number(1),
                         number(inner + ends), number(Fraction(1, 10**100)), "2999 ratios c_2/c_1")  # fmt: skip


@cache
def index_sum() -> Chain:
    """Indices sum to 1: there is an equilibrium, and their number is odd."""
    return told(
        __file__,
        "index-sum",
        steps={
            "map": _moved(),
            "mean": _below_mean(),
            "exists": follows(together, "map", "mean", under=(CONTINUOUS, BROUWER)),
            "start": _determinant(range(2, 6)),
            "two": _two(),
            "odd": _odd().under(CONTINUOUS, REGULAR, DEGREE),
            "index-sum": follows(together, "exists", "start", "two", "odd"),
        },
        wrong={
            "the other sign of the sum": _moved(-1),
            "one more row at uniform weights": _determinant(range(2, 6), 1),
            "two for one": _two(2),
        },
        measurements=(_measured,),
    )


PLACE, CHAINS = 112, {"index-sum": index_sum}

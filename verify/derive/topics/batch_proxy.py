"""The proxy of batches that are drawn without replacement: the quotient of two expectations."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import combinations
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.definitions import rule_output
from verify.derive.evaluate import Point
from verify.derive.hypotheses import FROZEN, words
from verify.derive.joins import follows, together
from verify.derive.letters import N
from verify.derive.measure import DIGITS, agreement, number
from verify.derive.points import Domain, indexed, positive, signed, whole
from verify.derive.prose import told
from verify.derive.roads import Holds, equality
from verify.numbers.systems.mpf import MPF, digits
from verify.numbers.systems.symbols import SYMBOLS
from verify.optimizers.rules import RULES

b = sympy.Symbol("b", integer=True, positive=True)
S, Q = sympy.symbols("S Q", positive=True)
g = sympy.Symbol("g")
DRAWN = words("a batch is drawn from all samples without replacement")

SIZES: Domain = {N: whole(2, 7), b: lambda rng, point: rng.randint(1, int(point[N]))}
GRADIENTS: Domain = {**SIZES, g: indexed(signed)}
SUMS: Domain = {**SIZES, S: positive, Q: positive}

E1, E2 = sympy.symbols("E_1 E_2")
CHANCE, PAIR = b / N, b * (b - 1) / (N * (N - 1))
SQUARE = ((b - 1) * S**2 + (N - b) * Q) / (b * N * (N - 1))


def _batches(point: Point) -> list[tuple[int, ...]]:
    return list(combinations(range(int(point[N])), int(point[b])))


def _share(members: tuple[int, ...], claimed: Any) -> Holds:
    """Whether so many of all batches hold the samples, counted one by one."""

    def holds(point: Point) -> tuple[bool, str]:
        batches = _batches(point)
        with_them = sum(set(members) <= set(batch) for batch in batches)
        return sympy.Rational(with_them, len(batches)) == claimed.subs(point), "all batches, counted"

    return holds


def _mean(power: int, claimed: Any) -> Holds:
    """Whether the mean over all batches of a power of the batch's mean gradient is as claimed."""

    def holds(point: Point) -> tuple[bool, str]:
        n, size = int(point[N]), int(point[b])
        values = [Fraction(point[g](i)) for i in range(n)]
        batches = _batches(point)
        mean = sum((sum(values[i] for i in batch) / size) ** power for batch in batches) / len(batches)
        sums = {S: sum(values), Q: sum(value**2 for value in values), N: n, b: size}
        wanted = claimed.subs({letter: sympy.Rational(value) for letter, value in sums.items()})
        return sympy.Rational(mean) == wanted, "the mean over all batches"

    return holds


def _second(coefficient: Any = CHANCE, claimed: Any = SQUARE) -> Assertion:
    left = (coefficient * Q + PAIR * (S**2 - Q)) / b**2
    return equality(left, claimed, GRADIENTS, holds=_mean(2, claimed), called=E2)


def proxy(size: Any) -> Any:
    """The step of the rule itself, with batches of that size."""
    zero = sympy.Integer(0)
    return RULES["batch-proxy"].step(SYMBOLS)(S / N, Q, (), (size, N, zero, zero, zero, zero))[0]


def counted_normal(expression: Any) -> Any:
    """A normal form for quotients of binomials."""
    return sympy.combsimp(sympy.expand_func(expression))


def _step_by_step() -> Measured:
    """The rule's own step beside the quotient of the means over all batches, in many digits."""
    with digits(DIGITS):
        values = [number(Fraction(each)) for each in ("3", "-1/2", "2/7", "-5/3", "4", "1/9")]
        means = [sum(batch) / 3 for batch in combinations(values, 3)]
        quotient = sum(means) / len(means) / MPF.sqrt(sum(mean * mean for mean in means) / len(means))
        zero, total = number(0), sum(values)
        sizes = (number(3), number(6), zero, zero, zero, zero)
        u, _ = RULES["batch-proxy"].step(MPF)(total / 6, sum(each * each for each in values), (), sizes)
        room = number(Fraction(1, 10 ** (DIGITS - 10)))
        return agreement("the step of batch-proxy", quotient, u, room, "the 20 batches of 3 of 6 samples")


@cache
def batch_proxy() -> Chain:
    """E[G_B] / sqrt(E[G_B^2]) is the rule batch-proxy."""

    def counted(members: int, claimed: Any) -> Assertion:
        share = sympy.binomial(N - members, b - members) / sympy.binomial(N, b)
        return equality(
            share, claimed, SIZES, normal=counted_normal, holds=_share(tuple(range(members)), claimed)
        )

    chance = sympy.binomial(N - 1, b - 1) / sympy.binomial(N, b)
    closed = sympy.sqrt(b * (N - 1) / N) * S / sympy.sqrt((b - 1) * S**2 + (N - b) * Q)
    larger: Domain = {N: whole(2, 9), S: positive, Q: positive}
    return told(
        __file__,
        "batch-proxy",
        steps={
            "chance": counted(1, CHANCE).under(DRAWN),
            "pair": counted(2, PAIR).under(DRAWN),
            "first": equality(
                chance * S / b, S / N, GRADIENTS, normal=counted_normal, holds=_mean(1, S / N), called=E1
            ).under(FROZEN),
            "second": _second().under(FROZEN),
            "quotient": equality(E1 / sympy.sqrt(E2), closed, SUMS, where={E1: S / N, E2: SQUARE}),
            "rule": equality(proxy(b), closed, SUMS, kind="definition", called=sympy.Symbol("Phi")),
            "one": equality(
                proxy(sympy.Integer(1)),
                sympy.sqrt(N) * rule_output("adam-proxy", "u", S / N, seen=Q),
                larger,
                kind="definition",
                called=sympy.Symbol("Phi_1"),
            ),
            "all": equality(
                proxy(N), sympy.Integer(1), larger, kind="definition", called=sympy.Symbol("Phi_N")
            ),
            "proxy": follows(together, "chance", "pair", "first", "second", "quotient", "rule", "one", "all"),
        },
        measurements=(_step_by_step,),
        wrong={
            "pairs drawn with replacement": equality(
                (CHANCE * Q + (b / N) ** 2 * (S**2 - Q)) / b**2, SQUARE, SUMS
            ),
            "N for N - 1": _second(claimed=((b - 1) * S**2 + (N - b) * Q) / (b * N * N)),
            "AdamProxy itself for b = 1": equality(
                proxy(sympy.Integer(1)), rule_output("adam-proxy", "u", S / N, seen=Q), larger
            ),
        },
    )


PLACE, CHAINS = 61, {"batch-proxy": batch_proxy}

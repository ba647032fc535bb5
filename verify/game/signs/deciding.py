"""Equilibria of the set-valued game of signs, decided in rationals once their support and switching pairs are named.

A coordinate that no support row sees has a sign too: of the rows that see it, those of least cost outweigh the others
by any factor, and decide it. So an equilibrium is a chain of levels: rows S of common cost for each population, the
coordinates that they see and no level above does, and the pairs K of a step and such a coordinate where m = 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from verify.game.signs.moves import fading
from verify.game.signs.pivoting import Proposal
from verify.numbers.linear.rational import solve_square, times
from verify.optimizers.optimizer import Optimizer

Vector = tuple[Fraction, ...]
Pair = tuple[int, int]  # a step and a coordinate


@dataclass(frozen=True)
class Memory:
    """What m knows: ``trace`` (P) is what is left of a gradient after so many steps of an epoch, once m is
    periodic, over what it brings; ``step`` (N) are the steps that see each row, in batches of ``size`` (N): one step,
    or as many as the row has copies."""

    trace: Vector
    step: tuple[tuple[int, ...], ...]
    size: tuple[tuple[int, ...], ...]

    def weight(self, q: int, j: int) -> Fraction:
        """W_qj: what a unit gradient of row j, in each of its copies, adds to m after step q."""
        held = zip(self.step[j], self.size[j], strict=True)
        return sum((self.trace[(q - step) % len(self.trace)] / size for step, size in held), Fraction(0))

    @cached_property
    def changes(self) -> tuple[tuple[int, ...], ...]:
        """The steps at which each row does more to a sum than fade by the factor by which all rows do (N): those that
        see it, and where the sum that is signed has the gradient beside m also those after them."""
        left, P = self.trace, len(self.trace)
        late = next(
            r for r in range(P) if all(b * left[r] == a * left[(r + 1) % P] for a, b in pairwise(left[r:]))
        )
        return tuple(
            tuple(sorted({(q + r) % P for q in seen for r in range(late + 1)})) for seen in self.step
        )

    def population(self) -> tuple[int, ...]:
        """For each row the set whose weights' ratios count: all of them, or its batch where m forgets."""
        return tuple(steps[0] for steps in self.step) if not any(self.trace[1:]) else (0,) * len(self.step)

    def copies(self, rows: Sequence[Vector]) -> dict[tuple[int, Vector], list[int]]:
        """The numbers of equal rows, which have equal weights for ever, by population and row."""
        equal: dict[tuple[int, Vector], list[int]] = {}
        for j, (population, row) in enumerate(zip(self.population(), rows, strict=True)):
            equal.setdefault((population, row), []).append(j)
        return equal

    def joined(self, copies: Sequence[Sequence[int]]) -> Memory:
        """That of one row for each of these lists of rows."""
        step, size = (
            tuple(tuple(x for j in each for x in old[j]) for each in copies) for old in (self.step, self.size)
        )
        return Memory(self.trace, step, size)


def memory(opt: Optimizer, n: int) -> Memory:
    """That of a rule with signs on n samples in cyclic order."""
    batches = opt.epoch(n)
    return Memory(
        # The full batch leaves nothing to remember, in Adam too.
        tuple(fading(opt, len(batches))),
        tuple((q,) for q, batch in enumerate(batches) for _ in batch),
        tuple((len(batch),) for batch in batches for _ in batch),
    )


@dataclass(frozen=True)
class Switching:
    """An exact equilibrium: support S, switching pairs K of step and coordinate, u (d), c (N), and for each
    population the cost; and the least cost off the support less its population's. ``levels`` are the weights (N) of
    each level, ``means`` those of the signs that switch at each pair of any level."""

    support: tuple[int, ...]
    switches: tuple[tuple[int, int], ...]
    u: Vector
    weights: Vector
    costs: Vector
    slack: Fraction | None
    levels: tuple[Vector, ...]
    means: Mapping[Pair, Fraction]


@dataclass(frozen=True)
class _Level:
    """A level with its weights c (S): what it adds to P u for certain, and for each pair of K, and what each block of a
    population and a coordinate owes to it."""

    S: tuple[int, ...]
    populations: tuple[int, ...]
    weights: Vector
    fixed: Vector
    free: tuple[Vector, ...]
    blocks: frozenset[tuple[int, int]]


def decide(
    X: Sequence[Vector], kept: Memory, S: tuple[int, ...], K: tuple[tuple[int, int], ...], *below: Proposal
) -> Switching | None:
    """The equilibrium of rows X on support S that switches at the pairs K and, but for what moves with them, nowhere
    else; with further levels ``below``. None if there is none.

    A step whose sums are those of the step before times a factor repeats its signs: K names the first of such steps.
    """
    P, population = len(kept.trace), kept.population()
    undecided = {(population[i], k) for i, row in enumerate(X) for k, x in enumerate(row) if x}
    levels: list[_Level] = []
    for rows, pairs in ((S, K), *below):
        level = _level(X, kept, rows, pairs, undecided)
        if level is None:
            return None
        undecided -= level.blocks
        levels.append(level)
    if undecided or set(levels[0].populations) != set(population):
        return None
    # sum_K x_i.free_K s_K - lambda = -x_i.fixed for i in S, of all levels at once
    fixed = tuple(map(sum, zip(*(level.fixed for level in levels), strict=True)))
    free = [pair for level in levels for pair in level.free]
    owners = [(number, p) for number, level in enumerate(levels) for p in level.populations]
    members = [((number, population[i]), i) for number, level in enumerate(levels) for i in level.S]
    along = [times([X[i] for _, i in members], pair) for pair in free]
    solution = solve_square(
        [[column[row] for column in along] + [Fraction(-(owner == each)) for each in owners]
         for row, (owner, _) in enumerate(members)],
        [-value for value in times([X[i] for _, i in members], fixed)],
    )  # fmt: skip
    if solution is None:
        return None
    signs, least = solution[: len(free)], dict(zip(owners, solution[len(free) :], strict=True))
    if any(abs(s) > 1 for s in signs):
        return None
    moved = times(list(zip(*free, strict=True)), signs) if free else (Fraction(0),) * len(X[0])
    u = tuple((a + b) / P for a, b in zip(fixed, moved, strict=True))
    costs = [P * cost for cost in times(X, u)]
    for number, level in enumerate(levels):
        for p, k in level.blocks:
            if any(X[i][k] and population[i] == p and costs[i] < least[number, p] for i in range(len(X))):
                return None
    off = [costs[i] - least[0, population[i]] for i in range(len(X)) if i not in S]
    if off and min(off) < 0:
        return None
    weights = []
    for level in levels:
        held = dict(zip(level.S, level.weights, strict=True))
        weights.append(tuple(held.get(i, Fraction(0)) for i in range(len(X))))
    first = tuple(least[0, p] / P for p in levels[0].populations)
    switching = [pair for _, pairs in ((S, K), *below) for pair in pairs]
    means = dict(zip(switching, signs, strict=True))
    return Switching(S, K, u, weights[0], first, min(off) / P if off else None, tuple(weights), means)


def _level(
    X: Sequence[Vector],
    kept: Memory,
    S: tuple[int, ...],
    K: tuple[tuple[int, int], ...],
    undecided: set[tuple[int, int]],
) -> _Level | None:
    """The weights of rows S with m = 0 at K, and what their signs make of the blocks that are undecided; None if there
    are no such weights, or m = 0 elsewhere too."""
    P, population, zero = len(kept.trace), kept.population(), Fraction(0)
    alone = len(set(population)) > 1  # every population has its own step
    steps = sorted({q for j in S for q in kept.changes[j]})
    counts = {
        q: 1 if alone else (after - q - 1) % P + 1
        for q, after in zip(steps, steps[1:] + steps[:1], strict=True)
    }
    populations = sorted({population[j] for j in S})
    if len(S) != len(K) + len(populations) or any(q not in counts for q, _ in K):
        return None
    held = {q: [kept.weight(q, j) for j in S] for q in steps}
    member = [[Fraction(population[j] == p) for j in S] for p in populations]
    terms = {
        (q, k): [weight * X[j][k] for weight, j in zip(held[q], S, strict=True)]
        for q in steps
        for k in range(len(X[0]))
        if any(
            weight and X[j][k] and (population[j], k) in undecided
            for weight, j in zip(held[q], S, strict=True)
        )
    }
    if any(pair not in terms for pair in K):
        return None
    c = solve_square([terms[pair] for pair in K] + member, [zero] * len(K) + [Fraction(1)] * len(member))
    if c is None or min(c) <= 0:
        return None
    fixed, free = [zero] * len(X[0]), [[zero] * len(X[0]) for _ in K]
    for (q, k), term in terms.items():
        m = sum((a * b for a, b in zip(term, c, strict=True)), zero)
        if m:
            fixed[k] += counts[q] if m > 0 else -counts[q]
            continue
        # The same function of c as at a pair of K, up to a factor, has the same sign up to the factor's.
        senses = [(number, _factor(term, terms[pair])) for number, pair in enumerate(K)]
        number, sense = next(((number, sense) for number, sense in senses if sense), (0, 0))
        if not sense:
            return None
        free[number][k] += sense * counts[q]
    blocks = frozenset(
        (population[j], k) for j in S for k, x in enumerate(X[j]) if x and (population[j], k) in undecided
    )
    return _Level(S, tuple(populations), tuple(c), tuple(fixed), tuple(map(tuple, free)), blocks)


def _factor(a: Sequence[Fraction], b: Sequence[Fraction]) -> int:
    """The sign of f where a = f b, 0 if there is no such f."""
    place = next(i for i, x in enumerate(b) if x)
    f = a[place] / b[place]
    return (f > 0) - (f < 0) if all(x == f * y for x, y in zip(a, b, strict=True)) else 0

"""Equilibria of the set-valued game of signs, decided in rationals once their supports and switching pairs are named.

Three questions are asked in order. With which weights of the support does m vanish at the switching pairs? With which
signs at these pairs, numbers in [-1, 1], do the rows of the support cost the same? Does no other row cost less?

A coordinate that no support row sees has a sign too. Of the rows that see it, those of least cost outweigh the others
by any factor, so they decide it: they are a level below the support. An equilibrium is a chain of such levels. Each has
a support, switching pairs, and decides the coordinates that its support sees and no level above does. The weights of
the samples are those of the first level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from verify.game.signs.memory import Memory, Vector
from verify.numbers.linear.rational import solve_square, times

# A step of an epoch and a coordinate.
Pair = tuple[int, int]
# A population and a coordinate. One level decides the signs of m there.
Block = tuple[int, int]


class Proposal(NamedTuple):
    """A level's support, in order, and the pairs at which m = 0 and its sign switches.

    Steps whose sums m are multiples of the step's before have the same signs; a pair names the first of them.
    """

    support: tuple[int, ...]
    switches: tuple[Pair, ...]


Chain = tuple[Proposal, ...]


@dataclass(frozen=True)
class Switching:
    """An exact equilibrium.

    support, switches   those of the first level;
    u (d), weights (N)  its direction and its weights;
    costs               the cost of the support in each population;
    slack               the least cost off the support less its population's, None if there is no such row;
    levels              the weights (N) of each level;
    means               the mean sign at each switching pair of any level.
    """

    support: tuple[int, ...]
    switches: tuple[Pair, ...]
    u: Vector
    weights: Vector
    costs: Vector
    slack: Fraction | None
    levels: tuple[Vector, ...]
    means: Mapping[Pair, Fraction]


@dataclass(frozen=True)
class _Level:
    """A level with the weights of its support, of sum 1 for each of its ``populations``.

    certain     (d), the sum over an epoch of the signs of m that are not 0, in the coordinates that the level decides;
    switching   for each pair the vector (d) that a sign of 1 there adds to this sum;
    decides     the blocks whose signs the level decides.
    """

    support: tuple[int, ...]
    populations: tuple[int, ...]
    weights: Vector
    certain: Vector
    switching: tuple[Vector, ...]
    decides: frozenset[Block]


def decide(rows: Sequence[Vector], kept: Memory, *chain: Proposal) -> Switching | None:
    """The equilibrium with the levels of a chain, that switches at their pairs and at what moves with these, and
    nowhere else. None if there is none."""
    levels = _levels(rows, kept, chain)
    solved = None if levels is None else _signs_of_equal_cost(rows, kept, levels)
    if levels is None or solved is None:
        return None
    sums, signs, least = solved
    P, population, (first, *_) = len(kept.trace), kept.population, levels
    costs = times(rows, sums)
    # Of the rows that see a coordinate, those of the level that decides it cost least.
    for number, level in enumerate(levels):
        for p, k in level.decides:
            seeing = [i for i, row in enumerate(rows) if row[k] and population[i] == p]
            if any(costs[i] < least[number, p] for i in seeing):
                return None
    off = [costs[i] - least[0, population[i]] for i in range(len(rows)) if i not in first.support]
    if off and min(off) < 0:
        return None
    weights = []
    for level in levels:
        held = dict(zip(level.support, level.weights, strict=True))
        weights.append(tuple(held.get(i, Fraction(0)) for i in range(len(rows))))
    return Switching(
        first.support,
        chain[0].switches,
        tuple(total / P for total in sums),
        weights[0],
        tuple(least[0, p] / P for p in first.populations),
        min(off) / P if off else None,
        tuple(weights),
        dict(zip((pair for proposal in chain for pair in proposal.switches), signs, strict=True)),
    )


def _levels(rows: Sequence[Vector], kept: Memory, chain: Chain) -> list[_Level] | None:
    """The levels of a chain. None unless each of them is one, the first has all populations, and together they decide
    every block in which a row has an entry."""
    population = kept.population
    undecided = {(population[i], k) for i, row in enumerate(rows) for k, x in enumerate(row) if x}
    levels: list[_Level] = []
    for proposal in chain:
        level = _level(rows, kept, proposal, undecided)
        if level is None:
            return None
        undecided -= level.decides
        levels.append(level)
    if undecided or set(levels[0].populations) != set(population):
        return None
    return levels


def _level(rows: Sequence[Vector], kept: Memory, proposal: Proposal, undecided: set[Block]) -> _Level | None:
    """The level of a proposal; None if no positive weights make m = 0 at its pairs, or if m = 0 elsewhere too."""
    (support, pairs), population = proposal, kept.population
    populations = tuple(sorted({population[j] for j in support}))
    alike = kept.alike(support)
    if len(support) != len(pairs) + len(populations) or any(q not in alike for q, _ in pairs):
        return None
    terms = _terms(rows, kept, support, undecided)
    if any(pair not in terms for pair in pairs):
        return None
    member = [[Fraction(population[j] == p) for j in support] for p in populations]
    right = [Fraction(0)] * len(pairs) + [Fraction(1)] * len(populations)
    c = solve_square([terms[pair] for pair in pairs] + member, right)
    sums = None if c is None or min(c) <= 0 else _sums_of_signs(terms, c, pairs, alike, len(rows[0]))
    if c is None or sums is None:
        return None
    decides = frozenset(
        (population[j], k)
        for j in support
        for k, x in enumerate(rows[j])
        if x and (population[j], k) in undecided
    )
    return _Level(support, populations, tuple(c), *sums, decides)


def _terms(
    rows: Sequence[Vector], kept: Memory, support: Sequence[int], undecided: set[Block]
) -> dict[Pair, list[Fraction]]:
    """What a unit weight of each support row adds to m_q[k], wherever that is for the level to decide."""
    terms = {}
    for q in kept.alike(support):
        held = [kept.weight(q, j) for j in support]
        for k in range(len(rows[0])):
            term = [weight * rows[j][k] for weight, j in zip(held, support, strict=True)]
            if any(x and (kept.population[j], k) in undecided for x, j in zip(term, support, strict=True)):
                terms[q, k] = term
    return terms


def _sums_of_signs(
    terms: Mapping[Pair, Sequence[Fraction]],
    c: Sequence[Fraction],
    pairs: Sequence[Pair],
    alike: Mapping[int, int],
    d: int,
) -> tuple[Vector, tuple[Vector, ...]] | None:
    """``certain`` and ``switching`` of a level with weights c. None where an m is 0 that no pair's m turns with."""
    certain, switching = [Fraction(0)] * d, [[Fraction(0)] * d for _ in pairs]
    for (q, k), term in terms.items():
        m = sum((x * weight for x, weight in zip(term, c, strict=True)), Fraction(0))
        if m:
            certain[k] += alike[q] if m > 0 else -alike[q]
            continue
        # An m that is a multiple of a pair's, as a function of c, is 0 with it, and has the same sign or the opposite.
        senses = [(number, _sense(term, terms[pair])) for number, pair in enumerate(pairs)]
        number, sense = next(((number, sense) for number, sense in senses if sense), (0, 0))
        if not sense:
            return None
        switching[number][k] += sense * alike[q]
    return tuple(certain), tuple(map(tuple, switching))


def _sense(a: Sequence[Fraction], b: Sequence[Fraction]) -> int:
    """The sign of f where a = f b, 0 if there is no such f."""
    place = next(i for i, x in enumerate(b) if x)
    f = a[place] / b[place]
    return (f > 0) - (f < 0) if all(x == f * y for x, y in zip(a, b, strict=True)) else 0


def _signs_of_equal_cost(
    rows: Sequence[Vector], kept: Memory, levels: Sequence[_Level]
) -> tuple[Vector, Vector, dict[tuple[int, int], Fraction]] | None:
    """The sums of signs over an epoch (d) with which the rows of each level's support cost the same in each population;
    the signs at the pairs; and these costs, by level and population.

    The unknowns are the signs s at the pairs and the costs: sum_pairs x_i.switching s - cost = -x_i.certain for each
    row i of a support. None if they are not unique, or a sign is outside [-1, 1].
    """
    certain = tuple(map(sum, zip(*(level.certain for level in levels), strict=True)))
    switching = [vector for level in levels for vector in level.switching]
    owners = [(number, p) for number, level in enumerate(levels) for p in level.populations]
    members = [
        ((number, kept.population[i]), i) for number, level in enumerate(levels) for i in level.support
    ]
    along = [times([rows[i] for _, i in members], vector) for vector in switching]
    solution = solve_square(
        [[column[place] for column in along] + [Fraction(-(owner == each)) for each in owners]
         for place, (owner, _) in enumerate(members)],
        [-value for value in times([rows[i] for _, i in members], certain)],
    )  # fmt: skip
    if solution is None:
        return None
    signs, costs = solution[: len(switching)], dict(zip(owners, solution[len(switching) :], strict=True))
    if any(abs(s) > 1 for s in signs):
        return None
    moved = times(list(zip(*switching, strict=True)), signs) if switching else [Fraction(0)] * len(certain)
    return tuple(a + b for a, b in zip(certain, moved, strict=True)), signs, costs

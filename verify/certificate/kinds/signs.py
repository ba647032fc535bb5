"""Equilibria of the set-valued game of a rule that moves by signs, in rationals.

Such a U jumps where a sum of gradients vanishes, and takes there any mean of its values near: a run with small steps
switches, and so takes a mean. A point states weights and these means; that it is an equilibrium is then a matter of
signs and sums. (Several may lie on a continuum: that there is no other near is not claimed.)

Where rows of positive weight have nothing to say in a coordinate, others decide it: those of least cost, whose weights
vanish slowest. So weights come in levels, each infinitely smaller than the one before. Where u remembers nothing each
batch sees its own weights alone, and they have a sum and a cost of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from verify.certificate.data import Data
from verify.certificate.effort import product, spend
from verify.certificate.kind import Fields, Kind, Readers, game_fields, listed
from verify.certificate.phrases import batches, exactly, values_of
from verify.certificate.program import formulas
from verify.certificate.reading import Vector, between, fraction, integer, many, whole
from verify.certificate.refusal import require
from verify.certificate.rule import require_periodic
from verify.certificate.signed import signed

ZERO = Fraction(0)
Level = list[tuple[int, int]]  # rows, and weights over a common denominator


@dataclass(frozen=True)
class Game:
    """``weight[r]`` is what r steps after a batch is left of its gradient, in integers, and ``share`` (N) the integer
    multiple of that for each of its rows, which tells of the size of their batch. ``step`` (N) and ``population`` (N)
    are the batch and the set of rows, with weights of its own, to which each row belongs."""

    data: Data
    kappa: Fraction
    weight: list[int]
    share: list[int]
    step: list[int]
    population: list[int]

    @property
    def steps(self) -> int:
        """P, of an epoch."""
        return len(self.weight)

    def term(self, q: int, j: int, k: int) -> int:
        """What a unit of row j's weight adds to the sum of step q in column k, times a positive constant."""
        return self.weight[(q - self.step[j]) % self.steps] * self.share[j] * self.data.integers[j][k]


@dataclass(frozen=True)
class Sum:
    """The sum of a step in a column: by which level it is decided (None: by no row at all), its sign, and where that is
    0 its terms, divided by their common divisor, and the ``sense`` in which they were to make the first positive."""

    level: int | None
    sign: int = 0
    terms: tuple[tuple[int, int], ...] = ()
    sense: int = 1


def game_of(data: Data, claim: Fields) -> Game:
    """What a claim's rule makes of the data's rows in their batches."""
    size, n = claim["batch_size"] * data.owned, data.n
    steps = -(-n // size)
    rule = claim["rule"]
    kappa, kept = signed(rule, require_periodic(rule), steps)
    last = n - size * (steps - 1)
    step = [i // size for i in range(n)]
    share = [last if q < steps - 1 else size for q in step]  # 1/size and 1/last, times size * last
    own = steps > 1 and not any(kept[1:])
    return Game(data, kappa, whole(kept)[0], share, step, step if own else [0] * n)


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """Each point is an equilibrium, and U there is its drift."""
    game = game_of(data, claim)
    for number, point in enumerate(claim["points"]):
        check_weights(game, number, point["levels"])
        levels = [[(j, c) for j, c in enumerate(whole(weights)[0]) if c] for weights in point["levels"]]
        spend(4 * game.steps * data.d, "sums of gradients")
        sums = {(q, k): sum_of(game, levels, q, k) for q in range(game.steps) for k in range(data.d)}
        signs = signs_of(sums, point, number)
        U = [
            game.kappa * sum((signs[q, k] for q in range(game.steps)), ZERO) / game.steps
            for k in range(data.d)
        ]
        require(point["drift"] == U, "drift", f"U at point {number} is not its drift")
        check_costs(game, number, levels, sums, U)


def check_weights(game: Game, number: int, levels: list[Vector]) -> None:
    """Weights of sum 1 in each population that has any in a level, which in the first are all; no row in two levels."""
    spend(3 * game.data.n * len(levels), "the weights of the rows")
    for level, weights in enumerate(levels):
        totals = dict.fromkeys(game.population if not level else (), 0)
        c, unit = whole(weights)
        for p, weight in zip(game.population, c, strict=True):
            if weight:
                totals[p] = totals.get(p, 0) + weight
        whole_ones = bool(totals) and all(total == unit for total in totals.values())
        require(whole_ones, "weights-sum", f"weights of level {level} of point {number} do not sum to 1")
    require(bool(levels), "levels", f"point {number} has no weights")
    for i, entries in enumerate(zip(*levels, strict=True)):
        require(sum(map(bool, entries)) <= 1, "levels", f"row {i} is in two levels of point {number}")


def sum_of(game: Game, levels: list[Level], q: int, k: int) -> Sum:
    """The sum of step q in column k, decided by the first level of which a row has a term in it."""
    size = max(x.bit_length() for x in game.weight) + game.data.bits
    for level, held in enumerate(levels):
        spend(sum(1 + product(size, c.bit_length()) for _, c in held), "sums of gradients")
        terms = [(j, c, term) for j, c in held if (term := game.term(q, j, k))]
        if terms:
            total = sum(c * term for _, c, term in terms)
            if total:
                return Sum(level, 1 if total > 0 else -1)
            common = gcd(*(term for *_, term in terms)) * (1 if terms[0][2] > 0 else -1)
            return Sum(level, 0, tuple((j, term // common) for j, _, term in terms), 1 if common > 0 else -1)
    spend(game.data.n, "sums of gradients")
    alone = not any(game.term(q, j, k) for j in range(game.data.n))
    require(alone, "levels", f"no level decides the sum of step {q} in column {k}")
    return Sum(None)


def signs_of(
    sums: Mapping[tuple[int, int], Sum], point: Fields, number: int
) -> dict[tuple[int, int], Fraction]:
    """s of each step and column: the sum's sign; where it vanishes the mean that the point states, for it or for a
    multiple of it."""
    stated = {(each["step"], each["column"]): each["mean"] for each in point["switches"]}
    require(len(stated) == len(point["switches"]), "switches", f"point {number} states a mean twice")
    means: dict[tuple[tuple[int, int], ...], Fraction] = {}
    for place, mean in stated.items():
        found = sums.get(place)
        require(
            found is not None and bool(found.terms),
            "switches",
            f"the sum of step {place[0]} in column {place[1]} does not vanish at point {number}",
        )
        assert found is not None
        same = means.setdefault(found.terms, found.sense * mean) == found.sense * mean
        require(same, "switches", f"multiples of one sum have different means at point {number}")
    signs = {}
    for place, found in sums.items():
        signs[place] = Fraction(found.sign)
        if found.terms:
            require(
                found.terms in means,
                "switches",
                f"the sum of step {place[0]} in column {place[1]} vanishes at point {number}, with no mean stated",
            )
            signs[place] = found.sense * means[found.terms]
    return signs


def check_costs(
    game: Game, number: int, levels: list[Level], sums: Mapping[tuple[int, int], Sum], U: Vector
) -> None:
    """Rows of a level cost the same, those of the first more than 0 and least of all; and those of another no more than
    any row with a say in what the level decides."""
    data = game.data
    u = whole(U)[0]
    spend(data.n * sum(product(data.bits, entry.bit_length()) for entry in u), "the costs of the rows")
    costs = [sum(x * y for x, y in zip(row, u, strict=True)) for row in data.integers]
    for level, held in enumerate(levels):
        least: dict[int, int] = {}
        for i, _ in held:
            same = costs[i] == least.setdefault(game.population[i], costs[i])
            require(
                same, "costs-equal", f"row {i} of level {level} of point {number} costs other than another"
            )
        if not level:
            positive = min(least.values()) > 0
            require(positive, "cost-positive", f"the least cost at point {number} is not positive")
        for i, p in enumerate(game.population):
            if p in least and costs[i] < least[p]:
                say = not level or any(game.term(q, i, k) for q, k in _decided(sums, level))
                require(not say, "costs-least", f"row {i} costs less than level {level} of point {number}")


def _decided(sums: Mapping[tuple[int, int], Sum], level: int) -> Iterator[tuple[int, int]]:
    """Steps and columns that a level decides."""
    spend(len(sums), "the levels")
    return (place for place, found in sums.items() if found.level == level)


def statement(claim: Fields) -> str:
    """The game, with every convention."""
    rule = claim["rule"]
    return (
        f"each of the claim's {len(claim['points'])} points is an equilibrium of the game of signs, and its drift is U "
        "there; that is: the rows of positive weight in its first level cost F_i = x_i.U = min_j F_j > 0, for U = "
        "kappa times the mean of s over an epoch's steps, where in each step and coordinate s is the sign of a sum "
        "of frozen gradients c_j x_j, or the mean in [-1, 1] that the point states where the sum vanishes, the same up "
        "to sign for multiples of one sum; kappa > 0 and the sums are such that -kappa s is the update u of w <- w - "
        "eta u, once states (primed after the step) have the epoch's period: "
        f"{formulas(rule, exactly)}{values_of(rule)}, where g is minus the mean of c_j x_j over the batch, "
        f"{batches(claim['batch_size'])}; weights of a further level are infinitely smaller, so that a sum is decided "
        "by the first level with a row that has a term in it, and rows of such a level cost the same and no more than "
        "any row with a term "
        "in a sum that it decides; where u remembers nothing of other batches all this is said of each batch, with "
        "weights of sum 1"
    )


def _point(n: int, d: int) -> Readers:
    switch: Readers = {"step": integer(0, n - 1), "column": integer(0, d - 1), "mean": between(-1, 1)}
    return {
        "levels": many(many(between(0, 1), n), most=n),
        "switches": listed(switch, n * d),
        "drift": many(fraction, d),
    }


KIND = Kind(
    claim=lambda n, d: game_fields(n) | {"points": listed(_point(n, d))}, statement=statement, check=check
)

"""Equilibria with levels of the game of the rule that is carried, each in a box, and only one there; with direction and
stability.

Where rows of positive weight have no entry in a coordinate, U there is decided by rows whose weights are infinitely
smaller, but not beside each other. So a point has weights on each of several levels, of sum 1 on each, and a coordinate
is decided by the first level that has a row with an entry in it. The costs of a level's rows are one and the same; they
are more than those of the level before, and less than those of every other row that has an entry in a coordinate that
the level decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from verify.certificate.boxes import (
    at_rising_precision,
    check_center,
    first_bits,
    require_direction,
    require_short,
)
from verify.certificate.data import Data
from verify.certificate.effort import operation, spend
from verify.certificate.field import Balls, Costs, Game, Rows, costs, game_of
from verify.certificate.kind import Fields, Kind, Readers, direction_fields, game_fields, listed
from verify.certificate.kinds.stability import OPEN
from verify.certificate.krawczyk import require_one_zero
from verify.certificate.phrases import carried, words_for
from verify.certificate.reading import between, many, word
from verify.certificate.refusal import require
from verify.certificate.rule import require_rule
from verify.certificate.spectrum import unstable_count
from verify.numbers.systems.balls import Ball, around, ball, bits, matrix


@dataclass(frozen=True)
class Levels:
    """The rows of each level, and the columns that each decides."""

    rows: list[list[int]]
    columns: list[list[int]]

    @property
    def all_rows(self) -> list[int]:
        """Level by level."""
        return [i for rows in self.rows for i in rows]

    @property
    def first(self) -> dict[int, int]:
        """For each row of a level the first of that level."""
        return {i: rows[0] for rows in self.rows for i in rows}


def levels_of(rows: Rows, weights: Sequence[Sequence[object]]) -> Levels:
    """The levels of weights (N) on each."""
    supports = [[i for i, c in enumerate(each) if c] for each in weights]
    left, columns = list(range(len(rows[0]))), []
    for support in supports:
        columns.append([k for k in left if any(rows[i][k] for i in support)])
        left = [k for k in left if k not in set(columns[-1])]
    return Levels(supports, columns)


def level_costs(game: Game, rows: Rows, levels: Levels, c: Sequence[Balls], turning: bool = True) -> Costs:
    """U (d), the costs (N), and if ``turning`` their derivatives by the weights of the levels' rows, at weights c (N)
    on each level."""
    drift, total = [ball(0)] * len(rows[0]), [ball(0)] * len(rows)
    slopes: list[dict[int, Ball]] = [{} for _ in rows]
    for own, columns, weights in zip(levels.rows, levels.columns, c, strict=True):
        if not columns:
            continue
        part = costs(game, [[row[k] for k in columns] for row in rows], weights, own if turning else ())
        for k, u in zip(columns, part.drift, strict=True):
            drift[k] = u
        for i, cost in enumerate(part.costs):
            total[i] += cost
            slopes[i] |= part.slopes[i]
    return Costs(drift, total, slopes, [])


def equations(levels: Levels, at: Costs, sums: Balls) -> tuple[Balls, list[Balls]]:
    """What vanishes at an equilibrium, and its derivatives: each level's weights less 1, and its costs' differences."""
    unknown, values, slopes = levels.all_rows, list[Ball](), list[Balls]()
    for own, off in zip(levels.rows, sums, strict=True):
        values.append(off)
        slopes.append([ball(int(l in own)) for l in unknown])
        for i in own[1:]:
            values.append(at.costs[i] - at.costs[own[0]])
            slopes.append([at.slopes[i][l] - at.slopes[own[0]][l] for l in unknown])
    return values, slopes


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """Each point."""
    require_rule(claim["rule"])
    game = game_of(claim, data)
    for point in claim["points"]:
        weights = point["levels"]
        require_short(data, *(point | {"center": center} for center in weights))
        for center in weights:
            check_center(center, point["radius"])
        levels = levels_of(data.rows, weights)
        rows = levels.all_rows
        require(len(set(rows)) == len(rows), "levels", "a row has weight on two levels")
        one = game.rule.reads != "norm" or len(levels.rows) == 1
        require(
            one, "levels", "the rule divides by the norm of the whole gradient, and there is one level then"
        )
        require(
            bool(rows) and all(levels.columns), "levels", "there is no level, or one that decides no column"
        )
        decided = {k for columns in levels.columns for k in columns}
        for k in set(range(data.d)) - decided:
            seen = any(row[k] for row in data.rows)
            require(not seen, "levels", f"no level decides column {k}")
        at_rising_precision(partial(check_point, data, game, levels, point), first_bits(point["radius"]))


def check_point(data: Data, game: Game, levels: Levels, point: Fields) -> None:
    """Existence, uniqueness, complementarity, direction and stability, at the present precision."""
    size, unknown = ball(point["radius"]), levels.all_rows
    spend(len(unknown) ** 3 * operation(bits()), "Krawczyk's test")
    center = [[ball(c) for c in weights] for weights in point["levels"]]
    box = [[around(ball(c), size) if c else ball(0) for c in weights] for weights in point["levels"]]
    exact = level_costs(game, data.rows, levels, center, turning=False)
    inside = level_costs(game, data.rows, levels, box)
    none = [{l: ball(0) for l in unknown}] * data.n
    values, _ = equations(levels, Costs(exact.drift, exact.costs, none, []), [ball(0)] * len(center))
    _, slopes = equations(levels, inside, [ball(0)] * len(center))
    require_one_zero(values, matrix(slopes), [size] * len(unknown), [f"weight {i}" for i in unknown])
    own = [inside.costs[rows[0]] for rows in levels.rows]
    for depth, cost in enumerate(own):
        least = own[depth - 1] if depth else ball(0)
        before = "that of the level before" if depth else "0"
        require(cost > least, "cost-positive", f"level {depth}: its cost is not shown to be above {before}")
    held, depth_of = set(unknown), {k: depth for depth, columns in enumerate(levels.columns) for k in columns}
    for i, row in enumerate(data.rows):
        if i not in held:
            # Zeros cost 0, which is not above level 0.
            deepest = max((depth_of[k] for k, entry in enumerate(row) if entry), default=0)
            require(
                inside.costs[i] > own[deepest],
                "costs-least",
                f"F_{i} is not shown to exceed the cost of level {deepest} in the box",
            )
    require_direction(inside.drift, point, "the drift is not shown to be that close to the direction")
    if point["stability"] != OPEN:
        weight = {i: c for weights in box for i, c in enumerate(weights) if not c.is_zero()}
        others = [i for rows in levels.rows for i in rows[1:]]
        first = levels.first
        turning = [
            [(inside.slopes[first[i]][l] - inside.slopes[i][l]) * weight[l] for l in others] for i in others
        ]
        unstable = unstable_count(matrix(turning)) if others else 0
        require(not unstable, "stability", "a deviation within the levels grows")


def fields(n: int, d: int) -> Readers:
    """The game, and points."""
    point: Readers = {
        "levels": many(many(between(0, 1), n), most=n),
        "radius": between(0, 1, "(]"),
        **direction_fields(d),
        "stability": word("attracting", OPEN),
    }
    return game_fields(n) | {"points": listed(point)}


def statement(claim: Fields) -> str:
    """What a point is."""
    return (
        "in each point's box, which holds all weights within its radius of those on its levels with the same supports, "
        "there is one and only one equilibrium with levels, and U there, at l2 norm 1, is within direction_radius of "
        "its direction; that is: c of sum 1 on each level, such that with U in each column at the c of the first level "
        "that has a row with an entry in it, the costs F_i = x_i.U of a level's rows are one, more than that of the "
        "level before and than 0, and less than that of every row without weight that has an entry in a column that "
        "the level decides; of the linearization within the levels of the flow d(log c_i)/dt = -F_i all eigenvalues "
        "have negative real part (attracting), or nothing is said (open), point by point: "
        f"{words_for(claim['points'])}; where {carried(claim['rule'], claim['batch_size'])}"
    )


KIND = Kind(claim=fields, statement=statement, check=check)

"""Obligations of the lists of all equilibria: besides those in the claim's boxes there is none.

F depends on the ratios of the weights only, so c may be scaled to largest weight 1. That gives N charts: in chart j,
c_j = 1 and the other weights are in the cube [0, 1]^(N-1). An equilibrium in chart j has j in its support, so F_j is
least. F_i - F_j is enclosed over a cell of the chart, and these rules are applied:

    F_i < F_j everywhere:  no equilibrium in the cell.
    F_i > F_j everywhere:  weight i is 0 at any equilibrium; none if the cell keeps it positive.
    the cell lies in a region that holds one equilibrium at most, which the claim lists: nothing else there.
    otherwise the cell is halved.

Where the game is strictly monotone (`verify.certificate.monotone`) a listed point is the only one, and nothing is
searched. Where the search enclosed F in every cell, F is continuous, and the indices of the points must sum to 1.
Rows that the witness shows to be dominated have no weight at any equilibrium, and are left out of the search.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial

from flint import arb

from verify.certificate.boxes import (
    at_rising_precision,
    check_box,
    check_center,
    first_bits,
    require_apart,
    require_short,
)
from verify.certificate.data import Data
from verify.certificate.dominance import rows_left
from verify.certificate.effort import spend
from verify.certificate.field import Balls, Game, costs, game_of
from verify.certificate.index import require_sum
from verify.certificate.kind import Fields
from verify.certificate.krawczyk import contracts
from verify.certificate.monotone import one_at_most
from verify.certificate.reading import Vector, whole
from verify.certificate.refusal import require
from verify.certificate.rule import require_rule
from verify.errors import Undecided
from verify.numbers.systems.balls import around, ball, matrix, precision

Rows = Sequence[Vector]
Cell = list[tuple[Fraction, Fraction]]  # bounds of each weight; the chart's own is [1, 1]

SEARCH_BITS = 128
# A cell takes milliseconds; its work is counted as well (`verify.certificate.effort`).
MOST_CELLS = 50_000
# Where a cell this narrow is still undecided, there is most likely another equilibrium.
NARROWEST = Fraction(1, 1 << 40)
# Regions of uniqueness are tried from half-width 1/2 down to 2^-20 around an equilibrium.
SMALLEST_REGION = 20


def all_equilibria(data: Data, claim: Fields, witness: Fields) -> None:
    """The claim's points are equilibria, no two the same, and there is no other, unless the claim leaves that open."""
    points = claim["points"]
    require_rule(claim["rule"])
    require_short(data, *points)
    game = game_of(claim, data)
    for point in points:
        check_center(point["center"], point["radius"])
        at_rising_precision(partial(check_box, data, game, point), first_bits(point["radius"]))
    require_apart(points)
    if claim["complete"] == "no":
        return require(not witness["dominated"], "dominated", "of other equilibria nothing is claimed")
    left = rows_left(data.rows, witness["dominated"])
    if not left:
        return require(not points, "dominated", "every row is said to be dominated, and there are points")
    rows, game = [data.rows[i] for i in left], game_of(claim, data, left)
    few = [point | {"center": [point["center"][i] for i in left]} for point in points]
    for i, point in enumerate(few):
        weight, unit = whole(point["center"])
        require(sum(weight) == unit, "dominated", f"point {i} has weight on a row said to be dominated")
    rough: list[Cell] = []
    with precision(SEARCH_BITS):
        if len(few) == 1 and one_at_most(rows, game):
            return None
        cells = 0
        for j in range(len(rows)):
            listed = [point for point in few if point["center"][j]]
            regions = [region for point in listed for region in region_of(rows, game, point, j)]
            for _ in search(rows, game, j, regions, rough):
                cells += 1
                require(
                    cells <= MOST_CELLS,
                    "complete",
                    f"{MOST_CELLS} cells do not settle whether there are more",
                )
    if not rough:
        require_sum(rows, game, few)


def search(rows: Rows, game: Game, j: int, regions: list[Cell], rough: list[Cell]) -> Iterator[Cell]:
    """Search chart j, yielding each cell as it is taken up. Cells in which a cost is not enclosed, and whose halves are
    not looked at, are added to ``rough``."""
    unit, one = (Fraction(0), Fraction(1)), (Fraction(1), Fraction(1))
    cells = [[one if i == j else unit for i in range(len(rows))]]
    while cells:
        cell = cells.pop()
        yield cell
        reduced = settle(rows, game, j, cell, rough)
        if reduced is None or any(within(reduced, region) for region in regions):
            continue
        if reduced != cell:
            cells.append(reduced)
            continue
        if rough and rough[-1] is cell:  # its halves are looked at
            rough.pop()
        widest = max(range(len(rows)), key=lambda i: cell[i][1] - cell[i][0])
        low, high = cell[widest]
        require(
            high - low > NARROWEST or high == low,
            "complete",
            f"that there is an equilibrium not listed near {shown(cell)} is not excluded",
        )
        require(high > low, "complete", f"weight on row {j} alone may be an equilibrium, and is not listed")
        for half in ((low, (low + high) / 2), ((low + high) / 2, high)):
            cells.append([half if i == widest else bounds for i, bounds in enumerate(cell)])


def settle(rows: Rows, game: Game, j: int, cell: Cell, rough: list[Cell]) -> Cell | None:
    """The part of the cell that may hold equilibria of chart j, None if there is none."""
    try:
        gaps = enclose_gaps(rows, game, j, cell)
    except (Undecided, ZeroDivisionError):
        rough.append(cell)
        return cell
    if not all(gap.is_finite() for gap in gaps):
        rough.append(cell)
    reduced = list(cell)
    for i, gap in enumerate(gaps):
        if i != j and gap < 0:
            return None
        if i != j and gap > 0:
            if cell[i][0] > 0:
                return None
            reduced[i] = (Fraction(0), Fraction(0))
    return reduced


def enclose_gaps(rows: Rows, game: Game, j: int, cell: Cell) -> Balls:
    """F_i - F_j over the cell, (N): directly, and by the mean value theorem from the middle."""
    c = [interval(low, high) for low, high in cell]
    unknown = [i for i, (low, high) in enumerate(cell) if high > low]
    over = costs(game, rows, c, unknown)
    middle = costs(game, rows, [ball((low + high) / 2) for low, high in cell])
    gaps = []
    spend(3 * len(rows) * len(unknown), "the gaps over a cell")
    for i in range(len(rows)):
        change = ball(0)
        for l in unknown:
            half = (cell[l][1] - cell[l][0]) / 2
            change += (over.slopes[i][l] - over.slopes[j][l]) * around(ball(0), ball(half))
        mean = middle.costs[i] - middle.costs[j] + change
        gaps.append(mean.intersection(over.costs[i] - over.costs[j]))
    return gaps


def region_of(rows: Rows, game: Game, point: Fields, j: int) -> list[Cell]:
    """The largest cell tried around a listed point in chart j that holds no other equilibrium.

    Weights off the support end at 0 because their rows cost more everywhere in it; on the support the
    Jacobian of F_i - F_j, over the cell, is regular after preconditioning, so there is one zero at most.
    """
    radius = point["radius"]
    low = [max(c - radius, Fraction(0)) / (point["center"][j] + radius) for c in point["center"]]
    high = [(c + radius if c else c) / (point["center"][j] - radius) for c in point["center"]]
    support = [i for i, c in enumerate(point["center"]) if c and i != j]
    for exponent in range(1, SMALLEST_REGION + 1):
        room = Fraction(1, 1 << exponent)
        cell = [(max(a - room, Fraction(0)), b + room) for a, b in zip(low, high, strict=True)]
        cell[j] = (Fraction(1), Fraction(1))
        if all(cell[i][0] > 0 for i in support) and holds_one(rows, game, j, support, cell):
            return [cell]
    return []


def holds_one(rows: Rows, game: Game, j: int, support: list[int], cell: Cell) -> bool:
    """Whether the cell is shown to hold at most one equilibrium, all of whose weight is on j and support."""
    kept = {j, *support}
    try:
        gaps = enclose_gaps(rows, game, j, cell)
        if not all(gaps[i] > 0 for i in range(len(rows)) if i not in kept):
            return False
        face = [interval(*cell[i]) if i in kept else ball(0) for i in range(len(rows))]
        slopes = costs(game, rows, face, support).slopes
    except (Undecided, ZeroDivisionError):
        return False
    jacobian = [[slopes[i][l] - slopes[j][l] for l in support] for i in support]
    return not support or contracts(matrix(jacobian))


def shown(cell: Cell) -> str:
    """The middle of a cell, in short."""
    return "c ~ " + ", ".join(f"{float(low + high) / 2:.6g}" for low, high in cell)


def within(cell: Cell, region: Cell) -> bool:
    """Whether the cell is part of the region."""
    return all(a <= low and high <= b for (low, high), (a, b) in zip(cell, region, strict=True))


def interval(low: Fraction, high: Fraction) -> arb:
    """The ball from low to high."""
    return around(ball((low + high) / 2), ball((high - low) / 2))

"""Obligation of a list of all balances of weight decay: besides those in the claim's boxes there is none.

The rule is of degree 0, so U sees the ratios of the weights only: at a solution w = U(c) / lambda, x_i.w = F_i(c) /
lambda, and with q the logarithm of the loss's weight

    log c_i - log c_j = q(F_i(c) / lambda) - q(F_j(c) / lambda).

Some c_j is the largest: N charts c_j = 1, each a cube of the other weights in [0, 1]. A cell of the chart is cut down
to where the right-hand side, enclosed over the cell, allows its weights to be; it is done with where nothing is left,
or where it lies in a region that holds one solution at most, which the claim lists; else it is halved.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from verify.certificate.complete import MOST_CELLS, NARROWEST, SEARCH_BITS, Cell, interval, shown, within
from verify.certificate.data import Data
from verify.certificate.effort import exponential, operation, spend
from verify.certificate.field import Balls, Game, costs, game_of
from verify.certificate.kind import Fields
from verify.certificate.krawczyk import contracts
from verify.certificate.refusal import require
from verify.certificate.weight import log_weight
from verify.errors import Undecided
from verify.numbers.systems.balls import Ball, around, ball, bits, bounds, identity, matrix, precision

# Regions of uniqueness are tried around a solution whose ratios of weights differ from its own by these factors.
FACTORS = [Fraction(16), Fraction(4), Fraction(2), *(1 + Fraction(1, 1 << k) for k in range(1, 12))]
# A cell that is cut down to this share of a side is looked at again before it is halved.
SHORTER = Fraction(3, 4)


def require_all(data: Data, claim: Fields) -> None:
    """No solution but those in the boxes."""
    game, cells = game_of(claim, data), 0
    with precision(SEARCH_BITS):
        for j in range(data.n):
            regions = [
                region for point in claim["points"] for region in region_of(data, game, claim, point, j)
            ]
            unit, one = (Fraction(0), Fraction(1)), (Fraction(1), Fraction(1))
            left: list[Cell] = [[one if i == j else unit for i in range(data.n)]]
            while left:
                cells += 1
                require(
                    cells <= MOST_CELLS,
                    "complete",
                    f"{MOST_CELLS} cells do not settle whether there are more",
                )
                left += parts_left(data, game, claim, j, left.pop(), regions)


def parts_left(
    data: Data, game: Game, claim: Fields, j: int, cell: Cell, regions: Sequence[Cell]
) -> list[Cell]:
    """What is still to be searched of a cell: nothing, what it is cut down to, or that in halves."""
    cut = cut_down(data, game, claim, j, cell)
    if cut is None or any(within(cut, region) for region in regions):
        return []
    if any(b - a < SHORTER * (high - low) for (a, b), (low, high) in zip(cut, cell, strict=True)):
        return [cut]
    widest = max(range(data.n), key=lambda i: cut[i][1] - cut[i][0])
    low, high = cut[widest]
    require(
        high - low > NARROWEST,
        "complete",
        f"that there is a solution not listed near {shown(cut)} is not excluded",
    )
    middle = (low + high) / 2
    return [
        [half if i == widest else side for i, side in enumerate(cut)]
        for half in ((low, middle), (middle, high))
    ]


def cut_down(data: Data, game: Game, claim: Fields, j: int, cell: Cell) -> Cell | None:
    """The part of the cell that may hold solutions, None if there is none."""
    try:
        ratios = [gap.exp() for gap in log_ratios(data, game, claim, j, cell)[0]]
        found: Cell = []
        for i, (low, high) in enumerate(cell):
            a, b = (low, high) if i == j else bounds(ratios[i])
            found.append((max(low, dyadic_below(a)), min(high, -dyadic_below(-b))))
    except (Undecided, ZeroDivisionError):
        return cell
    return None if any(low > high for low, high in found) else found


def log_ratios(data: Data, game: Game, claim: Fields, j: int, cell: Cell) -> tuple[Balls, list[Balls]]:
    """The right-hand side over the cell, by the mean value theorem from its middle and directly (N); and its derivative
    by each log c_l, l != j."""
    decay, unknown = ball(claim["weight_decay"]), [l for l in range(data.n) if l != j]
    spend(8 * data.n * exponential(bits()) + 4 * data.n * len(unknown) * operation(bits()), "a cell")
    c = [interval(low, high) for low, high in cell]
    over = costs(game, data.rows, c, unknown)
    middle = costs(game, data.rows, [ball((low + high) / 2) for low, high in cell])
    wide = [log_weight(claim["loss"], cost / decay) for cost in over.costs]
    exact = [log_weight(claim["loss"], cost / decay)[0] for cost in middle.costs]
    slopes = [
        {l: (wide[i][1] * over.slopes[i][l] - wide[j][1] * over.slopes[j][l]) / decay for l in unknown}
        for i in range(data.n)
    ]
    values: Balls = []
    for i in range(data.n):
        change: Ball = exact[i] - exact[j]
        for l in unknown:
            change += slopes[i][l] * around(ball(0), ball((cell[l][1] - cell[l][0]) / 2))
        values.append(change.intersection(wide[i][0] - wide[j][0]))
    return values, [[slopes[i][l] * c[l] for l in unknown] for i in unknown]


def region_of(data: Data, game: Game, claim: Fields, point: Fields, j: int) -> list[Cell]:
    """The largest cell tried around a listed solution in chart j that holds no other.

    In y = log c the derivative of y_i less the right-hand side, over the cell, is regular after preconditioning.
    """
    size = ball(point["radius"])
    w = [around(ball(entry), size) for entry in point["center"]]
    z = [sum((ball(x) * y for x, y in zip(row, w, strict=True)), ball(0)) for row in data.rows]
    logs = [log_weight(claim["loss"], margin)[0] for margin in z]
    try:
        box = [bounds((each - logs[j]).exp()) for each in logs]
    except Undecided:
        return []
    box[j] = (Fraction(1), Fraction(1))
    for factor in FACTORS:
        cell = [
            side if i == j else (dyadic_below(side[0] / factor), -dyadic_below(-side[1] * factor))
            for i, side in enumerate(box)
        ]
        if all(low > 0 for low, _ in cell) and holds_one(data, game, claim, j, cell):
            return [cell]
    return []


def holds_one(data: Data, game: Game, claim: Fields, j: int, cell: Cell) -> bool:
    """Whether the cell is shown to hold at most one solution."""
    try:
        turn = log_ratios(data, game, claim, j, cell)[1]
    except (Undecided, ZeroDivisionError):
        return False
    return not turn or contracts(identity(len(turn)) - matrix(turn))


def dyadic_below(value: Fraction) -> Fraction:
    """A number with few bits, not above the value and near to it."""
    size = max(0, value.denominator.bit_length() - value.numerator.bit_length())
    unit = 1 << (size + SEARCH_BITS // 2)
    return Fraction(value.numerator * unit // value.denominator, unit)

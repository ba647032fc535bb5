"""A check of complete lists that knows nothing of the search: the indices of the listed equilibria sum to 1.

The index of an equilibrium is the sign of the determinant of d(F_i - F_s)/d(log c_l) over its support without one row
s: 1 where it attracts, -1 where it repels in one direction. Where F is continuous on the simplex, equilibria are the
fixed points of c -> c_i + max(0, c'F - F_i), over its sum. The degree of that map is 1, as for F_i = c_i - 1/N, into
which F can be deformed, and whose one equilibrium has a positive determinant. At an equilibrium where other rows cost
more and the determinant is not 0, the degree is the index (Gul, Pearce, Stacchetti 1993); so all of them sum to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from verify.certificate.boxes import at_rising_precision, box_of, first_bits
from verify.certificate.effort import operation, spend
from verify.certificate.field import Game, Rows, costs
from verify.certificate.kind import Fields
from verify.certificate.refusal import require
from verify.numbers.systems.balls import bits, matrix, sign


def require_sum(rows: Rows, game: Game, points: Sequence[Fields]) -> None:
    """The indices of the points sum to 1."""
    found: list[int] = []
    for point in points:
        at_rising_precision(partial(add_index, rows, game, point, found), first_bits(point["radius"]))
    total = sum(found)
    require(total == 1, "index", f"the indices of the points sum to {total}; of all equilibria they sum to 1")


def add_index(rows: Rows, game: Game, point: Fields, found: list[int]) -> None:
    """Add the index of a listed equilibrium, which all points of its box have. Raises Undecided if it is not told."""
    (first, *others), box = box_of(point)
    spend(len(others) ** 3 * operation(bits()), "an index")
    slopes = costs(game, rows, box, [first, *others]).slopes
    turned = [[(slopes[i][l] - slopes[first][l]) * box[l] for l in others] for i in others]
    found.append(sign(matrix(turned).det()) if others else 1)

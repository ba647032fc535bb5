"""Linear programs over the rationals: floats propose a basis, exact arithmetic decides.

    minimize  c.x   subject to   row_lower <= A x <= row_upper,   lower <= x <= upper

with None for an infinite bound. (To maximize, negate c; then the duals are negated too.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction


class Status(Enum):
    """How an LP ended; each is proved by the exact vectors in the solution."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"


@dataclass(frozen=True)
class LpSolution:
    """An exactly solved LP with n variables and m rows.

    OPTIMAL: ``x`` (n) is feasible, ``y`` (m) are the row duals and ``z`` (n) the reduced costs with
    c = A'y + z; a positive y_i (z_j) needs its lower bound active, a negative one its upper bound; so
    ``objective`` = c.x = sum of y_i * active row bound + sum of z_j * active bound of x_j. ``x`` is a
    vertex of the basis: ``basic_columns`` are the basic variables, ``tight_rows`` the rows at a bound that
    determine them, with as many members (a nonsingular submatrix of A).

    INFEASIBLE: ``x`` is empty and ``objective`` None; ``y``, ``z`` are a Farkas proof: A'y + z = 0 and the
    sum of (bound chosen by sign) * multiplier is positive.

    UNBOUNDED: ``x`` is feasible and ``ray`` (n) is a direction of recession with c.ray < 0.
    """

    status: Status
    objective: Fraction | None
    x: tuple[Fraction, ...]
    y: tuple[Fraction, ...]
    z: tuple[Fraction, ...]
    ray: tuple[Fraction, ...] = ()
    basic_columns: tuple[int, ...] = ()
    tight_rows: tuple[int, ...] = ()


Bounds = Sequence[Fraction | int | None]


def solve_lp(
    c: Sequence[Fraction | int],
    A: Sequence[Sequence[Fraction | int]],
    row_lower: Bounds,
    row_upper: Bounds,
    lower: Bounds,
    upper: Bounds,
) -> LpSolution:
    """Solve the LP of this module exactly; A has m rows of n entries.

    HiGHS proposes a basis from the rounded, power-of-two scaled problem; the basis is solved and checked in
    exact rationals, and where it is not optimal, refined problems and at last exact pivots by Bland's rule
    continue from it. So the answer never rests on a tolerance. ValueError if shapes disagree or a lower
    bound exceeds its upper bound.
    """
    raise NotImplementedError

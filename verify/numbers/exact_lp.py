"""Linear programs over the rationals: floats propose a basis, exact arithmetic decides.

    minimize  c.x   subject to   row_lower <= A x <= row_upper,   lower <= x <= upper

with None for an infinite bound. (To maximize, negate c; then the duals are negated too.)

The method is the simplex method for bounded variables. Beside the n variables x there are m row variables
s = A x; a basis is a set of m of the n + m variables. Its solution puts the others at a bound and needs one
linear system, of the basic columns of x against the rows whose s is at a bound: never larger than min(m, n).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from flint import fmpq

from verify.numbers.lp_basis import (
    Problem,
    change_along,
    entering_variable,
    infeasibility_costs,
    ratio_test,
    reduced_costs,
    system,
    usable_basis,
    values,
)
from verify.numbers.lp_proposal import Place, Proposer
from verify.numbers.rational import from_flint

# Times that HiGHS may look at the problem again from an exact basic solution. Each magnifies by about 2^30.
_REFINEMENTS = 8
# Pivots of length zero, as a multiple of n + m, before Bland's rule takes over. It cannot cycle, but took up to
# 30 times as many pivots on degenerate margin problems (60 x 20 to 200 x 30) as the steepest ones do.
_PATIENCE = 5


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

    UNBOUNDED: ``x`` is feasible and ``ray`` (n) is a direction of recession with c.ray < 0; ``y`` and ``z``
    are empty and ``objective`` is None.

    ``pivots`` counts the exact pivots after the proposed basis.
    """

    status: Status
    objective: Fraction | None
    x: tuple[Fraction, ...]
    y: tuple[Fraction, ...]
    z: tuple[Fraction, ...]
    ray: tuple[Fraction, ...] = ()
    basic_columns: tuple[int, ...] = ()
    tight_rows: tuple[int, ...] = ()
    pivots: int = 0


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

    HiGHS proposes a basis of the rounded, power-of-two scaled problem. The basis is solved and checked in exact
    rationals; where it is not optimal HiGHS looks again from there, magnified, and in the end exact pivots (at
    last by Bland's rule) continue. So the answer never rests on a tolerance, but a margin below the rounding
    of A (10^-16 of its size) may take hundreds of exact pivots. ValueError if shapes disagree or a lower bound
    exceeds its upper bound.
    """
    n, m = len(c), len(A)
    if any(len(row) != n for row in A) or (len(lower), len(upper)) != (n, n):
        raise ValueError(f"shapes: c has {n} entries, lower {len(lower)}, upper {len(upper)}")
    if (len(row_lower), len(row_upper)) != (m, m):
        raise ValueError(f"shapes: A has {m} rows, row_lower {len(row_lower)}, row_upper {len(row_upper)}")
    low, up = [*lower, *row_lower], [*upper, *row_upper]
    for low_end, up_end in zip(low, up, strict=True):
        if low_end is not None and up_end is not None and low_end > up_end:
            raise ValueError(f"lower bound {low_end} exceeds upper bound {up_end}")
    lp = Problem.of(c, A, low, up)
    place = usable_basis(A, low, up, n, None)
    if m and n:
        proposer = Proposer(A)
        place = usable_basis(A, low, up, n, proposer.first(c, low, up))
        seen: list[list[Place]] = []
        while place not in seen and len(seen) < _REFINEMENTS:
            value, reduced = values(lp, place), reduced_costs(lp, place, lp.costs)
            if _is_optimal(lp, place, value, reduced):
                return _solution(lp, Status.OPTIMAL, place, value, reduced, 0)
            exact = [[from_flint(entry) for entry in vector] for vector in (value, reduced)]
            seen.append(place)
            better = proposer.refined(place, exact[0], exact[1], low, up)
            if better is None:
                break
            place = usable_basis(A, low, up, n, better)
    return _simplex(lp, place)


def _is_optimal(lp: Problem, place: list[Place], value: list[fmpq], reduced: list[fmpq]) -> bool:
    """Whether a basic solution is feasible, and its reduced costs too; exactly."""
    return (
        not any(infeasibility_costs(lp, place, value))
        and entering_variable(lp, place, reduced, first=True) is None
    )


def _simplex(lp: Problem, place: list[Place]) -> LpSolution:
    """Exact primal simplex from a basis: first the sum of infeasibilities, then c.x.

    Each is minimized by the largest reduced costs and pivots, and with Bland's rule after many steps of length
    zero. Between steps of positive length the variables' values, hence the costs of the first phase, stay;
    so Bland's rule cannot cycle, and each positive step lowers what is minimized: this ends.
    """
    pivots = stalled = 0
    while True:
        bland = stalled > _PATIENCE * len(place)
        value = values(lp, place)
        cost = infeasibility_costs(lp, place, value)
        infeasible = any(cost)
        reduced = reduced_costs(lp, place, cost if infeasible else lp.costs)
        entering = entering_variable(lp, place, reduced, first=bland)
        if entering is None and infeasible:
            multiplier = [d - g for d, g in zip(reduced, cost, strict=True)]
            return _solution(lp, Status.INFEASIBLE, place, [], multiplier, pivots)
        if entering is None:
            return _solution(lp, Status.OPTIMAL, place, value, reduced, pivots)
        up = reduced[entering] < 0
        change = change_along(lp, place, entering, up)
        step, leaving, end = ratio_test(lp, place, value, change, entering, first=bland)
        if step is None:
            return _solution(lp, Status.UNBOUNDED, place, value, change, pivots)
        place[entering] = Place.BASIC
        place[leaving] = end
        pivots += 1
        stalled = stalled + 1 if step == 0 else 0


def _solution(
    lp: Problem, status: Status, place: list[Place], value: list[fmpq], vector: list[fmpq], pivots: int
) -> LpSolution:
    """The result; ``vector`` is the ray of an unbounded LP, else the multipliers of x and of the rows."""
    exact = [from_flint(entry) for entry in vector]
    x = tuple(from_flint(entry) for entry in value[: lp.n])
    if status is Status.UNBOUNDED:
        return LpSolution(status, None, x, (), (), ray=tuple(exact[: lp.n]), pivots=pivots)
    z, y = tuple(exact[: lp.n]), tuple(exact[lp.n :])
    if status is Status.INFEASIBLE:
        return LpSolution(status, None, (), y, z, pivots=pivots)
    objective = from_flint(sum((c * v for c, v in zip(lp.c, value, strict=False)), fmpq(0)))
    columns, tight = system(lp, place)
    return LpSolution(status, objective, x, y, z, (), tuple(columns), tuple(tight), pivots)

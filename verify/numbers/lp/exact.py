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
from functools import cached_property

from flint import fmpq, fmpz

from verify.numbers.linear.rational import Scaled, from_flint
from verify.numbers.lp.basis import (
    Basis,
    Bound,
    Problem,
    entering_variable,
    infeasibility_costs,
    ratio_test,
    usable_basis,
)
from verify.numbers.lp.proposal import Place, Proposer

# Times that HiGHS may look at the problem again from an exact basic solution. Each magnifies by about 2^30.
_REFINEMENTS = 8
# Pivots of length zero, as a multiple of n + m, before Bland's rule takes over. It cannot cycle, but took up to
# 30 times as many pivots on degenerate margin problems (60 x 20 to 200 x 30) as the steepest ones do.
_PATIENCE = 5
EMPTY = Scaled([], fmpz(1))


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

    ``pivots`` counts the exact pivots after the proposed basis. The vectors are at hand over one denominator
    each, as ``scaled_x`` and so on: in lowest terms they cost a gcd for each entry.
    """

    status: Status
    objective: Fraction | None
    scaled_x: Scaled = EMPTY
    scaled_y: Scaled = EMPTY
    scaled_z: Scaled = EMPTY
    scaled_ray: Scaled = EMPTY
    basic_columns: tuple[int, ...] = ()
    tight_rows: tuple[int, ...] = ()
    pivots: int = 0

    @cached_property
    def x(self) -> tuple[Fraction, ...]:
        """The point, in lowest terms."""
        return self.scaled_x.fractions()

    @cached_property
    def y(self) -> tuple[Fraction, ...]:
        """The multipliers of the rows."""
        return self.scaled_y.fractions()

    @cached_property
    def z(self) -> tuple[Fraction, ...]:
        """The reduced costs."""
        return self.scaled_z.fractions()

    @cached_property
    def ray(self) -> tuple[Fraction, ...]:
        """The direction of recession."""
        return self.scaled_ray.fractions()


def solve_lp(
    c: Sequence[Fraction | int],
    A: Sequence[Sequence[Fraction | int]],
    row_lower: Sequence[Bound],
    row_upper: Sequence[Bound],
    lower: Sequence[Bound],
    upper: Sequence[Bound],
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
    if not (m and n):
        return _simplex(usable_basis(lp, None), [0] * (n + m))
    proposer = Proposer(lp.lines)
    basis = usable_basis(lp, proposer.first(lp.c, lp.low, lp.up))
    seen: list[list[Place]] = []
    while basis.place not in seen and len(seen) < _REFINEMENTS:
        value, reduced = basis.values(), basis.reduced_costs(lp.costs)
        if _is_optimal(basis, value, reduced):
            return _optimum(basis, value, reduced, 0)
        seen.append(basis.place)
        better = proposer.refined(basis.place, value, reduced, lp.low, lp.up)
        if better is None:
            break
        basis = usable_basis(lp, better)
    return _simplex(basis, (proposer.scale - proposer.scale.min()).tolist())


def _is_optimal(basis: Basis, value: Scaled, reduced: Scaled) -> bool:
    """Whether a basic solution is feasible, and its reduced costs too; exactly."""
    return not any(infeasibility_costs(basis, value)) and entering_variable(basis, reduced, None) is None


def _simplex(basis: Basis, scale: Sequence[int]) -> LpSolution:
    """Exact primal simplex from a basis: first the sum of infeasibilities, then c.x.

    Each is minimized by the largest reduced costs and pivots, variable j being measured in units of
    2^scale[j] (it is what HiGHS sees), and with Bland's rule after many steps of length
    zero. Between steps of positive length the variables' values, hence the costs of the first phase, stay;
    so Bland's rule cannot cycle, and each positive step lowers what is minimized: this ends.
    """
    lp = basis.lp
    pivots = stalled = 0
    while True:
        rule = None if stalled > _PATIENCE * len(basis.place) else scale
        value = basis.values()
        cost = infeasibility_costs(basis, value)
        infeasible = any(cost)
        reduced = basis.reduced_costs(cost if infeasible else lp.costs)
        entering = entering_variable(basis, reduced, rule)
        if entering is None and infeasible:
            unit = reduced.denominator
            farkas = [d - g * unit for d, g in zip(reduced.numerators, cost, strict=True)]
            z, y = _multipliers(lp, farkas, unit)
            return LpSolution(Status.INFEASIBLE, None, scaled_y=y, scaled_z=z, pivots=pivots)
        if entering is None:
            return _optimum(basis, value, reduced, pivots)
        change = basis.change_along(entering, reduced.numerators[entering] < 0)
        step, leaving, end = ratio_test(basis, value, change, entering, rule)
        if step is None:
            ray = Scaled(change.numerators[: lp.n], change.denominator)
            return LpSolution(Status.UNBOUNDED, None, _point(lp, value), scaled_ray=ray, pivots=pivots)
        place = list(basis.place)
        place[entering], place[leaving] = Place.BASIC, end
        basis = Basis.at(lp, place)
        pivots += 1
        stalled = stalled + 1 if step == 0 else 0


def _optimum(basis: Basis, value: Scaled, reduced: Scaled, pivots: int) -> LpSolution:
    """The solution of an optimal basis."""
    lp = basis.lp
    x = _point(lp, value)
    z, y = _multipliers(lp, reduced.numerators, reduced.denominator * lp.cost_unit)
    total = sum((c * v for c, v in zip(lp.c, x.numerators, strict=True)), fmpz(0))
    objective = from_flint(fmpq(total, x.denominator * lp.cost_unit))
    return LpSolution(
        Status.OPTIMAL, objective, x, y, z, EMPTY, tuple(basis.columns), tuple(basis.tight), pivots
    )


def _point(lp: Problem, value: Scaled) -> Scaled:
    """x in units of the problem as it was given."""
    return Scaled(value.numerators[: lp.n], value.denominator * lp.bound_unit)


def _multipliers(lp: Problem, reduced: list[fmpz], unit: fmpz) -> tuple[Scaled, Scaled]:
    """z and y in units of the problem as it was given; ``reduced`` (n + m) over the denominator ``unit``."""
    rows = [d * scale for d, scale in zip(reduced[lp.n :], lp.row_units, strict=True)]
    return Scaled(reduced[: lp.n], unit), Scaled(rows, unit)

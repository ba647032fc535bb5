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

from flint import fmpq, fmpq_mat

from verify.numbers.lp_proposal import Place, Proposer
from verify.numbers.rational import column, from_flint, independent, to_flint

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

    HiGHS proposes a basis from the rounded, power-of-two scaled problem; the basis is solved and checked in
    exact rationals, and where it is not optimal, exact pivots (Bland's rule in the end) continue from it. So
    the answer never rests on a tolerance. ValueError if shapes disagree or a lower bound exceeds its upper
    bound.
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
    lp = _Lp.of(c, A, low, up)
    place = _usable(A, low, up, n, None)
    if m and n:
        proposer = Proposer(A)
        place = _usable(A, low, up, n, proposer.first(c, low, up))
        seen: list[list[Place]] = []
        while place not in seen and len(seen) < _REFINEMENTS:
            value, reduced = _values(lp, place), _reduced_costs(lp, place, lp.costs)
            if _is_optimal(lp, place, value, reduced):
                return _solution(lp, Status.OPTIMAL, place, value, reduced, 0)
            exact = [[from_flint(entry) for entry in vector] for vector in (value, reduced)]
            seen.append(place)
            better = proposer.refined(place, exact[0], exact[1], low, up)
            if better is None:
                break
            place = _usable(A, low, up, n, better)
    return _simplex(lp, place)


@dataclass(frozen=True)
class _Lp:
    """The problem as FLINT numbers; bounds of x, then of s = A x."""

    c: list[fmpq]
    A: fmpq_mat
    transpose: fmpq_mat
    rows: list[list[fmpq]]
    low: list[fmpq | None]
    up: list[fmpq | None]

    @staticmethod
    def of(
        c: Sequence[Fraction | int], A: Sequence[Sequence[Fraction | int]], low: Bounds, up: Bounds
    ) -> _Lp:
        rows = [[to_flint(entry) for entry in row] for row in A]
        matrix = fmpq_mat(len(A), len(c), [entry for row in rows for entry in row])
        low_q, up_q = ([None if b is None else to_flint(b) for b in bounds] for bounds in (low, up))
        return _Lp([to_flint(entry) for entry in c], matrix, matrix.transpose(), rows, low_q, up_q)

    @property
    def n(self) -> int:
        return len(self.c)

    @property
    def costs(self) -> list[fmpq]:
        """The costs of all n + m variables."""
        return [*self.c, *[fmpq(0)] * len(self.rows)]


def _usable(
    A: Sequence[Sequence[Fraction | int]], low: Bounds, up: Bounds, n: int, proposal: list[Place] | None
) -> list[Place]:
    """The proposal made a basis: nonbasic variables at a bound they have, the system square and nonsingular.

    Without a proposal all rows are basic.
    """
    place = list(proposal) if proposal else [Place.FREE] * n + [Place.BASIC] * len(A)
    columns = [j for j in range(n) if place[j] is Place.BASIC]
    tight = [i for i in range(len(A)) if place[n + i] is not Place.BASIC]
    rows, picked = independent([[A[i][j] for j in columns] for i in tight]) if columns else ([], [])
    kept = {columns[k] for k in picked}
    freed = set(tight) - {tight[k] for k in rows}
    for j in columns:
        if j not in kept:
            place[j] = Place.FREE
    for i in freed:
        place[n + i] = Place.BASIC
    for j, (low_end, up_end) in enumerate(zip(low, up, strict=True)):
        if place[j] is Place.BASIC:
            continue
        if low_end is None and up_end is None:
            place[j] = Place.FREE
        elif up_end is None or (low_end is not None and place[j] is not Place.UPPER):
            place[j] = Place.LOWER
        else:
            place[j] = Place.UPPER
    return place


def _is_optimal(lp: _Lp, place: list[Place], value: list[fmpq], reduced: list[fmpq]) -> bool:
    """Whether a basic solution is feasible, and its reduced costs too; exactly."""
    return (
        not any(_infeasibility_costs(lp, place, value)) and _entering(lp, place, reduced, first=True) is None
    )


def _simplex(lp: _Lp, place: list[Place]) -> LpSolution:
    """Exact primal simplex from a basis: first the sum of infeasibilities, then c.x.

    Each is minimized by the largest reduced costs and pivots, and with Bland's rule after many steps of length
    zero. Between steps of positive length the variables' values, hence the costs of the first phase, stay;
    so Bland's rule cannot cycle, and each positive step lowers what is minimized: this ends.
    """
    pivots = stalled = 0
    while True:
        bland = stalled > _PATIENCE * len(place)
        value = _values(lp, place)
        cost = _infeasibility_costs(lp, place, value)
        infeasible = any(cost)
        reduced = _reduced_costs(lp, place, cost if infeasible else lp.costs)
        entering = _entering(lp, place, reduced, first=bland)
        if entering is None and infeasible:
            multiplier = [d - g for d, g in zip(reduced, cost, strict=True)]
            return _solution(lp, Status.INFEASIBLE, place, [], multiplier, pivots)
        if entering is None:
            return _solution(lp, Status.OPTIMAL, place, value, reduced, pivots)
        up = reduced[entering] < 0
        change = _column(lp, place, entering, up)
        step, leaving, end = _ratio_test(lp, place, value, change, entering, first=bland)
        if step is None:
            return _solution(lp, Status.UNBOUNDED, place, value, change, pivots)
        place[entering] = Place.BASIC
        place[leaving] = end
        pivots += 1
        stalled = stalled + 1 if step == 0 else 0


def _values(lp: _Lp, place: list[Place]) -> list[fmpq]:
    """The basic solution: x (n), then A x (m)."""
    bound = {Place.LOWER: lp.low, Place.UPPER: lp.up}
    at = [fmpq(0) if p in (Place.BASIC, Place.FREE) else bound[p][j] for j, p in enumerate(place)]
    columns, tight = _system(lp, place)
    x = at[: lp.n]
    if columns:
        fixed = (lp.A * column(x)).entries()
        part = _kernel(lp, tight, columns).solve(column([at[lp.n + i] - fixed[i] for i in tight]))
        for j, entry in zip(columns, part.entries(), strict=True):
            x[j] = entry
    return [*x, *_times(lp.A, x)]


def _reduced_costs(lp: _Lp, place: list[Place], cost: list[fmpq]) -> list[fmpq]:
    """cost - (A, -I)' pi, with pi such that it vanishes on the basis; n + m entries."""
    columns, tight = _system(lp, place)
    pi = [-cost[lp.n + i] if place[lp.n + i] is Place.BASIC else fmpq(0) for i in range(len(lp.rows))]
    if columns:
        known = _times(lp.transpose, pi)
        right = column([cost[j] - known[j] for j in columns])
        for i, entry in zip(
            tight, _kernel(lp, tight, columns).transpose().solve(right).entries(), strict=True
        ):
            pi[i] = entry
    product = _times(lp.transpose, pi)
    return [g - p for g, p in zip(cost, product, strict=False)] + [
        g + p for g, p in zip(cost[lp.n :], pi, strict=True)
    ]


def _column(lp: _Lp, place: list[Place], entering: int, up: bool) -> list[fmpq]:
    """How all n + m variables change when the entering one moves by 1, up or down."""
    sign = fmpq(1 if up else -1)
    columns, tight = _system(lp, place)
    x = [fmpq(0)] * lp.n
    if entering < lp.n:
        x[entering] = sign
        right = [-sign * lp.rows[i][entering] for i in tight]
    else:
        right = [sign if lp.n + i == entering else fmpq(0) for i in tight]
    if columns:
        part = _kernel(lp, tight, columns).solve(column(right))
        for j, entry in zip(columns, part.entries(), strict=True):
            x[j] = entry
    return [*x, *_times(lp.A, x)]


def _system(lp: _Lp, place: list[Place]) -> tuple[list[int], list[int]]:
    """The basic columns and the rows at a bound: equally many, and nonsingular together."""
    columns = [j for j in range(lp.n) if place[j] is Place.BASIC]
    return columns, [i for i in range(len(lp.rows)) if place[lp.n + i] is not Place.BASIC]


def _kernel(lp: _Lp, tight: list[int], columns: list[int]) -> fmpq_mat:
    return fmpq_mat(len(tight), len(columns), [lp.rows[i][j] for i in tight for j in columns])


def _times(matrix: fmpq_mat, x: list[fmpq]) -> list[fmpq]:
    entries: list[fmpq] = (matrix * column(x)).entries() if x else [fmpq(0)] * matrix.nrows()
    return entries


def _infeasibility_costs(lp: _Lp, place: list[Place], value: list[fmpq]) -> list[fmpq]:
    """-1 for a variable below its lower bound, 1 above its upper one: the gradient of the violation."""
    cost = [fmpq(0)] * len(value)
    for j, v in enumerate(value):
        if place[j] is Place.BASIC:
            if lp.low[j] is not None and v < lp.low[j]:
                cost[j] = fmpq(-1)
            elif lp.up[j] is not None and v > lp.up[j]:
                cost[j] = fmpq(1)
    return cost


def _entering(lp: _Lp, place: list[Place], reduced: list[fmpq], first: bool) -> int | None:
    """A nonbasic variable that improves: the first (Bland), or the one of largest reduced cost; or None."""
    best, size = None, fmpq(0)
    for j, d in enumerate(reduced):
        if not d or place[j] is Place.BASIC or (lp.low[j] is not None and lp.low[j] == lp.up[j]):
            continue
        if (d < 0 and place[j] is not Place.UPPER) or (d > 0 and place[j] is not Place.LOWER):
            if first:
                return j
            if abs(d) > size:
                best, size = j, abs(d)
    return best


def _ratio_test(
    lp: _Lp, place: list[Place], value: list[fmpq], change: list[fmpq], entering: int, first: bool
) -> tuple[fmpq | None, int, Place]:
    """The longest step, the variable that stops it and where it stops.

    Of several that stop it, the first (Bland) or the one of largest rate.
    A variable that violates a bound stops when it reaches it, the others at the bound ahead. The step is None
    if nothing stops it.
    """
    step, leaving, end = None, -1, Place.FREE
    for j, rate in enumerate(change):
        if not rate or (place[j] is not Place.BASIC and j != entering):
            continue
        low, up, v = lp.low[j], lp.up[j], value[j]
        if rate > 0:
            stop, at = (low, Place.LOWER) if low is not None and v < low else (up, Place.UPPER)
        else:
            stop, at = (up, Place.UPPER) if up is not None and v > up else (low, Place.LOWER)
        if stop is None or (rate > 0 and v > stop) or (rate < 0 and v < stop):
            continue  # no bound ahead: it is free there, or moves further into violation
        length = (stop - v) / rate
        ahead = step is None or length < step
        if ahead or (not first and length == step and abs(rate) > abs(change[leaving])):
            step, leaving, end = length, j, at
    return step, leaving, end


def _solution(
    lp: _Lp, status: Status, place: list[Place], value: list[fmpq], vector: list[fmpq], pivots: int
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
    columns, tight = _system(lp, place)
    return LpSolution(status, objective, x, y, z, (), tuple(columns), tuple(tight), pivots)

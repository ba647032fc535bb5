"""The parts of an exact simplex method: bases of an LP, their solutions, and the choice of a pivot.

The variables are x_1..x_n and then s = A x, of which a basis holds as many as A has rows. The others are at a
bound (or at 0, if they are free), and one linear system gives the basic ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpq_mat

from verify.numbers.lp_proposal import Bound, Place
from verify.numbers.rational import column, independent, to_flint


@dataclass(frozen=True)
class Problem:
    """The problem as FLINT numbers; bounds of x, then of s = A x."""

    c: list[fmpq]
    A: fmpq_mat
    transpose: fmpq_mat
    rows: list[list[fmpq]]
    low: list[fmpq | None]
    up: list[fmpq | None]

    @staticmethod
    def of(
        c: Sequence[Fraction | int],
        A: Sequence[Sequence[Fraction | int]],
        low: Sequence[Bound],
        up: Sequence[Bound],
    ) -> Problem:
        rows = [[to_flint(entry) for entry in row] for row in A]
        matrix = fmpq_mat(len(A), len(c), [entry for row in rows for entry in row])
        low_q, up_q = ([None if b is None else to_flint(b) for b in bounds] for bounds in (low, up))
        return Problem([to_flint(entry) for entry in c], matrix, matrix.transpose(), rows, low_q, up_q)

    @property
    def n(self) -> int:
        return len(self.c)

    @property
    def costs(self) -> list[fmpq]:
        """The costs of all n + m variables."""
        return [*self.c, *[fmpq(0)] * len(self.rows)]


def usable_basis(
    A: Sequence[Sequence[Fraction | int]],
    low: Sequence[Bound],
    up: Sequence[Bound],
    n: int,
    proposal: list[Place] | None,
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


def values(lp: Problem, place: list[Place]) -> list[fmpq]:
    """The basic solution: x (n), then A x (m)."""
    bound = {Place.LOWER: lp.low, Place.UPPER: lp.up}
    at = [fmpq(0) if p in (Place.BASIC, Place.FREE) else bound[p][j] for j, p in enumerate(place)]
    columns, tight = system(lp, place)
    x = at[: lp.n]
    if columns:
        fixed = (lp.A * column(x)).entries()
        part = _kernel(lp, tight, columns).solve(column([at[lp.n + i] - fixed[i] for i in tight]))
        for j, entry in zip(columns, part.entries(), strict=True):
            x[j] = entry
    return [*x, *_times(lp.A, x)]


def reduced_costs(lp: Problem, place: list[Place], cost: list[fmpq]) -> list[fmpq]:
    """cost - (A, -I)' pi, with pi such that it vanishes on the basis; n + m entries."""
    columns, tight = system(lp, place)
    pi = [-cost[lp.n + i] if place[lp.n + i] is Place.BASIC else fmpq(0) for i in range(len(lp.rows))]
    if columns:
        known = _times(lp.transpose, pi) if any(pi) else [fmpq(0)] * lp.n
        right = column([cost[j] - known[j] for j in columns])
        for i, entry in zip(
            tight, _kernel(lp, tight, columns).transpose().solve(right).entries(), strict=True
        ):
            pi[i] = entry
    product = _times(lp.transpose, pi)
    return [g - p for g, p in zip(cost, product, strict=False)] + [
        g + p for g, p in zip(cost[lp.n :], pi, strict=True)
    ]


def change_along(lp: Problem, place: list[Place], entering: int, up: bool) -> list[fmpq]:
    """How all n + m variables change when the entering one moves by 1, up or down."""
    sign = fmpq(1 if up else -1)
    columns, tight = system(lp, place)
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


def system(lp: Problem, place: list[Place]) -> tuple[list[int], list[int]]:
    """The basic columns and the rows at a bound: equally many, and nonsingular together."""
    columns = [j for j in range(lp.n) if place[j] is Place.BASIC]
    return columns, [i for i in range(len(lp.rows)) if place[lp.n + i] is not Place.BASIC]


def _kernel(lp: Problem, tight: list[int], columns: list[int]) -> fmpq_mat:
    return fmpq_mat(len(tight), len(columns), [lp.rows[i][j] for i in tight for j in columns])


def _times(matrix: fmpq_mat, x: list[fmpq]) -> list[fmpq]:
    entries: list[fmpq] = (matrix * column(x)).entries() if x else [fmpq(0)] * matrix.nrows()
    return entries


def infeasibility_costs(lp: Problem, place: list[Place], value: list[fmpq]) -> list[fmpq]:
    """-1 for a variable below its lower bound, 1 above its upper one: the gradient of the violation."""
    cost = [fmpq(0)] * len(value)
    for j, v in enumerate(value):
        if place[j] is Place.BASIC:
            if lp.low[j] is not None and v < lp.low[j]:
                cost[j] = fmpq(-1)
            elif lp.up[j] is not None and v > lp.up[j]:
                cost[j] = fmpq(1)
    return cost


def entering_variable(lp: Problem, place: list[Place], reduced: list[fmpq], first: bool) -> int | None:
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


def ratio_test(
    lp: Problem, place: list[Place], value: list[fmpq], change: list[fmpq], entering: int, first: bool
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

"""The parts of an exact simplex method: bases of an LP, their solutions, and the choice of a pivot.

The variables are x_1..x_n and then s = A x, of which a basis holds as many as A has rows. The others are at a
bound (or at 0, if they are free), and one linear system gives the basic ones. All is in integers: the problem is
brought to integers once, and a vector has one denominator, so that signs and orders are those of its numerators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpz, fmpz_mat

from verify.numbers.linear.rational import Scaled, applied, independent, integer_rows, over_common, solved
from verify.numbers.lp.proposal import Place

Bound = Fraction | int | None
ZERO = fmpz(0)


@dataclass(frozen=True)
class Problem:
    """The problem in integers: A's row i times ``row_units[i]``, costs times ``cost_unit``, bounds ``bound_unit``.

    ``low`` and ``up`` hold the bounds of x, then those of the scaled s = A x; None is infinite.
    """

    c: list[int]
    lines: list[list[int]]
    A: fmpz_mat
    transpose: fmpz_mat
    low: list[int | None]
    up: list[int | None]
    row_units: list[int]
    cost_unit: int
    bound_unit: int

    @staticmethod
    def of(
        c: Sequence[Fraction | int],
        A: Sequence[Sequence[Fraction | int]],
        low: Sequence[Bound],
        up: Sequence[Bound],
    ) -> Problem:
        costs, cost_unit = over_common(c)
        lines, row_units = integer_rows(A)
        matrix = fmpz_mat(len(lines), len(costs), [entry for line in lines for entry in line])
        _, bound_unit = over_common([bound for bound in (*low, *up) if bound is not None])
        units = [bound_unit] * len(costs) + [bound_unit * unit for unit in row_units]
        low_scaled, up_scaled = (
            [None if bound is None else int(bound * unit) for bound, unit in zip(bounds, units, strict=True)]
            for bounds in (low, up)
        )
        return Problem(
            costs, lines, matrix, matrix.transpose(), low_scaled, up_scaled, row_units, cost_unit, bound_unit
        )

    @property
    def n(self) -> int:
        return len(self.c)

    @property
    def m(self) -> int:
        return len(self.lines)

    @property
    def costs(self) -> list[int]:
        """The costs of all n + m variables."""
        return [*self.c, *[0] * self.m]


@dataclass(frozen=True)
class Basis:
    """The place of each of the n + m variables.

    ``columns`` are the basic ones among x, ``tight`` the rows at a bound: equally many, and ``kernel`` (the
    matrix of both) is nonsingular.
    """

    lp: Problem
    place: list[Place]
    columns: list[int]
    tight: list[int]
    kernel: fmpz_mat

    @staticmethod
    def at(lp: Problem, place: list[Place]) -> Basis:
        columns = [j for j in range(lp.n) if place[j] is Place.BASIC]
        tight = [i for i in range(lp.m) if place[lp.n + i] is not Place.BASIC]
        entries = [lp.lines[i][j] for i in tight for j in columns]
        return Basis(lp, place, columns, tight, fmpz_mat(len(tight), len(columns), entries))

    def values(self) -> Scaled:
        """The basic solution in units of the bounds: x (n), then A x (m)."""
        n = self.lp.n
        at = [self._at(j) for j in range(n)]
        fixed = applied(self.lp.A, at)
        return self._completed(at, [self._at(n + i) - fixed[i] for i in self.tight])

    def _at(self, j: int) -> int:
        """The bound at which variable j is; 0 if it is basic or free."""
        if self.place[j] in (Place.BASIC, Place.FREE):
            return 0
        bound = (self.lp.low if self.place[j] is Place.LOWER else self.lp.up)[j]
        assert bound is not None, "a nonbasic variable is at a bound that it has"
        return bound

    def change_along(self, entering: int, up: bool) -> Scaled:
        """How all n + m variables change when the entering one moves by 1, up or down."""
        lp, sign = self.lp, 1 if up else -1
        x = [0] * lp.n
        if entering < lp.n:
            x[entering] = sign
            return self._completed(x, [fmpz(-sign * lp.lines[i][entering]) for i in self.tight])
        return self._completed(x, [fmpz(sign if lp.n + i == entering else 0) for i in self.tight])

    def _completed(self, fixed: Sequence[int], right: list[fmpz]) -> Scaled:
        """The given nonbasic part of x, the basic part by kernel x = right, and then A x."""
        part = solved(self.kernel, right) if self.columns else Scaled([], fmpz(1))
        x = [part.denominator * entry for entry in fixed]
        for j, entry in zip(self.columns, part.numerators, strict=True):
            x[j] = entry
        return Scaled([*x, *applied(self.lp.A, x)], part.denominator)

    def reduced_costs(self, cost: Sequence[int]) -> Scaled:
        """cost - (A, -I)' pi, with pi such that it vanishes on the basis; n + m entries."""
        lp = self.lp
        rows = cost[lp.n :]
        pi = [fmpz(-rows[i]) if self.place[lp.n + i] is Place.BASIC else ZERO for i in range(lp.m)]
        unit = fmpz(1)
        if self.columns:
            known = applied(lp.transpose, pi) if any(pi) else [ZERO] * lp.n
            part = solved(self.kernel.transpose(), [cost[j] - known[j] for j in self.columns])
            unit = part.denominator
            pi = [entry * unit for entry in pi]
            for i, entry in zip(self.tight, part.numerators, strict=True):
                pi[i] = entry
        product = applied(lp.transpose, pi)
        reduced = [g * unit - p for g, p in zip(cost, product, strict=False)]
        return Scaled([*reduced, *(g * unit + p for g, p in zip(rows, pi, strict=True))], unit)


def usable_basis(lp: Problem, proposal: list[Place] | None) -> Basis:
    """The proposal made a basis: nonbasic variables at a bound they have, the system square and nonsingular.

    Without a proposal all rows are basic.
    """
    place = list(proposal) if proposal else [Place.FREE] * lp.n + [Place.BASIC] * lp.m
    for j, (low, up) in enumerate(zip(lp.low, lp.up, strict=True)):
        if place[j] is not Place.BASIC:
            place[j] = _resting(place[j], low, up)
    basis = Basis.at(lp, place)
    rows, picked = independent(basis.kernel)
    if len(rows) == len(basis.tight) and len(picked) == len(basis.columns):
        return basis
    for j in set(basis.columns) - {basis.columns[k] for k in picked}:
        place[j] = _resting(Place.FREE, lp.low[j], lp.up[j])
    for i in set(basis.tight) - {basis.tight[k] for k in rows}:
        place[lp.n + i] = Place.BASIC
    return Basis.at(lp, place)


def _resting(place: Place, low: int | None, up: int | None) -> Place:
    """Where a nonbasic variable with these bounds is: as proposed, if it has that bound."""
    if low is None and up is None:
        return Place.FREE
    if up is None or (low is not None and place is not Place.UPPER):
        return Place.LOWER
    return Place.UPPER


def infeasibility_costs(basis: Basis, value: Scaled) -> list[int]:
    """-1 for a variable below its lower bound, 1 above its upper one: the gradient of the violation."""
    lp, unit = basis.lp, value.denominator
    cost = [0] * len(value.numerators)
    for j, v in enumerate(value.numerators):
        if basis.place[j] is Place.BASIC:
            low, up = lp.low[j], lp.up[j]
            if low is not None and v < low * unit:
                cost[j] = -1
            elif up is not None and v > up * unit:
                cost[j] = 1
    return cost


def entering_variable(basis: Basis, reduced: Scaled, scale: Sequence[int] | None) -> int | None:
    """A nonbasic variable that improves; or None.

    The first one (Bland) if ``scale`` is None, else that of largest reduced cost where variable j is measured
    in units of 2^scale[j].
    """
    lp, place = basis.lp, basis.place
    best, size = None, ZERO
    for j, d in enumerate(reduced.numerators):
        if not d or place[j] is Place.BASIC or (lp.low[j] is not None and lp.low[j] == lp.up[j]):
            continue
        if (d < 0 and place[j] is not Place.UPPER) or (d > 0 and place[j] is not Place.LOWER):
            if scale is None:
                return j
            measured = abs(d) << scale[j]
            if measured > size:
                best, size = j, measured
    return best


def ratio_test(
    basis: Basis, value: Scaled, change: Scaled, entering: int, scale: Sequence[int] | None
) -> tuple[fmpq | None, int, Place]:
    """The longest step, the variable that stops it and where it stops.

    Of several that stop it, the first (Bland) if ``scale`` is None, else the one of largest rate in units of
    2^scale[j].
    A variable that violates a bound stops when it reaches it, the others at the bound ahead. The step is None
    if nothing stops it.
    """
    lp, unit = basis.lp, value.denominator
    step, leaving, end = None, -1, Place.FREE
    for j, rate in enumerate(change.numerators):
        if not rate or (basis.place[j] is not Place.BASIC and j != entering):
            continue
        v = value.numerators[j]
        low, up = (None if bound is None else bound * unit for bound in (lp.low[j], lp.up[j]))
        if rate > 0:
            stop, at = (low, Place.LOWER) if low is not None and v < low else (up, Place.UPPER)
        else:
            stop, at = (up, Place.UPPER) if up is not None and v > up else (low, Place.LOWER)
        if stop is None or (rate > 0 and v > stop) or (rate < 0 and v < stop):
            continue  # no bound ahead: it is free there, or moves further into violation
        length = fmpq(stop - v, rate)
        faster = (
            scale is not None
            and length == step
            and abs(rate) << scale[leaving] > abs(change.numerators[leaving]) << scale[j]
        )
        if step is None or length < step or faster:
            step, leaving, end = length, j, at
    return step, leaving, end

"""The equilibrium of the game of sign(X'c), level by level in rationals.

F(c) = X u with u in Sign(X'c). So an equilibrium is a saddle point of c'Xu, where c is in the simplex and u in the box
[-1, 1]^d: u is an l_inf max-margin direction, and c a dual optimum.

Where entries are zero, a coordinate may see no row of positive weight. The rows that come next in cost decide its sign,
by the same argument on those rows and coordinates: each level is a linear program of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from verify.data.dataset import Dataset
from verify.game.signs.columns import Rows, together
from verify.margins.polyhedral import Optimum
from verify.numbers.linear.rational import Scaled, rank, times
from verify.numbers.lp.exact import solve_lp

# Whether all maximizers share a coordinate takes two linear programs. On more coordinates than this it is not asked.
FEW = 20


@dataclass(frozen=True)
class SignLimit:
    """An exact equilibrium: u (d), weights c (N), margin gamma, and the least F_j - gamma off the support.

    undecided   the coordinates of u that the maximizers are not shown to share, so that u is only one of them;
                coordinates that are multiples of each other in all rows move as one, and count as one;
    one_c       whether c is the only dual optimum;
    level (d)   the cost of the rows that decide each coordinate, None where no row has an entry;
    levels      the weights (N) of these rows, level by level; the first are c.
    """

    u: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    margin: Fraction
    slack: Fraction | None
    undecided: tuple[int, ...]
    one_c: bool
    level: tuple[Fraction | None, ...]
    levels: tuple[tuple[Fraction, ...], ...]


def sign_limit(data: Dataset, program: Optimum | None = None) -> SignLimit | None:
    """The equilibrium of the sign game; None if no w separates the data. The program of its first level is that of the
    l_inf margin: ``program`` is the solution, if it is known."""
    columns = together(data.rows)
    if program is not None:
        program = replace(program, w=Scaled.of(columns.gathered(program.w.fractions())))
    found = _sign_limit(columns.rows, program)
    if found is None:
        return None
    moves = [bool(share) for share in columns.share]
    level = tuple(found.level[place] if m else None for place, m in zip(columns.place, moves, strict=True))
    undecided = tuple(k for k, place in enumerate(columns.place) if moves[k] and place in found.undecided)
    return replace(found, u=columns.spread(found.u), undecided=undecided, level=level)


@dataclass(frozen=True)
class _Level:
    """The solution of one level's program: maximize the least cost over u in the box, on some coordinates.

    free     the coordinates that no level above has decided;
    rows     those that see one of them; ``entries`` are theirs in the free coordinates, ``given`` what the decided
             coordinates add to their costs;
    u, cost, weights   the maximizer, the least cost, and a dual optimum, of sum 1.
    """

    free: list[int]
    rows: list[int]
    entries: list[list[Fraction]]
    given: Sequence[Fraction]
    u: Sequence[Fraction]
    cost: Fraction
    weights: Sequence[Fraction]

    @cached_property
    def balanced(self) -> list[int]:
        """The positions in ``free`` at which X'c is 0. At the others every maximizer is at the bound, with
        the sign of X'c."""
        held = [c for c in self.weights if c]
        sums = times(list(zip(*self._support, strict=True)), held)
        return [q for q, value in enumerate(sums) if not value]

    @cached_property
    def seen(self) -> list[int]:
        """Those among ``balanced`` in which a row of positive weight has an entry."""
        return [q for q in self.balanced if any(row[q] for row in self._support)]

    @property
    def unseen(self) -> list[int]:
        """The coordinates that the next level decides."""
        return [self.free[q] for q in self.balanced if q not in self.seen]

    @property
    def _support(self) -> list[list[Fraction]]:
        return [row for row, c in zip(self.entries, self.weights, strict=True) if c]

    def undecided(self) -> list[int]:
        """The coordinates that not all maximizers share, and with them those that the next level would decide."""
        if rank([[row[q] for q in self.seen] for row in self._support]) == len(self.seen):
            return []
        # Rows without weight that cost the least may hold a coordinate in its place all the same.
        loose = {q for q in self.seen if len(self.seen) > FEW or not self._pinned(q)}
        return [self.free[q] for q in self.balanced if q in loose or (loose and q not in self.seen)]

    def _pinned(self, q: int) -> bool:
        """Whether u_q is the same at all u of the box at which every row costs ``cost`` at least."""
        count = len(self.free)
        return all(
            solve_lp(
                c=[sense * (k == q) for k in range(count)],
                A=[tuple(row) for row in self.entries],
                row_lower=[self.cost - given for given in self.given],
                row_upper=[None] * len(self.rows),
                lower=[-1] * count,
                upper=[1] * count,
            ).x[q]
            == self.u[q]
            for sense in (1, -1)
        )

    def one_c(self) -> bool:
        """Whether, on the first level, there is no other dual optimum."""
        tight = [row for row, cost in zip(self.entries, times(self.entries, self.u), strict=True)
                 if cost == self.cost]  # fmt: skip
        inside = [q for q, value in enumerate(self.u) if abs(value) < 1]
        equations = [[row[q] for row in tight] for q in inside] + [[Fraction(1)] * len(tight)]
        return rank(equations) == len(tight)


def _sign_limit(rows: Rows, program: Optimum | None) -> SignLimit | None:
    u, free = [Fraction(0)] * len(rows[0]), list(range(len(rows[0])))
    cost_of: list[Fraction | None] = [None] * len(rows[0])
    undecided: list[int] = []
    first: _Level | None = None
    levels: list[tuple[Fraction, ...]] = []
    while free and not undecided:
        for k in free:
            u[k] = Fraction(0)
        level = _level(rows, free, u, program if first is None else None)
        if first is None:
            first = level
            if first.cost <= 0:
                return None
        for k, value in zip(free, level.u, strict=True):
            u[k], cost_of[k] = value, level.cost
        held = dict(zip(level.rows, level.weights, strict=True))
        levels.append(tuple(held.get(i, Fraction(0)) for i in range(len(rows))))
        undecided, free = level.undecided(), level.unseen
    assert first is not None  # no row is zero, so some coordinate is free at the start
    off = [cost - first.cost for cost, c in zip(times(rows, u), levels[0], strict=True) if not c]
    return SignLimit(
        tuple(u), levels[0], first.cost, min(off, default=None), tuple(undecided), first.one_c(),
        tuple(cost_of), tuple(levels),
    )  # fmt: skip


def _level(rows: Rows, free: list[int], u: Sequence[Fraction], program: Optimum | None) -> _Level:
    """The level of the ``free`` coordinates, where u decides the others and is 0 in these; ``program`` is its solution,
    if that is known."""
    touched = [i for i, row in enumerate(rows) if any(row[k] for k in free)]
    entries = [[rows[i][k] for k in free] for i in touched]
    given = times([rows[i] for i in touched], u) if any(u) else (Fraction(0),) * len(touched)
    if program is not None:
        w, c = program.w.fractions(), program.c.fractions()
        return _Level(free, touched, entries, given, w, program.margin, c)
    # maximize t subject to given_i + x_i.u >= t, -1 <= u <= 1
    solution = solve_lp(
        c=[0] * len(free) + [-1],
        A=[(*row, Fraction(-1)) for row in entries],
        row_lower=[-value for value in given],
        row_upper=[None] * len(touched),
        lower=[-1] * len(free) + [None],
        upper=[1] * len(free) + [None],
    )
    return _Level(free, touched, entries, given, solution.x[:-1], solution.x[-1], solution.y)

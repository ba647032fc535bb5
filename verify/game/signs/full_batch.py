"""The game of sign(X'c): full-batch sign descent, to which full-batch Adam and Signum belong, solved exactly.

F(c) = X u with u in Sign(X'c), so an equilibrium is a saddle point of c'Xu over the simplex and the box:
u is an l_inf max-margin direction, c a dual optimum. Let gamma be the margin. Along the flow the soft minimum
of X w grows at the rate ||X'c||_1 >= gamma while ||w||_inf grows at the rate 1 at most, so w/tau tends to the
set of maximizers from every start; if there is one maximizer, that is the limit.

Where entries are zero, a coordinate may see no row of positive weight. Its sign is decided by the next rows
in cost, and the argument repeats on those rows and coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from verify.data.dataset import Dataset
from verify.evidence import Verdict
from verify.game.linear import exact_direction
from verify.game.result import Limit, Prediction
from verify.game.signs.certify import point_of_levels
from verify.game.signs.columns import Rows, together
from verify.margins.polyhedral import Optimum
from verify.numbers.linear.rational import rank, times
from verify.numbers.lp.exact import solve_lp
from verify.optimizers.optimizer import Optimizer

# Two linear programs a coordinate tell whether all maximizers share it: on no more than these.
FEW = 20


@dataclass(frozen=True)
class SignLimit:
    """An exact equilibrium: u (d), weights c (N), margin gamma, and the least F_j - gamma off the support.

    ``undecided`` are the coordinates of u that the maximizers do not share: then u is only one of them. (Coordinates
    that are multiples of each other in all rows move as one, and count as one.) ``one_c`` says that c is the only dual
    optimum. ``level`` (d) is the cost of the rows that decide a coordinate, None where no row has an entry; ``levels``
    the weights (N) of such rows, c first.
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
    """The equilibrium of the sign game; None if no w separates the data. Its first program is that of the l_inf margin,
    ``program`` if it is solved, where no columns are put together."""
    columns = together(data.rows)
    found = _sign_limit(columns.rows, program if columns.rows == data.rows else None)
    if found is None:
        return None
    held = [
        (k, place) for k, (place, sense) in enumerate(zip(columns.place, columns.sense, strict=True)) if sense
    ]
    level: list[Fraction | None] = [None] * data.d
    for k, place in held:
        level[k] = found.level[place]
    undecided = tuple(k for k, place in held if place in found.undecided)
    return replace(found, u=columns.spread(found.u), undecided=undecided, level=tuple(level))


def _sign_limit(rows: Rows, program: Optimum | None) -> SignLimit | None:
    u = [Fraction(0)] * len(rows[0])
    free, level = list(range(len(rows[0]))), list[Fraction | None]([None] * len(rows[0]))
    undecided: list[int] = []
    first: tuple[Fraction, bool] | None = None
    levels: list[tuple[Fraction, ...]] = []
    while free:
        touched = [i for i, row in enumerate(rows) if any(row[k] for k in free)]
        entries = [[rows[i][k] for k in free] for i in touched]
        decided = times([rows[i] for i in touched], u)
        if first is None and program is not None:
            x, y = (*program.w.fractions(), program.margin), program.c.fractions()
            z: Sequence[Fraction] = times(list(zip(*rows, strict=True)), y)
        else:
            # maximize t subject to decided_i + x_i.u >= t, -1 <= u <= 1
            solution = solve_lp(
                c=[0] * len(free) + [-1],
                A=[(*row, Fraction(-1)) for row in entries],
                row_lower=[-value for value in decided],
                row_upper=[None] * len(touched),
                lower=[-1] * len(free) + [None],
                upper=[1] * len(free) + [None],
            )
            x, y, z = solution.x, solution.y, solution.z
        support = [p for p in range(len(touched)) if y[p]]
        held = dict(zip(touched, y, strict=True))
        levels.append(tuple(held.get(i, Fraction(0)) for i in range(len(rows))))
        # z = -X'c in these coordinates, or X'c: where it is not 0 the bound holds for every maximizer.
        balanced = [q for q in range(len(free)) if not z[q]]
        seen = [q for q in balanced if any(entries[p][q] for p in support)]
        for q, k in enumerate(free):
            u[k], level[k] = x[q], x[-1]
        if rank([[entries[p][q] for q in seen] for p in support]) < len(seen):
            # Rows that hold the bound without weight may pin them all the same.
            face = [value - x[-1] for value in decided]
            loose = [q for q in seen if len(seen) > FEW or not _pinned(entries, face, q, x[q])]
            undecided += [free[q] for q in balanced if q in loose or (loose and q not in seen)]
        if first is None:
            margin = x[-1]
            if margin <= 0:
                return None
            own = times(entries, x[:-1])
            tight = [p for p in range(len(touched)) if own[p] == margin]
            inside = [q for q in range(len(free)) if abs(x[q]) < 1]
            equations = [[entries[p][q] for p in tight] for q in inside] + [[Fraction(1)] * len(tight)]
            first = margin, rank(equations) == len(tight)
        if undecided:
            break
        free = [free[q] for q in balanced if q not in seen]
        for k in free:
            u[k] = Fraction(0)
    assert first is not None  # no row is zero, so some coordinate is free at the start
    margin, one_c = first
    costs = times(rows, u)
    off = [cost - margin for cost, weight in zip(costs, levels[0], strict=True) if not weight]
    return SignLimit(
        tuple(u),
        levels[0],
        margin,
        min(off, default=None),
        tuple(undecided),
        one_c,
        tuple(level),
        tuple(levels),
    )


def _pinned(entries: list[list[Fraction]], face: list[Fraction], q: int, value: Fraction) -> bool:
    """Whether u_q is the same at all u of the box with face_i + x_i.u >= 0."""
    return all(
        solve_lp(
            c=[sense * (k == q) for k in range(len(entries[0]))],
            A=[tuple(row) for row in entries],
            row_lower=[-least for least in face],
            row_upper=[None] * len(face),
            lower=[-1] * len(entries[0]),
            upper=[1] * len(entries[0]),
        ).x[q]
        == value
        for sense in (1, -1)
    )


def sign_prediction(data: Dataset, opt: Optimizer, sign: SignLimit, digits: int | None) -> Prediction:
    """The sign game's equilibrium as a prediction; complete if direction and weights are the only ones."""
    direction, radius, text = exact_direction(sign.u, digits)
    notes = []
    if sign.undecided:
        notes.append(
            f"the l_inf maximizers are a whole face, free in coordinates {list(sign.undecided)}: "
            "this is one of its points"
        )
    if not sign.one_c:
        notes.append("the weights are one of several dual optima")
    limit = Limit(
        direction=direction,
        radius=None if sign.undecided else radius,
        support=tuple(i for i, c in enumerate(sign.weights) if c),
        weights=np.array([float(c) for c in sign.weights]),
        slack=np.inf if sign.slack is None else float(sign.slack / sign.margin),
        stability="undetermined" if sign.undecided else "attracting",
        evidence=Verdict.UNDECIDED if sign.undecided else Verdict.CERTIFIED,
        note="; ".join(notes),
        decimals=() if sign.undecided else text,
        point=None if sign.undecided else point_of_levels(sign.levels, data.rows, sign.u),
    )
    return Prediction(
        data, opt, (limit,), complete=not sign.undecided and sign.one_c, from_start=limit.evidence
    )

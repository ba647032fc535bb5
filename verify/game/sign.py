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
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from verify.data.dataset import Dataset
from verify.evidence import Verdict
from verify.game.convex import exact_direction
from verify.game.result import Limit, Prediction
from verify.margins.polyhedral import Optimum
from verify.numbers.exact_lp import solve_lp
from verify.numbers.rational import rank, times
from verify.optimizers.optimizer import Optimizer


@dataclass(frozen=True)
class SignLimit:
    """An exact equilibrium: u (d), weights c (N), margin gamma, and the least F_j - gamma off the support.

    ``undecided`` are the coordinates of u that the maximizers do not share: then u is only one of them.
    ``one_c`` says that c is the only dual optimum.
    """

    u: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    margin: Fraction
    slack: Fraction | None
    undecided: tuple[int, ...]
    one_c: bool


def sign_limit(data: Dataset, program: Optimum | None = None) -> SignLimit | None:
    """The equilibrium of the sign game; None if no w separates the data. Its first program is that of the l_inf margin:
    ``program``, if it is solved."""
    u = [Fraction(0)] * data.d
    free = [k for k in range(data.d) if any(row[k] for row in data.rows)]
    undecided: list[int] = []
    first: tuple[Fraction, tuple[Fraction, ...], bool] | None = None
    while free:
        rows = [i for i in range(data.n) if any(data.rows[i][k] for k in free)]
        entries = [[data.rows[i][k] for k in free] for i in rows]
        decided = times([data.rows[i] for i in rows], u)
        if first is None and program is not None and len(free) == data.d:
            x, y = (*program.w.fractions(), program.margin), program.c.fractions()
            z: Sequence[Fraction] = times(list(zip(*data.rows, strict=True)), y)
        else:
            # maximize t subject to decided_i + x_i.u >= t, -1 <= u <= 1
            solution = solve_lp(
                c=[0] * len(free) + [-1],
                A=[(*row, Fraction(-1)) for row in entries],
                row_lower=[-value for value in decided],
                row_upper=[None] * len(rows),
                lower=[-1] * len(free) + [None],
                upper=[1] * len(free) + [None],
            )
            x, y, z = solution.x, solution.y, solution.z
        support = [p for p in range(len(rows)) if y[p]]
        # z = -X'c in these coordinates, or X'c: where it is not 0 the bound holds for every maximizer.
        balanced = [q for q in range(len(free)) if not z[q]]
        seen = [q for q in balanced if any(entries[p][q] for p in support)]
        for q, k in enumerate(free):
            u[k] = x[q]
        if rank([[entries[p][q] for q in seen] for p in support]) < len(seen):
            undecided += [free[q] for q in balanced]
        if first is None:
            margin = x[-1]
            if margin <= 0:
                return None
            c = [Fraction(0)] * data.n
            for p, i in enumerate(rows):
                c[i] = y[p]
            own = times(entries, x[:-1])
            tight = [p for p in range(len(rows)) if own[p] == margin]
            inside = [q for q in range(len(free)) if abs(x[q]) < 1]
            equations = [[entries[p][q] for p in tight] for q in inside] + [[Fraction(1)] * len(tight)]
            first = margin, tuple(c), rank(equations) == len(tight)
        if undecided:
            break
        free = [free[q] for q in balanced if q not in seen]
        for k in free:
            u[k] = Fraction(0)
    assert first is not None  # no row is zero, so some coordinate is free at the start
    margin, weights, one_c = first
    costs = times(data.rows, u)
    off = [cost - margin for cost, weight in zip(costs, weights, strict=True) if not weight]
    return SignLimit(tuple(u), weights, margin, min(off, default=None), tuple(undecided), one_c)


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
    )
    return Prediction(
        data, opt, (limit,), complete=not sign.undecided and sign.one_c, from_start=limit.evidence
    )

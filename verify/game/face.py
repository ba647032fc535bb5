"""Equilibria on a guessed support: Newton's method, then complementarity and stability.

Usually the support is one set of rows of common, least cost lambda. Where entries are zero a coordinate may
see none of these rows; then U in that coordinate is decided by the rows next in cost that it does see,
although their weights vanish too. So a guess is a chain of levels, each with the coordinates it decides.

Only weights exp(-x_i.w) can occur. Within a level log c is therefore a vector of the span of the rows'
differences, and has as many unknowns as the equations F_i = F_j have rank, whether or not the rows are
independent (duplicates, more than d rows on a margin).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verify.game.field import Field, Floats, span
from verify.game.result import Stability

# Newton's method stops after this many steps, or after PATIENCE without halving the residual: then it has
# converged to rounding, or it wanders.
ITERATIONS = 40
PATIENCE = 4

# Rounding error of a cost x_i.U, in units of what perturbing log c and U by one eps does to it. An epoch's
# recursion and the sum of d products add up errors of that size; up to 3 was seen at N = 178, d = 14.
ROUNDING = 16.0

# Newton's step in log c is cut to this: the map is smooth on the scale of 1 in log c.
LONGEST_STEP = 2.0

# A weight this small inside a support is on its way out: a support vector's true weight is not known to be
# bounded below, but e^-60 of the largest could not be told from 0 in any cost F.
VANISHED = 60.0

# An eigenvalue's real part is of a sign if it exceeds this share of the Jacobian's norm. The Jacobian is
# exact to about 1e-13 of its norm by the complex step; nonnormality costs some digits more.
EIGENVALUE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Level:
    """Rows of common cost, and the coordinates whose drift they decide."""

    rows: NDArray[np.int64]
    coordinates: NDArray[np.int64]


@dataclass(frozen=True)
class Equilibrium:
    """An equilibrium in float64: levels, log c on each of them, costs, drift, and how sure it is.

    error is an estimate of the rounding error in the costs; excess the least F_j - (cost of the level that j
    could disturb) over all rows outside, inf if there are none.
    """

    levels: tuple[Level, ...]
    log_c: tuple[Floats, ...]
    weights: Floats
    drift: Floats
    cost: float
    excess: float
    error: float
    stability: Stability
    isolated: bool


def guess(field: Field, log_c: Floats, depth: float) -> tuple[Level, ...]:
    """Levels seen in a log c of the flow: rows within ``depth`` of the largest log c that matters."""
    X = field.X
    undecided = np.any(X != 0, axis=0)
    if field.one_scale:
        rows = np.flatnonzero(log_c > np.max(log_c) - depth)
        return (Level(rows, np.arange(X.shape[1])),)
    levels: list[Level] = []
    free = np.ones(len(X), dtype=bool)
    while undecided.any():
        matters = free & np.any(X[:, undecided] != 0, axis=1)
        top = np.max(log_c[matters])
        rows = np.flatnonzero(matters & (log_c > top - depth))
        decided = undecided & np.any(X[rows] != 0, axis=0)
        levels.append(Level(rows, np.flatnonzero(decided)))
        undecided &= ~decided
        free[rows] = False
    return tuple(levels)


def same(a: tuple[Level, ...], b: tuple[Level, ...]) -> bool:
    """Whether two guesses have the same rows at the same levels."""
    return len(a) == len(b) and all(np.array_equal(p.rows, q.rows) for p, q in zip(a, b, strict=True))


def newton(field: Field, levels: tuple[Level, ...], log_c: Floats) -> Equilibrium | None:
    """The equilibrium on the guessed levels nearest to log c, or None where there is none to be found.

    Solves F_i = F_j within each level; rows outside must cost more, or the guess was wrong.
    """
    X = field.X
    inside = [level.rows for level in levels]
    stacked = np.concatenate(inside)
    cuts = np.cumsum([len(rows) for rows in inside])[:-1]
    basis = span(np.concatenate([X[rows] - X[rows].mean(axis=0) for rows in inside]))
    if not any(_common_cost(X[rows]) for rows in inside[:1]):
        return None
    start = np.concatenate([log_c[rows] - np.mean(log_c[rows]) for rows in inside])
    point = basis @ (basis.T @ start)
    best, best_residual, falling = point, np.inf, 0
    for iteration in range(ITERATIONS):
        drift = _drift(field, levels, np.split(point, cuts))
        residual = basis.T @ (X[stacked] @ drift)
        size = float(np.max(np.abs(residual), initial=0.0))
        if size < best_residual / 2:
            falling = iteration
        if size < best_residual:
            best, best_residual = point, size
        if iteration - falling >= PATIENCE:
            break
        slope = _slope(field, levels, np.split(point, cuts), basis, cuts)
        jacobian = basis.T @ (X[stacked] @ slope)
        step = basis @ np.linalg.lstsq(jacobian, -residual, rcond=1e-14)[0]
        longest = float(np.max(np.abs(step), initial=0.0))
        if longest > LONGEST_STEP:
            step *= LONGEST_STEP / longest
        point = point + step
        if any(np.ptp(part) > VANISHED for part in np.split(point, cuts)):
            return None
        if longest == 0:
            break
    error = _rounding(field, levels, np.split(best, cuts))
    if best_residual > error:
        return None
    return _checked(field, levels, np.split(best, cuts), basis, error)


def _common_cost(rows: Floats) -> bool:
    """Whether some u gives all rows the same cost other than 0, that is, the constant is in their range."""
    return bool(span(rows).shape[1] > span(rows - rows.mean(axis=0)).shape[1])


def _rounding(field: Field, levels: tuple[Level, ...], log_c: list[Floats]) -> float:
    """An estimate of the rounding error in the costs, by perturbing log c at random by eps a few times."""
    eps = float(np.finfo(np.float64).eps)
    rng = np.random.default_rng(0)
    drift = _drift(field, levels, log_c)
    noise = eps * float(np.max(np.abs(field.X) @ np.abs(drift)))
    for _ in range(4):
        moved = [part + eps * rng.choice([-1.0, 1.0], size=len(part)) for part in log_c]
        noise = max(noise, float(np.max(np.abs(field.X) @ np.abs(_drift(field, levels, moved) - drift))))
    return ROUNDING * noise


def _checked(
    field: Field, levels: tuple[Level, ...], log_c: list[Floats], basis: Floats, error: float
) -> Equilibrium | None:
    """The equilibrium with its complementarity and stability, None if a row outside costs less."""
    X = field.X
    stacked = np.concatenate([level.rows for level in levels])
    cuts = np.cumsum([len(level.rows) for level in levels])[:-1]
    drift = _drift(field, levels, log_c)
    costs = X @ drift
    reached = np.full(X.shape[1], -np.inf)  # the cost of the level that decides each coordinate
    own = [float(np.mean(costs[level.rows])) for level in levels]
    for level, cost in zip(levels, own, strict=True):
        reached[level.coordinates] = cost
    disturbs = np.max(np.where(X != 0, reached, -np.inf), axis=1)
    if field.one_scale:
        disturbs[:] = own[0]
    excess = costs - disturbs
    for level, cost in zip(levels, own, strict=True):
        # A level's rows must cost more than the levels before that they touch, and its own by definition.
        touched = np.max(np.where((X[level.rows] != 0) & (reached < cost - error), reached, -np.inf), axis=1)
        excess[level.rows] = np.where(np.isfinite(touched), cost - touched, np.inf)
        if np.any(np.where(X[level.rows] != 0, reached, -np.inf) > cost + error):
            return None
    least = float(np.min(excess, initial=np.inf))
    if least < -error or own[0] <= error:
        return None  # a row outside costs less, or w does not grow along U

    weights = np.zeros(len(X))
    top = np.exp(log_c[0] - np.max(log_c[0]))
    weights[levels[0].rows] = top / np.sum(top)
    slope = _slope(field, levels, log_c, basis, cuts)
    # log c' = -F on the levels, so the coordinates of log c in the basis move with this Jacobian.
    jacobian = -(basis.T @ (X[stacked] @ slope))
    stability, isolated = _stability(jacobian, len(stacked) == len(X))
    if least <= error:
        stability = "undetermined"
    return Equilibrium(
        levels, tuple(log_c), weights, drift, own[0], least, error, stability, isolated
    )  # fmt: skip


def _stability(jacobian: Floats, all_rows: bool) -> tuple[Stability, bool]:
    """Stability from the flow's Jacobian on the support, and whether the equilibrium is isolated there."""
    if not len(jacobian):
        return "attracting", True
    tolerance = EIGENVALUE_TOLERANCE * float(np.linalg.norm(jacobian, 2))
    isolated = float(np.linalg.svd(jacobian, compute_uv=False)[-1]) > tolerance
    real = np.linalg.eigvals(jacobian).real
    if np.any(np.abs(real) <= tolerance):
        return "undetermined", isolated
    if np.all(real < 0):
        return "attracting", isolated
    return ("repelling" if all_rows and np.all(real > 0) else "saddle"), isolated


def _spread(field: Field, rows: NDArray[np.int64], log_c: Floats) -> Floats:
    full = np.full(len(field.X), -np.inf)
    full[rows] = log_c
    return full


def _drift(field: Field, levels: tuple[Level, ...], log_c: list[Floats]) -> Floats:
    """U in the limit in which each level outweighs the next without bound."""
    drift = np.zeros(field.X.shape[1])
    for level, part in zip(levels, log_c, strict=True):
        U = field.drift(_spread(field, level.rows, part))
        drift[level.coordinates] = U[level.coordinates]
    return drift


def _slope(
    field: Field, levels: tuple[Level, ...], log_c: list[Floats], basis: Floats, cuts: NDArray[np.int64]
) -> Floats:
    """The derivative of that drift along the basis's columns, shape (d, r)."""
    slope = np.zeros((field.X.shape[1], basis.shape[1]))
    for level, part, directions in zip(levels, log_c, np.split(basis, cuts), strict=True):
        V = np.zeros((len(field.X), basis.shape[1]))
        V[level.rows] = directions
        slope[level.coordinates] = field.slope(_spread(field, level.rows, part), V)[level.coordinates]
    return slope

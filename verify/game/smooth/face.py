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
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from verify.evidence import Verdict
from verify.game.result import Limit, Stability
from verify.game.smooth.field import Field, Floats, Underflow, centred
from verify.game.work import DECOMPOSITION
from verify.problem.frozen import shares

# Newton's method stops after this many steps, or after PATIENCE without halving the residual: then it has
# converged to rounding, or it wanders.
ITERATIONS = 40
PATIENCE = 4

# Rounding error of a cost x_i.U, in units of what perturbing log c and U by one eps does to it. An epoch's
# recursion and the sum of d products add up errors of that size; up to 3 was seen at N = 178, d = 14.
ROUNDING = 16.0

# Newton's step in log c is cut to this: the map is smooth on the scale of 1 in log c.
LONGEST_STEP = 2.0

# Newton's method gives a support up when a weight falls below exp(-VANISHED) of the largest: it then changes costs, and
# the Jacobian, by less than 500 eps, and the row hardly belongs to the support.
VANISHED = 30.0

# Newton's method has found a solution only if the step that it still wants is no longer than this in log c. Where a row
# costs as much as the others in the limit of no weight, it steps by 1 towards that limit for ever, while the residual
# falls to rounding.
SETTLED = 1e-3

# Each level lies this far below the one before: more than the spread within a level and the weight that the
# epoch map neglects (1e-110) together.
BELOW = 320.0

EPS = float(np.finfo(np.float64).eps)

# An eigenvalue's real part has a sign if it exceeds this many times the Jacobian's own rounding, which is seen
# by perturbing log c by an eps. The factor allows for eigenvalues that are that much more sensitive than the
# norm (they are of a matrix similar to a symmetric one if the game has a potential, and nearly so else).
EIGENVALUE_TOLERANCE = 100.0

# By default Newton's method may move c by this much in total variation: it polishes the end of a flow.
FARTHEST = 0.1


@dataclass(frozen=True)
class Level:
    """Rows of common cost, and the coordinates whose drift they decide."""

    rows: NDArray[np.int64]
    coordinates: NDArray[np.int64]


@dataclass(frozen=True)
class Equilibrium:
    """An equilibrium in float64: levels, log c on their rows, costs, drift, and how sure it is.

    error is an estimate of the rounding error in the costs. excess (N) is F_j less the cost of the deepest
    level that decides a coordinate in which j has an entry: a cheaper row would belong to that level or one
    above. For the rows of a level it is the excess over the level before, inf for the first.

    Where each batch is a population of its own (``populations``), there is a level for each, with a cost of its own,
    and none is above another: all have weight, ``cost`` is the least of their costs, and excess compares a row with its
    own population, inf for those that have weight.

    ``pinned``: in the plane a row that costs as much as another fixes the direction at which both do, whatever their
    weights.
    """

    levels: tuple[Level, ...]
    log_c: Floats
    weights: Floats
    drift: Floats
    cost: float
    excess: Floats
    error: float
    stability: Stability
    isolated: bool
    populations: bool = False
    pinned: bool = False

    @property
    def least(self) -> float:
        """The least excess of any row."""
        return float(np.min(self.excess))

    @property
    def balanced(self) -> bool:
        """Whether the inequalities hold too: else only the equations do, and this is no equilibrium."""
        return self.least >= -self.error

    @property
    def valid(self) -> bool:
        """Whether this is an equilibrium of positive cost: else w does not grow along U."""
        return self.balanced and self.cost > self.error

    def spread(self, n: int) -> Floats:
        """log c (N,), -inf off the levels."""
        log_c = np.full(n, -np.inf)
        log_c[np.concatenate([level.rows for level in self.levels])] = self.log_c
        return log_c

    def limit(self) -> Limit:
        """What is measured of it."""
        tie = self.least <= self.error
        notes = []
        if tie:
            notes.append("a row off the support costs as little as those on it, to rounding")
            if self.pinned:
                notes[-1] += ": in the plane that fixes the direction, and only the weights are not decided"
        if not self.isolated:
            notes.append("the equilibrium is not isolated: the weights depend on the start")
        if self.populations:
            notes.append("the weights are shares of each batch")
        return Limit(
            direction=self.drift / np.linalg.norm(self.drift),
            radius=None,
            support=tuple(
                int(i) for level in self.levels[: None if self.populations else 1] for i in level.rows
            ),
            weights=self.weights,
            slack=0.0 if tie else self.least / self.cost,
            stability=self.stability,
            evidence=Verdict.UNDECIDED if tie and not self.pinned else Verdict.MEASURED,
            note="; ".join(notes),
            levels=tuple(
                (tuple(map(int, level.rows)), tuple(shares(part).tolist()))
                for level, part in zip(self.levels[1:], _split(self.levels, self.log_c)[1:], strict=True)
                if not self.populations
            ),
        )


def guess(field: Field, log_c: Floats, depth: float) -> tuple[Level, ...]:
    """Levels seen in a log c of the flow: rows within ``depth`` of the largest log c that matters.

    The row of the largest is always among them: where log c is 1e17 the depth is lost to rounding.
    """
    X = field.X
    undecided = np.any(X != 0, axis=0)
    if field.population is not None:
        near = log_c >= field.tops(log_c) - depth
        members = (near & (field.population == p) for p in range(int(field.population[-1]) + 1))
        return tuple(Level(np.flatnonzero(part), np.arange(X.shape[1])) for part in members)
    if field.one_scale:
        rows = np.flatnonzero(log_c >= np.max(log_c) - depth)
        return (Level(rows, np.arange(X.shape[1])),)
    levels: list[Level] = []
    free = np.ones(len(X), dtype=bool)
    while undecided.any():
        matters = free & np.any(X[:, undecided] != 0, axis=1)
        top = np.max(log_c[matters])
        rows = np.flatnonzero(matters & (log_c >= top - depth))
        decided = undecided & np.any(X[rows] != 0, axis=0)
        levels.append(Level(rows, np.flatnonzero(decided)))
        undecided &= ~decided
        free[rows] = False
    return tuple(levels)


def same(a: tuple[Level, ...], b: tuple[Level, ...]) -> bool:
    """Whether two guesses have the same rows at the same levels."""
    return len(a) == len(b) and all(np.array_equal(p.rows, q.rows) for p, q in zip(a, b, strict=True))


def newton(
    field: Field, levels: tuple[Level, ...], log_c: Floats, farthest: float = FARTHEST
) -> Equilibrium | None:
    """A solution of F_i = F_j on the guessed levels, by Newton's method from log c; None if it finds none, or leaves
    what floats can tell.

    ``farthest`` bounds the distance from the start, in total variation of the weights.
    """
    try:
        return _newton(field, levels, log_c, farthest)
    except Underflow:
        return None


def _newton(field: Field, levels: tuple[Level, ...], log_c: Floats, farthest: float) -> Equilibrium | None:
    X = field.X
    inside = [level.rows for level in levels]
    rows = np.concatenate(inside)
    leading = inside[: _leading(field)]
    if not all(_common_cost(field, X[part]) for part in leading):
        return None
    basis = field.span(np.concatenate([centred(X[part]) for part in inside]))
    start = np.concatenate([log_c[part] - np.mean(log_c[part]) for part in inside])
    point = basis @ (basis.T @ start)
    best, best_residual, best_step, falling = point, np.inf, np.inf, 0
    for iteration in range(ITERATIONS):
        drift = field.drift(_spread(field, levels, point))
        # What a rule divides by may be 0, of AdaBelief where all rows are one; here and for the slope.
        if not np.all(np.isfinite(drift)):
            return None
        residual = basis.T @ (X[rows] @ drift)
        size = float(np.max(np.abs(residual), initial=0.0))
        if size < best_residual / 2:
            falling = iteration
        if iteration - falling >= PATIENCE:
            break
        jacobian = basis.T @ (X[rows] @ _slope(field, levels, point, basis))
        if not np.all(np.isfinite(jacobian)):
            return None
        field.work.spend(DECOMPOSITION * len(jacobian) ** 3)
        noise = 4 * EPS * float(np.max(np.abs(X[rows]) @ np.abs(drift)))
        step = -(basis @ (_inverse(jacobian, noise) @ residual))
        longest = float(np.max(np.abs(step), initial=0.0))
        if size < best_residual:
            best, best_residual, best_step = point, size, longest
        if longest == 0:
            break
        point = point + step * min(1.0, LONGEST_STEP / longest)
        pairs = zip(_split(levels, point), _split(levels, start), leading, strict=False)
        if max(np.abs(shares(now) - shares(then)).sum() / 2 for now, then, _ in pairs) > farthest:
            return None
        if any(np.ptp(part) > VANISHED for part in _split(levels, point)):
            return None
    error = _rounding(field, levels, best)
    if best_residual > error or best_step > SETTLED:
        return None
    return _checked(field, levels, best, basis, error)


def _inverse(jacobian: Floats, noise: float) -> Floats:
    """The pseudoinverse that leaves alone the directions in which the Jacobian is no more than rounding, its own or
    that of its decomposition."""
    if not len(jacobian):
        return jacobian
    left, sigma, right = np.linalg.svd(jacobian)
    kept = sigma > max(noise, EPS * sigma[0])
    return np.asarray((right[kept].T / sigma[kept]) @ left[:, kept].T)


def _common_cost(field: Field, rows: Floats) -> bool:
    """Whether some u gives all rows the same cost other than 0, that is, the constant is in their range. Of very many
    rows some are asked first: what all have they have."""
    few = rows[:: max(1, len(rows) // (2 * rows.shape[1]))]
    if len(few) < len(rows) and not _common_cost(field, few):
        return False
    return bool(field.span(rows).shape[1] > field.span(centred(rows)).shape[1])


def _leading(field: Field) -> int | None:
    """How many levels have weight: the first, or all (None) where each is a population of its own."""
    return 1 if field.population is None else None


def _perturbed(field: Field, levels: tuple[Level, ...], log_c: Floats, times: int) -> list[Floats]:
    """log c moved at random by an eps of what stands for it in ``_spread``, the same each time it is asked."""
    below = BELOW * (len(levels) - 1) if field.population is None else 0.0
    return [log_c + EPS * max(1.0, below) * signs for signs in _signs(times, len(log_c))]


@lru_cache(maxsize=64)
def _signs(times: int, size: int) -> Floats:
    """Rows of signs, always the same."""
    return np.random.default_rng(0).choice([-1.0, 1.0], size=(times, size))


def _rounding(field: Field, levels: tuple[Level, ...], log_c: Floats) -> float:
    """An estimate of the rounding error in the costs."""
    drift = field.drift(_spread(field, levels, log_c))
    noise = [max(EPS, field.noise) * np.abs(drift)]
    noise += [
        np.abs(field.drift(_spread(field, levels, moved)) - drift)
        for moved in _perturbed(field, levels, log_c, 4)
    ]
    return ROUNDING * float(max(np.max(np.abs(field.X) @ size) for size in noise))


def _checked(
    field: Field, levels: tuple[Level, ...], log_c: Floats, basis: Floats, error: float
) -> Equilibrium:
    """The solution with its complementarity and stability."""
    X = field.X
    rows = np.concatenate([level.rows for level in levels])
    drift = field.drift(_spread(field, levels, log_c))
    costs = X @ drift
    own = [float(np.mean(costs[level.rows])) for level in levels]
    several = field.population is not None
    if field.population is not None:
        excess = costs - np.array(own)[field.population]
        excess[rows] = np.inf
    else:
        excess = excesses(X, levels, costs)

    weights = np.zeros(len(X))
    leading = levels[: _leading(field)]
    for level, part in zip(leading, _split(levels, log_c), strict=False):
        weights[level.rows] = shares(part) / len(leading)
    # log c' = -F on the levels, so the coordinates of log c in the basis move with this Jacobian.
    jacobian, *others = (
        -(basis.T @ (X[rows] @ _slope(field, levels, point, basis)))
        for point in [log_c, *_perturbed(field, levels, log_c, 2)]
    )
    change = max(float(np.linalg.norm(jacobian - other)) for other in others)
    field.work.spend(5 * DECOMPOSITION * len(jacobian) ** 3)
    tolerance = max(EIGENVALUE_TOLERANCE * change, error)
    stability, isolated = _stability(jacobian, tolerance, len(rows) == len(X))
    if np.min(excess) <= error:
        stability = "undetermined"
    cost = min(own) if several else own[0]
    ties = X[excess <= error]
    pinned = X.shape[1] == 2 and len(levels) == 1 and bool(np.any(ties != X[rows[0]]))
    return Equilibrium(
        levels, log_c, weights, drift, cost, excess, error, stability, isolated, several, pinned
    )


def excesses(X: Floats, levels: tuple[Level, ...], costs: Floats) -> Floats:
    """The excess of each row, as `Equilibrium` has it, where the levels lie one below the other."""
    own = [float(np.mean(costs[level.rows])) for level in levels]
    excess = costs - own[0]
    for level, cost in zip(levels, own, strict=True):
        sees = np.any(X[:, level.coordinates] != 0, axis=1)
        excess[sees] = costs[sees] - cost
    for depth, level in enumerate(levels):
        excess[level.rows] = own[depth] - own[depth - 1] if depth else np.inf
    return excess


def levels_at(limit: Limit, X: Floats) -> tuple[tuple[Level, ...], Floats]:
    """The levels of a limit on rows X (N, d), and log c (N,) at it, each level far below the one before."""
    log_c, undecided, levels = np.full(len(X), -np.inf), np.ones(X.shape[1], dtype=bool), []
    first = (limit.support, tuple(limit.weights[list(limit.support)]))
    for depth, (rows, weights) in enumerate((first, *limit.levels)):
        with np.errstate(divide="ignore"):  # a row may cost so little more that its weight is 0 to rounding
            log_c[list(rows)] = np.log(weights) - depth * BELOW
        decided = undecided & np.any(X[list(rows)] != 0, axis=0)
        levels.append(Level(np.array(rows), np.flatnonzero(decided)))
        undecided &= ~decided
    return tuple(levels), log_c


def _stability(jacobian: Floats, tolerance: float, all_rows: bool) -> tuple[Stability, bool]:
    """Stability from the flow's Jacobian on the support, and whether the equilibrium is isolated there."""
    if not len(jacobian):
        return "attracting", True
    isolated = float(np.linalg.svd(jacobian, compute_uv=False)[-1]) > tolerance
    real = np.linalg.eigvals(jacobian).real
    if np.any(np.abs(real) <= tolerance):
        return "undetermined", isolated
    if np.all(real < 0):
        return "attracting", isolated
    return ("repelling" if all_rows and np.all(real > 0) else "saddle"), isolated


def _split(levels: tuple[Level, ...], stacked: Floats) -> list[Floats]:
    ends = accumulate(len(level.rows) for level in levels)
    return [stacked[end - len(level.rows) : end] for end, level in zip(ends, levels, strict=True)]


def _spread(field: Field, levels: tuple[Level, ...], log_c: Floats) -> Floats:
    """log c of all rows, in which each level outweighs the next by so much that it alone is seen."""
    full = np.full(len(field.X), -np.inf)
    below = BELOW if field.population is None else 0.0
    for depth, (level, part) in enumerate(zip(levels, _split(levels, log_c), strict=True)):
        full[level.rows] = part - depth * below
    return full


def _slope(field: Field, levels: tuple[Level, ...], log_c: Floats, basis: Floats) -> Floats:
    """The derivative of the drift along the basis's columns, shape (d, r)."""
    V = np.zeros((len(field.X), basis.shape[1]))
    V[np.concatenate([level.rows for level in levels])] = basis
    return field.slope(_spread(field, levels, log_c), V)

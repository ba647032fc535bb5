"""The equilibria of a small set in milliseconds: Newton's method on every face of the simplex from many starts,
compiled, in float64. What it finds is measured: it may miss one, and proves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from verify.errors import BadInput
from verify.game.result import Stability
from verify.game.smooth.each_start import Solutions, solver
from verify.game.smooth.field import Floats
from verify.game.smooth.search import SPREADS_ON_FACE, STARTS_ON_FACE
from verify.optimizers.optimizer import Optimizer

# Rows of which all faces are looked at: 2^8 faces are as many as take less than a second.
MOST_ROWS = 8

# Where the indices of what was found do not add up to 1, as those of all equilibria do, some were missed, and there are
# this many times as many starts, up to twice.
MORE = 4

# Weights or excesses that differ by less are the same, or are none: the square root of rounding, as at a fold.
SAME = 1e-6


@dataclass(frozen=True)
class Found:
    """An equilibrium c* (N) in floats, with the drift U(c*) (d), its stability, and its index: the sign of the
    determinant of the slope of costs on its face, 0 where a row off the face costs as little."""

    support: tuple[int, ...]
    weights: Floats
    drift: Floats
    cost: float
    stability: Stability
    index: int

    @property
    def attracting(self) -> bool:
        """Whether the flow comes to it from all around."""
        return self.stability == "attracting"


def equilibria_together(
    opt: Optimizer, X: Floats, starts: int = STARTS_ON_FACE, seed: int = 0
) -> list[Found]:
    """The equilibria of positive cost that Newton's method finds on the faces of at most d rows. The indices of all
    equilibria add up to 1 (Poincare and Hopf), which tells whether there must be more.

    Raises BadInput for more than 8 rows, for rows with entries 0, whose coordinates may fade on their own, and for
    rules whose direction depends on the scale of the gradient.
    """
    n, d = X.shape
    if n > MOST_ROWS:
        raise BadInput(
            f"equilibria: {n} rows, and all faces are looked at of at most {MOST_ROWS}; ask predict"
        )
    if not X.all():
        raise BadInput(
            "equilibria: an entry of the data is 0, so that coordinates may fade on their own; ask predict"
        )
    if opt.rule.degree != 0 or opt.rule.reads == "norm" or opt.rule.update == "sign":
        raise BadInput(
            f"equilibria: {opt.rule.name} sees the scale of the gradient, or is not smooth; ask predict"
        )
    found, solutions = list[Found](), solver(opt, X)
    for times in (1, MORE, MORE * MORE):
        rng = np.random.default_rng((seed, times))
        for size in range(1, min(n, d) + 1):
            ends = solutions(*_starts(n, size, times * starts if size > 1 else 1, rng))
            found += _distinct(ends, [each.weights for each in found])
        if sum(each.index for each in found) == 1:
            break
    return found


def _starts(n: int, size: int, count: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], Floats]:
    """The faces (r, size) of so many rows, each so many times, and log c (r, size) to start from, 0 first."""
    faces = np.array(list(combinations(range(n), size)))
    spreads = np.append(0.0, np.resize(SPREADS_ON_FACE, count - 1))
    log_c = rng.uniform(-1, 1, (len(faces), count, size)) * spreads[:, None]
    return np.repeat(faces, count, axis=0), log_c.reshape(-1, size)


def _distinct(ends: Solutions, known: list[Floats]) -> Iterator[Found]:
    """The solutions that are equilibria of positive cost, no row off their face costing less, and are not known yet."""
    rows, weights, slopes, drifts, costs = ends
    size = np.abs(costs).max(axis=1)
    cost = np.take_along_axis(costs, rows, axis=1).mean(axis=1)
    excess = np.where(weights > 0, np.inf, costs - cost[:, None]).min(axis=1)
    for k in np.flatnonzero((cost > SAME * size) & (excess >= -SAME * size)):
        if any(np.abs(weights[k] - other).sum() < SAME for other in known):
            continue
        known.append(weights[k])
        strict = bool(excess[k] > SAME * size[k])
        index = int(np.sign(np.linalg.det(slopes[k]))) if strict else 0
        unstable = int(np.sum(np.linalg.eigvals(slopes[k]).real <= 0))
        stability: Stability = (
            "undetermined" if not index
            else "attracting" if not unstable
            else "repelling" if unstable == weights.shape[1] - 1
            else "saddle"
        )  # fmt: skip
        yield Found(tuple(map(int, rows[k])), weights[k], drifts[k], float(cost[k]), stability, index)

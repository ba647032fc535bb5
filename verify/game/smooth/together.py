"""The equilibria of a small set in milliseconds: Newton's method on every face of the simplex from many starts, all
columns of one array, in float64. What it finds is measured: it may miss one, and proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.errors import BadInput
from verify.game.smooth.columns import solutions
from verify.game.smooth.field import Floats
from verify.game.smooth.search import SPREADS_ON_FACE, STARTS_ON_FACE
from verify.optimizers.optimizer import Optimizer
from verify.problem.epoch_map import epoch_map
from verify.problem.frozen import shares

# Rows of which all faces are looked at: 2^8 faces are as many as take less than a second.
MOST_ROWS = 8

# Where the indices of what was found do not add up to 1, as those of all equilibria do, some were missed, and there are
# so many times as many starts, up to twice.
MORE = 4

# Weights or excesses that differ by less are the same, or are none: the square root of rounding, as at a fold.
SAME = 1e-6


@dataclass(frozen=True)
class Found:
    """An equilibrium c* (N) in floats, with the drift U(c*) (d), whether it attracts, and its index: the sign of the
    determinant of the slope of costs on its face, 0 where a row off the face costs as little."""

    support: tuple[int, ...]
    weights: Floats
    drift: Floats
    cost: float
    attracting: bool
    index: int


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
    U, found = epoch_map(opt, X), list[Found]()
    for times in (1, MORE, MORE * MORE):
        rng = np.random.default_rng((seed, times))
        for size in range(1, min(n, d) + 1):
            for row, log_c, A in solutions(U, X, *_starts(n, size, times * starts if size > 1 else 1, rng)):
                equilibrium = _checked(U, X, row, log_c, A)
                if equilibrium is not None and not any(_same(equilibrium, other) for other in found):
                    found.append(equilibrium)
        if sum(each.index for each in found) == 1:
            break
    return found


def _starts(n: int, size: int, count: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], Floats]:
    """The faces (r, size) of so many rows, each so many times, and log c (r, size) to start from, 0 first."""
    faces = np.array(list(combinations(range(n), size)))
    spreads = np.append(0.0, np.resize(SPREADS_ON_FACE, count - 1))
    log_c = rng.uniform(-1, 1, (len(faces), count, size)) * spreads[:, None]
    return np.repeat(faces, count, axis=0), log_c.reshape(-1, size)


def _checked(
    U: Callable[..., NDArray[Any]], X: Floats, row: NDArray[np.int64], log_c: Floats, A: Floats
) -> Found | None:
    """The solution, if it is an equilibrium of positive cost: no row off its face costs less."""
    spread = np.full(len(X), -np.inf)
    spread[row] = log_c
    drift = np.asarray(U(spread), dtype=float)
    costs = X @ drift
    cost = float(costs[row].mean())
    excess = np.delete(costs - cost, row)
    size = float(np.abs(costs).max())
    if cost <= SAME * size or np.any(excess < -SAME * size):
        return None
    strict = bool(np.all(excess > SAME * size))
    attracting = strict and bool(np.all(np.linalg.eigvals(A).real > 0))
    index = int(np.sign(np.linalg.det(A))) if strict else 0
    return Found(tuple(map(int, row)), shares(spread), drift, cost, attracting, index)


def _same(a: Found, b: Found) -> bool:
    return bool(np.abs(a.weights - b.weights).sum() < SAME)

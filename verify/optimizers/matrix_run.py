"""Runs of rules that read the whole gradient of a matrix, in float64 in log scale.

As in `verify.optimizers.kernel` gradients are kept as exp(scale) * ghat, with a scale for the matrix or for each row,
as the rule divides it out. A step is some matrix products, which NumPy makes: it needs no compiled loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from verify.errors import Undecided
from verify.losses.together import Weights
from verify.numbers.systems.arrays import ARRAYS
from verify.optimizers.matrices import Map
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import slopes

# The scale is moved when it is this far from the gradients' size, as in the kernel.
SLACK = 60.0


def matrix_iterates(
    X: NDArray[np.float64],
    opt: Optimizer,
    map_of: Map,
    snapshots: Sequence[int],
    start: NDArray[np.float64] | None,
    seed: int,
    progress: Callable[[int], None],
) -> Iterator[tuple[int, float, NDArray[np.float64], tuple[NDArray[np.float64], ...], NDArray[np.float64]]]:
    """Step, time, w (k d), states and scale by coordinate, after each of the numbers of steps. Raises Undecided where
    the map is not told by float64."""
    n, d = len(X), X.shape[1]
    shape = (opt.classes, d // opt.classes)
    blocks = shape[0] if map_of.blocks == "row" else 1
    parts = X.reshape(n, blocks, -1)
    present = np.any(parts != 0, axis=2)
    weights, step = Weights(opt.loss, opt.owned), opt.rule.step(ARRAYS)
    h, scalars, step_size = opt.frozen(ARRAYS), opt.scalars(ARRAYS), opt.step_size(ARRAYS)
    w = np.zeros(d) if start is None else np.array(start, dtype=np.float64)
    s = tuple(np.zeros((blocks, d // blocks)) for _ in opt.rule.states)
    scale, level = np.zeros(blocks), np.full(blocks, -np.inf)
    kept = max(slopes(opt.rule, opt.values), default=0.0)
    fade = math.log(kept) if kept > 0 else -math.inf
    batches = (row[row >= 0] for table in opt.tables(n, seed) for row in table)
    t, tau = 0, 0.0
    for target in sorted(set(snapshots)):
        while t < target:
            batch = next(batches)
            logs = weights.logarithms(X[batch] @ w)
            seen_by = np.where(present[batch], logs[:, None], -np.inf)
            level = np.maximum(seen_by.max(axis=0), level + fade)
            moved = (np.abs(level - scale) > SLACK) & (level > -np.inf)
            if moved.any():
                unit = np.where(moved, np.exp(np.minimum(scale - level, 4 * SLACK)), 1.0)
                s, scale = tuple(state * unit[:, None] for state in s), np.where(moved, level, scale)
            c = np.exp(seen_by - scale)
            g = -np.einsum("jb,jbw->bw", c, parts[batch]) * (opt.owned / len(batch))
            u, s = step(g, 0.0, s, h)
            eta = float(scalars(np.float64(t))[0])
            try:
                update = map_of.of(np.asarray(u).reshape(shape)).ravel()
            except Undecided as reason:
                raise Undecided(f"{reason} (in step {t + 1})") from None
            left = 1 - float(opt.weight_decay) * float(step_size(np.float64(t))) if opt.weight_decay else 1.0
            w, t, tau = left * w - eta * update, t + 1, tau + eta
            if t % 256 == 0:
                progress(t)
        by_coordinate = np.repeat(scale, d // blocks)
        yield t, tau, w.copy(), tuple(state.ravel() for state in s), by_coordinate

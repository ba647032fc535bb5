"""The direction in which a run moves late: its increment over the second half of its steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verify.optimizers.optimizer import Optimizer
from verify.optimizers.trajectory import trajectory

Floats = NDArray[np.float64]

# The second half of a run in a random order is looked at in this many pieces.
PIECES = 16


@dataclass(frozen=True)
class Increments:
    """The direction w_T - w_{T/2} of a run: its time tau, and how long the second half ``lasted``; the last step size,
    and the iterate; in a random order the standard error of the unit direction in l2 norm, as the pieces of the run
    tell it."""

    steps: int
    tau: float
    last_step_size: float
    direction: Floats
    weights: Floats
    error: float = 0.0
    lasted: float = 0.0


def increments(
    X: Floats,
    opt: Optimizer,
    steps: int,
    *,
    start: Floats | None = None,
    seed: int = 0,
    progress: Callable[[int], None] = lambda step: None,
) -> Increments:
    """Simulate from w_0 = ``start``, 0 by default, and take the increment over the second half of the steps."""
    pieces = 1 if opt.order == "cyclic" else min(PIECES, steps - steps // 2)
    marks = np.linspace(steps // 2, steps, pieces + 1).astype(int).tolist()
    run = trajectory(X, opt, marks, start=start, seed=seed, progress=progress)
    half, last = run.weights[0], run.weights[-1]
    error = _standard_error(np.diff(run.weights, axis=0), np.diff(run.tau)) if pieces > 1 else 0.0
    size = float(opt.step_sizes(steps - 1, steps)[0])
    return Increments(steps, run.tau[-1], size, last - half, last, error, run.tau[-1] - run.tau[0])


def _standard_error(moves: Floats, times: Floats) -> float:
    """That of the direction of the sum of moves (K, d), as if they were independent and took these times (K,). Costs
    that draw w back to the equilibrium make later moves undo earlier ones, so it is rather too large."""
    count, total = len(moves), moves.sum(axis=0)
    if not total.any():  # a run that stands still has no direction, and none that varies
        return 0.0
    astray = moves - (times / times.sum())[:, None] * total
    return float(np.sqrt(count / (count - 1) * (astray**2).sum()) / np.linalg.norm(total))

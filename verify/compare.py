"""Holding directions against each other: a simulation's increments, margins, predictions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from verify.game import Limit, Prediction
from verify.optimizers import Optimizer
from verify.optimizers.epoch_map import epoch_map
from verify.simulate import trajectory

Vector = NDArray[np.float64]


def misalignment(u: Vector, v: Vector) -> float:
    """1 - cos of the angle between two nonzero vectors, to full relative accuracy also near 0."""
    u, v = u / np.linalg.norm(u), v / np.linalg.norm(v)
    return float(np.sum((u - v) ** 2) / 2)


@dataclass(frozen=True)
class Increments:
    """The direction w_T - w_{T/2} of a run from w_0 = 0: its time tau, the last step size, the iterate."""

    steps: int
    tau: float
    last_step_size: float
    direction: Vector
    weights: Vector


def increments(
    X: Vector,
    opt: Optimizer,
    steps: int,
    *,
    start: Vector | None = None,
    seed: int = 0,
    progress: Callable[[int], None] = lambda step: None,
) -> Increments:
    """Simulate and take the increment over the second half of the steps."""
    run = trajectory(X, opt, [steps // 2, steps], start=start, seed=seed, progress=progress)
    half, last = run.weights
    return Increments(steps, run.tau[1], float(opt.step_sizes(steps - 1, steps)[0]), last - half, last)


def suited_step_size(opt: Optimizer, X: Vector, steps: int, tau: float, coarsest: float = 0.05) -> Optimizer:
    """The optimizer with lr such that ``steps`` steps last the time ``tau``, or less if they would be coarse.

    What separates increments from the limit is exp(-slack tau/2), the weights not yet gone at half time,
    and the change of the gradients within an epoch. The latter is at most eta_T * (steps an epoch) *
    max_i ||x_i||_1, as an update's entries are about 1 at most; lr keeps it below ``coarsest`` at the end,
    and enters 1 - cos squared.
    """
    unit = float(np.sum(replace(opt, lr=Fraction(1)).step_sizes(0, steps)))
    last = float(replace(opt, lr=Fraction(1)).step_sizes(steps - 1, steps)[0])
    epoch = -(-len(X) // opt.batch(len(X)))
    reach = float(np.abs(X).sum(axis=1).max())
    return replace(opt, lr=Fraction(min(tau / unit, coarsest / (epoch * reach * last))))


def time_to_settle(limit: Limit, X: Vector, opt: Optimizer) -> float:
    """The time tau after which the weights of the rows off the support have fallen by exp(-40) = 4e-18."""
    with np.errstate(divide="ignore"):
        log_c = np.log(limit.weights)
    F = X @ epoch_map(opt, X)(log_c).real
    lowest = float(F.min())
    return 40 / (lowest * min(limit.slack, 1.0)) if limit.slack > 0 < lowest else math.inf


@dataclass(frozen=True)
class Simulated:
    """How close a run from w_0 = 0 came to its nearest predicted limit, and to the margins' directions."""

    steps: int
    tau: float
    nearest: int
    misalignment: float
    reached: bool
    weights_left: float

    def to_json(self) -> dict[str, float | int | bool]:
        """As the command `predict` adds it to its output."""
        return asdict(self)


# A run whose increments are this close to the predicted limit agrees with it.
AGREES = 1e-6


def hold_against_simulation(
    prediction: Prediction, steps: int, progress: Callable[[int], None] = lambda step: None
) -> Simulated:
    """Simulate for ``steps`` steps, with a step size that suits them, and find the nearest limit.

    ``weights_left`` is exp(-gap tau/2), gap being the least F_j - min F off the support: what is left, at
    half time, of the weights that are to vanish. Where it is not small the run is too short to tell.
    """
    X, opt = prediction.dataset.floats(), prediction.optimizer
    settle = time_to_settle(prediction.limits[0], X, opt)
    run = increments(X, suited_step_size(opt, X, steps, settle), steps, progress=progress)
    gaps = [misalignment(run.direction, limit.direction) for limit in prediction.limits]
    nearest = int(np.argmin(gaps))
    left = math.exp(-20 * run.tau / settle)
    return Simulated(steps, run.tau, nearest, gaps[nearest], gaps[nearest] < AGREES, left)

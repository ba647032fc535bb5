"""Up to which margin a number format serves: where the log-scale run says that underflow begins for good.

That is read off a run, carried on beyond the steps asked for while this costs seconds. No formula stands in for it
where the run does not get there: v remembers gradients for 1/(1 - beta2) steps and longer where they shrink fast, rows
fade each at a pace of its own, and the margin at which v underflows may then be far from the half of its logarithm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.numbers.formats import FORMATS, Format
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.trajectory import Snapshot, iterates
from verify.optimizers.watch import Watched

# Products that the run may take in all: a second or two.
WORK = 10**8

# The run is looked at after this many times the steps before.
LONGER = 4


@dataclass(frozen=True)
class Reach:
    """``margin``: that of the log-scale run at ``step``, from which on m, v or the update is below the format's normal
    numbers to the end; None if that did not happen in the ``steps`` steps that were tried, which came to the margin
    ``tried``."""

    margin: float | None
    step: int | None
    steps: int
    tried: float


def reach(
    X: NDArray[np.float64], opt: Optimizer, form: Format, seed: int, last: Snapshot
) -> dict[str, Reach]:
    """The reach of the format, and of the wider ones among float32 and float64, by name.

    ``last`` is the end of the log-scale run of the steps asked for, watched for the format.
    """
    found = _found(X, last, last.watched)
    reached = {form.name: found or _carried_on(X, opt, form, seed, last.step)}
    for other in (FORMATS["float32"], FORMATS["float64"]):
        if other.lowest < form.lowest:
            reached[other.name] = _carried_on(X, opt, other, seed, last.step)
    return reached


def _found(X: NDArray[np.float64], snapshot: Snapshot, watched: Watched) -> Reach | None:
    if not watched.there:
        return None
    event = min(watched.there, key=lambda event: watched.since[event])
    there = _least(X, watched.there[event])
    return Reach(there, watched.since[event], snapshot.step, _least(X, snapshot.w))


def _carried_on(X: NDArray[np.float64], opt: Optimizer, form: Format, seed: int, steps: int) -> Reach:
    most = max(steps, WORK // (opt.batch(len(X)) * X.shape[1] + 20))
    looks = [
        min(most, steps * LONGER**k) for k in range(max(1, math.ceil(math.log(most / steps, LONGER)) + 1))
    ]
    for snapshot in iterates(X, opt, looks, seed=seed, log_normal=form.log_normal, bits=form.bits):
        found = _found(X, snapshot, snapshot.watched)
        if found is not None:
            return found
        if not np.all(np.isfinite(snapshot.w)):
            break
    return Reach(None, None, snapshot.step, _least(X, snapshot.w))


def _least(X: NDArray[np.float64], w: NDArray[Any]) -> float:
    with np.errstate(invalid="ignore", over="ignore"):
        margin = float((X @ w).min())
    return margin if math.isfinite(margin) else 0.0

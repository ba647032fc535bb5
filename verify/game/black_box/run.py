"""The run of an implementation beside its prediction: it is fed the gradients of the data at its own weights.

Its move at step size 1 is taken times eta_t, as a rule's is, so that step sizes are the question's own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from verify.conform.black_box import BlackBox, Fed
from verify.game.companion import AGREES, Simulated, largest_allowed
from verify.game.result import Prediction
from verify.numbers.linear.angles import misalignment
from verify.numbers.systems.arrays import ARRAYS
from verify.optimizers.increments import Increments

# A step takes a library some 100 microseconds.
STEPS = 20_000
# Gradients below this have squares that float64 does not hold to the last digit: the run ends there.
SMALLEST = 1e-150


def run_beside(
    prediction: Prediction, steps: int | None, progress: Callable[[int], None] = lambda step: None
) -> Simulated:
    """The run from the prediction's w_0, held against the nearest of its limits. How many steps it needs is not known:
    nobody tells the pace of code."""
    X, opt = prediction.dataset.floats(), prediction.optimizer
    box = opt.rule
    assert isinstance(box, BlackBox)
    fed, weight = Fed(box, X.shape[1]), opt.loss.weight(ARRAYS)
    batches = [np.array(batch) for batch in opt.epoch(len(X))]
    count = steps or STEPS
    eta = opt.step_sizes(0, count)
    run = [prediction.w_0]
    for t in range(count):
        batch = X[batches[t % len(batches)]]
        g = -(batch.T @ weight(batch @ run[-1])) / len(batch)
        if not np.max(abs(g)) > SMALLEST:
            break
        run.append(run[-1] + eta[t] * fed.move(g))
        if t % 256 == 0:
            progress(t)
    done = len(run) - 1
    found = Increments(
        done, float(eta[:done].sum()), float(eta[max(done - 1, 0)]), run[done] - run[done // 2], run[done]
    )
    gaps = [misalignment(found.direction, limit.direction) for limit in prediction.limits]
    nearest, allowed = int(np.argmin(gaps)), min(AGREES, largest_allowed(prediction))
    return Simulated(
        done, found.tau, nearest, gaps[nearest], allowed, gaps[nearest] < allowed, None,
        lr=float(opt.lr), decay=float(opt.decay), run=found,
    )  # fmt: skip

"""A logged run as a run to look at: between logged steps w is taken to move evenly, and v to be fed accordingly.

The second moment of the rule is not in the log. Where it is a running average v <- b v + a x of x = g^2 (or |g|) it is
replayed: x is the mean over the batches of an epoch at the w of a step, log x is taken to be linear between two looks,
and so the sum over the steps between them is that of a geometric series.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verify.data.logged import Steps
from verify.game.handover import looks as looks_of
from verify.game.handover import lower_half
from verify.game.phases import Look
from verify.losses.together import Weights
from verify.numbers.linear.angles import Vector
from verify.optimizers.averages import Average, averages
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.watch import has_v, second_degree


def looks_at_log(
    X: Vector, opt: Optimizer, steps: Steps, w: Vector, start: Vector, tau: Vector
) -> Iterator[Look]:
    """Looks at a logged run on rows X (N, d), of iterates w (K, d) after ascending steps (K,) at times tau (K,), from
    w_0 = ``start``."""
    if steps[0] > 0:
        steps, w, tau = np.append(0, steps), np.vstack([start, w]), np.append(0.0, tau)
    at = np.array(sorted({*steps[1:].tolist(), *(t for t in looks_of(int(steps[-1])) if t > 0)}), dtype=int)
    v = averages(opt)[-1] if opt.eps and has_v(opt.rule) else None  # whose root eps is added to
    log_v = np.full(X.shape[1], -np.inf)
    before, log_x = 0, None if v is None else _log_fed(X, opt, v, w[0])
    for t in at.tolist():
        here = np.array([np.interp(t, steps, column) for column in w.T])
        root = None
        if v is not None and log_x is not None:
            then = _log_fed(X, opt, v, here)
            log_v = np.logaddexp(
                log_v + (t - before) * _log(v.keep), np.log(v.gain) + _fed(v, log_x, then, t - before)
            )
            root = lower_half(opt, log_v[np.isfinite(log_v)] / second_degree(opt.rule), t)
            before, log_x = t, then
        yield Look(t, float(np.interp(t, steps, tau)), here, root)


def _log(value: float) -> float:
    return float(np.log(value)) if value > 0 else -np.inf


def _fed(v: Average, before: Vector, then: Vector, count: int) -> Vector:
    """log of the sum over j < count of keep^j x_j: x_j goes evenly, in its logarithm, back to ``before``, which fed the
    first of these steps; the step after the last would be fed ``then``."""
    with np.errstate(invalid="ignore"):
        rise = np.nan_to_num((before - then) / count, nan=0.0, posinf=0.0, neginf=0.0)
    if count == 1 or v.keep == 0:
        return np.asarray(then + rise)
    ratio = _log(v.keep) + rise
    small = np.abs(ratio) * count < 1e-9
    r = np.where(small, 1.0, ratio)
    # log((e^(n r) - 1) / (e^r - 1)), written so that nothing overflows.
    top = np.maximum(r, 0) * (count - 1)
    series = top + np.log(-np.expm1(-np.abs(r) * count)) - np.log(-np.expm1(-np.abs(r)))
    return np.asarray(then + rise + np.where(small, np.log(count), series))


def _log_fed(X: Vector, opt: Optimizer, v: Average, w: Vector) -> Vector:
    """log of the mean over an epoch's batches of what a step feeds v, at one w."""
    log_c = Weights(opt.loss, opt.owned).logarithms(X @ w)
    parts = []
    for batch in map(list, opt.epoch(len(X))):
        top = float(np.max(log_c[batch]))
        g = np.exp(log_c[batch] - top) @ X[batch] * (opt.owned / len(batch))
        with np.errstate(divide="ignore"):
            parts.append(v.power * (np.log(np.abs(g)) + top))
    return np.asarray(np.logaddexp.reduce(parts, axis=0) - np.log(len(parts)))

"""How fast a run settles where the update is the sign of a sum of gradients."""

from __future__ import annotations

import numpy as np

from verify.game.pace import Pace
from verify.game.result import Limit
from verify.game.signs.memory import Memory, memory
from verify.numbers.linear.angles import Vector
from verify.optimizers.optimizer import Optimizer

# A sign game without rows off the support settles in finite time: this share of the rate at which margins grow
# counts as its pace. (Gaussian 10 x 50, Signum at batch 1 and sign descent: within 1e-9 by then.)
FINITE_TIME = 0.1

# A sum is 0 where it is this small beside its terms: weights are exact to 1e-16.
ZERO = 1e-9


def sign_pace(limit: Limit, X: Vector, opt: Optimizer) -> Pace:
    """The pace of a rule that moves by signs, near one of its limits."""
    return pace_with_memory(limit, X, memory(opt, len(X)))


def pace_with_memory(limit: Limit, X: Vector, kept: Memory) -> Pace:
    """Where the update is sign(m), m_q = sum_j W_qj c_j x_j after step q of an epoch: margins move by at most
    max ||x_i||_1, rows off the support lose weight at the rate of their excess, and the rest settles in finite time.

    But log c wavers by a step's worth for ever, and where m_q[k] is not 0 its sign must not follow: a step has to
    be that much finer as |m_q[k]| is less than the sum of its terms' sizes.
    """
    S = list(limit.support)
    c, rows = limit.weights[S, None], X[S]
    W = np.array(
        [[float(kept.weight(q, j)) for j in S] for q in sorted({q for j in S for q in kept.step[j]})]
    )
    sizes, sums = W @ (c * np.abs(rows)), np.abs(W @ (c * rows))
    firm = sums > ZERO * sizes
    least = float(np.min(sums[firm] / sizes[firm], initial=1.0))
    u = limit.direction / np.abs(limit.direction).max()
    rate = float((X @ u).min())
    slowest = rate * (limit.slack if np.isfinite(limit.slack) else FINITE_TIME)
    return Pace(slowest, float(np.abs(X).sum(axis=1).max()), 1 / least)

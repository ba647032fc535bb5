"""Games whose limit is a max margin: GD and normalized GD, of which the l2 max margin is known exactly.

Equilibria of X'c / ||X'c||_2 minimize the convex ||X'c||_2 over the simplex, and the minimizing X'c is one
point. Along the flow the soft minimum of X w grows at the rate ||X'c||_2 >= gamma while ||w||_2 grows at the
rate 1, so w/tau tends to the one maximizer from every start. GD moves along the same paths in another time; by
batches it weighs the samples of a batch by 1/size, which changes c and not the direction.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from verify.data.dataset import Dataset
from verify.evidence import Verdict
from verify.game.exact_limit import exact_limit
from verify.game.pace import Pace
from verify.game.playable import along_gradient
from verify.game.question import Question
from verify.game.result import Limit, Prediction
from verify.game.smooth import continuous
from verify.game.smooth.face import Level, levels_at, newton
from verify.game.smooth.field import field
from verify.margins import Margin
from verify.numbers.linear.angles import Vector
from verify.numbers.linear.rational import rank, times
from verify.optimizers.optimizer import Optimizer


def takes(opt: Optimizer, n: int) -> bool:
    """Whether U(c) is a multiple of a mean of gradients: GD and momentum at any batch size, normalized GD at the full
    batch."""
    return along_gradient(opt, n)


def answer(question: Question) -> Prediction:
    """The l2 max margin."""
    return l2_prediction(question.data, question.opt, question.digits, question.margins.of("l2"))


def l2_prediction(data: Dataset, opt: Optimizer, digits: int | None, margin: Margin) -> Prediction:
    """The l2 max ``margin`` as a prediction, exact; complete unless the weights could not be found."""
    costs = times(data.rows, margin.direction)  # at least 1
    tight = [i for i, cost in enumerate(costs) if cost == 1]
    off = [cost for cost in costs if cost > 1]
    exact = [weight * size for weight, size in zip(margin.weights, _batch_sizes(data, opt), strict=True)]
    total = sum(exact)
    note = "a row off the support costs as little as those on it" if len(tight) > len(margin.support) else ""
    reached, only = None, True
    if rank([data.rows[i] for i in tight]) < len(tight):
        # Several c have the same X'c. Weights exp(-x_i.w), and what they tend to, hold one of them.
        game, levels = field(data.floats(), opt), (Level(np.array(tight), np.arange(data.d)),)
        reached = newton(game, levels, np.zeros(data.n), farthest=1.0)
        only = reached is not None
        note = "" if only else "the weights are one of several dual optima"
    slack = Fraction(0) if note else min(off) - 1 if off else None
    weights = [weight / total for weight in exact]
    limit = exact_limit(margin.direction, weights, slack, "attracting", note, digits)
    if reached is not None:
        support = tuple(int(i) for i in np.flatnonzero(reached.weights))
        limit = replace(limit, weights=reached.weights, support=support)
    return Prediction(data, opt, (limit,), complete=only, from_start=Verdict.CERTIFIED)


def _batch_sizes(data: Dataset, opt: Optimizer) -> list[int]:
    """For each sample the size of its batch; in a random order all alike, as they are in the mean."""
    if opt.order != "cyclic":
        return [1] * data.n
    return [len(batch) for batch in opt.epoch(data.n) for _ in batch]


def pace(limit: Limit, X: Vector, opt: Optimizer) -> Pace:
    """GD's fastest is the curvature of the loss, at most ||X||^2 / (4 N). Its approach is a power of tau: the weights
    sum to about 1 / (F tau), F being their common cost, so that the game, whose time their sum measures, has gone on
    for log(tau) / F. (What the logistic loss is off the exponential one vanishes like 1 / tau.)"""
    if opt.rule.degree == 0:
        return continuous.pace(limit, X, opt)
    game = field(X, opt)
    near, cost = (
        continuous.pace_in(game, limit),
        float((X @ game.drift(levels_at(limit, X)[1]))[list(limit.support)].min()),
    )
    return Pace(0.0, float(np.linalg.norm(X, 2)) ** 2 / (4 * len(X)), power=min(1.0, near.slowest / cost))

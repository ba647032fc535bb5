"""Games whose limit is a max margin: GD and normalized GD, of which the l2 max margin is known exactly.

Equilibria of X'c / ||X'c||_2 minimize the convex ||X'c||_2 over the simplex, and the minimizing X'c is one
point. Along the flow the soft minimum of X w grows at the rate ||X'c||_2 >= gamma while ||w||_2 grows at the
rate 1, so w/tau tends to the one maximizer from every start. GD moves along the same paths in another time; by
batches it weighs the samples of a batch by 1/size, which changes c and not the direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from verify.data.dataset import Dataset
from verify.evidence import Verdict
from verify.game.playable import along_gradient
from verify.game.result import Limit, Prediction, decimals, rounded
from verify.game.smooth.face import Level, newton
from verify.game.smooth.field import field
from verify.margins import Margin
from verify.numbers.linear.rational import rank, times
from verify.numbers.systems.balls import ball, precision, sqrt
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.order import tables


def plays_l2(opt: Optimizer, n: int) -> bool:
    """Whether U(c) is a multiple of a mean of gradients: GD and momentum at any batch size, normalized GD at the full
    batch."""
    return along_gradient(opt, n)


def l2_prediction(data: Dataset, opt: Optimizer, digits: int | None, margin: Margin) -> Prediction:
    """The l2 max ``margin`` as a prediction, exact; complete unless the weights could not be found."""
    costs = times(data.rows, margin.direction)  # at least 1
    tight = [i for i, cost in enumerate(costs) if cost == 1]
    off = [cost for cost in costs if cost > 1]
    exact = [weight * size for weight, size in zip(margin.weights, _batch_sizes(data, opt), strict=True)]
    total = sum(exact)
    weights, only = np.array([float(weight / total) if weight else 0.0 for weight in exact]), True
    note = "a row off the support costs as little as those on it" if len(tight) > len(margin.support) else ""
    if rank([data.rows[i] for i in tight]) < len(tight):
        # Several c have the same X'c. Weights exp(-x_i.w), and what they tend to, hold one of them.
        reached = newton(
            field(data.floats(), opt),
            (Level(np.array(tight), np.arange(data.d)),),
            np.zeros(data.n),
            farthest=1.0,
        )
        if reached is None:
            only, note = False, "the weights are one of several dual optima"
        else:
            weights, note = reached.weights, ""
    direction, radius, text = exact_direction(margin.direction, digits)
    limit = Limit(
        direction=direction,
        radius=radius,
        support=tuple(int(i) for i in np.flatnonzero(weights)),
        weights=weights,
        slack=0.0 if note else float(min(off) - 1) if off else np.inf,
        stability="attracting",
        evidence=Verdict.CERTIFIED,
        note=note,
        decimals=text,
    )
    return Prediction(data, opt, (limit,), complete=only, from_start=Verdict.CERTIFIED)


def _batch_sizes(data: Dataset, opt: Optimizer) -> list[int]:
    """For each sample the size of its batch; in a random order all alike, as they are in the mean."""
    sizes = [1] * data.n
    if opt.order == "cyclic":
        for row in next(tables(data.n, opt.batch(data.n), "cyclic")).tolist():
            batch = [j for j in row if j >= 0]
            for j in batch:
                sizes[j] = len(batch)
    return sizes


def exact_direction(
    w: Sequence[Fraction], digits: int | None
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], float, tuple[str, ...]]:
    """A rational direction at l2 norm 1: in float64, a bound on its error in l2 norm, and decimals if asked for."""
    with precision(128 + 4 * (digits or 0)):
        u = [ball(entry) for entry in w]
        length = sqrt(sum((entry * entry for entry in u), ball(0)))
        unit = [entry / length for entry in u]
        return *rounded(unit), decimals(unit, digits) if digits else ()

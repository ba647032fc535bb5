"""Adam in a random order, where its mean epoch map is too much to compute: by draws of many epochs.

As the steps tend to 0, w moves by the mean of the update over the stationary moments, whatever the order. A draw
of some thousand steps, repeated over and over, is a cyclic order whose epoch map is such a mean and a smooth
function of c. So each draw has equilibria of its own, near those of the mean; several draws tell how near.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from verify.data.dataset import Dataset
from verify.evidence import Verdict
from verify.game.flows.flow import from_start
from verify.game.result import Limit, Prediction
from verify.game.smooth.face import newton
from verify.game.smooth.field import Floats, field
from verify.game.smooth.search import EVALUATIONS, follow
from verify.optimizers.optimizer import Optimizer

# Draws, and the least number of steps of each: several times the memory of v at beta2 = 0.999. The flow, which
# only has to find the way, gets a short one.
DRAWS = 6
STEPS = 4096
FLOW_STEPS = 512

# From the end of the flow the equilibrium of a draw is this near, in total variation of c; or it is another's.
NEAR = 0.5


def drawn_prediction(data: Dataset, opt: Optimizer, w_0: Sequence[Fraction], seed: int) -> Prediction:
    """The limit from w_0 in the mean over random orders, with its standard error; measured, not complete."""
    X = data.floats()
    short = drawn(data.n, opt, seed)[:FLOW_STEPS]
    first = field(X, opt, short)
    start = X @ np.array(w_0, dtype=float)
    end = follow(first, from_start(first, opt.loss, start, EVALUATIONS))
    if end is None:
        note = (
            f"order={opt.order}: the flow of the mean update over {len(short)} steps reached no equilibrium"
        )
        return Prediction(data, opt, (), complete=False, note=note)
    log_c = end.spread(data.n)
    found = []
    for number in range(DRAWS):
        table = drawn(data.n, opt, seed + 1 + number)
        other = newton(field(X, opt, table), end.levels, log_c, farthest=NEAR)
        if other is not None and other.valid:
            found.append(other)
    if not found:
        return Prediction(
            data, opt, (), complete=False, note=f"order={opt.order}: longer draws reached no equilibrium"
        )
    units = np.array([e.drift / np.linalg.norm(e.drift) for e in found])
    direction = units.mean(axis=0)
    error = standard_error(units)
    lost = DRAWS - len(found)
    limit = Limit(
        direction=direction / np.linalg.norm(direction),
        radius=None,
        support=tuple(int(i) for i in end.levels[0].rows),
        weights=np.mean([e.weights for e in found], axis=0),
        slack=min(e.least / e.cost for e in found),
        stability=end.stability,
        evidence=Verdict.UNDECIDED if lost else Verdict.MEASURED,
        note=f"mean over {len(found)} draws of {len(table)} steps: standard error {error:.1e} in l2 norm"
        + (f"; {lost} draws have no equilibrium there" if lost else ""),
        error=error,
    )
    return Prediction(
        data,
        opt,
        (limit,),
        complete=False,
        note=f"order={opt.order}: the mean of the epoch map over random orders, by Monte Carlo",
        from_start=Verdict.MEASURED,
    )


def drawn(n: int, opt: Optimizer, seed: int) -> NDArray[np.int64]:
    """A table of batches of STEPS steps or more, whole epochs."""
    source, table = opt.tables(n, seed), np.empty((0, opt.batch(n)), dtype=np.int64)
    while len(table) < STEPS:
        table = np.concatenate([table, next(source)])
    return table


def standard_error(units: Floats) -> float:
    """That of the mean of directions (K, d), in l2 norm."""
    count = len(units)
    return (
        float(np.sqrt(((units - units.mean(axis=0)) ** 2).sum() / (count * (count - 1))))
        if count > 1
        else np.inf
    )

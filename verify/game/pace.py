"""How fast a run settles near a limit, and the step sizes with which it does."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from verify.game.result import Limit
from verify.numbers.linear.angles import Vector
from verify.optimizers.increments import Increments
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import slopes
from verify.optimizers.trajectory import elapsed

# eta_T * window * fastest at the end of a run: what a step knows, old by an epoch or by the memory of the
# moments, is then no farther from the truth than a tenth of the distance to the limit.
COARSEST = 0.1

# At half time exp(-20) = 2e-9 is left of what is to vanish (with decay 1/2, tau_{T/2} = 0.7 tau_T).
DECAYS_TO_SETTLE = 20 * math.sqrt(2)

# A row whose weight is less than this power of e short of what it is to be is near enough for the pace at the limit.
NEAR = 1.0


@dataclass(frozen=True)
class Pace:
    """How fast margins move near a limit, per unit of tau: log c approaches log c* at least like
    exp(-slowest tau), and nothing changes faster than exp(-fastest tau). ``slowest`` is 0 where unknown.
    To settle for good, steps have to be finer than ``fastest`` says by the factor ``finer``. Where margins grow like
    log tau only, log c approaches like tau^-``power``, 0 where that is not known."""

    slowest: float
    fastest: float
    finer: float = 1.0
    power: float = 0.0


def window(opt: Optimizer, n: int) -> float:
    """Steps that a step looks back on: an epoch, or the memory of a state if that is longer: 1/(1 - beta)."""
    memory = [1 / (1 - kept) for kept in slopes(opt.rule, opt.values) if kept < 1]
    return max([opt.steps_per_epoch(n), *memory])


def suited_step_size(opt: Optimizer, X: Vector, steps: int, pace: Pace) -> Optimizer:
    """The optimizer with lr such that increments settle in ``steps`` steps, or less if they would be coarse."""
    if (
        opt.rule.degree == 1 and opt.rule.matrix is None
    ):  # GD: the largest constant step that surely decreases the loss
        return replace(opt, lr=Fraction(1 / (window(opt, len(X)) * pace.fastest)), decay=Fraction(0))
    unit = replace(opt, lr=Fraction(1))
    last = float(unit.step_sizes(steps - 1, steps)[0])
    coarsest = COARSEST / (window(opt, len(X)) * pace.fastest * last)
    longest = DECAYS_TO_SETTLE / pace.slowest / elapsed(unit, steps) if pace.slowest > 0 else math.inf
    return replace(opt, lr=Fraction(min(longest, coarsest)))


def arrival(limit: Limit, X: Vector, run: Increments, epoch: int) -> float:
    """The time tau at which a run on rows X (N, d) comes near a limit, as long as margins grow as in its second half; 0
    where no row's weight is on its way up to that at the limit, by more than one ``epoch`` of steps may feign.

    A run may stay for long near an equilibrium at which rows that will have weight have next to none: its increments
    stand still, and the pace near the limit says nothing of how long that takes.
    """
    costs, log_c, longest = X @ run.direction / run.lasted, -X @ run.weights, 0.0
    levels = ((limit.support, limit.weights[list(limit.support)]), *limit.levels)
    for members, weights in levels:
        rows, wanted = np.array(members)[np.array(weights) > 0], np.log([c for c in weights if c > 0])
        ahead = log_c[rows] - wanted
        first = int(np.argmax(ahead))
        short, rate = ahead[first] - ahead, costs[rows[first]] - costs[rows]
        rising = (short > NEAR) & (rate > 2 * epoch / run.steps * abs(costs[rows[first]]))
        longest = max([longest, *(run.tau + short[rising] / rate[rising])])
    return longest

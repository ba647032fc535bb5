"""What the order of the rows does to an optimizer with a memory: its mean cost as they come, and reshuffled.

The mean cost sum_i c_i F_i(c) is how fast log sum_i exp(-z_i) falls along the flow: where it is negative the loss
rises. By samples it depends on the order for every rule that remembers steps (claim separable-not-enough). On real data
sorted by class the order may cost nothing at uniform weights and everything a little further on, as on wine at betas
1/2 and 9/10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from verify.data.dataset import Dataset
from verify.game.result import Limit
from verify.numbers.linear.angles import Vector
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import forgetting
from verify.problem.epoch_map import epoch_map

# Orders that are drawn beside the given one, and the most rows for which that takes a second: each order takes 20
# microseconds a row, nearly all of it to set up its batches.
DRAWN, MOST = 4, 10**4
# The order costs something if it takes this share of the mean cost, beyond this many standard errors.
SHARE, ERRORS = 0.1, 3.0
# The flow from w_0 = 0 is followed for this many steps, in each of which no margin moves by more than REACH.
FOLLOWED, REACH = 40, 0.5


@dataclass(frozen=True)
class MeanCost:
    """The mean cost at some weights: in the order given, and reshuffled, with its standard error."""

    given: float
    reshuffled: float
    standard_error: float

    @property
    def lost(self) -> bool:
        """Whether the order given costs more than chance."""
        return self.reshuffled - self.given > SHARE * abs(self.reshuffled) + ERRORS * self.standard_error


@dataclass(frozen=True)
class OrderEffect:
    """The mean cost at three places: at uniform weights, where a run from w_0 = 0 begins; where it is least on the
    ``way`` from there in the order given; and at the weights of the first limit, if that has such weights."""

    uniform: MeanCost
    way: MeanCost
    limit: MeanCost | None

    @property
    def warning(self) -> str:
        """One sentence where the order costs something, else nothing."""
        places = {"at uniform weights": self.uniform, "at the weights of limit 0": self.limit}
        if self.way.given < 0 <= self.uniform.given:
            places["on the way from w_0 = 0"] = self.way
        lost = {place: cost for place, cost in places.items() if cost is not None and cost.lost}
        if not lost:
            return ""
        rises = any(cost.given < 0 for cost in lost.values())
        slower = "rises where the mean cost is below 0" if rises else "falls more slowly than reshuffled"
        costs = [
            f"{cost.given:.3g} {place} ({cost.reshuffled:.3g} reshuffled)" for place, cost in lost.items()
        ]
        return (
            f"measured: as the rows come, in cyclic order, the loss {slower}: the mean cost is {' and '.join(costs)}; "
            "--order reshuffle is the other"
        )

    def to_json(self) -> dict[str, Any]:
        """As the command `predict` prints it."""
        return asdict(self) | {"warning": self.warning}


def order_effect(data: Dataset, opt: Optimizer, limits: Sequence[Limit] = ()) -> OrderEffect | None:
    """What the order does; None where there is none to speak of, or too many rows to draw others at once."""
    if (
        opt.order != "cyclic"
        or opt.steps_per_epoch(data.n) < 3
        or not opt.rule.states
        or data.n > MOST
        or forgetting(opt.rule, opt.values)
    ):
        return None
    X, rng = data.floats(), np.random.default_rng(0)
    orders = [np.arange(data.n), *(rng.permutation(data.n) for _ in range(DRAWN))]

    def cost(c: Vector) -> MeanCost:
        with np.errstate(all="ignore"):
            given, *drawn = (
                float(c @ X @ epoch_map(opt, X[order])(np.log(c[order])).real) for order in orders
            )
            error = float(np.std(drawn, ddof=1) / np.sqrt(DRAWN))
        return MeanCost(given, float(np.mean(drawn)), error)

    # At a limit of a game of signs U jumps.
    smooth = bool(limits) and limits[0].point is None
    found = OrderEffect(
        cost(np.full(data.n, 1 / data.n)),
        cost(least_on_the_way(X, opt)),
        cost(limits[0].weights) if smooth else None,
    )
    every = [x for each in (found.uniform, found.way, found.limit) if each for x in asdict(each).values()]
    return found if np.isfinite(every).all() else None


def least_on_the_way(X: Vector, opt: Optimizer) -> Vector:
    """The weights on the flow from w_0 = 0 at which the mean cost is least; X is (N, d)."""
    U, w, least, at = epoch_map(opt, X), np.zeros(X.shape[1]), np.inf, np.full(len(X), 1 / len(X))
    for _ in range(FOLLOWED):
        z = X @ w
        c = np.exp(z.min() - z)
        c /= c.sum()
        with np.errstate(all="ignore"):
            drift = U(np.log(c)).real
        costs = X @ drift
        if not np.isfinite(costs).all() or not costs.any():
            break
        if c @ costs < least:
            least, at = float(c @ costs), c
        w += REACH / np.abs(costs).max() * drift
    return at

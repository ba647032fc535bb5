"""Signs that no weights can turn: where U(c) is the same at every c inside the simplex.

The update of a step is the sign of the gradient's coordinate, or of a moving average of gradients. Where all samples
that such a sum ever holds have one sign in the coordinate (zeros aside), weights c > 0 do not matter. Every epoch then
moves w by the same, so that is the limit direction from every start, if it separates the data.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from verify.data.dataset import Dataset
from verify.evidence import Verdict
from verify.game.linear import exact_direction
from verify.game.result import Limit, Prediction
from verify.game.signs.certify import point_of_signs
from verify.game.signs.deciding import memory
from verify.game.signs.moves import moves_by_signs, plays_sign, remembers
from verify.numbers.linear.rational import times
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.order import tables


def constant_drift(data: Dataset, opt: Optimizer) -> tuple[Fraction, ...] | None:
    """U, if it is the same at all weights c > 0: the mean over an epoch, in random order over all epochs; else None."""
    columns = list(zip(*data.rows, strict=True))
    whole = [_common_sign(column) for column in columns]
    if plays_sign(opt, data.n) or (moves_by_signs(opt) and remembers(opt)):
        # Each step's sum holds all samples, those of other batches as m remembers them.
        return None if None in whole else tuple(Fraction(sign or 0) for sign in whole)
    if not moves_by_signs(opt):
        return None
    if opt.batch(data.n) == 1:
        return tuple(Fraction(sum((x > 0) - (x < 0) for x in column), data.n) for column in columns)
    if opt.order != "cyclic":
        # How many batches of an epoch see a coordinate is left to chance, unless all do or none.
        certain = all(
            sign is not None and (all(column) or not any(column))
            for sign, column in zip(whole, columns, strict=True)
        )
        return tuple(Fraction(sign or 0) for sign in whole) if certain else None
    batches = [
        [j for j in row if j >= 0] for row in next(tables(data.n, opt.batch(data.n), "cyclic")).tolist()
    ]
    signs = [[_common_sign(column[j] for j in batch) for batch in batches] for column in columns]
    if any(None in each for each in signs):
        return None
    return tuple(Fraction(sum(sign or 0 for sign in each), len(batches)) for each in signs)


def _common_sign(entries: Iterable[Fraction]) -> int | None:
    """That of all entries that are not 0; 0 if all are, None if there are both."""
    signs = {(x > 0) - (x < 0) for x in entries} - {0}
    return None if len(signs) == 2 else sum(signs)


def constant_prediction(
    data: Dataset, opt: Optimizer, u: tuple[Fraction, ...], gamma: Fraction, digits: int | None
) -> Prediction:
    """The limit direction from every start, U = ``u`` at all weights, if x_i.U > 0 for all i; else the loss does not go
    to zero. ``gamma`` is the l_inf max margin."""
    costs = times(data.rows, u)
    cost = min(costs)
    each = opt.batch(data.n) == 1 and not remembers(opt)
    what = "the mean of sign(x_i)" if each else "the mean of signs"
    if cost <= 0:
        return Prediction(
            data, opt, (), True, f"w/tau tends to {what} from every start, and there row "
            f"{costs.index(cost)} has margin {float(cost):.3g} <= 0: the loss does not go to zero, and there is no "
            "limit direction",
        )  # fmt: skip
    direction, radius, text = exact_direction(u, digits)
    support = tuple(i for i, value in enumerate(costs) if value == cost)
    off = [value - cost for value in costs if value > cost]
    share = float(cost / max(map(abs, u)) / gamma)
    limit = Limit(
        direction=direction,
        radius=radius,
        support=support,
        weights=np.array([(i in support) / len(support) for i in range(data.n)]),
        slack=float(min(off) / cost) if off else np.inf,
        stability="attracting",
        evidence=Verdict.CERTIFIED,
        note=f"{what}, at any weights; its l_inf margin is {share:.6g} of the largest"
        + ("; the weights depend on the start" if len(support) > 1 else ""),
        decimals=text,
        point=point_of_signs(memory(opt, data.n), data.rows, u) if opt.order == "cyclic" else None,
    )
    return Prediction(data, opt, (limit,), complete=len(support) == 1, from_start=Verdict.CERTIFIED)

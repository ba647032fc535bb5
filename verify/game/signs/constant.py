"""Signs that no weights can turn: where U(c) is the same at every c inside the simplex.

The update of a step is the sign of the gradient's coordinate, or of a moving average of gradients. Where all samples
that such a sum ever holds have one sign in the coordinate (zeros aside), weights c > 0 do not matter. Every epoch then
moves w by the same, so that is the limit direction from every start, if it separates the data.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from verify.data.dataset import Dataset
from verify.evidence import Verdict
from verify.game.exact_limit import exact_limit
from verify.game.question import Question
from verify.game.result import Prediction
from verify.game.signs.certify import point_of_signs
from verify.game.signs.memory import memory
from verify.game.signs.moves import keeps_signs, moves_by_signs, plays_sign, remembers
from verify.game.signs.pace import sign_pace
from verify.numbers.linear.rational import times
from verify.optimizers.optimizer import Optimizer

# In random order a sum is followed for this many steps. A linear sum of few states has shown all its signs by then.
LONG = 100


def takes(opt: Optimizer, n: int) -> bool:
    """Whether the rule moves by signs, in whatever order."""
    return plays_sign(opt, n) or moves_by_signs(opt)


def answer(question: Question) -> Prediction | None:
    """The one limit, if no weights turn a sign."""
    u = constant_drift(question.data, question.opt)
    if u is None:
        return None
    margin = question.margins.sign_limit().margin
    return constant_prediction(question.data, question.opt, u, margin, question.digits)


def constant_drift(data: Dataset, opt: Optimizer) -> tuple[Fraction, ...] | None:
    """U, if it is the same at all weights c > 0: the mean over an epoch, in random order over all epochs; else None."""
    columns = list(zip(*data.rows, strict=True))
    whole = [_common_sign(column) for column in columns]
    if not plays_sign(opt, data.n) and not keeps_signs(opt, _steps(opt, data.n)):
        return None
    if plays_sign(opt, data.n) or remembers(opt):
        # Each step's sum holds all samples, those of other batches as m remembers them.
        return None if None in whole else tuple(Fraction(sign or 0) for sign in whole)
    if opt.batch(data.n) == 1:
        return tuple(Fraction(sum((x > 0) - (x < 0) for x in column), data.n) for column in columns)
    if opt.order != "cyclic":
        # How many batches of an epoch see a coordinate is left to chance, unless all do or none.
        certain = all(
            sign is not None and (all(column) or not any(column))
            for sign, column in zip(whole, columns, strict=True)
        )
        return tuple(Fraction(sign or 0) for sign in whole) if certain else None
    epoch = opt.epoch(data.n)
    signs = [[_common_sign(column[j] for j in batch) for batch in epoch] for column in columns]
    if any(None in each for each in signs):
        return None
    return tuple(Fraction(sum(sign or 0 for sign in each), len(epoch)) for each in signs)


def _steps(opt: Optimizer, n: int) -> int:
    """For how many steps a gradient's share in the sum is followed: those of an epoch, or LONG in random order, where
    the row may not come again sooner."""
    return max(opt.steps_per_epoch(n), LONG if opt.order != "cyclic" else 1)


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
    least = [value == cost for value in costs]
    several = sum(least) > 1
    share = float(cost / max(map(abs, u)) / gamma)
    note = f"{what}, at any weights; its l_inf margin is {share:.6g} of the largest"
    limit = exact_limit(
        u,
        [Fraction(here, sum(least)) for here in least],
        min(((value - cost) / cost for value in costs if value > cost), default=None),
        "attracting",
        note + ("; the weights depend on the start" if several else ""),
        digits,
        point_of_signs(memory(opt, data.n), data.rows, u) if opt.order == "cyclic" else None,
    )
    return Prediction(data, opt, (limit,), complete=not several, from_start=Verdict.CERTIFIED)


pace = sign_pace

"""Optimizers without a continuous epoch map that is computed: there is nothing to follow, and the reason is said."""

from __future__ import annotations

from verify.game.question import Question
from verify.game.result import Prediction
from verify.game.smooth import continuous
from verify.optimizers.optimizer import Optimizer


def takes(opt: Optimizer, n: int) -> bool:
    """Whether U would be a mean over orders that no game computes."""
    return bool(_why(opt, n))


def answer(question: Question) -> Prediction:
    """No limit, and why."""
    data, opt = question.data, question.opt
    return Prediction(data, opt, (), complete=False, note=_why(opt, data.n))


# That of the game in cyclic order, for want of another.
pace = continuous.pace


def _why(opt: Optimizer, n: int) -> str:
    alone = opt.rule.reads == "norm" and opt.batch(n) == 1  # then U is one mean in every order
    if opt.order != "cyclic" and opt.rule.degree == 0 and not opt.full_batch(n) and not alone:
        return f"{opt.rule.name} with order={opt.order}: the epoch map is computed for cyclic order only"
    return ""

"""Full-batch sign descent, to which full-batch Adam and Signum belong: the game of sign(X'c).

Let gamma be the l_inf margin. Along the flow the soft minimum of X w grows at the rate ||X'c||_1 >= gamma while
||w||_inf grows at the rate 1 at most, so w/tau tends to the set of maximizers from every start; if there is one
maximizer, that is the limit.
"""

from __future__ import annotations

from dataclasses import replace

from verify.data.dataset import Dataset
from verify.evidence import Verdict
from verify.game.exact_limit import exact_limit
from verify.game.question import Question
from verify.game.result import Prediction
from verify.game.signs import switching
from verify.game.signs.certify import point_of_levels
from verify.game.signs.moves import plays_sign
from verify.game.signs.pace import sign_pace
from verify.game.signs.sign_limit import SignLimit
from verify.optimizers.optimizer import Optimizer


def takes(opt: Optimizer, n: int) -> bool:
    """Whether every step is the sign of the whole gradient."""
    return plays_sign(opt, n)


def answer(question: Question) -> Prediction:
    """The l_inf max margin; where that is a whole face, the points of it to which runs go, if they are found: there
    columns that are alike on the support move as one."""
    sign = question.margins.sign_limit()
    if sign.undecided:
        tied = switching.answer(question)
        if tied.limits:
            return tied
    return sign_prediction(question.data, question.opt, sign, question.digits)


def sign_prediction(data: Dataset, opt: Optimizer, sign: SignLimit, digits: int | None) -> Prediction:
    """The sign game's equilibrium as a prediction; complete if direction and weights are the only ones."""
    notes = []
    if sign.undecided:
        notes.append(
            f"the l_inf maximizers are a whole face, free in coordinates {list(sign.undecided)}: "
            "this is one of its points"
        )
    if not sign.one_c:
        notes.append("the weights are one of several dual optima")
    slack = None if sign.slack is None else sign.slack / sign.margin
    point = None if sign.undecided else point_of_levels(sign.levels, data.rows, sign.u)
    limit = exact_limit(sign.u, sign.weights, slack, "attracting", "; ".join(notes), digits, point)
    if sign.undecided:
        limit = replace(limit, radius=None, stability="undetermined", evidence=Verdict.UNDECIDED, decimals=())
    complete = not sign.undecided and sign.one_c
    return Prediction(data, opt, (limit,), complete=complete, from_start=limit.evidence)


pace = sign_pace

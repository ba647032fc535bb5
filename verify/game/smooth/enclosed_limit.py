"""An equilibrium in float64 as a limit: enclosed in balls where that is asked for, or cheap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from verify.errors import Undecided
from verify.evidence import Verdict
from verify.game.question import Question
from verify.game.result import Limit, decimals, rounded
from verify.game.smooth.enclose import LAST_BITS, Enclosure, enclose
from verify.game.smooth.enclosure_cost import MOST_MEGABYTES, WITHOUT_ASKING, enclosure_cost
from verify.game.smooth.face import Equilibrium


def enclosed_limit(question: Question, e: Equilibrium) -> Limit:
    """The limit that an equilibrium is; a note says why it is not enclosed though that was asked for."""
    limit, digits = e.limit(), question.digits
    if not question.prove:
        return limit
    costs = enclosure_cost(question.data, question.opt, e)
    most = WITHOUT_ASKING if digits is None else question.within
    if costs.megabytes > MOST_MEGABYTES or (most is not None and costs.seconds > most):
        return limit if digits is None else limit.noted(f"not enclosed, which would take {costs}")
    question.progress("enclosing a limit")
    try:
        # A tie or a singular Jacobian in floats is most likely one indeed: one precision is enough to see.
        last = LAST_BITS if e.isolated and limit.slack > 0 else 0
        proved = enclose(question.data, question.opt, e, max(digits or 0, 17), last)
    except Undecided as reason:
        return limit.noted(f"not decided in balls: {reason}")
    return _certified(limit, proved, digits)


def _certified(limit: Limit, proved: Enclosure, digits: int | None) -> Limit:
    direction, radius = rounded(proved.direction)
    return replace(
        limit,
        direction=direction,
        radius=radius,
        weights=np.array([float(c.mid()) for c in proved.weights]),
        slack=np.inf if proved.slack is None else float(proved.slack.mid()),
        stability=proved.stability,
        evidence=Verdict.CERTIFIED,
        decimals=decimals(proved.direction, digits) if digits else (),
    )

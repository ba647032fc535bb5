"""Normalized gradients by batches: each batch is a population of its own, of whose weights only the ratios count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verify.evidence import Verdict
from verify.game.question import Question
from verify.game.result import Limit, Prediction
from verify.game.smooth import continuous
from verify.game.smooth.field import populations
from verify.game.smooth.search import FEW
from verify.optimizers.optimizer import Optimizer


def takes(opt: Optimizer, n: int) -> bool:
    """Whether each of several batches has weights of its own."""
    return populations(opt, n) is not None


def answer(question: Question) -> Prediction:
    """As in any continuous game. Where a batch is one sample, U does not depend on the weights: there is one limit, to
    which every flow goes. Else any row of a batch may be the only one, so that it is not decided whether limits are
    all."""
    data = question.data
    alone = question.opt.batch(data.n) == 1
    if not alone:
        return continuous.by_flows(question, None, _not_decided if data.n <= FEW else None)
    found = continuous.by_flows(replace(question, enclose_flow=False), range(data.n), _one)
    reached = found.from_start
    return replace(found, from_start=found.limits[0].evidence if reached is Verdict.MEASURED else reached)


def _one(limits: Sequence[Limit]) -> tuple[bool, str]:
    return bool(limits) and limits[0].evidence is Verdict.CERTIFIED, ""


def _not_decided(limits: Sequence[Limit]) -> tuple[bool, str]:
    return False, "not decided whether these are all: each batch has weights of its own" if limits else ""


# A row is off the support of its own batch.
pace = continuous.pace

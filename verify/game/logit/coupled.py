"""Coupled decay: where w rests if l2 w is added to the gradient that a rule is given.

At the full batch, and for linear rules by batches too, w rests where the gradient of the loss + l2 |w|^2 / 2 vanishes,
which is one point and the same for all rules: that of gradient descent with decoupled decay. Elsewhere a gradient that
stays would go on moving w. Decoupled decay, lambda w = U(c(w)), rests at another point for each rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from verify.data.dataset import Dataset
from verify.errors import BadInput
from verify.evidence import ASKED, CHECKED, Hypothesis
from verify.game.hypotheses import forgets, steps_keep, steps_vanish
from verify.game.playable import pulls
from verify.game.result import Prediction
from verify.numbers.linear.angles import degrees
from verify.optimizers.coupled import L2
from verify.optimizers.optimizer import Optimizer, optimizer
from verify.optimizers.traits import forgetting, traits

Predict = Callable[..., Prediction]

BY_BATCHES = (
    "with coupled decay by batches a rule that is not linear rests where the mean of its updates over an epoch "
    "vanishes, at gradients with decay in them: that is not told; the full batch is"
)
# Directions nearer than this, in degrees, are one.
SAME = 1e-6


def coupled(data: Dataset, opt: Optimizer, predict: Predict, **asked: Any) -> Prediction:
    """The least loss + l2 |w|^2 / 2, and how far from it decoupled decay rests."""
    assert opt.plain is not None
    rests = _hypotheses(data, opt, asked.get("start", ()))
    wrong = [each.remedy for each in rests if each.holds is not True]
    alike = optimizer(
        "gd", batch_size=opt.batch_size, order=opt.order, loss=opt.loss, decay=opt.decay or Fraction(1, 2),
        weight_decay=opt.values[L2],
    )  # fmt: skip
    found = predict(data, alike, **asked)
    if wrong:
        return Prediction(
            data, opt, (), complete=False, note="; ".join(wrong), start=found.start, hypotheses=rests
        )
    if not found.limits:
        return replace(found, optimizer=opt, hypotheses=rests)
    (limit,) = found.limits
    limit = replace(limit, note=_difference(data, opt, limit.direction, predict), temperature=None)
    return replace(found, optimizer=opt, limits=(limit,), hypotheses=rests, equivalent=alike)


def _hypotheses(data: Dataset, opt: Optimizer, start: Sequence[Fraction]) -> tuple[Hypothesis, ...]:
    assert opt.plain is not None
    plain = replace(opt, rule=opt.plain, hyper=opt.hyper[:-1], plain=None)
    mean = opt.full_batch(data.n) or traits(plain.rule).update == "linear"
    return (
        forgets(plain),
        Hypothesis(
            "a gradient that stays moves w against it",
            not forgetting(plain.rule, plain.values) and pulls(plain), CHECKED,
            "the update at a gradient that stays does not go against it",
        ),
        Hypothesis("each step sees every sample, or the rule is linear", mean, CHECKED, BY_BATCHES),
        steps_vanish(opt),
        *steps_keep(data, plain, opt.values[L2], start),
        Hypothesis(
            "decay is in the gradient alone", not opt.weight_decay, ASKED,
            f"weight_decay={opt.weight_decay}: with l2 beside it nothing is told",
        ),
        Hypothesis("w converges", True, ASKED),
    )  # fmt: skip


def _difference(data: Dataset, opt: Optimizer, direction: Any, predict: Predict) -> str:
    """How far from the limit the same rule rests if the decay is decoupled."""
    assert opt.plain is not None
    said = "every rule rests here that is given the whole gradient, with l2 w in it"
    other = replace(
        opt, rule=opt.plain, hyper=opt.hyper[:-1], plain=None, weight_decay=opt.values[L2], eps=0 * opt.eps
    )
    try:
        limits = predict(data, other, prove=False).limits
    except BadInput:
        limits = ()
    apart = degrees(direction, limits[0].direction) if limits else 0.0
    if apart < SAME:
        return said
    return f"{said}; decoupled (--weight-decay {opt.values[L2]}) it rests {apart:.3g} degrees away"

"""Rules with states that do not forget, AdaGrad and AMSGrad: the max margin in the metric with which a run ends.

As gradients vanish such a state v stands still, and the update tends to one that is linear, g / sqrt(v) or m / sqrt(v):
gradient descent in the metric D = diag sqrt(v), whose limit is the max margin in the norm sqrt(sum_k D_k w_k^2). Where
v ends depends on the whole run. So a run is made, with the steps that were asked for, and its metric is read at a
quarter, at half and at the whole of its steps. A change that shrinks by the same factor in each doubling is
extrapolated, and what that adds counts as the metric's uncertainty: a share e, in each coordinate. The margin is then
known to e / 2, and the direction to e in the norm of the metric (chain `remembered-metric`).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np

from verify.errors import BadInput
from verify.evidence import Verdict
from verify.game.linear import l2_prediction
from verify.game.pace import Pace
from verify.game.playable import along_gradient, steady
from verify.game.question import Question
from verify.game.result import Limit, Metric, Prediction
from verify.margins.mahalanobis import rounded
from verify.margins.maximum import max_margin
from verify.numbers.linear.angles import Vector
from verify.numbers.systems.balls import precision
from verify.optimizers.optimizer import Optimizer, optimizer
from verify.optimizers.tail import remembering_tail
from verify.optimizers.traits import remembered
from verify.optimizers.trajectory import iterates

# Products that the run takes: a second or so; and the fewest and the most steps.
WORK, FEWEST, MOST = 5 * 10**7, 1000, 2 * 10**6
# The change must shrink in a doubling at least by the factor SETTLES; no metric is told that is less sure than SURE.
# Changes below ROUNDING are none.
SETTLES, SURE, ROUNDING = 0.9, 0.1, 1e-14
# The exact margin is in a metric of squares of numbers with this many bits, to which the metric is rounded.
BITS = 40
# exp(709.78) is the largest double.
FARTHEST = 700.0
ABOUT = "where the loss goes to zero, the direction is the max margin in the metric with which the run ends"


@cache
def takes(opt: Optimizer, n: int) -> bool:
    """Whether the rule remembers, and has a linear tail that goes along the gradient."""
    if opt.weight_decay or opt.rule.matrix is not None or not remembered(opt.rule, opt.values):
        return False
    try:
        return along_gradient(remembering_tail(opt), n)
    except BadInput:
        return False


def answer(question: Question) -> Prediction:
    """The max margin in the metric; none where that has not settled."""
    data, opt = question.data, question.opt
    steps = int(question.work * min(MOST, max(FEWEST, WORK // opt.products(data.n, data.d))))
    question.progress("the run that measures the metric")
    metric, note = _metric(question, steps)
    none = Prediction(data, opt, (), complete=False, note=note)
    if metric is None:
        return none
    # In units of the roots of the metric its norm is the l2 norm.
    largest = max(metric.diagonal)
    roots = [rounded(Fraction((x / largest) ** 0.5), BITS) for x in metric.diagonal]
    scaled = data.in_units(roots)
    plain = optimizer("gd", batch_size=opt.batch_size, order=opt.order, loss=opt.loss).on(data)
    margin = max_margin(scaled, "l2")
    (limit,) = l2_prediction(scaled, plain, None, margin).limits
    w = limit.direction / np.array(roots, dtype=float)
    limit = replace(
        limit, direction=w / np.linalg.norm(w), radius=None, evidence=Verdict.MEASURED,
        metric=replace(metric, margin=margin.margin / largest**0.5),
    )  # fmt: skip
    return replace(none, limits=(limit,), from_start=Verdict.MEASURED, about=ABOUT)


def _metric(question: Question, steps: int) -> tuple[Metric | None, str]:
    """The metric, and why there is none."""
    opt, X = question.opt, question.data.floats()
    kept = remembered(opt.rule, opt.values)
    degrees = {state.name: float(state.degree) for state in opt.rule.states}
    seen = (X != 0).any(axis=0)
    logs = []
    with np.errstate(divide="ignore"):
        for here in iterates(X, opt, [steps // 4, steps // 2, steps], start=question.w_0, seed=question.seed):
            logs.append(
                np.array([(np.log(here.states[name]) + degrees[name] * here.scale)[seen] for name in kept])
            )
    if not np.isfinite(logs).all():
        return None, f"after {steps} steps of the run asked for a state is not above 0: no metric is read"
    if (farthest := float(np.abs(logs).max())) > FARTHEST:
        return (
            None,
            f"the metric is exp(+-{farthest:.0f}), which is no float: smaller steps, or data in other units",
        )
    before, last = logs[1] - logs[0], logs[2] - logs[1]
    change, former = float(np.abs(last).max()), float(np.abs(before).max())
    shrinks = change / former if change > ROUNDING else 0.0
    if shrinks > SETTLES:
        return None, (
            f"{', '.join(kept)} does not settle: in the second half of {steps} steps it changes by a share of "
            f"{np.expm1(change):.2g}, in the quarter before by {np.expm1(former):.2g}; constant steps (--decay 0) or "
            "smaller ones may settle it"
        )
    rest = last * shrinks / (1 - shrinks)
    now, then = (_diagonal(opt, kept, at) for at in (logs[2], logs[2] + rest))
    error = float(np.abs(np.log(then / now)).max()) + 2.0**-BITS
    if error > SURE:
        return None, f"after {steps} steps the metric is known to a share of {error:.2g}: --work takes more"
    diagonal = np.ones(len(seen))
    diagonal[seen] = then
    return Metric(tuple(diagonal.tolist()), error, np.nan, steps, float(np.expm1(change)), shrinks), ""


def _diagonal(opt: Optimizer, kept: tuple[str, ...], logs: Vector) -> Vector:
    """The metric: one over the update of the tail at a gradient that stays 1, in each coordinate that is seen, where
    the ``kept`` states have these logarithms (states, coordinates)."""
    tail = remembering_tail(opt)
    found = []
    with precision(64):
        for column in np.exp(logs).T:
            at = tail.at(**dict(zip(kept, map(float, column), strict=True)))
            found.append(-1 / float(steady(at).mid()))
    return np.array(found)


def pace(limit: Limit, X: Vector, opt: Optimizer) -> Pace:
    """As of gradient descent, whose approach is not exponential, in the metric."""
    assert limit.metric is not None
    return Pace(
        0.0, float(np.linalg.norm(X / np.sqrt(np.array(limit.metric.diagonal)), 2)) ** 2 / (4 * len(X))
    )

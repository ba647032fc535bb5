"""What a prediction rests on, for the optimizer as it was asked: each hypothesis in words, whether it holds, and how
that is known.

The limits are those of the margin game. That the optimizer goes to them takes more: a homogeneous update, states that
forget, an exponential tail, steps that vanish, no eps and no weight decay. The word for its limit is never above the
weakest of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache

import numpy as np

from verify.data.dataset import Dataset
from verify.errors import BadInput
from verify.evidence import ASKED, ASSUMED, CHECKED, ORDER, Hypothesis, Verdict
from verify.game import measured
from verify.game.playable import share
from verify.game.result import Limit, Metric
from verify.game.signs import chatter
from verify.game.signs.constant import constant_drift
from verify.game.signs.mean_length import largest, moments
from verify.game.signs.moves import plays_sign, runs_away, why_it_runs_away
from verify.game.signs.one_batch import in_one_batch
from verify.game.waves.growing import takes
from verify.losses import Loss
from verify.losses.check_loss import check_loss
from verify.losses.load import is_shipped
from verify.numbers.formula import short
from verify.optimizers.check_rule import degree_refuted
from verify.optimizers.coupled import L2
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.tail import in_the_long_run, remembering_tail
from verify.optimizers.traits import forgetting, homogeneous, keeps, traits

RUNS = "`simulate` and `diagnose` show what its runs do"
FADES = "the update fades where gradients vanish (of Adam: beta1^2 < beta2)"
CONSTANT = "decay=0: at constant steps the direction is another one; ask with --decay above 0"
VANISH = "the steps tend to 0 and their sum diverges"
ENDS = (
    "schedule={schedule}: the sum of the steps is finite, so that no limit is reached; where a run of "
    "so many steps stands at its end is told by --steps T"
)
STEP = "the step is constant, of any size: the limits are travelling waves, whose margins grow by r a step for ever"
CHATTER = "the step is constant: signs of small gradients chatter, and no limit is told, but where a run goes"
ORBIT = "the step is constant, of any size: the limits are orbits whose period is an epoch"
ATTRACTS = "a wave or an orbit attracts: the spectral radius of an epoch's map, linearised at it, is below 1"


def of_question(data: Dataset, opt: Optimizer, start: Sequence[Fraction] = ()) -> tuple[Hypothesis, ...]:
    """What can be said before any limit is known, from rule, loss, steps, w_0 = ``start`` and data."""
    if opt.weight_decay:
        return (*_with_decay(data, opt, start), *_bounded(data, opt), _order(opt, data.n))
    if measured.takes(opt, data.n):
        remedy = ENDS.format(schedule=opt.schedule)
        diverges = Hypothesis("the sum of the steps diverges", bool(opt.schedule.last), ASKED, remedy)
        return (*of_tail(opt, remembering_tail(opt)), _tail(opt.loss), diverges, _order(opt, data.n))
    return (
        *_of_rule(opt), _tail(opt.loss), *_of_steps(data, opt, start), *_bounded(data, opt), _order(opt, data.n)
    )  # fmt: skip


def of_loss_and_steps(data: Dataset, opt: Optimizer) -> tuple[Hypothesis, ...]:
    """What does not need the rule's formula, for an optimizer that has none."""
    return (_tail(opt.loss), steps_vanish(opt), _order(opt, data.n))


def steps_vanish(opt: Optimizer) -> Hypothesis:
    """That steps vanish, and their sum does not."""
    ends = not opt.schedule.last
    remedy = ENDS.format(schedule=opt.schedule) if ends else CONSTANT
    return Hypothesis(VANISH, opt.decay > 0 and not ends, ASKED, remedy)


def stops(each: Hypothesis) -> bool:
    """Whether no limit is looked for, because the hypothesis is false, or is a needed one that was not shown."""
    return each.holds is False or (each.holds is None and each.needed)


def require_game(data: Dataset, opt: Optimizer) -> None:
    """Raise BadInput, saying what would do, where a hypothesis is false under which an optimizer follows its game."""
    if opt.decays:
        name, value = ("weight_decay", opt.weight_decay) if opt.weight_decay else (L2, opt.values[L2])
        raise BadInput(f"{name}={value}: without it, or with 0, there are paths of limits")
    fades = _fades(opt)  # asked at each place of a path in beta2
    for each in of_question(data, opt):
        if stops(each) and each not in fades:
            raise BadInput(each.remedy)


def _of_rule(opt: Optimizer) -> list[Hypothesis]:
    rule, degree = opt.rule, homogeneous(opt.rule)
    refuted = bool(degree) and degree_refuted(rule)
    found = [
        Hypothesis(
            f"trait degree: {rule.name}'s update is homogeneous in the gradient, its states too",
            False if refuted else None if degree else True,
            CHECKED,
            f"the trait degree {'fails' if refuted else 'is not shown'}, {degree}; {RUNS}",
            needed=True,
        ),
        forgets(opt),
    ]
    if rule.degree not in (0, None) and rule.matrix is None:
        kind = traits(rule).update
        remedy = f"the trait update fails, of degree {rule.degree} it is {kind}, not linear; {RUNS}"
        found.append(Hypothesis("trait update: it is linear", kind == "linear", CHECKED, remedy))
    found += _fades(opt)
    if rule.uses("w", "eta"):
        remedy = f"{rule.name}'s step reads w or eta, and no game knows them; {RUNS}"
        found.append(Hypothesis("the step reads neither w nor eta", False, CHECKED, remedy))
    if rule.uses("eps", "inside") or opt.eps:
        remedy = f"eps={opt.eps}: once sqrt(v) is below it another rule takes over; ask with --eps 0"
        found.append(Hypothesis("eps = 0", opt.eps == 0, ASKED, remedy))
    return found


def _fades(opt: Optimizer) -> list[Hypothesis]:
    """That old gradients do not decide for ever: asked of rules whose update does not scale with the gradient."""
    if opt.rule.degree != 0:
        return []
    return [Hypothesis(FADES, not runs_away(opt), CHECKED, why_it_runs_away(opt))]


def forgets(opt: Optimizer) -> Hypothesis:
    """That the rule forgets: false where an example shows it, not known where it was not proved."""
    text = f"trait forgets: {opt.rule.name}'s states become periodic under periodic gradients"
    reason, kept = forgetting(opt.rule, opt.values), bool(keeps(opt.rule, opt.values))
    remedy = f"the trait forgets {'fails' if kept else 'is not shown'}, {reason}; {RUNS}"
    return Hypothesis(text, False if kept else None if reason else True, CHECKED, remedy, needed=True)


def of_tail(opt: Optimizer, tail: Optimizer) -> tuple[Hypothesis, ...]:
    """What it takes that the tail plays in an optimizer's place."""
    formula = short(tail.rule.program.update)
    return (
        Hypothesis("the loss goes to zero, so that gradients vanish", True, ASKED),
        Hypothesis(
            f"where they vanish {opt.rule.name}'s update tends to that of its tail, {formula}", True, CHECKED
        ),
    )


def _with_decay(data: Dataset, opt: Optimizer, start: Sequence[Fraction]) -> list[Hypothesis]:
    """With weight decay w stays bounded if updates do: gradients do not vanish, and neither degree nor tail matters.
    Where an update need not fade w may outgrow its decay: from w_0 = 0 Adam at beta1^2 > beta2 was seen at 1e148. With
    eps it fades in the end."""
    rule, found = opt.rule, [forgets(opt)]
    if not opt.eps:
        found += _fades(opt)
    if rule.uses("w", "eta"):
        remedy = f"{rule.name}'s step reads w or eta; {RUNS}"
        found.append(Hypothesis("the step reads neither w nor eta", False, CHECKED, remedy))
    if opt.schedule.last and not opt.decay:
        return [*found, Hypothesis(ORBIT, True, ASKED)]
    return [*found, steps_vanish(opt), *steps_keep(data, opt, opt.weight_decay, start)]


def _bounded(data: Dataset, opt: Optimizer) -> list[Hypothesis]:
    """What it takes, where signs chatter at the full batch, that the game of signs has all limits, and that decay holds
    w in the box |w_k| <= 1/lambda. Without decay no sign chatters where each column has one."""
    still = in_the_long_run(opt)
    if not opt.decay or not plays_sign(still, data.n) or largest(still) <= 1:
        return []
    if not opt.weight_decay and constant_drift(data, still) is not None:
        return []
    text = "in the mean over many steps no entry of an update is longer than 1 (of Adam: beta1 <= beta2)"
    return [Hypothesis(text, True, CHECKED if moments(still) else ASSUMED)]


def of_one_batch(data: Dataset, opt: Optimizer, limits: Sequence[Limit]) -> list[Hypothesis]:
    """The same where a limit's support lies in one of several batches, and each epoch moves w by signs."""
    if not any(in_one_batch(limit, opt, data.n) for limit in limits):
        return []
    text = "in the mean over many epochs no gradient moves w farther than its sign does (of Adam: beta1 <= beta2)"
    return [Hypothesis(text, True, CHECKED if moments(opt) else ASSUMED)]


@cache
def _tail(loss: Loss) -> Hypothesis:
    shipped = is_shipped(loss)  # whose tails tests prove: symbols take half a second
    checked = check_loss(loss, compiled=False, symbols=not shipped)
    wrong = "; ".join(f"{trait.trait}: {trait.found}" for trait in checked.traits if not trait.ok)
    none = "it declares no exponential tail; of one like exp(-a z) take a z for z, and the rows times a"
    remedy = f"loss={loss.name}: {wrong or none}"
    # Of a loss that was tried at some margins no more is known than that.
    how = CHECKED if shipped or checked.proved or not checked.exponential else str(Verdict.TESTED)
    return Hypothesis("the loss has an exponential tail", checked.exponential, how, remedy)


def _of_steps(data: Dataset, opt: Optimizer, start: Sequence[Fraction]) -> list[Hypothesis]:
    """Of steps eta_t = lr (t + 2)^-decay, decay in [0, 1]: their sum diverges."""
    if chatter.takes(opt, data.n):
        return [Hypothesis(CHATTER, True, ASKED)]
    if opt.schedule.last and takes(opt, data.n):
        return [Hypothesis(STEP, True, ASKED)]
    small = steps_keep(data, opt, Fraction(0), start) if opt.schedule.last else []
    return small or [steps_vanish(opt)]


def steps_keep(data: Dataset, opt: Optimizer, pull: Fraction, start: Sequence[Fraction]) -> list[Hypothesis]:
    """That steps are small enough for the loss + pull |w|^2 / 2 to fall, where that is in doubt.

    An update that scales with the gradient may overshoot while steps are large, and the exponential loss then has
    gradients that no later step is small enough for. The logistic loss has none above max_i ||x_i||.
    """
    if opt.rule.degree in (0, None) or opt.rule.matrix is not None:
        return []
    if opt.decay > 0 and is_shipped(opt.loss, "logistic"):
        return []
    return [_small_steps(data, opt, pull, start)]


def _small_steps(data: Dataset, opt: Optimizer, pull: Fraction, start: Sequence[Fraction]) -> Hypothesis:
    """Plain gradient descent decreases the loss at steps below 2 / curvature. The curvature of the logistic loss is at
    most sum_i ||x_i||^2 / (4 N); that of the exponential max_i ||x_i||^2 times the loss, which is 1 at w = 0. (By
    continuity: where the loss first came back to its former value, the descent lemma would have it below.) A rule that
    moves by a multiple of the gradient does so on that multiple of the loss; decay is a term pull |w|^2 / 2 more.

    Of batches, momentum, other starts and other losses nothing is shown here.
    """
    text = "every step is below 2 over the curvature of the loss"
    logistic = is_shipped(opt.loss, "logistic")
    known = logistic or (is_shipped(opt.loss, "exponential") and not any(start))
    known = known and traits(opt.rule).update == "linear"
    if opt.rule.states or not opt.full_batch(data.n) or not known:
        return Hypothesis("the steps are small enough for the loss to fall", True, ASSUMED)
    squares = [sum((x * x for x in row), Fraction(0)) for row in data.rows]
    curvature = pull + share(opt) * (sum(squares) / (4 * data.n) if logistic else max(squares))
    small = opt.lr * opt.schedule.largest * curvature < 2
    remedy = f"lr={opt.lr} is not shown to be small enough; below {float(2 / curvature):.3g} it is"
    return Hypothesis(text, True if small else None, CHECKED, remedy)


def _order(opt: Optimizer, n: int) -> Hypothesis:
    texts = {
        "cyclic": "batches come in cyclic order",
        "reshuffle": "samples are reshuffled each epoch",
        "replacement": "each batch is drawn anew, with replacement",
    }
    text = "each step sees every sample" if opt.full_batch(n) else texts[opt.order]
    return Hypothesis(text, True, ASKED)


def of_limits(data: Dataset, limits: Sequence[Limit], at_margin: bool = False) -> tuple[Hypothesis, ...]:
    """That every margin grows along each of the limits, so that its common cost is positive: as well known as they; or
    ``at_margin`` for sure, where all limits are maximizers of a max margin, whichever they are: each row then costs at
    least gamma > 0, as the data are separable."""
    if not limits:
        return ()
    text = "the cost of every row is positive at each limit: the loss goes to zero there"
    rows = data.floats()
    lengths = np.linalg.norm(rows, axis=1)
    words, grows = [], True
    for limit in limits:
        # The direction is off by its radius, and each product by d roundings of 2^-53.
        doubt = (limit.radius or 0.0) + (data.d + 2) * 2.0**-53
        least = float(np.min((rows @ limit.direction) / np.where(lengths > 0, lengths, 1.0)))
        grows = grows and least > doubt
        words.append(
            limit.evidence if limit.radius is not None else max(limit.evidence, Verdict.MEASURED, key=ORDER)
        )
    how = Verdict.CERTIFIED if at_margin else max(words, key=ORDER)
    return (
        Hypothesis(text, True if grows or at_margin else None, str(how)),
        *of_waves(limits),
        *of_metric(limits[0].metric),
    )


def of_metric(metric: Metric | None) -> list[Hypothesis]:
    """That the metric of a rule that remembers settles, as a run shows."""
    if metric is None:
        return []
    text = (
        f"the metric settles: in the second half of {metric.steps} steps what is kept changes by a share of "
        f"{metric.change:.1e}, {metric.shrinks:.2g} times as much as in the quarter before"
    )
    return [Hypothesis(text, True, str(Verdict.MEASURED))]


def of_waves(limits: Sequence[Limit]) -> list[Hypothesis]:
    """That a travelling wave or an orbit, where the limits are such, is one that runs can stay at."""
    if not limits or limits[0].growth is None:
        return []
    found = [limit for limit in limits if limit.stability == "attracting"]
    open_ones = any(limit.stability == "undetermined" for limit in limits)
    how = max((limit.evidence for limit in found or limits), key=ORDER)
    return [Hypothesis(ATTRACTS, True if found else None if open_ones else False, str(how))]


LOSS_VANISHES = Hypothesis(
    "the loss goes to zero: which rows never have weight is shown of equilibria of positive cost alone",
    True,
    ASKED,
)
WEIGHTS_CONVERGE = Hypothesis("the weights of the samples converge", True, ASKED)
GROWTH = Hypothesis(
    "margins grow at the pace of the data, whether the weights converge or not", True, str(Verdict.PROVED)
)

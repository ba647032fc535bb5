"""Adam by batches where each coordinate is seen by support vectors of one batch only: the l_inf max margin.

A gradient g that comes once in an epoch of P steps leaves m = a g and v = b g^2 with a, b > 0, and after r more steps
beta1^r m and beta2^r v: m/sqrt(v) is sign(g) times a positive number all epoch long. So the epoch's displacement is K
sign(G) in the coordinate, with one K for all, where G is the sum of that batch: on these weights Adam is full-batch
sign descent, up to time, whatever beta1^2 < beta2. (In the clock of epochs it is full-batch Adam on the batch, with
decay rates beta1^P and beta2^P.) Where G = 0 the mean of the signs is any number in [-1, 1] (Filippov).

So an equilibrium (u, c) of the game of signs is one of Adam's if the rows of least cost that see a coordinate are of
one batch, for each coordinate. It is exact in rationals. Where all other rows cost more their weights vanish faster
than the steps, which alone decide how far from 0 a G that switches is, and the flow on the batch goes to its
maximizers from every start: if there is one, with signs within (-1, 1) where they switch, the equilibrium attracts.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from verify.data.dataset import Dataset
from verify.evidence import Verdict
from verify.game.exact_limit import exact_limit
from verify.game.pace import Pace
from verify.game.question import Question
from verify.game.result import Limit, Prediction, Stability
from verify.game.signs.memory import Memory
from verify.game.signs.moves import moves_by_signs, plays_sign, runs_away
from verify.game.signs.pace import FINITE_TIME, pace_with_memory
from verify.game.signs.settling import REACHED, end_of_run
from verify.game.signs.sign_limit import SignLimit
from verify.game.smooth import continuous
from verify.game.smooth.field import field
from verify.margins.cost import affordable
from verify.numbers.linear.angles import Vector
from verify.numbers.linear.rational import times
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import two_moments

CONTINUUM = (
    "the support lies in one batch, where U is the same at all weights near: the equilibrium is not isolated, and the "
    "weights depend on the start"
)


def takes(opt: Optimizer, n: int) -> bool:
    """Whether the rule echoes signs, on several batches."""
    return echoes_signs(opt) and not opt.full_batch(n)


def answer(question: Question) -> Prediction:
    """The limits of the continuous game, and with them that one."""
    found = continuous.answer(question)
    if not affordable(question.data):
        return found
    return with_one_batch(found, question.margins.sign_limit(), question)


def pace(limit: Limit, X: Vector, opt: Optimizer) -> Pace:
    """As in a continuous game; where the support lies in one batch, signs of one batch's gradient times a constant, as
    if the other steps were not: there a sign that switches needs the time that it takes where no row is off the
    support."""
    if not in_one_batch(limit, opt, len(X)):
        return continuous.pace(limit, X, opt)
    patient = replace(limit, slack=min(limit.slack, FINITE_TIME))
    alone = pace_with_memory(patient, X, Memory((Fraction(1),), ((0,),) * len(X), ((1,),) * len(X)))
    with np.errstate(divide="ignore"):
        speed = float(np.abs(field(X, opt).drift(np.log(limit.weights)).real).max())
    return Pace(alone.slowest * speed, alone.fastest, alone.finer)


def echoes_signs(opt: Optimizer) -> bool:
    """Whether one gradient an epoch moves w by its sign times a constant: a rule with moments of first and second
    degree, in a fixed order."""
    alone = replace(opt, batch_size=None)
    return (
        two_moments(opt.rule)
        and opt.order == "cyclic"
        and plays_sign(alone, 1)
        and not moves_by_signs(opt)
        and not runs_away(opt)
    )


def in_one_batch(limit: Limit, opt: Optimizer, n: int) -> bool:
    """Whether a limit's support lies in one of several batches of such a rule: there U is a multiple of signs."""
    size = opt.batch(n)
    return not opt.full_batch(n) and echoes_signs(opt) and len({i // size for i in limit.support}) == 1


def one_batch_limit(data: Dataset, opt: Optimizer, sign: SignLimit, digits: int | None) -> Limit | None:
    """The l_inf max margin as a limit of Adam by batches, None if it is not known to be one."""
    size = opt.batch(data.n)
    if not echoes_signs(opt) or sign.undecided:
        return None
    costs = times(data.rows, sign.u)
    for k, level in enumerate(sign.level):
        if level is not None:
            seen = {i // size for i in range(data.n) if data.rows[i][k] and costs[i] <= level}
            if len(seen) != 1:
                return None
    tight = [i for i, cost in enumerate(costs) if cost == sign.margin]
    support = tuple(i for i, c in enumerate(sign.weights) if c)
    off = [cost - sign.margin for cost in costs if cost > sign.margin]
    gradient = times(list(zip(*data.rows, strict=True)), sign.weights)
    switching = [k for k, g in enumerate(gradient) if not g and sign.level[k] == sign.margin]
    plain = sign.one_c and len(tight) == len(support) and set(sign.level) <= {None, sign.margin}
    inside = all(abs(sign.u[k]) < 1 for k in switching)
    notes = [
        "the l_inf max margin: each coordinate is seen by support vectors of one batch only, and there m/sqrt(v) is "
        "the sign of its gradient times a positive number"
    ]
    if switching:
        notes.append(f"U(c) jumps here: the sign switches for ever in {len(switching)} of the coordinates")
    if not sign.one_c:
        notes.append("the equilibrium is not isolated: the weights are one of several dual optima")
    slack = min(off) / sign.margin if off else None
    stability: Stability = "attracting" if plain and inside else "undetermined"
    return exact_limit(sign.u, sign.weights, slack, stability, "; ".join(notes), digits)


def with_one_batch(prediction: Prediction, sign: SignLimit, question: Question) -> Prediction:
    """The prediction with the limit at which one batch holds all that a coordinate sees, if there is one; first if a
    run from w_0 goes there and no flow from w_0 was found to go elsewhere.

    With two support rows or more in one batch, and no others, U is the same at all weights near: the points of such a
    continuum that flows came to are one limit.
    """
    data, opt = question.data, question.opt
    size = opt.batch(data.n)
    limit = one_batch_limit(data, opt, sign, question.digits)
    limits: list[Limit] = []
    for other in prediction.limits:
        shown = other
        if len(other.support) > 1 and in_one_batch(other, opt, data.n):
            if limit is not None and _same(limit, other, size):
                shown = limit
            else:
                shown = replace(other, stability="undetermined", note=CONTINUUM)
            if any(_same(shown, earlier, size) for earlier in limits):
                continue
        limits.append(shown)
    known = prediction.from_start
    if limit is not None and not any(_same(limit, other, size) for other in limits):
        limits.append(limit)
        if known is Verdict.UNDECIDED:
            moved = end_of_run(data, opt, question.w_0)[1]
            speed = float(np.linalg.norm(moved))
            if speed > 0 and float(np.linalg.norm(moved / speed - limit.direction)) < REACHED:
                known, limits = Verdict.MEASURED, [limit, *limits[:-1]]
    new = len(limits) != len(prediction.limits) or any(each is limit for each in limits)
    complete = prediction.complete and not new
    return replace(prediction, limits=tuple(limits), complete=complete, from_start=known)


def _same(limit: Limit, other: Limit, size: int) -> bool:
    """Whether both are one limit, in batches of a size: of one direction (float64 tells no more), and of one support or
    both in one batch, where the weights between are limits too."""
    supports = limit.support, other.support
    batches = {i // size for support in supports for i in support}
    near = bool(np.abs(limit.direction - other.direction).max() < 1e-9)
    return near and (supports[0] == supports[1] or len(batches) == 1)

"""Games with decoupled weight decay: w stays bounded where updates do, and its limits are where decay balances the mean
update.

For a rule of degree 0 and the exponential loss these are the logit equilibria of its margin game, c* = softmax(-F(c*) /
lambda): weight decay is temperature. A linear rule, GD, has them at a temperature of its own, lambda over the mean
weight of the samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from verify.certificate import check_document
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.game.logit.balance import Balance, balance
from verify.game.logit.box import box_minimum, box_point
from verify.game.logit.branch import at_small_eps, branch
from verify.game.logit.certify import logit_certificate, point_of
from verify.game.logit.one_point import has_one_point
from verify.game.logit.orbit import orbit_points
from verify.game.logit.search import Rest, rests
from verify.game.pace import Pace
from verify.game.playable import along_gradient
from verify.game.question import Question
from verify.game.result import Limit, Prediction, spelled
from verify.game.signs.moves import moves_by_signs, plays_sign
from verify.game.smooth.search import FEW
from verify.losses.together import Weights
from verify.numbers.linear.angles import Vector
from verify.numbers.systems.arrays import ARRAYS
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.tail import in_the_long_run
from verify.optimizers.traits import forgetting, traits
from verify.problem.frozen import shares

# A direction is enclosed to this many decimals where none are asked for.
DIGITS = 17

# Fractions of weights that differ by more than exp(10,000) are so long that covering the simplex took 30 s and more.
FARTHEST = 10_000.0


def takes(opt: Optimizer, n: int) -> bool:
    """Whether w decays by itself."""
    return opt.weight_decay > 0


def require_balance(opt: Optimizer) -> None:
    """Raise BadInput, naming the trait, for an optimizer of which frozen gradients tell no mean update."""
    reason = forgetting(opt.rule, opt.values)
    if reason:
        raise BadInput(
            f"optimizer={opt.rule.name}: with weight decay its limits need the trait forgets, and {reason}"
        )
    if opt.rule.uses("w", "eta"):
        raise BadInput(f"optimizer={opt.rule.name}: its limits need a step that reads neither w nor eta")


def answer(question: Question) -> Prediction:
    """The balances that are found, each enclosed where that takes seconds; of few rows all, where the checker accepts
    that."""
    data, opt = question.data, question.opt
    if data.owned == 1 and opt.decay and plays_sign(in_the_long_run(opt), data.n):
        return _in_box(question)
    open_ = not_told(question)
    if open_:
        return Prediction(data, opt, (), complete=False, note=open_)
    X, decay = data.floats(), float(opt.weight_decay)
    game = balance(X, opt)
    question.progress("balances of weight decay")
    followed = at_small_eps(X, opt) if opt.eps else branch(game, decay)
    w_0 = question.w_0
    found, seen = rests(game, decay, followed, w_0, question.starts, question.seed)
    if not opt.decay:
        return _orbits(question, game, found)
    limits = [_limit(question, game, each) for each in found]
    notes = [] if seen else ["the flow from w_0 was not seen to come to one of these"]
    index = sum(each.index for each in found)
    complete, why = _whether_all(question, limits)
    if index != 1:
        complete, why = False, f"some are missing: the indices sum to {index}, those of all to 1"
    reached = Verdict.MEASURED if seen else Verdict.UNDECIDED
    if complete and has_one_point(opt, data.n):  # every flow comes to it
        notes, reached = [], limits[0].evidence
    note = "; ".join([*notes, *filter(None, [why])])
    return Prediction(data, opt, tuple(limits), complete, note, from_start=reached)


def _bits(question: Question) -> int:
    """Of a box whose direction is to be known to the digits that are asked for."""
    return 10 * max(question.digits or 0, DIGITS) // 3 + 30


def _in_box(question: Question) -> Prediction:
    """Of full-batch sign methods: the minimum of the loss in the box."""
    data, opt = question.data, question.opt
    try:
        found = box_minimum(data.floats(), opt.loss, float(opt.weight_decay))
    except (Undecided, np.linalg.LinAlgError) as reason:
        return Prediction(data, opt, (), complete=False, note=f"not decided: {reason}")
    names = ", ".join(name for name, free in zip(data.columns, found.free, strict=True) if free) or "none"
    limit = Limit(
        direction=found.w / np.linalg.norm(found.w),
        radius=None,
        support=tuple(range(data.n)),
        weights=shares(opt.loss.log_weight(ARRAYS)(data.floats() @ found.w)),
        slack=np.inf,
        stability="attracting" if found.sure else "undetermined",
        evidence=Verdict.MEASURED,
        note=f"the least loss in the box |w_k| <= 1/weight_decay; inside it: {names}",
        iterate=found.w,
        temperature=float(opt.weight_decay),
    )
    if question.prove:
        question.progress("enclosing the minimum")
        try:
            point = box_point(data, opt, found, _bits(question))
            limit = replace(limit, evidence=Verdict.CERTIFIED, point=point, **_told(point, question.digits))
        except (BadInput, Undecided) as reason:
            limit = limit.noted(f"not enclosed: {reason}")
    sure = limit.evidence is Verdict.CERTIFIED
    return Prediction(data, opt, (limit,), complete=sure, from_start=Verdict.MEASURED)


def _orbits(question: Question, game: Balance, found: Sequence[Rest]) -> Prediction:
    """At a constant step: the periodic orbits, those that attract first."""
    data, opt = question.data, question.opt
    question.progress("periodic orbits")
    try:
        points = orbit_points(data, opt, game, found, question.w_0, _bits(question))
        why = "" if points else f"no periodic orbit was found at lr={opt.lr}"
    except (BadInput, Undecided) as reason:
        points, why = [], f"orbits at a constant step were not looked for: {reason}"
    limits = sorted((_orbit(question, point) for point in points), key=lambda limit: limit.stability)
    return Prediction(data, opt, tuple(limits), complete=False, note=why)


def _orbit(question: Question, point: dict[str, Any]) -> Limit:
    data, opt = question.data, question.opt
    w, low, high = (
        np.array([float(x) for x in point["center"][: data.d]]),
        point["spectral_low"],
        point["spectral_high"],
    )
    limit = Limit(
        direction=w / np.linalg.norm(w),
        radius=None,
        support=tuple(range(data.n)),
        weights=shares(Weights(opt.loss, opt.owned).logarithms(data.floats() @ w)),
        slack=np.inf,
        stability="attracting" if high < 1 else "repelling" if low > 1 else "undetermined",
        evidence=Verdict.MEASURED,
        note="w, and the weights of the samples, as an epoch begins",
        iterate=w,
        growth=0.0,
        spectral_radius=float((low + high) / 2),
    )
    if not question.prove:
        return limit
    return replace(limit, evidence=Verdict.CERTIFIED, point=point, **_told(point, question.digits))


def not_told(question: Question) -> str:
    """Why nothing is told: where the mean update is none, or jumps."""
    opt, n = question.opt, question.data.n
    if opt.order != "cyclic" and not opt.full_batch(n):
        return f"order={opt.order}: with weight decay only the cyclic order is told"
    still = in_the_long_run(opt)
    if plays_sign(still, n) or moves_by_signs(still) or traits(still.rule).update in ("sign", "jumps"):
        return (
            "the mean update jumps where a gradient changes its sign, and where decay holds w on such a jump is not "
            "told" + "; with --eps above 0 it does not jump" * opt.rule.uses("eps", "inside")
        )
    return ""


def _limit(question: Question, game: Balance, found: Rest) -> Limit:
    data, opt = question.data, question.opt
    far = "eps" if opt.eps else "weight decay"
    log_c = game.log_c(found.place)
    with np.errstate(invalid="ignore", divide="ignore"):
        direction = found.w / np.linalg.norm(found.w)
    limit = Limit(
        direction=direction,
        radius=None,
        support=tuple(range(data.n)),
        weights=shares(log_c),
        slack=np.inf,
        stability=found.stability(data.d),
        evidence=Verdict.MEASURED,
        note=f"the branch from {far} = infinity comes here first" if found.principal else "",
        iterate=found.w,
        temperature=_temperature(opt, np.exp(log_c)),
    )
    if not question.prove:
        return limit
    question.progress("enclosing a limit")
    try:
        point = point_of(data, opt, game, found, max(question.digits or 0, DIGITS))
    except (Undecided, BadInput) as reason:
        return limit.noted(f"not enclosed: {reason}")
    return replace(limit, evidence=Verdict.CERTIFIED, point=point, **_told(point, question.digits))


def _told(point: dict[str, Any], digits: int | None) -> dict[str, Any]:
    """Direction, radius and decimals of a limit, from its box."""
    direction = np.array([float(entry) for entry in point["direction"]])
    radius = float(point["direction_radius"]) + len(direction) * 2.0**-52
    texts = spelled(point["direction"], digits) if digits else ()
    return {"direction": direction, "radius": radius, "decimals": texts}


def _temperature(opt: Optimizer, c: Vector) -> float | None:
    """Of the margin game: lambda for degree 0; for a mean of gradients lambda over the mean weight; else there is
    none."""
    degree = in_the_long_run(opt).rule.degree
    if degree == 0:
        return float(opt.weight_decay)
    return float(opt.weight_decay) / float(c.mean() * opt.owned) if degree == 1 else None


def _whether_all(question: Question, limits: list[Limit]) -> tuple[bool, str]:
    """Whether there are no others, and if that is not known, why; nothing is said of many rows."""
    data, opt = question.data, question.opt
    if has_one_point(opt, data.n) or (along_gradient(opt, data.n) and not opt.eps):
        return len(limits) == 1, ""  # the loss plus a function of w that is strictly convex has one minimum
    if not question.complete or data.n > FEW or not limits:
        return False, ""
    if data.owned > 1 or in_the_long_run(opt).rule.degree != 0:
        what = "of several classes" if data.owned > 1 else "for a rule that is not of degree 0, as with eps"
        return False, f"not decided whether these are all: {what} the simplex of weights is not covered"
    if any(limit.point is None for limit in limits):
        return False, "not decided whether these are all: one of them is not certified"
    iterates = [limit.iterate for limit in limits if limit.iterate is not None]
    spread = max((float(np.ptp(data.floats() @ w)) for w in iterates), default=0.0)
    if spread > FARTHEST:
        return False, f"not decided whether these are all: weights differ by factors up to exp({spread:.3g})"
    if not all(x for row in data.rows for x in row):
        return False, "not decided whether these are all: some entries are 0"
    question.progress("whether these are all")
    checked = check_document(logit_certificate(data, opt, [limit.point for limit in limits], complete=True))
    return checked.valid, "" if checked.valid else f"not decided whether these are all: {checked.why}"


def pace(limit: Limit, X: Vector, opt: Optimizer) -> Pace:
    """From the eigenvalues of the flow's linearization; what no margin sees decays at the rate lambda. Of an orbit from
    its spectral radius: steps are as fine as they will ever be, and it is exact for them."""
    if plays_sign(in_the_long_run(opt), len(X)):  # u chatters about 0 where w is inside the box
        return Pace(float(opt.weight_decay), float(np.abs(X).sum(axis=1).max()))
    if limit.spectral_radius is not None:
        fast, radius = 1 / float(opt.lr), limit.spectral_radius
        slow = -math.log(radius) / opt.steps_per_epoch(len(X)) if 0 < radius < 1 else float(radius == 0)
        return Pace(slow * fast, fast)
    game, decay = balance(X, opt), float(opt.weight_decay)
    assert limit.iterate is not None
    rates = np.abs(np.linalg.eigvals(game.turn(game.place(limit.iterate))) - decay)
    return Pace(float(min(rates.min(initial=decay), decay)), float(max(rates.max(initial=decay), decay)))

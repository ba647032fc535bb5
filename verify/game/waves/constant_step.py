"""Constant steps: the travelling waves of a rule, each enclosed, with what small deviations from it do.

A wave is exact at any step size, but it may repel: then runs leave it, and go where no wave tells.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from verify.certificate.waves import Setting
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.game.pace import Pace
from verify.game.question import Question
from verify.game.result import Limit, Prediction, Stability, decimals, rounded
from verify.game.smooth import continuous
from verify.game.smooth.face import excesses, levels_at
from verify.game.waves import growing
from verify.game.waves.certify import boxed, polish, require_short, setting_of, unknowns
from verify.game.waves.growing import most_growth
from verify.game.waves.levels import SEARCH_BITS, SEARCH_CLOSE, at_rest, center_of
from verify.game.waves.search import Wave, waves
from verify.numbers.linear.angles import Vector
from verify.numbers.systems.balls import Ball, around, ball, precision
from verify.optimizers.optimizer import Optimizer

# Bits of a box, and what a digit takes; as for equilibria (`verify.game.proof`).
BITS, MORE = 100, 30
# Weights of one wave, enclosed twice, differ by less.
SAME = 1e-12

REPEL = "no wave that was found attracts at this step: runs leave it, and where they go is not promised"

# A limit of which nothing is known yet.
UNKNOWN = Limit(np.zeros(0), None, (), np.zeros(0), math.inf, "undetermined", Verdict.MEASURED)

takes = growing.takes


def answer(question: Question) -> Prediction:
    """The waves, those that attract first."""
    data, opt = question.data, question.opt
    found, note = waves(question)
    limits, notes = list[Limit](), [note]
    for wave in found:
        try:
            limit = _limit(question, wave)
        except (BadInput, Undecided) as reason:
            notes.append(f"an equilibrium of the game, with levels, led to no wave at this step: {reason}")
            continue
        limits += [] if any(_same(limit, other) for other in limits) else [limit]
    limits.sort(key=lambda limit: limit.stability == "repelling")
    if not limits:
        notes = [f"no travelling wave was found at lr={opt.lr}", *notes, _jumps(question)]
    elif all(limit.stability == "repelling" for limit in limits):
        notes = [REPEL, *notes]
    return Prediction(data, opt, tuple(limits), complete=False, note="; ".join(filter(None, notes)))


def pace(limit: Limit, X: Vector, opt: Optimizer) -> Pace:
    """From the spectral radius of an epoch, and from how much faster than the support's margins others grow. Steps are
    as fine as they will ever be, and the wave is exact for them."""
    if limit.growth is None:  # of vanishing steps
        return continuous.pace(limit, X, opt)
    fast, radius = 1 / float(opt.lr), limit.spectral_radius
    if radius is None or radius >= 1:
        return Pace(0.0, fast)
    rates = [1.0 if radius == 0 else -math.log(radius) / opt.steps_per_epoch(len(X))]
    if math.isfinite(limit.slack):
        rates.append(limit.slack * limit.growth)
    return Pace(min(rates) * fast, fast)


def _same(one: Limit, other: Limit) -> bool:
    """Whether two float waves turned out to be one."""
    pairs = ((one.weights, other.weights), (one.direction, other.direction))
    return one.support == other.support and all(np.allclose(a, b, rtol=0, atol=SAME) for a, b in pairs)


def _jumps(question: Question) -> str:
    opt = question.opt
    if opt.rule.reads != "nothing":
        return ""
    where = "at the full batch" if opt.full_batch(question.data.n) else "where the support lies in one batch"
    return (
        f"{where} the update is made of signs of sums of gradients, which vanish in some coordinates at the limit of "
        "vanishing steps: there constant steps chatter between both signs, and no periodic state is known"
    )


def _limit(question: Question, wave: Wave) -> Limit:
    """A wave as a limit: enclosed, or as floats have it with a note that says why. Raises BadInput or Undecided where a
    wave with levels is not followed to this step."""
    data, opt, levels = question.data, question.opt, wave.at.levels
    if len(levels) > 1:
        return limit_at(question, *center_of(data, opt, wave.at))
    measured = replace(wave.at.limit(), stability="undetermined", growth=wave.growth)
    if not question.prove:
        return measured
    try:
        setting = setting_of(data, opt, levels)
        start = unknowns(setting, opt, wave.at.spread(data.n), [wave.growth])
        return _enclosed(question, setting, [Fraction(x) for x in start], measured)
    except (BadInput, Undecided) as reason:
        return measured.noted(f"not enclosed: {reason}")


def limit_at(question: Question, setting: Setting, center: list[Fraction]) -> Limit:
    """The wave at a fixed point of the checker's epoch map. Raises Undecided where it is none."""
    with precision(SEARCH_BITS):
        fields, weights = boxed(setting, center, SEARCH_CLOSE)
        told = _told(replace(UNKNOWN, support=tuple(fields["levels"][0])), fields, weights)
    measured, resting = _with_levels(question, setting, told)
    if resting or not question.prove:
        return measured
    try:
        return _enclosed(question, setting, center, measured)
    except Undecided as reason:
        return measured.noted(f"not enclosed: {reason}")


def _with_levels(question: Question, setting: Setting, told: Limit) -> tuple[Limit, bool]:
    """With its slack, in words the growth of each level, and the columns at rest if there are any. Raises Undecided
    where a row grows slower than what decides."""
    X = question.data.floats()
    moves = X @ told.direction
    shares = moves / moves[told.support[0]]
    rates = told.growth * shares
    resting = at_rest(setting, question.opt, rates)
    slack = float(np.min(excesses(X, levels_at(told, X)[0], shares)))
    if not slack > 0:
        raise Undecided("margins of other rows grow slower than those that decide")
    notes = [told.note]
    if told.levels:
        grown = ", ".join(f"{rates[rows[0]]:.12g}" for rows, _ in told.levels)
        notes.append(f"margins of the levels below grow by {grown} a step")
    if resting:
        names = ", ".join(question.data.columns[k] for k in resting)
        notes.append(
            f"{names} come to rest: the gradients there shrink faster than the rule forgets, at most by "
            f"r = {most_growth(question.opt):.12g} a step, so that its updates vanish"
        )
    note = "; ".join(filter(None, notes))
    return replace(told, slack=slack, evidence=Verdict.MEASURED, note=note), bool(resting)


def _enclosed(question: Question, setting: Setting, start: list[Fraction], measured: Limit) -> Limit:
    question.progress("enclosing a wave")
    wanted = max(BITS, 10 * (question.digits or 0) // 3 + MORE)
    with precision(5 * wanted // 2):
        require_short(setting)
        told = _told(measured, *boxed(setting, polish(setting, start, wanted), wanted))
        assert told.point is not None
        direction = [around(ball(u), ball(told.point["direction_radius"])) for u in told.point["direction"]]
        unit, radius = rounded(direction)
        text = decimals(direction, question.digits) if question.digits else ()
    return replace(told, direction=unit, radius=radius, evidence=Verdict.CERTIFIED, decimals=text)


def _told(limit: Limit, fields: dict[str, Any], weights: list[Ball]) -> Limit:
    """The limit with what a box tells of it."""
    low, high = fields["spectral_low"], fields["spectral_high"]
    stability: Stability = "repelling" if low > 1 else "undetermined"
    if high < 1 and limit.slack:  # a row that ties may enter the support
        stability = "attracting"
    c, (support, *below) = np.array([float(weight.mid()) for weight in weights]), fields["levels"]
    first = np.isin(np.arange(len(c)), support)
    return replace(
        limit,
        direction=np.array([float(u) for u in fields["direction"]]),
        weights=np.where(first, c, 0.0),
        stability=stability,
        levels=tuple((tuple(rows), tuple(c[rows].tolist())) for rows in below),
        growth=float(fields["growths"][0]),
        spectral_radius=float(Fraction(low + high) / 2),
        point=fields,
    )

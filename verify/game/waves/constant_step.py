"""Constant steps: the travelling waves of a rule, each enclosed, with what small deviations from it do.

A wave is exact at any step size, but it may repel: then runs leave it, and go where no wave tells.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np

from verify.certificate.effort import UNITS, operation
from verify.certificate.waves import Setting
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.game.pace import Pace
from verify.game.question import Question
from verify.game.result import Limit, Prediction, Stability, decimals, rounded
from verify.game.smooth import continuous
from verify.game.waves import growing
from verify.game.waves.certify import boxed, polish, setting_of, unknowns
from verify.game.waves.search import Wave, waves
from verify.numbers.linear.angles import Vector
from verify.numbers.systems.balls import around, ball, bits, precision
from verify.optimizers.optimizer import Optimizer

# Bits of a box, and what a digit takes; as for equilibria (`verify.game.proof`).
BITS, MORE = 100, 30
# Epochs with derivatives that the enclosure and the checker compute together, and products of matrices of their size.
EPOCHS, PRODUCTS = 8, 12

# Weights of one wave, enclosed twice, differ by less.
SAME = 1e-12

REPEL = "no wave that was found attracts at this step: runs leave it, and where they go is not promised"

OWN_GROWTH = (
    "a coordinate sees no row of the support: margins of the level that decides it grow at a rate of their own, "
    "which is not computed at constant steps"
)

takes = growing.takes


def answer(question: Question) -> Prediction:
    """The waves, those that attract first."""
    data, opt = question.data, question.opt
    found, note = waves(question)
    limits: list[Limit] = []
    for wave in found:
        limit = _limit(question, wave)
        limits += [] if any(_same(limit, other) for other in limits) else [limit]
    limits.sort(key=lambda limit: limit.stability == "repelling")
    notes = [note]
    if not limits:
        notes = [f"no travelling wave was found at lr={opt.lr}", note, _jumps(question)]
    elif all(limit.stability == "repelling" for limit in limits):
        notes = [REPEL, note]
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
    return one.support == other.support and bool(np.allclose(one.weights, other.weights, rtol=0, atol=SAME))


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
    """A wave as a limit: enclosed, or as floats have it with a note that says why."""
    data, opt = question.data, question.opt
    measured = replace(wave.at.limit(), stability="undetermined", growth=wave.growth)
    if len(wave.at.levels) > 1:
        return replace(measured, evidence=Verdict.UNDECIDED, note=OWN_GROWTH)
    if not question.prove:
        return measured
    log_c = wave.at.spread(data.n)
    try:
        setting = setting_of(data, opt, [int(i) for i in np.flatnonzero(np.isfinite(log_c))])
        return _enclosed(question, setting, unknowns(setting, opt, log_c, wave.growth), measured)
    except (BadInput, Undecided) as reason:
        note = "; ".join(filter(None, (measured.note, f"not enclosed: {reason}")))
        return replace(measured, note=note)


def _enclosed(question: Question, setting: Setting, start: list[float], measured: Limit) -> Limit:
    question.progress("enclosing a wave")
    wanted = max(BITS, 10 * (question.digits or 0) // 3 + MORE)
    size = setting.length
    with precision(5 * wanted // 2):
        units = EPOCHS * (setting.work(size) + PRODUCTS * size**3 * operation(bits()) / 10)
        if units > UNITS:
            raise Undecided(f"with {size} unknowns it would take about {units / 1e6:.0f} s")
        fields, weights = boxed(setting, polish(setting, start, wanted), wanted)
        direction = [around(ball(u), ball(fields["direction_radius"])) for u in fields["direction"]]
        unit, radius = rounded(direction)
        text = decimals(direction, question.digits) if question.digits else ()
    low, high = fields["spectral_low"], fields["spectral_high"]
    stability: Stability = "repelling" if low > 1 else "undetermined"
    if high < 1 and measured.slack:  # a row that ties may enter the support
        stability = "attracting"
    return replace(
        measured,
        direction=unit,
        radius=radius,
        weights=np.array([float(c.mid()) for c in weights]),
        stability=stability,
        evidence=Verdict.CERTIFIED,
        decimals=text,
        growth=float(fields["growth"]),
        spectral_radius=float(Fraction(low + high) / 2),
        point=fields,
    )

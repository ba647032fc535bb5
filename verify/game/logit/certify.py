"""Certificates of balances: places in float64 polished by Newton's method in balls, then boxed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from verify.certificate.effort import UNITS
from verify.certificate.field import game_of, work
from verify.certificate.kinds.logit import update_at
from verify.certificate.kinds.stability import OPEN
from verify.certificate.program import read_lines, read_rule
from verify.certificate.writing import Document, certificate, spell
from verify.data.dataset import Dataset
from verify.errors import Undecided
from verify.game.logit.balance import Balance
from verify.game.logit.search import Rest
from verify.game.smooth.certify import dyadic
from verify.numbers.systems.balls import Ball, Dyadic, ball, bounds, fraction, precision, sqrt
from verify.optimizers.carried import carried_game, carried_log_weight
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.tail import in_the_long_run

# Newton's method with the inverse that floats have gains some ten digits a step.
STEPS = 40
# Evaluations of U with derivatives that the checker makes of a point, at the least: at the center, over the box.
EVALUATIONS = 3


def fields_of(data: Dataset, opt: Optimizer) -> dict[str, Any]:
    """The fields of a claim but for its points. Raises BadInput where the format has no words for the optimizer."""
    game = carried_game(in_the_long_run(opt), data.n)
    return game | {"loss": carried_log_weight(opt.loss), "weight_decay": opt.weight_decay}


def logit_certificate(
    data: Dataset, opt: Optimizer, points: Sequence[Mapping[str, Any] | None], complete: bool = False
) -> Document:
    """That in each of these boxes there is one balance, and no others, if ``complete``."""
    claim = fields_of(data, opt) | {"complete": "yes" if complete else "no", "points": list(points)}
    return certificate(data.carried, "logit", claim)


def point_of(data: Dataset, opt: Optimizer, game: Balance, found: Rest, digits: int) -> dict[str, Any]:
    """The box of a rest point, whose direction is known to so many decimals. Raises Undecided where Newton's method
    does not settle there, or where to check it would take too long."""
    fields = fields_of(data, opt)
    claim = fields | {
        "rule": read_rule(spell(fields["rule"]), "rule"),
        "loss": read_lines(spell(fields["loss"]), "loss"),
    }
    busy = opt.steps_per_epoch(data.n)
    needed = 10 * digits // 3 + 30
    with precision(2 * needed):
        price = EVALUATIONS * work(game_of(claim, data), data.d, data.n, busy, data.n)
        if price > UNITS:
            raise Undecided(f"with {data.n} rows and {data.d} features it would take the checker too long")
        w = _polished(data, claim, game, found, 2 * needed)
    radius = Fraction(1, 1 << needed)
    with precision(3 * needed):
        length = sqrt(sum((ball(entry) * ball(entry) for entry in w), ball(0)))
        if not length > 0:
            raise Undecided("the direction of w = 0")
        direction = [dyadic(fraction((ball(entry) / length).mid()), 2 * needed) for entry in w]
        # A box of this half-width turns w by no more than twice its own length over that of w; the rest is rounding.
        turn = 2 * radius * data.d / bounds(length)[0] + Fraction(data.d + 4, 1 << (2 * needed))
    stability = found.stability(data.d)
    return {
        "center": w,
        "radius": radius,
        "direction": direction,
        "direction_radius": min(Fraction(2), dyadic(2 * turn, 2 * needed)),
        "stability": OPEN if stability == "undetermined" else stability,
    }


def _polished(data: Dataset, claim: dict[str, Any], game: Balance, found: Rest, kept: int) -> list[Fraction]:
    """w (d) to half of so many bits, by Newton's method with the inverse in float64."""
    decay = float(claim["weight_decay"])
    # d(lambda w - U)/dw = lambda - (dU/dp) Q'X, so that the inverse takes what margins see, and 1 / lambda of the rest.
    by_place = game.drift_turn(found.place)
    inverse = np.linalg.inv(decay * np.eye(data.d) - by_place @ game.basis.T @ game.X)
    w = [Fraction(float(entry)) for entry in found.w]
    rows: list[list[Ball]] = [[ball(Dyadic(float(entry))) for entry in row] for row in inverse]
    for _ in range(STEPS):
        at = update_at(data, claim, [ball(entry) for entry in w], turning=False)
        gap = [ball(claim["weight_decay"]) * ball(a) - u for a, u in zip(w, at.drift, strict=True)]
        step = [sum((a * g for a, g in zip(row, gap, strict=True)), ball(0)) for row in rows]
        w = [dyadic(a - fraction(s.mid()), kept) for a, s in zip(w, step, strict=True)]
        if max(abs(fraction(s.mid())) for s in step) < Fraction(1, 1 << (kept * 3 // 4)):
            return w
    raise Undecided("where Newton's method leads")

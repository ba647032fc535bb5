"""Certificates of equilibria with levels: weights of each level polished by Newton's method in balls, then boxed.

As in `verify.game.smooth.certify`; the costs are those of the checker.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from verify.certificate.field import game_of
from verify.certificate.kinds.levels import Levels, equations, level_costs, levels_of
from verify.certificate.kinds.stability import OPEN
from verify.certificate.writing import Document, certificate
from verify.data.dataset import Dataset
from verify.errors import Undecided
from verify.game.result import Limit
from verify.game.smooth.certify import STEPS, dyadic, game_fields, game_read, unit
from verify.numbers.systems.balls import around, ball, bounds, fraction, matrix, precision, sqrt
from verify.optimizers.optimizer import Optimizer


def levels_certificate(data: Dataset, opt: Optimizer, limits: Sequence[Limit], bits: int) -> Document:
    """That these limits are equilibria with the levels that they have. Raises BadInput for an optimizer whose game the
    format has no words for, Undecided if Newton's method does not settle."""
    game = game_fields(data, opt)
    points = [_point(data, game_read(game), limit, bits) for limit in limits]
    return certificate(data.carried, "levels", game | {"points": points})


def _point(data: Dataset, game: dict[str, Any], limit: Limit, bits: int) -> dict[str, Any]:
    rules = game_of(game, data)
    with precision(5 * bits // 2):
        start = [[Fraction(float(c)) for c in limit.weights]]
        for rows, weights in limit.levels:
            start.append([Fraction(0)] * data.n)
            for i, weight in zip(rows, weights, strict=True):
                start[-1][i] = Fraction(weight)
        levels = levels_of(data.rows, start)
        c = _polished(data, rules, levels, start, bits)
        least = min(weight for weights in c for weight in weights if weight)
        radius = min(Fraction(1, 2**bits), dyadic(least / 2**20, bits + 200))
        middle, box = ([[around(ball(x), half) if x else ball(0) for x in weights] for weights in c]
                       for half in (ball(0), ball(radius)))  # fmt: skip
        direction = [
            dyadic(fraction(u.mid()), bits + 20)
            for u in unit(level_costs(rules, data.rows, levels, middle, turning=False))
        ]
        inside = unit(level_costs(rules, data.rows, levels, box, turning=False))
        gap = sum(((u - ball(v)) * (u - ball(v)) for u, v in zip(inside, direction, strict=True)), ball(0))
        # Twice what is seen: the checker's balls need not be as tight.
        near = 2 * dyadic(bounds(sqrt(ball(bounds(gap)[1])))[1], bits + 200) + Fraction(1, 2**bits)
    return {
        "levels": c,
        "radius": radius,
        "direction": direction,
        "direction_radius": near,
        "stability": "attracting" if limit.stability == "attracting" else OPEN,
    }


def _polished(
    data: Dataset, rules: Any, levels: Levels, start: list[list[Fraction]], bits: int
) -> list[list[Fraction]]:
    """Newton's method for equal costs on each level and sum 1, until a step is below 2^-bits by far."""
    totals = [sum(weights) for weights in start]
    c = [[weight / total for weight in weights] for weights, total in zip(start, totals, strict=True)]
    depth_of = {i: depth for depth, rows in enumerate(levels.rows) for i in rows}
    for _ in range(STEPS):
        at = level_costs(rules, data.rows, levels, [[ball(x) for x in weights] for weights in c])
        values, slopes = equations(levels, at, [ball(sum(weights) - 1) for weights in c])
        try:
            step = matrix(slopes).solve(matrix([[value] for value in values])).entries()
        except ZeroDivisionError:
            raise Undecided("whether the Jacobian on the levels is regular") from None
        for i, s in zip(levels.all_rows, step, strict=True):
            c[depth_of[i]][i] = dyadic(c[depth_of[i]][i] - fraction(s.mid()), 2 * bits)
        if min(c[depth][i] for i, depth in depth_of.items()) <= 0:
            break
        if max(abs(fraction(s.mid())) for s in step) < Fraction(1, 2 ** (bits + 20)):
            for weights, rows in zip(c, levels.rows, strict=True):
                weights[rows[0]] += 1 - sum(weights)
            return c
    raise Undecided("whether there is an equilibrium near weights on these levels")

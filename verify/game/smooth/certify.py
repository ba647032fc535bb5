"""Certificates of equilibria, with levels or without: float weights polished by Newton's method in balls, then boxed.

The certificate carries the rule's program (`verify.optimizers.carried`), and the costs are those of its checker; what
is proposed here it decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from verify.certificate.field import Game, game_of
from verify.certificate.kinds.levels import Levels, equations, level_costs, levels_of
from verify.certificate.kinds.stability import OPEN
from verify.certificate.program import read_rule
from verify.certificate.refusal import Refused
from verify.certificate.rule import require_rule
from verify.certificate.writing import Document, certificate, spell
from verify.data.dataset import Dataset
from verify.errors import BadInput, Undecided
from verify.game.result import Limit, Stability
from verify.game.smooth.dominance import Dominated
from verify.game.smooth.field import populations
from verify.numbers.systems.balls import Ball, around, ball, bounds, fraction, matrix, precision, sqrt
from verify.optimizers.carried import carried_game
from verify.optimizers.optimizer import Optimizer

# Newton's method works with 2.5 times the bits of the radius, and from float weights doubles 50 correct bits
# each time: more steps than this mean that it does not converge.
STEPS = 40


def equilibrium_certificate(
    data: Dataset, opt: Optimizer, weights: Sequence[float], bits: int = 100
) -> Document:
    """That one equilibrium, and no other, lies within 2^-bits of these weights polished, on their support.

    ``weights`` (N) are an equilibrium in floats, exactly 0 off its support. Raises BadInput for an optimizer
    whose game the format has no words for, Undecided if Newton's method does not settle near them.
    """
    game = game_fields(data, opt)
    return certificate(data.carried, "equilibrium", game | enclose(data, game_read(game), weights, bits))


def equilibria_certificate(
    data: Dataset,
    opt: Optimizer,
    equilibria: Sequence[Sequence[float]],
    bits: int = 100,
    dominated: Sequence[Dominated] = (),
    complete: bool = True,
    stability: Sequence[Stability] = (),
) -> Document:
    """That these equilibria, each as for ``equilibrium_certificate``, are there, and, if ``complete``, no others; and
    how the flow moves near each of them, if ``stability`` says so.

    Whether they are is for the checker to find: a search of the simplex, for five rows or fewer besides those that
    are shown to be ``dominated``.
    """
    game = game_fields(data, opt)
    points = [enclose(data, game_read(game), weights, bits) for weights in equilibria]
    for point, word in zip(points, stability, strict=False):
        point["stability"] = OPEN if word == "undetermined" else word
    claim = game | {"complete": "yes" if complete else "no", "points": points}
    kind = "stability" if stability else "equilibria"
    return certificate(data.carried, kind, claim, {"dominated": [asdict(proof) for proof in dominated]})


def levels_certificate(data: Dataset, opt: Optimizer, limits: Sequence[Limit], bits: int) -> Document:
    """That these limits are equilibria with the levels that they have. Raises BadInput for an optimizer whose game the
    format has no words for, Undecided if Newton's method does not settle."""
    game = game_fields(data, opt)
    points = []
    for limit in limits:
        start = [[Fraction(float(c)) for c in limit.weights]]
        for rows, weights in limit.levels:
            below = dict(zip(rows, weights, strict=True))
            start.append([Fraction(below.get(i, 0)) for i in range(data.n)])
        levels = levels_of(data.rows, start)
        start = [[c / sum(weights) for c in weights] for weights in start]
        center, box = boxed(data, game_read(game), levels, start, bits)
        stability = "attracting" if limit.stability == "attracting" else OPEN
        points.append({"levels": center, **box, "stability": stability})
    return certificate(data.carried, "levels", game | {"points": points})


def game_fields(data: Dataset, opt: Optimizer) -> dict[str, Any]:
    """The fields of a claim that carry an optimizer's game. Raises BadInput, saying why, where it has none of them."""
    found = carried_game(opt, data.n)
    if populations(opt, data.n) is not None:
        raise BadInput(
            f"optimizer={opt.rule.name}, batch-size={opt.batch(data.n)}: there is no certificate of equilibria where "
            "each batch has weights of its own"
        )
    try:
        require_rule(game_read(found)["rule"])
    except Refused as reason:
        raise BadInput(
            f"optimizer={opt.rule.name}: there is no certificate of its equilibria: {reason}"
        ) from None
    return found


def game_read(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as the checker reads them."""
    return fields | {"rule": read_rule(spell(fields["rule"]), "rule")}


def enclose(data: Dataset, game: dict[str, Any], weights: Sequence[float], bits: int) -> dict[str, Any]:
    """The claim's box: center, radius, direction and its radius."""
    one = Levels([[i for i, weight in enumerate(weights) if weight]], [list(range(data.d))])
    start = [Fraction(weight) / Fraction(sum(weights)) for weight in weights]
    (center,), box = boxed(data, game, one, [start], bits)
    return {"center": center, **box}


def boxed(
    data: Dataset, game: dict[str, Any], levels: Levels, start: Sequence[Sequence[Fraction]], bits: int
) -> tuple[list[list[Fraction]], dict[str, Any]]:
    """The center of a point's box, level by level, and the fields that stand beside it."""
    rules = game_of(game, data)

    def direction_in(size: Ball) -> list[Ball]:
        """U at l2 norm 1, for all weights within ``size`` of the center."""
        c = [[around(ball(x), size) if x else ball(0) for x in weights] for weights in center]
        U = level_costs(rules, data.rows, levels, c, turning=False).drift
        length = sqrt(sum((u * u for u in U), ball(0)))
        return [u / length for u in U]

    with precision(5 * bits // 2):
        center = polish(data, rules, levels, start, bits)
        least = min(weight for weights in center for weight in weights if weight)
        radius = min(Fraction(1, 2**bits), dyadic(least / 2**20, bits + 200))
        direction = [dyadic(fraction(u.mid()), bits + 20) for u in direction_in(ball(0))]
        gaps = [u - ball(v) for u, v in zip(direction_in(ball(radius)), direction, strict=True)]
        gap = bounds(sum((each * each for each in gaps), ball(0)))[1]
        # Twice what is seen: the checker's balls need not be as tight.
        near = 2 * dyadic(bounds(sqrt(ball(gap)))[1], bits + 200) + Fraction(1, 2**bits)
    return center, {"radius": radius, "direction": direction, "direction_radius": near}


def polish(
    data: Dataset, rules: Game, levels: Levels, start: Sequence[Sequence[Fraction]], bits: int
) -> list[list[Fraction]]:
    """The weights at which the rows of each level cost the same and have sum 1, by Newton's method in balls, until a
    step is far below 2^-bits."""
    c = [list(weights) for weights in start]
    depth_of = {i: depth for depth, rows in enumerate(levels.rows) for i in rows}
    for _ in range(STEPS):
        at = level_costs(rules, data.rows, levels, [[ball(x) for x in weights] for weights in c])
        values, slopes = equations(levels, at, [ball(sum(weights) - 1) for weights in c])
        try:
            step = matrix(slopes).solve(matrix([[value] for value in values])).entries()
        except ZeroDivisionError:
            raise Undecided("whether the Jacobian on the support is regular") from None
        for i, s in zip(levels.all_rows, step, strict=True):
            c[depth_of[i]][i] = dyadic(c[depth_of[i]][i] - fraction(s.mid()), 2 * bits)
        if min(c[depth][i] for i, depth in depth_of.items()) <= 0:
            break
        if max(abs(fraction(s.mid())) for s in step) < Fraction(1, 2 ** (bits + 20)):
            for weights, rows in zip(c, levels.rows, strict=True):
                weights[rows[0]] += 1 - sum(weights)
            return c
    raise Undecided(f"whether there is an equilibrium near weights on the rows {levels.all_rows}")


def dyadic(value: Fraction, bits: int) -> Fraction:
    """The multiple of 2^-bits nearest to the value."""
    return Fraction(round(value * 2**bits), 2**bits)

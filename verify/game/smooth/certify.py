"""Certificates of equilibria: float weights polished by Newton's method in balls, then boxed.

The certificate carries the rule's program (`verify.optimizers.carried`), and the costs are those of its checker; what
is proposed here it decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from verify.certificate.field import Costs, costs, game_of
from verify.certificate.kinds.stability import OPEN
from verify.certificate.program import read_rule
from verify.certificate.refusal import Refused
from verify.certificate.rule import require_rule
from verify.certificate.writing import Document, certificate, spell
from verify.data.dataset import Dataset
from verify.errors import BadInput, Undecided
from verify.game.result import Stability
from verify.game.smooth.dominance import Dominated
from verify.game.smooth.field import populations
from verify.numbers.systems.balls import around, ball, bounds, fraction, matrix, precision, sqrt
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
    support = [i for i, weight in enumerate(weights) if weight]
    rules = game_of(game, data)
    with precision(5 * bits // 2):
        center = polish(data, game, weights, support, bits)
        radius = min(Fraction(1, 2**bits), *(dyadic(center[i] / 2**20, bits + 200) for i in support))
        middle = [ball(c) for c in center]
        box = [around(c, ball(radius)) if i in set(support) else c for i, c in enumerate(middle)]
        direction = [dyadic(fraction(u.mid()), bits + 20) for u in unit(costs(rules, data.rows, middle))]
        inside = unit(costs(rules, data.rows, box))
        gap = sum(((u - ball(v)) * (u - ball(v)) for u, v in zip(inside, direction, strict=True)), ball(0))
        # Twice what is seen: the checker's balls need not be as tight.
        direction_radius = 2 * dyadic(bounds(sqrt(ball(bounds(gap)[1])))[1], bits + 200) + Fraction(
            1, 2**bits
        )
    return {"center": center, "radius": radius, "direction": direction, "direction_radius": direction_radius}


def polish(
    data: Dataset, game: dict[str, Any], weights: Sequence[float], support: Sequence[int], bits: int
) -> list[Fraction]:
    """Newton's method for equal costs on the support and sum 1, until a step is below 2^-bits by far."""
    rules, (first, *others) = game_of(game, data), support
    c = [Fraction(weight) / Fraction(sum(weights)) for weight in weights]
    ones = [[ball(1)] * len(support)]
    for _ in range(STEPS):
        at = costs(rules, data.rows, [ball(weight) for weight in c], support)
        gaps = [ball(sum(c) - 1)] + [at.costs[i] - at.costs[first] for i in others]
        slopes = [[at.slopes[i][l] - at.slopes[first][l] for l in support] for i in others]
        try:
            step = matrix(ones + slopes).solve(matrix([[gap] for gap in gaps])).entries()
        except ZeroDivisionError:
            raise Undecided("whether the Jacobian on the support is regular") from None
        for i, s in zip(support, step, strict=True):
            c[i] = dyadic(c[i] - fraction(s.mid()), 2 * bits)
        if min(c[i] for i in support) <= 0:
            break
        if max(abs(fraction(s.mid())) for s in step) < Fraction(1, 2 ** (bits + 20)):
            c[first] += 1 - sum(c)
            return c
    raise Undecided(f"whether there is an equilibrium near weights on the rows {list(support)}")


def unit(at: Costs) -> list[Any]:
    """U at l2 norm 1, in balls."""
    length = sqrt(sum((u * u for u in at.drift), ball(0)))
    return [u / length for u in at.drift]


def dyadic(value: Fraction, bits: int) -> Fraction:
    """The multiple of 2^-bits nearest to the value."""
    return Fraction(round(value * 2**bits), 2**bits)

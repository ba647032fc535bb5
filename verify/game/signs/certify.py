"""Certificates of equilibria of the game of signs: exact points, which the checker's own rationals decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from verify.certificate.writing import Document, certificate
from verify.data.dataset import Dataset
from verify.game.signs.deciding import Pair, Switching
from verify.game.signs.memory import Memory, Vector
from verify.numbers.linear.rational import times
from verify.optimizers.carried import carried_game
from verify.optimizers.optimizer import Optimizer

Point = dict[str, Any]


def signs_certificate(data: Dataset, opt: Optimizer, points: Sequence[Point]) -> Document:
    """That each of these points is an equilibrium. Raises BadInput where the format has no words for the optimizer."""
    return certificate(data.carried, "signs", carried_game(opt, data.n) | {"points": points})


def point_of(found: Switching) -> Point:
    """An exact equilibrium as the certificate has it."""
    return _point(found.levels, found.means, found.u)


def point_of_levels(levels: Sequence[Vector], rows: Sequence[Vector], u: Vector) -> Point:
    """One at the full batch, where a sign that switches has the mean u_k."""
    means = {}
    for k, column in enumerate(zip(*rows, strict=True)):
        for weights in levels:
            terms = [weight * x for weight, x in zip(weights, column, strict=True) if weight and x]
            if terms:
                if not sum(terms):
                    means[0, k] = u[k]
                break
    return _point(levels, means, u)


def point_of_signs(kept: Memory, rows: Sequence[Vector], u: Vector) -> Point:
    """One at which no sign switches, whatever the weights: rows of least cost first, all of one level with equal
    weight."""
    population, costs = kept.population, times(rows, u)
    levels: list[Vector] = []
    undecided = {(p, k) for p, row in zip(population, rows, strict=True) for k, x in enumerate(row) if x}
    while undecided or not levels:
        heard = [
            (p, i)
            for i, p in enumerate(population)
            if not levels or any(x and (p, k) in undecided for k, x in enumerate(rows[i]))
        ]
        least = {p: min(costs[i] for other, i in heard if other == p) for p, _ in heard}
        held = [(p, i) for p, i in heard if costs[i] == least[p]]
        share = {i: Fraction(1, sum(other == p for other, _ in held)) for p, i in held}
        levels.append(tuple(share.get(i, Fraction(0)) for i in range(len(rows))))
        undecided -= {(p, k) for p, i in held for k, x in enumerate(rows[i]) if x}
    return _point(levels, {}, u)


def _point(levels: Sequence[Vector], means: Mapping[Pair, Fraction], u: Vector) -> Point:
    switches = [{"step": q, "column": k, "mean": mean} for (q, k), mean in sorted(means.items())]
    return {"levels": list(levels), "switches": switches, "drift": list(u)}

"""The costs F_i(c) = x_i.U(c) of a margin game in balls, with their derivatives.

U is the mean update over an epoch when the gradients are frozen at -c_j x_j. With the mean gradients
G_p = sum_{j in p} c_j x_j / |p| of the batches p, entry by entry and up to a positive constant,

    U(c) = sum_q (sum_p first[q][p] G_p) / sqrt(sum_p second[q][p] G_p^2).

AdamProxy: one q, all factors 1, batches of one. Per-sample or mini-batch Adam in cyclic order without eps
or bias correction: a q for each step of the epoch, first[q][p] = beta1^((q-p) mod P), second likewise with
beta2, for P batches (arXiv 2510.26303, Prop. 2.5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verify.numbers.balls import Ball, ball, sqrt

Balls = list[Ball]


@dataclass(frozen=True)
class Game:
    """Batches (lists of rows, each row in one), their sizes, and the factors of their gradients, shape (steps,
    batches)."""

    batches: list[list[int]]
    sizes: list[int]
    first: list[list[Fraction]]
    second: list[list[Fraction]]

    def on(self, rows: Sequence[int]) -> Game:
        """The game among these rows, counted anew from 0, where all others weigh 0."""
        place = {row: i for i, row in enumerate(rows)}
        batches = [[place[j] for j in batch if j in place] for batch in self.batches]
        kept = [p for p, batch in enumerate(batches) if batch]
        first, second = (
            [[line[p] for p in kept] for line in factors] for factors in (self.first, self.second)
        )
        return Game([batches[p] for p in kept], [self.sizes[p] for p in kept], first, second)


def game_of(claim: Mapping[str, Any], n: int) -> Game:
    """The game that a claim names: AdamProxy's, or Adam's if the claim gives ``beta1``."""
    if "beta1" not in claim:
        ones = [[Fraction(1)] * n]
        return Game([[i] for i in range(n)], [1] * n, ones, ones)
    size: int = claim["batch_size"]
    batches = [list(range(start, min(start + size, n))) for start in range(0, n, size)]
    ages = [[(q - p) % len(batches) for p in range(len(batches))] for q in range(len(batches))]
    factors = [[[claim[name] ** age for age in line] for line in ages] for name in ("beta1", "beta2")]
    return Game(batches, [len(batch) for batch in batches], *factors)


@dataclass(frozen=True)
class Costs:
    """U (d), F (N) and the derivatives dF_i/dc_l as ``slopes[i][l]`` for the wanted l."""

    drift: Balls
    costs: Balls
    slopes: list[dict[int, Ball]]


def costs(game: Game, rows: Sequence[Sequence[Fraction]], c: Balls, unknown: Sequence[int] = ()) -> Costs:
    """The costs at every c in the balls (N), and their derivatives by c_l for l in ``unknown``.

    Raises Undecided where some sum under the root may vanish.
    """
    d, batches = len(rows[0]), game.batches
    X = [[ball(x) for x in row] for row in rows]
    first, second = ([[ball(f) for f in line] for line in factors] for factors in (game.first, game.second))
    wanted = [p for p, batch in enumerate(batches) if set(batch) & set(unknown)]
    drift, turning = [], {p: [ball(0)] * d for p in wanted}
    for k in range(d):
        G = [
            sum((c[j] * X[j][k] for j in batch), ball(0)) / size
            for batch, size in zip(batches, game.sizes, strict=True)
        ]
        seen = [p for p, g in enumerate(G) if not g.is_zero()]
        squares = {p: square(G[p]) for p in seen}
        total = ball(0)
        for up, down in zip(first, second, strict=True):
            mean = sum((up[p] * G[p] for p in seen), ball(0))
            under = sum((down[p] * squares[p] for p in seen), ball(0))
            root = sqrt(under)
            total += mean / root
            for p in wanted:
                turning[p][k] += (up[p] - mean * down[p] * G[p] / under) / root
        drift.append(total)
    slopes: list[dict[int, Ball]] = [{} for _ in rows]
    for p in wanted:
        for l in set(batches[p]) & set(unknown):
            turn = [t * x / game.sizes[p] for t, x in zip(turning[p], X[l], strict=True)]
            for i, row in enumerate(X):
                slopes[i][l] = _dot(row, turn)
    return Costs(drift, [_dot(row, drift) for row in X], slopes)


def square(g: Ball) -> Ball:
    """g^2, without the overestimate of g * g where g may be 0."""
    low, high = g.abs_lower(), g.abs_upper()
    return (low * low).union(high * high)


def _dot(a: Sequence[Ball], b: Sequence[Ball]) -> Ball:
    return sum((x * y for x, y in zip(a, b, strict=True)), ball(0))

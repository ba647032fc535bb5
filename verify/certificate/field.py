"""The costs F_i(c) = x_i.U(c) of a margin game in balls, with their derivatives.

U is the mean update over an epoch when the gradients are frozen at -c_j x_j. With the mean gradients
G_p = sum_{j in p} c_j x_j / |p| of the batches p, entry by entry and up to a positive constant,

    U(c) = sum_q echo_q (sum_p beta1^age_qp G_p) / sqrt(sum_p beta2^age_qp G_p^2).

AdamProxy: one q, all ages 0, batches of one. Per-sample or mini-batch Adam in cyclic order without eps or bias
correction: a q for each of the P steps of the epoch, age_qp = (q - p) mod P (arXiv 2510.26303, Prop. 2.5). Where only
some rows weigh anything, a q for each batch that holds one: in the steps from there to the next all ages grow
alike, and the quotient falls by beta1/sqrt(beta2) each time; echo_q is the sum of 1 and of these powers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verify.certificate.effort import operation, spend
from verify.numbers.balls import Ball, ball, bits, sqrt

Balls = list[Ball]


@dataclass(frozen=True)
class Game:
    """The batches that hold a row (lists of rows, each row in one) and their ``sizes``; ``ages`` (steps, batches), and
    for each step how many like it follow (``rests``)."""

    batches: list[list[int]]
    sizes: list[int]
    ages: list[list[int]]
    rests: list[int]
    beta1: Fraction
    beta2: Fraction


def game_of(claim: Mapping[str, Any], n: int, among: Sequence[int] | None = None) -> Game:
    """The game that a claim names: AdamProxy's, or Adam's if the claim gives ``beta1``; ``among`` some of the n rows,
    counted anew from 0, where the others weigh nothing."""
    rows = range(n) if among is None else among
    if "beta1" not in claim:
        m = len(rows)
        return Game([[i] for i in range(m)], [1] * m, [[0] * m], [0], Fraction(1), Fraction(1))
    size: int = claim["batch_size"]
    held: dict[int, list[int]] = {}
    for i, row in enumerate(rows):
        held.setdefault(row // size, []).append(i)
    steps, busy = -(-n // size), sorted(held)
    spend(len(busy) ** 2, "the ages of the batches")
    return Game(
        batches=[held[p] for p in busy],
        sizes=[min(size, n - size * p) for p in busy],
        ages=[[(q - p) % steps for p in busy] for q in busy],
        rests=[after - q - 1 for q, after in zip(busy, [*busy[1:], busy[0] + steps], strict=True)],
        beta1=claim["beta1"],
        beta2=claim["beta2"],
    )


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
    wanted = [p for p, batch in enumerate(batches) if set(batch) & set(unknown)]
    spend(work(game, d, sum(not x.is_zero() for x in c), len(wanted), len(unknown)), "the costs of the game")
    X = [[ball(x) for x in row] for row in rows]
    beta1, beta2 = ball(game.beta1), ball(game.beta2)
    first, second = (powers(beta, max(map(max, game.ages))) for beta in (beta1, beta2))
    longest = max(game.rests)
    fall = powers(beta1 / sqrt(beta2), longest) if longest else [ball(1)]
    echoes = [sum(fall[1 : rest + 1], ball(1)) for rest in game.rests]
    drift, turning = [], {p: [ball(0)] * d for p in wanted}
    for k in range(d):
        G = [
            sum((c[j] * X[j][k] for j in batch), ball(0)) / size
            for batch, size in zip(batches, game.sizes, strict=True)
        ]
        seen = [p for p, g in enumerate(G) if not g.is_zero()]
        squares = {p: square(G[p]) for p in seen}
        total = ball(0)
        for age, echo in zip(game.ages, echoes, strict=True):
            mean = sum((first[age[p]] * G[p] for p in seen), ball(0))
            under = sum((second[age[p]] * squares[p] for p in seen), ball(0))
            root = sqrt(under) / echo
            total += mean / root
            for p in wanted:
                turning[p][k] += (first[age[p]] - mean * second[age[p]] * G[p] / under) / root
        drift.append(total)
    slopes: list[dict[int, Ball]] = [{} for _ in rows]
    for p in wanted:
        for l in set(batches[p]) & set(unknown):
            turn = [t * x / game.sizes[p] for t, x in zip(turning[p], X[l], strict=True)]
            for i, row in enumerate(X):
                slopes[i][l] = _dot(row, turn)
    return Costs(drift, [_dot(row, drift) for row in X], slopes)


def work(game: Game, d: int, weighing: int, wanted: int, unknown: int) -> float:
    """Units of ``costs`` in d columns, where some rows weigh anything and slopes are wanted in some batches."""
    rows = sum(map(len, game.batches))
    steps, seen = len(game.ages), min(weighing, len(game.batches))
    drift = d * (4 * rows + steps * (2 * seen + 6 * wanted + 4))
    return (drift + unknown * rows * (d + 4) + sum(game.rests)) * operation(bits())


def powers(base: Ball, most: int) -> Balls:
    """base^0, ..., base^most."""
    found = [ball(1)]
    for _ in range(most):
        found.append(found[-1] * base)
    return found


def square(g: Ball) -> Ball:
    """g^2, without the overestimate of g * g where g may be 0."""
    low, high = g.abs_lower(), g.abs_upper()
    return (low * low).union(high * high)


def _dot(a: Sequence[Ball], b: Sequence[Ball]) -> Ball:
    return sum((x * y for x, y in zip(a, b, strict=True)), ball(0))

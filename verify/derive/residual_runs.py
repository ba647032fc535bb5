"""The residual e_r of the epoch map, measured on runs of per-sample Adam in arbitrary precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import sympy

from verify.derive.definitions import mean_update_in_balls
from verify.derive.evaluate import BITS
from verify.derive.letters import N, b1, b2, g, i, j, over
from verify.derive.measure import ADAM, BETA1, BETA2, formula, number, rational, weights
from verify.losses import LOSSES
from verify.numbers.systems.balls import BALLS, ball, precision, sqrt
from verify.numbers.systems.mpf import MPF
from verify.optimizers.optimizer import optimizer
from verify.problem.interpreted import interpreted
from verify.problem.problem import dot

ROWS = [[Fraction(2), Fraction(1)], [Fraction(1), Fraction(-1, 2)], [Fraction(3, 2), Fraction(1, 3)]]
SIZE, WIDTH = len(ROWS), len(ROWS[0])
BETAS = {b1: BETA1, b2: BETA2}
# Epochs before the measurement: v then remembers its start by (3/5)^450 = 1e-100.
EPOCHS = 150

lag = sympy.Mod(i - j, N)
A = sympy.IndexedBase("A", real=True)  # A[i, j]: x_j.D for sample j as last seen at position i
R = sympy.IndexedBase("R", real=True)  # R[j]: N x_j.U
UPDATE_PARTS = [
    (
        (1 - beta) / (1 - beta**N) * over(beta**lag * g[j] ** power, (j, N)),
        power
        * (1 - beta)
        / (1 - beta**N)
        * over(beta**lag * g[j] ** power * (R[j] * beta**N / (1 - beta**N) - A[i, j]), (j, N)),
    )
    for beta, power in ((b1, 1), (b2, 2))
]


def residuals(
    *,
    eta: Fraction | None = None,
    start: int = 0,
    decay: Fraction = Fraction(0),
    first_order: bool = False,
    loss: str = "exponential",
) -> tuple[Any, Any]:
    """(step size, |e_r|_1) in the epoch after EPOCHS of a run, at the precision in force.

    The step is the constant ``eta``, or (t + 2)^(-decay) from t = ``start`` on; ``first_order`` takes the
    predicted eta E away, which is for the exponential loss.
    """
    weight, at = LOSSES[loss].weight(MPF), EPOCHS * SIZE
    steps: dict[str, Any] = {"lr": eta, "decay": Fraction(0)} if eta else {"decay": decay, "first": start}
    from_ = [Fraction(1, 3), Fraction(1, 5)]
    before, after = weights("adam", ROWS, (at, at + SIZE), start=from_, loss=loss, **steps, **ADAM)
    gradients = _gradients(before, weight)
    moments = [[_moments(gradients, at, e) for e in range(WIDTH)] for at in range(SIZE)]
    updates = [[m / MPF.sqrt(v) for m, v in each] for each in moments]
    size = number(eta) if eta else number(start + at + 2) ** -number(decay)
    total = number(0)
    for e in range(WIDTH):
        error = (before[e] - after[e]) / size - sum((u[e] for u in updates), number(0))
        if first_order:
            error = error - size * _first_order(gradients, moments, updates, e)
        total = total + abs(error)
    return size, total


# Runs of the bound's test: the loss, and lr and decay of the steps.
RUNS = (
    ("exponential", Fraction(1, 1000), Fraction(0)),
    ("logistic", Fraction(1, 1000), Fraction(0)),
    ("logistic", Fraction(1, 100), Fraction(1, 2)),
)
# Steps before the measurement: v then remembers its start by (3/5)^240 = 1e-53.
BEFORE = 80 * SIZE


def within(asked: tuple[str, Fraction, Fraction], divide: int = 1) -> bool:
    """Whether |e_r| <= C eta / ``divide`` + U sum_i (1 - eta_i/eta) in the epoch after BEFORE steps, in balls.

    C = N (3/2 d_1/phi + U d_2/phi^2): d_1 eta and d_2 eta are the memory sums, in which a gradient of age k changed by
    the share kappa_k = exp(c (N eta + the last k steps)) - 1, c = U max_j ||x_j||_1; one from before the start is 0.
    """
    loss, lr, decay = asked
    opt = optimizer("adam", lr=lr, decay=decay, loss=loss, **ADAM)
    with precision(BITS):
        before, after = interpreted(ROWS, opt, (BEFORE, BEFORE + SIZE), BALLS)
        one, (first, second) = ball(1), map(ball, (BETA1, BETA2))
        top = (1 - first) / sqrt((1 - second) * (1 - first * first / second))
        reach = top * ball(max(sum(map(abs, row)) for row in ROWS))
        step = opt.step_size(BALLS)
        sizes = [step(ball(t)) for t in range(BEFORE + SIZE)]
        eta, floor = sizes[BEFORE], second ** (SIZE - 1) / sum((second**a for a in range(SIZE)), ball(0))
        memory, squares, path = first**BEFORE, second**BEFORE, SIZE * eta
        for age in range(BEFORE):
            grown = BALLS.exp(reach * path)
            memory += (1 - first) * first**age * (grown - 1)
            squares += (1 - second) * second**age * (grown * grown - 1)
            path += sizes[BEFORE - 1 - age]
        if not (squares <= floor / 2 and second > first * first):
            return False
        bound = SIZE * (ball(Fraction(3, 2)) * memory / sqrt(floor) + top * squares / floor) / divide
        bound += sum((top * (one - each / eta) for each in sizes[BEFORE:]), ball(0))
        weight = opt.loss.weight(BALLS)
        rows = [[ball(entry) for entry in row] for row in ROWS]
        gradients = [[-weight(dot(row, before.w)) * x for x in row] for row in rows]
        frozen = mean_update_in_balls("adam", gradients, None, BETA1, BETA2)
        moves = zip(before.w, after.w, frozen, strict=True)
        return all(abs((v - w) / eta + SIZE * u) <= bound for v, w, u in moves)


def _gradients(w: Sequence[Any], weight: Callable[[Any], Any]) -> list[list[Fraction]]:
    return [[rational(-weight(_inner(row, w)) * number(e)) for e in row] for row in ROWS]


def _inner(row: list[Fraction], vector: Sequence[Any]) -> Any:
    return sum((number(x) * y for x, y in zip(row, vector, strict=True)), number(0))


def _moments(gradients: list[list[Fraction]], at: int, e: int) -> tuple[Any, ...]:
    """m and v of the frozen epoch at a position, in coordinate e."""
    point = {**BETAS, N: SIZE, i: at, g: lambda a: gradients[int(a)][e]}
    return tuple(formula(still, point) for still, _ in UPDATE_PARTS)


def _first_order(gradients: list[list[Fraction]], moments: Any, updates: Any, e: int) -> Any:
    """E in coordinate e: the sum of the changes of m/sqrt(v)."""

    def displacement(position: int) -> list[Any]:
        span = range(position) if position >= 0 else range(position, 0)
        moved = [sum((updates[at % SIZE][k] for at in span), number(0)) for k in range(WIDTH)]
        return [-each if position >= 0 else each for each in moved]

    epoch = [-sum((u[k] for u in updates), number(0)) for k in range(WIDTH)]
    total = number(0)
    for at in range(SIZE):
        point = {
            **BETAS,
            N: SIZE,
            i: at,
            g: lambda a: gradients[int(a)][e],
            A: lambda b, a: rational(_inner(ROWS[int(a)], displacement(int(b) - (int(b) - int(a)) % SIZE))),
            R: lambda a: rational(_inner(ROWS[int(a)], epoch)),
        }
        change_m, change_v = (formula(moving, point) for _, moving in UPDATE_PARTS)
        m, v = moments[at][e]
        total = total + change_m / MPF.sqrt(v) - m * change_v / (2 * v * MPF.sqrt(v))
    return total

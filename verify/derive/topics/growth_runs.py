"""The growth of margins against its bound, on runs in balls."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise

from verify.derive.evaluate import BITS
from verify.numbers.systems.balls import BALLS, Ball, ball, log, precision, sqrt
from verify.optimizers.optimizer import optimizer
from verify.problem.interpreted import interpreted
from verify.problem.problem import dot

# Both rows are support vectors: the l_inf margin GAMMA at (1, 1/2), the l2 margin 3/sqrt 5, along (2, 1).
GAMMA = Fraction(3, 2)
ROWS = [[Fraction(2), Fraction(-1)], [Fraction(1), Fraction(1)]]
STEPS = 60
# The run: the optimizer, and the loss. The last one has 99 rows and another, of l_inf margin 1/2.
RUNS = {
    "sign descent": ("signgd", "exponential"),
    "normalized GD": ("ngd", "exponential"),
    "AdamProxy": ("adam-proxy", "exponential"),
    "GD": ("gd", "exponential"),
    "GD, logistic loss": ("gd", "logistic"),
    "AdamProxy, logistic loss": ("adam-proxy", "logistic"),
    "sign descent, logistic loss": ("signgd", "logistic"),
    "sign descent on 100 rows, logistic loss": ("signgd", "logistic"),
}
CROWD = [[Fraction(1), Fraction(-1, 2)]] * 99 + [[Fraction(-1, 2), Fraction(1)]]


def within(name: str, constant: str = "log N") -> bool:
    """Whether pace * tau <= min z + constant + spread^2 S_2/8 after every step of a run in balls; of GD with the
    lengths of its steps.

    It is log N, for the logistic loss log(2^N - 1) and the spread of sums over subsets; or, falsely, "none", or "log N
    of logistic" with the spread of the rows.
    """
    rule, loss = RUNS[name]
    rows = CROWD if "100" in name else ROWS
    opt = optimizer(
        rule, lr=Fraction(1, 10), decay=Fraction(1, 2) if rows is ROWS else Fraction(0), loss=loss
    )
    with precision(BITS):
        plain = loss == "exponential" or constant == "log N of logistic"
        pace, spread = _pace(rule, rows, plain)
        added = ball(0) if constant == "none" else log(ball(len(rows) if plain else 2 ** len(rows) - 1))
        tau = squares = ball(0)
        step, exact = opt.step_size(BALLS), [[ball(e) for e in row] for row in rows[-2:]]
        for seen, following in pairwise(interpreted(rows, opt, range(STEPS + 1), BALLS)):
            if not all(pace * tau <= dot(row, seen.w) + added + spread * squares / 8 for row in exact):
                return False
            moved = [b - a for a, b in zip(seen.w, following.w, strict=True)]
            size = sqrt(dot(moved, moved)) if rule == "gd" else step(ball(seen.step))
            tau, squares = tau + size, squares + size * size
    return True


def of_loss(rows: list[list[Fraction]], exponential: bool) -> tuple[Ball, int, Ball, Ball]:
    """Phi_0, kappa, R and D^2 in the l1 norm of the exponential loss, or of the logistic one."""
    n = len(rows)
    return (
        log(ball(n if exponential else 2**n - 1)),
        1 if exponential else n,
        ball(_largest(rows)),
        ball(_spreads(rows, exponential)[0]),
    )


def _spreads(rows: list[list[Fraction]], plain: bool) -> tuple[Fraction, Fraction]:
    """How far rows are apart, or if not ``plain`` their sums over subsets: squared, in the l1 and in the l2 norm."""
    n = len(rows)
    if plain:
        sums = rows[-2:]
    elif n > 2:  # subsets of 99 equal rows and another: the sums are on a line between two and their ends
        ends = [[a * x + b * y for x, y in zip(*rows[-2:], strict=True)] for a in (0, n - 1) for b in (0, 1)]
        sums = [*ends, rows[0]]
    else:
        chosen = [c for size in range(1, n + 1) for c in combinations(rows, size)]
        sums = [[sum(column, Fraction(0)) for column in zip(*c, strict=True)] for c in chosen]
    apart = [[x - y for x, y in zip(a, b, strict=True)] for a in sums for b in sums]
    return _largest(apart) ** 2, Fraction(max(sum(e * e for e in row) for row in apart))


def _largest(rows: list[list[Fraction]]) -> Fraction:
    """R, the largest l1 norm of a row."""
    return Fraction(max(sum(map(abs, row)) for row in rows))


def _pace(rule: str, rows: list[list[Fraction]], plain: bool) -> tuple[Ball, Ball]:
    """The margin (of AdamProxy gamma^2/(N R)) and the square of the spread that goes with it."""
    n, (one, two) = len(rows), _spreads(rows, plain)
    gamma = GAMMA if rows is ROWS else Fraction(1, 2)
    if rule in ("ngd", "gd"):
        return ball(3) / sqrt(ball(5)), ball(two)
    if rule == "signgd":
        return ball(gamma), ball(one)
    return ball(gamma * gamma / (n * _largest(rows))), ball(one / n)

"""Newton's method on faces of the simplex as in `columns`, one start after the other and compiled: a fifth of the time
on small sets, once it is compiled for a rule."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from verify.game.smooth.columns import RESIDUAL, SETTLED
from verify.game.smooth.face import ITERATIONS, LONGEST_STEP, VANISHED
from verify.game.smooth.field import Floats
from verify.numbers.stored import stored
from verify.numbers.system import Numbers
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.floats import STRICT_FLOATS
from verify.optimizers.mean_update import mean_update, resting
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.rule import Rule
from verify.optimizers.traits import traits
from verify.problem.epoch_slope import STEP
from verify.problem.frozen import epoch_batches, shares


class Solutions(NamedTuple):
    """Of each solution the rows of its face (m, s), the weights c (m, n), the slope of the differences F_i - F_0 along
    log c_i - log c_0 (m, s - 1, s - 1), the drift U(c) (m, d), and the costs of all rows (m, n)."""

    rows: NDArray[np.int64]
    weights: Floats
    slopes: Floats
    drifts: Floats
    costs: Floats


def solver(opt: Optimizer, X: Floats) -> Callable[[NDArray[np.int64], Floats], Solutions]:
    """A function that finds solutions of F_i = F_0 on faces, a face ``rows`` (r, s) for each start ``log_c`` (r, s).

    For a rule that has no scale, and sees the gradient or the squares of samples; no entry of X may be 0.
    """
    newton, members, h, rests, skips = _newton(opt.rule), *_epoch(opt, len(X))

    def solutions(rows: NDArray[np.int64], log_c: Floats) -> Solutions:
        (r, size), (n, d) = rows.shape, X.shape
        log_c, slopes = log_c.copy(), np.zeros((r, size - 1, size - 1))
        drifts, costs, settled = np.zeros((r, d)), np.zeros((r, n)), np.zeros(r, dtype=np.bool_)
        newton(X, members, h, rests, skips, rows, log_c, slopes, drifts, costs, settled)
        weights = np.zeros((r, n))
        np.put_along_axis(weights, rows, shares(log_c), axis=1)
        k = np.flatnonzero(settled)
        return Solutions(rows[k], weights[k], slopes[k], drifts[k], costs[k])

    return solutions


@lru_cache(64)
def _epoch(opt: Optimizer, n: int) -> tuple[NDArray[np.int64], Any, Floats, bool]:
    """Of n rows in cyclic order the rows of each batch, -1 where there are fewer; the hyperparameters; and what so many
    batches without gradient do, and whether they are left out."""
    batches = epoch_batches(opt, n)
    members = np.full((len(batches), max(map(len, batches))), -1)
    for q, batch in enumerate(batches):
        members[q, : len(batch)] = batch
    h, skips = opt.frozen(ARRAYS), traits(opt.rule).rests
    rests = [[0.0] * (2 + len(opt.rule.states))]
    return members, h, np.array(resting(opt.rule, ARRAYS, h, len(batches)) if skips else rests), skips


@cache
def _newton(rule: Rule) -> Callable[..., None]:
    compiled: Callable[..., None] = stored(newton(rule, STRICT_FLOATS))
    return compiled


def newton(rule: Rule, num: Numbers) -> Callable[..., None]:
    """A function (X, members, h, rests, skips, rows, log_c, slopes, drifts, costs, settled) that takes each start of
    ``log_c`` to where Newton's method leads, and fills the rest. ``members`` (batches, most) are the rows of each
    batch, -1 where there are fewer; ``rests`` as of `resting`, read where ``skips``."""
    fill, solve, squares = mean_update(rule, num), num.build(_solve), rule.reads == "squares"

    def drift_at(X: Any, members: Any, h: Any, rests: Any, skips: Any, c: Any, U: Any) -> None:
        """U at weights c, 0 for a row without weight."""
        batches, d = len(members), X.shape[1]
        G, seen = np.zeros((batches, d), dtype=np.complex128), np.zeros((batches, d), dtype=np.complex128)
        busy = np.empty(batches, dtype=np.int64)
        held = 0
        for q in range(batches):
            size, weighs = 0, not skips
            for i in members[q]:
                if i >= 0:
                    size += 1
                    weighs = weighs or c[i] != 0
            if not weighs:
                continue
            for i in members[q]:
                if i >= 0 and c[i] != 0:
                    for k in range(d):
                        term = c[i] * X[i, k]
                        G[held, k] -= term / size
                        if squares:
                            seen[held, k] += term * term
            busy[held] = q
            held += 1
        between = np.zeros((held, rests.shape[1]))
        for q in range(held):
            after = busy[q + 1] if q + 1 < held else busy[0] + batches
            between[q] = rests[after - busy[q] - 1]
        fill(G[:held], seen[:held], h, U, between)

    drift_at = num.build(drift_at)

    def run(
        X: Any, members: Any, h: Any, rests: Any, skips: Any,
        rows: Any, log_c: Any, slopes: Any, drifts: Any, costs: Any, settled: Any,
    ) -> None:  # fmt: skip
        (n, d), size = X.shape, rows.shape[1]
        c, U, F = np.zeros(n, dtype=np.complex128), np.zeros(d, dtype=np.complex128), np.zeros(size)
        step, A = np.zeros(size - 1), np.zeros((size - 1, size - 1))
        for r in range(len(rows)):
            c[:] = 0
            for _ in range(ITERATIONS):
                top = log_c[r].max()
                for j in range(1, max(size, 2)):
                    for i in range(size):
                        c[rows[r, i]] = np.exp(log_c[r, i] - top) * complex(1.0, STEP if i == j else 0.0)
                    drift_at(X, members, h, rests, skips, c, U)
                    first = 0.0
                    for i in range(size):
                        cost = U[0] * 0
                        for k in range(d):
                            cost += X[rows[r, i], k] * U[k]
                        F[i] = cost.real
                        if i == 0:
                            first = cost.imag
                        else:
                            A[i - 1, j - 1] = (cost.imag - first) / STEP
                residual, longest, largest = 0.0, 0.0, abs(F[0])
                for i in range(1, size):
                    step[i - 1] = F[0] - F[i]
                    residual, largest = max(residual, abs(step[i - 1])), max(largest, abs(F[i]))
                slopes[r] = A
                if residual > 0:  # else it is solved, also where no cost changes along the face
                    solve(A, step)
                for i in range(size - 1):
                    longest = max(longest, abs(step[i]))
                if not np.isfinite(longest) or not np.isfinite(step.sum()):
                    break
                for i in range(1, size):
                    log_c[r, i] += step[i - 1] * min(1.0, LONGEST_STEP / max(longest, LONGEST_STEP))
                if longest <= SETTLED and residual <= RESIDUAL * largest:
                    settled[r] = True
                    break
                if log_c[r].max() - log_c[r].min() > VANISHED:
                    break
            if settled[r]:
                top = log_c[r].max()
                for i in range(size):
                    c[rows[r, i]] = np.exp(log_c[r, i] - top)
                drift_at(X, members, h, rests, skips, c, U)
                for k in range(d):
                    drifts[r, k] = U[k].real
                    for i in range(n):
                        costs[r, i] += X[i, k] * U[k].real

    compiled: Callable[..., None] = num.build(run)
    return compiled


def _solve(A: Any, b: Any) -> None:
    """Make b the solution x of A x = b, by elimination with pivots of all columns, and of A its triangle. Where A is
    singular, what it leaves open is 0."""
    size = len(b)
    order = np.arange(size)
    rank = size
    for p in range(size):
        best, row, column = 0.0, p, p
        for i in range(p, size):
            for j in range(p, size):
                if abs(A[i, j]) > best:
                    best, row, column = abs(A[i, j]), i, j
        if best == 0:
            rank = p
            break
        for j in range(size):
            A[p, j], A[row, j] = A[row, j], A[p, j]
        for i in range(size):
            A[i, p], A[i, column] = A[i, column], A[i, p]
        b[p], b[row] = b[row], b[p]
        order[p], order[column] = order[column], order[p]
        for i in range(p + 1, size):
            share = A[i, p] / A[p, p]
            for j in range(p, size):
                A[i, j] -= share * A[p, j]
            b[i] -= share * b[p]
    x = np.zeros(size)
    for p in range(rank - 1, -1, -1):
        value = b[p]
        for j in range(p + 1, rank):
            value -= A[p, j] * x[order[j]]
        x[order[p]] = value / A[p, p]
    b[:] = x

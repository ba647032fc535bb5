"""The epoch map U(c): where an optimizer goes when the gradients are frozen at g_j = -c_j x_j.

The moments then become periodic; U(c) is minus the mean update over an epoch. It is computed from the
optimizer's own step: one epoch from zero and one without gradients tell the periodic moments, since a
moment after an epoch is (its value before) * slope + offset, and the next epoch is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.numbers.arrays import ARRAYS
from verify.numbers.floats import FLOATS
from verify.numbers.stored import stored
from verify.numbers.system import Numbers
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.order import tables
from verify.optimizers.rules import RULES, Hyper, Rule
from verify.optimizers.scale import block_count, present

# A weight below this share of the largest in its block moves no sum of float64, but its square, once it has
# decayed by beta2^N, could underflow and be divided by.
NEGLIGIBLE = 1e-110


def mean_update(rule: Rule, num: Numbers) -> Callable[..., Any]:
    """A function (G, seen, h, U) that fills U[k], k < d, in the number system.

    G[q][k] is the gradient of batch q in coordinate k and seen[q][k] what the rule reads beside it.
    Plain loops over indices: compiled for floats, interpreted for everything else.
    """
    step, ratio = num.build(rule.define(num)), num.ratio

    def fill(G: Any, seen: Any, h: Any, U: Any) -> None:
        batches = len(G)
        for k in range(len(U)):
            zero = G[0][k] * 0
            m, v = zero, zero
            m_slope, v_slope = zero + 1, zero + 1
            for q in range(batches):
                _, m, v = step(G[q][k], seen[q][k], m, v, h)
                _, m_slope, v_slope = step(zero, seen[q][k], m_slope, v_slope, h)
            m, v = ratio(m, 1 - m_slope), ratio(v, 1 - v_slope)
            total = zero
            for q in range(batches):
                u, m, v = step(G[q][k], seen[q][k], m, v, h)
                total = total + u
            U[k] = -total / batches

    filled: Callable[..., Any] = num.build(fill)
    return filled


# Up to this many batches an epoch, whole arrays are stepped through: compiling would take longer.
FEW_BATCHES = 4


@cache
def _float_mean_update(name: str) -> Callable[..., Any]:
    filled: Callable[..., Any] = stored(mean_update(RULES[name], FLOATS))
    return filled


@cache
def _array_mean_update(name: str) -> Callable[..., Any]:
    fill = mean_update(RULES[name], ARRAYS)
    return lambda G, seen, h, out: fill(G[:, None], seen[:, None], h, out[None])


def epoch_map(
    opt: Optimizer, X: NDArray[np.float64], table: NDArray[np.int64] | None = None
) -> Callable[[NDArray[np.inexact[Any]]], NDArray[np.inexact[Any]]]:
    """U as a float function of log c, shape (N,) or (N, r), to shape (d,) or (d, r), a column for each.

    Complex log c carries derivatives. The batches are those of ``table``, over and over: by default the first
    epoch in cyclic order, else a draw of many epochs. The logarithm lets c be as uneven as it likes. eps is
    left out: it has no place in a game that is homogeneous in c.
    """
    batches = [
        row[row >= 0]
        for row in (next(tables(len(X), opt.batch(len(X)), "cyclic")) if table is None else table)
    ]
    gradients = frozen_gradients(opt, X, batches)
    h = frozen_hyper(opt)
    fill = (_array_mean_update if len(batches) <= FEW_BATCHES else _float_mean_update)(opt.rule.name)

    def U(log_c: NDArray[np.inexact[Any]]) -> NDArray[np.inexact[Any]]:
        G, seen = gradients(log_c)
        # Every coordinate of every column for itself, its batches next to each other.
        flat = (-1, len(batches))
        out = np.empty(G.size // len(batches), dtype=G.dtype)
        fill(G.reshape(flat).T, seen.reshape(flat).T, h, out)
        return out.reshape(X.shape[1], *log_c.shape[1:])

    return U


def frozen_hyper(opt: Optimizer) -> Hyper:
    """The hyperparameters as floats, without eps."""
    return Hyper(float(opt.beta1), float(opt.beta2), 0.0, 0.0)


def frozen_gradients(
    opt: Optimizer, X: NDArray[np.float64], batches: Sequence[NDArray[np.int64]]
) -> Callable[[NDArray[np.inexact[Any]]], tuple[NDArray[Any], NDArray[Any]]]:
    """The gradients of the batches, and what the rule reads beside them, as functions of log c (N,) or (N, r): both
    of shape (d, r, batches), in units of the largest weight of a block where the rule has no scale."""
    n = len(X)
    blocks = block_count(X, opt.rule)
    weighs = present(X, blocks)[:, :, None]
    size = np.array([len(batch) for batch in batches])
    parts = [X[batch] for batch in batches]
    squares = [part * part for part in parts]

    def gradients(log_c: NDArray[np.inexact[Any]]) -> tuple[NDArray[Any], NDArray[Any]]:
        columns = log_c.reshape(n, 1, -1)
        top = np.max(np.where(weighs, columns.real, -np.inf), axis=0)
        top = np.where(np.isfinite(top) & (opt.rule.degree == 0), top, 0)
        c = np.exp(np.where(weighs, columns - top, -np.inf))
        if opt.rule.degree == 0:
            c[c.real < NEGLIGIBLE] = 0
        G = -_sums(parts, c, batches) / size
        if opt.rule.reads == "squares":
            seen = _sums(squares, c * c, batches)
        elif opt.rule.reads == "norm":
            seen = np.broadcast_to(np.sqrt((G * G).sum(axis=0)), G.shape)
        else:
            seen = np.zeros_like(G)
        return G, seen

    return gradients


def _sums(
    parts: list[NDArray[np.float64]], c: NDArray[Any], batches: Sequence[NDArray[np.int64]]
) -> NDArray[Any]:
    """For each batch the sum over its rows of c_j x_j, shape (d, r, batches), from the batches' rows of X and
    c, shape (N, 1 or d, r)."""
    if all(len(rows) == 1 for rows in batches):
        return np.asarray(np.concatenate(parts).T[:, None, :] * c[np.concatenate(batches)].transpose(1, 2, 0))
    sums = np.empty((parts[0].shape[1], c.shape[2], len(batches)), dtype=c.dtype)
    for q, (part, rows) in enumerate(zip(parts, batches, strict=True)):
        if c.shape[1] == 1:  # as one product of real matrices
            weights = np.ascontiguousarray(c[rows, 0])
            sums[:, :, q] = (part.T @ weights.view(np.float64)).view(c.dtype)
        else:
            sums[:, :, q] = np.einsum("jk,jkr->kr", part, c[rows])
    return sums

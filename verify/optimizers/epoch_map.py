"""The epoch map U(c): where an optimizer goes when the gradients are frozen at g_j = -c_j x_j.

The moments then become periodic; U(c) is minus the mean update over an epoch. It is computed from the
optimizer's own step: one epoch from zero and one without gradients tell the periodic moments, since a
moment after an epoch is (its value before) * slope + offset, and the next epoch is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.numbers.arrays import ARRAYS
from verify.numbers.floats import STRICT_FLOATS
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

    G[q][k] is the gradient of batch q in coordinate k and seen[q][k] what the rule reads beside it. Where batches
    without gradient are left out, ``rests[q]`` is what ``resting`` says of those between batch q and the next.
    Plain loops over indices: compiled for floats, interpreted for everything else.
    """
    step, ratio = num.build(rule.define(num)), num.ratio

    def fill(G: Any, seen: Any, h: Any, U: Any, rests: Any = None) -> None:
        batches = steps = len(G)
        if rests is not None:
            for rest in rests:
                steps += rest[0]
        for k in range(len(U)):
            zero = G[0][k] * 0
            m, v = zero, zero
            m_slope, v_slope = zero + 1, zero + 1
            for q in range(batches):
                _, m, v = step(G[q][k], seen[q][k], m, v, h)
                _, m_slope, v_slope = step(zero, seen[q][k], m_slope, v_slope, h)
                if rests is not None:
                    fade, decay = rests[q][2], rests[q][3]
                    m, v, m_slope, v_slope = m * fade, v * decay, m_slope * fade, v_slope * decay
            m, v = ratio(m, 1 - m_slope), ratio(v, 1 - v_slope)
            total = zero
            for q in range(batches):
                u, m, v = step(G[q][k], seen[q][k], m, v, h)
                if rests is not None:
                    u, m, v = u * (1 + rests[q][1]), m * rests[q][2], v * rests[q][3]
                total = total + u
            U[k] = -total / steps

    filled: Callable[..., Any] = num.build(fill)
    return filled


def resting(rule: Rule, num: Numbers, h: Any, most: int) -> list[tuple[int, Any, Any, Any]]:
    """What 0, 1, ..., ``most`` steps without gradient do: their number, the sum of their updates in units of the
    update before them, and what m and v are multiplied by.

    By the rule's own step: without gradient it multiplies m, v and the update by constants.
    """
    one, zero = num.number(Fraction(1)), num.number(Fraction(0))
    again, fade, decay = num.build(rule.define(num))(zero, zero, one, one, h)
    rests = [(0, zero, one, one)]
    update = one
    for steps in range(1, most + 1):
        _, echo, m, v = rests[-1]
        update = update * again
        rests.append((steps, echo + update, m * fade, v * decay))
    return rests


@cache
def _float_mean_update(name: str) -> Callable[..., Any]:
    filled: Callable[..., Any] = stored(mean_update(RULES[name], STRICT_FLOATS))
    return filled


@cache
def _array_mean_update(name: str) -> Callable[..., Any]:
    fill = mean_update(RULES[name], ARRAYS)
    return lambda G, seen, h, out, rests: fill(G[:, None], seen[:, None], h, out[None], rests)


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
    # A single batch is stepped through as whole arrays, which takes less time than loading what is compiled.
    fill = (_array_mean_update if len(batches) == 1 else _float_mean_update)(opt.rule.name)
    rests = np.array(resting(opt.rule, ARRAYS, h, len(batches)))

    def U(log_c: NDArray[np.inexact[Any]]) -> NDArray[np.inexact[Any]]:
        G, seen, busy = gradients(log_c)
        # Every coordinate of every column for itself, its batches next to each other.
        flat = (-1, len(busy))
        out = np.empty(G.size // len(busy), dtype=G.dtype)
        after = np.append(busy[1:], busy[0] + len(batches)) - busy - 1
        fill(G.reshape(flat).T, seen.reshape(flat).T, h, out, rests[after])
        return out.reshape(X.shape[1], *log_c.shape[1:])

    return U


def frozen_hyper(opt: Optimizer) -> Hyper:
    """The hyperparameters as floats, without eps."""
    return Hyper(float(opt.beta1), float(opt.beta2), 0.0, 0.0)


def frozen_gradients(
    opt: Optimizer, X: NDArray[np.float64], batches: Sequence[NDArray[np.int64]]
) -> Callable[[NDArray[np.inexact[Any]]], tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]]:
    """The gradients of the batches, and what the rule reads beside them, as functions of log c (N,) or (N, r): both
    of shape (d, r, busy), in units of the largest weight of a block where the rule has no scale; and which batches
    these are: those that hold any weight."""
    n = len(X)
    blocks = block_count(X, opt.rule)
    weighs = present(X, blocks)[:, :, None]
    size = np.array([len(batch) for batch in batches])
    entries, owner = np.concatenate(batches), np.repeat(np.arange(len(batches)), size)
    squares = X * X
    every_batch = np.arange(len(batches))
    every_first = np.cumsum(size) - size

    def gradients(log_c: NDArray[np.inexact[Any]]) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
        columns = log_c.reshape(n, 1, -1)
        seen_by = np.where(weighs, columns.real, -np.inf)
        least, top = -np.inf, np.zeros(seen_by.shape[1:])
        if opt.rule.degree == 0:
            top = np.max(seen_by, axis=0)
            least, top = np.log(NEGLIGIBLE), np.where(np.isfinite(top), top, 0)
        weighty = ~(seen_by - top <= least)  # nan too, which shall be seen in U
        # Late in a flow few of many rows weigh anything: no others are looked at, nor batches of others.
        rows = np.asarray(weighty.any(axis=(1, 2)))
        kept: slice | NDArray[np.bool_]
        if rows.all():
            kept, members, first, busy = slice(None), entries, every_first, every_batch
        else:
            held = rows[entries]
            busy, first = np.unique(owner[held], return_index=True)
            kept, members = rows, (np.cumsum(rows) - 1)[entries[held]]
        c = np.exp(np.where(weighty[kept], columns[kept] - top, -np.inf))
        G = -_sums(X[kept], c, members, first) / size[busy]
        if opt.rule.reads == "squares":
            seen = _sums(squares[kept], c * c, members, first)
        elif opt.rule.reads == "norm":
            seen = np.broadcast_to(np.sqrt((G * G).sum(axis=0)), G.shape)
        else:
            seen = np.zeros_like(G)
        return G, seen, busy

    return gradients


def _sums(
    X: NDArray[np.float64], c: NDArray[Any], members: NDArray[np.int64], first: NDArray[np.int64]
) -> NDArray[Any]:
    """For each batch the sum over its rows of c_j x_j, shape (d, r, batches), from X (m, d) and c, shape
    (m, 1 or d, r). The rows of batch q are those of ``members`` from first[q] on, up to first[q + 1]."""
    if len(first) == len(members):
        return np.asarray(X[members].T[:, None, :] * c[members].transpose(1, 2, 0))
    sums = np.empty((X.shape[1], c.shape[2], len(first)), dtype=c.dtype)
    for q, (begin, end) in enumerate(pairwise([*first, len(members)])):
        rows = members[begin:end]
        if c.shape[1] == 1:  # as one product of real matrices
            weights = np.ascontiguousarray(c[rows, 0])
            sums[:, :, q] = (X[rows].T @ weights.view(np.float64)).view(c.dtype)
        else:
            sums[:, :, q] = np.einsum("jk,jkr->kr", X[rows], c[rows])
    return sums

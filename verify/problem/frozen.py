"""Gradients frozen at weights exp(log c), for all batches of an epoch at once, in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from verify.optimizers.optimizer import Optimizer
from verify.optimizers.rule import Rule
from verify.optimizers.scale import block_count, present
from verify.problem.by_samples import BySamples, by_samples

# A weight below this share of the largest in its block moves no sum of float64, but its square, once it has
# decayed by beta2^N, could underflow and be divided by.
NEGLIGIBLE = 1e-110


def shares(log_c: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of sum 1, along the last axis, from their logarithms."""
    c = np.exp(log_c - np.max(log_c, axis=-1, keepdims=True))
    return np.asarray(c / np.sum(c, axis=-1, keepdims=True))


class Frozen(NamedTuple):
    """Gradients of batches and what the rule reads beside them, each of shape (d, r, busy); ``busy`` are the batches
    in question, those with a sample that is not NEGLIGIBLE."""

    gradients: NDArray[Any]
    seen: NDArray[Any]
    busy: NDArray[np.int64]


def epoch_batches(opt: Optimizer, n: int, table: NDArray[np.int64] | None = None) -> list[NDArray[np.int64]]:
    """The batches of a table of ``order.tables``; by default those of an epoch in cyclic order."""
    if table is None:
        return [np.array(batch) for batch in opt.epoch(n)]
    return [row[row >= 0] for row in table]


def frozen_gradients(
    opt: Optimizer, X: NDArray[np.float64], batches: Sequence[NDArray[np.int64]]
) -> Callable[[NDArray[np.inexact[Any]]], Frozen]:
    """The frozen gradients of batches as a function of log c (N,) or (N, r): in units of the largest weight of a block
    where the rule has no scale."""
    n, samples = len(X), by_samples(X, opt, len(batches))
    if samples is not None:
        return lambda log_c: _at_once(samples, opt.rule.reads, log_c.reshape(n, -1))
    weighs = weighing(X, opt.rule)[:, :, None]
    everywhere = bool(weighs.all())
    size, owned = np.array([len(batch) for batch in batches]), opt.owned
    together = opt.rule.reads == "squares" and owned > 1  # a sample's rows, whose sum is squared
    entries, owner = np.concatenate(batches), np.repeat(np.arange(len(batches)), size)
    squares = X * X
    scaled = opt.rule.degree == 0
    least = np.log(NEGLIGIBLE) if scaled else -np.inf

    @lru_cache(maxsize=2)
    def members(rows: bytes) -> tuple[NDArray[np.int64], ...]:
        """Of the rows that weigh anything, a byte a row: which of these are in the batches with such rows, one batch
        after the other; where each batch begins; and which batches these are."""
        weighty = np.frombuffer(rows, dtype=bool)
        held = weighty[entries]
        busy, first = np.unique(owner[held], return_index=True)
        return (np.cumsum(weighty) - 1)[entries[held]], first, busy

    everything = members(np.ones(n, dtype=bool).tobytes())

    def gradients(log_c: NDArray[np.inexact[Any]]) -> Frozen:
        columns = log_c.reshape(n, 1, -1)
        seen_by = columns.real if everywhere else np.where(weighs, columns.real, -np.inf)
        top = seen_by.max(axis=0) if scaled else np.zeros(seen_by.shape[1:])
        top = np.where(np.isfinite(top), top, 0)
        weighty = ~(seen_by - top <= least)  # nan too, which shall be seen in U
        kept: slice | NDArray[np.bool_] = slice(None)
        moved, (inside, first, busy) = columns - top, everything
        if not weighty.all():
            # Late in a flow few of many rows weigh anything: no others are looked at, nor batches of others.
            rows = np.asarray(weighty.any(axis=(1, 2)))
            if together:
                rows = np.repeat(rows.reshape(-1, owned).any(axis=1), owned)
            kept, (inside, first, busy) = rows, members(rows.tobytes())
            moved = np.where(weighty[kept], moved[kept], -np.inf)
        c = np.exp(moved)
        G = -_sums(X[kept], c, inside, first) / (size[busy] / owned)
        if together:
            return Frozen(G, _squares_of_samples(X[kept], c, inside, first, owned), busy)
        if opt.rule.reads == "squares":
            return Frozen(G, _sums(squares[kept], c * c, inside, first), busy)
        if opt.rule.reads == "norm":
            return Frozen(G, np.broadcast_to(np.sqrt((G * G).sum(axis=0)), G.shape), busy)
        return Frozen(G, np.zeros(G.shape, G.dtype), busy)

    return gradients


def _at_once(samples: BySamples, reads: str, log_c: NDArray[Any]) -> Frozen:
    """As frozen gradients, of the full batch of samples that own several rows."""
    sums = [samples.sums(column) for column in log_c.T]
    G, squares = (
        np.stack([np.ravel(part) for part in parts], axis=1)[:, :, None]
        for parts in zip(*((each.gradient, each.squares) for each in sums), strict=True)
    )
    if reads == "norm":
        squares = np.broadcast_to(np.sqrt((G * G).sum(axis=0)), G.shape)
    return Frozen(G, squares, np.zeros(1, dtype=np.int64))


def left_out(busy: NDArray[np.int64], batches: int) -> NDArray[np.int64]:
    """How many batches lie between each of these, in order, and the next one, over and over. Raises ZeroDivisionError
    where there is none: then no gradient is left, and what divides by its size does not exist."""
    if not len(busy):
        raise ZeroDivisionError("no batch holds any weight")
    return np.append(busy[1:], busy[0] + batches) - busy - 1


def weighing(X: NDArray[np.float64], rule: Rule) -> NDArray[np.bool_]:
    """Which rows weigh on which coordinates, shape (N, d); or (N, 1) where one scale serves all."""
    return present(X, 1 if block_count(X, rule) == 1 else X.shape[1])


def _squares_of_samples(
    X: NDArray[np.float64], c: NDArray[Any], members: NDArray[np.int64], first: NDArray[np.int64], owned: int
) -> NDArray[Any]:
    """For each batch the sum over its samples of the squares of their gradients, shape (d, r, batches), as ``_sums``:
    each ``owned`` rows that follow each other are one sample's."""
    found = np.empty((X.shape[1], c.shape[2], len(first)), dtype=c.dtype)
    for column in range(c.shape[2]):
        own = (X[members] * c[members][:, :, column]).reshape(-1, owned, X.shape[1]).sum(axis=1)
        found[:, column] = np.add.reduceat(own * own, first // owned).T
    return found


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

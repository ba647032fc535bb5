"""The epoch map U(c): where an optimizer goes when the gradients are frozen at g_j = -c_j x_j.

U(c) is minus the mean update over an epoch, its states periodic (`verify.optimizers.mean_update`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.numbers.stored import stored
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.floats import STRICT_FLOATS
from verify.optimizers.mean_update import mean_update, resting
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.rule import Rule
from verify.optimizers.traits import traits
from verify.problem.frozen import epoch_batches, frozen_gradients, left_out


@cache
def _float_mean_update(rule: Rule) -> Callable[..., Any]:
    filled: Callable[..., Any] = stored(mean_update(rule, STRICT_FLOATS))
    return filled


@cache
def array_mean_update(rule: Rule) -> Callable[..., Any]:
    fill = mean_update(rule, ARRAYS)
    return lambda G, seen, h, out, rests: fill(G[:, None], seen[:, None], h, out[None], rests)


def epoch_map(
    opt: Optimizer, X: NDArray[np.float64], table: NDArray[np.int64] | None = None
) -> Callable[[NDArray[np.inexact[Any]]], NDArray[np.inexact[Any]]]:
    """U as a float function of log c, shape (N,) or (N, r), to shape (d,) or (d, r), a column for each.

    Complex log c carries derivatives. The batches are those of ``table``, over and over: by default the first
    epoch in cyclic order, else a draw of many epochs. The logarithm lets c be as uneven as it likes. eps is
    left out: it has no place in a game that is homogeneous in c.
    """
    batches = epoch_batches(opt, len(X), table)
    gradients = frozen_gradients(opt, X, batches)
    h, rule = opt.frozen(ARRAYS), opt.rule
    # A single batch is stepped through as whole arrays, which takes less time than loading what is compiled.
    fill = (array_mean_update if len(batches) == 1 else _float_mean_update)(rule)
    rests = np.array(resting(rule, ARRAYS, h, len(batches))) if traits(rule).rests else None
    none = np.array([[0.0, 0.0, *([1.0] * len(rule.states))]] * len(batches))  # no batch is left out

    def U(log_c: NDArray[np.inexact[Any]]) -> NDArray[np.inexact[Any]]:
        G, seen, busy = gradients(log_c)
        between = none
        if len(busy) < len(batches):
            if rests is None:
                G, seen = (_spread(each, busy, len(batches)) for each in (G, seen))
            else:
                between = rests[left_out(busy, len(batches))]
        # Every coordinate of every column for itself, its batches next to each other.
        flat = (-1, len(between))
        out = np.empty(G.size // len(between), dtype=G.dtype)
        fill(G.reshape(flat).T, seen.reshape(flat).T, h, out, between)
        return out.reshape(X.shape[1], *log_c.shape[1:])

    return U


def _spread(held: NDArray[Any], busy: NDArray[np.int64], batches: int) -> NDArray[Any]:
    """An array of the ``busy`` batches (..., busy), with zeros for the batches that hold no weight."""
    every = np.zeros((*held.shape[:-1], batches), dtype=held.dtype)
    every[..., busy] = held
    return every

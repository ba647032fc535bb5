"""The epoch map U(c): where an optimizer goes when the gradients are frozen at g_j = -c_j x_j.

The moments then become periodic; U(c) is minus the mean update over an epoch. It is computed from the
optimizer's own step: one epoch from zero and one without gradients tell the periodic moments, since a
moment after an epoch is (its value before) * slope + offset, and the next epoch is the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

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


@cache
def _float_mean_update(name: str) -> Callable[..., Any]:
    filled: Callable[..., Any] = stored(mean_update(RULES[name], FLOATS))
    return filled


def epoch_map(
    opt: Optimizer, X: NDArray[np.float64]
) -> Callable[[NDArray[np.inexact[Any]]], NDArray[np.inexact[Any]]]:
    """U as a float function of log c, shape (N,), to shape (d,); complex log c carries derivatives.

    Cyclic order only: the table of batches is the first epoch's. The logarithm lets c be as uneven as it
    likes. eps is left out: it has no place in a game that is homogeneous in c.
    """
    n, d = X.shape
    table = next(tables(n, opt.batch(n), "cyclic"))
    rows = np.where(table >= 0, table, 0)
    share = (table >= 0) / (table >= 0).sum(axis=1, keepdims=True)  # the mean over each batch
    blocks = block_count(X, opt.rule)
    weighs = present(X, blocks)
    h = Hyper(float(opt.beta1), float(opt.beta2), 0.0, 0.0)
    fill = _float_mean_update(opt.rule.name)

    def U(log_c: NDArray[np.inexact[Any]]) -> NDArray[np.inexact[Any]]:
        top = np.max(np.where(weighs, log_c.real[:, None], -np.inf), axis=0)
        top = np.where(np.isfinite(top) & (opt.rule.degree == 0), top, 0)
        weights = np.exp(np.where(weighs, log_c[:, None] - top, -np.inf))
        if opt.rule.degree == 0:
            weights[weights.real < NEGLIGIBLE] = 0
        gradients = -np.repeat(weights, d // blocks, axis=1) * X
        G = np.einsum("qj,qjk->qk", share, gradients[rows])
        if opt.rule.reads == "squares":
            seen = np.einsum("qj,qjk->qk", share > 0, gradients[rows] ** 2).astype(G.dtype)
        elif opt.rule.reads == "norm":
            seen = np.sqrt((G * G).sum(axis=1, keepdims=True)) + np.zeros_like(G)
        else:
            seen = np.zeros_like(G)
        out = np.empty(d, dtype=G.dtype)
        fill(G, seen, h, out)
        return out

    return U

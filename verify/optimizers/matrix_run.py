"""The compiled loop of steps of a rule that reads the whole gradient of a matrix W (k, d).

As in `verify.optimizers.kernel` gradients are kept as exp(scale) * ghat, with a scale for the matrix or for each row,
as the rule divides it out. Gradients are made of the samples' features and labels: the rows that a sample owns have k d
entries each, which for 64 classes takes longer than the step.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.losses import Loss
from verify.losses.compiled import compiled_weight
from verify.numbers.stored import stored
from verify.numbers.systems.floats import FLOATS
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.rule import Rule
from verify.optimizers.stores import stores

# As in the kernel: the scale is moved when it is this far from the gradients' size, by so much at most.
SLACK = 60.0
FALL = 240.0


def features_and_labels(
    X: NDArray[np.float64], opt: Optimizer
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The samples' features (S, d) and labels (S,) of rows (e_y - e_c) (x) x; of one class the rows themselves."""
    parts = X.reshape(-1, opt.owned, opt.classes, X.shape[1] // opt.classes)
    if opt.classes == 1:
        return np.ascontiguousarray(parts[:, 0, 0]), np.zeros(len(parts), dtype=np.int64)
    # Of a sample's rows that against the first of the other classes is nonzero in its label's block and in that one.
    # All sum to (k - 1) x there, and to -x elsewhere; of two classes (0: x, 1: -x) is (1: -x, 0: x).
    totals = parts.sum(axis=1)
    labels = np.argmax(np.abs(totals).sum(axis=2), axis=1)
    return totals[np.arange(len(parts)), labels] / opt.owned, labels


@cache
def matrix_kernel(rule: Rule, loss: Loss, decays: bool) -> Any:
    """The compiled loop run(data, steps, hyper, state, notes), as the kernel's; ``data`` has features and labels in
    place of X and present. It returns the number of the step whose update float64 cannot tell, -1 for none."""
    assert rule.matrix is not None
    build, by_row = FLOATS.build, rule.matrix.blocks == "row"
    of_all, step, weigh = rule.matrix.of(FLOATS), rule.step(FLOATS), compiled_weight(loss, log=True)
    _, _, (read, write, rescale, _, _) = stores(rule, None, np.float64, build)

    def run(data: Any, steps: Any, hyper: Any, state: Any, notes: Any) -> int:
        features, labels, w, s = data.X, data.present, state.w, state.s
        scale, level = state.scale, state.level
        k, d = w.shape
        logs = np.empty((steps.rows.shape[1], k))
        g, u, at = np.zeros_like(w), np.empty_like(w), steps.first
        for t in range(len(steps.eta)):
            batch = steps.rows[at]
            at = at + 1 if at + 1 < len(steps.rows) else 0

            # The logarithm of the factor of each sample's features in each row of the gradient.
            size, top = 0, np.full(len(scale), -np.inf)
            for i in batch:
                if i < 0:
                    break
                own, y = logs[size], labels[i]
                size += 1
                for c in range(k):
                    z = 0.0
                    for j in range(d):
                        z += features[i, j] * w[c, j]
                    own[c] = z
                if k == 1:
                    own[0] = weigh(own[0])
                else:
                    here, most, total = own[y], -np.inf, 0.0
                    for c in range(k):
                        own[c] -= here
                        if c != y:
                            most = max(most, own[c])
                    for c in range(k):
                        if c != y:
                            total += math.exp(own[c] - most)
                    soft = -most - math.log(total)
                    at_soft = weigh(soft)
                    for c in range(k):
                        own[c] = at_soft if c == y else at_soft + soft + own[c]
                for c in range(k):
                    q = c if by_row else 0
                    top[q] = max(top[q], own[c])

            for q in range(len(scale)):
                level[q] = max(top[q], level[q] + data.fade)
                if abs(level[q] - scale[q]) > SLACK and level[q] > -np.inf:
                    unit = math.exp(min(scale[q] - level[q], FALL))
                    for c in range(k):
                        if c == q or not by_row:
                            for j in range(d):
                                rescale(s, c, j, unit)
                    scale[q] = level[q]

            for p in range(size):
                i = batch[p]
                for c in range(k):
                    factor = math.exp(logs[p, c] - scale[c if by_row else 0]) / size
                    factor = -factor if c == labels[i] else factor
                    for j in range(d):
                        g[c, j] += factor * features[i, j]
            eps = steps.eps[t]
            if eps > 0:
                eps *= math.exp(-scale[0])
            for c in range(k):
                for j in range(d):
                    u[c, j], then = step(g[c, j], 0.0, read(s, c, j), (*hyper, 0.0, 0.0, 0.0, 0.0))
                    write(s, c, j, then, state.kept.random)
                    g[c, j] = 0.0
            update, eta, left = of_all(u, eps), steps.eta[t], steps.left[t] if decays else 1.0
            for c in range(k):
                for j in range(d):
                    if not abs(update[c, j]) < np.inf:
                        return t
                    w[c, j] = left * w[c, j] - eta * update[c, j]
        return -1

    return stored(build(run))

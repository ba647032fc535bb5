"""The compiled loop of steps in log scale where the parameter is a matrix W (k, d), and of rules that read it whole.

As in `verify.optimizers.kernel` gradients are kept as exp(scale) * ghat, with one scale, one for each class, or where
features are 0 one for each entry of W. They are made of the samples' features and labels: a sample owns k - 1 rows of
k d entries each, which take far longer than its d features.
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
from verify.optimizers.kernel import FALL, SLACK
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.rule import Rule
from verify.optimizers.stores import stores

# Scales are moved to multiples of this. So those of entries in a row are mostly the same, and an exponential is taken
# once for all that have it.
GRID = 64.0


def features_and_labels(
    X: NDArray[np.float64], opt: Optimizer
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The samples' features (S, d) and labels (S,) of rows (e_y - e_c) (x) x; of one class the rows themselves."""
    parts = X.reshape(-1, opt.owned, opt.classes, X.shape[1] // opt.classes)
    if opt.classes == 1:
        return np.ascontiguousarray(parts[:, 0, 0]), np.zeros(len(parts), dtype=np.int64)
    # A sample's rows hold x in its label's block, each, and -x in one other; of two classes (x, -x) is either's.
    labels = np.argmax(np.any(parts[:, 0] != 0, axis=2) & np.any(parts[:, -1] != 0, axis=2), axis=1)
    return parts[np.arange(len(parts)), 0, labels], labels


@cache
def class_kernel(rule: Rule, loss: Loss, decays: bool, by_entry: bool) -> Any:
    """The compiled loop run(data, steps, hyper, state, notes), as the kernel's; ``data`` has features and labels in
    place of X and present, and ``by_entry`` says that each entry of W has a scale of its own. It returns the number of
    the step whose update float64 cannot tell, -1 for none."""
    build, whole, degree = FLOATS.build, rule.matrix is not None, float(rule.degree or 0)
    step, weigh = rule.step(FLOATS), compiled_weight(loss, log=True)
    of_all = build(lambda u, eps: u) if rule.matrix is None else rule.matrix.of(FLOATS)
    squares, norm = rule.reads == "squares", rule.reads == "norm"
    _, _, (read, write, rescale, _, _) = stores(rule, None, np.float64, build)

    def run(data: Any, steps: Any, hyper: Any, state: Any, notes: Any) -> int:
        features, labels, rows, w, s = data.X, data.present, steps.rows, state.w, state.s
        k, d = w.shape
        width = d if by_entry else 1
        scale, level = state.scale.reshape(-1, width), state.level.reshape(-1, width)
        by_row = len(scale) > 1
        logs, top = np.empty((rows.shape[1], k)), np.empty(len(scale))
        # Along a row, by entry: the weight of a sample and what is added in the entry's units, and the end of those
        # entries that have the same.
        weights, outer, inner = np.empty(width), np.zeros(width), np.zeros(width)
        ends = np.zeros((len(scale), width), dtype=np.int64)
        g, seen, u, at = np.zeros_like(w), np.zeros_like(w), np.empty_like(w), steps.first
        for t in range(len(steps.eta)):
            now, at = at, at + 1 if at + 1 < len(rows) else 0

            # The logarithm of the factor of each sample's features in each row of the gradient.
            size = 0
            for q in range(len(scale)):
                top[q] = -np.inf
            while size < rows.shape[1] and rows[now, size] >= 0:
                p, i = size, rows[now, size]
                y = labels[i]
                size += 1
                for c in range(k):
                    z = 0.0
                    for j in range(d):
                        z += features[i, j] * w[c, j]
                    logs[p, c] = z
                if k == 1:
                    logs[p, 0] = weigh(logs[p, 0])
                else:
                    here, most, total = logs[p, y], -np.inf, 0.0
                    for c in range(k):
                        logs[p, c] -= here
                        if c != y:
                            most = max(most, logs[p, c])
                    for c in range(k):
                        if c != y:
                            total += math.exp(logs[p, c] - most)
                    soft = -most - math.log(total)
                    at_soft = weigh(soft)
                    for c in range(k):
                        logs[p, c] = at_soft if c == y else at_soft + soft + logs[p, c]
                for c in range(k):
                    q = c if by_row else 0
                    top[q] = max(top[q], logs[p, c])

            for q in range(len(scale)):
                for j in range(width):
                    level[q, j] += data.fade
                for p in range(size if by_entry else 1):
                    i, log = rows[now, p], logs[p, q] if by_entry else top[q]
                    for j in range(width):
                        here = level[q, j]
                        level[q, j] = log if log > here and (not by_entry or features[i, j] != 0) else here
                moves = ends[q, 0] == 0
                for j in range(width):
                    moves |= (abs(level[q, j] - scale[q, j]) > SLACK) & (level[q, j] > -np.inf)
                if moves:
                    for j in range(width - 1, -1, -1):
                        if abs(level[q, j] - scale[q, j]) > SLACK and level[q, j] > -np.inf:
                            then = GRID * np.rint(level[q, j] / GRID)
                            unit = math.exp(min(scale[q, j] - then, FALL))
                            scale[q, j] = then
                            for c in range(q if by_row else 0, q + 1 if by_row else k):
                                for each in range(j if by_entry else 0, j + 1 if by_entry else d):
                                    rescale(s, c, each, unit)
                        same = j + 1 < width and scale[q, j] == scale[q, j + 1]
                        ends[q, j] = ends[q, j + 1] if same else j + 1

            for p in range(size):
                i = rows[now, p]
                for c in range(k):
                    q, start = c if by_row else 0, 0
                    while by_entry and start < width:
                        end = ends[q, start]
                        # Where the sample has no entry the unit may be far smaller: 0 times what is finite is 0.
                        weights[start:end] = math.exp(min(logs[p, c] - scale[q, start], FALL))
                        start = end
                    weight = 0.0 if by_entry else math.exp(min(logs[p, c] - scale[q, 0], FALL))
                    share = (-1.0 if c == labels[i] else 1.0) / size
                    for j in range(d):
                        own = (weights[j] if by_entry else weight) * features[i, j]
                        g[c, j] += share * own
                        if squares:
                            seen[c, j] += own**2
            if norm:
                total = 0.0
                for c in range(k):
                    for j in range(d):
                        total += g[c, j] ** 2
                seen[:] = math.sqrt(total)

            left = steps.left[t] if decays else 1.0
            for c in range(k):
                q, start, eta = c if by_row else 0, 0, steps.eta[t]
                if degree != 0 and not whole:
                    eta *= math.exp(degree * scale[q, 0])
                while start < width:  # 0 stays 0 where the unit is infinite
                    end, unit = ends[q, start], scale[q, start]
                    if steps.eps[t] > 0:
                        outer[start:end] = steps.eps[t] * math.exp(-unit)
                    if steps.inside[t] > 0:
                        inner[start:end] = steps.inside[t] * math.exp(-2 * unit)
                    start = end
                eps, inside = outer[0], inner[0]
                for j in range(d):
                    before = w[c, j]
                    added = (outer[j], inner[j]) if by_entry else (eps, inside)
                    moved, then = step(g[c, j], seen[c, j], read(s, c, j), (*hyper, *added, before, eta))
                    write(s, c, j, then, state.kept.random)
                    g[c, j] = seen[c, j] = 0.0
                    if whole:
                        u[c, j] = moved
                    else:
                        w[c, j] = left * before - eta * moved
            if whole:
                update = of_all(u, outer[0])
                for c in range(k):
                    for j in range(d):
                        if not abs(update[c, j]) < np.inf:
                            return t
                        w[c, j] = left * w[c, j] - steps.eta[t] * update[c, j]
        return -1

    return stored(build(run))

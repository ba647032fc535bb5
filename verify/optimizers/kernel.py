"""The compiled loop of steps: one, for log-scale float64 and for every number format.

In log scale gradients are kept as exp(scale) * ghat: m is stored in units of exp(scale) and v in units of
exp(2 scale), and both are rescaled when the scale moves; the rule, which is homogeneous, sees ghat only.
The scale follows the largest weight seen, faded as v fades, so nothing that matters under- or overflows at
any margin. In a number format the scale stays 0 and every operation is rounded.
"""

from __future__ import annotations

import math
from collections import namedtuple
from functools import cache
from typing import Any

import numpy as np

from verify.numbers.floats import FLOATS
from verify.numbers.formats import FORMATS
from verify.numbers.traced import strict
from verify.optimizers.loss import LOSSES, WEIGHTS
from verify.optimizers.rules import RULES, Hyper

# The unit exp(scale) is moved when it is this far (in the exponent) from the moments' size: then squares lie
# within exp(+-120) of 1, and what is lost to underflow is below exp(-700 + 120) of what is kept.
SLACK = 60.0

# What the loop runs over, one entry a step: rows[first + t] samples (cyclically), step size, eps, and eps
# inside the root.
Steps = namedtuple("Steps", "rows first eta eps inside")

# The data by blocks of coordinates with a common scale, X of shape (N, blocks, width): present[i, q] says
# whether sample i weighs on block q, and fade is by how much the scale may fall in a step.
Data = namedtuple("Data", "X present fade")

# The iterate w and the moments m and v, shape (blocks, width), the latter in units of exp(scale[q]) and
# exp(2 scale[q]), and the logarithm level[q] of their size.
State = namedtuple("State", "w m v scale level")

# What a run in watched mode notes: the first step (from 1) of each event of EVENTS, -1 while there is none,
# and which of the three watched numbers were normal before, a coordinate. ``done`` counts steps before the
# call, ``log_normal`` is the logarithm of the smallest normal number.
Watch = namedtuple("Watch", "first was_normal done log_normal")
EVENTS = ("m", "v", "update", "stalled", "nonfinite", "eps")


@cache
def kernel(rule_name: str, loss: str, format_name: str | None = None, watched: bool = False) -> Any:
    """The compiled loop run(data, steps, beta1, beta2, state, watch); it updates state and watch in place.

    ``format_name`` None is float64 in log scale. ``watched`` notes the events of EVENTS: the first step
    after which, in some coordinate, m (or the gradient, in a rule without m), v (or what the rule reads in
    its place) or the update eta u has fallen below the smallest normal number; after which no coordinate
    moves although one should; after which one is not finite; and at which sqrt(v) < eps.
    """
    rule = RULES[rule_name]
    log_scale = format_name is None
    num = FLOATS if format_name is None else FORMATS[format_name].numbers
    build = FLOATS.build if log_scale else strict
    real = np.float64 if format_name is None else FORMATS[format_name].real
    rounded = build(lambda x: x) if format_name is None else FORMATS[format_name].rounded
    step = num.build(rule.define(num))
    weigh = FLOATS.build((LOSSES if log_scale else WEIGHTS)[loss](FLOATS))
    squares, norm, degree = rule.reads == "squares", rule.reads == "norm", rule.degree
    has_m, has_v = "beta1" in rule.betas, "beta2" in rule.betas
    # The degree of v in the gradients, and of what is watched in its place; 0 if there is nothing.
    v_degree = 1 if norm else 2 if has_v or squares else 0

    def dot(x: Any, w: Any) -> Any:
        z = real(0)
        for k in range(len(x)):
            z = rounded(z + rounded(x[k] * w[k]))
        return z

    dot = build(dot)

    def count_from(sizes: Any, least: float) -> int:
        number = 0
        for k in range(len(sizes)):
            number += abs(sizes[k]) >= least
        return number

    count_from = build(count_from)

    def count_finite(values: Any) -> int:
        number = 0
        for k in range(len(values)):
            number += abs(values[k]) < np.inf
        return number

    count_finite = build(count_finite)

    def note(watch: Any, event: int, t: int) -> None:
        if watch.first[event] < 0:
            watch.first[event] = watch.done + t + 1

    note = build(note)

    def look(watch: Any, t: int, q: int, eps: float, g: Any, seen: Any, moved: Any, state: Any) -> None:
        """Compare one block's numbers with the smallest normal number, after step t."""
        scale, width = state.scale[q], state.w.shape[1]
        first = state.m[q] if has_m else g[q]
        second = state.v[q] if has_v else seen[q]
        watched_numbers = (first, second, moved[q])
        normal = (
            math.exp(watch.log_normal - scale),
            # What underflows in a norm is the sum of squares inside.
            math.exp(watch.log_normal / (2 if norm else 1) - v_degree * scale),
            math.exp(watch.log_normal),
        )
        for p in range(3):
            if watch.first[p] >= 0 or (p == 1 and v_degree == 0):
                continue
            sizes, least = watched_numbers[p], normal[p]
            normal_ones = count_from(sizes, least)
            if normal_ones == width:
                watch.was_normal[p, q, :] = True
                continue
            # Sums of gradients may cancel to exactly 0, squares may not.
            zero_counts = p == 1 or normal_ones == 0
            for k in range(width):
                if abs(sizes[k]) >= least:
                    watch.was_normal[p, q, k] = True
                elif watch.was_normal[p, q, k] and (zero_counts or sizes[k] != 0):
                    note(watch, p, t)
        if watch.first[4] < 0 and (count_finite(state.w[q]) < width or count_finite(second) < width):
            note(watch, 4, t)
        if has_v and eps > 0 and watch.first[5] < 0:
            root = eps * math.exp(-scale)
            if count_from(second, root * root) < width:
                note(watch, 5, t)

    look = build(look)

    def run(data: Any, steps: Any, beta1: float, beta2: float, state: Any, watch: Any) -> None:
        X, rows = data.X, steps.rows
        w, m, v, scale, level = state.w, state.m, state.v, state.scale, state.level
        blocks, width = w.shape
        whole, w_whole = X.reshape(len(X), blocks * width), w.reshape(blocks * width)
        weights = np.empty(rows.shape[1], dtype=np.float64)  # their logarithms, in log scale
        g, seen, moved = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w)
        at = steps.first
        for t in range(len(steps.eta)):
            row = rows[at]
            at = at + 1 if at + 1 < len(rows) else 0
            size = 0
            for j in row:
                if j < 0:
                    break
                weights[size] = weigh(np.float64(dot(whole[j], w_whole)))
                size += 1

            changed = 0
            for q in range(blocks):
                if log_scale:
                    top = -np.inf
                    for p in range(size):
                        if data.present[row[p], q]:
                            top = max(top, weights[p])
                    level[q] = max(top, level[q] + data.fade)
                    if abs(level[q] - scale[q]) > SLACK and level[q] > -np.inf:
                        unit = math.exp(scale[q] - level[q])
                        for k in range(width):
                            m[q, k] *= unit
                            v[q, k] *= unit * unit
                        scale[q] = level[q]

                for k in range(width):
                    g[q, k] = 0
                    if squares:
                        seen[q, k] = 0
                for p in range(size):
                    i = row[p]
                    c = real(math.exp(weights[p] - scale[q])) if log_scale else rounded(real(weights[p]))
                    share = rounded(c / real(size))
                    for k in range(width):
                        g[q, k] = rounded(g[q, k] - rounded(share * X[i, q, k]))
                        if squares:
                            own = rounded(c * X[i, q, k])
                            seen[q, k] = rounded(seen[q, k] + rounded(own * own))
                if norm:
                    seen[q, :] = rounded(np.sqrt(dot(g[q], g[q])))

                eta, eps, inside = steps.eta[t], steps.eps[t], steps.inside[t]
                if log_scale:
                    if degree > 0:
                        eta *= math.exp(scale[q])
                    if eps > 0 or inside > 0:
                        unit = math.exp(-scale[q])
                        eps, inside = eps * unit, inside * unit * unit
                h = Hyper(beta1, beta2, eps, inside)
                eta = real(eta)
                for k in range(width):
                    u, m[q, k], v[q, k] = step(g[q, k], seen[q, k], m[q, k], v[q, k], h)
                    move = rounded(eta * u)
                    after = rounded(w[q, k] - move)
                    if watched:
                        moved[q, k] = move
                        changed += after != w[q, k]
                    w[q, k] = after
                if watched:
                    look(watch, t, q, steps.eps[t], g, seen, moved, state)
            if watched and changed == 0 and watch.first[3] < 0 and np.any(moved != 0):
                note(watch, 3, t)

    return build(run)

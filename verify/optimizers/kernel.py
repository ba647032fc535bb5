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

from verify.numbers.floats import FLOATS, strict
from verify.numbers.formats import FORMATS
from verify.numbers.stored import stored
from verify.optimizers.loss import LOSSES, WEIGHTS
from verify.optimizers.rules import RULES, Hyper
from verify.optimizers.watch import looking

# The unit exp(scale) is moved when it is this far (in the exponent) from the moments' size: then squares lie
# within exp(+-120) of 1, and what is lost to underflow is below exp(-700 + 120) of what is kept.
SLACK = 60.0

# In one move the unit falls by no more than SLACK and what the moments fade in a step, or they are zero still, or
# not kept (beta = 0). A cap for these two keeps 0 * infinity out; it is exact for beta1 > 1e-78, beta2 > 1e-156.
FALL = 240.0

# What the loop runs over, one entry a step: rows[first + t] samples (cyclically), step size, eps, and eps
# inside the root.
Steps = namedtuple("Steps", "rows first eta eps inside")

# The data by blocks of coordinates with a common scale, X of shape (N, blocks, width): present[i, q] says
# whether sample i weighs on block q, and fade is by how much the scale may fall in a step.
Data = namedtuple("Data", "X present fade")

# The iterate w and the moments m and v, shape (blocks, width), the latter in units of exp(scale[q]) and
# exp(2 scale[q]), and the logarithm level[q] of their size.
State = namedtuple("State", "w m v scale level")


@cache
def kernel(rule_name: str, loss: str, format_name: str | None = None, watched: bool = False) -> Any:
    """The compiled loop run(data, steps, beta1, beta2, state, watch); it updates state and watch in place.

    ``format_name`` None is float64 in log scale; ``watched`` notes events in watch.
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
    look = looking(rule, log_scale)

    def dot(x: Any, w: Any) -> Any:
        z = real(0)
        for k in range(len(x)):
            z = rounded(z + rounded(x[k] * w[k]))
        return z

    dot = build(dot)

    def run(data: Any, steps: Any, beta1: float, beta2: float, state: Any, watch: Any) -> None:
        X, rows = data.X, steps.rows
        w, m, v, scale, level = state.w, state.m, state.v, state.scale, state.level
        blocks, width = w.shape
        whole, w_whole = X.reshape(len(X), blocks * width), w.reshape(blocks * width)
        weights = np.empty(rows.shape[1], dtype=np.float64)  # their logarithms, in log scale
        g, seen, terms = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w)
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
                        unit = math.exp(min(scale[q] - level[q], FALL))
                        for k in range(width):
                            m[q, k] *= unit
                            v[q, k] *= unit * unit
                            if watched:
                                watch.size[q, k] *= unit
                        scale[q] = level[q]

                for k in range(width):
                    if squares:
                        seen[q, k] = 0
                    if watched:
                        terms[q, k] = 0
                for p in range(size):
                    i = row[p]
                    if log_scale and not data.present[i, q]:
                        continue  # its weight may be infinite in this block's units, and times 0 be nan
                    c = real(math.exp(weights[p] - scale[q])) if log_scale else rounded(real(weights[p]))
                    share = rounded(c / real(size))
                    for k in range(width):
                        term = rounded(share * X[i, q, k])
                        g[q, k] = rounded(g[q, k] - term)
                        if watched:
                            terms[q, k] += abs(term)
                        if squares:
                            own = rounded(c * X[i, q, k])
                            seen[q, k] = rounded(seen[q, k] + rounded(own * own))
                if norm:
                    seen[q, :] = rounded(np.sqrt(dot(g[q], g[q])))

                eta, eps, inside = steps.eta[t], steps.eps[t], steps.inside[t]
                if log_scale:
                    if degree > 0:
                        eta *= math.exp(scale[q])
                    if eps > 0:  # 0 stays 0 where the unit is infinite
                        eps *= math.exp(-scale[q])
                    if inside > 0:
                        inside *= math.exp(-2 * scale[q])
                h = Hyper(beta1, beta2, eps, inside)
                eta = real(eta)
                for k in range(width):
                    gradient, g[q, k] = g[q, k], 0  # for the next step: a loop of its own would cost a tenth
                    u, m[q, k], v[q, k] = step(gradient, seen[q, k], m[q, k], v[q, k], h)
                    move = rounded(eta * u)
                    after = rounded(w[q, k] - move)
                    if watched:
                        watch.gradient[q, k], watch.u[q, k], watch.update[q, k] = gradient, u, move
                        changed += after != w[q, k]
                    w[q, k] = after
            if watched:
                look(watch, t, steps.eps[t], beta1, beta2, row, size, terms, seen, changed, state)

    return stored(build(run))

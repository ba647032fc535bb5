"""The compiled loop of steps: one, for log-scale float64 and for every number format.

In log scale gradients are kept as exp(scale) * ghat: a state of degree d is stored in units of exp(d scale) and is
rescaled when the scale moves; the rule, which is homogeneous, sees ghat only. The scale follows the largest weight
seen, faded as the slowest state fades, so nothing that matters under- or overflows at any margin. In a number format
the scale stays 0 and every operation is rounded.
"""

from __future__ import annotations

import math
from collections import namedtuple
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from verify.losses import Loss
from verify.losses.compiled import compiled_weight
from verify.numbers.formats import Format, format_named
from verify.numbers.stored import stored
from verify.numbers.systems.floats import FLOATS, strict
from verify.optimizers.rule import Rule

# The unit exp(scale) is moved when it is this far (in the exponent) from the moments' size: then squares lie
# within exp(+-120) of 1, and what is lost to underflow is below exp(-700 + 120) of what is kept.
SLACK = 60.0

# A cap on the logarithm of one change of unit. The unit falls by no more than SLACK and what the states fade in a step,
# so that none with beta1 > 1e-78, beta2 > 1e-156 gets there. Where states are not kept (beta = 0), or still 0, it may
# fall by any amount, and the cap keeps 0 * infinity out.
FALL = 240.0

# What the loop runs over, one entry a step: rows[first + t] samples (cyclically), step size, eps, eps inside the
# root, and the share of w that decoupled weight decay leaves.
Steps = namedtuple("Steps", "rows first eta eps inside left")

# The data by blocks of coordinates with a common scale, X of shape (N, blocks, width): present[i, q] says
# whether sample i weighs on block q, and fade is by how much the scale may fall in a step.
Data = namedtuple("Data", "X present fade")

# The iterate w and the rule's states s, a tuple of arrays, all of shape (blocks, width); states of degree d are in
# units of exp(d scale[q]), and level[q] is the logarithm of the size of gradients that they remember.
Run = namedtuple("Run", "w s scale level")

# What a watched loop notes of each step t of a call, for `verify.optimizers.watch`: of shape (steps, blocks, width) the
# gradient, the sizes of the terms that it is summed from, what the rule reads beside it, the rule's update u, eta u and
# w; states (steps, states, blocks, width) and scale (steps, blocks). All in float64, whatever the format.
Notes = namedtuple("Notes", "gradient terms seen u update w states scale")


@cache
def kernel(
    rule: Rule,
    loss: Loss,
    form: Format | str | None = None,
    watched: bool = False,
    decays: bool = False,
    owned: int = 1,
) -> Any:
    """The compiled loop run(data, steps, hyper, state, notes); it updates state and notes in place. ``hyper`` is the
    tuple of the rule's hyperparameters.

    ``form`` None is float64 in log scale; ``watched``: it writes notes; ``decays``: w decays by itself; ``owned``: so
    many rows of a batch that follow each other are one sample's. The loop is one
    function, and not one for each of its four parts: compiled calls that pass arrays on take 200 ns a block, which made
    data with zeros, where every coordinate is a block, seven times as slow.
    """
    log_scale, form = form is None, None if form is None else format_named(form)
    num = FLOATS if form is None else form.numbers
    build = FLOATS.build if log_scale else strict
    real = np.float64 if form is None else form.real
    rounded = build(lambda x: x) if form is None else form.rounded
    step, (read, write, rescale, note) = rule.step(num), _entries(rule, build)
    weigh = compiled_weight(loss, log_scale)
    squares, norm, degree = rule.reads == "squares", rule.reads == "norm", float(rule.degree or 0)

    def dot(x: Any, w: Any) -> Any:
        z = real(0)
        for k in range(len(x)):
            z = rounded(z + rounded(x[k] * w[k]))
        return z

    def together(weights: Any, first: int) -> None:
        """The weights of one sample's rows, or their logarithms, in place of their margins."""
        least, total = weights[first : first + owned].min(), 0.0
        for p in range(first, first + owned):
            total += math.exp(least - weights[p])
        soft = least - math.log(total)
        at_soft = weigh(soft)
        for p in range(first, first + owned):
            gap = soft - weights[p]
            weights[p] = at_soft + gap if log_scale else at_soft * math.exp(gap)

    dot, together = build(dot), FLOATS.build(together)

    def run(data: Any, steps: Any, hyper: Any, state: Any, notes: Any) -> None:
        X, rows = data.X, steps.rows
        w, s, scale, level = state.w, state.s, state.scale, state.level
        blocks, width = w.shape
        whole, w_whole = X.reshape(len(X), blocks * width), w.reshape(blocks * width)
        weights = np.empty(rows.shape[1], dtype=np.float64)  # their logarithms, in log scale
        g, seen, own = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w[0])
        at = steps.first
        for t in range(len(steps.eta)):
            # The batch and the weights of its samples.
            row = rows[at]
            at = at + 1 if at + 1 < len(rows) else 0
            size = 0
            for j in row:
                if j < 0:
                    break
                z = np.float64(dot(whole[j], w_whole))
                weights[size] = z if owned > 1 else weigh(z)
                size += 1
            if owned > 1:
                for first in range(0, size, owned):
                    together(weights, first)

            for q in range(blocks):
                # The unit of the block follows the largest weight that is remembered.
                if log_scale:
                    top = -np.inf
                    for p in range(size):
                        if data.present[row[p], q]:
                            top = max(top, weights[p])
                    level[q] = max(top, level[q] + data.fade)
                    if abs(level[q] - scale[q]) > SLACK and level[q] > -np.inf:
                        unit = math.exp(min(scale[q] - level[q], FALL))
                        for k in range(width):
                            rescale(s, q, k, unit)
                        scale[q] = level[q]

                # The gradient, and what the rule reads beside it.
                for k in range(width):
                    if squares:
                        seen[q, k] = own[k] = 0
                    if watched:
                        notes.terms[t, q, k] = 0
                for p in range(size):
                    i = row[p]
                    # Elsewhere its weight may be infinite in this block's units, and times 0 be nan.
                    if not log_scale or data.present[i, q]:
                        c = real(math.exp(weights[p] - scale[q])) if log_scale else rounded(real(weights[p]))
                        share = rounded(c / real(size // owned))
                        for k in range(width):
                            term = rounded(share * X[i, q, k])
                            g[q, k] = rounded(g[q, k] - term)
                            if watched:
                                notes.terms[t, q, k] += abs(term)
                            if squares:
                                own[k] = rounded(own[k] + rounded(c * X[i, q, k]))
                    if squares and (p + 1) % owned == 0:
                        for k in range(width):
                            seen[q, k] = rounded(seen[q, k] + rounded(own[k] * own[k]))
                            own[k] = 0
                if norm:
                    seen[q, :] = rounded(np.sqrt(dot(g[q], g[q])))

                # The step, eta and eps in the block's units.
                eta, eps, inside = steps.eta[t], steps.eps[t], steps.inside[t]
                if log_scale:
                    if degree != 0:
                        eta *= math.exp(degree * scale[q])
                    if eps > 0:  # 0 stays 0 where the unit is infinite
                        eps *= math.exp(-scale[q])
                    if inside > 0:
                        inside *= math.exp(-2 * scale[q])
                eta, left = real(eta), real(steps.left[t] if decays else 1.0)
                for k in range(width):
                    gradient, g[q, k] = g[q, k], 0  # for the next step: a loop of its own would cost a tenth
                    before = w[q, k]
                    u, then = step(gradient, seen[q, k], read(s, q, k), (*hyper, eps, inside, before, eta))
                    write(s, q, k, then)
                    move = rounded(eta * u)
                    after = rounded((rounded(left * before) if decays else before) - move)
                    w[q, k] = after
                    if watched:
                        notes.gradient[t, q, k], notes.seen[t, q, k] = gradient, seen[q, k]
                        notes.u[t, q, k], notes.update[t, q, k], notes.w[t, q, k] = u, move, after
                        note(notes.states, t, q, k, then)
                if watched:
                    notes.scale[t, q] = scale[q]

    return stored(build(run))


def _entries(rule: Rule, build: Any) -> tuple[Any, Any, Any, Any]:
    """Compiled: read(s, q, k), the tuple of the states of one coordinate; write(s, q, k, values);
    rescale(s, q, k, unit), which multiplies each by unit^degree; and note(states, t, q, k, values), which writes step
    t's. Written out, since a compiled loop cannot go over the entries of a tuple."""
    places = range(len(rule.states))
    read = "".join(f"s[{i}][q, k], " for i in places)
    write = "".join(f"    s[{i}][q, k] = values[{i}]\n" for i in places)
    note = "".join(f"    states[t, {i}, q, k] = values[{i}]\n" for i in places)
    factors = (_power(Fraction(state.degree)) for state in rule.states)
    rescale = "".join(f"    s[{i}][q, k] *= {factor}\n" for i, factor in zip(places, factors, strict=True))
    space: dict[str, Any] = {}
    exec(f"def read(s, q, k):\n    return ({read})\n", space)
    exec(f"def write(s, q, k, values):\n{write}    return\n", space)
    exec(f"def rescale(s, q, k, unit):\n{rescale}    return\n", space)
    exec(f"def note(states, t, q, k, values):\n{note}    return\n", space)
    return build(space["read"]), build(space["write"]), build(space["rescale"]), build(space["note"])


def _power(degree: Fraction) -> str:
    if degree.denominator == 1 and 0 < degree <= 4:
        return " * ".join(["unit"] * int(degree))
    return f"unit ** {float(degree)}"

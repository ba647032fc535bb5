"""The compiled loop of steps: one, for log-scale float64 and for every number format.

In log scale gradients are kept as exp(scale) * ghat: a state of degree d is stored in units of exp(d scale) and is
rescaled when the scale moves; the rule, which is homogeneous, sees ghat only. The scale follows the largest weight
seen, faded as the slowest state fades, so nothing that matters under- or overflows at any margin. In number formats
the scale stays 0 and every operation is rounded, each to the format of its role (`verify.optimizers.roles`).
"""

from __future__ import annotations

import math
from collections import namedtuple
from functools import cache
from typing import Any

import numpy as np

from verify.losses import Loss
from verify.losses.compiled import compiled_weight
from verify.numbers.stored import stored
from verify.numbers.systems.floats import FLOATS, strict
from verify.numbers.systems.traced import rounding_numbers
from verify.optimizers.roles import GROWTH_STEPS, Roles
from verify.optimizers.rule import Rule
from verify.optimizers.stores import rounding, stores

# The unit exp(scale) is moved when it is this far (in the exponent) from the moments' size: then squares lie
# within exp(+-120) of 1, and what is lost to underflow is below exp(-700 + 120) of what is kept.
SLACK = 60.0

# A cap on the logarithm of one change of unit. The unit falls by no more than SLACK and what the states fade in a step,
# so that none with beta1 > 1e-78, beta2 > 1e-156 gets there. Where states are not kept (beta = 0), or still 0, it may
# fall by any amount, and the cap keeps 0 * infinity out.
FALL = 240.0

# What the loop runs over. Step t takes the samples rows[first + t], counted cyclically; one entry a step are the step
# size eta, eps, ``inside`` (eps inside the root), and ``left``: the share of w that decoupled weight decay leaves.
Steps = namedtuple("Steps", "rows first eta eps inside left")

# The data by blocks of coordinates with a common scale, X of shape (N, blocks, width): present[i, q] says
# whether sample i weighs on block q, and fade is by how much the scale may fall in a step.
Data = namedtuple("Data", "X present fade")

# The iterate w and the rule's states s, a tuple of arrays, all of shape (blocks, width); states of degree d are in
# units of exp(d scale[q]), and level[q] is the logarithm of the size of gradients that they remember.
Run = namedtuple("Run", "w s scale level kept")

# What a run in number formats keeps beside. model is w as the forward pass sees it, w itself where there is one only;
# lost what rounding took from w; both of w's shape. random is the state of a generator, scaler the factor of the loss
# and the number of finite gradients since it changed, maps for each state those of its blockwise format, block the
# number of entries with a common largest size.
Kept = namedtuple("Kept", "model lost random scaler maps block")

# What a watched loop notes of each step t of a call, for `verify.optimizers.watch`: of shape (steps, blocks, width) the
# gradient, the sizes of the terms that it is summed from, what the rule reads beside it, the rule's update u, eta u and
# w; states (steps, states, blocks, width) and scale (steps, blocks). All in float64, whatever the format.
Notes = namedtuple("Notes", "gradient terms seen u update w states scale")


@cache
def kernel(rule: Rule, loss: Loss, roles: Roles | None, watched: bool, decays: bool, owned: int) -> Any:
    """The compiled loop run(data, steps, hyper, state, notes), which updates state and notes in place.

    roles     the number formats, None for float64 in log scale;
    watched   whether it writes notes;
    decays    whether w decays beside the rule (decoupled weight decay);
    owned     how many rows, one after the other, are one sample's.

    ``hyper`` is the tuple of the rule's hyperparameters. The loop's four parts (batch, unit, gradient, step) are not
    four functions: a compiled call that passes arrays on takes 200 ns a block, which made data with zeros, where every
    coordinate is a block, seven times as slow.
    """
    log_scale = roles is None
    build = FLOATS.build if log_scale else strict
    num, real = FLOATS, np.float64
    forward = accumulate = gradients = arithmetic = same = build(lambda x: x)
    if roles is not None:
        real = roles.real
        forward, accumulate, gradients, arithmetic = (
            rounding(each, real)
            for each in (roles.forward, roles.accumulate, roles.gradients, roles.arithmetic)
        )
        num = rounding_numbers(roles.arithmetic.name, real, arithmetic)
    # A sum that was made in the format that is wanted need not be rounded to it again.
    margin = same if roles is None or roles.forward == roles.accumulate else forward
    summed = same if roles is None or roles.gradients == roles.accumulate else gradients
    scaled = roles is not None and bool(roles.loss_scale)
    dynamic = roles is not None and roles.loss_scale == "dynamic"
    kahan = roles is not None and roles.kahan
    two_weights = roles is not None and roles.has_master
    keep, show, (read, write, rescale, note, pack) = stores(rule, roles, real, build)
    step = rule.step(num)
    weigh = compiled_weight(loss, log_scale)
    squares, norm, degree = rule.reads == "squares", rule.reads == "norm", float(rule.degree or 0)

    def dot(x: Any, w: Any, rounded: Any) -> Any:
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
        model, lost, random, scaler = state.kept.model, state.kept.lost, state.kept.random, state.kept.scaler
        whole, w_whole = X.reshape(len(X), blocks * width), model.reshape(blocks * width)
        weights = np.empty(rows.shape[1], dtype=np.float64)  # their logarithms, in log scale
        g, seen, own = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w[0])
        # What a loop over coordinates makes for the notes is kept here until it has ended: a loop that writes to more
        # arrays does not use vector units.
        term_of, u_of, move_of = np.zeros_like(w[0]), np.zeros_like(w[0]), np.zeros_like(w[0])
        at = steps.first
        for t in range(len(steps.eta)):
            # The batch and the weights of its samples.
            row = rows[at]
            at = at + 1 if at + 1 < len(rows) else 0
            size = 0
            for j in row:
                if j < 0:
                    break
                z = np.float64(margin(dot(whole[j], w_whole, accumulate)))
                weights[size] = z if owned > 1 else weigh(z)
                size += 1
            if owned > 1:
                for first in range(0, size, owned):
                    together(weights, first)
            samples = real(size // owned)

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
                    # A sample that is not present may have an infinite weight in this block's units: times 0 that is
                    # nan.
                    if not log_scale or data.present[i, q]:
                        if log_scale:
                            c = real(math.exp(weights[p] - scale[q]))
                            share = c / samples
                        else:
                            # The backward pass starts from the mean of the scaled losses: 1/samples is rounded, and
                            # then its product with the weight.
                            c = real(weights[p] * scaler[0] if scaled else weights[p])
                            share = forward(c * forward(real(1) / samples))
                            if squares and not scaled:
                                c = forward(c)
                        for k in range(width):
                            term = accumulate(share * X[i, q, k])
                            g[q, k] = accumulate(g[q, k] - term)
                            if watched:
                                term_of[k] = term
                            if squares:
                                own[k] = accumulate(own[k] + accumulate(c * X[i, q, k]))
                        if watched:
                            for k in range(width):
                                amount = np.float64(abs(term_of[k]))
                                notes.terms[t, q, k] += amount / scaler[0] if scaled else amount
                    if squares and (p + 1) % owned == 0:
                        for k in range(width):
                            seen[q, k] = accumulate(seen[q, k] + accumulate(own[k] * own[k]))
                            own[k] = 0
                if not log_scale:
                    for k in range(width):
                        g[q, k] = summed(g[q, k])
                left_out = False
                if scaled:
                    factor, finite = real(scaler[0]), True
                    for k in range(width):
                        g[q, k] = arithmetic(g[q, k] / factor)
                        seen[q, k] = arithmetic(seen[q, k] / (factor * factor))
                        finite &= abs(g[q, k]) < np.inf
                    if dynamic:
                        left_out = not finite
                        scaler[1] = scaler[1] + 1 if finite else 0
                        if left_out:
                            scaler[0] /= 2
                        elif scaler[1] == GROWTH_STEPS:
                            scaler[0], scaler[1] = 2 * scaler[0], 0
                if norm:
                    seen[q, :] = arithmetic(np.sqrt(dot(g[q], g[q], arithmetic)))

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
                if watched:
                    for k in range(width):
                        notes.gradient[t, q, k] = real(0) if left_out else g[q, k]
                if watched and (squares or norm):
                    for k in range(width):
                        notes.seen[t, q, k] = seen[q, k]
                for k in range(width):
                    gradient, g[q, k] = g[q, k], 0  # for the next step: a loop of its own would cost a tenth
                    before = w[q, k]
                    old = read(s, q, k)
                    u, then = step(gradient, seen[q, k], old, (*hyper, eps, inside, before, eta))
                    move = arithmetic(eta * u)
                    if left_out:  # the gradient is not finite, and is noted as none
                        u, move, then = real(0), real(0), old
                    write(s, q, k, then, random)
                    decayed = arithmetic(left * before) if decays else before
                    if left_out:
                        after = before
                    elif kahan:
                        push = arithmetic(move + arithmetic(before - decayed)) if decays else move
                        lost[q, k] = keep(arithmetic(lost[q, k] - push), random)
                        after = keep(arithmetic(before + lost[q, k]), random)
                        lost[q, k] = keep(arithmetic(lost[q, k] + arithmetic(before - after)), random)
                    else:
                        after = keep(arithmetic(decayed - move), random)
                    w[q, k] = after
                    if two_weights:
                        model[q, k] = show(after, random)
                    if watched:
                        u_of[k], move_of[k] = u, move
                if not (log_scale or left_out):
                    pack(s, state.kept.maps, state.kept.block, random)
                if watched:
                    for k in range(width):
                        notes.u[t, q, k] = u_of[k]
                    for k in range(width):
                        notes.update[t, q, k] = move_of[k]
                    for k in range(width):
                        notes.w[t, q, k] = w[q, k]
                    for k in range(width):
                        note(notes.states, t, q, k, read(s, q, k))
                    notes.scale[t, q] = scale[q]

    return stored(build(run))

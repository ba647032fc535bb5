"""The compiled look at a run's notes: numbers too small for a format, states that cannot fall, weights that stand.

Underflow is told from the size of what is summed, not of the sum: a gradient that passes through 0 loses
nothing, one whose every term is below the smallest normal number does. And it is told of numbers only that are not 0
by right: a column without an entry, a sum that cancels, a state that has seen no gradient are 0 in every format.

A state b s + c g stands still in p bits where its change is less than half a unit of its last place. Below
1 - b = 2^-(p+1) it cannot fall at all. The run in the format shows its own states; the log-scale run, whose states are
not rounded, carries a shadow of them: the same recurrence in p bits, of its own gradients.

One function serves all rules and formats: what it must know of them are the ``Facts``. So it is compiled once, and
apart from the loops that write the notes.
"""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np
from numba import njit

from verify.numbers.stored import named_by_content, stored
from verify.numbers.systems.floats import strict
from verify.optimizers.kernel import FALL

# The events, each noted by its first step (counted from 1):
#   m          the terms of m (the first state of degree 1; of the gradient, in a rule without) are below normal in some
#              coordinate
#   v          v (the state that the rule divides by), or what the rule reads in its place, is below normal in some
#              coordinate
#   update     eta u is below normal in all coordinates
#   stalled    less than half of the coordinates of w that should move do, from this step on to the last
#   nonfinite  w, v or what stands for v is infinite or nan in some coordinate
#   eps        sqrt(v) < eps in all coordinates
#   still      no coordinate of w moves in this step
EVENTS = ("m", "v", "update", "stalled", "nonfinite", "eps", "still")
M, V, UPDATE, STALLED, NONFINITE, EPS, STILL = range(len(EVENTS))
UNDERFLOWS = EVENTS[: UPDATE + 1]

# A state that does not change is at rest, not frozen, while what it follows (g, or g^2) is within this part of it.
NEAR = 0.5

# What makes v, or what stands for it, other than 0: a gradient other than 0 in its coordinate; an entry of the data; a
# gradient other than 0 somewhere in the block. Or it is not known, and what was normal once counts.
GRADIENT, ENTRY, BLOCK, UNKNOWN = range(4)

# What has to be known of a rule at given hyperparameters, and of a run.
#
#   memory, share   the terms of m have the size memory * (the size before) + share * (that of the gradient's terms);
#   divisor         the number of the state that is v; -1 where v is what the rule reads beside the gradient;
#   divides         whether the rule divides by something of its own, which is v;
#   degree          that of v; what underflows in v has ``squared`` times this degree;
#   fed, lasts      what makes v other than 0, and whether it stays so in later steps;
#   keep, gain, power, even, bits   of each state: the average that it is (power 0: it is none), and its format's bits;
#   log_m, log_v, log_update        (limits,), the logarithms of the smallest normal numbers;
#   own             the bits of the run's gradients;
#   shadow          whether the states are not kept in the format that is asked about;
#   step_bits, lowest               the bits and the least exponent of w's format, by which it is told whether w moves;
#                   0 bits: that is not told.
Facts = namedtuple(
    "Facts",
    "memory share divisor divides degree squared fed lasts keep gain power even log_m log_v log_update bits own shadow "
    "step_bits lowest",
)

# What was seen of a run so far. The d coordinates are those of all blocks, one block after the other.
#
#   first (limits, events)   the first step of each event, -1 while there is none;
#   since (limits, events)   the first step of the stretch of steps with the event that lasts now, -1 if none does;
#   there (limits, 3, d)     w where each underflow that lasts now began;
#   last_move (1,)           the last step in which w moved;
#   size (d,)                the size of the terms of m, in units of exp(scale), of which unit (blocks,) is the last;
#   second, w (d,)           v, or what the rule reads in its place; and the iterate;
#   m_fed (d,), v_fed (limits, d), reached (states, d)   whether anything but 0 came into m, v, and each average;
#   held (states, d)         the value of each average, of the shadow in units of 1;
#   moved (states, d)        the last step in which it changed or was at rest;
#   nonzero (N, d)           the data's entries other than 0;
#   moves (5,)               how many moves of w were told wrongly; the first step told to be still, and the last told
#                            not to be; how many steps moved w after a still one; whether the last step was still.
Watch = namedtuple(
    "Watch", "first since last_move size unit second w there m_fed v_fed reached held moved nonzero moves"
)


def _to_bits(x: Any, bits: Any) -> Any:
    """x to the nearest number of so many bits, ties to even, its exponent that of float64.

    Done on the bits themselves: sums that round by cancelling would be reordered away in a fast loop.
    """
    if bits >= 53 or x != x:
        return x
    shift = np.int64(53 - bits)
    held = np.float64(x).view(np.int64)
    up = (np.int64(1) << (shift - 1)) - 1 + ((held >> shift) & 1)
    return np.int64(((held + up) >> shift) << shift).view(np.float64)


to_bits = strict(_to_bits)


def _moves(w: Any, move: Any, bits: int, lowest: int) -> Any:
    """Whether w - move, rounded to so many bits, is another number than w, which has them: |move| is more than half of
    the distance to the next number on its way, or just half and w's last digit is odd."""
    size, twice = np.float64(abs(w)), 2 * abs(move)
    # Of the bits of a float64 the first say the power of 2, after its sign.
    exponent = np.maximum((size.view(np.int64) >> 52) - 1023, lowest)
    power = np.int64((exponent + 1023) << 52).view(np.float64)
    unit = power * np.int64((1024 - bits) << 52).view(np.float64)
    if (size == power) & (exponent > lowest) & (move * w > 0):
        unit /= 2
    odd = np.int64(size / unit) & 1 == 1
    return (twice > unit) | ((twice == unit) & odd)


moves_on = strict(_moves)


def _look(watch: Any, facts: Any, notes: Any, rows: Any, start: int, eps: Any, eta: Any, done: int) -> None:
    """Look at the notes of the steps from ``done`` on, one an entry of eps, whose samples are in rows[start] and on.

    Each question is asked of all coordinates in a loop of its own, so that loops use vector units. It is one function:
    with three of its parts as functions, inlined, a diagnosis in float16 took 6 to 13 % longer.
    """
    # Each array is named once: a reference taken inside a loop costs the compiler seconds.
    first, since, nonzero, there = watch.first, watch.since, watch.nonzero, watch.there
    sizes, second, w, unit = watch.size, watch.second, watch.w, watch.unit
    m_fed, v_fed, reached, held, moved = watch.m_fed, watch.v_fed, watch.reached, watch.held, watch.moved
    scales, (steps, blocks), (limits, d) = notes.scale, notes.scale.shape, v_fed.shape
    width = d // blocks
    gradients, terms, seen, us, updates, ws = (
        notes.gradient.reshape(steps, d), notes.terms.reshape(steps, d), notes.seen.reshape(steps, d),
        notes.u.reshape(steps, d), notes.update.reshape(steps, d), notes.w.reshape(steps, d),
    )  # fmt: skip
    states = notes.states.reshape(steps, len(held), d)
    keep, gain, power, even, bits = facts.keep, facts.gain, facts.power, facts.even, facts.bits
    divisor, degree, squared, divides, lasts = (
        facts.divisor, facts.degree, facts.squared, facts.divides, facts.lasts
    )  # fmt: skip
    memory, share, source, shadow, own = facts.memory, facts.share, facts.fed, facts.shadow, facts.own
    log_m, log_v, log_update = facts.log_m, facts.log_v, facts.log_update
    step_bits, lowest, moves = facts.step_bits, facts.lowest, watch.moves
    # What the units of the blocks say of each coordinate, whether it is in question, and what happens in a step.
    least_m, least_v, of_unit = np.empty((limits, d)), np.empty((limits, d)), np.empty((2, d))
    zeros_tell, touched, genuine, came = np.empty((4, d), np.bool_)
    happens = np.empty((limits, len(EVENTS)), np.bool_)
    at = start
    for t in range(len(eps)):
        row, step = rows[at], done + t + 1
        at = at + 1 if at + 1 < len(rows) else 0
        for q in range(blocks):
            scale = scales[t, q]
            if t > 0 and scale == unit[q]:
                continue
            resized = math.exp(min(unit[q] - scale, FALL))
            unit[q] = scale
            for k in range(q * width, (q + 1) * width):
                sizes[k] *= resized
                of_unit[0, k], of_unit[1, k] = math.exp(scale), math.exp(-scale)
                # In units above 1 a 0 may be a number that these units are too large for.
                zeros_tell[k] = scale <= 0
                for i in range(limits):
                    least_m[i, k] = math.exp(log_m[i] - scale)
                    # What underflows in a norm is the sum of squares inside.
                    least_v[i, k] = math.exp(log_v[i] / squared - degree * scale)

        # What is not 0 by right: a sum of terms that is no larger than their rounding errors is taken as 0.
        samples = 0
        for sample in row:
            samples += sample >= 0
        noise = 2.0 * samples * 2.0**-own
        for k in range(d):
            touched[k] = nonzero[row[0], k]
        for p in range(1, samples):
            for k in range(d):
                touched[k] |= nonzero[row[p], k]
        for k in range(d):
            genuine[k] = abs(gradients[t, k]) > noise * terms[t, k]
        for k in range(d):
            came[k] = touched[k] if source == ENTRY else genuine[k]
        if source == BLOCK:
            for q in range(blocks):
                came[q * width : (q + 1) * width] = genuine[q * width : (q + 1) * width].any()

        # The terms of m, v and the update, beside the smallest normal numbers.
        for k in range(d):
            m_fed[k] = touched[k] | ((memory > 0) & m_fed[k])
            sizes[k] = memory * sizes[k] + share * terms[t, k]
            second[k] = states[t, divisor, k] if divisor >= 0 else seen[t, k]
        for i in range(limits):
            small_m = small_v = small_updates = normal_updates = np.int64(0)
            least_update = math.exp(log_update[i])
            for k in range(d):
                now = (second[k] >= least_v[i, k]) if source == UNKNOWN else came[k]
                v_fed[i, k] = divides & (now | (lasts & v_fed[i, k]))
            for k in range(d):
                small_m += m_fed[k] & (sizes[k] < least_m[i, k]) & ((sizes[k] > 0) | zeros_tell[k])
                v, move = second[k], abs(updates[t, k])
                small_v += v_fed[i, k] & (v < least_v[i, k]) & ((v > 0) | zeros_tell[k])
                small_updates += (us[t, k] != 0) & (move < least_update)
                normal_updates += move >= least_update
            happens[i, M], happens[i, V] = small_m > 0, small_v > 0
            happens[i, UPDATE] = small_updates > 0 and normal_updates == 0

        # Which weights move, and which are told to.
        should_move = finite = changed = told = wrong = above_eps = np.int64(0)
        for k in range(d):
            after = ws[t, k]
            should_move += updates[t, k] != 0
            finite += (abs(after) < np.inf) & (abs(second[k]) < np.inf)
            changed += after != w[k]
        if step_bits > 0:
            for k in range(d):
                moves_here = moves_on(w[k], eta[t] * us[t, k], step_bits, lowest)
                told += moves_here
                wrong += moves_here != (ws[t, k] != w[k])
        for k in range(d):
            w[k] = ws[t, k]
        if divisor >= 0 and eps[t] > 0:
            for k in range(d):
                least_root = eps[t] * of_unit[1, k]
                above_eps += second[k] >= (least_root * least_root if degree == 2 else least_root**degree)

        # Averages that stand still.
        for i in range(len(power)):
            if power[i] == 0:
                continue
            b, c, turns = keep[i], gain[i], power[i] == 2
            for k in range(d):
                g = gradients[t, k]
                x = abs(g) if even[i] else g
                if shadow:
                    x = to_bits(x * of_unit[0, k], bits[i])
                    come = to_bits(c * x, bits[i])
                    if turns:
                        come = to_bits(come * x, bits[i])
                    now = to_bits(to_bits(b * held[i, k], bits[i]) + come, bits[i])
                else:
                    now = states[t, i, k]
                aim = c / (1 - b) * (x * x if turns else x)
                if now != held[i, k] or abs(aim - now) <= NEAR * abs(now):
                    moved[i, k] = step
                held[i, k] = now
                reached[i, k] = genuine[k] | ((b > 0) & reached[i, k])

        all_finite = finite == d
        happens[:, STALLED], happens[:, NONFINITE] = 2 * changed < should_move, not all_finite
        happens[:, EPS] = divisor >= 0 and eps[t] > 0 and above_eps == 0
        happens[:, STILL] = changed == 0
        for i in range(limits):
            for event in range(len(EVENTS)):
                if not happens[i, event]:
                    since[i, event] = -1
                    continue
                if first[i, event] < 0:
                    first[i, event] = step
                if since[i, event] < 0:
                    since[i, event] = step
                    if event <= UPDATE:
                        there[i, event] = w
            if since[i, STALLED] < 0:
                first[i, STALLED] = -1
        moves[0] += wrong
        if all_finite:
            if changed > 0:
                watch.last_move[0] = step
            moves[3] += moves[4] == 1 and changed > 0
            moves[4] = changed == 0
            if told > 0:
                moves[2] = step
            elif moves[1] == 0:
                moves[1] = step


_function: Any = _look
look = stored(njit(error_model="numpy")(named_by_content(_function)))

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

# What is to be known of a rule at given hyperparameters, and of a run. The terms of m have the size
# memory * (that before) + share * (that of the gradient's terms). v is state number ``divisor``, or what is read
# where that is -1; it is of degree ``degree``, and what underflows in it is of ``squared`` times that; ``fed`` is what
# makes it other than 0, ``lasts`` whether it stays so in later steps. For each state an average's keep, gain, power
# (0: it is none), ``even``, and the bits of its format. log_m, log_v and log_update are the logarithms of the smallest
# normal numbers; own are the bits of the run's gradients; shadow: the states are not the format's own. step_bits and
# lowest are those of w's format, whose next number tells whether w moves; 0 bits: it is not told.
Facts = namedtuple(
    "Facts",
    "memory share divisor divides degree squared fed lasts keep gain power even log_m log_v log_update bits own shadow "
    "step_bits lowest",
)

# first (events,) is the first step of each, -1 while there is none; since (events,) that of the stretch of steps with
# the event that lasts now; last_move (1,) the last step in which w moved. Of shape (blocks, width): size is the size of
# the terms of m, in units of exp(scale), of which unit (blocks,) is the last; second is v, or what the rule reads in
# its place; w the iterate. there (3, blocks, width) is w where each underflow that lasts now began. fed (2, blocks,
# width) says whether anything but 0 came into m and v. Of shape (states, blocks, width): reached says the same of the
# averages, held is the value (of the shadow, in units of 1), moved the last step in which it changed or was at rest.
# nonzero (N, blocks, width) are the data's entries other than 0. moves counts moves of w that were told wrongly, names
# the first step told to be still and the last told not to be, counts moves after a still step, and says whether the
# last step was still.
Watch = namedtuple(
    "Watch", "first since last_move size unit second w there fed reached held moved nonzero moves"
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
    size = abs(w)
    exponent = math.frexp(size)[1] - 1 if size > 0 else lowest
    unit = math.ldexp(1.0, max(exponent, lowest) - bits + 1)
    if size == math.ldexp(1.0, exponent) and exponent > lowest and move * w > 0:
        unit /= 2
    return 2 * abs(move) > unit or (2 * abs(move) == unit and (size / unit) % 2 == 1)


moves_on = strict(_moves)


def _look(watch: Any, facts: Any, notes: Any, rows: Any, start: int, eps: Any, eta: Any, done: int) -> None:
    """Look at the notes of the steps from ``done`` on, one an entry of eps, whose samples are in rows[start] and on."""
    # Each array is named once: a reference taken inside a loop costs the compiler seconds.
    first, since, nonzero, there = watch.first, watch.since, watch.nonzero, watch.there
    sizes, second, fed, w, unit = watch.size, watch.second, watch.fed, watch.w, watch.unit
    reached, held, moved = watch.reached, watch.held, watch.moved
    gradients, terms, seen, us = notes.gradient, notes.terms, notes.seen, notes.u
    updates, ws, states, scales = notes.update, notes.w, notes.states, notes.scale
    keep, gain, power, even, bits = facts.keep, facts.gain, facts.power, facts.even, facts.bits
    blocks, width = w.shape
    divisor, degree, squared, divides, lasts = (
        facts.divisor, facts.degree, facts.squared, facts.divides, facts.lasts
    )  # fmt: skip
    memory, share, source, shadow, own = facts.memory, facts.share, facts.fed, facts.shadow, facts.own
    log_m, log_v, least_update = facts.log_m, facts.log_v, math.exp(facts.log_update)
    step_bits, lowest, moves = facts.step_bits, facts.lowest, watch.moves
    at = start
    for t in range(len(eps)):
        row, step = rows[at], done + t + 1
        at = at + 1 if at + 1 < len(rows) else 0
        samples = 0
        for sample in row:
            samples += sample >= 0
        # A sum of terms that is no larger than their rounding errors is taken as 0.
        noise = 2.0 * samples * 2.0**-own
        small_m = small_v = small_updates = normal_updates = np.int64(0)
        should_move = finite = above_eps = changed = told = np.int64(0)
        for q in range(blocks):
            scale = scales[t, q]
            resized = math.exp(min(unit[q] - scale, FALL))
            unit[q] = scale
            least_m = math.exp(log_m - scale)
            # What underflows in a norm is the sum of squares inside.
            least_v = math.exp(log_v / squared - degree * scale)
            least_root = eps[t] * math.exp(-scale)
            least_divisor = least_root * least_root if degree == 2 else least_root**degree
            # In units above 1 a 0 may be a number that these units are too large for.
            zeros_tell = scale <= 0
            any_gradient = False
            for k in range(width):
                any_gradient |= abs(gradients[t, q, k]) > noise * terms[t, q, k]
            for k in range(width):
                touched = False
                for p in range(samples):
                    if nonzero[row[p], q, k]:
                        touched = True
                        break
                g = gradients[t, q, k]
                genuine = abs(g) > noise * terms[t, q, k]
                size = memory * (sizes[q, k] * resized) + share * terms[t, q, k]
                v = states[t, divisor, q, k] if divisor >= 0 else seen[t, q, k]
                move, after = abs(updates[t, q, k]), ws[t, q, k]
                sizes[q, k], second[q, k] = size, v
                fed[M, q, k] = touched or (memory > 0 and fed[M, q, k])
                if source == GRADIENT:
                    came = genuine
                elif source == ENTRY:
                    came = touched
                elif source == BLOCK:
                    came = any_gradient
                else:
                    came = v >= least_v
                fed[V, q, k] = divides and (came or (lasts and fed[V, q, k]))
                small_m += fed[M, q, k] and size < least_m and (size > 0 or zeros_tell)
                small_v += fed[V, q, k] and v < least_v and (v > 0 or zeros_tell)
                small_updates += us[t, q, k] != 0 and move < least_update
                normal_updates += move >= least_update
                should_move += move != 0
                finite += abs(after) < np.inf and abs(v) < np.inf
                above_eps += v >= least_divisor
                changed += after != w[q, k]
                if step_bits > 0:
                    moves_here = moves_on(w[q, k], eta[t] * us[t, q, k], step_bits, lowest)
                    told += moves_here
                    moves[0] += moves_here != (after != w[q, k])
                w[q, k] = after

                for i in range(len(power)):
                    if power[i] == 0:
                        continue
                    b, c = keep[i], gain[i]
                    x = abs(g) if even[i] else g
                    if shadow:
                        x = to_bits(x * math.exp(scale), bits[i])
                        come = to_bits(c * x, bits[i])
                        if power[i] == 2:
                            come = to_bits(come * x, bits[i])
                        now = to_bits(to_bits(b * held[i, q, k], bits[i]) + come, bits[i])
                    else:
                        now = states[t, i, q, k]
                    aim = c / (1 - b) * (x * x if power[i] == 2 else x)
                    if now != held[i, q, k] or abs(aim - now) <= NEAR * abs(now):
                        moved[i, q, k] = step
                    held[i, q, k] = now
                    reached[i, q, k] = genuine or (b > 0 and reached[i, q, k])
        for event, happens in (
            (M, small_m > 0),
            (V, small_v > 0),
            (UPDATE, small_updates > 0 and normal_updates == 0),
            (STALLED, 2 * changed < should_move),
            (NONFINITE, finite < blocks * width),
            (EPS, divisor >= 0 and eps[t] > 0 and above_eps == 0),
            (STILL, changed == 0),
        ):
            if happens and first[event] < 0:
                first[event] = step
            if not happens:
                since[event] = -1
            elif since[event] < 0:
                since[event] = step
                if event <= UPDATE:
                    for q in range(blocks):
                        for k in range(width):
                            there[event, q, k] = w[q, k]
        if since[STALLED] < 0:
            first[STALLED] = -1
        if changed > 0 and finite == blocks * width:
            watch.last_move[0] = step
        if finite == blocks * width:
            moves[3] += moves[4] == 1 and changed > 0
            moves[4] = changed == 0
            if told > 0:
                moves[2] = step
            elif moves[1] == 0:
                moves[1] = step


_function: Any = _look
look = stored(njit(error_model="numpy")(named_by_content(_function)))

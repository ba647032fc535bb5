"""What a watched run notes: numbers too small for a format, states that cannot fall, weights that stand still.

Underflow is told from the size of what is summed, not of the sum: a gradient that passes through 0 loses
nothing, one whose every term is below the smallest normal number does. And it is told of numbers only that are not 0
by right: a column without an entry, a sum that cancels, a moment that has seen no gradient are 0 in every format.

A state b s + (1 - b) g stands still in p bits where its change is less than half a unit of its last place. Below
1 - b = 2^-(p+1) it cannot fall at all. The run in the format shows its own states; the log-scale run, whose states are
not rounded, carries a shadow of them: the same recurrence in p bits, of its own gradients.
"""

from __future__ import annotations

import math
from collections import namedtuple
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from verify.numbers.floats import strict
from verify.numbers.stored import named_by_content
from verify.optimizers.rules import Rule

# The events, each noted by its first step (counted from 1):
#   m          the terms of m (of the gradient, in a rule without m) are below normal in some coordinate
#   v          v, or what the rule reads in its place, is below normal in some coordinate
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

# A moment that has not changed in this many last steps is called frozen, a run that has hardly moved stalled; with
# fewer it may be chance.
STANDING_STEPS = 100

# first (events,) is the first step of each, -1 while there is none; since (events,) that of the stretch of steps with
# the event that lasts now. Of shape (blocks, width): size is the size of the terms of m, in units of exp(scale), faded
# as m fades; second is v, or what the rule reads in its place; gradient and u are those of the step and update is
# eta u. there (3, blocks, width) is w where each underflow that lasts now began. Of shape (2, blocks, width), for m and
# v: fed says whether anything but 0 came in, held is the value (of the shadow, in log scale, in units of 1), moved the
# last step in which it changed or was at rest. nonzero (N, blocks, width) are the data's entries other than 0,
# last_move (1,) is the last step in which w moved. done is the number of steps before the call, log_normal the
# logarithm of the smallest normal number, bits those of the format and own those of the run.
Watch = namedtuple(
    "Watch",
    "first since size second gradient u update there fed held moved nonzero last_move done log_normal bits own",
)


def fresh_watch(
    shape: tuple[int, int], log_normal: float, nonzero: NDArray[np.bool_], bits: int, own: int
) -> Watch:
    """A watch that has seen nothing, for moments of the given shape; ``nonzero`` as in ``Watch``."""
    size, second, gradient, u, update = (np.zeros(shape) for _ in range(5))
    return Watch(
        np.full(len(EVENTS), -1), np.full(len(EVENTS), -1), size, second, gradient, u, update,
        np.zeros((len(UNDERFLOWS), *shape)),
        np.zeros((2, *shape), np.bool_), np.zeros((2, *shape)), np.zeros((2, *shape), np.int64), nonzero,
        np.zeros(1, np.int64), 0, log_normal, bits, own,
    )  # fmt: skip


@dataclass(frozen=True)
class Watched:
    """What a watch shows at a snapshot: size, second and update, (d,) each, the first step of each event so far, and
    the step since when it lasts; w (d,) where each underflow that lasts began.

    ``frozen``: for m and v, how many steps ago at least half of the entries changed last; those only that have stood
    still for STANDING_STEPS or more.
    """

    size: NDArray[np.float64]
    second: NDArray[np.float64]
    update: NDArray[np.float64]
    events: dict[str, int]
    since: dict[str, int] = field(default_factory=dict)
    there: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    frozen: dict[str, int] = field(default_factory=dict)
    last_move: int | None = None


def read(watch: Watch, step: int, states: tuple[str, ...] = ()) -> Watched:
    """A copy of what the watch shows after ``step`` steps; ``states`` are those of the rule, of m and v."""
    events, since = (
        {event: int(first) for event, first in zip(EVENTS, noted, strict=True) if first > 0}
        for noted in (watch.first, watch.since)
    )
    there = {event: watch.there[EVENTS.index(event)].flatten() for event in UNDERFLOWS if event in since}
    frozen = {
        state: since_step
        for number, state in enumerate(("m", "v"))
        if state in states and (since_step := _frozen(watch, number, step)) is not None
    }
    return Watched(
        watch.size.flatten(), watch.second.flatten(), watch.update.flatten(), events, since,
        there, frozen, int(watch.last_move[0]) or None,
    )  # fmt: skip


def _frozen(watch: Watch, number: int, step: int) -> int | None:
    """The first step from which on half of the entries of a state or more stand still, if that is long ago."""
    held, moved = watch.held[number].ravel(), watch.moved[number].ravel()
    entries = watch.fed[number].ravel()
    # What is below normal has underflowed, which is another event.
    still = entries & (abs(held) >= math.exp(watch.log_normal)) & (moved + STANDING_STEPS <= step)
    half = -(-np.count_nonzero(entries) // 2)
    if not entries.any() or np.count_nonzero(still) < half:
        return None
    return int(np.sort(moved[still])[half - 1]) + 1


def room(rule: Rule, watched: Watched, scale: NDArray[np.float64], log_normal: float) -> float:
    """By how much margins may grow, all gradients shrinking like exp(-z), before size or second underflow.

    ``scale`` (d,) is that of the snapshot. Infinite where nothing is there that could.
    """
    # A norm underflows at its squares; the root of v, and of squares, is of degree 1 in the gradient.
    degree, share = (1, 0.5) if rule.reads == "norm" else (2, 1.0)
    rooms = [scale + np.log(positive(watched.size)) - log_normal]
    if has_second(rule):
        rooms.append(scale + (np.log(positive(watched.second)) - share * log_normal) / degree)
    return float(np.min(rooms))


def positive(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values with infinity in place of 0: coordinates that never saw a gradient."""
    return np.where(values > 0, values, np.inf)


def has_second(rule: Rule) -> bool:
    """Whether the rule divides by something of its own: v, squares or a norm."""
    return "beta2" in rule.betas or rule.reads != "nothing"


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


def looking(rule: Rule, log_scale: bool) -> Any:
    """The compiled look(watch, t, eps, beta1, beta2, row, samples, terms, seen, changed, state) after step t of a call.

    The batch are the first ``samples`` of ``row``, terms (blocks, width) the sizes of what the gradient is summed
    from, and changed the number of coordinates of w that changed; gradient, u and update of the watch are set already.
    """
    has_v, fades = "beta2" in rule.betas, "beta1" in rule.betas
    norm, squares = rule.reads == "norm", rule.reads == "squares"

    def look(
        watch: Any, t: int, eps: float, beta1: float, beta2: float, row: Any, samples: int, terms: Any, seen: Any,
        changed: int, state: Any,
    ) -> None:  # fmt: skip
        # Each array is named once: a reference taken inside a loop costs the compiler seconds.
        first, since, step, bits = watch.first, watch.since, watch.done + t + 1, watch.bits
        gradient, us, nonzero, moved, there = watch.gradient, watch.u, watch.nonzero, watch.moved, watch.there
        w, ms, vs, scales = state.w, state.m, state.v, state.scale
        sizes, second, update, fed, held = watch.size, watch.second, watch.update, watch.fed, watch.held
        blocks, width = w.shape
        fade, decay = beta1 if fades else 0.0, beta2 if has_v else 0.0
        # A sum of terms that is no larger than their rounding errors is taken as 0.
        noise = 2.0 * samples * 2.0**-watch.own
        any_gradient = False
        if norm:
            for q in range(blocks):
                for k in range(width):
                    if abs(gradient[q, k]) > noise * terms[q, k]:
                        any_gradient = True
                        break
        small_m = small_v = small_updates = normal_updates = np.int64(0)
        should_move = finite = above_eps = np.int64(0)
        for q in range(blocks):
            scale = scales[q]
            least_m = math.exp(watch.log_normal - scale)
            # What underflows in a norm is the sum of squares inside.
            least_v = math.exp(watch.log_normal / 2 - scale if norm else watch.log_normal - 2 * scale)
            least_update, least_root = math.exp(watch.log_normal), eps * math.exp(-scale)
            # In units above 1 a 0 may be a number that these units are too large for.
            zeros_tell = scale <= 0
            for k in range(width):
                touched = False
                for p in range(samples):
                    if nonzero[row[p], q, k]:
                        touched = True
                        break
                g_k = np.float64(gradient[q, k])
                genuine = abs(g_k) > noise * terms[q, k]
                size = fade * sizes[q, k] + (1 - fade) * np.float64(terms[q, k])
                v = np.float64(vs[q, k] if has_v else seen[q, k])
                move = abs(update[q, k])
                sizes[q, k], second[q, k] = size, v
                fed[0, q, k] = touched or (fade > 0 and fed[0, q, k])
                if has_v:
                    fed[1, q, k] = genuine or (decay > 0 and fed[1, q, k])
                else:
                    fed[1, q, k] = any_gradient if norm else squares and touched
                small_m += fed[0, q, k] and size < least_m and (size > 0 or zeros_tell)
                small_v += fed[1, q, k] and v < least_v and (v > 0 or zeros_tell)
                small_updates += us[q, k] != 0 and move < least_update
                normal_updates += move >= least_update
                should_move += move != 0
                finite += abs(w[q, k]) < np.inf and abs(v) < np.inf
                above_eps += v >= least_root * least_root

                if log_scale:
                    g = to_bits(g_k * math.exp(scale), bits)
                    new_m = to_bits(
                        to_bits(fade * held[0, q, k], bits) + to_bits((1 - fade) * g, bits),
                        bits,
                    )
                    gain = to_bits(to_bits((1 - decay) * g, bits) * g, bits)
                    new_v = to_bits(to_bits(decay * held[1, q, k], bits) + gain, bits)
                else:
                    g, new_m, new_v = g_k, np.float64(ms[q, k]), np.float64(vs[q, k])
                if new_m != held[0, q, k] or abs(g - new_m) <= NEAR * abs(new_m):
                    moved[0, q, k] = step
                if new_v != held[1, q, k] or abs(g * g - new_v) <= NEAR * new_v:
                    moved[1, q, k] = step
                held[0, q, k], held[1, q, k] = new_m, new_v
        for event, happens in (
            (M, small_m > 0),
            (V, small_v > 0),
            (UPDATE, small_updates > 0 and normal_updates == 0),
            (STALLED, 2 * changed < should_move),
            (NONFINITE, finite < blocks * width),
            (EPS, has_v and eps > 0 and above_eps == 0),
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

    # A call a step costs nothing beside what it does; inlined in the loop it would take a minute to compile.
    function: Any = look
    return njit(error_model="numpy")(named_by_content(function))

"""What a watched run notes: when its numbers become too small for a format.

Underflow is told from the size of what is summed, not of the sum: a gradient that passes through 0 loses
nothing, one whose every term is below the smallest normal number does.
"""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.optimizers.rule import Rule

# The events, each noted by its first step (counted from 1):
#   m          the terms of m (of the gradient, in a rule without m) are below normal in some coordinate
#   v          v (the state that the rule divides by), or what the rule reads in its place, is below normal in some
#              coordinate
#   update     eta u is below normal in all coordinates
#   stalled    less than half of the coordinates of w that should move do, from this step on to the last
#   nonfinite  w, v or what stands for v is infinite or nan in some coordinate
#   eps        sqrt(v) < eps in all coordinates
EVENTS = ("m", "v", "update", "stalled", "nonfinite", "eps")
M, V, UPDATE, STALLED, NONFINITE, EPS = range(len(EVENTS))

# first (events,) is the first step of each, -1 while there is none. Of shape (blocks, width): size is the size
# of the terms of m, in units of exp(scale), faded by ``memory`` a step as m fades; second is v, or what the rule reads
# in its place; update is eta u. was_normal (3, blocks, width): whether size, second, update were normal before. done
# is the number of steps before the call, log_normal the logarithm of the smallest normal number.
Watch = namedtuple("Watch", "first size second update was_normal done log_normal memory")


def fresh_watch(shape: tuple[int, int], log_normal: float, memory: float = 0.0) -> Watch:
    """A watch that has seen nothing, for moments of the given shape."""
    size, second, update = (np.zeros(shape) for _ in range(3))
    was_normal = np.zeros((3, *shape), np.bool_)
    return Watch(np.full(len(EVENTS), -1), size, second, update, was_normal, 0, log_normal, memory)


@dataclass(frozen=True)
class Watched:
    """What a watch shows at a snapshot: size, second and update, (d,) each, and the first step of each event
    so far."""

    size: NDArray[np.float64]
    second: NDArray[np.float64]
    update: NDArray[np.float64]
    events: dict[str, int]


def read(watch: Watch) -> Watched:
    """A copy of what the watch shows now."""
    events = {event: int(step) for event, step in zip(EVENTS, watch.first, strict=True) if step > 0}
    return Watched(watch.size.flatten(), watch.second.flatten(), watch.update.flatten(), events)


def room(rule: Rule, watched: Watched, scale: NDArray[np.float64], log_normal: float) -> float:
    """By how much margins may grow, all gradients shrinking like exp(-z), before size or second underflow.

    ``scale`` (d,) is that of the snapshot.
    """
    # A norm underflows at its squares.
    degree, share = (1.0, 0.5) if rule.reads == "norm" else (second_degree(rule), 1.0)
    rooms = [scale + np.log(positive(watched.size)) - log_normal]
    if has_second(rule):
        rooms.append(scale + (np.log(positive(watched.second)) - share * log_normal) / degree)
    return float(np.min(rooms))


def positive(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values with infinity in place of 0: coordinates that never saw a gradient."""
    return np.where(values > 0, values, np.inf)


def has_second(rule: Rule) -> bool:
    """Whether the rule divides by something of its own: v, squares or a norm."""
    return has_v(rule) or rule.reads != "nothing"


def has_v(rule: Rule) -> bool:
    """Whether the rule divides by a state, to which an eps may be added: by its last."""
    return bool(rule.states) and rule.uses("eps", "inside")


def second_degree(rule: Rule) -> float:
    """The degree of what the rule divides by, where it is v or squares."""
    return float(rule.states[-1].degree) if has_v(rule) else 2.0


def looking(rule: Rule, build: Callable[[Any], Any]) -> Any:
    """The compiled look(watch, t, eps, terms, seen, changed, state) after step t of a call.

    terms (blocks, width) are the sizes of what the gradient is summed from, and changed the number of
    coordinates of w that changed; watch.update is set already.
    """
    divides_by_v, degree = has_v(rule), second_degree(rule)
    last = max(len(rule.states) - 1, 0)
    norm, squared = rule.reads == "norm", degree == 2
    divides = has_second(rule)

    divisor = build((lambda state, seen: state.s[last]) if divides_by_v else (lambda state, seen: seen))

    def look(watch: Any, t: int, eps: float, terms: Any, seen: Any, changed: int, state: Any) -> None:
        first, step = watch.first, watch.done + t + 1
        vs = divisor(state, seen)
        sizes, second, update, was_normal = watch.size, watch.second, watch.update, watch.was_normal
        blocks, width = state.w.shape
        fell_m = fell_v = fell_update = np.int64(0)
        normal_updates = should_move = finite = above_eps = np.int64(0)
        for q in range(blocks):
            scale = state.scale[q]
            unit = math.exp(-scale)
            least_m = math.exp(watch.log_normal) * unit
            # What underflows in a norm is the sum of squares inside.
            least_v = math.exp(watch.log_normal / 2 - scale if norm else watch.log_normal - degree * scale)
            least_update, least_root = math.exp(watch.log_normal), eps * unit
            for k in range(width):
                old = watch.memory * sizes[q, k]
                term = np.float64(terms[q, k])
                size = old if old > term else term  # nan if the term is: no underflow
                v = np.float64(vs[q, k])
                move = abs(update[q, k])
                sizes[q, k], second[q, k] = size, v
                fell_m += was_normal[M, q, k] and size < least_m
                fell_v += was_normal[V, q, k] and v < least_v
                fell_update += was_normal[UPDATE, q, k] and move < least_update
                was_normal[M, q, k] |= size >= least_m
                was_normal[V, q, k] |= v >= least_v
                was_normal[UPDATE, q, k] |= move >= least_update
                normal_updates += move >= least_update
                should_move += move != 0
                finite += abs(state.w[q, k]) < np.inf and abs(v) < np.inf
                above_eps += v >= (least_root * least_root if squared else least_root**degree)
        for event, happens in (
            (M, fell_m > 0),
            (V, divides and fell_v > 0),
            (UPDATE, fell_update > 0 and normal_updates == 0),
            (STALLED, 2 * changed < should_move),
            (NONFINITE, finite < blocks * width),
            (EPS, divides_by_v and eps > 0 and above_eps == 0),
        ):
            if happens and first[event] < 0:
                first[event] = step
        if 2 * changed >= should_move:
            first[STALLED] = -1

    return build(look)

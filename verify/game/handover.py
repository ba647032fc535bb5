"""When the tail takes over: read from the states of the user's own run, at its own steps, or foretold from them.

The hand-over is the first step in which sqrt(v) is below eps in at least half of the coordinates that have seen a
gradient, v being what the step adds eps to, as it stands there: with bias correction v over 1 - beta2^t. From v = 0 it
takes some steps to be above: what is below from the first step on counts once it has been above, or if it never is.
Where eps is added to the norm of a matrix, the norm of the state m stands for sqrt(v).

Where a run does not come to it in its time, it is foretold from the run's second half. Where v fell there as fast as it
can, by beta2 a step, gradients are below it already, and it goes on so; else sqrt(v) goes on falling in tau as it fell,
exponentially as in the game. The margin goes on growing in tau.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from verify.game.result import HandOver
from verify.numbers.linear.angles import Vector
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import slopes
from verify.optimizers.trajectory import Snapshot, iterates
from verify.optimizers.watch import has_v, second_degree

# A run is looked at whenever it is this many times as long as before, and then, from its start, at each step between
# the two looks.
LONGER = 1.02

# v falls as fast as it can where its fall is this share of that: a gradient that is a third of sqrt(v) or less.
AS_FAST = 0.9


def hand_over(
    X: Vector, opt: Optimizer, steps: int, start: Vector, progress: Callable[[int], None] = lambda step: None
) -> HandOver | None:
    """The hand-over of an optimizer with eps > 0 on rows X (N, d): seen within so many steps of a run, or foretold;
    None where neither is possible, or the rule has no v."""
    if not opt.eps or not (has_v(opt.rule) or opt.rule.matrix is not None):
        return None
    edge, passed = threshold(opt), list[Snapshot]()

    def first(at: Iterable[int], above: bool) -> tuple[int, HandOver | None]:
        """The look before the hand-over and that in which it is seen; 0 and the first one if it never was above."""
        before, begun = 0, None
        for here in iterates(X, opt, list(at), start=start, progress=progress):
            passed.append(here)
            below, seen = half_root(opt, here) < edge, HandOver(here.step, _least(X, here))
            begun, above = begun or seen, above or not below
            if below and above:
                return before, seen
            before = here.step
        return 0, None if above else begun

    before, seen = first(looks(steps), False)
    if seen is None:
        return _foretold(X, opt, passed)
    return seen if not before else first(range(before + 1, seen.step + 1), True)[1]


def looks(steps: int) -> list[int]:
    """The steps at which a run of so many is looked at."""
    return sorted({min(steps, int(LONGER**k)) for k in range(int(np.log(steps) / np.log(LONGER)) + 2)})


def threshold(opt: Optimizer) -> float:
    """log of eps, where it stands beside sqrt(v)."""
    return (1.0 if opt.eps_place == "outside" else 0.5) * math.log(float(opt.eps)) if opt.eps else -math.inf


def half_root(opt: Optimizer, here: Snapshot) -> float:
    """The log of sqrt(v) that it is at or below in half of the coordinates that have seen a gradient."""
    v = here.states[opt.rule.states[-1].name]
    if opt.rule.matrix is not None:
        norm = float(np.linalg.norm(v))
        return math.log(norm) + float(here.scale[0]) if norm else math.inf
    seen = v != 0
    root = np.log(np.abs(v[seen])) / second_degree(opt.rule) + here.scale[seen]
    corrected = 0.0
    if opt.bias_correction and opt.rule.corrects:
        corrected = np.log1p(-(float(opt.values[opt.rule.corrects[1]]) ** here.step)) / 2
    return lower_half(root) - corrected


def lower_half(values: Vector) -> float:
    """The least number that at least half of the values are at or below; infinite of none."""
    return float(np.sort(values)[(len(values) - 1) // 2]) if len(values) else math.inf


def _foretold(X: Vector, opt: Optimizer, passed: list[Snapshot]) -> HandOver | None:
    """Where sqrt(v) will be at eps; None where it did not fall in the second half of the run, or its steps end."""
    if not opt.schedule.last or not passed:
        return None
    last = passed[-1]
    half = next(each for each in passed if 2 * each.step >= last.step)
    time = last.tau - half.tau
    roots, margins = (
        [*map(measure, (half, last))] for measure in (partial(half_root, opt), partial(_least, X))
    )
    if not (time > 0 and roots[0] > roots[1]):
        return None
    kept = slopes(opt.rule, opt.values)[-1]
    if not half.step * (1 - kept) >= 1:  # v still remembers how the run began
        return None
    left, fall, steps = roots[1] - threshold(opt), roots[0] - roots[1], last.step - half.step
    fastest = -math.log(kept) / second_degree(opt.rule) if kept else math.inf
    at = opt.eventually()
    if fall >= AS_FAST * fastest * steps:
        step = math.ceil(last.step + left / fastest)
        wait = _time(at, last.step, step)
    else:
        wait = left / fall * time
        after = _after(at, last.step, wait)
        if after is None:
            return None
        step = after
    return HandOver(step, float(margins[1] + (margins[1] - margins[0]) / time * wait), True) if step else None


def _least(X: Vector, here: Snapshot) -> float:
    return float(np.min(X @ here.w))


def _time(opt: Optimizer, step: float, then: float) -> float:
    """The time of the steps lr (t + 2)^-decay between two."""
    power = 1 - float(opt.decay)
    ends = [math.log(t + 2) if not power else (t + 2) ** power / power for t in (step, then)]
    return float(opt.lr) * (ends[1] - ends[0])


def _after(opt: Optimizer, step: int, wait: float) -> int | None:
    """The step that is so much time after ``step``; None beyond 10^18."""
    power, spent = 1 - float(opt.decay), wait / float(opt.lr)
    log_step = math.log((step + 2) ** power + spent * power) / power if power else math.log(step + 2) + spent
    return round(math.exp(log_step)) if log_step < 18 * math.log(10) else None

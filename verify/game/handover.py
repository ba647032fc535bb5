"""When the tail takes over: read from the states of the user's own run, at its own steps.

The hand-over is the first step in which sqrt(v) is below eps in at least half of the coordinates that have seen a
gradient, v being what the step adds eps to, as it stands there: with bias correction v over 1 - beta2^t. From v = 0 it
takes some steps to be above: what is below from the first step on counts once it has been above, or if it never is.
Where eps is added to the norm of a matrix, that of the state m is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from verify.game.result import HandOver
from verify.numbers.linear.angles import Vector
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.trajectory import Snapshot, iterates
from verify.optimizers.watch import has_v, second_degree

# A run is looked at whenever it is this many times as long as before, and then, from its start, at each step between
# the two looks.
LONGER = 1.02


def hand_over(
    X: Vector, opt: Optimizer, steps: int, start: Vector, progress: Callable[[int], None] = lambda step: None
) -> HandOver | None:
    """The hand-over of an optimizer with eps > 0 on rows X (N, d), within so many steps of a run; None where that has
    not come, or the rule has no v."""
    if not opt.eps or not (has_v(opt.rule) or opt.rule.matrix is not None):
        return None

    def first(at: Iterable[int], above: bool) -> tuple[int, HandOver | None]:
        """The look before the hand-over and that in which it is seen; 0 and the first one if it never was above."""
        before, begun = 0, None
        for here in iterates(X, opt, list(at), start=start, progress=progress):
            below, seen = _below(opt, here), HandOver(here.step, float(np.min(X @ here.w)))
            begun, above = begun or seen, above or not below
            if below and above:
                return before, seen
            before = here.step
        return 0, None if above else begun

    looks = sorted({min(steps, int(LONGER**k)) for k in range(int(np.log(steps) / np.log(LONGER)) + 2)})
    before, seen = first(looks, False)
    return seen if seen is None or not before else first(range(before + 1, seen.step + 1), True)[1]


def _below(opt: Optimizer, here: Snapshot) -> bool:
    if opt.rule.matrix is not None:
        norm = np.linalg.norm(next(iter(here.states.values())))
        return bool(norm > 0 and np.log(norm) + here.scale[0] < np.log(float(opt.eps)))
    degree = second_degree(opt.rule)
    v = here.states[opt.rule.states[-1].name]
    with np.errstate(divide="ignore"):
        log_root = np.log(np.abs(v)) / degree + here.scale
    seen = v != 0
    if not seen.any():
        return False
    power = 1.0 if opt.eps_place == "outside" else 0.5
    corrected = 0.0
    if opt.bias_correction and opt.rule.corrects:
        corrected = np.log1p(-(float(opt.values[opt.rule.corrects[1]]) ** here.step)) / 2
    return bool(2 * np.sum(log_root[seen] - corrected < power * np.log(float(opt.eps))) >= seen.sum())

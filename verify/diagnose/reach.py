"""Up to which margin a number format serves: where the log-scale run says that underflow begins for good.

That is read off a run, carried on beyond the steps asked for while this costs seconds. Where the run does not get
there, a formula says it: all gradients shrinking like exp(-z), the margin may grow by the room that m and v have. It is
used only where it holds: where the loss has an exponential tail, where every state forgets (the trait), where m and v
no longer remember the gradients of the first half of the run, where every row weighs on every coordinate (or a
coordinate fades at the pace of its own rows), and where it says the same at half time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.numbers.systems.arrays import ARRAYS
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.roles import Roles
from verify.optimizers.traits import forgetting, slopes
from verify.optimizers.trajectory import Snapshot, iterates
from verify.optimizers.watch import Limits, Watched, has_v, room, second_degree, size_of_terms

# Products that the run may take in all, a second or two; and its steps, of which few rows would take millions: where a
# short run was asked for, those were nine tenths of all the time.
WORK = 10**8
MOST_STEPS = 300_000

# What m and v may still hold of the first half of a run, and by how much the formula may differ between half time and
# the end.
REMEMBERED = 0.01
SAME = 0.02

# The run is looked at after this many times the steps before.
LONGER = 4


@dataclass(frozen=True)
class Reach:
    """``margin``: that of the log-scale run at ``step``, from which on m, v or the update is below the format's normal
    numbers to the end; None if that did not happen in the ``steps`` steps that were tried, which came to the margin
    ``tried``. ``how`` is "run", or "formula", which knows no step. ``unforgotten``: which state keeps old gradients for
    ever, so that no formula tells more than the run."""

    margin: float | None
    step: int | None
    steps: int
    tried: float
    how: str = "run"
    unforgotten: str = ""


def reach(
    X: NDArray[np.float64], opt: Optimizer, roles: Roles, seed: int, last: Snapshot
) -> dict[str, Reach]:
    """The reach of the roles, by their name, and that of wider formats among float32 and float64.

    ``last`` is the end of the log-scale run of the steps asked for, watched for the roles.
    """
    limits, found = {roles.name: Limits.of(roles)}, _found(X, last, last.watched)
    largest = max(limits[roles.name].m, limits[roles.name].v, limits[roles.name].update)
    limits |= {
        name: other
        for name in ("float32", "float64")
        if (other := Limits.of(Roles.of(name))).update < largest
    }
    known = {} if found is None else {roles.name: found}
    left = {name: replace(each, bits=(0, 0)) for name, each in limits.items() if name not in known}
    known |= _carried_on(X, opt, left, seed, last.step) if left else {}
    return {name: known[name] for name in limits}


def _found(X: NDArray[np.float64], snapshot: Snapshot, watched: Watched) -> Reach | None:
    if not watched.there:
        return None
    event = min(watched.there, key=lambda event: watched.since[event])
    there = _least(X, watched.there[event])
    return Reach(there, watched.since[event], snapshot.step, _least(X, snapshot.w))


def _carried_on(
    X: NDArray[np.float64], opt: Optimizer, limits: dict[str, Limits], seed: int, steps: int
) -> dict[str, Reach]:
    """The reach of each format, by name, all in one run."""
    most = max(steps, min(MOST_STEPS, WORK // (opt.batch(len(X)) * X.shape[1] + 20)))
    rungs = math.ceil(math.log(most / steps, LONGER)) + 1
    looks = {most // 2, *(min(most, steps * LONGER**k) for k in range(rungs))} - {0}
    half, snapshot, reached = None, None, dict[str, Reach]()
    own, *others = limits.values()
    for snapshot in iterates(X, opt, sorted(looks), seed=seed, watched=own, beside=others):
        for name, watched in zip(limits, (snapshot.watched, *snapshot.beside), strict=True):
            found = None if name in reached else _found(X, snapshot, watched)
            if found is not None:
                reached[name] = found
        if len(reached) == len(limits) or not np.all(np.isfinite(snapshot.w)):
            break
        if snapshot.step == most // 2:
            half = snapshot
    assert snapshot is not None  # there is a look
    tried = _least(X, snapshot.w)
    memory = forgetting(opt.rule, opt.values)
    run_alone = Reach(None, None, snapshot.step, tried, unforgotten=memory)
    if half is None or opt.loss.tail is None or memory or not _forgotten(X, opt, half, snapshot):
        return dict.fromkeys(limits, run_alone) | reached
    for name in limits.keys() - reached:
        early, late = (_formula(X, opt, limits[name], each) for each in (half, snapshot))
        told = math.isfinite(late) and abs(late - early) <= SAME * abs(late)
        reached[name] = Reach(late, None, snapshot.step, tried, "formula") if told else run_alone
    return reached


def _forgotten(X: NDArray[np.float64], opt: Optimizer, half: Snapshot, late: Snapshot) -> bool:
    """Whether what m and v held at half time makes up less than REMEMBERED of what they hold now."""
    if not np.all(X != 0):
        return False
    passed = late.step - half.step
    memories = [("size", 1.0, size_of_terms(opt)[0])]
    if has_v(opt.rule):
        memories.append(("second", second_degree(opt.rule), slopes(opt.rule, opt.values)[-1]))
    for values, degree, rate in memories:
        with np.errstate(divide="ignore", invalid="ignore"):
            before, now = (np.log(getattr(s.watched, values)) + degree * s.scale for s in (half, late))
            left = before + passed * (math.log(rate) if rate else -math.inf)
        if not np.all(left <= now + math.log(REMEMBERED)):
            return False
    return True


def _formula(X: NDArray[np.float64], opt: Optimizer, limits: Limits, at: Snapshot) -> float:
    """The margin at a snapshot and the room left there."""
    # The largest weight is exp(-size), and at a margin z that is large exp(-z) tail(0).
    size = -float(opt.loss.log_weight(ARRAYS)(np.float64(_least(X, at.w))))
    tail = math.log(float(opt.loss.factor(ARRAYS)(0.0)))
    return size + room(opt.rule, at.watched, at.scale, limits) + tail


def _least(X: NDArray[np.float64], w: NDArray[Any]) -> float:
    with np.errstate(invalid="ignore", over="ignore"):
        margin = float((X @ w).min())
    return margin if math.isfinite(margin) else 0.0

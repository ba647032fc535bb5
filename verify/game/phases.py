"""Through which phases a run goes, each with the step in which it begins and the least margin there.

start-up  until every margin is so large that the loss is its exponential tail to a factor of 2, and the states have
          forgotten what they began with;
game      the margins follow the game without eps and decay;
tail      from the first step on in which sqrt(v) is below eps in at least half of the coordinates (`handover`);
decay     from the first step on in which the decay undoes at least half of what the updates do: |lambda w| is half of
          |dw/dtau + lambda w|, which in the mean is at lambda tau = log 2.

They are read from looks at a run: w, and what the step adds eps to, at steps that are near each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from verify.game.handover import half_root, looks, threshold
from verify.game.pace import window
from verify.game.result import HandOver
from verify.numbers.linear.angles import Vector
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.trajectory import iterates
from verify.optimizers.watch import has_v

# The loss is its tail where its weights are, to this share.
ASTRAY = 0.5

# exp of this is in the range of float64.
FARTHEST = 700.0

Name = Literal["start-up", "game", "tail", "decay"]


@dataclass(frozen=True)
class Phase:
    """A phase, the step in which it begins, counted from 1 (start-up: 0), and the least margin after it; ``how`` is
    "run", or "foretold" where the run did not come to it."""

    name: Name
    step: int
    margin: float
    how: str = "run"

    def to_json(self) -> dict[str, Any]:
        """As commands print it."""
        return {"name": self.name, "from_step": self.step, "margin": self.margin, "how": self.how}


@dataclass(frozen=True)
class Look:
    """A run after ``step`` steps: its time and iterate, and the log of sqrt(v) that half of the coordinates are below,
    None where that is not known."""

    step: int
    tau: float
    w: Vector
    root: float | None = None


def looks_at_run(X: Vector, opt: Optimizer, steps: int, start: Vector) -> Iterator[Look]:
    """Looks at a run of an optimizer from w_0 = ``start`` (d)."""
    eps = bool(opt.eps) and has_v(opt.rule)
    for here in iterates(X, opt, looks(steps), start=start):
        yield Look(here.step, here.tau, here.w, half_root(opt, here) if eps else None)


def phases_of(
    X: Vector, opt: Optimizer, looks_at: Iterable[Look], hand_over: HandOver | None = None
) -> list[Phase]:
    """The phases that looks at a run on rows X (N, d) show, in order. They are taken until the last of all has begun;
    a ``hand_over`` that is known is not looked for."""
    found: dict[Name, Phase] = {}
    wanted: set[Name] = {"game"} if opt.loss.tail is not None else set()
    if hand_over is not None:
        how = "foretold" if hand_over.foretold else "run"
        found["tail"] = Phase("tail", hand_over.step, hand_over.margin, how)
    elif opt.eps and has_v(opt.rule):
        wanted.add("tail")
    if opt.weight_decay:
        wanted.add("decay")
    memory, decay, edge = window(opt, len(X)), float(opt.weight_decay), threshold(opt)
    before: Look | None = None
    above, first = False, Phase("tail", 0, 0.0)
    for look in looks_at:
        least = float(np.min(X @ look.w))
        begins: dict[Name, bool] = {
            "game": look.step >= memory and opt.loss.astray(max(least, -FARTHEST)) <= ASTRAY,
            "tail": above and look.root is not None and look.root < edge,
            "decay": before is not None and _held(decay, before, look),
        }
        if before is None:
            found["start-up"], first = Phase("start-up", 0, least), Phase("tail", look.step, least)
        found |= {name: Phase(name, look.step, least) for name in wanted - found.keys() if begins[name]}
        above = above or (look.root is not None and look.root >= edge)
        before = look
        if wanted <= found.keys():
            break
    if "tail" in wanted - found.keys() and before is not None and before.root is not None and not above:
        found["tail"] = first  # it never was above
    # What has ended before it began is none of the run's.
    ends = min((found[name].step for name in ("tail", "decay") if name in found), default=None)
    kept = [each for each in found.values() if each.name != "game" or ends is None or each.step < ends]
    return sorted(kept, key=lambda phase: phase.step)


def _held(decay: float, before: Look, look: Look) -> bool:
    """Whether the decay undoes half of what updates did between two looks."""
    time = look.tau - before.tau
    if not (decay and time > 0):
        return False
    pull = decay * look.w
    return bool(2 * np.linalg.norm(pull) >= np.linalg.norm((look.w - before.w) / time + pull))

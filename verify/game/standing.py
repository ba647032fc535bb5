"""Where a run stands: the angles of its iterate and of its increments to each limit and to the max margins.

The limits are those that the optimizer goes to in the end. Where eps takes over they are the tail's; until then the run
is on its way to the limit of the game without eps, which ``game`` is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from verify.conform.black_box import BlackBox
from verify.data.dataset import Dataset
from verify.errors import BadInput, Undecided
from verify.game.limits import LARGE, equilibria_of, predict
from verify.game.margins import Margins
from verify.game.result import Prediction
from verify.game.signs import chatter
from verify.margins import NORMS, Norm
from verify.numbers.linear.angles import Vector, degrees
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.schedules import SCHEDULES
from verify.optimizers.traits import slopes
from verify.optimizers.trajectory import trajectory

# More steps than this are not told from infinitely many.
ENDLESS = 10**18
# The flow is followed with steps that are FINER times as small, if these are no more than MOST_STEPS.
FINER, MOST_STEPS = 16, 4 * 10**6

Moved = Literal["iterate", "increments"]


@dataclass(frozen=True)
class Standing:
    """The angles, in degrees, of w_t or of w_t - w_(t/2) after ``step`` steps and time ``tau``; ``margin`` is the least
    of w_t. None where the vector is 0 or there is nothing to hold it against."""

    step: int | None
    tau: float | None
    of: Moved
    margin: float
    limits: tuple[float | None, ...]
    norms: Mapping[str, float | None]
    others: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def nearest(self) -> int | None:
        """The number of the nearest limit."""
        known = [(angle, number) for number, angle in enumerate(self.limits) if angle is not None]
        return min(known)[1] if known else None

    @property
    def angles(self) -> dict[str, float | None]:
        """All angles, by what they are to."""
        limits = {f"limit {number}": angle for number, angle in enumerate(self.limits)}
        return {**limits, **self.norms, **self.others}

    def to_json(self) -> dict[str, Any]:
        """As commands print it: the angle to the nearest limit, and those to all."""
        near = self.nearest
        return {
            "step": self.step,
            "tau": self.tau,
            "of": self.of,
            "limit": near,
            "angle_to_limit": None if near is None else self.limits[near],
            "angles_to_limits": list(self.limits),
            **{f"angle_to_{norm}": self.norms.get(norm) for norm in NORMS},
            **{f"angle_to_{name}": self.others.get(name) for name in ("game", "flow")},
            "min_margin": self.margin,
        }


@dataclass(frozen=True)
class Marks:
    """What a run is held against: rows X (N, d), the limits' directions, those of the max margins by norm, and others:
    "game", where the run goes before the tail takes over or its steps end, and "flow", where the flow is at the same
    tau."""

    X: Vector
    limits: tuple[Vector, ...]
    norms: Mapping[Norm, Vector] = field(default_factory=dict)
    others: Mapping[str, Vector] = field(default_factory=dict)

    def standing(
        self, step: int | None, tau: float | None, w: Vector, before: Vector | None
    ) -> list[Standing]:
        """Where an iterate stands, and its increments since an earlier one."""
        found = [self._one(step, tau, "iterate", w, w)]
        return found if before is None else [*found, self._one(step, tau, "increments", w - before, w)]

    def _one(self, step: int | None, tau: float | None, of: Moved, moved: Vector, w: Vector) -> Standing:
        moved = moved / (np.abs(moved).max(initial=0.0) or 1.0)  # squares of small increments may underflow

        def angle(direction: Vector) -> float | None:
            return degrees(moved, direction) if moved.any() and direction.any() else None

        return Standing(
            step, tau, of, float(np.min(self.X @ w)), tuple(map(angle, self.limits)),
            {norm: angle(direction) for norm, direction in self.norms.items()},
            # Increments are not the flow's: it has no half time of the run's.
            {
                name: None if (name, of) == ("flow", "increments") else angle(direction)
                for name, direction in self.others.items()
            },
        )  # fmt: skip


def limits_without_proof(
    data: Dataset, opt: Optimizer, start: Sequence[Fraction], known: Margins
) -> Prediction:
    """The limits as floats have them, that of the flow from w_0 first; none where they are not told."""
    if not opt.schedule.last or isinstance(opt.rule, BlackBox):
        w_0 = tuple(start) or (Fraction(0),) * data.d
        return Prediction(data, opt, (), complete=False, start=w_0)
    return predict(data, opt, start=start, starts=0, prove=False, complete=False, digits=0, margins=known)


def marks_of(prediction: Prediction, known: Margins, norms: Sequence[Norm]) -> Marks:
    """What a run of the predicted optimizer is held against; the max margins in these norms."""
    game = _game_before(prediction, known)
    return Marks(
        prediction.dataset.floats(),
        tuple(limit.direction for limit in prediction.limits),
        {norm: known.of(norm).unit() for norm in norms},
        {} if game is None else {"game": game},
    )


def _game_before(prediction: Prediction, known: Margins) -> Vector | None:
    """The first limit of the game without eps, at vanishing steps where nothing is told at the user's; None where the
    run plays no other game than that of its limits, or this takes long."""
    data, opt = prediction.dataset, prediction.optimizer
    ends = not opt.schedule.last
    if not (ends or (prediction.tail and opt.eps)) or opt.weight_decay or data.n * data.d > LARGE:
        return None
    own = replace(opt, eps=0 * opt.eps)
    vanishing = replace(own, schedule=SCHEDULES["power"], decay=opt.decay or Fraction(1, 2))
    # Where signs chatter at a constant step only a run is told.
    for played in (vanishing,) if ends or chatter.takes(own, data.n) else (own, vanishing):
        try:
            found = equilibria_of(
                data, played, start=prediction.start, starts=0, prove=False, complete=False, margins=known
            )
        except (BadInput, Undecided):
            continue
        if found.limits:
            return found.limits[0].direction
    return None


def flow_at(
    data: Dataset, opt: Optimizer, start: Sequence[Fraction], tau: float, steps: int
) -> Vector | None:
    """Where steps that are FINER times as small bring an optimizer of degree 0 in the same time tau as ``steps`` of its
    own; None for others, whose time is another, and where that would be too many steps."""
    if opt.rule.degree != 0 or tau <= 0 or steps * FINER > MOST_STEPS or isinstance(opt.rule, BlackBox):
        return None
    fine = replace(opt, schedule=SCHEDULES["power"], decay=Fraction(0), lr=Fraction(tau / (steps * FINER)))
    w_0 = np.array([float(entry) for entry in start] or [0.0] * data.d)
    try:
        found: Vector = trajectory(data.floats(), fine, [steps * FINER], start=w_0).weights[0]
    except BadInput:
        return None
    return found


@dataclass(frozen=True)
class Settling:
    """How long settling near a limit takes: ``rate`` is the slowest of the linearization, in a unit of tau (0: not
    known), ``steps`` those after which increments are settled, at the steps asked for (None: not known), and
    ``memory`` the steps that the states remember: of a wave 1/(1 - b2'), which increments of a run cannot show. Where
    deviations vanish like a ``power`` of tau only, that is given in place of the rate."""

    limit: int
    rate: float
    steps: int | None
    memory: float
    power: float = 0.0

    @property
    def so_many(self) -> str:
        """The steps, in words."""
        if self.steps is None:
            return "steps that are not known"
        return f"{'more than' if self.steps == ENDLESS else 'about'} {self.steps:.2g} steps"

    def to_json(self) -> dict[str, Any]:
        """As commands print it."""
        memory = self.memory if math.isfinite(self.memory) else None
        return {
            "limit": self.limit, "rate": self.rate, "power": self.power or None, "steps": self.steps,
            "memory_steps": memory,
        }  # fmt: skip


def memory_steps(opt: Optimizer, growth: float = 0.0) -> float:
    """1 / (1 - b') for the state that remembers longest, b' = b exp(d r) for degree d where margins grow by r a step;
    infinite where a state does not forget."""
    kept = [
        rate * np.exp(float(state.degree) * growth)
        for state, rate in zip(opt.rule.states, slopes(opt.rule, opt.values), strict=True)
    ]
    most = max(kept, default=0.0)
    return float(1 / (1 - most)) if most < 1 else float("inf")

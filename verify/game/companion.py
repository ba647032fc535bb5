"""The run beside a prediction: with the step sizes that were asked for, and what it says of the prediction.

A prediction is of the flow: of vanishing steps, with moments that have settled. The user's run has steps of its own.
It may go elsewhere, or be too short to tell. How long it has to be is told by the rates at which the game says that
log c settles (``verify.game.games.pace``): two windows of a run that agree are no sign that it has settled.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

from verify.evidence import Verdict
from verify.game import Prediction
from verify.game.games import pace
from verify.game.handover import hand_over
from verify.game.pace import COARSEST, Pace, arrival, suited_step_size, window
from verify.game.phases import Phase, looks_at_run, phases_of
from verify.game.standing import ENDLESS, Settling, memory_steps
from verify.numbers.linear.angles import Vector, misalignment
from verify.optimizers import Optimizer
from verify.optimizers.increments import Increments, increments

# In a random order a run agrees that is this many standard errors away, of the run and of the limit where that is an
# estimate.
STANDARD_ERRORS = 3.0

# Increments this close to a predicted limit, as 1 - cos, agree with it.
AGREES = 1e-6

# No run agrees that is farther than this: 2.6 degrees, which a direction drawn at random in the plane meets once in 70
# times. And two limits are told apart: a quarter of the angle between them is a sixteenth of their misalignment.
LOOSEST = 1e-3
APART = 1 / 16
# Limits are one direction up to this.
ONE_DIRECTION = 1e-12

# At half time exp(-20) = 2e-9 is left of what is to vanish.
DECAYS = 20.0

SUITED_DECAY = Fraction(1, 2)

# Within an epoch the first step is longer than the last, and the last epoch may be cut short: that turns w_T - w_(T/2)
# by about 2 / epochs, or 1e-3 here: 1 - cos is then half of AGREES.
EPOCHS = 2000

# Work for each of at most two runs, in products: some seconds.
WORK = 5 * 10**8
MOST_STEPS = 2 * 10**7
HOPELESS = 10
# In a random order the standard error of the direction is about 3 / sqrt(steps).
RANDOM_STEPS = 10**6


@dataclass(frozen=True)
class Simulated:
    """How close a run from the prediction's w_0 came to its nearest predicted limit.

    ``allowed`` is the misalignment below which it ``agrees``, ``standard_error`` that of its direction in a random
    order, in l2 norm; where ``noisy`` that is too large to tell. ``needed`` is the number of steps that the run would
    have to take to settle, at these step sizes lr (t + 2)^-decay, and to be fine enough; None where that is not known.
    ``coarse`` is what its last steps may still turn it by, as a misalignment; 0 where steps do not decay, so that later
    ones would turn it as much. ``suited`` step sizes are not the user's own.
    """

    steps: int
    tau: float
    nearest: int
    misalignment: float
    allowed: float
    agrees: bool
    needed: int | None
    standard_error: float = 0.0
    noisy: bool = False
    lr: float = math.nan
    decay: float = math.nan
    coarse: float = 0.0
    suited: bool = False
    run: Increments | None = field(default=None, repr=False, compare=False)

    @property
    def could_settle(self) -> bool:
        """Whether it had the steps that it needs, and can tell."""
        return self.needed is not None and self.steps >= self.needed and not self.noisy

    @property
    def contradicts(self) -> bool:
        """Whether it goes to none of the limits though it could have settled."""
        return self.could_settle and self.misalignment > max(self.allowed, self.coarse)

    def to_json(self) -> dict[str, Any]:
        """As the command `predict` adds it to its output."""
        return asdict(replace(self, run=None)) | {"could_settle": self.could_settle}


def hold_against_simulation(
    prediction: Prediction,
    steps: int | None = None,
    progress: Callable[[int], None] = lambda step: None,
    *,
    suited: bool = False,
) -> Simulated:
    """Simulate from the prediction's w_0, with the step sizes asked for, and find the nearest limit.

    With ``suited`` the step size is one that suits the data instead, with decay 1/2 (GD: none). ``steps`` None takes as
    many as the run needs to settle, up to some seconds' worth.
    """
    X, opt = prediction.dataset.floats(), prediction.optimizer
    if suited:
        opt = replace(opt.eventually(), decay=SUITED_DECAY)
    found = _pace(prediction, X)
    needed = _needed(opt, len(X), found, own=not suited)
    if steps is None:
        most = _most(opt, *X.shape)
        unknown = prediction.limits[0].growth is not None or prediction.equivalent is not None
        lost = unknown and needed is None
        if lost or (needed is not None and needed > HOPELESS * most):
            most //= HOPELESS  # it will not get there, and shows as much by setting out
        steps = max(1000, min(most, needed or most))
        if opt.order != "cyclic":
            steps = max(steps, min(most, RANDOM_STEPS))
    if opt.decays and not opt.decay:  # an orbit is told as epochs begin
        epoch = opt.steps_per_epoch(len(X))
        steps = -(-steps // epoch) * epoch
    taken = suited_step_size(opt, X, steps, found) if suited else opt
    run = increments(X, taken, steps, start=prediction.w_0, progress=progress)
    moved = run.weights if opt.decays else run.direction
    gaps = [misalignment(moved, limit.direction) for limit in prediction.limits]
    nearest = int(np.argmin(gaps))
    error = math.hypot(prediction.limits[nearest].error or 0.0, run.error)
    noise, largest = (STANDARD_ERRORS * error) ** 2 / 2, largest_allowed(prediction)
    allowed, noisy = min(max(AGREES, noise), largest), noise > largest
    if needed is not None and not opt.decays:
        late = arrival(prediction.limits[nearest], X, run, opt.steps_per_epoch(len(X)))
        needed = _needed(taken, len(X), found, own=True, after=late) if late else needed
    turned = run.last_step_size * window(opt, len(X)) * found.fastest * found.finer if taken.decay else 0.0
    return Simulated(
        steps, run.tau, nearest, gaps[nearest], allowed, gaps[nearest] < allowed and not noisy, needed, run.error,
        noisy, float(taken.lr), float(taken.decay), turned * turned / 2, suited, run,
    )  # fmt: skip


def step_sizes_text(opt: Optimizer) -> str:
    """The user's own step sizes, in a few words."""
    sizes = f"lr = {float(opt.lr):.6g}, decay = {float(opt.decay):g}"
    return f"{sizes}, schedule {opt.schedule}" if opt.scheduled else sizes


def runs_beside(
    prediction: Prediction, steps: int | None, progress: Callable[[int], None] = lambda step: None
) -> list[Simulated]:
    """The user's own run; and where that does not agree, one with suited step sizes if that can settle in its time."""
    runs = [hold_against_simulation(prediction, steps, progress)]
    first = prediction.limits[0]
    moved = prediction.tail is not None or first.growth is not None or bool(prediction.about)
    if not (runs[0].agrees or runs[0].noisy or moved):
        X, opt = prediction.dataset.floats(), replace(prediction.optimizer.eventually(), decay=SUITED_DECAY)
        needed = _needed(opt, len(X), _pace(prediction, X), own=False)
        if needed is None or needed <= (steps or _most(opt, *X.shape)):
            runs.append(hold_against_simulation(prediction, steps, progress, suited=True))
    return runs


def after(prediction: Prediction, run: Simulated) -> Prediction:
    """The prediction after the user's own run: what that contradicts is no longer called certified, or measured."""
    steps = f"the run with {step_sizes_text(prediction.optimizer)}"
    lower = {Verdict.CERTIFIED: Verdict.MEASURED, Verdict.MEASURED: Verdict.UNDECIDED}
    waves = bool(prediction.limits) and prediction.limits[0].growth is not None
    if run.contradicts:
        limits = tuple(
            replace(limit, evidence=lower.get(limit.evidence, limit.evidence)) for limit in prediction.limits
        )
        those = "travelling waves or orbits" if waves else "those of vanishing steps with settled moments"
        said = f"{steps} goes to none of these limits, which are {those}"
        prediction = replace(
            prediction, limits=limits, complete=False, from_start=Verdict.UNDECIDED, enclosed_steps=None
        )
    elif run.agrees and _apart(prediction, 0, run.nearest) and prediction.from_start is not Verdict.UNDECIDED:
        said = (
            f"{steps} goes to limit {run.nearest}: its steps do not keep to the flow, which is that of vanishing steps "
            "with settled moments"
        )
        prediction = replace(prediction, from_start=lower.get(prediction.from_start, prediction.from_start))
    else:
        return prediction
    return replace(prediction, note="; ".join(part for part in (prediction.note, said) if part))


def _pace(prediction: Prediction, X: Vector, number: int = 0) -> Pace:
    """That near a limit, by default the first, which is where the flow goes, if that is known."""
    limit = prediction.limits[number]
    found = pace(limit, X, prediction.plays)
    known = limit.stability in ("attracting", "undetermined") and prediction.equivalent is None
    return found if known else replace(found, slowest=0.0)


def _most(opt: Optimizer, n: int, d: int) -> int:
    """Steps that take some seconds."""
    return max(1, min(MOST_STEPS, WORK // opt.products(n, d)))


def _needed(opt: Optimizer, n: int, found: Pace, own: bool, after: float = 0.0) -> int | None:
    """Steps until what is to vanish has done so by half time, from the time ``after`` on, and steps are fine; None if
    that is not known.

    tau_T is about lr T^(1-decay) / (1-decay), and 2^(decay-1) of it at half time. Steps that do not decay are as fine
    at once as they will ever be. At a suited lr both take the same number of steps. A schedule counts from where it has
    come to these steps.
    """
    if found.slowest <= 0:
        return None
    begun, opt = opt.schedule.begun, opt.eventually()
    coarsest = COARSEST / (window(opt, n) * found.fastest * found.finer)
    epoch = opt.steps_per_epoch(n)
    least = EPOCHS * epoch if epoch > 1 else 0
    decay = float(opt.decay)
    tau = (DECAYS / found.slowest + after) * 2 ** (1 - decay)
    if not own:
        return max(least, math.ceil(tau * (1 - decay) / coarsest))
    fine = np.float64(max(float(opt.lr) / coarsest, 1.0)) ** (1 / decay) if decay else 0.0
    return math.ceil(min(max(_steps_to(opt, tau), fine, least) + 2 * begun, ENDLESS))


def _steps_to(opt: Optimizer, tau: float) -> float:
    """About how many steps take the time tau."""
    lr, decay = float(opt.lr), float(opt.decay)
    with np.errstate(over="ignore"):
        if decay < 1:
            return float(np.float64(tau * (1 - decay) / lr + 2 ** (1 - decay)) ** (1 / (1 - decay)))
        return float(2 * np.exp(np.float64(tau / lr)))


def _tau_after(opt: Optimizer, steps: int) -> float:
    """About the time that so many steps take, which may be too many to sum."""
    lr, decay, end = float(opt.lr), float(opt.decay), steps + 2.0
    return float(
        lr * (np.log(end / 2) if decay == 1 else (end ** (1 - decay) - 2 ** (1 - decay)) / (1 - decay))
    )


def _apart(prediction: Prediction, i: int, j: int) -> bool:
    """Whether two limits are different directions."""
    a, b = prediction.limits[i].direction, prediction.limits[j].direction
    return misalignment(a, b) > ONE_DIRECTION


def largest_allowed(prediction: Prediction) -> float:
    """A misalignment that only one of the limits can have, and that chance seldom has."""
    units = [limit.direction for limit in prediction.limits]
    gaps = [misalignment(u, v) for i, u in enumerate(units) for v in units[:i]]
    return min([LOOSEST, *(APART * gap for gap in gaps if gap > ONE_DIRECTION)])


def with_hand_over(prediction: Prediction) -> Prediction:
    """The prediction with the step in which its tail takes over, if the user's run comes to it in some seconds."""
    assert prediction.tail is not None
    X, opt = prediction.dataset.floats(), prediction.optimizer
    seen = hand_over(X, opt, _most(opt, *X.shape), prediction.w_0)
    return replace(prediction, tail=replace(prediction.tail, hand_over=seen))


def own_phases(prediction: Prediction, steps: int) -> list[Phase]:
    """The phases of the user's own run of so many steps."""
    X, opt = prediction.dataset.floats(), prediction.optimizer
    seen = None if prediction.tail is None else prediction.tail.hand_over
    return phases_of(X, opt, looks_at_run(X, opt, steps, prediction.w_0), seen)


def settling(prediction: Prediction, number: int) -> Settling | None:
    """How long settling near a limit takes, at the user's own steps; None at one that does not attract."""
    if prediction.limits[number].stability in ("repelling", "saddle"):
        return None
    X, opt = prediction.dataset.floats(), prediction.optimizer
    found = _pace(prediction, X, number)
    memory = memory_steps(opt, prediction.limits[number].growth or 0.0)
    steps = _needed(opt, len(X), found, own=True) or _by_power(prediction, found)
    return Settling(number, found.slowest, steps, memory, 0.0 if found.slowest else found.power)


def _by_power(prediction: Prediction, found: Pace) -> int | None:
    """Steps until what is to vanish has done so, where it does like a power of tau, from where eps has taken over or
    from the first steps on; None where that is not known."""
    opt, tail = prediction.optimizer, prediction.tail
    if found.slowest or not found.power:
        return None
    handed = (
        0.0 if tail is None or tail.hand_over is None else _tau_after(opt.eventually(), tail.hand_over.step)
    )
    with np.errstate(over="ignore"):
        tau = max(handed, 1 / found.fastest) * float(np.exp(np.float64(DECAYS / found.power)))
    return math.ceil(min(_steps_to(opt.eventually(), tau), ENDLESS))

"""Where does a logged run stand? Its iterates and increments against each limit, its phase, and whether it settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from verify.ask.along import draw_along, phases_text, settling_text, show_standing
from verify.ask.answer import Answer, own_axes
from verify.ask.values import point, whole
from verify.ask.words import origin, settings, shape
from verify.asked import asked_of, shaped
from verify.certificate.writing import spell
from verify.console import Page
from verify.data import Dataset
from verify.data.logged import LAST_STEP, Log, Steps, read_log
from verify.data.quasi import explained
from verify.game import Prediction
from verify.game import predict as limits_of
from verify.game.companion import LOOSEST, settling
from verify.game.logged import looks_at_log
from verify.game.margins import Margins
from verify.game.phases import Phase, phases_of
from verify.game.standing import Marks, Settling, Standing, marks_of
from verify.margins import NORMS
from verify.margins.cost import affordable
from verify.numbers.linear.angles import Vector
from verify.optimizers import Optimizer
from verify.optimizers.trajectory import elapsed

OPTIONS = ("steps", "start")

# No direction agrees with a limit that is farther away, in degrees: 1 - cos is above LOOSEST.
FARTHEST = float(np.degrees(np.arccos(1 - LOOSEST)))


@dataclass(frozen=True, eq=False, repr=False)
class Location(Answer):
    """Where a logged run stands at its last step, ``at``, and ``along`` the way at about T, T/2, ...; the ``phase`` it
    is in and all ``phases`` so far; and whether it has ``settled``, True, False, or None where that is not known,
    with the reason, ``why``."""

    found: Prediction
    log: Log
    at: tuple[Standing, ...]
    along: tuple[Standing, ...]
    phases: tuple[Phase, ...]
    settling: Settling | None
    settled: bool | None
    why: str

    @property
    def names(self) -> tuple[str, ...]:
        """The features."""
        return self.found.dataset.columns

    @property
    def phase(self) -> str | None:
        """The phase at the last step; None where no step is known."""
        return self.phases[-1].name if self.phases else None

    def to_dict(self) -> dict[str, Any]:
        found, last = self.found, self.at[0]
        start = [spell(entry) for entry in found.start]
        return {
            "dataset": found.dataset.name,
            "optimizer": found.optimizer.rule.name,
            "step": last.step,
            "tau": last.tau,
            "at": [each.to_json() for each in self.at],
            "along": [each.to_json() for each in self.along],
            "phase": self.phase,
            "phases": [each.to_json() for each in self.phases],
            "settled": self.settled,
            "why": self.why,
            "settling": None if self.settling is None else self.settling.to_json(),
            "min_margin": last.margin,
            "limits": [
                {
                    "direction": limit.direction.tolist(),
                    "stability": limit.stability,
                    "evidence": str(limit.evidence),
                }
                for limit in found.limits
            ],
            "note": found.note,
            "word": str(found.word),
            "asked": asked_of(found.dataset, found.optimizer, start=start, weights=self.log.name),
        } | shaped(found.dataset)

    def show(self, page: Page) -> None:
        data, opt = self.found.dataset, self.found.optimizer
        page.head(data.name, f"{shape(data)}; {settings(opt, data)}")
        origin(page, data)
        page.say(self.summary())
        if self.found.note:
            page.say(self.found.note)
        show_standing(page, self.at)
        if len({each.step for each in self.along}) > 1:
            show_standing(page, self.along)
        if self.phases:
            page.say(phases_text(self.phases))
        if self.settling is not None:
            page.say(settling_text(self.settling))
        page.say(
            {True: "settled: ", False: "not settled: ", None: "whether it has settled is not known: "}[
                self.settled
            ]
            + self.why
        )

    def summary(self) -> str:
        last = self.at[0]
        where = "after an unknown number of steps" if last.step is None else f"after {last.step} steps"
        phase = "" if self.phase is None else f", in the phase {self.phase}"
        return f"{self.log.name}: {where}{phase}, least margin {last.margin:.6g}"

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        rows = [
            [
                str(each.step),
                each.of,
                f"{each.margin:.6g}",
                "" if (near := each.nearest) is None else f"{each.limits[near]:.4g}",
            ]
            for each in self.along or self.at
        ]
        return ("step", "of", "least margin", "degrees from the nearest limit"), rows

    def plot(self, ax: Any = None) -> Any:
        """The angles along the log, and where phases begin."""
        title = f"{self.found.optimizer.rule.name} on {self.found.dataset.name}, as logged"
        return draw_along(own_axes(ax), self.along or self.at, self.phases, title)


@explained()
def locate(
    data: Dataset,
    opt: Optimizer,
    weights: Any,
    *,
    steps: Any = None,
    start: Any = None,
    progress: Callable[..., None] = lambda done, now="": None,
) -> Location:
    """Where a logged run stands: ``weights`` are what `verify.data.logged.read_log` takes, ``steps`` the last step
    where they have none, ``start`` is w_0."""
    last = None if steps is None else whole("steps", steps, least=1, most=LAST_STEP)
    w_0 = point("start", start, data.d)
    begin = np.array(w_0 or [0] * data.d, dtype=float)
    log = read_log(weights, data.d, last, begin)
    if log.steps is not None and log.steps[-1] > 0:
        opt = opt.until(int(log.steps[-1]))
    known = Margins(data)
    known.separator()
    progress(0, "limits")
    found = limits_of(data, opt, start=w_0, digits=0, margins=known)
    progress(1, "max margins")
    marks = marks_of(found, known, NORMS if affordable(data) else ())
    progress(2, "the log")
    if log.steps is None:
        at = marks.standing(None, None, log.w[0], None)
        return Location(
            found, log, tuple(at), (), (), None, None, "the log does not say after how many steps"
        )
    tau = times(opt, log.steps)
    along = _along(marks, log.steps, tau, log.w)
    at = [each for each in along if each.step == log.steps[-1]]
    phases: list[Phase] = []
    if log.steps[-1] > 0:
        phases = phases_of(data.floats(), opt, looks_at_log(data.floats(), opt, log.steps, log.w, begin, tau))
    near, settled, why = _settled(found, at, phases)
    return Location(found, log, tuple(at), tuple(along), tuple(phases), near, settled, why)


def times(opt: Optimizer, steps: Steps) -> Vector:
    """tau at each of the steps."""
    return np.cumsum([elapsed(opt, end, first) for first, end in pairwise([0, *steps.tolist()])])


def _along(marks: Marks, steps: Steps, tau: Vector, w: Vector) -> list[Standing]:
    """At about T, T/2, T/4, ..., as far as the log has them, the first of them first; increments are those since the
    logged step that is nearest to half."""
    found: list[Standing] = []
    row = len(steps) - 1
    rows = [row]
    while row > 0:
        row = min(row - 1, int(np.argmin(np.abs(steps - steps[row] / 2))))
        rows.append(row)
    for here, before in zip(rows, [*rows[1:], None], strict=True):
        earlier = None if before is None else w[before]
        found = [*marks.standing(int(steps[here]), float(tau[here]), w[here], earlier), *found]
    return found


def _settled(
    found: Prediction, at: Sequence[Standing], phases: Sequence[Phase]
) -> tuple[Settling | None, bool | None, str]:
    """How long settling takes near the nearest limit, whether the run has settled there, and why that is said."""
    last = at[0] if found.optimizer.weight_decay or len(at) == 1 else at[1]
    near, step = last.nearest, last.step
    if near is None or step is None:
        return None, None, "there is no limit to settle at" if not found.limits else "the run has not moved"
    takes, angle = settling(found, near), last.limits[near]
    assert angle is not None
    if takes is None:
        return None, False, f"limit {near}, {angle:.3g} degrees away, does not attract"
    phase = phases[-1].name if phases else "start-up"
    wanted = "tail" if found.tail is not None and found.optimizer.eps else None
    if phase == "start-up" or (wanted and phase != wanted):
        return takes, False, f"it is in the phase {phase}, and the limits are those of a later one"
    if takes.steps is None:
        return (
            takes,
            None,
            f"limit {near} is {angle:.3g} degrees away, and no rate of settling is known there",
        )
    if step < takes.steps:
        return takes, False, f"settling takes {takes.so_many}, and it has {step}"
    if angle > FARTHEST:
        return (
            takes,
            False,
            f"it has the steps that settling takes, and is {angle:.3g} degrees from every limit",
        )
    return (
        takes,
        True,
        f"it has more than the {takes.steps:.2g} steps that settling takes, {angle:.3g} degrees from limit {near}",
    )

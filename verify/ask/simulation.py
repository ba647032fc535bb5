"""A run of an optimizer: where it is, and where it goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from verify.ask.along import draw_along, show_standing
from verify.ask.answer import Answer, own_axes
from verify.ask.values import point, whole
from verify.ask.words import origin, settings, shape
from verify.asked import asked_of, shaped
from verify.console import Page
from verify.data import Dataset, require_separable
from verify.data.quasi import explained
from verify.drawers import require_one_of
from verify.errors import BadInput, Undecided
from verify.game.limits import LARGE
from verify.game.margins import Margins
from verify.game.standing import Standing, limits_without_proof, marks_of
from verify.margins import NORMS
from verify.margins.cost import affordable
from verify.optimizers import Optimizer
from verify.optimizers.trajectory import elapsed
from verify.simulate import Simulation
from verify.simulate import simulate as run_of

OPTIONS = ("arithmetic", "digits", "start", "seed", "angles")


@dataclass(frozen=True, eq=False, repr=False)
class Run(Answer):
    """w_T, ``weights``, and the ``direction`` of w_T and that of w_T - w_(T/2), ``increment_direction``."""

    found: Simulation
    data: Dataset
    optimizer: Optimizer
    seed: int
    start: tuple[Fraction, ...]
    angles: bool = True

    @cached_property
    def at(self) -> tuple[Standing, ...]:
        """Where the run stands at T, T/2, T/4, ..., in float64; at T only in other arithmetic. Empty where limits and
        max margins take more than seconds, or are not wanted."""
        if not self.angles or not affordable(self.data) or self.data.n * self.data.d > LARGE:
            return ()
        known = Margins(self.data)
        try:
            marks = marks_of(limits_without_proof(self.data, self.optimizer, self.start, known), known, NORMS)
        except (BadInput, Undecided):  # such as data that no w separates
            return ()
        path = self.found.path
        if not path:
            last = np.array(_floats(self.found.weights))
            moved = np.array(_floats(self.found.increment_direction))
            tau = elapsed(self.optimizer, self.found.steps)
            return tuple(marks.standing(self.found.steps, tau, last, last - moved))
        pairs = [(before, here) for before, here in pairwise(path) if here.step]
        return tuple(
            each for before, here in pairs for each in marks.standing(here.step, here.tau, here.w, before.w)
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The features."""
        return self.data.columns

    def to_dict(self) -> dict[str, Any]:
        more = {"steps": self.found.steps, "seed": self.seed, "start": [str(entry) for entry in self.start]}
        document = self.found.to_json() | shaped(self.data)
        document["at"] = [each.to_json() for each in self.at]
        return document | {"asked": asked_of(self.data, self.optimizer, **more)}

    def show(self, page: Page) -> None:
        found = self.found
        page.head(self.data.name, f"{shape(self.data)}; {settings(self.optimizer, self.data)}")
        origin(page, self.data)
        digits = f", {found.digits} digits, {found.bits} bits" if found.digits else ""
        page.say(f"{found.steps} steps in {found.arithmetic}{digits}; least margin {found.min_margin}")
        if found.digits_known is not None and found.digits and found.digits_known < found.digits:
            page.say(
                f"{found.digits_known} of {found.digits} digits are known: runs at two precisions agree on no more, "
                "and at higher ones the run would take too long"
            )
        columns = {"w_T": found.weights, **({"radius": found.radius} if found.radius else {})}
        columns |= {"direction of w_T": found.direction, "of w_T - w_(T/2)": found.increment_direction}
        page.entries(self.names, columns, _floats(found.direction))
        show_standing(page, self.at)

    def summary(self) -> str:
        found = self.found
        return (
            f"{self.optimizer.rule.name} on {self.data.name}: {found.steps} steps in {found.arithmetic}, least margin "
            f"{found.min_margin}"
        )

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        found = self.found
        columns = (self.names, found.weights, found.direction, found.increment_direction)
        rows = [tuple(map(str, row)) for row in zip(*columns, strict=True)]
        return ("feature", "w_T", "direction of w_T", "of w_T - w_(T/2)"), rows

    def plot(self, ax: Any = None) -> Any:
        """The angles along the run; both directions, by features, where there are none."""
        from verify.ask.bars import bars

        if self.found.path and self.at:
            return draw_along(own_axes(ax), self.at, (), self.summary())
        columns = {
            "$w_T$": _floats(self.found.direction),
            "$w_T - w_{T/2}$": _floats(self.found.increment_direction),
        }
        title = f"{self.optimizer.rule.name} on {self.data.name} after {self.found.steps} steps"
        return bars(own_axes(ax), self.names, columns, title)


def _floats(entries: Sequence[float | str]) -> list[float]:
    """Entries as floats, 0 where nothing is known of one."""
    return [0.0 if entry == "unknown" else float(np.float64(entry)) for entry in entries]


@explained()
def simulate(
    data: Dataset,
    opt: Optimizer,
    steps: Any = 10_000,
    *,
    arithmetic: Any = "float64",
    digits: Any = 30,
    start: Any = None,
    seed: Any = 0,
    angles: Any = "auto",
    progress: Callable[..., None] = lambda step: None,
) -> Run:
    """A run from w_0 = ``start``; options as the command takes them."""
    count, wanted, drawn = (
        whole("steps", steps, least=2),
        whole("digits", digits, 1, 1000),
        whole("seed", seed),
    )
    w_0 = point("start", start, data.d)
    require_one_of("angles", angles, ("auto", "none"))
    require_separable(data)
    opt = opt.until(count)
    found = run_of(data, opt, count, str(arithmetic), digits=wanted, seed=drawn, progress=progress, start=w_0)
    return Run(found, data, opt, drawn, w_0, angles == "auto")

"""A run of an optimizer: where it is, and where it goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from verify.ask.answer import Answer, own_axes
from verify.ask.values import point, whole
from verify.ask.words import origin, settings, shape
from verify.asked import asked_of, shaped
from verify.console import Page
from verify.data import Dataset, require_separable
from verify.data.quasi import explained
from verify.optimizers import Optimizer
from verify.simulate import Simulation
from verify.simulate import simulate as run_of


@dataclass(frozen=True, eq=False, repr=False)
class Run(Answer):
    """w_T, ``weights``, and the ``direction`` of w_T and that of w_T - w_(T/2), ``increment_direction``."""

    found: Simulation
    data: Dataset
    optimizer: Optimizer
    seed: int
    start: tuple[Fraction, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The features."""
        return self.data.columns

    def to_dict(self) -> dict[str, Any]:
        more = {"steps": self.found.steps, "seed": self.seed, "start": [str(entry) for entry in self.start]}
        return (
            self.found.to_json() | shaped(self.data) | {"asked": asked_of(self.data, self.optimizer, **more)}
        )

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
        """Both directions, by features."""
        from verify.ask.bars import bars

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
    progress: Callable[..., None] = lambda step: None,
) -> Run:
    """A run from w_0 = ``start``; options as the command takes them."""
    count, wanted, drawn = (
        whole("steps", steps, least=2),
        whole("digits", digits, 1, 1000),
        whole("seed", seed),
    )
    w_0 = point("start", start, data.d)
    require_separable(data)
    opt = opt.until(count)
    found = run_of(data, opt, count, str(arithmetic), digits=wanted, seed=drawn, progress=progress, start=w_0)
    return Run(found, data, opt, drawn, w_0)

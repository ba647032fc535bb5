"""How the step size goes with the step: eta_t = lr (t + 2)^-decay factor(t), t = 0, 1, ...

A schedule is one file in the folder `schedules`: a frozen dataclass with its ``factor``, and `SCHEDULE`. What a
prediction needs of it is its end: where the factor stays at a number above 0, the limits are those of steps without the
factor; where it ends at 0 the steps' sum is finite, and there is no limit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar, Self

import numpy as np

from verify.data.text import show
from verify.errors import BadInput
from verify.numbers.system import Numbers
from verify.numbers.systems.arrays import ARRAYS

# No run is longer.
MOST_STEPS = 10**12


@dataclass(frozen=True)
class Schedule:
    """A schedule, as it is asked for by ``NAME`` or ``NAME:ARGUMENT``.

    name    its name;
    wants   what stands behind the colon, in capitals; nothing by default;
    powers  whether it also takes a decay above 0;
    usual   the lr that is meant where none is given.
    """

    name: ClassVar[str]
    wants: ClassVar[str] = ""
    powers: ClassVar[bool] = False
    usual: ClassVar[Fraction] = Fraction(1, 10)

    def read(self, argument: str) -> Self:
        """The schedule with what stands behind the colon, "" for nothing. Raises BadInput where that cannot be."""
        if argument or self.wants:
            raise BadInput(
                f"schedule={show(f'{self.name}:{argument}')}: nothing stands behind the colon"
                if argument
                else f"schedule={self.name} needs {self.wants}: {self.name}:{self.wants}"
            )
        return self

    def factor(self, num: Numbers) -> Callable[[Any], Any]:
        """The factor as a function of t in a number system, t an integer in it, or an array of them."""
        one = num.number(Fraction(1))
        return lambda t: one

    @property
    def last(self) -> Fraction:
        """What the factor is from some step on, or tends to; 0 only where the sum of the factors is finite."""
        return Fraction(1)

    @property
    def begun(self) -> int:
        """The step from which on the factor is the last one, where the sum diverges."""
        return 0

    @property
    def end(self) -> int | None:
        """After how many steps all are 0; None where that is not known, or never."""
        return None

    @property
    def largest(self) -> Fraction:
        """The largest factor of all."""
        return Fraction(1)

    def until(self, steps: int) -> Self:
        """The schedule of a run of so many steps."""
        return self

    def to_json(self) -> dict[str, Any]:
        """As commands add it to their output."""
        return {"schedule": str(self)}

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Ending(Schedule):
    """A schedule that falls to 0: after ``steps`` steps where these are asked for, else at the end of the run."""

    steps: int | None = None
    run: int | None = None

    def read(self, argument: str) -> Self:
        return replace(self, steps=count(self.name, argument)) if argument else self

    @property
    def last(self) -> Fraction:
        return Fraction(0)

    @property
    def end(self) -> int | None:
        return self.steps or self.run

    def until(self, steps: int) -> Self:
        return replace(self, run=steps)

    def share(self, num: Numbers) -> Callable[[Any], Any]:
        """Which share of the steps is over. Raises BadInput where nobody said how many there are."""
        if not self.end:
            raise BadInput(
                f"schedule={self.name}: it ends with the run; --steps T says when, or --schedule {self.name}:T"
            )
        steps = num.number(Fraction(self.end))
        return lambda t: num.min(t, steps) / steps

    def __str__(self) -> str:
        return self.name if self.steps is None else f"{self.name}:{self.steps}"


def require_sizes(schedule: Schedule) -> None:
    """Raise BadInput for a schedule of one's own with a factor that is no size, at some of its first 10^6 steps."""
    t = np.unique(np.geomspace(1, 10**6, 100).astype(int) - 1).astype(float)
    found = np.broadcast_to(schedule.until(10**6).factor(ARRAYS)(t), t.shape)
    for step, size in zip(t, found, strict=True):
        if not 0 <= size < np.inf:
            raise BadInput(f"schedule={schedule.name}: the factor of step {step:.0f} is {size}")


def count(name: str, text: str) -> int:
    """The number of steps behind a schedule's colon. Raises BadInput if there is none."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 1 <= int(text) <= MOST_STEPS):
        raise BadInput(
            f"schedule={show(f'{name}:{text}')}: {show(text)} is no number of steps in [1, {MOST_STEPS}]"
        )
    return int(text)

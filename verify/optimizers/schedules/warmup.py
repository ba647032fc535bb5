"""Warm-up: W steps that grow evenly to the full size, then steps of lr, or of lr (t + 2)^-decay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar, Self

from verify.numbers.system import Numbers
from verify.optimizers.schedule import Schedule, count


@dataclass(frozen=True)
class Warmup(Schedule):
    """The factor min((t + 1) / W, 1)."""

    name: ClassVar[str] = "warmup"
    wants: ClassVar[str] = "W"
    powers: ClassVar[bool] = True

    steps: int = 1

    def read(self, argument: str) -> Self:
        return replace(self, steps=count(self.name, argument)) if argument else super().read(argument)

    def factor(self, num: Numbers) -> Callable[[Any], Any]:
        steps = num.number(Fraction(self.steps))
        return lambda t: num.min(t + 1, steps) / steps

    @property
    def begun(self) -> int:
        return self.steps

    def __str__(self) -> str:
        return f"{self.name}:{self.steps}"


SCHEDULE = Warmup()

"""Steps that fall like a power: eta_t = lr (t + 2)^-decay, which is constant where decay = 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from verify.optimizers.schedule import Schedule


@dataclass(frozen=True)
class Power(Schedule):
    """The factor 1."""

    name: ClassVar[str] = "power"
    powers: ClassVar[bool] = True


SCHEDULE = Power()

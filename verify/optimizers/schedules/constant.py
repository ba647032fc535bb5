"""Steps of one size: eta_t = lr."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from verify.optimizers.schedule import Schedule


@dataclass(frozen=True)
class Constant(Schedule):
    """The factor 1, without decay."""

    name: ClassVar[str] = "constant"


SCHEDULE = Constant()

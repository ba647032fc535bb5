"""Linear decay to 0: eta_t = lr (1 - t/T) in a run of T steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from verify.numbers.system import Numbers
from verify.optimizers.schedule import Ending


@dataclass(frozen=True)
class Linear(Ending):
    """The factor 1 - t/T before step T, 0 from then on."""

    name: ClassVar[str] = "linear"

    def factor(self, num: Numbers) -> Callable[[Any], Any]:
        share = self.share(num)
        return lambda t: 1 - share(t)


SCHEDULE = Linear()

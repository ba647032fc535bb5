"""Cosine decay to 0 (Loshchilov and Hutter 2017): eta_t = lr (1 + cos(pi t/T)) / 2 in a run of T steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from verify.numbers.system import Numbers
from verify.optimizers.schedule import Ending


@dataclass(frozen=True)
class Cosine(Ending):
    """The factor (1 + cos(pi t/T)) / 2 before step T, 0 from then on."""

    name: ClassVar[str] = "cosine"

    def factor(self, num: Numbers) -> Callable[[Any], Any]:
        share = self.share(num)
        assert num.cos_pi is not None
        cos_pi = num.cos_pi
        return lambda t: (1 + cos_pi(share(t))) / 2


SCHEDULE = Cosine()

"""What a loss is to an optimizer: the weight -l'(z) with which a sample of margin z enters the gradient.

A loss is one file in this folder: three short functions, each written for any number system, and `LOSS`. They say the
same thing in the three forms that engines need; `verify.losses.check_loss` holds them against each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verify.drawers import spelled
from verify.errors import BadInput
from verify.numbers.system import Numbers
from verify.numbers.systems.arrays import ARRAYS

# exp(-z) is 0 in float64 from the first on, and infinite at the second.
EXP_VANISHES, EXP_OVERFLOWS = 746, -710

Function = Callable[[Numbers], Callable[[Any], Any]]


@dataclass(frozen=True)
class Loss:
    """A loss l of the margin z = x_i.w, decreasing.

    weight      z -> -l'(z), exact at z = 0 where the number system is: there balls can see that gradients cancel;
    log_weight  z -> log(-l'(z)), for engines that keep gradients in log scale, at any margin;
    tail        E -> -l'(z) / E at E = exp(-z), which has a positive limit as E -> 0: an exponential tail. The margin
                game rests on it. None for a loss without one.
    """

    name: str
    weight: Function
    log_weight: Function
    tail: Function | None
    source: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not 0 < len(self.name) <= 60 or not self.name.isprintable():
            raise BadInput(f"loss {self.name!r:.60}: its name is not a short plain text")
        for part in ("weight", "log_weight", "tail"):
            if not callable(getattr(self, part)) and (part != "tail" or self.tail is not None):
                raise BadInput(f"loss {self.name}: its {part} is no function of a number system")

    def __reduce_ex__(self, protocol: Any) -> Any:
        """A loss of a user's file travels between processes by its name: its functions may have none."""
        text = spelled(self)
        if text is None:
            return super().__reduce_ex__(protocol)
        from verify.losses.load import loss_named  # late: it looks for losses

        return loss_named, (text, False)

    def __str__(self) -> str:
        return self.name

    def factor(self, num: Numbers) -> Callable[[Any], Any]:
        """The ``tail`` in a number system. Raises BadInput for a loss that has none."""
        if self.tail is None:
            raise BadInput(f"loss={self.name} has no exponential tail, on which the margin game rests")
        return self.tail(num)

    def astray(self, z: float) -> float:
        """By what share the weight at margin z differs from its exponential tail. Raises BadInput without one."""
        factor = self.factor(ARRAYS)
        return abs(float(factor(math.exp(-z)) / factor(0.0)) - 1)

    def tail_from(self) -> float:
        """The margin from which on the weight is its exponential tail to the last bit of float64; -inf if it always is.

        Looked for on whole numbers, downwards.
        """
        for z in range(EXP_VANISHES, EXP_OVERFLOWS, -1):
            if self.astray(z) > 0:
                return z + 1.0
        return -math.inf

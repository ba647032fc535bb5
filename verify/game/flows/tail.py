"""The game on all rows, in coordinates that see how weights fall: for the flow from a start to its limit.

With b a row, u_i = (x_i - x_b).w and z = x_b.w, the weights of the loss over exp(-z) are
c_i = E_i f(t E_i), E_i = exp(-u_i), t = exp(-z), where f is 1 for the exponential loss and tends to 1 with t for
the logistic one (`verify.losses`). U(c) is homogeneous of degree 0, so dividing by exp(-z) changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from verify.data.dataset import Dataset
from verify.game.smooth.ball_field import BallField, Row, dot
from verify.game.smooth.face import Level
from verify.numbers.system import Numbers
from verify.optimizers.optimizer import Optimizer


@dataclass(frozen=True)
class Tail:
    """A data set, an optimizer whose rule is homogeneous of degree 0, and the row b that others are compared with."""

    data: Dataset
    opt: Optimizer
    base: int

    @cached_property
    def others(self) -> list[int]:
        """The rows but b."""
        return [i for i in range(self.data.n) if i != self.base]

    @cached_property
    def field(self) -> BallField:
        """All rows on one level, b first."""
        rows = np.array([self.base, *self.others])
        return BallField(self.data, self.opt, (Level(rows, np.arange(self.data.d)),))

    def difference(self, i: int) -> Row:
        """x_i - x_b."""
        rows = self.data.rows
        return tuple(x - y for x, y in zip(rows[i], rows[self.base], strict=True))

    @cached_property
    def rows(self) -> list[Row]:
        """What times w is the state: x_i - x_b for the other rows in order, then x_b."""
        return [*map(self.difference, self.others), self.data.rows[self.base]]

    def drift(self, E: Mapping[int, Any], t: Any, num: Numbers) -> list[Any]:
        """U (d) at E_i, i != b, and t."""
        factor = self.opt.loss.factor(num)
        c = {i: shrunk * factor(t * shrunk) for i, shrunk in E.items()}
        return self.field.drift_at(c | {self.base: factor(t)}, num)

    def velocity(self, state: Sequence[Any], num: Numbers) -> list[Any]:
        """d/dtau of the state (u_i for i != b in order, then z), N numbers."""
        *u, z = state
        E = {i: num.exp(-margin) for i, margin in zip(self.others, u, strict=True)}
        U = self.drift(E, num.exp(-z), num)
        return [dot(row, U, num.number(Fraction(0))) for row in self.rows]

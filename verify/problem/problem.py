"""What a step sees: batches of samples, their weights, their gradient and what a rule reads beside it, in any number
system.

The loss mean_i l(x_i.w) gives sample i the weight c_i = -l'(x_i.w), and a batch B the gradient -sum_(i in B) c_i x_i /
|B|. (In float64 at weights exp(log c), for an epoch at once: `verify.problem.frozen`. Compiled: the kernel.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from operator import mul
from typing import Any

from verify.losses import Loss
from verify.numbers.system import Numbers
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.order import tables

Row = Sequence[Any]


@dataclass(frozen=True)
class Problem:
    """Rows (N, d) of rationals and a loss, in a number system, which holds them as exactly as it can."""

    rows: Sequence[Row]
    loss: Loss
    num: Numbers

    @cached_property
    def X(self) -> list[list[Any]]:
        """The rows in the number system."""
        return [[self.num.number(entry) for entry in row] for row in self.rows]

    @cached_property
    def _weight(self) -> Any:
        return self.num.build(self.loss.weight(self.num))

    def batches(self, opt: Optimizer, seed: int = 0) -> Iterator[list[Row]]:
        """The rows of each step's batch, without end."""
        n = len(self.X)
        drawn = tables(n, opt.batch(n), opt.order, seed)
        return ([self.X[j] for j in row if j >= 0] for table in drawn for row in table.tolist())

    def weights(self, batch: Sequence[Row], w: Row) -> list[Any]:
        """The weights of a batch's samples at w (d)."""
        return [self._weight(dot(x, w)) for x in batch]


def seen(batch: Sequence[Row], c: Sequence[Any], reads: str, num: Numbers) -> tuple[list[Any], list[Any]]:
    """The gradient of a batch whose samples have weights c, and what a rule ``reads`` beside it: both (d)."""
    shares = [-weight / len(batch) for weight in c]
    if reads == "squares":
        columns = zip(*batch, strict=True)
        return summed([list(map(mul, shares, column)) for column in columns], len(batch), reads, num)
    if len(batch) == 1:
        return _beside([shares[0] * entry for entry in batch[0]], reads, num)
    return _beside([dot(shares, column) for column in zip(*batch, strict=True)], reads, num)


def summed(
    parts: Sequence[Sequence[Any]], size: int, reads: str, num: Numbers
) -> tuple[list[Any], list[Any]]:
    """As ``seen``, from the parts -c_i x_i[k] / size of each coordinate's gradient; those that are 0 may be missing."""
    zero = num.number(Fraction(0))
    gradient = [_sum(part, zero) for part in parts]
    if reads == "squares":
        return gradient, [_sum([p * p for p in part], zero) * size**2 for part in parts]
    return _beside(gradient, reads, num)


def _beside(gradient: list[Any], reads: str, num: Numbers) -> tuple[list[Any], list[Any]]:
    beside = num.sqrt(dot(gradient, gradient)) if reads == "norm" else num.number(Fraction(0))
    return gradient, [beside] * len(gradient)


def _sum(terms: Sequence[Any], zero: Any) -> Any:
    return sum(terms[1:], terms[0]) if terms else zero


def dot(a: Row, b: Row) -> Any:
    """The inner product of two sequences of the same length, 1 at least."""
    products = map(mul, a, b)
    return sum(products, next(products))

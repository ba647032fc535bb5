"""What a step sees: batches of samples, their weights, their gradient and what a rule reads beside it, in any number
system.

The loss mean_i l(x_i.w) gives sample i the weight c_i = -l'(x_i.w), and a batch B the gradient -sum_(i in B) c_i x_i /
|B|. A sample that owns several rows has the loss at their soft minimum s, exp(-s) = sum_c exp(-z_c): for the logistic
loss that is the cross-entropy of softmax. Its rows have the weights -l'(s) exp(s - z_c).

In float64 at weights exp(log c), for an epoch at once: `verify.problem.frozen`. Compiled: the kernel.
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

Row = Sequence[Any]


@dataclass(frozen=True)
class Problem:
    """Rows (N, d) of rationals and a loss, in a number system, which holds them as exactly as it can; each ``owned``
    rows that follow each other are one sample's."""

    rows: Sequence[Row]
    loss: Loss
    num: Numbers
    owned: int = 1

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
        return ([self.X[j] for j in row if j >= 0] for table in opt.tables(n, seed) for row in table.tolist())

    def weights(self, batch: Sequence[Row], w: Row) -> list[Any]:
        """The weights of a batch's rows at w (d)."""
        z = [dot(x, w) for x in batch]
        if self.owned == 1:
            return list(map(self._weight, z))
        return [c for i in range(0, len(z), self.owned) for c in self._together(z[i : i + self.owned])]

    def _together(self, z: Sequence[Any]) -> list[Any]:
        """The weights of one sample's rows, from their margins."""
        E = [self.num.exp(-each) for each in z]
        whole = _sum(E, E[0])
        share = self._weight(-self.num.log(whole)) / whole
        return [share * each for each in E]


def seen(
    batch: Sequence[Row], c: Sequence[Any], reads: str, num: Numbers, owned: int = 1
) -> tuple[list[Any], list[Any]]:
    """The gradient of a batch whose rows have weights c, and what a rule ``reads`` beside it: both (d)."""
    shares = [-weight * owned / len(batch) for weight in c]
    if reads == "squares":
        parts = [list(map(mul, shares, column)) for column in zip(*batch, strict=True)]
        if owned > 1:
            parts = [[_sum(p[i : i + owned], p[0]) for i in range(0, len(p), owned)] for p in parts]
        return summed(parts, len(batch) // owned, reads, num)
    if len(batch) == 1:
        return _beside([shares[0] * entry for entry in batch[0]], reads, num)
    return _beside([dot(shares, column) for column in zip(*batch, strict=True)], reads, num)


def summed(
    parts: Sequence[Sequence[Any]], size: int, reads: str, num: Numbers
) -> tuple[list[Any], list[Any]]:
    """As ``seen``, from each coordinate's gradient by samples; those parts that are 0 may be missing."""
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

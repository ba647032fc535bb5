"""What a step sees: batches of samples, their weights, their gradient and what a rule reads beside it, in any number
system.

The loss mean_i l(x_i.w) gives sample i the weight c_i = -l'(x_i.w), and a batch B the gradient -sum_(i in B) c_i x_i /
|B|. A sample that owns several rows has the loss at their soft minimum s, exp(-s) = sum_c exp(-z_c): for the logistic
loss that is the cross-entropy of softmax. Its rows have the weights -l'(s) exp(s - z_c).

In float64 at weights exp(log c), for an epoch at once: `verify.problem.frozen`. Compiled: the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import cycle, islice
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
    def row(self) -> Callable[[int], list[Any]]:
        """The function that takes j to row j in the number system."""
        return cache(lambda j: [self.num.number(entry) for entry in self.rows[j]])

    @cached_property
    def _weight(self) -> Any:
        return self.num.build(self.loss.weight(self.num))

    def batches(self, opt: Optimizer, seed: int = 0) -> Iterator[Batch]:
        """Each step's batch, without end."""
        n = len(self.rows)
        drawn = (row for table in opt.tables(n, seed) for row in table.tolist())
        made = (Batch([self.row(j) for j in row if j >= 0], self.num, self.owned) for row in drawn)
        return cycle(islice(made, opt.steps_per_epoch(n))) if opt.order == "cyclic" else made

    def weights(self, batch: Batch, w: Row) -> list[Any]:
        """The weights of a batch's rows at w (d)."""
        z = batch.margins(w)
        if self.owned == 1:
            return list(map(self._weight, z))
        return [c for i in range(0, len(z), self.owned) for c in self._together(z[i : i + self.owned])]

    def _together(self, z: Sequence[Any]) -> list[Any]:
        """The weights of one sample's rows, from their margins."""
        E = [self.num.exp(-each) for each in z]
        whole = _sum(E, E[0])
        share = self._weight(-self.num.log(whole)) / whole
        return [share * each for each in E]


@dataclass(frozen=True)
class Batch:
    """The rows of a batch in a number system; each ``owned`` that follow each other are one sample's."""

    rows: Sequence[Row]
    num: Numbers
    owned: int = 1

    @cached_property
    def margins(self) -> Callable[[Row], list[Any]]:
        """The function that takes w (d) to the margin of each row."""
        return _products(self.rows, self.num)

    @cached_property
    def _gradient(self) -> Callable[[Row], list[Any]]:
        if len(self.rows) == 1:
            return lambda shares: [shares[0] * entry for entry in self.rows[0]]
        return _products(list(zip(*self.rows, strict=True)), self.num)

    def seen(self, c: Sequence[Any], reads: str) -> tuple[list[Any], list[Any]]:
        """The gradient of the batch if its rows have weights c, and what a rule ``reads`` beside it: both (d)."""
        size, owned = len(self.rows), self.owned
        shares = [-c[0]] if size == 1 else [-weight * owned / size for weight in c]
        if reads != "squares":
            return _beside(self._gradient(shares), reads, self.num)
        parts = [list(map(mul, shares, column)) for column in zip(*self.rows, strict=True)]
        if owned > 1:
            parts = [[_sum(p[i : i + owned], p[0]) for i in range(0, len(p), owned)] for p in parts]
        return summed(parts, size // owned, reads, self.num)


def _products(rows: Sequence[Row], num: Numbers) -> Callable[[Row], list[Any]]:
    if num.products is None or len(rows) == 1:
        return lambda v: [dot(row, v) for row in rows]
    return num.products(rows)


def summed(
    parts: Sequence[Sequence[Any]], size: int, reads: str, num: Numbers
) -> tuple[list[Any], list[Any]]:
    """As ``seen``, from each coordinate's gradient by samples; those parts that are 0 may be missing."""
    zero = num.zero
    gradient = [_sum(part, zero) for part in parts]
    if reads == "squares":
        return gradient, [_sum([p * p for p in part], zero) * size**2 for part in parts]
    return _beside(gradient, reads, num)


def _beside(gradient: list[Any], reads: str, num: Numbers) -> tuple[list[Any], list[Any]]:
    beside = num.sqrt(dot(gradient, gradient)) if reads == "norm" else num.zero
    return gradient, [beside] * len(gradient)


def _sum(terms: Sequence[Any], zero: Any) -> Any:
    return sum(terms[1:], terms[0]) if terms else zero


def dot(a: Row, b: Row) -> Any:
    """The inner product of two sequences of the same length, 1 at least."""
    products = map(mul, a, b)
    return sum(products, next(products))

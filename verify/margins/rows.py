"""The rows of a data set in integers: exact products without a gcd at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm

import numpy as np
from flint import fmpq, fmpz, fmpz_mat
from numpy.typing import NDArray

from verify.data.dataset import Dataset
from verify.numbers.linear.rational import Scaled, applied, from_flint, integer_rows

Vector = tuple[Fraction, ...]


@dataclass(frozen=True)
class Rows:
    """x_i = ``lines[i]`` / ``scales[i]`` in integers, each scale positive: one for each row keeps them short."""

    lines: list[list[int]]
    scales: list[int]

    @staticmethod
    def of(data: Dataset) -> Rows:
        """The rows of a data set."""
        return Rows(*integer_rows(data.rows))

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.lines)

    @property
    def d(self) -> int:
        """Number of columns."""
        return len(self.lines[0])

    @cached_property
    def floats(self) -> NDArray[np.float64]:
        """The rows (N, d) as floats nearly rounded."""
        try:
            return np.array(self.lines, dtype=np.float64) / np.array(self.scales, dtype=np.float64)[:, None]
        except OverflowError:  # the integers, not the entries, are too large
            pairs = zip(self.lines, self.scales, strict=True)
            return np.array([[entry / scale for entry in line] for line, scale in pairs])

    def part(self, rows: Sequence[int], columns: Sequence[int] | None = None) -> fmpz_mat:
        """Some ``lines``, or some columns of them."""
        if columns is None:
            return fmpz_mat(len(rows), self.d, [entry for i in rows for entry in self.lines[i]])
        return fmpz_mat(len(rows), len(columns), [self.lines[i][k] for i in rows for k in columns])

    def products(self, w: Scaled) -> Vector:
        """x_i.w for each row."""
        dots = applied(self.part(range(self.n)), w.numerators)
        return tuple(
            from_flint(fmpq(dot, w.denominator * scale)) for dot, scale in zip(dots, self.scales, strict=True)
        )

    def combination(self, c: Scaled) -> Scaled:
        """X'c (d)."""
        support = [i for i, weight in enumerate(c.numerators) if weight]
        common = fmpz(lcm(*(self.scales[i] for i in support)))
        weights = [c.numerators[i] * (common // self.scales[i]) for i in support]
        return Scaled(applied(self.part(support).transpose(), weights), c.denominator * common)

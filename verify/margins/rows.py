"""The rows of a data set as FLINT integers: exact products without a gcd at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np
from flint import fmpq, fmpz_mat
from numpy.typing import NDArray

from verify.data.dataset import Dataset
from verify.numbers.rational import from_flint

Vector = tuple[Fraction, ...]


@dataclass(frozen=True)
class Rows:
    """rows = ``integers`` (N, d) / ``scale``, with one scale > 0 for all entries; ``floats`` (N, d) rounds them."""

    integers: fmpz_mat
    scale: int
    floats: NDArray[np.float64]

    @staticmethod
    def of(data: Dataset) -> Rows:
        """The rows of a data set."""
        ratios = [[x.as_integer_ratio() for x in row] for row in data.rows]
        denominators = {q for row in ratios for _, q in row}
        scale = lcm(*denominators)
        factors = {q: scale // q for q in denominators}
        entries = [[p * factors[q] for p, q in row] for row in ratios]
        return Rows(fmpz_mat(entries), scale, np.array([[p / q for p, q in row] for row in ratios]))

    def part(self, rows: Sequence[int], columns: Sequence[int]) -> fmpz_mat:
        """Some rows and columns of ``integers``."""
        lines = self.integers.tolist()
        return fmpz_mat(len(rows), len(columns), [lines[i][k] for i in rows for k in columns])

    def products(self, w: Sequence[Fraction]) -> tuple[list[int], int]:
        """x_i.w for each row: integers (N) over a common positive denominator."""
        return self._applied(self.integers, w)

    def combination(self, c: Sequence[Fraction]) -> tuple[list[int], int]:
        """X'c: integers (d) over a common positive denominator."""
        return self._applied(self.integers.transpose(), c)

    def _applied(self, matrix: fmpz_mat, vector: Sequence[Fraction]) -> tuple[list[int], int]:
        numerators, denominator = over_common(vector)
        product = matrix * fmpz_mat(len(numerators), 1, numerators)
        return [int(entry) for entry in product.entries()], denominator * self.scale


def fractions(numerators: Sequence[int], denominator: int) -> Vector:
    """The entries as fractions."""
    return tuple(from_flint(fmpq(entry, denominator)) for entry in numerators)


def over_common(vector: Sequence[Fraction]) -> tuple[list[int], int]:
    """Integers v and a common denominator D > 0 with vector = v / D."""
    denominator = lcm(*{entry.denominator for entry in vector})
    return [x.numerator * (denominator // x.denominator) for x in vector], denominator

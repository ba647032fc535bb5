"""The rows of a data set as FLINT integers: exact products without a gcd at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

import numpy as np
from flint import fmpq, fmpq_mat, fmpz, fmpz_mat
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
        entries = [fmpq(p, q) for row in ratios for p, q in row]
        integers, scale = fmpq_mat(data.n, data.d, entries).numer_denom()
        return Rows(integers, int(scale), np.array([[p / q for p, q in row] for row in ratios]))

    def part(self, rows: Sequence[int], columns: Sequence[int]) -> fmpz_mat:
        """Some rows and columns of ``integers``."""
        return fmpz_mat(len(rows), len(columns), [self.integers[i, k] for i in rows for k in columns])

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
    below = fmpz(denominator)  # once: thousands of digits take their time
    return tuple(from_flint(fmpq(fmpz(entry), below)) for entry in numerators)


def over_common(vector: Sequence[Fraction]) -> tuple[list[int], int]:
    """Integers v and a common denominator D > 0 with vector = v / D."""
    parts = [(fmpz(x.numerator), fmpz(x.denominator)) for x in vector]
    common = reduce(fmpz.lcm, (q for _, q in parts))
    return [int(p * (common // q)) for p, q in parts], int(common)

"""Rows that no equilibrium gives weight, in whatever game with costs F_i(c) = x_i.U(c).

Let x_i = sum_j a_j x_j with a_j >= 0 and sum_j a_j > 1. At an equilibrium every row costs at least lambda > 0, so

    F_i = sum_j a_j F_j >= lambda sum_j a_j > lambda,    hence c_i = 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import mul
from typing import Any

from verify.certificate.effort import product, spend
from verify.certificate.reading import Vector, require, whole


def rows_left(rows: Sequence[Vector], dominated: Sequence[Mapping[str, Any]]) -> list[int]:
    """The rows that are not shown to be dominated. Each proof names its ``row``, the rows ``by`` which it is made
    up, and their ``factors`` a_j."""
    gone = set()
    for proof in dominated:
        row, by, factors = proof["row"], proof["by"], proof["factors"]
        require(
            len(by) == len(factors) and all(j < len(rows) for j in (row, *by)),
            "dominated",
            f"the proof for row {row} is not about these rows",
        )
        require(all(a >= 0 for a in factors), "dominated", f"a factor of row {row} is negative")
        spend(3 * len(by) * len(rows[0]), "the rows said to be dominated")
        a, unit = whole(factors)
        require(sum(a) > unit, "dominated", f"the factors of row {row} do not exceed 1 in sum")
        for k, entry in enumerate(rows[row]):
            column, denominator = whole([rows[j][k] for j in by])
            spend(sum(product(x.bit_length(), y.bit_length()) for x, y in zip(a, column, strict=True)), "X'a")
            combined = sum(map(mul, a, column)) * entry.denominator
            same = combined == entry.numerator * unit * denominator
            require(same, "dominated", f"row {row} is not that combination of rows")
        gone.add(row)
    return [i for i in range(len(rows)) if i not in gone]

"""The data set of a certificate: rows x_1..x_N, labels absorbed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from verify.certificate.reading import Vector, fraction, many, require, text, whole


@dataclass(frozen=True)
class Data:
    """``rows`` (N, d), exactly; ``integers`` (N, d) and ``denominator`` with rows = integers / denominator.

    ``digest`` is the SHA-256 of the rows as the certificate spells them; there is only one spelling.
    """

    rows: list[Vector]
    integers: list[list[int]]
    denominator: int
    digest: str

    @staticmethod
    def read(value: object, where: str) -> Data:
        """The data of a certificate: at least one row and one column, all rows of one length."""
        texts = many(many(text))(value, where)
        rows: list[Vector] = many(many(fraction))(value, where)
        require(bool(rows) and bool(rows[0]), "shape", f"{where} is empty")
        d = len(rows[0])
        for i, row in enumerate(rows):
            require(len(row) == d, "shape", f"{where}[{i}] has {len(row)} entries, not {d}")
        entries, denominator = whole([entry for row in rows for entry in row])
        integers = [entries[i : i + d] for i in range(0, len(entries), d)]
        digest = hashlib.sha256(";".join(map(",".join, texts)).encode()).hexdigest()
        return Data(rows, integers, denominator, digest)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.rows)

    @property
    def d(self) -> int:
        """Number of columns."""
        return len(self.rows[0])

    def name(self) -> str:
        """What a statement calls the data set; two sets share this name only if they share their rows."""
        return f"the {self.n} x {self.d} data set with SHA-256 {self.digest}"

    def products(self, w: Vector) -> tuple[list[int], int]:
        """x_i.w for every row: integers (N) over a common positive denominator."""
        v, denominator = whole(w)
        dots = [sum(x * y for x, y in zip(row, v, strict=True)) for row in self.integers]
        return dots, denominator * self.denominator

    def combination(self, weights: Vector) -> tuple[list[int], int]:
        """X'c for weights c (N): integers (d) over a common positive denominator."""
        c, denominator = whole(weights)
        total = [0] * self.d
        for weight, row in zip(c, self.integers, strict=True):
            if weight:
                total = [t + weight * x for t, x in zip(total, row, strict=True)]
        return total, denominator * self.denominator


def in_simplex(weights: Vector) -> None:
    """Obligations on weights: none negative, and of sum 1."""
    for i, weight in enumerate(weights):
        require(weight >= 0, "weights-nonnegative", f"weight {i} is negative")
    numerators, denominator = whole(weights)
    require(sum(numerators) == denominator, "weights-sum", "the weights do not sum to 1")

"""The data set of a certificate: rows x_1..x_N, labels absorbed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from operator import mul
from typing import Any

from verify.certificate.effort import kept, product, spend
from verify.certificate.reading import Vector, Whole, common_denominator, many, ratio, require, whole


@dataclass(frozen=True)
class Data:
    """``ratios`` (N, d): numerator and denominator of each entry, in lowest terms; ``name`` says which set it is."""

    ratios: list[list[tuple[int, int]]]
    name: str

    @staticmethod
    def read(value: Any, where: str) -> Data:
        """The data of a certificate: at least one row and one column, all rows of one length."""
        ratios = many(many(ratio))(value, where)
        return Data(ratios, name_of(value, where))

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.ratios)

    @property
    def d(self) -> int:
        """Number of columns."""
        return len(self.ratios[0])

    @cached_property
    def rows(self) -> list[Vector]:
        """The rows (N, d), exactly."""
        return [[Fraction(p, q) for p, q in row] for row in self.ratios]

    @cached_property
    def denominator(self) -> int:
        """The least common denominator of all entries."""
        return common_denominator(q for row in self.ratios for _, q in row)

    @cached_property
    def integers(self) -> list[list[int]]:
        """The rows times their ``denominator`` (N, d)."""
        size = self.denominator.bit_length()
        for row in self.ratios:
            units = sum(1 + product(size, p.bit_length() + q.bit_length()) + kept(size) for p, q in row)
            spend(units, "a common denominator")
        return [[p * (self.denominator // q) for p, q in row] for row in self.ratios]

    @cached_property
    def bits(self) -> int:
        """The bits of the longest entry of ``integers``."""
        return max(entry.bit_length() for row in self.integers for entry in row)

    def products(self, w: Whole) -> Whole:
        """x_i.w for every row (N), for w (d)."""
        v, denominator = w
        spend(self.n * sum(product(self.bits, entry.bit_length()) for entry in v), "the margins of the rows")
        return [sum(map(mul, row, v)) for row in self.integers], denominator * self.denominator

    def combination(self, weights: Whole) -> Whole:
        """X'c (d) for weights c (N)."""
        c, denominator = weights
        support = [i for i, weight in enumerate(c) if weight]
        kept, rows = [c[i] for i in support], [self.integers[i] for i in support]
        spend(self.d * sum(product(self.bits, weight.bit_length()) for weight in kept), "X'c")
        total = [sum(map(mul, column, kept)) for column in zip(*rows, strict=True)] or [0] * self.d
        return total, denominator * self.denominator


def name_of(texts: list[list[str]], where: str) -> str:
    """What a statement calls the data set; two sets share this name only if they share their rows.

    The SHA-256 is that of the rows as the certificate spells them; there is only one spelling.
    """
    require(bool(texts) and bool(texts[0]), "shape", f"{where} is empty")
    for i, row in enumerate(texts):
        require(
            len(row) == len(texts[0]), "shape", f"{where}[{i}] has {len(row)} entries, not {len(texts[0])}"
        )
    digest = hashlib.sha256(";".join(map(",".join, texts)).encode()).hexdigest()
    return f"the {len(texts)} x {len(texts[0])} data set with SHA-256 {digest}"


def in_simplex(weights: Vector) -> Whole:
    """Obligations on weights: none negative, and of sum 1. Returns them over one denominator."""
    for i, weight in enumerate(weights):
        require(weight >= 0, "weights-nonnegative", f"weight {i} is negative")
    c, denominator = whole(weights)
    require(sum(c) == denominator, "weights-sum", "the weights do not sum to 1")
    return c, denominator

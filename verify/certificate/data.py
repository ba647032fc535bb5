"""The data set of a certificate: rows x_1..x_N, labels absorbed; or samples of several classes, of which the rows are
made here.

Sample x of class y owns the rows (e_y - e_c) (x) x, one for each class c != y in turn: of k blocks of d entries the
y-th is x and the c-th is -x.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from operator import mul
from typing import Any

from verify.certificate.effort import kept, product, spend
from verify.certificate.reading import (
    Vector,
    Whole,
    common_denominator,
    integer,
    many,
    ratio,
    record,
    require,
    text,
    whole,
)

MOST_CLASSES = 10_000


@dataclass(frozen=True)
class Data:
    """``ratios`` (N, d): numerator and denominator of each entry, in lowest terms; ``name`` says which set it is.
    ``shape`` is that of a parameter; each sample owns so many rows as are ``owned``, one after the other."""

    ratios: list[list[tuple[int, int]]]
    name: str
    shape: tuple[int, ...]
    owned: int = 1

    @staticmethod
    def read(value: Any) -> Data:
        """The data of a certificate: at least one row and one column, all rows of one length."""
        texts, labels, k = read_texts(value)
        name = name_of(texts, labels, k)
        spend(len(texts) * max(1, k - 1) * max(1, k) * len(texts[0]), "the rows")
        ratios = many(many(ratio))(texts, "data.samples" if labels else "data.rows")
        if labels is None:
            return Data(ratios, name, (len(ratios[0]),))
        return Data(rows_of(ratios, labels, k), name, (k, len(ratios[0])), k - 1)

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


def read_texts(value: object) -> tuple[list[list[str]], list[int] | None, int]:
    """Rows or samples, their numbers still text; and of samples the labels, and how many classes there are."""
    if isinstance(value, dict) and "samples" in value:
        label = integer(0, MOST_CLASSES - 1)
        fields = {"samples": many(many(text)), "labels": many(label), "classes": integer(2, MOST_CLASSES)}
        found = record(value, "data", fields)
        texts, labels, k = found["samples"], found["labels"], found["classes"]
        require(len(labels) == len(texts), "shape", f"data: {len(labels)} labels of {len(texts)} samples")
        require(all(each < k for each in labels), "shape", f"data.labels: one is not below classes={k}")
    else:
        texts, labels, k = record(value, "data", {"rows": many(many(text))})["rows"], None, 0
    where = "data.rows" if labels is None else "data.samples"
    require(bool(texts) and bool(texts[0]), "shape", f"{where} is empty")
    for i, row in enumerate(texts):
        require(
            len(row) == len(texts[0]), "shape", f"{where}[{i}] has {len(row)} entries, not {len(texts[0])}"
        )
    return texts, labels, k


def name_of(texts: list[list[str]], labels: list[int] | None, k: int) -> str:
    """What a statement calls the data set; two sets share this name only if they share their rows.

    The SHA-256 is that of the rows, or of the labels and samples, as the certificate spells them; there is only one
    spelling.
    """
    spelled, head, of = [",".join(row) for row in texts], "", ""
    if labels is not None:
        spelled = [f"{label}:{row}" for label, row in zip(labels, spelled, strict=True)]
        head, of = f"{k} classes;", f" of {k} classes"
    digest = hashlib.sha256((head + ";".join(spelled)).encode(errors="backslashreplace")).hexdigest()
    return f"the {len(texts)} x {len(texts[0])} data set{of} with SHA-256 {digest}"


def rows_of(samples: list[list[tuple[int, int]]], labels: list[int], k: int) -> list[list[tuple[int, int]]]:
    """The rows that samples own, in the order of samples and classes."""
    d = len(samples[0])
    rows = []
    for x, y in zip(samples, labels, strict=True):
        for c in range(k):
            if c != y:
                row = [(0, 1)] * (k * d)
                row[y * d : (y + 1) * d] = x
                row[c * d : (c + 1) * d] = [(-p, q) for p, q in x]
                rows.append(row)
    return rows


def in_simplex(weights: Vector) -> Whole:
    """Obligations on weights: none negative, and of sum 1. Returns them over one denominator."""
    for i, weight in enumerate(weights):
        require(weight >= 0, "weights-nonnegative", f"weight {i} is negative")
    c, denominator = whole(weights)
    require(sum(c) == denominator, "weights-sum", "the weights do not sum to 1")
    return c, denominator

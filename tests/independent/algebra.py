"""Rational and real vectors, and the rows of a document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from mpmath import matrix, mp, mpf

Claim = dict[str, Any]
Vector = list[Fraction]
Rows = list[Vector]


def numbers(texts: Any) -> Any:
    """Rational numbers from text, in whatever lists they stand."""
    return [numbers(text) for text in texts] if isinstance(texts, list) else Fraction(texts)


def rows_of(data: Any) -> tuple[Rows, int]:
    """The rows of a document, and how many classes there are: x in the block of its sample's class, and -x in that of
    another one. Rows without samples are of two classes; a sample owns one row less than there are classes."""
    if "rows" in data:
        return numbers(data["rows"]), 2
    k, rows = int(data["classes"]), []
    for x, label in zip(numbers(data["samples"]), map(int, data["labels"]), strict=True):
        for other in range(k):
            if other != label:
                signs = {label: 1, other: -1}
                rows.append([signs.get(block, 0) * entry for block in range(k) for entry in x])
    return rows, k


def dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    return sum((x * y for x, y in zip(a, b, strict=True)), 0 * a[0])


def solved(A: Rows, b: Vector) -> Vector | None:
    """The solution of a square system, None if it is singular."""
    rows = [[*row, entry] for row, entry in zip(A, b, strict=True)]
    for k in range(len(rows)):
        pivot = next((i for i in range(k, len(rows)) if rows[i][k]), None)
        if pivot is None:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for i, row in enumerate(rows):
            if i != k and row[k]:
                rows[i] = [x - row[k] * y for x, y in zip(row, rows[k], strict=True)]
    return [row[-1] for row in rows]


def rank(vectors: Rows) -> int:
    """The dimension of the span."""
    rows, found = [list(v) for v in vectors], 0
    for k in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows if row[k]), None)
        if pivot is not None:
            rows.remove(pivot)
            rows = [[x - row[k] / pivot[k] * y for x, y in zip(row, pivot, strict=True)] for row in rows]
            found += 1
    return found


def real(value: Fraction) -> mpf:
    return mpf(value.numerator) / value.denominator


def reals(values: Sequence[Fraction]) -> list[mpf]:
    return [real(value) for value in values]


def solved_reals(A: list[list[mpf]], b: list[mpf]) -> list[mpf] | None:
    try:
        return list(mp.lu_solve(matrix(A), matrix(b)))
    except ZeroDivisionError:
        return None


Drift = Callable[[list[list[mpf]], list[mpf]], list[mpf]]
Epoch = Callable[..., tuple[list[mpf], list[mpf]]]

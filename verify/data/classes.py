"""Data of several classes: a sample owns a row for each class but its own.

A parameter W of shape (k, d) gives sample x of class y the margins (W_y - W_c).x, one for each class c != y. They are
the products of W with the rows (e_y - e_c) (x) x, in row-major order k d entries each. So the rows are rows as any
others, and what is new is that k - 1 of them come and go together, as one sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from verify.data.bounds import check_count
from verify.data.dataset import Classes, Dataset, Origin
from verify.data.text import NotANumberError, exact, plain, show
from verify.errors import BadInput

ZERO = Fraction(0)

# Entries of all rows of several classes. Most of them are one and the same 0, of 8 bytes each.
MOST_ENTRIES = 40_000_000


def multiclass(
    name: str,
    samples: Sequence[Sequence[Fraction]],
    labels: Sequence[int],
    names: Sequence[str],
    features: Sequence[str] = (),
    origin: Origin | None = None,
) -> Dataset:
    """The data of samples (N, d) whose classes are ``labels`` (N), numbers from 0 into ``names`` (k)."""
    k, d = len(names), len(samples[0])
    if k < 2:
        raise BadInput(f"{name}: several classes are asked for, and there is one, {show(names[0])}")
    if len(samples) * (k - 1) * k * d > MOST_ENTRIES:
        check_count(name, 0, len(samples) * (k - 1) * k * d, entry=f"entries of rows for {k} classes")
    features = tuple(features) or tuple(f"x{j}" for j in range(d))
    classes = Classes(
        tuple(names), tuple(labels), tuple(tuple(sample) for sample in samples), tuple(features)
    )
    columns = tuple(f"{plain(each, 60)}:{feature}" for each in names for feature in features)
    return Dataset(name, rows_of(classes), columns, origin or Origin(), classes)


def rows_of(classes: Classes) -> tuple[tuple[Fraction, ...], ...]:
    """(e_y - e_c) (x) x for each sample and each class c != y in turn, in row-major order."""
    k, d = classes.shape
    found = []
    for x, y in zip(classes.samples, classes.labels, strict=True):
        against = tuple(-entry if entry else ZERO for entry in x)
        for c in range(k):
            if c != y:
                row = [ZERO] * (k * d)
                row[y * d : (y + 1) * d], row[c * d : (c + 1) * d] = x, against
                found.append(tuple(row))
    return tuple(found)


def float_rows(classes: Classes) -> NDArray[np.float64]:
    """The rows (e_y - e_c) (x) x in float64, each entry correctly rounded."""
    (k, d), n = classes.shape, len(classes.samples)
    X = np.array([[float(entry) for entry in x] for x in classes.samples]).reshape(n, d)
    labels = np.array(classes.labels)
    others = np.array([[c for c in range(k) if c != y] for y in classes.labels])
    rows, sample = np.zeros((n, k - 1, k, d)), np.arange(n)
    for place in range(k - 1):
        rows[sample, place, labels] = X
        rows[sample, place, others[:, place]] = 0 - X  # of 0 it is 0, not -0
    return rows.reshape(n * (k - 1), k * d)


def in_order(labels: Sequence[str]) -> list[str]:
    """The distinct labels, numbers by size before words by alphabet."""

    def key(text: str) -> tuple[bool, Fraction, str]:
        try:
            return False, exact(text), text
        except NotANumberError:
            return True, ZERO, text

    return sorted(set(labels), key=key)

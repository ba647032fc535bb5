"""Diagonal rows, shifted."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from verify.data.dataset import Dataset, float_text
from verify.data.families.family import Family, rational, rationals
from verify.data.families.planted import check_sizes
from verify.data.text import plain
from verify.errors import BadInput


def shifted_diagonal(d: int, delta: Fraction | int, s: Sequence[Fraction | int] | None = None) -> Dataset:
    """d rows in d dimensions: x_i[i] = s_i and the other entries delta (theory, section 2, claim 9).

    0 < s_1 < ... < s_d, by default s_i = i; delta > 0. All entries are positive, so w = (1, ..., 1)
    separates. Raises BadInput if a condition fails.
    """
    family = "shifted-diagonal"
    check_sizes(family, n=d, d=d)
    diagonal = [Fraction(i + 1) for i in range(d)] if s is None else [Fraction(value) for value in s]
    delta = Fraction(delta)
    if delta <= 0:
        raise BadInput(f"{family}: delta={float_text(delta)} must be > 0")
    if len(diagonal) != d:
        raise BadInput(f"{family}: s has {len(diagonal)} values, d={d}")
    for i, value in enumerate(diagonal):
        if value <= 0 or (i and value <= diagonal[i - 1]):
            raise BadInput(f"{family}: s[{i}]={float_text(value)} breaks 0 < s_1 < ... < s_d")
    name = f"{family}:d={d},delta={plain(str(delta), 60)}"
    if s is not None:
        name = plain(f"{name},s={':'.join(str(value) for value in diagonal)}", 120)
    rows = tuple(tuple(diagonal[i] if k == i else delta for k in range(d)) for i in range(d))
    return Dataset(name, rows)


FAMILY = Family("shifted-diagonal", shifted_diagonal, {"delta": rational, "s": rationals})

"""What theorems assume about a data set, each fact computed exactly."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from verify.data.dataset import Dataset
from verify.data.separability import Vector, separate

Groups = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Facts:
    """Facts about N rows in d dimensions; row and column numbers count from 0.

    ``separator``: a w (d) with x_i.w > 0 for all i, or None; ``vanishing``: then a c (N) >= 0 of sum 1 with
    sum_i c_i x_i = 0, else None. ``zeros``: the places (i, k) with x_i[k] = 0. ``rank``: of the N x d matrix.
    ``scaled_rademacher``: all |x_i[k]| are equal within each row. ``shifted_diagonal``: N = d, the entries
    off the diagonal are one delta > 0, and 0 < x_1[1] < ... < x_d[d]. ``duplicates``: groups of equal
    rows; ``parallel``: groups of rows on one line through 0, in either direction.
    """

    n: int
    d: int
    separator: Vector | None
    vanishing: Vector | None
    zeros: tuple[tuple[int, int], ...]
    rank: int
    scaled_rademacher: bool
    shifted_diagonal: bool
    duplicates: Groups
    parallel: Groups

    @property
    def separable(self) -> bool:
        """Whether some w has x_i.w > 0 for all i."""
        return self.separator is not None

    @property
    def nonzero(self) -> bool:
        """Whether x_i[k] != 0 for all i and k, as the paper assumes."""
        return not self.zeros


def facts(data: Dataset) -> Facts:
    """All facts; separability takes the time of an exact LP in the worst case (N = 400, d = 100: a second)."""
    from verify.numbers.linear.rational import rank  # late: it imports FLINT

    separator, vanishing = separate(data)
    return Facts(
        n=data.n,
        d=data.d,
        separator=separator,
        vanishing=vanishing,
        zeros=zero_entries(data),
        rank=rank(data.rows),
        scaled_rademacher=is_scaled_rademacher(data),
        shifted_diagonal=is_shifted_diagonal(data),
        duplicates=_groups(data.rows),
        parallel=_groups(_line(row) for row in data.rows),
    )


def zero_entries(data: Dataset) -> tuple[tuple[int, int], ...]:
    """The places (i, k) with x_i[k] = 0."""
    return tuple((i, k) for i, row in enumerate(data.rows) for k, entry in enumerate(row) if not entry)


def is_scaled_rademacher(data: Dataset) -> bool:
    """Whether within each row all |x_i[k]| are equal (they are not zero: no row is)."""
    return all(len({abs(entry) for entry in row}) == 1 for row in data.rows)


def is_shifted_diagonal(data: Dataset) -> bool:
    """Whether x_i[i] = s_i with 0 < s_1 < ... < s_d, and all other entries are one delta > 0."""
    if data.n != data.d:
        return False
    others = {row[k] for i, row in enumerate(data.rows) for k in range(data.d) if k != i}
    diagonal = [row[i] for i, row in enumerate(data.rows)]
    increasing = all(a < b for a, b in pairwise(diagonal))
    return diagonal[0] > 0 and increasing and len(others) <= 1 and all(delta > 0 for delta in others)


def _line(row: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    """The row divided by its first nonzero entry: equal for two rows just if they are parallel."""
    first = next(entry for entry in row if entry)
    return tuple(entry / first for entry in row)


def _groups(keys: Iterable[Hashable]) -> Groups:
    """The sets of at least two positions that have equal keys."""
    found: dict[Hashable, list[int]] = {}
    for i, key in enumerate(keys):
        found.setdefault(key, []).append(i)
    return tuple(tuple(group) for group in found.values() if len(group) > 1)

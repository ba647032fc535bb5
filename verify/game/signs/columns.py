"""Columns that move as one: a rule of signs sees no scale, so columns that are multiples of each other have the same
update up to sign at every step.

They are put together into one column, whose entry is what a unit of the common update adds to each sample's margin.
Columns of zeros do not move, and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

Rows = tuple[tuple[Fraction, ...], ...]
Unit = tuple[int, tuple[Fraction, ...]]


@dataclass(frozen=True)
class Columns:
    """Rows on the columns put together; and for each of the d columns which of these it moves with, and what share of
    that it is, negative where it moves in the other sense: 0 for a column of zeros."""

    rows: Rows
    place: tuple[int, ...]
    share: tuple[Fraction, ...]

    @cached_property
    def sense(self) -> tuple[int, ...]:
        """For each of the d columns the sense in which it moves: 0 for a column of zeros."""
        return tuple((share > 0) - (share < 0) for share in self.share)

    def spread(self, u: Sequence[Fraction]) -> tuple[Fraction, ...]:
        """The update of all d columns."""
        return tuple(
            sense * u[place] if sense else Fraction(0)
            for place, sense in zip(self.place, self.sense, strict=True)
        )

    def gathered(self, w: Sequence[Fraction]) -> tuple[Fraction, ...]:
        """What adds as much to each margin as w (d) does, and is no larger."""
        u = [Fraction(0)] * len(self.rows[0])
        for place, share, value in zip(self.place, self.share, w, strict=True):
            u[place] += share * value
        return tuple(u)


# Columns are compared in full only where they are multiples of each other in this many entries from their first.
HEAD = 8


def together(rows: Rows) -> Columns:
    """The columns of rows (N, d), put together."""
    columns = list(zip(*rows, strict=True))
    starts = [next((i for i, x in enumerate(column) if x), None) for column in columns]
    alike: dict[Unit, list[int]] = {}
    for k, start in enumerate(starts):
        if start is not None:
            alike.setdefault((start, _unit(columns[k], start, start + HEAD)), []).append(k)
    place, factors = [0] * len(columns), [Fraction(0)] * len(columns)
    first: dict[Unit, int] = {}
    scale: dict[int, Fraction] = {}
    for (start, head), group in alike.items():
        for k in group:
            whole = head if len(group) == 1 else _unit(columns[k], start, len(rows))
            base = first.setdefault((start, whole), k)
            place[k], factors[k] = base, columns[k][start] / columns[base][start]
            scale[base] = scale.get(base, Fraction(0)) + abs(factors[k])
    kept = sorted(scale)
    where = {base: number for number, base in enumerate(kept)}
    merged = [[scale[k] * x for x in columns[k]] if scale[k] != 1 else columns[k] for k in kept]
    shares = [factor / scale.get(base, 1) for base, factor in zip(place, factors, strict=True)]
    return Columns(
        tuple(zip(*merged, strict=True)), tuple(where.get(base, 0) for base in place), tuple(shares)
    )


def _unit(column: Sequence[Fraction], start: int, stop: int) -> tuple[Fraction, ...]:
    """Its entries over the first that is not 0."""
    return tuple(x / column[start] for x in column[start:stop])

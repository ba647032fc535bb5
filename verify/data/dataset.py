"""The exact data set: rational rows with the labels absorbed.

A row is y_i * features: x_i . w > 0 for all i says that w separates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.errors import BadInput

# A nonzero entry lies in [2^-500, 2^500]: its square, and a sum of 2^20 of them, is a normal float64
# (exponents -1022..1023), so no engine over- or underflows on the data itself.
LARGEST = Fraction(2) ** 500
SMALLEST = 1 / LARGEST


@dataclass(frozen=True)
class Origin:
    """How data were read: in words, with which options, and by what each feature was shifted and divided."""

    notes: tuple[str, ...] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)
    shifts: tuple[Fraction, ...] = ()
    factors: tuple[Fraction, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As commands add it to what was asked."""
        scaling = {"shifts": [str(x) for x in self.shifts], "factors": [str(x) for x in self.factors]}
        return {"how": list(self.notes), "options": dict(self.asked)} | (scaling if self.factors else {})


@dataclass(frozen=True)
class Classes:
    """The samples (N, d) of k classes: ``labels`` (N) are numbers from 0 into ``names`` (k); ``features`` (d) are names
    too. What rows the samples own is said in `verify.data.classes`."""

    names: tuple[str, ...]
    labels: tuple[int, ...]
    samples: tuple[tuple[Fraction, ...], ...]
    features: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """(k, d), that of the parameter."""
        return len(self.names), len(self.features)

    def pair(self, row: int) -> tuple[int, int]:
        """The sample that owns a row, and the class against which the row holds it."""
        sample, place = divmod(row, len(self.names) - 1)
        return sample, place + (place >= self.labels[sample])


@dataclass(frozen=True, repr=False)
class Dataset:
    """N rows in d dimensions, exactly.

    ``rows[i][k]`` is x_i[k], a Fraction, the label already multiplied in; ``columns`` names the d
    features; ``name`` is how the user called the data, ``origin`` how they were read. ``classes``: where samples own
    several rows, which are theirs one after the other (`verify.data.classes`).

    Raises BadInput if there is no row or no column, if rows differ in length, if a row is zero, or if a
    nonzero entry lies outside [2^-500, 2^500].
    """

    name: str
    rows: tuple[tuple[Fraction, ...], ...]
    columns: tuple[str, ...] = ()
    origin: Origin = field(default=Origin(), compare=False)
    classes: Classes | None = None

    def __post_init__(self) -> None:
        if not self.rows:
            raise BadInput(f"{self.name}: no rows")
        width = len(self.rows[0])
        if width == 0:
            raise BadInput(f"{self.name}: no columns")
        # Rows of several classes are made of their samples, so that these are looked at.
        given = self.rows if self.classes is None else self.classes.samples
        for i, row in enumerate(given):
            if len(row) != len(given[0]):
                raise BadInput(f"{self.name}: row {i} has {len(row)} entries, row 0 has {len(given[0])}")
            for k, entry in enumerate(row):
                check_entry(self.name, i, k, entry)
            if not any(row):
                raise BadInput(f"{self.name}: row {i} is zero, so no w has x_{i}.w > 0")
        if not self.columns:
            object.__setattr__(self, "columns", tuple(f"x{k}" for k in range(width)))
        elif len(self.columns) != width:
            raise BadInput(f"{self.name}: {len(self.columns)} column names for {width} columns")

    def __repr__(self) -> str:
        shape = f"{self.samples} x {self.shape[-1]}"
        return f"Dataset({self.name!r}, {shape}{f', {self.shape[0]} classes' if self.classes else ''})"

    @property
    def n(self) -> int:
        """Number of rows N, of samples where each owns one."""
        return len(self.rows)

    @property
    def d(self) -> int:
        """Number of columns d: of features, or of a parameter's entries."""
        return len(self.rows[0])

    @property
    def owned(self) -> int:
        """How many rows each sample owns."""
        return 1 if self.classes is None else len(self.classes.names) - 1

    @property
    def samples(self) -> int:
        """Number of samples."""
        return self.n // self.owned

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the parameter: (d,), or (k, d) of k classes."""
        return (self.d,) if self.classes is None else self.classes.shape

    def called(self, row: int) -> Any:
        """What output calls a row: its number, or its sample and class."""
        return row if self.classes is None else list(self.classes.pair(row))

    def digest(self) -> str:
        """The SHA-256 by which certificates name the data: of the rows, entries as `p` or `p/q` with commas between
        them, rows with semicolons; of several classes, of their number and of the samples, each after its label."""
        rows, head = self.rows if self.classes is None else self.classes.samples, ""
        texts = [",".join(map(str, row)) for row in rows]
        if self.classes is not None:
            head = f"{len(self.classes.names)} classes;"
            texts = [f"{label}:{text}" for label, text in zip(self.classes.labels, texts, strict=True)]
        return hashlib.sha256((head + ";".join(texts)).encode()).hexdigest()

    @property
    def carried(self) -> Mapping[str, Any]:
        """The data as certificates carry them: of several classes without the rows, which the checker makes."""
        if self.classes is None:
            return {"rows": self.rows}
        own = self.classes
        return {"samples": own.samples, "labels": own.labels, "classes": len(own.names)}

    def in_units(self, units: Sequence[Fraction]) -> Dataset:
        """The data with column k in units of units[k] > 0: divided by it."""
        rows = tuple(tuple(x / unit for x, unit in zip(row, units, strict=True)) for row in self.rows)
        return replace(self, rows=rows)

    def floats(self) -> NDArray[np.float64]:
        """The rows as a float64 array (N, d), each entry correctly rounded."""
        if self.classes is not None:
            from verify.data.classes import float_rows  # late: it needs what stands here

            return float_rows(self.classes)
        return np.array([[float(entry) for entry in row] for row in self.rows], dtype=np.float64)


def check_entry(name: str, i: int, k: int, entry: Fraction) -> None:
    """BadInput if the entry X[i][k] of the data of this name is out of range."""
    if not _in_range(entry):
        raise BadInput(
            f"{name}: X[{i}][{k}]={float_text(entry)} is outside [2^-500, 2^500], where squares fit in float64"
        )


def _in_range(entry: Fraction) -> bool:
    """Whether the entry is 0 or of absolute value in [2^-500, 2^500]; bit lengths settle all but the ends."""
    # 2^(bits-1) < |entry| < 2^(bits+1)
    bits = entry.numerator.bit_length() - entry.denominator.bit_length()
    return -499 <= bits <= 499 or not entry or SMALLEST <= abs(entry) <= LARGEST


def float_text(value: Fraction) -> str:
    """A short decimal of a fraction that float64 may not hold, e.g. ``1.5e+400``."""
    if not value:
        return "0"
    sign, value = ("-" if value < 0 else ""), abs(value)
    # 2^(bits-1) < value < 2^(bits+1): the decimal exponent is this one or at most one off, and the loops
    # settle it. 30103/100000 exceeds log10(2) by 5e-9, so they stay short for any number that fits in memory.
    bits = value.numerator.bit_length() - value.denominator.bit_length()
    exponent = (bits * 30103) // 100000
    scaled = value / Fraction(10) ** exponent
    while scaled >= 10:
        scaled, exponent = scaled / 10, exponent + 1
    while scaled < 1:
        scaled, exponent = scaled * 10, exponent - 1
    digits = f"{float(scaled):.6g}"
    if digits == "10":  # 9.9999999 rounds up
        digits, exponent = "1", exponent + 1
    return f"{sign}{digits}e{exponent:+d}"

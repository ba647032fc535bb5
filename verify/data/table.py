"""A table as it was read, before anybody said which of its columns are what; and the features and labels made of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verify.data.dataset import check_entry
from verify.data.header import MISSING, choose_label, position, refuse_what_is_no_feature
from verify.data.reading import Reading
from verify.data.text import NotANumberError, exact, exactly, is_number, plain, show
from verify.errors import BadInput

# A cell is text, an exact number, None where it is missing, or what a frame held there.
Cell = Any

_TRUTH = {"true": Fraction(1), "false": Fraction(0)}
# Of labels fewer texts are missing than of numbers: "none" and "-" may well be classes.
_NO_LABELS = ("?", "NA", "N/A", "nan", "NaN", "<NA>")
_COMMAS = re.compile(r"[+-]?[0-9]+(,[0-9]+)+")


@dataclass(frozen=True)
class Raw:
    """Rows of cells. ``y`` are labels that stand apart from them, where the format has that; ``header`` names the
    columns, if they have names; ``place(i)`` is what a message calls row i; ``how`` says how the source was read.
    ``columnar``: its columns may be anything, so that those which are no features are looked for; an array's are those
    that a program wants."""

    name: str
    rows: Sequence[Sequence[Cell]]
    header: list[str] | None = None
    y: list[Cell] | None = None
    place: Callable[[int], str] = lambda i: f"row {i}"
    how: str = ""
    columnar: bool = True


@dataclass(frozen=True)
class Table:
    """Exact features ``X``, N rows of d entries; ``y`` N labels as text, or None if rows carry them.

    ``columns`` names the features, () if the format has no names; ``label`` is what messages call y, ``notes`` say how
    all this was read.
    """

    X: list[list[Fraction]]
    y: list[str] | None
    columns: tuple[str, ...] = ()
    label: str = "y"
    notes: tuple[str, ...] = ()


def arranged(raw: Raw, asked: Reading) -> Table:
    """Which column is the label and which are features; rows without missing values; words as numbers if asked."""
    name, header, rows = raw.name, raw.header, raw.rows
    width = len(header or (rows[0] if rows else ()))
    dropped = {position(name, "drop", text, header, width) for text in asked.drop}
    label = None
    if raw.y is None:
        label = choose_label(name, header, width, asked.label, dropped)
    if asked.features:
        features = [position(name, "features", text, header, width) for text in asked.features]
        if label in features:
            raise BadInput(f"{name}: features: {show(called(header, label))} is the label")
    else:
        features = [k for k in range(width) if k != label and k not in dropped]
        if raw.columnar:
            refuse_what_is_no_feature(
                raw.name, header, rows, features, asked, label is None and raw.y is None
            )
    if not features and label is not None:
        raise BadInput(f"{name}: no feature column beside the label {show(called(header, label))}")
    y = raw.y if label is None else [row[label] for row in rows]
    if y is not None and len(y) != len(rows):
        raise BadInput(f"{name}: y has {len(y)} labels, X has {len(rows)} rows")
    kept, notes = _without_missing(raw, asked, features, y)
    if raw.rows and not kept:
        raise BadInput(f"{name}: no row is left: each has a missing value")
    columns = [Column(raw, k, [rows[i][k] for i in kept], kept, asked) for k in features]
    if asked.one_hot:
        columns = [part for column in columns for part in column.one_hot()]
    if truth := [show(column.name) for column in columns if column.truth]:
        notes.append(f"True and False of {', '.join(truth)} are 1 and 0")
    hint = label is None and raw.y is None and raw.header is None
    entries = [column.numbers(k, hint) for k, column in enumerate(columns)]
    names = tuple(plain(column.name, 60) for column in columns) if header else ()
    what = "y" if label is None else f"column {called(header, label)}"
    labels = None if y is None else [_label(y[i]) for i in kept]
    X = [list(row) for row in zip(*entries, strict=True)] if entries else [[] for _ in kept]
    head = [raw.how] if raw.how else []
    return Table(X, labels, names, what, (*head, *notes))


def called(header: list[str] | None, k: int | None) -> str:
    """What a message calls column k: its index from 0 and, with a header, its name."""
    return f"{k}" if header is None or k is None else f"{k} ({show(header[k])})"


def is_missing(cell: Cell) -> bool:
    """Whether a cell holds what programs write where there is no value."""
    if isinstance(cell, str):
        return bool(MISSING.fullmatch(cell.strip()))
    return cell is None or (not isinstance(cell, Fraction) and bool(cell != cell))


def _without_missing(
    raw: Raw, asked: Reading, features: list[int], y: list[Cell] | None
) -> tuple[list[int], list[str]]:
    """The numbers of the rows that have all they need, and what was left out. Raises BadInput, with the place, where a
    value is missing and that was not asked for."""
    kept: list[int] = []
    for i, row in enumerate(raw.rows):
        gap = next((k for k in features if is_missing(row[k])), None)
        no_label = y is not None and _label(y[i]) == ""
        if gap is None and not (no_label and asked.missing == "drop"):
            kept.append(i)
        elif gap is not None and asked.missing != "drop":
            raise BadInput(
                f"{raw.name}: {raw.place(i)}, column {called(raw.header, gap)}: {_gap(row[gap])}, a missing value; "
                "--missing drop leaves such samples out, --drop such columns"
            )
    left = len(raw.rows) - len(kept)
    return kept, [f"{left} of {len(raw.rows)} samples have a missing value and are left out"] if left else []


def _gap(value: Cell) -> str:
    if isinstance(value, str) and value.strip():
        return f"{show(value)} is {'not finite' if value.strip().lower() == 'nan' else 'not a number'}"
    return "'' is empty" if value is None or isinstance(value, str) else f"{value} is not finite"


def _label(value: Cell) -> str:
    if type(value).__name__ in ("bool", "bool_"):
        return str(int(value))
    text = "" if value is None or value != value else str(value).strip()
    return "" if text in _NO_LABELS else text


class Column:
    """One feature: its cells, and where they came from."""

    def __init__(self, raw: Raw, k: int, cells: list[Cell], kept: list[int], asked: Reading) -> None:
        self.raw, self.k, self.cells, self.kept, self.asked = raw, k, cells, kept, asked
        self.name = raw.header[k] if raw.header else f"x{k}"
        words = [cell for cell in cells if isinstance(cell, str)]
        self.truth = bool(words) and all(cell.strip().lower() in _TRUTH for cell in words)

    def one_hot(self) -> list[Column]:
        """A column of 0 and 1 for each word that occurs, if it is one of words; else the column itself."""
        words = [str(cell).strip() for cell in self.cells]
        if all(
            isinstance(cell, Fraction) or is_number(word)
            for cell, word in zip(self.cells, words, strict=True)
        ):
            return [self]
        parts = []
        for word in sorted(set(words)):
            cells = [Fraction(each == word) for each in words]
            part = Column(self.raw, self.k, cells, self.kept, self.asked)
            part.name, part.truth = f"{self.name}={word}", False
            parts.append(part)
        return parts

    def numbers(self, place: int, maybe_label: bool) -> list[Fraction]:
        """The cells as exact numbers, in the range of data. Raises BadInput that says where one is none."""
        found = []
        for i, cell in enumerate(self.cells):
            try:
                number = cell if isinstance(cell, Fraction) else self._number(cell)
            except NotANumberError as reason:
                where = f"{self.raw.place(self.kept[i])}, column {called(self.raw.header, self.k)}"
                hint = self._hint(str(cell), maybe_label and str(reason) == "is not a number")
                raise BadInput(f"{self.raw.name}: {where}: {show(cell)} {reason}{hint}") from None
            check_entry(self.raw.name, i, place, number)
            found.append(number)
        return found

    def _number(self, cell: Cell) -> Fraction:
        if not isinstance(cell, str):
            number = exactly(cell)
            if number is None:
                raise NotANumberError(f"has type {type(cell).__name__}: not a number")
            return number
        if self.truth:
            return _TRUTH[cell.strip().lower()]
        if self.asked.decimal_comma and "." not in cell:
            return exact(cell.replace(",", ".", 1))
        return exact(cell)

    def _hint(self, cell: str, maybe_label: bool) -> str:
        """What would do, after a cell that is not a number."""
        if cell.endswith("%"):
            return "; write 12% as 0.12"
        if _COMMAS.fullmatch(cell):
            return "; a decimal comma is read with --decimal-comma; write thousands without commas"
        if maybe_label:
            return "; if it is the label, name its column with --label"
        if not re.search(r"[0-9]", cell) and self.raw.header:
            return "; --one-hot reads words, --drop leaves the column out, --label makes it the label"
        return "; --drop leaves the column out" if re.search(r"[0-9][-/:][0-9]", cell) else ""

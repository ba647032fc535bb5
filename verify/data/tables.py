"""The text formats, each read into exact feature rows and, if the format has them, label texts.

What a message calls a line counts from 1, as editors do; columns and rows of arrays count from 0.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any

from verify.data.bounds import MOST_IN_LINE, MOST_LINES, check_count
from verify.data.dataset import check_entry
from verify.data.header import choose_label, is_header
from verify.data.text import NotANumberError, exact, is_number, plain, show
from verify.errors import BadInput


@dataclass(frozen=True)
class Table:
    """Features as read: ``X`` has N rows of d entries; ``y`` N labels as text, or None if rows carry them.

    ``columns`` names the features, () if the format has no names; ``label`` is what messages call y.
    """

    X: list[list[Fraction]]
    y: list[str] | None
    columns: tuple[str, ...] = ()
    label: str = "y"


def read_csv(name: str, content: bytes, label: str | None) -> Table:
    """A comma-separated table; ``label`` is a column's name or its index from 0, or None for the default."""
    lines = _csv_lines(name, content)
    if not lines:
        raise BadInput(f"{name}: the file is empty")
    header = None
    if is_header(name, [cells for _, cells in lines], label):
        header, lines = lines[0][1], lines[1:]
        if not lines:
            raise BadInput(f"{name}: a header and no rows")
    width = len(header or lines[0][1])
    for number, cells in lines:
        if len(cells) != width:
            what = "the header" if header else f"line {lines[0][0]}"
            raise BadInput(
                f"{name}: line {number} has {len(cells)} cells, {what} has {width}; "
                f"it begins with {show(cells[0])}"
            )
    position = choose_label(name, header, width, label)
    features = [k for k in range(width) if k != position]
    if not features:
        raise BadInput(f"{name}: no feature column beside the label {show(cells_name(header, position))}")
    X: list[list[Fraction]] = []
    for number, cells in lines:
        row = []
        for k in features:
            try:
                row.append(exact(cells[k]))
                check_entry(name, len(X), len(row) - 1, row[-1])
            except NotANumberError as reason:
                maybe_label = position is None and str(reason) == "is not a number"
                hint = "; if it is the label, name its column with --label" if maybe_label else ""
                where = f"line {number}, column {cells_name(header, k)}"
                raise BadInput(f"{name}: {where}: {show(cells[k])} {reason}{hint}") from None
        X.append(row)
    y = None if position is None else [cells[position].strip() for _, cells in lines]
    columns = tuple(plain(header[k], 60) for k in features) if header else ()
    return Table(X, y, columns, f"column {cells_name(header, position)}")


def cells_name(header: list[str] | None, k: int | None) -> str:
    """What a message calls column k: its index from 0 and, with a header, its name."""
    return f"{k}" if header is None or k is None else f"{k} ({show(header[k])})"


def _csv_lines(name: str, content: bytes) -> list[tuple[int, list[str]]]:
    """The nonblank lines as (line number, cells)."""
    lines: list[tuple[int, list[str]]] = []
    entries = 0
    try:
        begin = (line.strip() for line in _text_lines(name, content) if line.strip())
        _refuse_other_separators(name, list(islice(begin, 2)))
        reader = csv.reader(_text_lines(name, content), strict=True, skipinitialspace=True)
        for cells in reader:
            if any(cell.strip() for cell in cells) or len(cells) > 1:
                entries += len(cells)
                check_count(f"{name}: up to line {reader.line_num}", len(lines) + 1, entries)
                lines.append((reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error as error:
        raise BadInput(f"{name}: line {reader.line_num}: not a CSV line: {error}") from None
    except UnicodeDecodeError:
        _text(name, content)  # says where
        raise
    return lines


def _text_lines(name: str, content: bytes) -> Iterator[str]:
    """The lines of a text, with their ends, whichever ends they have."""
    for number, line in enumerate(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline=None), 1):
        if number > MOST_LINES:
            raise BadInput(f"{name}: more than {MOST_LINES} lines, empty ones included: use a part of them")
        if len(line) > MOST_IN_LINE:
            raise BadInput(
                f"{name}: line {number}: {len(line)} characters, the most is {MOST_IN_LINE}: "
                "use fewer columns or digits"
            )
        yield line


def _refuse_other_separators(name: str, lines: list[str]) -> None:
    """BadInput if the first lines, outside of quotes, are separated by something else than commas."""
    if not lines or any('"' in line for line in lines):
        return
    for separator, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if all(separator in line for line in lines):
            raise BadInput(f"{name}: {show(lines[0])} is separated by {word}; use commas")
    words = lines[-1].split()
    if len(words) > 1 and all(is_number(word) for word in words):
        raise BadInput(f"{name}: {show(lines[-1])} is separated by spaces; use commas")


def read_json(name: str, content: bytes) -> Table:
    """``{"X": [[...], ...], "y": [...]}``; a number is the decimal it spells, a string may be a fraction."""

    def one_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise BadInput(f"{name}: key {show(key)} occurs twice")
            found[key] = value
        return found

    # Each list and object begins with a bracket, and a comma stands before each value but the first.
    check_count(
        name, content.count(b"[") + content.count(b"{") - 3, content.count(b",") - 1, "lists", "values"
    )
    try:
        # Numbers stay text until they are read in their place: exact, and an error can say where.
        data = json.loads(
            _text(name, content),
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_Number,
            object_pairs_hook=one_of_each,
        )
    except json.JSONDecodeError as error:
        raise BadInput(f"{name}: line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise BadInput(f"{name}: not JSON of the shape X, y: nested too deeply") from None
    if not isinstance(data, dict) or set(data) != {"X", "y"}:
        found = (
            f"keys {', '.join(show(k) for k in list(data)[:4])}" if isinstance(data, dict) else _kind(data)
        )
        raise BadInput(f'{name}: expected an object with the keys "X" and "y", found {found}')
    for key in ("X", "y"):
        if not isinstance(data[key], list):
            raise BadInput(f"{name}: {key} is {_kind(data[key])}, not a list")
    X = []
    for i, cells in enumerate(data["X"]):
        if not isinstance(cells, list):
            raise BadInput(f"{name}: X[{i}] is {_kind(cells)}, not a list of numbers")
        if len(cells) != len(data["X"][0]):
            raise BadInput(f"{name}: X[{i}] has {len(cells)} entries, X[0] has {len(data['X'][0])}")
        row = []
        for k, cell in enumerate(cells):
            if not isinstance(cell, str):
                raise BadInput(f"{name}: X[{i}][{k}] is {_kind(cell)}, not a number")
            try:
                row.append(exact(cell))
                check_entry(name, i, k, row[-1])
            except NotANumberError as reason:
                raise BadInput(f"{name}: X[{i}][{k}]={show(cell)} {reason}") from None
        X.append(row)
    for i, cell in enumerate(data["y"]):
        if not isinstance(cell, str):
            raise BadInput(f"{name}: y[{i}] is {_kind(cell)}, not a label")
    return Table(X, [cell.strip() for cell in data["y"]])


class _Number(str):
    """A JSON number, as its text."""


def _kind(value: object) -> str:
    """What a JSON value is, with the value if it is short enough to show."""
    match value:
        case None | True | False:
            return {None: "null", True: "true", False: "false"}[value]
        case dict():
            return "an object"
        case list():
            return f"a list of {len(value)}"
        case _Number():
            return f"the number {show(value)}"
        case _:
            return f"the string {show(value)}"


def _text(name: str, content: bytes) -> str:
    """The content as UTF-8 text, without a byte order mark."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{name}: not UTF-8 text: byte 0x{content[error.start]:02x} at position {error.start}"
        ) from None

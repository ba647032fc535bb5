"""The text formats, each read into cells and, if the format has them apart, labels.

What a message calls a line counts from 1, as editors do; columns and rows of arrays count from 0.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from verify.data.bounds import MOST_IN_LINE, MOST_LINES, check_count
from verify.data.dataset import check_entry
from verify.data.header import is_header
from verify.data.reading import USUAL, Reading
from verify.data.table import Raw
from verify.data.text import NotANumberError, exact, is_number, show, some
from verify.errors import BadInput

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


# A first line by which Excel is told what separates the cells.
_TOLD = re.compile(r"sep=([,;\t])", re.IGNORECASE)


def read_csv(name: str, content: bytes, asked: Reading = USUAL, separator: str | None = None) -> Raw:
    """A table with commas, semicolons or tabs between its cells, whichever the first lines have."""
    by, lines = _csv_lines(name, content, separator)
    if not lines:
        raise BadInput(f"{name}: the file is empty")
    header, how = None, f"cells separated by {SEPARATORS[by]}"
    if is_header(name, [cells for _, cells in lines], asked.label):
        header, lines = lines[0][1], lines[1:]
        if not lines:
            raise BadInput(f"{name}: a header and no rows")
    width = len(header or lines[0][1])
    for number, cells in lines:
        if len(cells) != width:
            what = "the header" if header else f"line {lines[0][0]}"
            begins = f"it begins with {show(cells[0])}"
            if header and header[0].startswith("#"):
                begins = f"the header begins with {show(header[0])}"
            hint = ": comments are not read, leave them out" if "with '#" in begins else ""
            raise BadInput(
                f"{name}: line {number} has {len(cells)} cells, {what} has {width}; {begins}{hint}"
            )
    how += ", a header line" if header else ", no header line"
    numbers = [number for number, _ in lines]
    return Raw(name, [cells for _, cells in lines], header, None, lambda i: f"line {numbers[i]}", how)


def _csv_lines(name: str, content: bytes, by: str | None) -> tuple[str, list[tuple[int, list[str]]]]:
    """What separates the cells, and the nonblank lines as (line number, cells)."""
    lines: list[tuple[int, list[str]]] = []
    entries = 0
    try:
        begin = list(islice((line.strip() for line in text_lines(name, content) if line.strip()), 3))
        told = _TOLD.fullmatch(begin[0]) if begin else None
        by = by or (_separator(name, begin[:2]) if told is None else told[1])
        reader = csv.reader(text_lines(name, content), delimiter=by, strict=True, skipinitialspace=by != "\t")
        for cells in reader:
            if told is not None and not lines and _TOLD.fullmatch(by.join(cells)):
                continue
            if any(cell.strip() for cell in cells) or len(cells) > 1:
                entries += len(cells)
                check_count(f"{name}: up to line {reader.line_num}", len(lines) + 1, entries)
                lines.append((reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error as error:
        raise BadInput(f"{name}: line {reader.line_num}: not a CSV line: {error}") from None
    except UnicodeDecodeError:
        _text(name, content)  # says where
        raise
    return by, lines


def text_lines(name: str, content: bytes) -> Iterator[str]:
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


def _separator(name: str, lines: list[str]) -> str:
    """What stands between the cells of the first lines, outside of quotes. BadInput for what is not read."""
    bare = [re.sub(r'"[^"]*"', '""', line) for line in lines]
    for separator in (";", "\t"):
        if bare and all(separator in line for line in bare):
            return separator
    if bare and all("|" in line for line in bare):
        raise BadInput(f"{name}: {show(lines[0])} is separated by bars; use commas")
    words = bare[-1].split() if bare else []
    if len(words) > 1 and "," not in bare[-1] and any(map(is_number, words)):
        raise BadInput(f"{name}: {show(lines[-1])} is separated by spaces; use commas")
    return ","


def read_json(name: str, content: bytes) -> Raw:
    """``{"X": [[...], ...], "y": [...]}``, or records or columns; a number is the decimal it spells, a string may be a
    fraction."""

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
    if raw := _records(name, data):
        return raw
    if not isinstance(data, dict) or set(data) != {"X", "y"}:
        found = (
            f"keys {', '.join(show(k) for k in list(data)[:4])}" if isinstance(data, dict) else _kind(data)
        )
        raise BadInput(f'{name}: expected an object with the keys "X" and "y", found {found}')
    for key in ("X", "y"):
        if not isinstance(data[key], list):
            raise BadInput(f"{name}: {key} is {_kind(data[key])}, not a list")
    for i, cells in enumerate(data["X"]):
        if not isinstance(cells, list):
            raise BadInput(f"{name}: X[{i}] is {_kind(cells)}, not a list of numbers")
        if len(cells) != len(data["X"][0]):
            raise BadInput(f"{name}: X[{i}] has {len(cells)} entries, X[0] has {len(data['X'][0])}")
        for k, cell in enumerate(cells):
            if not isinstance(cell, str):
                raise BadInput(f"{name}: X[{i}][{k}] is {_kind(cell)}, not a number")
            try:
                check_entry(name, i, k, exact(cell))
            except NotANumberError as reason:
                raise BadInput(f"{name}: X[{i}][{k}]={show(cell)} {reason}") from None
    for i, cell in enumerate(data["y"]):
        if not isinstance(cell, str):
            raise BadInput(f"{name}: y[{i}] is {_kind(cell)}, not a label")
    return Raw(name, data["X"], None, data["y"], how="JSON, X and y", columnar=False)


def _records(name: str, data: Any) -> Raw | None:
    """What pandas writes: a list of objects with one set of keys; an object of columns, each an object or a list; or
    the columns, the index and the data. None for all else."""
    if isinstance(data, list) and data and all(isinstance(each, dict) for each in data):
        header = list(data[0])
        for i, each in enumerate(data):
            if set(each) != set(header):
                raise BadInput(f"{name}: record {i} has other keys than record 0: {some(list(each), 8)}")
        rows = [[each[key] for key in header] for each in data]
        return _of_columns(name, header, rows, "JSON, a list of records")
    if not isinstance(data, dict) or not data or "X" in data or "y" in data:
        return None
    if set(data) == {"columns", "index", "data"} and all(isinstance(each, list) for each in data.values()):
        rows = data["data"]
        if not all(isinstance(row, list) and len(row) == len(data["columns"]) for row in rows):
            raise BadInput(f"{name}: a row of data has another length than columns, {len(data['columns'])}")
        return _of_columns(name, [str(key) for key in data["columns"]], rows, "JSON, columns and data")
    for kind, keys in ((dict, list), (list, len)):
        if all(isinstance(column, kind) for column in data.values()):
            if len({str(keys(column)) for column in data.values()}) > 1:
                raise BadInput(f"{name}: the columns do not have the same rows")
            columns = [list(each.values()) if kind is dict else each for each in data.values()]
            rows = [list(row) for row in zip(*columns, strict=True)]
            return _of_columns(name, list(data), rows, "JSON, an object of columns")
    return None


def _of_columns(name: str, header: list[str], rows: list[list[Any]], how: str) -> Raw:
    for i, row in enumerate(rows):
        for key, cell in zip(header, row, strict=True):
            if isinstance(cell, dict | list):
                raise BadInput(f"{name}: row {i}, {show(key)} is {_kind(cell)}, not a number")
    return Raw(name, rows, header, None, how=how)


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

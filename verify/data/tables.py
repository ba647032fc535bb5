"""The four file formats, each read into exact feature rows and, if the format has them, label texts.

What a message calls a line counts from 1, as editors do; columns and rows of arrays count from 0.
"""

from __future__ import annotations

import csv
import io
import json
import warnings
import zipfile
from dataclasses import dataclass
from fractions import Fraction
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from verify.data.header import choose_label, is_header
from verify.data.text import NotANumberError, exact, show
from verify.errors import BadInput

# 200 rows of 200 columns take 1 MB as text; a file beyond this would not fit in memory as Fractions.
MOST_BYTES = 2**28


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
    lines = _csv_lines(name, _text(name, content))
    if not lines:
        raise BadInput(f"{name}: the file is empty")
    header = None
    if is_header([cells for _, cells in lines], label):
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
    X = []
    for number, cells in lines:
        row = []
        for k in features:
            try:
                row.append(exact(cells[k]))
            except NotANumberError as reason:
                hint = "" if position is not None else "; if it is the label, name its column with --label"
                where = f"line {number}, column {cells_name(header, k)}"
                raise BadInput(f"{name}: {where}: {show(cells[k])} {reason}{hint}") from None
        X.append(row)
    y = None if position is None else [cells[position].strip() for _, cells in lines]
    columns = tuple(header[k] for k in features) if header else ()
    return Table(X, y, columns, f"column {cells_name(header, position)}")


def cells_name(header: list[str] | None, k: int | None) -> str:
    """What a message calls column k: its index from 0 and, with a header, its name."""
    return f"{k}" if header is None or k is None else f"{k} ({show(header[k])})"


def _csv_lines(name: str, text: str) -> list[tuple[int, list[str]]]:
    """The nonblank lines as (line number, cells)."""
    reader = csv.reader(io.StringIO(text, newline=None), strict=True, skipinitialspace=True)
    lines = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) or len(cells) > 1:
                lines.append((reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error as error:
        raise BadInput(f"{name}: line {reader.line_num}: not a CSV line: {error}") from None
    for number, cells in lines[:1]:
        for separator, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if all(separator in cell for cell in cells) and not any('"' in cell for cell in cells):
                raise BadInput(f"{name}: line {number}: {show(cells[0])} is separated by {word}; use commas")
    return lines


def read_json(name: str, content: bytes) -> Table:
    """``{"X": [[...], ...], "y": [...]}``; a number is the decimal it spells, a string may be a fraction."""

    def one_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        for key in keys:
            if keys.count(key) > 1:
                raise BadInput(f"{name}: key {show(key)} occurs twice")
        return dict(pairs)

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


def read_npy(name: str, content: bytes) -> Table:
    """A float or integer array (N, d) whose rows already carry their label."""
    return Table(_features(name, "the array", _array(name, io.BytesIO(content), len(content))), None)


def read_npz(name: str, content: bytes) -> Table:
    """Arrays ``X`` (N, d) of floats or integers and ``y`` (N,) of floats, integers, booleans or strings."""
    arrays = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            for key in ("X", "y"):
                if key not in members:
                    raise BadInput(
                        f"{name}: no array {key}; it has {', '.join(map(show, members)) or 'none'}"
                    )
                size = members[key].file_size
                if size > MOST_BYTES:
                    raise BadInput(f"{name}: array {key} has {size} bytes, the most is {MOST_BYTES}")
                with archive.open(members[key]) as stream:
                    arrays[key] = _array(f"{name}: {key}", io.BytesIO(stream.read(size + 1)), size)
    except BadInput:
        raise
    except Exception as error:  # zipfile and zlib raise half a dozen types on damaged bytes
        raise BadInput(f"{name}: not a readable .npz: {_reason(error)}") from None
    y = arrays["y"]
    if y.dtype.kind not in "fiubU" or y.ndim != 1:
        raise BadInput(f"{name}: y has type {y.dtype} and shape {y.shape}, expected labels of shape (N,)")
    labels = y.astype(np.int8) if y.dtype.kind == "b" else y
    return Table(_features(name, "X", arrays["X"]), [str(value).strip() for value in labels.tolist()])


def _array(name: str, stream: IO[bytes], size: int) -> NDArray[Any]:
    """The array in a .npy stream of ``size`` bytes; never unpickles."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "written by Python 2": still read correctly
            version = np.lib.format.read_magic(stream)
            read = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            shape, _, dtype = read(stream)
            if (
                not dtype.hasobject
                and dtype.itemsize * int(np.prod([int(s) for s in shape], dtype=object)) > size
            ):
                raise BadInput(
                    f"{name}: cut short: shape {show(shape)} of {dtype} does not fit in {size} bytes"
                )
            stream.seek(0)
            array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    except BadInput:
        raise
    except Exception as error:  # a damaged header can raise nearly anything
        raise BadInput(f"{name}: not a readable NumPy array: {_reason(error)}") from None
    return array


def _features(name: str, what: str, array: NDArray[Any]) -> list[list[Fraction]]:
    """The entries of a float or integer array (N, d), exactly."""
    if array.dtype.kind not in "fiu":
        raise BadInput(f"{name}: {what} has type {show(array.dtype)}, expected floats or integers")
    if array.ndim != 2:
        raise BadInput(f"{name}: {what} has shape {array.shape}, expected (N, d)")
    if array.dtype.kind == "f":
        for i, k in np.argwhere(~np.isfinite(array))[:1].tolist():
            raise BadInput(f"{name}: row {i}, column {k}: {array[i, k]} is not finite")
        if array.dtype.itemsize > 8:  # a long double: tolist would keep long doubles
            return [[Fraction(*entry.as_integer_ratio()) for entry in row] for row in array]
    return [[Fraction(entry) for entry in row] for row in array.tolist()]


def _reason(error: Exception) -> str:
    """A library's message on one short line; its type if it has none."""
    return " ".join(str(error).split())[:120] or type(error).__name__


def _text(name: str, content: bytes) -> str:
    """The content as UTF-8 text, without a byte order mark."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{name}: not UTF-8 text: byte 0x{content[error.start]:02x} at position {error.start}"
        ) from None

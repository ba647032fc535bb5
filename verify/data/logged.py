"""A logged run: iterates w beside the steps after which they were written down."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.data.arrays import array_of
from verify.data.bounds import MOST_BYTES, MOST_LINES, check_shape
from verify.data.text import plain, show
from verify.errors import BadInput
from verify.files import NotRegular, TooLong, read_regular

# Step sizes are summed up to the last step: a second or so.
LAST_STEP = 10**8


Steps = NDArray[np.int64]


@dataclass(frozen=True)
class Log:
    """Iterates ``w`` (K, d) after ``steps`` (K,), ascending; None where one iterate was written down without its
    step."""

    name: str
    steps: Steps | None
    w: NDArray[np.float64]


def read_log(source: Any, d: int, last: int | None = None, start: NDArray[np.float64] | None = None) -> Log:
    """The log in a file, ``.npy`` or else CSV, or in an array.

    Each row of CSV is a step and w, d + 1 numbers, below a header line or none. An array may be the same, (K, d + 1);
    or w alone, (K, d), at even distances up to the step ``last``, by default at every step: the first row is w_0 where
    it is equal to ``start`` (0 by default), and the iterate after the first step else; or one iterate, (d,), after
    ``last`` steps. Raises BadInput, naming the row, for what is no such log.
    """
    if isinstance(source, str | os.PathLike):
        name = f"weights: {plain(os.fspath(source))}"
        content = _content(name, os.fspath(source))
        if content[:6] == b"\x93NUMPY" or os.fspath(source).endswith(".npy"):
            rows = array_of(name, content)
        else:
            rows = _csv(name, content, d)
    else:
        name, rows = "weights", np.asarray(source)
    if rows.dtype.kind not in "fiu":
        raise BadInput(f"{name}: holds {plain(str(rows.dtype))}, expected floats or integers")
    rows = np.asarray(rows.reshape(len(rows), -1) if rows.ndim > 2 else rows, dtype=np.float64)
    if rows.size == 0:
        raise BadInput(f"{name}: it is empty; a row is a step and the {d} entries of w")
    single = rows.ndim <= 1
    rows = np.atleast_2d(rows)
    if rows.shape[1] not in (d, d + 1) or (single and rows.shape[1] != d):
        raise BadInput(
            f"{name}: {rows.shape[1]} columns, expected w of {d} entries"
            + ("" if single else f", or a step and w, {d + 1} numbers")
        )
    for i, k in np.argwhere(~np.isfinite(rows))[:1].tolist():
        raise BadInput(f"{name}: row {i}, column {k}: {rows[i, k]} is not finite")
    if rows.shape[1] == d + 1:
        steps = _steps(name, rows[:, 0])
        if last not in (None, steps[-1]):
            raise BadInput(f"steps={last}: {name} has steps of its own, the last is {steps[-1]}")
        return Log(name, steps, rows[:, 1:])
    if single:
        return Log(name, None if last is None else np.array([last]), rows)
    return Log(name, _even(name, rows, last, np.zeros(d) if start is None else start), rows)


def _content(name: str, path: str) -> bytes:
    try:
        return read_regular(path, MOST_BYTES)
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror}") from None
    except (NotRegular, TooLong, ValueError):
        raise BadInput(f"{name} is no file of at most {MOST_BYTES} bytes") from None


def _csv(name: str, content: bytes, d: int) -> NDArray[np.float64]:
    try:
        lines = io.StringIO(content.decode("utf-8-sig")).read(MOST_BYTES).splitlines()[: MOST_LINES + 1]
    except UnicodeDecodeError:
        raise BadInput(f"{name} is neither .npy nor text in UTF-8") from None
    rows: list[list[float]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split(",")]
        if not rows and number == 1 and not any(map(_is_float, cells)):
            continue  # the names of columns
        if len(cells) != d + 1:
            raise BadInput(
                f"{name}, line {number}: {len(cells)} cells, expected a step and w, {d + 1} numbers"
            )
        wrong = next((cell for cell in cells if not _is_float(cell)), None)
        if wrong is not None:
            raise BadInput(f"{name}, line {number}: {show(wrong)} is not a number")
        rows.append([float(cell) for cell in cells])
    check_shape(name, len(rows), d + 1)
    return np.array(rows)


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _steps(name: str, written: NDArray[np.float64]) -> Steps:
    """The steps that were written down, if they are such."""
    for i, step in enumerate(written.tolist()):
        if step != round(step) or not 0 <= step <= LAST_STEP:
            raise BadInput(f"{name}: row {i}: step={step:g} is no whole number in [0, {LAST_STEP}]")
        if i and step <= written[i - 1]:
            raise BadInput(f"{name}: row {i}: step={step:g} is not above the one before, {written[i - 1]:g}")
    return written.astype(np.int64)


def _even(name: str, rows: NDArray[np.float64], last: int | None, start: NDArray[np.float64]) -> Steps:
    """The steps of iterates at even distances."""
    begins = int(np.array_equal(rows[0], start) and len(rows) > 1)
    pieces = len(rows) - begins
    last = pieces if last is None else last
    if last % pieces:
        raise BadInput(f"steps={last} are not {pieces} pieces of the same length, as {name} has rows")
    return np.arange(1 - begins, pieces + 1) * (last // pieces)

"""Data as a Python program holds them: arrays, data frames, lists of rows, or what names a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from verify.data.arrays import features
from verify.data.arrow import of_table
from verify.data.bounds import check_shape
from verify.data.dataset import Dataset
from verify.data.read import dataset, load
from verify.data.reading import reading
from verify.data.table import Raw, arranged
from verify.data.text import NotANumberError, exactly, show
from verify.errors import BadInput


def given(X: Any, y: Any = None, **options: Any) -> Dataset:
    """The exact data set of features ``X`` (N, d) and labels ``y`` (N), or (N, 1); without labels rows carry theirs.

    ``X`` is an array of numbers, a data frame of pandas, polars or pyarrow (whose names are kept), a sparse matrix, a
    list of rows, or a path, the name of bundled data, a family, a Dataset. A float is the exact dyadic rational that it
    is, text spells a number exactly. ``options`` are those of `verify.data.reading.Reading`.

    Raises BadInput, in one line, for everything that is no such data.
    """
    if isinstance(X, str | os.PathLike | Dataset) and y is not None:
        raise BadInput(f"y={show(y)}: it goes with features; of {show(X)} say label=COLUMN")
    if isinstance(X, Dataset):
        reading(**options).refuse(X.name, "a data set that has been read")
        return X
    if isinstance(X, str | os.PathLike):
        return load(os.fspath(X), **options)
    asked = reading(**options)
    if isinstance(y, str) and asked.label is None and hasattr(X, "columns"):
        asked, y = reading(**{**options, "label": y}), None
    raw = _raw(X, None if y is None else _labels(y))
    if raw.y is not None and asked.label is not None:
        raise BadInput(f"label={show(asked.label)}: the labels are given by y")
    return dataset(arranged(raw, asked), asked, raw.name)


def _raw(X: Any, y: list[Any] | None) -> Raw:
    """The cells of whatever holds them."""
    if hasattr(X, "iloc") and hasattr(X, "columns"):  # pandas; a name may occur twice
        header = [str(column) for column in X.columns]
        columns = [X.iloc[:, k].tolist() for k in range(len(header))]
        return _frame(header, columns, y)
    if hasattr(X, "get_columns"):  # polars
        series = X.get_columns()
        return _frame([each.name for each in series], [each.to_list() for each in series], y)
    if hasattr(X, "column_names") and hasattr(X, "column"):  # pyarrow
        found = of_table("table", X)
        return Raw(found.name, found.rows, found.header, y)
    if hasattr(X, "toarray"):  # scipy.sparse
        check_shape("matrix", *X.shape)
        X = X.toarray()
    if hasattr(X, "detach"):  # torch
        X = X.detach().cpu().numpy()
    if hasattr(X, "__array__"):
        array = np.asarray(X)
        if array.ndim != 2:
            hint = "; reshape(-1, 1) makes it one column" if array.ndim == 1 else ""
            raise BadInput(f"X has shape {array.shape}, expected (N, d){hint}")
        check_shape("X", *array.shape)
        if array.dtype.kind == "b":
            array = array.astype(np.int8)
        if array.dtype.kind in "fiu":
            return Raw(
                "array", features("array", array), None, y, how=f"an array of {array.dtype}", columnar=False
            )
        return Raw(
            "array", [[_cell(entry) for entry in row] for row in array.tolist()], None, y, columnar=False
        )
    if isinstance(X, Mapping):
        return _frame([str(key) for key in X], [list(_listed(f"X[{key!r}]", X[key])) for key in X], y)
    rows = [list(_listed(f"X[{i}]", row)) for i, row in enumerate(_listed("X", X))]
    check_shape("X", len(rows), max(map(len, rows), default=0))
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise BadInput(f"X[{i}] has {len(row)} entries, X[0] has {len(rows[0])}")
    return Raw("rows", [[_cell(entry) for entry in row] for row in rows], None, y, columnar=False)


def _frame(header: list[str], columns: list[list[Any]], y: list[Any] | None) -> Raw:
    check_shape("frame", max(map(len, columns), default=0), len(columns))
    for name, column in zip(header, columns, strict=True):
        if len(column) != len(columns[0]):
            raise BadInput(f"X[{name!r}] has {len(column)} entries, X[{header[0]!r}] has {len(columns[0])}")
    rows = [[_cell(entry) for entry in row] for row in zip(*columns, strict=True)]
    return Raw("frame", rows, header, y, how="the columns of a frame")


def _cell(value: Any) -> Any:
    """A number exactly; nothing, nan and pandas' NA are missing; the rest is text or is refused in its place."""
    if value is None or isinstance(value, str) or type(value).__name__ in ("NAType", "NaTType"):
        return value if isinstance(value, str) else None
    try:
        number = exactly(value)
    except NotANumberError:  # nan or infinite
        return value if value != value else str(value)
    return value if number is None else number


def _labels(y: Any) -> list[Any]:
    """The labels of an array, a series, a frame of one column, or a list."""
    if hasattr(y, "detach"):
        y = y.detach().cpu().numpy()
    for name in ("to_numpy", "to_list", "tolist"):
        if hasattr(y, name):
            y = getattr(y, name)()
            break
    values = list(_listed("y", y.tolist() if hasattr(y, "tolist") else y))
    if values and all(isinstance(value, list | tuple) and len(value) == 1 for value in values):
        values = [value[0] for value in values]
    for i, value in enumerate(values):
        if isinstance(value, list | tuple | dict):
            raise BadInput(f"y[{i}]={show(value)} is no label; y is to have shape (N,) or (N, 1)")
    return [None if type(value).__name__ in ("NAType", "NaTType") else value for value in values]


def _listed(what: str, values: Any) -> Iterable[Any]:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise BadInput(f"{what}={show(values)} has type {type(values).__name__}: not a list or an array")
    return values

"""Parquet and Arrow files as pyarrow and pandas write them: every type that is a number, and what is refused.

They need pyarrow, as the environment of `make test-oldest` has it; without it such files are refused in one line."""

from __future__ import annotations

import datetime
import gzip
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from verify.data import load
from verify.errors import BadInput

pyarrow = pytest.importorskip(
    "pyarrow", reason="pyarrow is not installed: `make test-oldest` installs it and runs these"
)
feather = pytest.importorskip("pyarrow.feather")
parquet = pytest.importorskip("pyarrow.parquet")

X, Y = [[20, 2], [21, 1], [30, 4], [31, 3]], [1, 1, -1, -1]
ROWS = tuple(tuple(Fraction(s * x) for x in row) for row, s in zip(X, Y, strict=True))


def written(folder: Path, table: Any, name: str) -> str:
    """The path of a table in the format that its name says."""
    path = folder / name
    if path.suffix in (".parquet", ".pq"):
        parquet.write_table(table, path, compression="gzip")
    elif path.suffix == ".feather":
        feather.write_feather(table, path, compression="lz4")
    else:
        with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=3)  # two chunks
    return str(path)


def of(kind: Any = None, **columns: list[Any]) -> Any:
    """A table of such columns; ``kind`` is the type of the features."""
    return pyarrow.table({k: pyarrow.array(v, None if k == "y" else kind) for k, v in columns.items()})


A, B = ([row[k] for row in X] for k in range(2))


@pytest.mark.parametrize("name", ["t.parquet", "t.pq", "t.arrow", "t.feather"])
@pytest.mark.parametrize(
    "kind",
    [
        "int8",
        "uint8",
        "int16",
        "uint16",
        "int32",
        "uint32",
        "int64",
        "uint64",
        "float16",
        "float32",
        "float64",
    ],
)
def test_every_number_is_read_in_every_format(kind: str, name: str, tmp_path: Path) -> None:
    if kind == "float16":
        columns = {"a": pyarrow.array(np.array(A, np.float16)), "b": pyarrow.array(np.array(B, np.float16))}
        table = pyarrow.table(columns | {"y": pyarrow.array(Y)})
    else:
        table = of(pyarrow.type_for_alias(kind), a=A, b=B, y=Y)
    found = load(written(tmp_path, table, name))
    assert (found.rows, found.columns) == (ROWS, ("a", "b"))


def test_decimals_and_text_are_exact_and_floats_dyadic(tmp_path: Path) -> None:
    tenth = [Decimal("0.1"), Decimal("0.2")]
    table = pyarrow.table({"a": tenth, "b": ["1/3", "0.25"], "c": [0.1, 0.5], "y": [True, True]})
    found = load(written(tmp_path, table, "t.parquet"), label="none", features="a,b,c")
    assert found.rows[0] == (Fraction(1, 10), Fraction(1, 3), Fraction(0.1))
    assert found.rows[1] == (Fraction(1, 5), Fraction(1, 4), Fraction(1, 2))


def test_labels_are_dictionaries_of_words_or_truths(tmp_path: Path) -> None:
    words = pyarrow.array(["ok", "ok", "bad", "bad"]).dictionary_encode()
    found = load(
        written(tmp_path, pyarrow.table({"a": A, "b": B, "side": words}), "t.parquet"),
        label="side",
        positive="ok",
    )
    assert found.rows == ROWS
    truths = pyarrow.table({"a": A, "b": B, "y": [True, True, False, False]})
    assert load(written(tmp_path, truths, "u.feather")).rows == ROWS


def test_a_frame_of_pandas_comes_without_its_index_and_one_hot(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": A, "kind": ["r", "g", "r", "g"], "y": Y}, index=[9, 7, 5, 3])
    frame.to_parquet(tmp_path / "t.parquet")
    found = load(str(tmp_path / "t.parquet"), one_hot=True)
    assert found.columns == ("a", "kind=r", "kind=g") or found.columns == ("a", "kind=g", "kind=r")
    assert found.rows[0] == (20, *([1, 0] if found.columns[1] == "kind=r" else [0, 1]))


def test_a_packed_file_is_read(tmp_path: Path) -> None:
    path = Path(written(tmp_path, of(a=A, b=B, y=Y), "t.arrow"))
    (tmp_path / "t.arrow.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert load(str(tmp_path / "t.arrow.gz")).rows == ROWS


GAP = {"a": [20, None, 30], "b": [2, 1, 4], "y": [1, 1, -1]}


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (GAP, "row 1, column 0 ('a'): "),
        ({"a": [20.0, float("nan"), 3.0], "y": [1, 1, -1]}, "row 1, column 0 ('a'): nan is not finite"),
        ({"a": [datetime.date(2026, 1, 2)] * 2, "y": [1, -1]}, "row 0, column 0 ('a'): "),
        ({"a": [[1, 2], [3, 4]], "y": [1, -1]}, "row 0, column 0 ('a'): "),
        ({"a": ["high", "low"], "y": [1, -1]}, "'high' is not a number; --one-hot reads words"),
        ({"a": [1, 2], "outcome": ["x", "y"]}, "('outcome') looks like a label: give --label outcome"),
    ],
)
def test_what_is_no_number_is_refused_with_its_place(
    columns: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput) as caught:
        load(written(tmp_path, pyarrow.table(columns), "t.parquet"))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_samples_with_a_missing_value_are_left_out_where_asked(tmp_path: Path) -> None:
    assert load(written(tmp_path, pyarrow.table(GAP), "t.feather"), missing="drop").rows == (
        (20, 2),
        (-30, -4),
    )


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow"])
@pytest.mark.parametrize(
    "damage", [lambda whole: whole[: len(whole) // 2], lambda whole: b"", lambda whole: whole[8:]]
)
def test_a_damaged_file_is_refused_in_one_line(name: str, damage: Any, tmp_path: Path) -> None:
    path = Path(written(tmp_path, of(a=A, b=B, y=Y), name))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BadInput, match=f"not a readable .{name[2:]} file"):
        load(str(path))

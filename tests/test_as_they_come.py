"""Data as people have them: each file of the table is read as said there, or refused in the line that is said there."""

from __future__ import annotations

import gzip
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from as_they_come.other_means import linf_margin
from as_they_come.table import FILES, TABLE, Line
from command import run

from verify.data import arrow, load
from verify.errors import BadInput

ANSWERED = [line for line in TABLE if line.frame is not None]


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.id)
def test_each_file_has_its_answer_or_its_refusal(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["margin", str(FILES / line.file), "--norm", "linf", *line.options.split(), "--json", "-"])
    out, err = capsys.readouterr()
    if line.refused:
        assert (status, out) == (2, "")
        assert line.refused in err
        assert len(err.splitlines()) == 1
        return
    assert (status, err) == (0, "")
    document = json.loads(out)
    if "." in line.answer:
        assert float(document["margin"]) == pytest.approx(float(line.answer), rel=1e-9)
    else:
        assert document["margin_exact"] == line.answer
    assert document["asked"]["reading"]["how"]


@pytest.mark.slow
@pytest.mark.parametrize("line", ANSWERED, ids=lambda line: line.id)
def test_other_programs_find_the_answers(line: Line) -> None:
    assert line.frame is not None
    assert linf_margin(line.frame(FILES / line.file)) == line.answer


def test_every_file_is_in_the_table() -> None:
    assert {path.name for path in FILES.iterdir()} == {line.file for line in TABLE} | {"p.parquet"}


def test_parquet_is_read_where_pyarrow_is_and_else_refused(capsys: pytest.CaptureFixture[str]) -> None:
    path = FILES / "p.parquet"
    status = run(["margin", str(path), "--norm", "linf", "--positive", "ok", "--intercept", "--json", "-"])
    out, err = capsys.readouterr()
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        assert (status, out) == (2, "")
        assert "which is not installed: pip install 'marginproof[arrow]', or save as CSV" in err
    else:
        assert (status, json.loads(out)["margin_exact"]) == (0, "31/58")


class Table:
    """As much of a pyarrow.Table as is asked of one."""

    column_names = ("temp", "label", "__index_level_0__")

    def column(self, k: int) -> Table:
        self.k = k
        return self

    def to_pylist(self) -> list[object]:
        return [[20.5, 30.0], ["ok", "defect"], [0, 1]][self.k]


def test_the_index_that_pandas_writes_into_a_table_is_left_out() -> None:
    raw = arrow.of_table("t", Table())
    assert raw.header == ["temp", "label"]
    assert raw.rows == [[20.5, "ok"], [30.0, "defect"]]


@pytest.mark.parametrize(
    ("file", "options", "squared"),
    [
        # Support vector machines find these: 2 sqrt 2, sqrt 2 and sqrt(1/2).
        ("cv6.csv", "--label 2", "8"),
        ("handsvm.csv", "--label side --positive pos", "2"),
        ("svc3.csv", "", "1/2"),
    ],
)
def test_a_free_intercept_gives_the_margin_of_a_support_vector_machine(
    file: str, options: str, squared: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = tmp_path / "proof.json"
    words = [
        "--norm",
        "l2",
        *options.split(),
        "--intercept",
        "free",
        "--certificate",
        str(proof),
        "--json",
        "-",
    ]
    assert run(["margin", str(FILES / file), *words]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["margin_squared_exact"] == squared
    assert run(["check", str(proof)]) == 0
    counted = run(["margin", str(FILES / file), *words[:-5], "--intercept", "--json", "-"])
    found = json.loads(capsys.readouterr().out.partition("{")[2].join(["{", ""]))
    assert counted == 0
    assert Fraction(found["margin_squared_exact"]) < Fraction(squared)  # the norm counts it: a smaller margin


def test_an_optimizer_knows_no_free_intercept(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--label", "2", "--intercept=free", "--optimizer", "gd"]
    assert run(["predict", str(FILES / "cv6.csv"), *words]) == 2
    assert "intercept=free: only margins leave it out" in capsys.readouterr().err


ROWS = [[20, 2, 1], [21, 1, 1], [30, 4, -1], [31, 3, -1]]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "f16", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
def test_arrays_of_every_type_and_byte_order_are_the_same_data(kind: str, order: str, tmp_path: Path) -> None:
    table = np.array(ROWS)
    dtype = np.dtype(np.longdouble if kind == "f16" else kind).newbyteorder(order)
    X, y = table[:, :2].astype(dtype), table[:, 2:].astype(f"{order}i2")
    np.save(tmp_path / "a.npy", np.asfortranarray(X))
    np.savez_compressed(tmp_path / "a.npz", X=X, y=y)
    assert load(str(tmp_path / "a.npy")).rows == tuple(
        tuple(map(Fraction, row)) for row in table[:, :2].tolist()
    )
    absorbed = tuple(tuple(Fraction(s * x) for x in row) for *row, s in ROWS)
    assert load(str(tmp_path / "a.npz")).rows == absorbed


# What a file may hold, under a name, that is ROWS; and options.
DRESSES = {
    "excel.csv": ("sep=;\n20;2;1\n21;1;1\n30;4;-1\n31;3;-1\n", {"label": "2"}),
    "quoted.csv": ('"a ; b","c","label"\n"20","2","1"\n"21","1","1"\n30,4,-1\n31,3,-1\n', {}),
    "truth.csv": ("a,b,label\n20,2,True\n21,1,True\n30,4,False\n31,3,False\n", {}),
    "comma.tsv": (
        'a\tb\tlabel\n"20,0"\t2\t1\n21\t"1,00"\t1\n30\t4\t-1\n31\t3\t-1\n',
        {"decimal_comma": True},
    ),
    "numbered.csv": ("id,a,b,y\n7,20,2,1\n3,21,1,1\n5,30,4,-1\n9,31,3,-1\n", {"drop": "id"}),
    "picked.csv": ("b,junk,a,y\n2,x,20,1\n1,y,21,1\n4,z,30,-1\n3,x,31,-1\n", {"features": "a,b"}),
    "zero.libsvm": ("1 0:20 1:2\n1 0:21 1:1\n-1 0:30 1:4\n-1 0:31 1:3 # the end\n", {}),
    "columns.json": ('{"a": [20, 21, 30, 31], "b": ["2", 1, 4, 3], "label": [1, 1, -1, -1]}', {}),
    "split.json": (
        '{"columns": ["a", "b", "y"], "index": [0, 1, 2, 3],'
        ' "data": [[20, 2, 1], [21, 1, 1], [30, 4, -1], [31, 3, -1]]}',
        {},
    ),
    "gap.csv": ("a,b,y\n20,2,1\n21,1,1\n5,#N/A,1\n30,4,-1\n31,3,-1\n6,6,\n", {"missing": "drop"}),
}


@pytest.mark.parametrize("name", DRESSES)
def test_one_table_in_many_dresses(name: str, tmp_path: Path) -> None:
    text, options = DRESSES[name]
    (tmp_path / name).write_text(text)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    absorbed = tuple(tuple(Fraction(s * x) for x in row) for *row, s in ROWS)
    for path in (name, f"{name}.gz"):
        assert load(str(tmp_path / path), **options).rows == absorbed


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("id,a,y\n5,1,1\n3,2,1\n9,3,1\n2,4,-1\n1,5,-1\n", {}, "('id') names each row by a number: --drop 0"),
        ("a,id,y\n5,1,1\n3,3,1\n9,2,1\n2,4,-1\n1,5,-1\n", {}, "('id') names each row by a number: --drop 1"),
        ("n,a,y\n" + "".join(f"{i},{i * i},1\n" for i in range(1, 7)), {}, "('n') numbers the rows: --drop 0"),
        ("".join(f"{i},{i * i}\n" for i in range(10)), {}, "column 0 numbers the rows"),
        ("".join(f"{(-1) ** i},{i}.5,2\n" for i in range(10)), {}, "column 0 holds only -1 and 1: if it is the label"),
        ("a,outcome\n1,1\n2,1\n", {}, "('outcome') looks like a label: give --label outcome"),
        ("a;y\n1.234,5;1\n2;-1\n", {"decimal_comma": True}, "'1.234,5' is not a number"),
        ("a,y\n1,1\n2,-1\n", {"standardize": True, "scale": True}, "a feature can be scaled in one way only"),
        ("a,b,y\n1,5,1\n2,5,-1\n", {"standardize": True}, "'b' is constant: standardize leaves nothing of it"),
    ],
)  # fmt: skip
def test_what_is_surely_not_meant_is_refused(
    text: str, options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(BadInput) as caught:
        load(str(tmp_path / "d.csv"), **options)
    assert said in str(caught.value)


def test_rows_that_carry_their_labels_may_have_an_intercept(tmp_path: Path) -> None:
    rows = [[i + 0.5, i * i, (-1) ** i] for i in range(1, 13)]
    (tmp_path / "d.csv").write_text("".join(f"{','.join(map(str, row))}\n" for row in rows))
    np.save(tmp_path / "d.npy", np.array(rows)[:, ::-1])
    assert load(str(tmp_path / "d.csv")).d == load(str(tmp_path / "d.npy")).d == 3


@pytest.mark.parametrize("options", [{"features": "0,1"}, {"label": "none", "features": "0"}])
def test_what_is_meant_after_all_is_named(options: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("".join(f"{i},{i * i}\n" for i in range(1, 11)))
    assert load(str(tmp_path / "d.csv"), **options).n == 10

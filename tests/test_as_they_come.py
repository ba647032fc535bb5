"""Data as people have them: each file of the table is read as said there, or refused in the line that is said there."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from as_they_come.other_means import linf_margin
from as_they_come.table import FILES, TABLE, Line
from command import run

from verify.data import arrow

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
        assert "p.parquet: .parquet files are read by pyarrow, which is not installed; save as CSV" in err
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

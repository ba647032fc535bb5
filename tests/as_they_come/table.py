"""The table: a file, what is asked of it, and the answer, or a part of the one-line refusal.

An answer is the l_inf margin (of the command ``margin FILE --norm linf OPTIONS``), exactly where that is short, else to
12 digits. How a file is read otherwise stands beside it: ``frame`` makes the rows by pandas or NumPy, an intercept
included; `other_means` then solves the linear program by HiGHS, or exactly by SymPy, and must find the answer.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FILES = Path(__file__).parent / "files"

Frame = Callable[[Path], Any]


@dataclass(frozen=True)
class Line:
    """A line of the table; ``refused`` has no answer and no frame."""

    file: str
    options: str = ""
    answer: str = ""
    frame: Frame | None = None
    refused: str = ""

    @property
    def id(self) -> str:
        """As the tests are called."""
        return f"{self.file} {self.options}".strip()


def csv(label: str = "label", positive: Any = "ok", intercept: bool = True, **options: Any) -> Frame:
    """Features times labels of what pandas reads with these options."""

    def rows(path: Path) -> Any:
        table = pd.read_csv(path, **options)
        y = np.where(table[label] == positive, 1, -1)
        X = pd.get_dummies(table.drop(columns=[label]), dtype=float).to_numpy(dtype=float)
        X = np.column_stack([X, np.ones(len(X))]) if intercept else X
        return X * y[:, None]

    return rows


def bare(path: Path) -> Any:
    """Rows that carry their labels; fractions are what they spell."""
    from fractions import Fraction

    text = pd.read_csv(path, header=None, dtype=str)
    return np.array([[Fraction(cell) for cell in row] for row in text.to_numpy()], dtype=object)


def npz(X: str, y: str) -> Frame:
    def rows(path: Path) -> Any:
        held = np.load(path)
        return held[X] * np.where(held[y].reshape(-1) == 1, 1, -1)[:, None]

    return rows


def _json(orient: str) -> Frame:
    return lambda path: csv()(io.StringIO(pd.read_json(path, orient=orient).to_csv(index=False)))  # type: ignore[arg-type]


def _libsvm(path: Path) -> Any:
    lines = [line.split() for line in path.read_text().splitlines()]
    X = [[float(cell.partition(":")[2]) for cell in cells] + [1.0] for _, *cells in lines]
    return np.array(X) * np.array([float(y) for y, *_ in lines])[:, None]


# One small table in many dresses: two features of six samples, with an intercept.
DRESS = "31/58"
OK = "--positive ok --intercept"

TABLE = (
    Line("excel_bom_crlf.csv", OK, DRESS, csv(encoding="utf-8-sig")),
    Line("mac_cr.csv", OK, DRESS, csv(lineterminator="\r")),
    Line("gz.csv.gz", OK, DRESS, csv()),
    Line("r.tsv", OK, DRESS, csv(sep="\t")),
    Line("eu_semicolon.csv", f"{OK} --label status --decimal-comma", DRESS, csv("status", sep=";", decimal=",")),
    Line("eu_semicolon.csv", f"{OK} --label status", refused="'20,5' is not a number; a decimal comma is read with"),
    Line("eu_semicolon.csv", OK, refused="column 2 ('status') looks like a label: give --label status"),
    Line("semicolon_quoted.csv", f"{OK} --label status", DRESS, csv("status", sep=";")),
    Line("libsvm.txt", "--intercept", DRESS, _libsvm),
    Line("pd_default.json", OK, DRESS, _json("columns")),
    Line("records.json", OK, DRESS, _json("records")),
    Line("arr01.npz", "", DRESS, npz("arr_0", "arr_1")),
    Line("data_target.npz", "", DRESS, npz("data", "target")),
    Line("y2d.npz", "", DRESS, npz("X", "y")),
    Line("pandas_index.csv", OK, refused="column 0 has no name in the header; if it numbers the rows, --drop 0"),
    Line("pandas_index.csv", f"{OK} --drop 0", DRESS, csv(index_col=0)),
    Line("pandas_index.csv", f"{OK} --features temp,weight --drop 0", DRESS, csv(index_col=0)),
    Line("date.csv", OK, refused="column 0 ('date'): '2024-01-01' is not a number; --drop leaves the column out"),
    Line("date.csv", f"{OK} --drop date", DRESS, csv(usecols=["temp", "weight", "label"])),
    Line("r_writetable_space.csv", OK, refused="separated by spaces; use commas"),
    Line("weka.arff", OK, refused="unknown extension '.arff'; known: .csv"),
    Line("object.npy", "", refused="holds Python objects, which are never loaded"),
    # missing values, words, percentages, thousands
    Line("missing_NA.csv", OK, refused="line 4, column 1 ('weight'): 'NA' is not a number, a missing value; --missing"),
    Line("missing_NA.csv", f"{OK} --missing drop", "31/58", lambda path: _complete(path)),
    Line("missing_empty.csv", OK, refused="line 4, column 1 ('weight'): '' is empty, a missing value; --missing drop"),
    Line("missing_empty.csv", f"{OK} --missing drop", "31/58", lambda path: _complete(path)),
    Line("missing_q.csv", OK, refused="line 4, column 1 ('weight'): '?' is not a number, a missing value; --missing"),
    Line("missing_q.csv", f"{OK} --missing drop", "31/58", lambda path: _complete(path)),
    Line("categorical.csv", OK, refused="line 2, column 1 ('colour'): 'red' is not a number; --one-hot reads words"),
    Line("categorical.csv", f"{OK} --one-hot", "22/73", csv()),
    Line("bool_feature.csv", "--intercept", "119/212", csv(positive=1)),
    Line("percent.csv", OK, refused="line 2, column 1 ('share'): '12%' is not a number; write 12% as 0.12"),
    Line("thousands.csv", OK, refused="'20,500' is not a number; a decimal comma is read with --decimal-comma"),
    Line("thousands.csv", f"{OK} --drop income", "1/3", csv(usecols=["age", "label"])),
    # separable or not
    Line("barely.csv", "", "1/20000000000000", bare),
    Line("barely_not.csv", "", refused="not separable: 0.5 x_0 + 0.5 x_1 + 1e-13 x_2 = 0, weights rounded"),
    Line("binary2x2.csv", "", refused="row 2 is zero"),
    Line("binary2x2.csv", "--intercept", "1/2", csv(positive=1)),
    Line("clouds.csv", "", refused="not separable"),
    Line("clouds.csv", "--intercept", "263913/645965", csv("y", 1)),
    Line("complete8.csv", "--intercept", "3/8", csv("Y", 1)),
    Line("handsvm.csv", "", refused="column 2 ('side') looks like a label: give --label side"),
    Line("handsvm.csv", "--label side --positive pos --intercept", "1", csv("side", "pos")),
    Line("svc3.csv", "--intercept", "1/9", csv(positive=1)),
    # As logistic regression has them (Albert and Anderson 1984).
    Line("overlap.csv", "--intercept", refused="the classes overlap, and all coefficients of logistic regression stay"),
    Line("quasi1d.csv", "--intercept", refused="the coefficient of 'dose' diverges, 'intercept' stays finite"),
    Line("quasi10.csv", "--intercept", refused="the coefficients of 'X1', 'intercept' diverge, 'X2' stays finite"),
    Line("oneclass_cell.csv", "--intercept", refused="all but 5 of 8 rows can be separated; of logistic regression the "
         "coefficient of 'exposed' diverges, 'age', 'intercept' stay finite"),
    Line("scales.csv", "", "67/631250000000000", csv(positive=1, intercept=False)),
    Line("make_classification.csv", "", "10.043168002", csv("y", 1, intercept=False)),
    Line("sonar_like.csv", "", refused="line 1, column 60: 'R' is not a number; if it is the label"),
    Line("sonar_like.csv", "--label 60 --positive R", "0.0960834270176", csv(60, "R", intercept=False, header=None)),  # type: ignore[arg-type]
    Line("wdbc_like.csv", "--label 1 --positive M --intercept", refused="column 0 names each row by a number: --"),
    Line(
        "wdbc_like.csv",
        "--label 1 --positive M --drop 0 --intercept",
        "1.03737043231",
        lambda path: csv(1, "M", header=None, usecols=range(1, 32))(path),  # type: ignore[arg-type]
    ),
    # rows that carry their labels
    Line("continuum-called-attracting.csv", "", "1", bare),
    Line("cv6.csv", "", "24/7", bare),
    Line("diverging-gd.csv", "", "1", bare),
    Line("dup2.csv", "", "1", bare),
    Line("dup4.csv", "", "1", bare),
    Line("false-underflow.csv", "", "1", bare),
    Line("ngd-batch1.csv", "", "2", bare),
    Line("one-batch-support.csv", "", "1", bare),
    Line("quarter.csv", "", "5/4", bare),
    Line("replacement-crash.csv", "", "1/3", bare),
    Line("runaway.csv", "", "5", bare),
    Line("sign0.csv", "", "1", bare),
    Line("signum-zero-entry.csv", "", "1", bare),
    Line("small_grad.csv", "", "3/128", bare),
    Line("three.csv", "", "31/6", bare),
    Line("three4.csv", "", "31/24", bare),
    Line("unit.csv", "", "1", bare),
    Line("zero_column.csv", "", "5/4", bare),
)  # fmt: skip


def _complete(path: Path) -> Any:
    table = pd.read_csv(path, na_values=["?"]).dropna()
    return csv()(io.StringIO(table.to_csv(index=False)))  # type: ignore[arg-type]

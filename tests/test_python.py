"""`import marginproof`: data and options as Python programs hold them, and answers that behave like values."""

from __future__ import annotations

import doctest
import json
import os
import pickle
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import marginproof
from marginproof import BadInput

ROWS = [[1, -4, -1], [3, -3, 5], [4, -1, -4]]
TABLE = pd.DataFrame({"age": [31.5, 40.0, 22.25], "dose": [1, 2, 4]})
OUTCOME = ["well", "sick", "sick"]


@pytest.mark.slow
def test_the_examples_of_the_docstrings_run() -> None:
    found = doctest.testmod(marginproof, optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    assert found.attempted > 20
    assert found.failed == 0


def test_every_public_name_is_there() -> None:
    for name in marginproof.__all__:
        assert getattr(marginproof, name) is not None
    assert set(marginproof.__all__) < set(dir(marginproof))
    assert marginproof.__version__[:1].isdigit()
    with pytest.raises(AttributeError, match="nonsense"):
        marginproof.nonsense  # noqa: B018


# --- data


@pytest.mark.parametrize(
    "X",
    [
        ROWS,
        tuple(map(tuple, ROWS)),
        [[str(entry) for entry in row] for row in ROWS],
        [[Fraction(entry) for entry in row] for row in ROWS],
        np.array(ROWS),
        np.array(ROWS, dtype=np.float16),
        np.array(ROWS, dtype=">f8"),
        np.array(ROWS, dtype=object),
        pd.DataFrame(ROWS),
        {"a": [1, 3, 4], "b": [-4, -3, -1], "c": [-1, 5, -4]},
    ],
    ids=lambda X: type(X).__name__,
)
def test_rows_of_every_type_are_the_same_data(X: Any) -> None:
    assert marginproof.load(X).rows == marginproof.load(ROWS).rows


@pytest.mark.parametrize(
    "y",
    [
        OUTCOME,
        np.array(OUTCOME),
        np.array(OUTCOME)[:, None],
        np.array(OUTCOME, dtype=object),
        pd.Series(OUTCOME),
        pd.Series(OUTCOME, dtype="category"),
        pd.DataFrame({"outcome": OUTCOME}),
    ],
    ids=lambda y: type(y).__name__,
)
def test_labels_of_every_type_are_the_same_data(y: Any) -> None:
    data = marginproof.load(TABLE, y, positive="sick", intercept=True)
    assert data.columns == ("age", "dose", "intercept")
    assert data.rows[0] == (Fraction(-63, 2), -1, -1)
    assert data.rows[1:] == ((40, 2, 1), (Fraction(89, 4), 4, 1))


@pytest.mark.parametrize(
    "y", [[False, True, True], [0, 1, 1], [-1, 1, 1], [0.0, 1.0, 1.0], np.array([0, 1, 1], bool)]
)
def test_labels_that_are_truth_or_signs_need_no_positive(y: Any) -> None:
    assert marginproof.load(TABLE, y).rows[0] == (Fraction(-63, 2), -1)


def test_a_label_column_of_a_frame_is_named() -> None:
    table = TABLE.assign(outcome=OUTCOME)
    for data in (
        marginproof.load(table, label="outcome", positive="sick"),
        marginproof.load(table, "outcome", positive="sick"),
    ):
        assert data.rows == marginproof.load(TABLE, OUTCOME, positive="sick").rows


def test_a_float_is_the_dyadic_that_it_is_and_text_is_exact() -> None:
    assert marginproof.load([[0.1]]).rows == ((Fraction(0.1),),)
    assert marginproof.load([["0.1"]]).rows == ((Fraction(1, 10),),)
    for beta2, exact in (
        (0.99, Fraction(0.99)),
        ("0.99", Fraction(99, 100)),
        (Fraction(1, 3), Fraction(1, 3)),
    ):
        answer = marginproof.predict(ROWS, None, "adam", beta2=beta2, steps=0, margins="none", digits=0)
        assert answer.to_dict()["asked"]["hyperparameters"]["beta2"] == str(exact)


@pytest.mark.parametrize(
    ("named", "X", "y", "options"),
    [
        ("row 1, column 0 ('age'): nan is not finite, a missing value", TABLE.assign(age=[1.0, np.nan, 2.0]), None, {}),
        ("row 0, column 1 ('dose'): nan is not", TABLE.assign(dose=np.array([np.nan, "1", "2"], object)), None, {}),
        ("'high' is not a number; --one-hot reads words", TABLE.assign(dose=["high", "low", "low"]), None, {}),
        ("X[1] has 1 entries, X[0] has 2", [[1, 2], [3]], None, {}),
        ("X has shape (3,), expected (N, d); reshape(-1, 1)", np.ones(3), None, {}),
        ("X[0]='1' has type int", [1, 2], None, {}),
        ("row 0, column 0: '<object", [[object()]], None, {}),
        ("y has 2 labels, X has 3 rows", ROWS, [1, 0], {}),
        ("labels 'well', 'sick': say with --positive", TABLE, OUTCOME, {}),
        ("not among the labels 'well', 'sick' (did you mean sick?)", TABLE, OUTCOME, {"positive": "Sick"}),
        ("not a column; there are 'age', 'dose' (did you mean dose?)", TABLE, None, {"features": ["doses"]}),
        ("neither a file nor one of iris", "irs", None, {}),
        ("(did you mean iris?)", "irs", None, {}),
        ("label='age': the labels are given by y", TABLE, OUTCOME, {"label": "age"}),
        ("y='x': it goes with features", "iris", "x", {}),
        ("missing='skip' is neither refuse nor drop", TABLE, None, {"missing": "skip"}),
        ("standardise: no option of reading (did you mean standardize?)", TABLE, None, {"standardise": True}),
    ],
)  # fmt: skip
def test_what_is_no_data_is_one_line_with_the_value(
    named: str, X: Any, y: Any, options: dict[str, Any]
) -> None:
    with pytest.raises(BadInput) as caught:
        marginproof.load(X, y, **options)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("named", "asked"),
    [
        ("optimizer=Adam is none of", {"optimizer": "Adam"}),
        ("(did you mean adam?)", {"optimizer": "Adam"}),
        ("beat2=1/2: adam has no such hyperparameter", {"beat2": "1/2"}),
        ("beta2='often' is not a number", {"beta2": "often"}),
        ("lr=-0.5 is not positive", {"lr": "-0.5"}),
        ("steps=2.5 is not a whole number", {"steps": 2.5}),
        ("batch-size=9 is more than the number of samples", {"batch_size": 9}),
        ("start='1,2' has 2 entries", {"start": "1,2"}),
        ("start='1' has type int", {"start": 1}),
        ("margins=some is none of", {"margins": "some"}),
        ("set='x' is not NAME=VALUE", {"set": "x"}),
    ],
)
def test_what_cannot_be_asked_is_one_line_with_the_value(named: str, asked: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        marginproof.predict(ROWS, **asked)
    assert named in str(caught.value)


def test_features_are_scaled_exactly_and_the_factors_are_told() -> None:
    data = marginproof.load(TABLE, [1, 0, 0], scale=True)
    assert data.origin.factors == (40, 4)
    assert data.rows[2] == (Fraction(-89, 160), -1)
    data = marginproof.load(TABLE, [1, 0, 0], standardize=True)
    columns = np.array([[float(x) for x in row] for row in data.rows]) * [[1], [-1], [-1]]
    assert np.allclose(columns.mean(axis=0), 0, atol=1e-15)
    assert np.allclose(columns.std(axis=0), 1, atol=2**-22)  # a root is rounded to 24 bits
    shift, factor = data.origin.shifts[1], data.origin.factors[1]
    assert shift == Fraction(7, 3)
    assert data.rows[2][1] * factor == -(4 - shift)  # exactly
    assert marginproof.max_margin(data, norm="linf").to_dict()["asked"]["reading"]["factors"][1] == str(
        factor
    )


# --- answers


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    few = {"steps": 0, "margins": "none", "digits": 0}
    return {
        "predict": marginproof.predict(TABLE, [1, 0, 0], "gd", intercept=True, **few),
        "max_margin": marginproof.max_margin(ROWS, norm="linf"),
        "free": marginproof.max_margin(TABLE, [1, 0, 0], intercept="free"),
        "simulate": marginproof.simulate(ROWS, optimizer="gd", steps=20),
        "locate": marginproof.locate(ROWS, optimizer="gd", weights=[[4, 1, 1], [9, 2.5, 2]]),
        "diagnose": marginproof.diagnose(ROWS, optimizer="gd", dtype="float16", steps=20),
        "check_rule": marginproof.check_rule("gd"),
        "check": marginproof.check(marginproof.max_margin(ROWS, norm="linf").certificate(), ROWS),
        "derive": marginproof.derive("ema-steady-state", measure=False)[0],
        "verify": marginproof.verify(["false-signum-fixed-beta"])[0],
    }


DRAWN = ["predict", "max_margin", "free", "simulate", "locate", "diagnose"]
NAMES = [*DRAWN, "check_rule", "check", "derive", "verify"]


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_is_a_value(name: str, answers: dict[str, Any]) -> None:
    answer = answers[name]
    again = pickle.loads(pickle.dumps(answer))
    assert again == answer
    assert hash(again) == hash(answer)
    assert str(again) == str(answer)
    assert answer != answers["check" if name != "check" else "predict"]
    assert len(repr(answer)) < 300
    assert "\n" not in repr(answer)
    assert json.loads(json.dumps(answer.to_dict(), allow_nan=False)) == answer.to_dict()
    assert "<table" in answer._repr_html_()
    with pytest.raises(AttributeError, match="nonsense"):
        answer.nonsense  # noqa: B018


@pytest.mark.parametrize("name", DRAWN)
def test_an_answer_is_drawn_into_given_axes(name: str, answers: dict[str, Any]) -> None:
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    assert answers[name].plot(ax=axes) is axes
    assert axes.get_title()
    assert axes.get_xlabel()
    answers["check"].found  # noqa: B018
    with pytest.raises(BadInput, match="nothing to draw"):
        answers["check"].plot()


@pytest.mark.parametrize("name", ["predict", "max_margin", "simulate", "locate", "diagnose"])
def test_an_answer_says_all_that_was_asked(name: str, answers: dict[str, Any]) -> None:
    asked = answers[name].to_dict()["asked"]
    assert {"data", "shape", "samples", "names", "reading", "version"} < set(asked)
    if name != "max_margin":
        assert {"optimizer", "hyperparameters", "lr", "decay", "loss", "batch_size", "order", "eps"} < set(
            asked
        )


def test_two_answers_differ_where_the_question_does() -> None:
    few = {"optimizer": "gd", "steps": 20}
    assert marginproof.simulate(ROWS, **few) == marginproof.simulate(np.array(ROWS, float), **few)
    assert marginproof.simulate(ROWS, **few) != marginproof.simulate(ROWS, **few, seed=1)


def test_a_forged_certificate_is_refused_with_the_reason() -> None:
    proof = marginproof.max_margin(ROWS, norm="linf").certificate()
    assert marginproof.check(proof).valid
    proof["claim"]["margin"] = "5"
    forged = marginproof.check(proof)
    assert not forged.valid
    assert forged.statement is None
    assert forged.reason
    with pytest.raises(BadInput, match="certificate"):
        marginproof.check({1, 2})


def test_a_hunt_leaves_nothing_and_says_how_to_find_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = marginproof.hunt("false-per-sample-l2", cases=20, seed=0)
    assert found.violation.again.startswith("case([[")
    assert "--seed 0" in found.violation.command
    assert {path.name for path in tmp_path.iterdir()} <= {".hypothesis"}
    assert pickle.loads(pickle.dumps(found)) == found


@pytest.mark.parametrize("name", ["verify", "properties"])
def test_another_package_of_our_name_is_told_in_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").write_text("")
    path = os.pathsep.join([str(tmp_path), str(Path(marginproof.__file__).parent)])
    code = "import marginproof; marginproof.main()"
    run = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path}, cwd=tmp_path, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    (line,) = run.stderr.splitlines()
    assert f"needs its own package {name}" in line
    assert str(tmp_path / f"{name}.py") in line

"""Data families of one's own, from files."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from command import file_of, run

from marginproof import BadInput
from verify.data import Dataset, gaussian, load, scaled_rademacher, shifted_diagonal
from verify.data.families import FAMILIES

CODE = """
import numpy as np
from marginproof import Dataset, Family
from verify.data.families.family import rational

def band(n, d, seed=0, width=1):
    draw = np.random.Generator(np.random.PCG64(seed))
    return 1 + draw.random((n, d)) * float(width)

BAND = Family("band", band, {"width": rational})
TEXTS = Family("texts", lambda n: [["1/3", "2"]] * n)
ITSELF = Family("itself", lambda: Dataset("mine", ((1, 2),)))
RAISES = Family("raises", lambda n: [[1 / (n - 7)]])
RAGGED = Family("ragged", lambda: [[1, 2], [3]])
NOT_FINITE = Family("not-finite", lambda: [[float("nan")]])
ZERO = Family("zero", lambda: [[0, 0]])
NOTHING = Family("nothing", lambda: None)
WORDS = Family("words", lambda: [["one"]])
HUGE = Family("huge", lambda n: np.ones((1, 1)).repeat(5_000_000, axis=0))
"""


_file = file_of(CODE)


def test_a_family_of_ones_own_gives_exact_rows_and_a_name_that_gives_them_again(file: Path) -> None:
    data = load(f"{file}:BAND:n=3,d=2,seed=5,width=1/2")
    assert (data.n, data.d) == (3, 2)
    assert all(1 <= entry <= Fraction(3, 2) for row in data.rows for entry in row)
    assert load(data.name) == data
    assert load(f"{file}:BAND:n=3,d=2,seed=6,width=1/2").rows != data.rows
    assert load(f"{file}:TEXTS:n=2").rows == ((Fraction(1, 3), Fraction(2)),) * 2
    assert load(f"{file}:ITSELF") == Dataset(f"{file}:ITSELF", ((Fraction(1), Fraction(2)),))


def test_commands_take_it(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = f"{file}:BAND:n=3,d=2"
    assert run(["margin", spec, "--norm", "l2", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["norm"] == "l2"
    assert run(["margin", spec, "--norm", "l2", "--json", str(file)]) == 2
    assert "mine.py" in capsys.readouterr().err
    assert file.read_text() == CODE
    assert run(["margin", spec, "--norm", "l2", "--label", "y"]) == 2


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("BAND:n=3", "missing parameter d"),
        ("BAND:n=3,d=x", "d='x' is not a nonnegative integer"),
        ("BAND:n=3,d=2,width=wide", "width='wide' is not a number"),
        ("BAND:n=3,d=2,depth=1", "unknown parameter 'depth'; it has n, d, seed, width"),
        ("BAND:n=3,d=2,seed", "'seed' is not name=value"),
        ("BNAD:n=3", r"has no BNAD, it has BAND, .*\(did you mean BAND\?\)"),
        ("band:n=3", "band in .* is a function, not a Family"),
        ("RAISES:n=7", "RAISES failed: ZeroDivisionError: division by zero"),
        ("RAGGED", "row 1 has 1 entries, row 0 has 2"),
        ("NOT_FINITE", "failed: NotANumberError: is not finite"),
        ("ZERO", "row 0 is zero"),
        ("NOTHING", "failed: TypeError"),
        ("WORDS", "failed: NotANumberError: is not a number"),
        ("HUGE:n=1", "5000000 rows, the most is"),
        ("", "is no name in"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(file: Path, spec: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refusal:
        load(f"{file}:{spec}")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("code", ["FAMILY = (", "1 / 0", "FAMILY = 3", "import nowhere_at_all"])
def test_a_file_that_gives_no_family_is_refused(tmp_path: Path, code: str) -> None:
    (tmp_path / "bad.py").write_text(code)
    with pytest.raises(BadInput, match=r"^data: .*bad\.py"):
        load(f"{tmp_path}/bad.py:FAMILY:n=3")
    with pytest.raises(BadInput, match="there is no file"):
        load(f"{tmp_path}/absent.py:FAMILY:n=3")


def test_families_that_ship_are_found_in_their_folder() -> None:
    assert sorted(FAMILIES) == [
        "class-means",
        "gaussian",
        "one-against-all",
        "scaled-rademacher",
        "shifted-diagonal",
        "sorted-types",
    ]
    assert FAMILIES["gaussian"].make is gaussian
    assert FAMILIES["scaled-rademacher"].make is scaled_rademacher
    assert FAMILIES["shifted-diagonal"].make is shifted_diagonal

"""Data: what is read is what was written, exactly; families; facts with their witnesses checked again."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from forging import dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.data import (
    Dataset,
    NotSeparable,
    facts,
    gaussian,
    load,
    require_separable,
    scaled_rademacher,
    shifted_diagonal,
)
from verify.data.dataset import LARGEST, SMALLEST, float_text
from verify.data.quasi import overlap
from verify.data.separability import separates, vanishes
from verify.data.text import exact, show
from verify.errors import BadInput

F = Fraction


def rows_of(
    text: str | bytes, tmp_path: Path, suffix: str = ".csv", **options: str | bool
) -> list[list[Fraction]]:
    path = tmp_path / f"data{suffix}"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return [list(row) for row in load(str(path), **options).rows]


# --- numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", F(1, 10)),
        ("-0.1e1", F(-1)),
        ("+3/7", F(3, 7)),
        ("-6/14", F(-3, 7)),
        (" 12. ", F(12)),
        (".5E-3", F(1, 2000)),
        ("1e3", F(1000)),
        ("0e999999999999", F(0)),
        ("-0.0", F(0)),
        ("0/5", F(0)),
        ("007", F(7)),
    ],
)
def test_text_is_the_rational_it_spells(text: str, value: Fraction) -> None:
    assert exact(text) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40))
def test_decimals_round_trip(number: Decimal) -> None:
    assert exact(str(number)) == F(number)


@given(st.fractions())
def test_fractions_round_trip(number: Fraction) -> None:
    assert exact(str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_are_read_as_their_shortest_decimal(number: float) -> None:
    """repr(0.1) is the text 0.1, so 1/10; rounded to float64 it is the float again."""
    assert float(exact(repr(number))) == number


@given(st.fractions().filter(bool), st.integers(-3000, 3000))
def test_float_text_is_close(number: Fraction, exponent: int) -> None:
    value = number * F(10) ** exponent
    shown = F(Decimal(float_text(value)))
    assert abs(shown - value) <= abs(value) * F(1, 10**5)


def test_float_text_of_a_huge_number_has_no_digit_limit() -> None:
    assert float_text(F(2) ** 100_000) == "9.99002e+30102"
    assert float_text(F(-99999999, 10)) == "-1e+7"
    assert float_text(F(0)) == "0"


def test_shown_values_are_short_single_lines() -> None:
    assert show("a\nb") == "'a\\nb'"
    assert len(show("x" * 10**6)) < 80


# --- CSV as people have it


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("1,2\n3,4\n", {}, [[1, 2], [3, 4]]),
        ("a,b\n1,2\n", {}, [[1, 2]]),
        ("\ufeffa,b\r\n1,2\r\n\r\n", {}, [[1, 2]]),
        ("a,b\r1,2\r3,4", {}, [[1, 2], [3, 4]]),
        ('"a","b"\n"1", "2"\n 3 , 4 \n\n  \n', {}, [[1, 2], [3, 4]]),
        ("a,b\n1e-1,-3/7\n", {}, [[F(1, 10), F(-3, 7)]]),
        ("1\n-2\n", {}, [[1], [-2]]),
        ("x,y,label\n1,2,1\n3,4,-1\n", {}, [[1, 2], [-3, -4]]),
        ("x,y\n1,1\n3,0\n", {}, [[1], [-3]]),
        ("x,Label\n1,1.0\n3,-1.0\n", {}, [[1], [-3]]),
        ("Label,a\n1,2\n0,3\n", {}, [[2], [-3]]),
        ("label,a\n1,2\n1,3\n", {}, [[2], [3]]),
        ("a,kind\n1,x\n2,y\n", {"label": "kind", "positive": "y"}, [[-1], [2]]),
        ("a,kind\n1,x\n2,y\n3,z\n", {"label": "kind", "positive": "x"}, [[1], [-2], [-3]]),
        ("kind,a\nx,1\ny,2\n", {"label": "0", "positive": "x"}, [[1], [-2]]),
        (
            "5.1,3,x\n4.9,2,x\n7,1,y\n",
            {"label": "2", "positive": "x"},
            [[F("5.1"), 3], [F("4.9"), 2], [-7, -1]],
        ),
        ("1,y,5\n2,n,6\n3,y,7\n", {"label": "1", "positive": "y"}, [[1, 5], [-2, -6], [3, 7]]),
        ("0,1,p\n5,6,p\n7,8,q\n", {"label": "2", "positive": "p"}, [[0, 1], [5, 6], [-7, -8]]),
        ("5,y\n6,n\n", {"label": "1", "positive": "y"}, [[5], [-6]]),
        ("1,2\n3,4\n", {"label": "0", "positive": "1"}, [[2], [-4]]),
        ("0,1,kind\n5,6,p\n7,8,q\n", {"label": "kind", "positive": "q"}, [[-5, -6], [7, 8]]),
        ("0,1,kind\n5,6,p\n7,8,q\n", {"label": "2", "positive": "q"}, [[-5, -6], [7, 8]]),
        ("2019,2020,label\n5,6,1\n7,8,0\n", {}, [[5, 6], [-7, -8]]),
        ("0,1,label\n5,6,1\n7,8,0\n", {"intercept": True}, [[5, 6, 1], [-7, -8, -1]]),
        ("5,6,1\n7,8,0\n", {"label": "2", "intercept": True}, [[5, 6, 1], [-7, -8, -1]]),
        ("a,kind\n1,+1\n2,2\n", {"label": "kind", "positive": "1.0"}, [[1], [-2]]),
        ("a;b,c\n1,2\n", {}, [[1, 2]]),
        ("Na,K\n1,2\n", {}, [[1, 2]]),
    ],
)
def test_csv(text: str, options: dict[str, str | bool], expected: list[list[int]], tmp_path: Path) -> None:
    assert rows_of(text, tmp_path, **options) == expected


def test_csv_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,label,b\n1,1,2\n3,0,4\n")
    data = load(str(path), intercept=True)
    assert data.columns == ("a", "b", "intercept")
    path.write_text("1,1,2\n3,0,4\n")
    assert load(str(path), label="1", intercept=True).columns == ("x0", "x1", "intercept")


# --- the other formats

entries = st.fractions(max_denominator=99).filter(lambda v: v == 0 or SMALLEST <= abs(v) <= LARGEST)
tables = st.integers(1, 4).flatmap(
    lambda d: st.lists(st.lists(entries, min_size=d, max_size=d).filter(any), min_size=1, max_size=5)
)
doubles = st.floats(-(2.0**60), 2.0**60).filter(lambda v: v == 0 or abs(v) > 2.0**-60)
arrays = st.integers(1, 4).flatmap(
    lambda d: st.lists(st.lists(doubles, min_size=d, max_size=d).filter(any), min_size=1, max_size=5)
)


@settings(deadline=None)
@given(tables, st.data())
def test_csv_and_json_round_trip(
    tmp_path_factory: pytest.TempPathFactory, X: list[list[Fraction]], data: st.DataObject
) -> None:
    y = data.draw(st.lists(st.sampled_from([1, -1]), min_size=len(X), max_size=len(X)))
    expected = [[sign * v for v in row] for sign, row in zip(y, X, strict=True)]
    folder = tmp_path_factory.getbasetemp()
    table = "".join(",".join([*map(str, row), str(sign)]) + "\n" for row, sign in zip(X, y, strict=True))
    header = ",".join([*(f"f{k}" for k in range(len(X[0]))), "label"])
    assert rows_of(f"{header}\n{table}", folder) == expected
    assert rows_of(table, folder, label=str(len(X[0]))) == expected
    document = {"X": [[str(v) for v in row] for row in X], "y": y}
    assert rows_of(json.dumps(document), folder, ".json") == expected


@settings(deadline=None)
@given(arrays, st.sampled_from(["<f8", ">f8", "<f4", "<f2"]), st.booleans())
def test_numpy_round_trip(
    tmp_path_factory: pytest.TempPathFactory, X: list[list[float]], dtype: str, fortran: bool
) -> None:
    """Every float width is read as the dyadic it is, whatever the byte order and layout."""
    array = np.clip(np.array(X), -60000, 60000).astype(dtype, order="F" if fortran else "C")
    array[np.abs(array) < 2.0**-14] = 1  # subnormal in half precision, or zero
    folder = tmp_path_factory.getbasetemp()
    np.save(folder / "data.npy", array)
    expected = [[F(float(v)) for v in row] for row in array]
    assert [list(row) for row in load(str(folder / "data.npy")).rows] == expected
    y = np.arange(len(X)) % 2
    np.savez(folder / "data.npz", X=array, y=y)
    signed = [[(1 if label else -1) * v for v in row] for row, label in zip(expected, y, strict=True)]
    assert [list(row) for row in load(str(folder / "data.npz")).rows] == signed


def test_json_numbers_are_decimal_text(tmp_path: Path) -> None:
    text = '\ufeff{"y": [1, 0], "X": [[0.1, "0.1"], ["1/3", 123456789012345678901234567890]]}'
    assert rows_of(text, tmp_path, ".json") == [[F(1, 10)] * 2, [F(-1, 3), -123456789012345678901234567890]]


def test_json_with_names_for_labels(tmp_path: Path) -> None:
    text = '{"X": [[1], [2], [3]], "y": ["a", "b", "c"]}'
    assert rows_of(text, tmp_path, ".json", positive="b") == [[-1], [2], [-3]]
    assert rows_of(text, tmp_path, ".json", positive="b", intercept=True) == [[-1, -1], [2, 1], [-3, -1]]


@pytest.mark.parametrize(
    "y", [[1, 0], [1.0, -1.0], [True, False], ["1", "-1"]], ids=["ints", "floats", "booleans", "strings"]
)
def test_npz_labels(y: list[object], tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", X=[[2], [3]], y=y)
    assert [list(row) for row in load(str(tmp_path / "data.npz")).rows] == [[2], [-3]]


def test_long_double_is_exact(tmp_path: Path) -> None:
    value = np.longdouble(1) + np.finfo(np.longdouble).eps
    np.save(tmp_path / "data.npy", np.array([[value, 1]], dtype=np.longdouble))
    assert load(str(tmp_path / "data.npy")).rows[0][0] == 1 + F(
        *np.finfo(np.longdouble).eps.as_integer_ratio()
    )


# --- bundled data


def test_bundled() -> None:
    iris, wine = load("iris"), load("wine")
    assert (iris.n, iris.d, wine.n, wine.d) == (150, 5, 178, 14)
    assert iris.rows[0] == (F("5.1"), F("3.5"), F("1.4"), F("0.2"), 1)
    assert iris.rows[149] == (F("-5.9"), -3, F("-5.1"), F("-1.8"), -1)
    assert iris.columns[-1] == wine.columns[-1] == "intercept"
    assert sum(row[-1] > 0 for row in iris.rows) == 50
    assert sum(row[-1] > 0 for row in wine.rows) == 59
    assert load("iris", positive="virginica").rows[149] == tuple(-v for v in iris.rows[149])


def test_reading_does_not_import_the_heavy_packages() -> None:
    code = (
        "import sys; from verify.data import load; load('iris'); "
        "print({'scipy', 'cvxpy', 'highspy', 'flint', 'matplotlib', 'sympy', 'numba'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


# --- families


@pytest.mark.parametrize(
    "spec", ["gaussian:n=40,d=3", "gaussian:n=5,d=9,seed=7", "scaled-rademacher:n=12,d=4"]
)
def test_planted_families(spec: str) -> None:
    data = load(spec)
    found = facts(data)
    assert found.separable
    assert found.nonzero
    assert found.scaled_rademacher == spec.startswith("scaled")
    assert not found.shifted_diagonal
    assert load(data.name) == data
    assert load(data.name.replace("seed=", "seed=1")).rows != data.rows
    assert all(F(float(v)) == v for row in data.rows for v in row)


def test_families_in_python_and_by_name() -> None:
    assert load("gaussian:n=3,d=2,seed=5") == gaussian(3, 2, 5)
    assert load(" gaussian:n=3".strip() + ", d = 2") == gaussian(3, 2)
    assert load("scaled-rademacher:n=3,d=2,seed=5") == scaled_rademacher(3, 2, seed=5)
    assert load("shifted-diagonal:d=3,delta=1/10") == shifted_diagonal(3, F(1, 10))
    assert load("shifted-diagonal:d=3,delta=0.1,s=1/2:1:7").rows[2] == (F(1, 10), F(1, 10), 7)


def test_shifted_diagonal() -> None:
    data = shifted_diagonal(3, F(1, 10))
    assert data.rows == ((1, F(1, 10), F(1, 10)), (F(1, 10), 2, F(1, 10)), (F(1, 10), F(1, 10), 3))
    found = facts(data)
    assert found.separable
    assert found.shifted_diagonal
    assert not found.scaled_rademacher


# --- facts


def assert_decided(data: Dataset) -> bool:
    """The witness of separability or of its failure, checked here in Fractions alone; says which."""
    found = facts(data)
    if found.separable:
        assert found.separator is not None
        assert found.vanishing is None
        for row in data.rows:
            assert sum(x * w for x, w in zip(row, found.separator, strict=True)) > 0
        assert require_separable(data) == found.separator
        return True
    c = found.vanishing
    assert c is not None
    assert len(c) == data.n
    assert min(c) >= 0
    assert sum(c) == 1
    for k in range(data.d):
        assert sum(weight * row[k] for weight, row in zip(c, data.rows, strict=True)) == 0
    with pytest.raises(NotSeparable) as caught:
        require_separable(data)
    assert caught.value.weights == c
    return False


integer_rows = st.integers(1, 4).flatmap(
    lambda d: st.lists(
        st.lists(st.integers(-3, 3), min_size=d, max_size=d).filter(any), min_size=1, max_size=7
    )
)


def test_small_integer_rows_are_decided() -> None:
    """Small integers bring ties: margins that vanish exactly, duplicate and opposite rows, low rank."""
    count = {True: 0, False: 0}

    @settings(max_examples=200, deadline=None)
    @given(integer_rows)
    def decided(rows: list[list[int]]) -> None:
        data = dataset(*rows)
        count[assert_decided(data)] += 1
        found = facts(data)
        assert found.rank == np.linalg.matrix_rank(np.array(rows))
        assert found.zeros == tuple(map(tuple, np.argwhere(np.array(rows) == 0).tolist()))
        assert found.duplicates == groups([tuple(row) for row in rows])

    decided()
    assert min(count.values()) >= 30


def groups(keys: list[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    """Equal members by comparing all pairs: slow, and not how the product does it."""
    found = []
    for i, key in enumerate(keys):
        same = tuple(j for j, other in enumerate(keys) if other == key)
        if len(same) > 1 and same[0] == i:
            found.append(same)
    return tuple(found)


@pytest.mark.parametrize("margin", ["1e-9", "1e-13", "0", "-1e-9"])
def test_margins_around_zero(margin: str) -> None:
    """All rows at one signed distance from a plane: separable by w or by -w, or on the plane and not."""
    draw = np.random.default_rng(3)
    w, step = (3, -1, 2, 5), F(margin)
    rows = []
    for x in draw.integers(-50, 51, size=(12, 4)).tolist():
        shift = (step - sum(a * b for a, b in zip(x, w, strict=True))) / F(39)
        above = [a + shift * b for a, b in zip(x, w, strict=True)]
        rows += [above, [2 * step * b / 39 - a for a, b in zip(above, w, strict=True)]]
    data = Dataset("drawn", tuple(map(tuple, rows)))
    assert assert_decided(data) == (step > 0 or separates(data, [-v for v in w]))


@pytest.mark.parametrize("flip", [False, True])
def test_badly_scaled(flip: bool) -> None:
    """Columns from 1e-6 to 1e6 and rows from 2^-200 to 2^200."""
    data = gaussian(40, 7, seed=4)
    columns = [F(10) ** e for e in (-6, 6, 0, -3, 4, 6, -6)]
    rows = [
        [v * k * F(2) ** (10 * (i - 20)) for v, k in zip(row, columns, strict=True)]
        for i, row in enumerate(data.rows)
    ]
    if flip:
        rows.append([-v for v in rows[7]])
    assert assert_decided(Dataset("scaled", tuple(map(tuple, rows)))) == (not flip)


@pytest.mark.parametrize(
    ("spec", "positive", "separable"),
    [
        ("iris", "setosa", True),
        ("iris", "versicolor", False),
        ("iris", "virginica", False),
        ("wine", "class_0", True),
        ("wine", "class_1", True),
        ("wine", "class_2", True),
    ],
)
def test_real_data(spec: str, positive: str, separable: bool) -> None:
    assert assert_decided(load(spec, positive=positive)) == separable


def test_the_message_names_rows_and_weights() -> None:
    data = Dataset("pair", ((F(1), F(2)), (F(5), F(7)), (F(-3), F(-6))))
    with pytest.raises(
        NotSeparable, match=r"^pair: not separable: 3/4 x_0 \+ 1/4 x_2 = 0, rows counted from 0$"
    ):
        require_separable(data)


def test_false_witnesses_are_noticed() -> None:
    data = Dataset("pair", ((F(1), F(2)), (F(-1), F(-2)), (F(1), F(0))))
    half = F(1, 2)
    assert vanishes(data, (half, half, F(0)))
    for wrong in (
        (F(1), F(1), F(0)),
        (half, half),
        (half, half - 1, F(1)),
        (F(1), F(0), F(0)),
        (half, 0, half),
    ):
        assert not vanishes(data, wrong)
    single = Dataset("one", ((F(1), F(-1)),))
    assert separates(single, (F(1), F(0)))
    for wrong_w in ((F(1), F(1)), (F(0), F(1)), (F(1),)):
        assert not separates(single, wrong_w)


def test_structure() -> None:
    rows = ((1, -1), (2, 2), (-2, -2), (1, -1), (4, 4), (3, 0))
    found = facts(dataset(*rows))
    assert found.duplicates == ((0, 3),)
    assert found.parallel == ((0, 3), (1, 2, 4))
    assert found.zeros == ((5, 1),)
    assert not found.nonzero
    assert not found.scaled_rademacher
    assert found.rank == 2
    assert facts(dataset(*rows[:5])).scaled_rademacher


@pytest.mark.parametrize(
    "rows",
    [
        [[1, 2], [2, 1], [3, 3]],
        [[2, 1], [1, 1]],
        [[1, 0], [0, 2]],
        [[1, -1], [-1, 2]],
        [[-1, 1], [1, 2]],
        [[1, 2], [3, 4]],
        [[2, 1], [1, 2]],
    ],
    ids=["not square", "decreasing", "zero delta", "negative delta", "negative s", "two deltas", "equal s"],
)
def test_not_shifted_diagonal(rows: list[list[int]]) -> None:
    assert not facts(dataset(*rows)).shifted_diagonal


def test_data_set_bounds() -> None:
    assert Dataset("edge", ((LARGEST, SMALLEST),)).d == 2
    for entry in (LARGEST + 1, SMALLEST / 2, -LARGEST * 2, SMALLEST * F(99, 100)):
        with pytest.raises(BadInput, match=r"X\[0\]\[1\]"):
            Dataset("edge", ((F(1), entry),))


def test_quasi_complete_separation_is_told_from_overlap() -> None:
    """Also where one vector separates some rows and another one others, and where columns are dependent."""

    def said(*rows: tuple[int, ...]) -> str:
        return overlap(dataset(*rows))

    assert said((1, 0), (0, 1), (0, -1)).startswith("quasi-complete separation: all but 2 of 3 rows")
    assert "of 'x0' diverges, 'x1' stays finite" in said((1, 0), (0, 1), (0, -1))
    assert "coefficients of 'x0', 'x1' diverge" in said((1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, -1))
    assert "all but 2 of 4 rows" in said((1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, -1))
    assert said((1, 0), (-1, 0), (0, 1), (0, -1)) == (
        "the classes overlap, and all coefficients of logistic regression stay finite"
    )
    assert said((1, 1), (-1, -1)) == "the classes overlap"
    assert said((1, 1, 0), (0, 0, 1), (0, 0, -1)).endswith("so that coefficients are not determined")

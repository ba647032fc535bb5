"""Bad data: one short line that names file, place and value; never anything but BadInput."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from bad_inputs import BAD_INPUTS, NOT_SEPARABLE, BadInputCase
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.data import NotSeparable, load, require_separable
from verify.errors import BadInput


def test_ids_differ() -> None:
    ids = [case.id for case in BAD_INPUTS]
    assert len(set(ids)) == len(ids) >= 40


@pytest.mark.parametrize("case", BAD_INPUTS, ids=lambda case: case.id)
def test_bad_input(case: BadInputCase, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        load(case.place(tmp_path), **case.options)
    message = str(caught.value)
    assert message.isprintable(), message  # so one line, too
    assert len(message) < 400 + len(str(tmp_path))
    for fragment in case.fragments:
        assert fragment in message


@pytest.mark.parametrize("rows", [rows for _, rows in NOT_SEPARABLE], ids=[id for id, _ in NOT_SEPARABLE])
def test_not_separable(rows: list[list[str]], tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("\n".join(",".join(row) for row in rows))
    data = load(str(path))
    with pytest.raises(NotSeparable, match=r"bad\.csv: not separable: .* x_\d \+ .* = 0") as caught:
        require_separable(data)
    weights = caught.value.weights
    assert min(weights) >= 0
    assert sum(weights) == 1
    for k in range(data.d):
        assert sum(c * row[k] for c, row in zip(weights, data.rows, strict=True)) == 0


def test_nul_in_a_name() -> None:
    """No shell can pass it, but a caller in Python can."""
    assert "a\\x00b.csv" in refusal("a\0b.csv")


def refusal(spec: str) -> str:
    """The message, or "" if the data are good; any other exception goes through."""
    try:
        load(spec)
    except BadInput as error:
        return str(error)
    return ""


@pytest.mark.parametrize("suffix", [".csv", ".json", ".npy", ".npz"])
@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=60))
def test_any_bytes(suffix: str, content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Bytes are data or bad input, never a traceback."""
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(content)
    assert refusal(str(path)).isprintable()


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=string.digits + 'ab,.;-+/e"\n\r\t #ylabel', max_size=40))
def test_any_table(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "table.csv"
    path.write_text(text, newline="")
    assert refusal(str(path)).isprintable()


@settings(max_examples=100, deadline=None)
@given(
    st.text(alphabet="gausin:=,nd123 -/", max_size=30).map(lambda tail: "gaussian:" + tail)
    | st.text(max_size=30)
)
def test_any_spec(spec: str) -> None:
    assert refusal(spec).isprintable()


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv"
    path.write_text('a,b\n\n1,2\n\n"3\n",x\n')
    assert "line 6, column 1 ('b'): 'x' is not a number" in refusal(str(path))

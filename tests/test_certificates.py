"""The certificate format: a closed schema, one spelling a number, and a checker that stands alone."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import verify.certificate
from verify.certificate import certificate, check_document, check_file, write
from verify.certificate.reading import NUMBER, Refused, fraction, parse
from verify.certificate.writing import spell
from verify.data import Dataset, load
from verify.margins import NORMS, margin_certificate, max_margin

FOLDER = Path(verify.certificate.__file__).parent
ROOT = FOLDER.parents[1]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    rows = ((Fraction(3), Fraction(1)), (Fraction(1), Fraction(2)))
    return margin_certificate(max_margin(Dataset("pair", rows), "l2"))


def test_the_statement_says_what_the_claim_does(document: dict[str, Any]) -> None:
    checked = check_document(document)
    assert checked.line().startswith("valid: the 2 x 2 data set with SHA-256 ")
    assert "the l2 max margin squared is 5, attained by the claim's maximizer alone" in checked.line()


@pytest.mark.parametrize("length", [30, 200])
def test_long_numbers_are_stated_exactly(length: int) -> None:
    """Two that share their first 17 digits do not share a statement."""
    statements = set()
    for last in (1, 7):
        value = Fraction(10**length + last, 3 * 10**length)
        margin = max_margin(Dataset("long", ((value, Fraction(0)),)), "linf")
        statement = margin_certificate(margin)["statement"].partition(": ")[2].partition("; the claim has")[0]
        spelled = f"is {value}, " if length == 30 else "is 3.3333333333333333e-1... (the fraction p/q of 40"
        assert spelled in statement
        statements.add(statement)
    assert len(statements) == 2


# --- numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["0", "7", "-7", "3/7", "-3/7", "1" + "0" * 9000 + "/" + "3" * 9001])
def test_numbers_read_and_spelled_again_are_the_same(text: str) -> None:
    if len(text) > 100:
        text = spell(fraction_of(text))  # in lowest terms, and longer than Python converts at a time
        assert len(text) > 9000
    assert spell(fraction(text, "x")) == text


@pytest.mark.parametrize("sign", [1, -1])
def test_numbers_of_any_length_are_spelled_digit_by_digit(sign: int) -> None:
    zeros = "0" * 8999
    assert spell(sign * (10**9000 + 7)) == f"{'-' * (sign < 0)}1{zeros}7"
    assert spell(Fraction(sign, 10**9000)) == f"{sign}/1{zeros}0"


def fraction_of(text: str) -> Fraction:
    numerator, denominator = text.split("/")
    return Fraction(10 ** (len(numerator) - 1), (10 ** len(denominator) - 1) // 3)


@pytest.mark.parametrize("text", ["2/4", "4/2", "3/1", "0/5", "-2/6"])
def test_numbers_not_in_lowest_terms_are_refused(text: str) -> None:
    with pytest.raises(Refused, match="lowest-terms"):
        fraction(text, "x")


@pytest.mark.parametrize(
    "text",
    ["", "-0", "+1", "01", "1/0", "1/-2", "1/02", "0.5", "1e3", " 1", "1 ", "1/ 2", "٣", "nan", "1_000"],
)
def test_other_spellings_are_refused(text: str) -> None:
    assert not NUMBER.fullmatch(text)
    with pytest.raises(Refused, match="number"):
        fraction(text, "x")


# --- schema -------------------------------------------------------------------------------------------


def refused(document: object) -> str:
    checked = check_document(document)
    assert not checked.valid
    assert "\n" not in checked.line()
    return checked.obligation


@pytest.mark.parametrize("block", [None, "claim", "witness", "data"])
def test_unknown_and_missing_fields_are_refused(document: dict[str, Any], block: str | None) -> None:
    target = document if block is None else document[block]
    variants = [target | {"note": "0"}] + [{k: v for k, v in target.items() if k != name} for name in target]
    for variant in variants:
        changed = variant if block is None else document | {block: variant}
        assert refused(changed) == "schema"


def test_other_formats_kinds_and_shapes_are_refused(document: dict[str, Any]) -> None:
    assert refused(document | {"format": "marginproof-certificate-2"}) == "schema"
    assert refused(document | {"claim": document["claim"] | {"kind": "max-margin-l3"}}) == "schema"
    assert refused(document | {"claim": document["claim"] | {"maximizer": ["1"]}}) == "shape"
    assert refused(document | {"witness": {"weights": ["0", "1", "0"]}}) == "shape"
    assert refused(document | {"data": {"rows": []}}) == "shape"
    assert refused(document | {"data": {"rows": [[], []]}}) == "shape"
    assert refused(document | {"data": {"rows": [["3", "1"], ["1"]]}}) == "shape"
    assert refused(document | {"statement": document["statement"] + "."}) == "statement"
    for other in (None, [], "text", 5, {}):
        assert refused(other) == "schema"


@pytest.mark.parametrize(
    ("content", "obligation"),
    [
        (b"", "json"),
        (b"{", "json"),
        (b"\xff\xfe", "json"),
        (b"[" * 100_000, "json"),
        (b'{"format": 1}', "schema"),
        (b'{"format": NaN}', "schema"),
        (b'{"format": "a", "format": "b"}', "schema"),
        (b"[]", "schema"),
    ],
)
def test_files_that_are_no_certificates_are_invalid(tmp_path: Path, content: bytes, obligation: str) -> None:
    path = tmp_path / "c.json"
    path.write_bytes(content)
    assert check_file(path).obligation == obligation


def test_a_certificate_is_bound_to_its_rows_in_their_order(document: dict[str, Any]) -> None:
    rows = [[Fraction(3), Fraction(1)], [Fraction(1), Fraction(2)]]
    assert check_document(document, rows).valid
    assert check_document(document, rows[::-1]).obligation == "data"
    assert check_document(document, rows[:1]).obligation == "data"


def test_writing_takes_exact_numbers_only() -> None:
    with pytest.raises(TypeError, match="float"):
        certificate([[Fraction(1)]], "separable", {"separator": [0.5]})


# --- the checker stands alone -------------------------------------------------------------------------


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(node.module or "")
    return names


def test_the_checker_imports_nothing_of_the_proposing_half() -> None:
    shared = ("verify.certificate", "verify.numbers.systems.balls", "verify.errors", "verify.files", "flint")
    for path in FOLDER.glob("*.py"):
        for name in imported(path):
            standard = name.split(".")[0] in sys.stdlib_module_names
            assert standard or name.startswith(shared), f"{path.name} imports {name}"


def test_the_checker_is_short() -> None:
    """What checking the exact kinds needs can be read in one sitting; what rules and losses that are carried need
    (`program`, `rule`, `duals`, `part`, `weight`) in a second one."""
    carried = {"program.py", "rule.py", "duals.py", "part.py", "weight.py"}
    others = {
        "basin.py",
        "boxes.py",
        "complete.py",
        "cover.py",
        "dominance.py",
        "field.py",
        "index.py",
        "krawczyk.py",
        "orbit.py",
        "waves.py",
        "writing.py",
        *carried,
    }
    lines = {path.name: len(path.read_text().splitlines()) for path in FOLDER.glob("*.py")}
    assert sum(count for name, count in lines.items() if name not in others) < 1500
    assert sum(count for name, count in lines.items() if name in carried) < 1000
    assert sum(lines.values()) < 3800  # with the region that holds a run, levels of waves, and monotone games


def run_alone(*paths: Path | str) -> subprocess.CompletedProcess[str]:
    """The checker by itself: isolated mode, no site-packages, so the standard library alone."""
    code = (
        "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "
        "runpy.run_module('verify.certificate', run_name='__main__')"
    )
    command = [sys.executable, "-I", "-S", "-c", code, str(ROOT), *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_exact_kinds_are_checked_with_the_standard_library_alone(tmp_path: Path) -> None:
    paths = []
    for norm in NORMS:
        paths.append(tmp_path / f"{norm}.json")
        write(margin_certificate(max_margin(load("wine"), norm)), paths[-1])
    done = run_alone(*paths)
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["valid"] * 3

    broken = json.loads(paths[0].read_text())
    broken["witness"]["weights"][0] = "1/2"
    paths[0].write_text(json.dumps(broken))
    done = run_alone(*paths)
    assert done.returncode == 1
    assert done.stdout.startswith("invalid: weights-sum: ")

    done = run_alone(tmp_path / "absent.json")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert run_alone().returncode == 2


@pytest.mark.parametrize(
    "text", ['{"a": {"b": "1", "b": "1"}}', '{"a": 1}', '{"a": [1.5]}', '{"a": -Infinity}']
)
def test_json_holds_a_field_once_and_no_bare_number(text: str) -> None:
    with pytest.raises(Refused, match="schema"):
        parse(text)

"""Certificates meant to hurt: fields out of range, work without end, files that are none, terminal escapes."""

from __future__ import annotations

import copy
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from command import run
from forging import at, leaves, restated
from fuzz_certificates import ORIGINALS

from verify.certificate import Unread, check_document, check_file, statement_of, write
from verify.certificate.effort import UNITS
from verify.certificate.files import BYTES
from verify.certificate.refusal import Refused

Document = dict[str, Any]

# --- ranges -------------------------------------------------------------------------------------------

RANGES = [
    *(("adam", "claim", "batch_size", size) for size in ("0", "3", "-1", "1/2", "1" + "0" * 30)),
    *(("iterate of gd", "claim", "batch_size", size) for size in ("0", "3", "1" + "0" * 30)),
    ("iterate of gd", "claim", "lr", "0"),
    ("iterate of gd", "claim", "lr", "-1/10"),
    ("iterate of ngd", "claim", "decay", "-1/2"),
    ("iterate of ngd", "claim", "decay", "1001"),
    ("iterate of gd", "claim", "steps", "9" * 5000),
    ("iterate of gd", "claim", "steps", "1/2"),
    ("iterate of gd", "claim", "radius", ["-1", "1"]),
    ("iterate of gd", "witness", "bits", "7"),
    ("iterate of gd", "witness", "bits", str(2**20 + 1)),
    ("fixed point", "claim", "radius", "0"),
    ("fixed point", "claim", "radius", "2"),
    ("fixed point", "claim", "direction_radius", "0"),
    ("fixed point", "claim", "direction_radius", "100"),
    ("fixed point", "claim", "direction", ["0", "5"]),
    ("fixed point", "claim", "center", ["2", "-1"]),
    ("l2 margin", "claim", "margin_squared", "-5"),
    ("linf margin", "claim", "margin", "-1"),
    ("linf face", "claim", "face", [["0", "0", "1"]] * 4),
    ("mahalanobis", "claim", "radius_squared", "-1/7"),
    ("dominated row", "witness", "dominated", [{"row": "3", "by": ["0"], "factors": ["2"]}]),
    ("dominated row", "witness", "dominated", [{"row": "2", "by": ["9"], "factors": ["2"]}]),
]


@pytest.mark.parametrize(("name", "block", "field", "value"), RANGES)
def test_fields_out_of_range_are_refused(name: str, block: str, field: str, value: Any) -> None:
    document = copy.deepcopy(ORIGINALS[name])
    document[block][field] = value
    checked = check_document(document)
    assert checked.obligation == "range", checked.line()[:300]
    assert f"{block}.{field}" in checked.why
    assert len(checked.line()) < 300


@pytest.mark.parametrize(
    ("beta1", "beta2"), [("9/10", "81/100"), ("1/2", "0"), ("0", "0"), ("99/100", "9/10")]
)
def test_betas_without_a_game_are_refused(beta1: str, beta2: str) -> None:
    for name in ("adam", "all of adam"):
        other = restated(ORIGINALS[name], "claim", "rule", "hyper", beta1=beta1, beta2=beta2)
        assert check_document(other).obligation == "fades"


# --- statements ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ORIGINALS)
def test_two_claims_never_share_a_statement(name: str) -> None:
    """Each number of the claim, changed by less than decimals show, makes another statement; so do the data."""
    original, tiny = ORIGINALS[name], Fraction(1, 10**400)
    statements, changes = {original["statement"]}, 0
    for path in [path for path in leaves(original) if path[0] in ("claim", "data")]:
        document = copy.deepcopy(original)
        try:
            at(document, path[:-1])[path[-1]] = str(Fraction(at(document, path)) / 2 + tiny)
            statements.add(statement_of(document))
        except (TypeError, ValueError, Refused):  # no number, or an integer
            continue
        changes += 1
    assert len(statements) == 1 + changes
    assert changes >= 5


def test_statements_name_conventions_and_exact_hyperparameters() -> None:
    beta = Fraction(10**30 - 1, 10**30 + 1)
    run, game = (
        restated(ORIGINALS[name], "claim", "rule", "hyper", beta2=beta)["statement"]
        for name in ("iterate of adam", "adam")
    )
    said = ("0/0 = 0", "sign(0) = 0", "mean of the samples' gradients", "eta_t = 1/10")
    for words in (f"beta2 = {beta}", *said):
        assert words in run
    assert f"beta2 = {beta}, where g is" in game


def test_where_every_row_is_dominated_there_is_no_equilibrium() -> None:
    """A row of zeros costs 0, which is not positive: it is twice itself."""
    proofs = [{"row": row, "by": [row], "factors": ["2"]} for row in ("0", "1")]
    for name in ("all fixed points", "all of adam"):
        claim = ORIGINALS[name]["claim"] | {"points": []}
        document = about("equilibria", [["0"], ["0"]], claim, {"dominated": proofs})
        checked = check_document(document)
        assert checked.valid, checked.line()
        assert "there is no " in checked.line()
        assert not check_document(restated(document, "claim", points=[box(2, 1)])).valid


# --- work ---------------------------------------------------------------------------------------------


def about(kind: str, rows: list[list[str]], claim: Document, witness: Document | None = None) -> Document:
    document = {"format": "marginproof-certificate-1", "statement": "", "data": {"rows": rows}}
    document |= {"claim": claim | {"kind": kind}, "witness": witness or {}}
    return document | {"statement": statement_of(document)}


def box(n: int, d: int) -> Document:
    center = [str(Fraction(1, n))] * n
    return {"center": center, "radius": "1/1000000", "direction": ["1"] * d, "direction_radius": "1"}


def grid(n: int, d: int) -> list[list[str]]:
    return [[str((7 * i * i + 3 * i * k + 5 * k) % 97 + 1) for k in range(d)] for i in range(n)]


def game(name: str) -> Document:
    """What carries the rule of an original, by samples."""
    return {"rule": ORIGINALS[name]["claim"]["rule"], "batch_size": "1", "order": "cyclic"}


def point_of_signs(n: int, d: int) -> Document:
    return {"levels": [[str(Fraction(1, n))] * n], "switches": [], "drift": ["1"] * d}


def listed(name: str, n: int) -> Document:
    """That there is no equilibrium on a grid."""
    return about("equilibria", grid(n, n), game(name) | {"complete": "yes", "points": []}, NONE)


def long_run(steps: int, bits: int, decay: str) -> Document:
    claim = ORIGINALS["iterate of adam"]["claim"] | {
        "batch_size": "1",
        "lr": "1",
        "decay": decay,
        "start": ["0"],
    }
    claim |= {"steps": str(steps), "center": ["0"], "radius": ["1"]}
    return about("run", [["1"]], claim, {"bits": str(bits)})


NONE: Document = {"dominated": []}
ENDLESS: dict[str, Callable[[], Document]] = {
    "a run of 10^12 steps": lambda: long_run(10**12, 64, "0"),
    "a step in a million bits": lambda: long_run(100, 10**6, "1/3"),
    "a box of 20,000 rows": lambda: about("equilibrium", [["1"]] * 20_000, game("adam") | box(20_000, 1)),
    "a proxy's box of 5,000 rows": lambda: about(
        "equilibrium", [["1"]] * 5000, game("fixed point") | {"batch_size": "5000"} | box(5000, 1)
    ),
    "a list for 40 x 40": lambda: listed("fixed point", 40),
    "a list for 9 x 9 of adam": lambda: listed("adam", 9),
    "signs of 20,000 batches": lambda: about(
        "signs", [["1"]] * 20_000, game("signs: signum") | {"points": [point_of_signs(20_000, 1)]}
    ),
    "the stability of 300 rows": lambda: about(
        "stability",
        grid(300, 40),
        game("fixed point")
        | {"batch_size": "300", "complete": "no", "points": [box(300, 40) | {"stability": "saddle"}]},
        NONE,
    ),
    "a number of 10^7 digits": lambda: about("separable", [["9" * 10**7]], {"separator": ["1"]}),
    "numbers of 90,000 digits": lambda: about(
        "separable", [["7" * 90_000 + str(k)] for k in range(300)], {"separator": ["1"]}
    ),
    "20,000 denominators": lambda: about(
        "separable", [[f"1/{10**300 + k}"] for k in range(20_000)], {"separator": ["1"]}
    ),
    "a metric between bounds of 40,000 digits": lambda: about(
        "max-margin-mahalanobis",
        grid(40, 40),
        {
            **{"metric": [str(Fraction(1, 40))] * 40, "maximizer": ["1"] * 40, "radius_squared": "1"},
            **{"margin_squared_low": "1/1" + "0" * 40_000, "margin_squared_high": "1"},
        },
        {"weights": [str(Fraction(1, 40))] * 40},
    ),
    "a radius of 2^-13000": lambda: about(
        "equilibrium",
        [["1", "2"], ["2", "1"]],
        game("fixed point") | {"batch_size": "2"} | box(2, 2) | {"radius": f"1/{1 << 13000}"},
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_work_without_end_is_refused_before_it_is_done(name: str) -> None:
    """With a fifth of the usual allowance, for the time that the tests take."""
    document = ENDLESS[name]()
    begun = time.process_time()
    checked = check_document(document, work=1 / 5)
    assert checked.obligation == "effort", checked.line()
    assert "the most is" in checked.why
    assert "check --work raises that" in checked.why
    assert time.process_time() - begun < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2 << 20  # in KiB: 2 GB


def test_work_can_be_allowed() -> None:
    spent = "units of about a microsecond"
    document = about("separable", [["1", "2"]] * 1000, {"separator": ["1", "1"]})
    assert spent in check_document(document, work=4000 / UNITS).why
    assert check_document(document).valid


# --- files --------------------------------------------------------------------------------------------


@pytest.fixture
def good(tmp_path: Path) -> Path:
    write(ORIGINALS["l2 margin"], tmp_path / "good.json")
    return tmp_path / "good.json"


def place(folder: Path) -> dict[str, Path]:
    """Things in the way of a certificate."""
    os.mkfifo(folder / "pipe")
    (folder / "folder").mkdir()
    with (folder / "long").open("wb") as file:
        file.truncate(BYTES + 1)
    (folder / "loop").symlink_to(folder / "loop")
    names = ("pipe", "folder", "long", "loop", "absent", "a" * 300)
    return {name: folder / name for name in names} | {"device": Path("/dev/zero"), "null": Path("/dev/null")}


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    for path in place(tmp_path).values():
        with pytest.raises(Unread):
            check_file(path)
    with pytest.raises(Unread, match=f"longer than {BYTES} bytes, .*--work"):
        check_file(tmp_path / "long")
    with pytest.raises(Unread, match="null byte"):
        check_file("a\0b")


@pytest.mark.parametrize("content", ["[" * 10**6, '{"a":' * 10**5, "[]" * 100, "[" + "[],"[:-1] * 1000])
def test_deep_and_odd_json_is_invalid(content: str, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(content)
    assert check_file(tmp_path / "c.json").obligation == "json"


@pytest.mark.parametrize("entry", ["[]", "{}", '["12"]', '"12"', '"1/3"', '"\\u0000"'])
def test_files_full_of_little_things_are_given_up(entry: str, tmp_path: Path) -> None:
    """Of a thirtieth of the usual length, with a thirtieth of the usual allowance."""
    document = ORIGINALS["separable"] | {"data": {"rows": []}}
    rows = f"[{','.join([entry] * (BYTES // 30 // (len(entry) + 1) - 1000))}]"
    if entry.startswith('"'):
        rows = f"[{rows}]"
    (tmp_path / "c.json").write_text(json.dumps(document).replace("[]", rows))
    begun = time.process_time()
    assert check_file(tmp_path / "c.json", work=1 / 30).obligation in ("effort", "schema", "shape", "number")
    assert time.process_time() - begun < 10


# --- the command --------------------------------------------------------------------------------------


def marginproof(*arguments: str | Path, encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "verify", "check", *map(str, arguments)],
        capture_output=True,
        encoding=encoding,
        timeout=120,
        check=False,
        env=os.environ | {"PYTHONIOENCODING": f"{encoding}:strict"},
    )


def test_a_bad_file_does_not_keep_the_next_from_being_read(tmp_path: Path, good: Path) -> None:
    broken = copy.deepcopy(ORIGINALS["l2 margin"])
    broken["claim"]["margin_squared"] = "6"
    write(broken, tmp_path / "broken.json")
    done = marginproof(tmp_path / "absent", good, tmp_path, tmp_path / "broken.json", "/dev/zero", good)
    assert done.returncode == 2
    assert [line[:8] for line in done.stdout.splitlines()] == ["valid: t", "invalid:", "valid: t"]
    assert [line.rpartition(": ")[2] for line in done.stderr.splitlines()] == [
        "No such file or directory",
        "Is a directory",
        "not a regular file",
    ]
    assert run(["check", str(tmp_path / "broken.json"), str(good)]) == 1
    assert run(["check", str(good), str(good)]) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--label", "y"], "label='y'"),
        (["--positive", "1"], "positive='1'"),
        (["--intercept"], "intercept='True'"),
        (["--work", "0"], "work='0'"),
        (["--work", "many"], "work='many'"),
        (["--label", "\x1b[31my"], r"label='\x1b[31my'"),
    ],
)
def test_options_without_a_meaning_are_bad_usage(
    options: list[str], said: str, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", str(good), *options]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert said in err
    assert err.count("\n") == 1


def test_data_that_differ_are_told_apart(
    tmp_path: Path, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for content, said in (
        (
            "3,1\n1,5/2\n",
            "row 1, column 1 (counted from 0) is 2 in the certificate and 5/2 in the data; 1 of 4 ",
        ),
        ("1,2\n3,1\n", "row 0, column 0 (counted from 0) is 3 in the certificate and 1 in the data; 4 of 4 "),
        ("3,1\n1,2\n5,5\n", "about 2 x 2 entries, the data set has 3 x 2"),
    ):
        (tmp_path / "data.csv").write_text(content)
        assert run(["check", str(good), "--data", str(tmp_path / "data.csv")]) == 1
        out = capsys.readouterr().out
        assert said in out
        assert ("the same in another order" in out) == (content == "1,2\n3,1\n")


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "latin-1"])
def test_nothing_of_a_certificate_steers_the_terminal(encoding: str, tmp_path: Path) -> None:
    document = copy.deepcopy(ORIGINALS["l2 margin"])
    document["claim"]["margin_squared"] = "\x1b[31m5\u00e9\u202e"
    name = tmp_path / "\x1b[2J\u00e9\n.json"
    name.write_text(json.dumps(document))
    document["\x1b]0;title\x07\u00e9"] = "1"
    (tmp_path / "field.json").write_text(json.dumps(document))
    done = marginproof(name, tmp_path / "field.json", f"{name}.absent", encoding=encoding)
    assert done.returncode == 2
    assert [line[:16] for line in done.stdout.splitlines()] == ["invalid: number:", "invalid: schema:"]
    assert done.stderr.count("\n") == 1
    assert (done.stdout + done.stderr).replace("\n", "").isprintable()


def test_without_flint_certificates_about_balls_are_not_called_invalid(tmp_path: Path, good: Path) -> None:
    write(ORIGINALS["fixed point"], tmp_path / "balls.json")
    code = (
        "import runpy, sys; sys.modules['flint'] = None; "
        "runpy.run_module('verify.certificate', run_name='__main__', alter_sys=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "balls.json"), str(good)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout.startswith("valid: ")
    assert "need python-flint" in done.stderr
    assert done.stderr.count("\n") == 1

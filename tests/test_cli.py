"""The command as a person runs it: exit status, one line on standard error, JSON on standard output."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bad_inputs import BAD_INPUTS, BadInputCase
from command import run


def marginproof(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "verify", *arguments], capture_output=True, text=True, timeout=300, check=False
    )


def assert_refused(run: subprocess.CompletedProcess[str], *expected: str) -> None:
    assert run.returncode == 2, run
    lines = run.stderr.splitlines()
    assert len(lines) == 1, run.stderr
    for fragment in expected:
        assert fragment in lines[0], lines[0]
    assert run.stdout == ""


BAD_USAGE = [
    ("", "Missing command"),
    ("prove iris", "prove"),
    ("predict --optimizer adam", "DATA"),
    ("predict iris", "--optimizer"),
    ("predict iris --optimizer adam --momentum 0.9", "--momentum"),
    ("predict iris --optimizer adamx", "optimizer=adamx"),
    ("predict iris --optimizer adam --beta1 1", "beta1=1"),
    ("predict iris --optimizer adam --beta1 -1/10", "beta1=-1/10"),
    ("predict iris --optimizer adam --beta1 -0.1", "beta1=-0.1"),
    ("predict iris --optimizer adam --eps -1e-3", "eps=-1e-3"),
    ("simulate iris --optimizer adam --steps 10 --lr -0.50", "lr=-0.50"),
    ("predict iris --optimizer adam --beta2 1.5", "beta2=1.5"),
    ("predict iris --optimizer adam --beta2 nan", "beta2='nan'"),
    ("predict iris --optimizer adam --beta2 often", "beta2='often'"),
    ("predict iris --optimizer adam --beta2 1/0", "beta2='1/0'"),
    ("predict iris --optimizer adam --batch-size 0", "batch-size=0"),
    ("predict iris --optimizer adam --batch-size 151", "batch-size=151"),
    ("predict iris --optimizer adam --batch-size 1.5", "batch-size=1.5"),
    ("predict iris --optimizer adam --batch-size some", "batch-size=some"),
    ("predict iris --optimizer adam-proxy --batch-size 1", "batch-size=1"),
    ("predict iris --optimizer adam --order sorted", "order=sorted"),
    ("predict iris --optimizer adam --loss hinge", "loss=hinge"),
    ("predict iris --optimizer adam --eps -1", "eps=-1"),
    ("predict iris --optimizer adam --steps -5", "steps=-5"),
    ("predict iris --optimizer adam --steps 2.5", "steps=2.5"),
    ("predict iris --optimizer adam --json no/such/folder.json", "no/such/folder.json"),
    ("predict iris --optimizer adam --json .", "."),
    ("simulate iris --optimizer adam --steps 10 --lr 0", "lr=0"),
    ("simulate iris --optimizer adam --steps 10 --decay 2", "decay=2"),
    ("simulate iris --optimizer adam --steps 10 --lr 1e300", "lr='1e300'"),
    ("simulate iris --optimizer adam --steps ten", "steps='ten'"),
    ("simulate iris --optimizer adam --steps 10 --arithmetic octal", "arithmetic=octal"),
    ("simulate iris --optimizer adam --steps 10 --seed x", "seed='x'"),
    ("margin iris --norm l3", "norm=l3"),
    ("margin iris", "--norm"),
    ("margin iris --norm mahalanobis", "norm=mahalanobis needs --weights"),
    ("margin iris --norm mahalanobis --weights 1/2,1/2", "weights: 2 of them"),
    ("margin iris --norm mahalanobis --weights 1/2,x", "weights='x'"),
    ("margin iris --norm l2 --weights 1/2,1/2", "weights: they go with norm=mahalanobis"),
    ("margin shifted-diagonal:d=2,delta=1/10 --norm mahalanobis --weights 1/2,1/3", "sum is 5/6"),
    ("margin shifted-diagonal:d=2,delta=1/10 --norm mahalanobis --weights 3/2,-1/2", "c_1=-1/2 is negative"),
    ("margin iris --norm l2 --intercept", "intercept=True"),
    ("verify no-such-claim", "no-such-claim"),
    ("verify --profile fast", "fast"),
    ("check no/such/certificate.json", "no/such/certificate.json"),
    ("hunt", "CLAIM"),
    ("hunt no-such-claim", "claim=no-such-claim"),
    ("hunt false-per-sample-l2 --seconds -5", "seconds=-5"),
    ("hunt false-per-sample-l2 --seconds long", "seconds='long'"),
    ("hunt false-per-sample-l2 --cases 0", "cases=0"),
    ("hunt false-per-sample-l2 --seed 1.5", "seed=1.5"),
    ("hunt false-per-sample-l2 --seed -1", "seed=-1"),
    ("hunt false-per-sample-l2 --jobs 0", "jobs=0"),
    ("hunt false-per-sample-l2 --directory pyproject.toml", "directory=pyproject.toml"),
    ("hunt false-per-sample-l2 --json no/such/folder.json", "no/such/folder.json"),
]


def ended(line: list[str], capsys: pytest.CaptureFixture[str]) -> subprocess.CompletedProcess[str]:
    """How the command with these arguments ended, in this process."""
    status = run(line)
    return subprocess.CompletedProcess(line, status, *capsys.readouterr())


@pytest.mark.parametrize(("line", "expected"), BAD_USAGE, ids=[line or "nothing" for line, _ in BAD_USAGE])
def test_bad_usage_is_one_line_and_status_2(
    line: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, as below."""
    assert_refused(ended(line.split(), capsys), expected)


# A million lines take seconds; test_bad_data.py has them too.
SLOW = {"csv-one-cell-lines"}


@pytest.mark.parametrize(
    "bad",
    [pytest.param(bad, id=bad.id, marks=[pytest.mark.slow] if bad.id in SLOW else []) for bad in BAD_INPUTS],
)
def test_bad_data_is_one_line_and_status_2(
    bad: BadInputCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, for 200 starts of Python would take minutes; the entry point is the command's own."""
    line = ["margin", bad.place(tmp_path), *bad.arguments(), "--norm", "l2"]
    assert_refused(ended(line, capsys), *bad.fragments)


def test_not_separable_data_come_with_the_certificate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, proof = tmp_path / "data.csv", tmp_path / "proof.json"
    data.write_text("1,2\n-1,-2\n3,1\n")
    for command in (
        ("predict", "--optimizer", "adam"),
        ("margin", "--norm", "linf", "--certificate", str(proof)),
    ):
        assert_refused(
            ended([command[0], str(data), *command[1:]], capsys), "not separable", "1/2 x_0 + 1/2 x_1 = 0"
        )
    checked = ended(["check", str(proof), "--data", str(data)], capsys)
    assert checked.returncode == 0
    assert checked.stdout.startswith("valid: ")


def test_an_invalid_certificate_is_status_1(tmp_path: Path) -> None:
    proof = tmp_path / "proof.json"
    assert marginproof("margin", "iris", "--norm", "linf", "--certificate", str(proof)).returncode == 0
    proof.write_text(proof.read_text().replace("379/320", "380/320"))
    checked = marginproof("check", str(proof))
    assert (checked.returncode, checked.stdout.splitlines()[0][:8]) == (1, "invalid:")


def test_the_mahalanobis_margin_of_given_weights_comes_with_a_certificate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, proof = tmp_path / "data.csv", tmp_path / "proof.json"
    data.write_text("1,2\n3,-1\n")
    options = ("--norm", "mahalanobis", "--weights", "1/2,0.5", "--certificate", str(proof), "--json", "-")
    asked = ended(["margin", str(data), *options], capsys)
    assert asked.returncode == 0
    found = json.loads(asked.stdout)
    # M(c) = diag(sqrt(10)/2, sqrt(5)/2), and both constraints are tight at w = (3/7, 2/7): two rows, d = 2.
    assert found["direction_exact"] == ["3/7", "2/7"]
    squared = 1 / ((3 / 7) ** 2 * 10**0.5 / 2 + (2 / 7) ** 2 * 5**0.5 / 2)
    assert float(found["margin"]) == pytest.approx(squared**0.5, rel=1e-15)
    assert found["unique"]
    checked = ended(["check", str(proof), "--data", str(data)], capsys)
    assert checked.returncode == 0
    assert checked.stdout.startswith("valid: ")


def test_json_alone_on_standard_output() -> None:
    run = marginproof("verify", "proxy-limit", "false-signum-fixed-beta", "--jobs", "1", "--json", "-")
    document = json.loads(run.stdout)
    assert run.returncode == 0
    assert document["ok"] is True
    assert [claim["id"] for claim in document["claims"]] == ["proxy-limit", "false-signum-fixed-beta"]
    assert {"id", "title", "source", "expected", "verdict", "clauses", "evidence", "seconds"} == set(
        document["claims"][0]
    )
    assert {"kind", "scope", "detail"} <= set(document["claims"][0]["evidence"][0])
    assert [claim["verdict"] for claim in document["claims"]] == ["formal", "refuted"]


@pytest.mark.parametrize(
    "data",
    ["iris", *(pytest.param(name, marks=pytest.mark.slow) for name in ("wine", "gaussian:n=6,d=4,seed=1"))],
)
def test_predict_as_the_interface_says(data: str, tmp_path: Path) -> None:
    target = tmp_path / "prediction.json"
    run = marginproof(
        "predict", data, "--optimizer", "adam-proxy", "--steps", "200000", "--json", str(target)
    )
    assert (run.returncode, run.stderr) == (0, "")
    document = json.loads(target.read_text())
    assert {"dataset", "optimizer", "limits", "complete"} <= set(document)
    for limit in document["limits"]:
        assert sum(u * u for u in limit["direction"]) == pytest.approx(1, abs=1e-12)  # rounding of d squares
        assert limit["stability"] in {"attracting", "repelling", "saddle", "undetermined"}
        assert [i for i, c in enumerate(limit["weights"]) if c > 0] == limit["support"]


@pytest.mark.slow
def test_interrupted_verify_keeps_what_it_has(tmp_path: Path) -> None:
    target = tmp_path / "claims.json"
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "from verify.claims import CLAIMS; from verify import cli\n"
            "from dataclasses import replace\n"
            "def stop(profile): raise KeyboardInterrupt\n"
            "claim = CLAIMS['proxy-limit']\n"
            "CLAIMS['proxy-limit'] = replace(claim, clauses=(replace(claim.clauses[0], checks=(stop,)),))\n"
            f"cli.main(['verify', 'epoch-map', 'proxy-limit', '--jobs', '1', '--json', {str(target)!r}])",
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 2
    assert run.stderr.startswith("marginproof: interrupted")
    document = json.loads(target.read_text())
    assert (document["ok"], [claim["id"] for claim in document["claims"]]) == (False, ["epoch-map"])

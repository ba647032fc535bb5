"""The wheel as strangers have it: what is in it, and its commands outside the source tree. `make test-oldest` builds
and installs it, and runs these; in an environment whose marginproof is this source tree they fail."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WHEEL = distribution("marginproof")
FILES = {str(path) for path in WHEEL.files or ()}


def installed(*words: str, cwd: Path) -> str:
    """What a program of this environment prints, with no way to the source tree."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    program = str(Path(sys.executable).with_name(words[0]))
    done = subprocess.run(
        [program, *words[1:]],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def test_all_that_is_used_is_in_it_and_no_test() -> None:
    source = {
        str(path.relative_to(ROOT))
        for package in ("verify", "properties")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not {"__pycache__", "tests"} & set(path.parts[len(ROOT.parts) :])
    }
    compiled = {path for path in source if path.endswith((".vo", ".vok", ".vos", ".glob", ".aux", ".cache"))}
    assert source - compiled <= FILES
    ours = {
        path for path in FILES if not path.startswith(("../", "marginproof-")) and "__pycache__" not in path
    }
    assert ours - source == {"marginproof.py"}


def test_the_versions_agree(tmp_path: Path) -> None:
    assert installed("marginproof", "--version", cwd=tmp_path) == f"marginproof {WHEEL.version}\n"
    assert f"version: {WHEEL.version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {WHEEL.version} — " in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("predict iris --optimizer gd --steps 0", "limit 0: attracting, certified"),
        ("margin digits --norm linf --positive 0", "linf max margin"),
        ("verify epoch-map false-signum-fixed-beta", "2 claims: all as expected"),
        ("derive ema-steady-state", "1 derivation"),
        ("derive --notes . ema-steady-state", "1 derivation"),
        ("report false-signum-fixed-beta -o page.html", "page: page.html"),
        ("simulate wine --optimizer adam --steps 100", "proline"),
        ("diagnose iris --optimizer adam --dtype float16 --steps 100", "float16"),
        ("check-rule lion", "lion: as declared"),
        ("check-loss logistic", "logistic: as declared"),
        ("schema predict", "$schema"),
        ("rules", "adam-proxy"),
        ("hunt false-per-sample-l2 --cases 5 --directory found", "a counterexample"),
        ("conform mine.py:Descent --rule gd --cases 10", "they agree"),
        ("sweep study.toml --out ledger", "2 "),
    ],
)
def test_each_command_works_outside_the_source_tree(line: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(DESCENT)
    (tmp_path / "study.toml").write_text(STUDY)
    words = line.split()
    assert said in (
        installed("marginproof", *words, cwd=tmp_path) if words[0] != "hunt" else hunted(words, tmp_path)
    )


def hunted(words: list[str], folder: Path) -> str:
    """What a hunt prints that finds something: its status is 1."""
    program = str(Path(sys.executable).with_name("marginproof"))
    done = subprocess.run(
        [program, *words], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    return done.stdout


def test_a_certificate_is_checked_by_the_standard_library_alone(tmp_path: Path) -> None:
    installed("marginproof", "margin", "iris", "--norm", "l2", "--certificate", "proof.json", cwd=tmp_path)
    assert installed("python", "-m", "verify.certificate", "proof.json", cwd=tmp_path).startswith("valid: ")


def test_pytest_finds_the_plugin_in_a_project_of_one_s_own(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(MINE)
    found = installed("pytest", "-q", "--properties-profile", "quick", "-W", "error", cwd=tmp_path)
    assert "\nsizes                  sum-at-most-a-million" in found


DESCENT = """
class Descent:
    def __init__(self, params, lr=0.1):
        self.params, self.lr = params, lr
    def step(self):
        for p in self.params:
            if p.grad is not None:
                p.data = p.data - p.data.dtype.type(self.lr) * p.grad
"""

STUDY = """
ask = "margin"
[data]
family = "gaussian"
n = 2
d = [2, 3]
[options]
norm = "l1"
"""

MINE = """
from hypothesis import strategies as st
from marginproof import Case, Property, separable, within
from verify.optimizers import optimizer

CASES = st.builds(lambda data: Case(data, optimizer("gd")), separable())
FEW = Property("sizes", "sum-at-most-a-million", "Sizes add up to a million.", CASES,
               lambda case: within(float(abs(case.X).sum()), 1e6, "sum"))

def test_few(judged):
    judged(FEW)
"""

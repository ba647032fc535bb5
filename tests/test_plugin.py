"""The plugin for pytest, in a project of one's own: a property is judged at the profile that is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

HEAD = """
from hypothesis import strategies as st
from marginproof import Case, Property, separable, vacuous, within
from verify.optimizers import optimizer

CASES = st.builds(lambda data: Case(data, optimizer("gd")), separable())

def property(name, judge, expected="holds", cost=1.0):
    return Property("sizes", name, "A property of sizes.", CASES, judge, expected=expected, cost=cost)

def sum_of(case):
    return float(abs(case.X).sum())
"""
HOLDS = """
def test_holds(judged):
    judged(property("large", lambda case: within(sum_of(case), 1e6, "sum")))
"""
FALSE = """
def test_false(judged):
    judged(property("small", lambda case: within(sum_of(case), 30.0, "sum")))
"""
REFUTED = """
def test_refuted(judged):
    judged(property("refuted", lambda case: within(sum_of(case), 30.0, "sum"), "fails"))
"""
UNREFUTED = """
def test_unrefuted(judged):
    judged(property("unrefuted", lambda case: within(sum_of(case), 1e6, "sum"), "fails"))
"""
VACUOUS = """
def test_vacuous(judged):
    judged(property("vacuous", lambda case: vacuous("never")))
"""


def pytest_in(folder: Path, code: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_mine.py").write_text(code)
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", *options]
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=os.environ | {"PYTHONPATH": path},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_a_property_is_judged_and_a_false_one_fails_with_its_simplest_case(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, HEAD + HOLDS + FALSE + REFUTED + UNREFUTED + VACUOUS)
    assert "3 failed, 2 passed" in done.stdout, done.stdout + done.stderr
    assert "Violation: sizes, small: sum: " in done.stdout
    assert "case([[" in done.stdout
    assert "unrefuted: what should fail was not seen to" in done.stdout
    assert "vacuous: every case was vacuous" in done.stdout
    assert "--properties-profile quick --properties-seed 0" in done.stdout
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("sizes                  large "))
    assert line.split()[2] == "20"
    assert not (tmp_path / ".hypothesis" / "marginproof").exists()


def test_the_profile_counts_the_cases_and_violations_are_kept(tmp_path: Path) -> None:
    done = pytest_in(
        tmp_path, HEAD + HOLDS + FALSE, "--properties-profile", "standard", "--properties-seed", "3"
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "--properties-profile standard --properties-seed 3" in done.stdout
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("sizes                  large "))
    assert line.split()[2] == "200"
    assert (tmp_path / ".hypothesis" / "marginproof" / "small.jsonl").exists()


def test_an_unknown_profile_is_refused_before_anything_is_run(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, HEAD + HOLDS, "--properties-profile", "fast")
    assert done.returncode == 4
    assert "--properties-profile fast is none of quick, standard, thorough" in done.stderr


def test_a_project_that_asks_for_nothing_imports_nothing(tmp_path: Path) -> None:
    code = "import sys\ndef test_nothing():\n    assert not {'verify', 'properties', 'numpy'} & set(sys.modules)\n"
    done = pytest_in(tmp_path, code, "-p", "no:hypothesispytest", "-p", "no:_hypothesis_pytestplugin")
    assert "1 passed" in done.stdout, done.stdout
    assert "properties" not in done.stdout

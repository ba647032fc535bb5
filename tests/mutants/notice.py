"""Which test notices a fault that is planted in a copy of the project, a copy for each process."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mutants.fault import Fault, Part
from mutants.faults import PARTS

ROOT = Path(__file__).parents[2]
COPIED = (
    "verify",
    "properties",
    "marginproof.py",
    "tests",
    "notes",
    "pyproject.toml",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "README.md",
    "CHANGELOG.md",
    "Makefile",
    "LICENSE",
)
# The slowest part, the claims, takes minutes; a fault that makes a loop endless is noticed by this.
SECONDS = 900
# The name of a test, without the case that failed.
FAILED = re.compile(r"^(?:FAILED|ERROR) (?:tests/)?([^\s\[]+)", re.MULTILINE)


def copy_of_project(folder: Path) -> Path:
    """A copy of what the tests need."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis")
            )
        elif source.exists():
            shutil.copy(source, folder / name)
    return folder


def first_failure(project: Path, tests: Sequence[str]) -> str:
    """The first test that fails in the project, "" if all pass."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-n", "0"]
    try:
        run = subprocess.run(
            [*command, *(f"tests/{name}" for name in tests)],
            cwd=project, env=os.environ | {"PYTHONPATH": str(project)}, capture_output=True, text=True, timeout=SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no end after {SECONDS} s"
    if run.returncode == 0:
        return ""
    found = FAILED.search(run.stdout)
    return found[1] if found else f"pytest ended with status {run.returncode}"


def noticed(project: Path, fault: Fault) -> str:
    """The test that notices a fault, "" if it survives; the file is as before afterwards."""
    file = project / fault.file
    right = file.read_text(encoding="utf-8")
    file.write_text(fault.planted(right), encoding="utf-8")
    try:
        return first_failure(project, PARTS[fault.part].tests)
    finally:
        file.write_text(right, encoding="utf-8")


def outcome(folder: Path, names: Sequence[str], number: int) -> str | None:
    """Of the parts, then of their faults, what the one with this number comes to, in this process' copy of the project;
    None where there is no such number."""
    parts = [PARTS[name] for name in names]
    works = [*parts, *(fault for part in parts for fault in part.faults)]
    if number >= len(works):
        return None
    project, work = folder / str(os.getpid()), works[number]
    if not project.exists():
        copy_of_project(project)
    return first_failure(project, work.tests) if isinstance(work, Part) else noticed(project, work)

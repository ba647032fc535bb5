"""What notices a planted fault: the tests, run on a copy of the project in a fork of the worker that has the copy.

What is no part of a copy is imported before; what the worker has imported of the project is forgotten in the fork.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from mutants.fault import Fault
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
# What a fork must import from the copy.
OURS = ("verify", "properties", "marginproof")

# What takes a second to import and belongs to no copy. (pytest's plugins it must import itself.)
SHARED = ("flint", "gmpy2", "matplotlib", "mpmath", "numba", "numpy", "scipy.optimize", "sympy", "typer")

# The slowest part takes minutes; a fault that makes a loop endless is noticed by this.
SECONDS = 900
FAILED = re.compile(r"^(?:FAILED|ERROR) (?:tests/)?(\S.*?)(?: - .*)?$", re.MULTILINE)


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


def failures(project: Path, tests: Sequence[str], *, first: bool = True) -> list[str]:
    """The first test that fails in the project, or all that do; none if all pass."""
    output = project / "output.txt"
    if not (child := os.fork()):
        _run_in(project, output, [*(["-x"] if first else []), *(f"tests/{name}" for name in tests)])
    status, end = None, time.monotonic() + SECONDS
    while status is None and time.monotonic() < end:
        found, ended = os.waitpid(child, os.WNOHANG)
        status = os.waitstatus_to_exitcode(ended) if found else None
        time.sleep(0.05)
    with suppress(ProcessLookupError):  # with what it may have started
        os.killpg(child, signal.SIGKILL)
    if status is None:
        os.waitpid(child, 0)
        return [f"no end after {SECONDS} s"]
    said = FAILED.findall(output.read_text(encoding="utf-8", errors="replace"))
    return [] if status == 0 else said or [f"pytest ended with status {status}"]


def _run_in(project: Path, output: Path, words: list[str]) -> None:
    """pytest in this process, which then ends."""
    status = 3
    try:
        os.setsid()
        with output.open("wb") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        os.chdir(project)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for name in [name for name in sys.modules if name.split(".")[0] in OURS]:
            del sys.modules[name]
        os.environ |= {"PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "1000"}
        sys.dont_write_bytecode = True
        sys.path[:0] = [str(project)]
        status = int(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *words]))
    finally:
        sys.stdout.flush()
        os._exit(status)


def noticed(project: Path, fault: Fault, known: str | None) -> str:
    """The test that notices a fault, "" if it survives; the file is as before afterwards."""
    file = project / fault.file
    right = file.read_text(encoding="utf-8")
    file.write_text(fault.planted(right), encoding="utf-8")
    try:
        found = failures(project, [known]) if known else []
        return "".join(found[:1] or failures(project, PARTS[fault.part].tests)[:1])
    finally:
        file.write_text(right, encoding="utf-8")


def outcome(folder: Path, names: Sequence[str], known: dict[str, str], number: int) -> str | None:
    """What notices the fault with this number of the parts with these names, in this process' copy of the project; ""
    if it survives, None where there is no such fault."""
    faults = [fault for name in names for fault in PARTS[name].faults]
    if number >= len(faults):
        return None
    project = folder / str(os.getpid())
    if not project.exists():
        copy_of_project(project)
        for name in SHARED:
            import_module(name)
    return noticed(project, faults[number], known.get(faults[number].name))

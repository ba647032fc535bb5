"""``make mutants``: plant each fault in a copy of the project, and see which test notices.

The tests run on the copy's code, in a fork of this process for each fault, with what is no part of a copy imported
already. The test that noticed a fault before is tried first. What noticed is run without any fault in the end, since a
test that fails anyway notices nothing. Brings the table of notes/mutants.md up to date; status 1 if a fault survives.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue

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
TABLE = ROOT / "notes" / "mutants.md"
# The test that noticed each fault when it was last planted.
NOTICED = Path(__file__).parent / "noticed.json"

# What takes a second to import and belongs to no copy. (pytest's plugins it must import itself.)
SHARED = (
    "flint",
    "gmpy2",
    "matplotlib",
    "mpmath",
    "numba",
    "numpy",
    "scipy.optimize",
    "sympy",
    "typer",
)

# The slowest part, the claims, takes minutes; a fault that makes a loop endless is noticed by this.
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


def table(noticed_of: dict[str, tuple[int, int]]) -> str:
    """The page of notes/: how many faults of each part were noticed when it was last run."""
    lines = [
        "# Faults planted, and how many of them the tests notice",
        "",
        "Written by `make mutants`, as a whole or a part at a time: each fault of `tests/mutants/faults` is put into",
        "a copy of the project, alone, and the tests of its part are run until one fails. A part that was not run",
        "since its faults changed is said to have none noticed.",
        "",
        "| part | noticed | planted |",
        "|---|---|---|",
        *(f"| {part} | {noticed} | {planted} |" for part, (noticed, planted) in noticed_of.items()),
        f"| all | {sum(n for n, _ in noticed_of.values())} | {sum(n for _, n in noticed_of.values())} |",
    ]
    return "\n".join(lines) + "\n"


def seen_before(page: str) -> dict[str, tuple[int, int]]:
    """What the page says of each part that still has so many faults."""
    found = {name: (0, len(part.faults)) for name, part in PARTS.items()}
    for name, noticed, planted in re.findall(r"^\| (.+?) \| (\d+) \| (\d+) \|$", page, re.MULTILINE):
        if name in found and int(planted) == found[name][1]:
            found[name] = int(noticed), int(planted)
    return found


def main() -> int:
    """Run the faults of the parts on the command line, of all by default, and write what noticed them to the table."""
    options = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    options.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all if none")
    options.add_argument("--jobs", type=int, default=2, help="copies of the project at work side by side")
    given = options.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        options.error(f"part={sorted(unknown)[0]} is none of {', '.join(PARTS)}")
    parts = [part for part in PARTS.values() if not given.parts or part.name in given.parts]
    chosen = [fault for part in parts for fault in part.faults]
    known: dict[str, str] = json.loads(NOTICED.read_text(encoding="utf-8")) if NOTICED.exists() else {}
    for name in SHARED:
        import_module(name)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.jobs) as pool:
        projects: SimpleQueue[Path] = SimpleQueue()
        for job in range(given.jobs):
            projects.put(copy_of_project(Path(folder) / str(job)))

        def in_a_copy(fault: Fault) -> str:
            project = projects.get()
            try:
                return noticed(project, fault, known.get(fault.name))
            finally:
                projects.put(project)

        tests = []
        for fault, test in zip(chosen, pool.map(in_a_copy, chosen), strict=True):
            tests.append(test)
            print(f"{len(tests)}/{len(chosen)} {fault.name}: {test or 'NOT noticed'}", flush=True)
        named = sorted({test for test in tests if "::" in test})
        anyway = set(failures(projects.get(), named, first=False)) if named else set()
    for test in sorted(anyway):
        print(f"without any fault, {test} fails")
    tests = ["" if test in anyway else test for test in tests]
    print(f"{sum(map(bool, tests))} of {len(chosen)} faults noticed, {time.perf_counter() - start:.0f} s")
    known |= {fault.name: test for fault, test in zip(chosen, tests, strict=True)}
    names = {fault.name for part in PARTS.values() for fault in part.faults}
    kept = {name: test for name, test in sorted(known.items()) if name in names and "::" in test}
    NOTICED.write_text(json.dumps(kept, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    everything = seen_before(TABLE.read_text(encoding="utf-8") if TABLE.exists() else "")
    for part in parts:
        hits = [bool(test) for fault, test in zip(chosen, tests, strict=True) if fault.part == part.name]
        everything[part.name] = sum(hits), len(hits)
    TABLE.write_text(table(everything), encoding="utf-8")
    return 0 if all(tests) else 1


if __name__ == "__main__":
    sys.exit(main())

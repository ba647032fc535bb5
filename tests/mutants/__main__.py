"""``make mutants``: plant each fault in a copy of the project, and see which test notices.

The copy's tests run on the copy's code. A part's tests are run once without a fault first, since a test that
fails anyway notices nothing. Brings the table of notes/mutants.md up to date; status 1 if a fault survives.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

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
TABLE = ROOT / "notes" / "mutants.md"

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
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.jobs) as pool:
        projects: SimpleQueue[Path] = SimpleQueue()
        for job in range(given.jobs):
            projects.put(copy_of_project(Path(folder) / str(job)))

        def in_a_copy(work: Fault | Part) -> str:
            project = projects.get()
            try:
                return (
                    noticed(project, work) if isinstance(work, Fault) else first_failure(project, work.tests)
                )
            finally:
                projects.put(project)

        for part, failure in zip(parts, pool.map(in_a_copy, parts), strict=True):
            if failure:
                print(f"without any fault, {part.name} fails at {failure}")
                return 1
        tests = []
        for fault, test in zip(chosen, pool.map(in_a_copy, chosen), strict=True):
            tests.append(test)
            print(
                f"{len(tests)}/{len(chosen)} {fault.part}: {fault.what}: {test or 'NOT noticed'}", flush=True
            )
    print(f"{sum(map(bool, tests))} of {len(chosen)} faults noticed, {time.perf_counter() - start:.0f} s")
    everything = seen_before(TABLE.read_text(encoding="utf-8") if TABLE.exists() else "")
    for part in parts:
        hits = [bool(test) for fault, test in zip(chosen, tests, strict=True) if fault.part == part.name]
        everything[part.name] = sum(hits), len(hits)
    TABLE.write_text(table(everything), encoding="utf-8")
    return 0 if all(tests) else 1


if __name__ == "__main__":
    sys.exit(main())

"""``make mutants``: plant each fault in a copy of the project, and see which test notices.

The test that noticed a fault before is tried first. What noticed is run without any fault in the end, since a
test that fails anyway notices nothing. Brings the table of notes/mutants.md up to date; status 1 if a fault survives.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from mutants.faults import PARTS
from mutants.notice import ROOT, copy_of_project, failures, outcome

from verify.executor.cluster import numbered

TABLE = ROOT / "notes" / "mutants.md"
# The test that noticed each fault when it was last planted.
NOTICED = Path(__file__).parent / "noticed.json"


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
    options.add_argument("--scheduler", metavar="ADDRESS", help="a running scheduler of Dask on this machine")
    given = options.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        options.error(f"part={sorted(unknown)[0]} is none of {', '.join(PARTS)}")
    parts = [part for part in PARTS.values() if not given.parts or part.name in given.parts]
    chosen = [fault for part in parts for fault in part.faults]
    known: dict[str, str] = json.loads(NOTICED.read_text(encoding="utf-8")) if NOTICED.exists() else {}
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        tests = []
        work = partial(outcome, Path(folder), [part.name for part in parts], known)
        with numbered(work, 0, given.jobs, given.scheduler) as outcomes:
            for fault, test in zip(chosen, outcomes, strict=False):
                tests.append(test)
                print(f"{len(tests)}/{len(chosen)} {fault.name}: {test or 'NOT noticed'}", flush=True)
        named = sorted({test for test in tests if "::" in test})
        anyway = (
            set(failures(copy_of_project(Path(folder) / "right"), named, first=False)) if named else set()
        )
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

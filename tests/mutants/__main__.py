"""``make mutants``: plant each fault in a copy of the project, and see which test notices.

The copy's tests run on the copy's code. A part's tests are run once without a fault first, since a test that
fails anyway notices nothing. Brings the table of notes/mutants.md up to date; status 1 if a fault survives.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from mutants.faults import PARTS
from mutants.notice import ROOT, outcome

from verify.executor.cluster import numbered

TABLE = ROOT / "notes" / "mutants.md"


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
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        work = partial(outcome, Path(folder), [part.name for part in parts])
        with numbered(work, 0, given.jobs, given.scheduler) as outcomes:
            for part in parts:
                if failure := next(outcomes):
                    print(f"without any fault, {part.name} fails at {failure}")
                    return 1
            tests = []
            for fault in chosen:
                tests.append(next(outcomes))
                print(
                    f"{len(tests)}/{len(chosen)} {fault.part}: {fault.what}: {tests[-1] or 'NOT noticed'}",
                    flush=True,
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

"""``marginproof hunt``."""

from __future__ import annotations

from typing import Annotated

import typer

from verify.cli.options import Json, option, own_files, rational, tell
from verify.console import check_targets, progress


def command(
    claim: Annotated[
        str, typer.Argument(metavar="CLAIM", help="Its id, as `verify` shows it, or FILE.py:CLAIM.")
    ],
    seconds: Annotated[
        str | None,
        option("--seconds", "Time for the search (its last case is finished); 60, or no limit with --cases."),
    ] = None,
    cases: Annotated[
        str | None, option("--cases", "End after so many cases (in rounds of up to 100).")
    ] = None,
    seed: Annotated[str, option("--seed", "Draws the cases.", "S")] = "0",
    jobs: Annotated[str, option("--jobs", "Processes that search; the result is the same.")] = "1",
    scheduler: Annotated[
        str | None, option("--scheduler", "A running scheduler of Dask that searches.", "ADDRESS")
    ] = None,
    directory: Annotated[
        str, option("--directory", "What is found is written to DIR/CLAIM.", "DIR")
    ] = "hunts",
    resume: Annotated[
        bool, option("--resume", "Judge what DIR/CLAIM holds, then go on where its hunt ended.")
    ] = False,
    json: Json = None,
) -> None:
    """Search for a counterexample; shrink it, verify it again, and write data and certificates."""
    longest = rational("seconds", seconds) if seconds is not None else 60 if cases is None else None

    from verify.ask.hunts import hunt

    with progress(claim, None if longest is None else max(0, int(longest))) as update:
        found = hunt(
            claim, seconds=seconds, cases=cases, seed=seed, jobs=jobs, scheduler=scheduler, directory=directory,
            resume=resume, progress=lambda elapsed, text: update(int(elapsed), text),
            check=lambda written: check_targets(*own_files([claim]), *written, json=json), target=json,
        )  # fmt: skip
    tell(found, json)
    if found.unwritten is not None:
        raise found.unwritten
    if found.violation is not None:
        raise typer.Exit(1)
    if found.interrupted:
        raise KeyboardInterrupt

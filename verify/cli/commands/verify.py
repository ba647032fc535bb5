"""``marginproof verify``."""

from __future__ import annotations

from typing import Annotated

import typer

from verify.asked import version
from verify.cli.options import Json, option, own_files
from verify.console import check_targets, console, progress, write_json
from verify.files import write_whole

# The longest claim takes an eighth of the time of all.
MOST = 8


def command(
    claims: Annotated[
        list[str] | None, typer.Argument(metavar="[CLAIM]...", help="Ids, or FILE.py:CLAIM; all if none.")
    ] = None,
    profile: Annotated[str, option("--profile", "quick, standard or thorough")] = "quick",
    jobs: Annotated[
        str | None,
        option("--jobs", "Processes that check; as many as cores, up to 8. The words are the same."),
    ] = None,
    scheduler: Annotated[
        str | None, option("--scheduler", "A running scheduler of Dask that checks.", "ADDRESS")
    ] = None,
    notes: Annotated[
        str | None, option("--notes", "Write statements and evidence as a page.", "FILE")
    ] = None,
    json: Json = None,
) -> None:
    """Check the claims, on generated cases too, and print what each verdict rests on."""
    from verify.ask.claims import show_claims, verify
    from verify.ask.statements import page
    from verify.claims import select
    from verify.executor.processes import cores

    check_targets(*own_files(claims or []), notes=notes, json=json)
    chosen = select(claims or [], profile)
    results = []
    ok = False
    try:
        with progress("claims", len(chosen)) as update:
            side_by_side = min(MOST, cores()) if jobs is None else jobs
            for result in verify(claims, profile, update, side_by_side, scheduler):
                results.append(result)
        ok = all(result.as_expected for result in results)
    finally:  # an interrupted run keeps what it has, and is not ok
        show_claims(results, len(chosen), console(json))
        found = [result.to_json() for result in results]
        if notes is not None:
            write_whole(notes, page(found))
        write_json({"ok": ok, "claims": found, "version": version()}, json)
    if not ok:
        raise typer.Exit(1)

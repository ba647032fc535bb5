"""``marginproof sweep``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verify.cli.options import Json, option, tell
from verify.console import check_targets, progress


def command(
    study: Annotated[str, typer.Argument(metavar="SPEC.toml", help="What is asked, of which items.")],
    out: Annotated[
        str | None, option("--out", "The folder of the ledger; a second run goes on there.", "DIR")
    ] = None,
    jobs: Annotated[str, option("--jobs", "Processes that answer; the rows are the same.")] = "1",
    scheduler: Annotated[
        str | None,
        option("--scheduler", "A running scheduler of Dask in place of processes here.", "ADDRESS"),
    ] = None,
    dry_run: Annotated[
        bool, option("--dry-run", "Count items, and estimate the time from a sample.")
    ] = False,
    retry: Annotated[bool, option("--retry", "Ask again for what did not end as done.")] = False,
    export: Annotated[
        list[str] | None, option("--export", "Write the rows too, .csv or .parquet.", "FILE")
    ] = None,
    json: Json = None,
) -> None:
    """Ask one question of many items, and keep the answers in a ledger."""
    from verify.errors import BadInput
    from verify.studies.spec import read
    from verify.studies.sweep import estimate, sweep
    from verify.studies.swept import check_export
    from verify.studies.swept import export as export_rows

    targets = {f"export {number}": target for number, target in enumerate(export or [])}
    check_targets(("the study", study), json=json, **targets)
    if out is None and not dry_run:
        raise BadInput("out is missing: --out DIR says where the ledger is, and --dry-run needs none")
    for target in targets.values():
        check_export(target)
    count = len(read(study).plan)
    if dry_run:
        with progress("a sample", None) as update:
            planned = estimate(study, jobs=jobs, progress=update)
        tell(planned, json)
        return
    assert out is not None
    with progress("items", count) as update:
        found = sweep(study, out, jobs=jobs, scheduler=scheduler, retry=retry, progress=update)
    tell(found, json)
    if found.interrupted:
        raise KeyboardInterrupt
    for target in targets.values():
        export_rows(Path(out), target)

"""``marginproof report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verify.cli.options import own_files
from verify.console import check_targets, console, progress
from verify.files import write_whole


def command(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="A sweep's folder, data, a claim, or verify, for all claims."),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="The page, one file of HTML.")
    ],
) -> None:
    """Make a page that people read: of a sweep, of data, of claims."""
    from verify.studies.report import page_of

    read = [("the data", source)] if Path(source).is_file() else []
    check_targets(*read, *own_files([source]), output=output)
    with progress("report", None) as update:
        page = page_of(source, Path(output).resolve().parent, update)
    write_whole(output, page)
    console().say(f"page: {output}, {len(page) // 1000 + 1} kB")

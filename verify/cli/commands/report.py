"""``marginproof report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verify.cli.options import expand_freely, own_files
from verify.console import check_targets, console, progress
from verify.data.reading import Reading
from verify.files import write_whole


@expand_freely
def command(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="A sweep's folder, data, a claim, or verify, for all claims."),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="The page, one file of HTML.")
    ],
    reading: Reading,
) -> None:
    """Make a page that people read: of a sweep, of data, of claims."""
    from verify.studies.report import page_of

    read = [("the data", source)] if Path(source).is_file() else []
    check_targets(*read, *own_files([source]), output=output)
    with progress("report", None) as update:
        page = page_of(source, Path(output).resolve().parent, update, **reading.asked)
    write_whole(output, page)
    console().say(f"page: {output}, {len(page) // 1000 + 1} kB")

"""``marginproof check``."""

from __future__ import annotations

from typing import Annotated

import typer

from verify import console
from verify.cli.options import Json, expand, option, rational
from verify.console import check_targets, write_json
from verify.data import load
from verify.data.reading import Reading
from verify.data.text import show
from verify.errors import BadInput


@expand
def command(
    certificates: Annotated[list[str], typer.Argument(metavar="CERTIFICATE...")],
    reading: Reading,
    data: Annotated[str | None, option("--data", "The data it must be about.", "DATA")] = None,
    work: Annotated[
        str,
        option(
            "--work",
            "Times the usual bounds: some ten seconds and a gigabyte a certificate, files of 40 MiB.",
            "TIMES",
        ),
    ] = "1",
    kernel: Annotated[
        bool, option("--kernel", "Each as a theorem, compiled by Rocq's kernel (of kinds that have one).")
    ] = False,
    json: Json = None,
) -> None:
    """Re-check certificates, trusting nothing but the files themselves.

    Status 0 if all are valid, 1 if one is not, 2 if one could not be read.
    """
    from verify.ask.checks import checked_files

    times = rational("work", work)
    if times <= 0:
        raise BadInput(f"work={show(work)} is not positive")
    for name, given in reading.asked.items():
        if data is None:
            raise BadInput(f"{name}={show(given)}: it says how to read --data, and there is none")
    check_targets(*(("a certificate", file) for file in certificates), json=json)
    about = None if data is None else load(data, **reading.asked)
    document, status = checked_files(certificates, about, float(times), console.QUIET or json == "-", kernel)
    write_json(document, json)
    if status:
        raise typer.Exit(status)

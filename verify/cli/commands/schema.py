"""``marginproof schema``."""

from __future__ import annotations

from typing import Annotated

import typer

from verify.console import STANDARD_OUTPUT, write_json


def command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="COMMAND",
            help="A command; path: predict --path; plan: sweep --dry-run; recipes: diagnose --recipes.",
        ),
    ],
) -> None:
    """Print the JSON Schema of what a command writes with --json."""
    from verify.ask.schemas import schema

    write_json(schema(name), STANDARD_OUTPUT)

"""``marginproof check-loss``."""

from __future__ import annotations

from typing import Annotated

import typer

from verify.cli.options import Json, own_files
from verify.console import check_targets, console, progress, write_json

NAME = "check-loss"


def command(
    loss: Annotated[str, typer.Argument(metavar="LOSS", help="A name, or FILE.py:NAME, whose code is run.")],
    json: Json = None,
) -> None:
    """Prove or refute each trait that a loss declares."""
    from verify.ask.checks import check_loss

    check_targets(*own_files([loss]), json=json)
    with progress("traits", None):
        found = check_loss(loss)
    found.show(console(json))
    write_json(found.to_dict(), json)
    if not found.ok:
        raise typer.Exit(1)

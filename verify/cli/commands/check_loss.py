"""``marginproof check-loss``."""

from __future__ import annotations

from typing import Annotated

import typer

from verify.cli.options import Json, own_files, tell
from verify.console import check_targets, progress

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
    tell(found, json, found.ok)

"""``marginproof check-rule``."""

from __future__ import annotations

from typing import Annotated

import typer

from verify.cli.options import Json, own_files
from verify.console import check_targets, console, progress, write_json

NAME = "check-rule"


def command(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A name, or FILE.py:NAME, whose code is run.")],
    json: Json = None,
) -> None:
    """Prove or refute each trait that a rule declares."""
    from verify.ask.checks import check_rule

    check_targets(*own_files([rule]), json=json)
    with progress("traits", None):
        found = check_rule(rule)
    found.show(console(json))
    write_json(found.to_dict(), json)
    if not found.ok:
        raise typer.Exit(1)

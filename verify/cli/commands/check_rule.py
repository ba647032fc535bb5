"""``marginproof check-rule``."""

from __future__ import annotations

from typing import Annotated

import typer

from verify.cli.options import Json, own_files, tell
from verify.console import check_targets, progress

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
    tell(found, json, found.ok)

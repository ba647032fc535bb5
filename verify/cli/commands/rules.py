"""``marginproof rules``."""

from __future__ import annotations

from verify.cli.options import Json
from verify.console import check_writable, console, write_json


def command(json: Json = None) -> None:
    """The rules that ship, with what they declare."""
    from verify.cli.rules import rules_json, show_rules

    check_writable(json)
    show_rules(console(json))
    write_json(rules_json(), json)

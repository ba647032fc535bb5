"""The rules that ship, as a table and as JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from verify.ask.checks import said
from verify.asked import version
from verify.optimizers.rule import Rule
from verify.optimizers.rules import RULES


def rules_json() -> dict[str, Any]:
    """All rules that ship, with their traits as declared."""
    return {"rules": [_declared(rule) for rule in RULES.values()], "version": version()}


def _declared(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "also": list(rule.also),
        "source": rule.source,
        "states": [{"name": state.name, "degree": str(state.degree)} for state in rule.states],
        "hyper": [
            {"name": number.name, "default": str(number.usual), "range": number.range()}
            for number in rule.hyper
        ],
        "update": rule.update,
        "degree": rule.degree,
        "batch": "full" if rule.batch is None else rule.batch,
        "batches": rule.batches,
        "reads": rule.reads,
        "forgets": rule.forgets,
        "blocks": rule.divided,
        "weight_decay": str(rule.decay),
    }


def show_rules(console: Console) -> None:
    """Print a table of the rules that ship."""
    table = Table(box=None, padding=(0, 1, 0, 0))  # no borders, so that 80 columns hold it
    for heading in ("rule", "states", "set", "update", "degree", "batch", "reads", "forgets"):
        table.add_column(heading, no_wrap=True)
    for rule in RULES.values():
        table.add_row(
            "\n".join((rule.name, *rule.also)),
            "\n".join(f"{state.name}: {state.degree}" for state in rule.states),
            "\n".join(f"{number.name}={number.usual}" for number in rule.hyper),
            rule.update,
            said(rule.degree),
            f"{rule.batch}" if isinstance(rule.batch, int) else "full" if rule.batches else "full only",
            rule.reads,
            said(rule.forgets),
        )
    console.print(table)
    console.print("a state's number is its degree; other rules: --optimizer FILE.py:NAME")

"""How the claims read on a terminal. JSON has everything; a table has what a person compares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from verify.evidence import Verdict

if TYPE_CHECKING:
    from properties.claim import Found
    from verify.claims import Result

_STYLE = {Verdict.REFUTED: "red", Verdict.UNDECIDED: "yellow"}


def _clause(found: Found) -> str:
    """A clause: its word, what it says, under which hypotheses, and the evidence."""
    hypotheses = "; ".join(each.text for each in found.clause.hypotheses)
    lines = [f"[bold]{found.verdict}[/bold]: {escape(found.clause.text)}"]
    if hypotheses:
        lines.append(escape(f"  if {hypotheses}"))
    return "\n".join([*lines, *(escape(f"  {e.kind}: {e.detail} [on {e.scope}]") for e in found.evidence)])


def show_claims(results: Sequence[Result], console: Console) -> None:
    """Print one row a claim: what was claimed, by whom, the verdict, and what it rests on, clause by clause."""
    table = Table(show_lines=True, expand=True)
    for heading, ratio in (("claim", 3), ("source", 2), ("verdict", 1), ("evidence", 5), ("seconds", None)):
        table.add_column(
            heading, ratio=ratio, justify="right" if heading == "seconds" else "left", overflow="fold"
        )
    for result in results:
        verdict = result.verdict
        style = (
            "green" if result.as_expected and verdict is not Verdict.UNDECIDED else _STYLE.get(verdict, "red")
        )
        note = "" if result.as_expected else " (unexpected)"
        expected = " (as it should be)" if result.claim.expected == "fails" and result.as_expected else note
        table.add_row(
            f"[bold]{result.claim.id}[/bold]\n{escape(result.claim.title)}",
            escape(result.claim.source),
            f"[{style}]{verdict}[/{style}]{expected}",
            "\n".join(_clause(found) for found in result.clauses),
            f"{result.seconds:.1f}",
        )
    console.print(table)
    surprising = [result.claim.id for result in results if not result.as_expected]
    used = [word for word in Verdict if any(result.verdict is word for result in results)]
    console.print("; ".join(f"{word}: {word.meaning}" for word in used))
    console.print(
        f"{len(results)} claims: "
        + (f"not as expected: {', '.join(surprising)}" if surprising else "all as expected")
    )

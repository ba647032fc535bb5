"""Do the derivations stand, each step on two roads?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from verify.ask.answer import Answer
from verify.console import Page
from verify.derive.notes import page as page_of
from verify.derive.run import Derivation
from verify.derive.text import as_text


@dataclass(frozen=True)
class Step:
    """A step: what it says, in words and in LaTeX, why it is true, and what both roads said."""

    statement: str
    latex: str
    reason: str
    ok: bool
    symbols: str
    second_road: str


@dataclass(frozen=True, eq=False, repr=False)
class ChainAnswer(Answer):
    """A chain carried out: ``ok`` if all of its ``steps`` and measurements stand. ``found`` is the document."""

    found: dict[str, Any]
    ok: bool
    steps: tuple[Step, ...]
    lines: str
    markdown: str

    @property
    def name(self) -> str:
        """As `marginproof derive` takes it."""
        return str(self.found["name"])

    def show(self, page: Page) -> None:
        for line in self.lines.split("\n"):
            page.say(line, len(line) - len(line.lstrip()))

    def summary(self) -> str:
        stands = "every step stands on both roads" if self.ok else "NOT established"
        return f"{self.name}: {len(self.steps)} steps, {stands}"

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        rows = [
            [str(n), step.statement, "ok" if step.ok else "FAILED", step.reason]
            for n, step in enumerate(self.steps, 1)
        ]
        return ("step", "statement", "verdict", "reason"), rows

    def _repr_markdown_(self) -> str:
        return self.markdown


def answer_of(result: Derivation) -> ChainAnswer:
    """What a derivation says."""
    steps = tuple(
        Step(
            each.step.statement, each.step.assertion.latex, each.step.reason, each.passed, each.check.how,
            each.second_road.how,
        )
        for each in result.steps
    )  # fmt: skip
    return ChainAnswer(result.to_json(), result.passed, steps, as_text(result), page_of(result))

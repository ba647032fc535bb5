"""Do the claims hold, and what does each verdict rest on?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from verify.ask.answer import Answer
from verify.ask.values import several, whole
from verify.claims import Result, check_claims, select
from verify.console import Page
from verify.evidence import Verdict as Words


@dataclass(frozen=True)
class Clause:
    """A part of a claim's statement: its ``hypotheses``, and the ``verdict`` of the evidence that covers it."""

    text: str
    hypotheses: tuple[str, ...]
    verdict: str
    evidence: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, eq=False, repr=False)
class ClaimAnswer(Answer):
    """A claim: ``ok`` if it came out as it should, its ``verdict`` and its ``clauses``. ``found`` is the document."""

    found: dict[str, Any]
    statement: str
    ok: bool
    verdict: str
    clauses: tuple[Clause, ...]

    @property
    def id(self) -> str:
        """As in the registry."""
        return str(self.found["id"])

    def show(self, page: Page) -> None:
        page.head(self.id, f": {self.found['title']}")
        page.say(f"[{self.found['source']}]", 2)
        fails = self.found["expected"] == "fails"
        note = " (unexpected)" if not self.ok else " (as it should be)" if fails else ""
        page.say(f"{self.verdict}{note}, {self.found['seconds']:.1f} s", 2)
        for clause in self.clauses:
            page.say(f"{clause.verdict}: {clause.text}", 2)
            if clause.hypotheses:
                page.say(f"if {'; '.join(clause.hypotheses)}", 4)
            for kind, scope, detail in clause.evidence:
                page.say(f"{kind}: {detail} [on {scope}]", 4)

    def summary(self) -> str:
        return f"{self.id}: {self.verdict}" + ("" if self.ok else " (unexpected)")

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        rows = [
            [
                clause.text,
                "; ".join(clause.hypotheses),
                clause.verdict,
                "; ".join(e[2] for e in clause.evidence),
            ]
            for clause in self.clauses
        ]
        return ("clause", "hypotheses", "verdict", "evidence"), rows

    def _repr_markdown_(self) -> str:
        lines = [
            f"### {self.found['title']}",
            f"*{self.found['source']}*",
            self.statement,
            f"**{self.summary()}**",
        ]
        for clause in self.clauses:
            lines.append(f"- {clause.text} **{clause.verdict}**")
            lines += [f"  - {kind}: {detail} (on {scope})" for kind, scope, detail in clause.evidence]
        return "\n\n".join(lines) + "\n"


def answer_of(result: Result) -> ClaimAnswer:
    """What a check of a claim says."""
    clauses = tuple(
        Clause(
            found.clause.text,
            tuple(each.text for each in found.clause.hypotheses),
            str(found.verdict),
            tuple((str(e.kind), e.scope, e.detail) for e in found.evidence),
        )
        for found in result.clauses
    )
    statement = result.claim.statement
    return ClaimAnswer(result.to_json(), statement, result.as_expected, str(result.verdict), clauses)


def verify(
    claims: Sequence[str] | str | None = None,
    profile: str = "quick",
    progress: Callable[..., None] = lambda done, name="": None,
    jobs: Any = 1,
    scheduler: str | None = None,
) -> Iterator[Result]:
    """Check claims, all if none are named, on generated cases too, ``jobs`` at a time, or on the Dask scheduler at that
    address."""
    ids = [] if claims is None else several(claims)
    yield from check_claims(select(ids, profile), profile, progress, whole("jobs", jobs, 1, 64), scheduler)


def show_claims(results: Sequence[Result], asked: int, page: Page) -> None:
    """Print each claim, what the words mean that were used, and which claims did not come out as they should; fewer
    than were asked for were checked where the rest could not be."""
    for result in results:
        answer_of(result).show(page)
        page.say("")
    surprising = [result.claim.id for result in results if not result.as_expected]
    used = [word for word in Words if any(result.verdict is word for result in results)]
    page.say("; ".join(f"{word}: {word.meaning}" for word in used))
    count = f"{asked} claims" if len(results) == asked else f"{len(results)} of {asked} claims checked"
    outcome = f"not as expected: {', '.join(surprising)}" if surprising else "all as expected"
    page.say(f"{count}: {outcome}" if results else count)

"""What a claim is: a list of clauses, each with its hypotheses, what proves it and how it can be broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

from hypothesis.strategies import SearchStrategy

from properties.property import Case, Judge, Property
from verify.evidence import ORDER, Evidence, Hypothesis, Verdict, strongest

Profile = Literal["quick", "standard", "thorough"]
PROFILES: tuple[Profile, ...] = ("quick", "standard", "thorough")

# A check of one's own looks for evidence and returns it; what it finds against the claim it returns as REFUTED.
Check = Callable[[Profile], Evidence]


def trial(
    name: str,
    cases: SearchStrategy[Case] | None,
    judge: Judge,
    false: dict[str, Judge] | None = None,
    **others: Any,
) -> Property:
    """A property that stands in a clause, which gives it the id of its claim. Its text is the judge's docstring."""
    text = getattr(judge.func if isinstance(judge, partial) else judge, "__doc__", None) or name
    return Property("", name, " ".join(text.split()), cases, judge, false or {}, **others)


@dataclass(frozen=True)
class Clause:
    """One statement of a claim, with the hypotheses that it makes.

    ``text`` is Markdown with LaTeX. ``chains`` name the chains of ``marginproof derive``, or ``CHAIN:STEP``, that
    together prove it, or the contrary where it is expected to fail; so do the ``theorems``, which Rocq's kernel has
    compiled. ``properties`` are the ways to break it.
    """

    text: str
    hypotheses: tuple[Hypothesis, ...] = ()
    properties: tuple[Property, ...] = ()
    chains: tuple[str, ...] = ()
    expected: Literal["holds", "fails"] = "holds"
    checks: tuple[Check, ...] = ()
    theorems: tuple[str, ...] = ()

    def covered(self, evidence: Evidence) -> bool:
        """Whether evidence speaks of this clause: it assumes nothing that the clause does not."""
        return {each.text for each in evidence.hypotheses} <= {each.text for each in self.hypotheses}


@dataclass(frozen=True)
class Claim:
    """Statements about limit directions, where they come from, and how they are checked.

    A claim that is one statement needs no ``clauses``: ``statement`` is Markdown with LaTeX, ``checks`` look for
    evidence, and ``false_variants`` are the checks of statements that differ from this one in a word, an exponent or a
    factor; each must come back refuted, or the check cannot fail. A claim that should fail has a clause that must.
    """

    id: str
    title: str
    statement: str = ""
    source: str = ""
    checks: tuple[Check, ...] = ()
    false_variants: dict[str, Check] = field(default_factory=dict)
    clauses: tuple[Clause, ...] = ()
    expected: Literal["holds", "fails"] = "holds"
    remark: str = ""

    def __post_init__(self) -> None:
        given = self.clauses or (Clause(self.statement, expected=self.expected, checks=self.checks),)
        clauses = tuple(replace(clause, properties=self._own(clause)) for clause in given)
        object.__setattr__(self, "clauses", clauses)
        object.__setattr__(self, "statement", self.statement or " ".join(clause.text for clause in clauses))
        if (self.expected == "fails") != any(clause.expected == "fails" for clause in clauses):
            raise ValueError(f"claim {self.id}: it is false exactly if one of its clauses is")

    def _own(self, clause: Clause) -> tuple[Property, ...]:
        return tuple(
            replace(property, claim=self.id, expected=clause.expected, hypotheses=clause.hypotheses)
            for property in clause.properties
        )

    @property
    def properties(self) -> tuple[Property, ...]:
        """The properties of all clauses."""
        return tuple(property for clause in self.clauses for property in clause.properties)


def clause(
    text: str,
    hypotheses: tuple[Hypothesis, ...],
    *properties: Property,
    chains: tuple[str, ...] = (),
    theorems: tuple[str, ...] = (),
) -> Clause:
    """A clause that should hold."""
    return Clause(text, hypotheses, properties, chains, theorems=theorems)


def stated(id: str, title: str, source: str, *clauses: Clause, remark: str = "") -> Claim:
    """A claim by its clauses."""
    return Claim(id, title, source=source, clauses=clauses, remark=remark)


def known_false(
    id: str,
    title: str,
    text: str,
    source: str,
    *properties: Property,
    hypotheses: tuple[Hypothesis, ...] = (),
    chains: tuple[str, ...] = (),
    theorems: tuple[str, ...] = (),
    remark: str = "",
) -> Claim:
    """A claim of one clause, which must be refuted."""
    clause = Clause(text, hypotheses, properties, chains, "fails", theorems=theorems)
    return Claim(id, title, source=source, clauses=(clause,), expected="fails", remark=remark)


@dataclass(frozen=True)
class Found:
    """A clause and the evidence that a run found for it. What covers less than the clause adds no word."""

    clause: Clause
    evidence: tuple[Evidence, ...]

    @property
    def verdict(self) -> Verdict:
        """The strongest word of the evidence that covers the clause."""
        return strongest([each for each in self.evidence if self.clause.covered(each)])

    @property
    def as_expected(self) -> bool:
        """Not refuted if the clause should hold, refuted if it should fail."""
        return (self.verdict is Verdict.REFUTED) == (self.clause.expected == "fails")

    def to_json(self) -> dict[str, Any]:
        """As ``marginproof verify --json`` has it."""
        return {
            "text": self.clause.text,
            "hypotheses": [each.to_json() for each in self.clause.hypotheses],
            "verdict": str(self.verdict),
            "evidence": [each.to_json() for each in self.evidence],
        }


@dataclass(frozen=True)
class Result:
    """A claim and what a run found for each of its clauses."""

    claim: Claim
    clauses: tuple[Found, ...]
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """Refuted if a clause is, else the word of the weakest clause."""
        words = [found.verdict for found in self.clauses]
        return Verdict.REFUTED if Verdict.REFUTED in words else max(words, key=ORDER)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The evidence of all clauses."""
        return tuple(each for found in self.clauses for each in found.evidence)

    @property
    def as_expected(self) -> bool:
        """Whether each clause is."""
        return all(found.as_expected for found in self.clauses)

    def to_json(self) -> dict[str, Any]:
        """The entry of this claim in the output of ``marginproof verify --json``."""
        return {
            "id": self.claim.id,
            "title": self.claim.title,
            "source": self.claim.source,
            "expected": self.claim.expected,
            "verdict": str(self.verdict),
            "clauses": [found.to_json() for found in self.clauses],
            "evidence": [each.to_json() for each in self.evidence],
            "seconds": round(self.seconds, 3),
        }

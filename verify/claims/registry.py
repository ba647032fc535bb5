"""What a claim is: data plus code, in one entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from verify.data import Dataset
from verify.evidence import Evidence, Verdict, strongest

Profile = Literal["quick", "standard", "thorough"]
PROFILES: tuple[Profile, ...] = ("quick", "standard", "thorough")

# A check looks for evidence and returns it; what it finds against the claim it returns as REFUTED.
Check = Callable[[Profile], Evidence]


@dataclass(frozen=True)
class Hypothesis:
    """A condition of a claim: in words, and as a predicate that returns "" on data that satisfy it, else
    why they do not."""

    text: str
    violated: Callable[[Dataset], str]


@dataclass(frozen=True)
class Claim:
    """One statement about limit directions, where it comes from, and how it is checked.

    ``statement`` is Markdown with LaTeX. ``false_variants`` are the checks of statements that differ from
    this one in a word, an exponent or a factor; each must come back refuted, or the check cannot fail.
    ``derivations`` name the chains of ``marginproof derive`` that prove the statement in their scope; all of
    them are needed. Their false variants are their own.
    """

    id: str
    title: str
    statement: str
    source: str
    checks: tuple[Check, ...]
    false_variants: dict[str, Check]
    derivations: tuple[str, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()
    expected: Literal["holds", "fails"] = "holds"
    remark: str = ""


@dataclass(frozen=True)
class Result:
    """A claim and the evidence that a run found for it."""

    claim: Claim
    evidence: tuple[Evidence, ...]
    seconds: float
    verdict: Verdict = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "verdict", strongest(self.evidence))

    @property
    def as_expected(self) -> bool:
        """Not refuted if the claim should hold, refuted if it should fail."""
        return (self.verdict is Verdict.REFUTED) == (self.claim.expected == "fails")

    def to_json(self) -> dict[str, Any]:
        """The entry of this claim in the output of ``marginproof verify --json``."""
        return {
            "id": self.claim.id,
            "title": self.claim.title,
            "source": self.claim.source,
            "expected": self.claim.expected,
            "verdict": str(self.verdict),
            "evidence": [{"kind": str(e.kind), "scope": e.scope, "detail": e.detail} for e in self.evidence],
            "seconds": round(self.seconds, 3),
        }

"""Verdicts: how strong the evidence is, in one enumeration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The words for evidence, from the strongest to the weakest; each knows what it means."""

    PROVED = "proved", "symbolically, for all values in the stated scope"
    CERTIFIED = "certified", "rigorously, in exact or ball arithmetic, on the named instances"
    TESTED = "tested", "no counterexample among a stated number of generated cases"
    MEASURED = "measured", "floating point agreed, on the named instances"
    REFUTED = "refuted", "a counterexample is shown"
    UNDECIDED = "undecided", "the evidence bears no word"

    meaning: str

    def __new__(cls, word: str, meaning: str) -> Verdict:
        member = str.__new__(cls, word)
        member._value_ = word
        member.meaning = meaning
        return member


@dataclass(frozen=True)
class Evidence:
    """One piece of evidence: its kind, the instances or scope it speaks of, and what was seen."""

    kind: Verdict
    scope: str
    detail: str


def strongest(evidence: tuple[Evidence, ...]) -> Verdict:
    """The verdict that all the evidence bears: a refutation beats everything, else the strongest word."""
    kinds = [e.kind for e in evidence]
    if Verdict.REFUTED in kinds:
        return Verdict.REFUTED
    return min(kinds, key=list(Verdict).index, default=Verdict.UNDECIDED)

"""Verdicts: how strong the evidence is, in one enumeration; and the hypotheses that a verdict rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, ClassVar


class Verdict(StrEnum):
    """The words for evidence, from the strongest to the weakest; each knows what it means."""

    FORMAL = "formal", "a theorem that says so was compiled by Rocq's kernel, for all values in its scope"
    PROVED = "proved", "symbolically, for all values in the stated scope"
    CERTIFIED = "certified", "the independent checker accepted a certificate, on the named instances"
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


# How a hypothesis is known, beside the words of evidence: it is part of the question or of the statement; the program
# decided it exactly, from rule or data; nobody did.
ASKED, CHECKED, ASSUMED = "asked", "checked", "assumed"

# From the strongest word to the weakest.
ORDER = list(Verdict).index


@dataclass(frozen=True)
class Hypothesis:
    """One condition: ``holds`` is None where it is not known. ``remedy`` says what would do where it does not hold.
    Where one that is ``needed`` is not known to hold, no limit is looked for.

    In a statement it is a condition that the statement makes: then ``test`` decides, where there is one, whether an
    instance meets it. Two are the same if their text, and what is known of them, is.
    """

    text: str
    holds: bool | None
    how: str
    remedy: str = ""
    test: Callable[[Any], bool] | None = field(default=None, compare=False, repr=False)
    needed: bool = field(default=False, compare=False)

    def __reduce__(self) -> tuple[type[Hypothesis], tuple[Any, ...]]:
        """To another process go the words; the test, a function, stays."""
        return Hypothesis, (self.text, self.holds, self.how, self.remedy, None, self.needed)

    def to_json(self) -> dict[str, Any]:
        """As the command `predict` prints it."""
        return {"text": self.text, "holds": self.holds, "how": self.how}


@dataclass(frozen=True)
class Evidence:
    """One piece of evidence: its kind, the instances or scope it speaks of, what was seen, Rocq's theorem if any, and
    what was assumed."""

    kind: Verdict
    scope: str
    detail: str
    theorem: str = ""
    hypotheses: tuple[Hypothesis, ...] = ()

    def to_json(self) -> dict[str, str]:
        """As commands print it."""
        theorem = {"theorem": self.theorem} if self.theorem else {}
        return {"kind": str(self.kind), "scope": self.scope, "detail": self.detail, **theorem}


@dataclass(frozen=True)
class Trait:
    """One trait that a rule or a loss declares: what is declared, what was found, how, and whether the declaration
    stands. One that is not ``decided`` is neither proved nor refuted."""

    trait: str
    declared: Any
    found: Any
    how: str
    ok: bool
    decided: bool = True

    @property
    def verdict(self) -> str:
        """In one word."""
        return "ok" if self.ok else "FALSE" if self.decided else "open"

    def to_json(self) -> dict[str, Any]:
        """As the commands print it."""
        return {name: value for name, value in asdict(self).items() if name != "decided"}


@dataclass(frozen=True)
class Declared:
    """All traits of a rule or a loss; ``ok`` if every declaration stands."""

    name: str
    traits: tuple[Trait, ...]
    kind: ClassVar[str]

    @property
    def ok(self) -> bool:
        """Whether everything that is declared is so."""
        return all(trait.ok for trait in self.traits)

    def __getitem__(self, trait: str) -> Trait:
        return next(each for each in self.traits if each.trait == trait)

    def to_json(self) -> dict[str, Any]:
        """The document of ``check-rule --json`` and ``check-loss --json``."""
        return {self.kind: self.name, "ok": self.ok, "traits": [trait.to_json() for trait in self.traits]}


def strongest(evidence: Sequence[Evidence]) -> Verdict:
    """The verdict that all the evidence bears: a refutation beats everything, else the strongest word."""
    kinds = [e.kind for e in evidence]
    if Verdict.REFUTED in kinds:
        return Verdict.REFUTED
    return min(kinds, key=ORDER, default=Verdict.UNDECIDED)


def weakest(words: Sequence[Verdict], hypotheses: Sequence[Hypothesis]) -> Verdict:
    """The word that limits with these words bear under these hypotheses; undecided where there are no limits.

    What was asked or checked does not lower it, what is assumed lowers it to measured, and what is false or not known
    to undecided.
    """
    if not words or any(each.holds is not True for each in hypotheses):
        return Verdict.UNDECIDED
    words_of = {str(word): word for word in Verdict}
    known = [words_of[each.how] for each in hypotheses if each.how not in (ASKED, CHECKED, ASSUMED)]
    assumed = [Verdict.MEASURED for each in hypotheses if each.how == ASSUMED]
    return max([*words, *known, *assumed], key=ORDER)

"""Where a target and a rule differ. Sequences of gradients are drawn; a difference is shrunk, and explained by a known
convention if one does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from properties.sequences import Drawn, sequences
from verify.conform.bounded import HELD, precision_of
from verify.conform.case import Case
from verify.conform.convention import nearest
from verify.conform.feeding import Trace, feed
from verify.conform.matching import Matching
from verify.conform.reference import Compared, Difference, Reference
from verify.conform.target import Refused, Target
from verify.numbers.formats import FORMATS

# A shorter case than the shrunk one is looked for among this many cases of each length, up to three steps.
SMALLER = 200
# At most this many traces that agree are kept, and as many that differ. Conventions are tried on these first, where a
# wrong one soon fails.
KEPT = 40


class Differs(AssertionError):
    """The case in which they differ, and how."""

    def __init__(self, case: Case, difference: Difference) -> None:
        super().__init__(difference.text)
        self.case, self.difference = case, difference


@dataclass(frozen=True)
class Question:
    """A target, matched, and the reference that it is held against."""

    target: Target
    matching: Matching
    reference: Reference

    def trace(self, case: Case) -> Trace:
        """What the target does when it is fed the case."""
        return feed(self.target, case, self.matching.keywords(case.values), self.reference.dtype)

    def compare(self, case: Case) -> tuple[Trace, Compared]:
        """What the target does in the case, and how it compares with the reference."""
        trace = self.trace(case)
        return trace, self.reference.compare(case, trace)

    def at(self, **changes: Any) -> Question:
        """The question with some of its reference changed."""
        return replace(self, reference=replace(self.reference, **changes))


@dataclass
class Search:
    """Cases of a question, drawn from a seed, and what was seen of them.

    count                 how many were judged, up to the first difference;
    worst                 the largest distance, in units of its bound;
    judged, entries       how many entries had a bound, of how many;
    refused               why the target refused a case;
    agreeing, differing   traces that were kept, with their cases.
    """

    question: Question
    drawn: Drawn
    seed: int
    count: int = 0
    worst: float = 0.0
    judged: int = 0
    entries: int = 0
    refused: str = ""
    agreeing: list[tuple[Case, Trace]] = field(default_factory=list)
    differing: list[tuple[Case, Trace]] = field(default_factory=list)

    def one(self, case: Case) -> Differs | None:
        """Whether they differ in this case."""
        trace, compared = self.question.compare(case)
        self.count, self.worst = 1, compared.worst
        self.judged, self.entries = compared.judged, compared.entries
        if compared.difference is None:
            return None
        self.differing.append((case, trace))
        return Differs(case, compared.difference)

    def shrunk(self, count: int, progress: Callable[[int], None]) -> Differs | None:
        """A difference among so many cases, made as small as it can be."""
        found = self.first(count, progress)
        return None if found is None else self._smaller(found)

    def first(
        self, count: int, progress: Callable[[int], None] = lambda count: None, shrink: bool = True
    ) -> Differs | None:
        """A difference among so many cases, shrunk by Hypothesis."""
        found = False

        @hypothesis.seed(self.seed)
        @settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate, *[Phase.shrink] * shrink],
            report_multiple_bugs=False,
            # What is slow or rejected is told by the counts, not by a clock.
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        )
        @given(sequences(self.drawn))
        def judged(case: Case) -> None:
            nonlocal found
            try:
                trace, compared = self.question.compare(case)
            except Refused as reason:
                self.refused = str(reason)
                hypothesis.reject()
            if not found:
                self.count += 1
                self.judged += compared.judged
                self.entries += compared.entries
                progress(self.count)
            kept = self.agreeing if compared.difference is None else self.differing
            kept.append((case, trace))
            del kept[:-KEPT]
            if compared.difference is not None:
                found = True
                raise Differs(case, compared.difference)
            if not found:
                self.worst = max(self.worst, compared.worst)

        try:
            judged()
        except Differs as difference:
            self.worst = float("inf")
            return difference
        except Unsatisfiable:
            pass
        return None

    def _smaller(self, found: Differs) -> Differs:
        """The shortest case that can be found: shrinking ends where no single change makes a case smaller, and one with
        fewer steps may need other numbers."""

        def size(case: Case) -> tuple[int, ...]:
            return len(case.sizes), len(case.gradients), sum(case.sizes)

        found = _one_entry(self.question, found)
        for parameters in (1, 2):
            for steps in (1, 2, 3):
                if (parameters, steps * self.drawn.every, parameters) >= size(found.case):
                    return found
                drawn = replace(self.drawn, steps=steps, parameters=parameters, tails=False)
                less = Search(self.question, drawn, self.seed)
                other = less.first(SMALLER)
                if other is not None and size(other.case) < size(found.case):
                    self.differing += less.differing
                    return other
        return found

    def explained(self, more: int) -> tuple[tuple[str, ...], str]:
        """The convention nearest to the declared one with which all kept traces agree, and ``more`` cases drawn anew:
        the names by which it differs. Where there is none, the finest format of states with which they agree."""
        asked, drawn = self.question.reference, self.drawn
        traces = [*reversed(self.differing), *self.agreeing]

        def agrees(other: Question, drawn: Drawn) -> bool:
            if any(other.reference.compare(*each).difference is not None for each in traces):
                return False
            anew = Search(other, drawn, self.seed + 1)
            found = anew.first(more, shrink=False) if more else None
            traces[:0] = anew.differing
            return found is None

        for how in nearest(asked.rule, asked.how.names):
            if agrees(self.question.at(how=how), drawn):
                return tuple(name for name in how.names if name not in asked.how.names), ""
        # In a short format the bounds for matrices are too wide to tell anything.
        for form in _coarser(asked) if more and asked.rule.matrix is None else ():
            held = replace(drawn, narrow=drawn.narrow or form == "float16")
            # A format in which entries have no bound explains nothing. So cases with bounds in that format must differ.
            if agrees(self.question.at(states=form), replace(held, beyond=0)) and (
                held == drawn or Search(self.question, held, self.seed).first(more, shrink=False)
            ):
                return (), form
        return (), ""


def _one_entry(question: Question, found: Differs) -> Differs:
    """The case with the entry alone where the difference is, or with one entry of each parameter, if these differ
    too."""
    case, (parameter, entry) = found.case, found.difference.place
    if case.rows:
        return found
    everywhere = {place: entry if place == parameter else 0 for place in range(len(case.sizes))}
    for kept in ({parameter: entry}, everywhere):
        rows = tuple(
            tuple(None if (part := row[place]) is None else (part[k],) for place, k in kept.items())
            for row in case.gradients
        )
        start = tuple(case.start[place] for place in kept)
        less = replace(
            case, gradients=rows, sizes=(1,) * len(kept), start=start, groups=case.groups and len(kept) > 1
        )
        difference = question.compare(less)[1].difference
        if difference is not None:
            return Differs(less, difference)
    return found


def _coarser(asked: Reference) -> list[str]:
    """The formats that round more than that of the states: first the weights' own, then the finest."""
    unit = asked.precisions[0].unit
    units = {name: precision_of(FORMATS[name]).unit for name in HELD}
    return sorted(
        (name for name in HELD if units[name] > unit), key=lambda name: (name != asked.dtype, units[name])
    )

"""The engine: generate cases for a property, steer towards the worst, count, and shrink what violates it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings, target
from hypothesis.strategies import SearchStrategy

from properties.property import MOST, Case, Judgement, Property
from properties.property import case as make
from verify.errors import BadInput

# Cases for a property of cost 1; one that costs more gets fewer.
PROFILES = {"quick": 20, "standard": 200, "thorough": 20_000}

# Where violations are kept, a file a property and a line a case; the next run judges them first.
STORE = Path(".hypothesis/marginproof")


class Violation(AssertionError):
    """A case that breaks a property."""

    def __init__(self, property: Property, case: Case, judgement: Judgement):
        super().__init__(f"{property.claim}, {property.name}: {judgement.detail}\n  {case!r}")
        self.case, self.judgement = case, judgement


@dataclass
class Tally:
    """What a run saw before any violation: cases, those not vacuous, and the nearest to a violation."""

    cases: int = 0
    judged: int = 0
    worst: float = -MOST
    worst_case: str = ""

    def add(self, case: Case, judgement: Judgement) -> None:
        """Count one judgement."""
        self.cases += 1
        if judgement.vacuous:
            return
        self.judged += 1
        if judgement.badness >= self.worst:
            self.worst, self.worst_case = judgement.badness, repr(case)


@dataclass(frozen=True)
class Outcome:
    """A run of one property: its tally, and the simplest violation found, None if there was none."""

    property: Property
    tally: Tally
    violation: Violation | None


def count(property: Property, profile: str) -> int:
    """The number of cases in a profile. Raises BadInput for an unknown one."""
    if profile not in PROFILES:
        raise BadInput(f"profile={profile} is none of {', '.join(PROFILES)}")
    return max(5, round(PROFILES[profile] / property.cost))


def keep(property: Property, case: Case, store: Path = STORE) -> None:
    """Store a case, once. A line is appended in one write, so several processes may do it at a time."""
    line = json.dumps(case.arguments()) + "\n"
    file = store / f"{property.name}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists() or line not in file.read_text().splitlines(keepends=True):
        with file.open("a") as stream:
            stream.write(line)


def kept(property: Property, store: Path = STORE) -> list[Case]:
    """The stored cases of a property."""
    file = store / f"{property.name}.jsonl"
    return [make(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []


def run(
    property: Property,
    *,
    cases: int,
    seed: int = 0,
    strategy: SearchStrategy[Case] | None = None,
    judge: Callable[[Case], Judgement] | None = None,
    store: Path | None = None,
    shrink: bool = True,
) -> Outcome:
    """Judge the stored cases, then about that many new ones (shrinking takes more), the same for the same seed.

    ``strategy`` takes the place of the property's own, ``judge`` that of its judge (a false variant). With
    ``store`` a violation is kept in that folder. Without ``shrink`` the first violation is as it was found.
    """
    judge = judge or property.judge
    tally, found = Tally(), False
    for case in kept(property, store) if store else []:
        tally.add(case, judgement := judge(case))
        if judgement.violated:
            return Outcome(property, tally, Violation(property, case, judgement))

    @hypothesis.seed(seed)
    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        derandomize=False,
        # Not Phase.explain: it judges a hundred more cases, for a comment on which parts of the find matter.
        phases=[Phase.generate, Phase.target, *[Phase.shrink] * shrink],
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.nested_given],
        print_blob=False,
    )
    @given(property.cases if strategy is None else strategy)
    def judged(case: Case) -> None:
        nonlocal found
        judgement = judge(case)
        if not found:
            tally.add(case, judgement)
        if judgement.violated:
            found = True
            raise Violation(property, case, judgement)
        if not judgement.vacuous:
            target(judgement.badness)

    try:
        judged()
    except Violation as violation:
        if store:
            keep(property, violation.case, store)
        return Outcome(property, tally, violation)
    return Outcome(property, tally, None)

"""The engine: generate cases for a property, steer towards the worst, count, and shrink what violates it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings, target
from hypothesis.internal.conjecture import providers
from hypothesis.strategies import SearchStrategy

from properties.property import MOST, Case, Judgement, Property
from properties.property import case as make
from verify.console import say
from verify.drawers import require_one_of
from verify.errors import BadInput
from verify.files import NotRegular, TooLong, locked, read_regular, write_whole

# Cases for a property of cost 1; one that costs more gets fewer.
PROFILES = {"quick": 20, "standard": 200, "thorough": 20_000}

# Where violations are kept, a file a property and a line a case; the next run judges them first.
STORE = Path(".hypothesis/marginproof")
# A case takes some hundred bytes.
MOST_STORED = 2**24


class Violation(AssertionError):
    """A case that breaks a property."""

    def __init__(self, property: Property, case: Case, judgement: Judgement):
        super().__init__(f"{property.claim}, {property.name}: {judgement.detail}\n  {case!r}")
        self.case, self.judgement = case, judgement


class Enough(BaseException):
    """Raised by a judge that has seen enough: it ends a run before its number of cases. Hypothesis takes what is an
    Exception for a failure of the test."""


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
    require_one_of("profile", profile, PROFILES)
    return max(5, round(PROFILES[profile] / property.cost))


def keep(property: Property, case: Case, store: Path = STORE) -> None:
    """Store a case, once, also where several processes do so at a time. The file is whole before and after.

    A last line that was cut short, by a full disk or a lost machine, gives way to the case. Raises OSError.
    """
    store.mkdir(parents=True, exist_ok=True)
    line = json.dumps(case.arguments())
    file = _file(property, store)
    with locked(store):
        lines, _ = _lines(file)
        if line not in lines:
            write_whole(file, "".join(f"{each}\n" for each in [*lines, line]))


def kept(property: Property, store: Path = STORE) -> list[Case]:
    """The stored cases of a property.

    A last line that was cut short is left out, and a line on standard error says so. Raises BadInput for any
    other line that holds no case, and OSError.
    """
    file = _file(property, store)
    lines, cut = _lines(file)
    if cut:
        say(
            f"{file}: line {len(lines) + 1} was cut short, and is left out; the {len(lines)} before it are read"
        )
    return [_case(file, number, line) for number, line in enumerate(lines, 1)]


def _file(property: Property, store: Path) -> Path:
    return store / f"{property.name}.jsonl"


def _lines(file: Path) -> tuple[list[str], bool]:
    """The whole lines of a store, and whether one more was begun: it does not end, and is no JSON by itself."""
    try:
        content = read_regular(file, MOST_STORED)
    except FileNotFoundError:
        return [], False
    except NotRegular:
        raise BadInput(f"{file}: not a file, so no store of cases; move it away") from None
    except TooLong as error:
        raise BadInput(f"{file}: {error.size} bytes, the most is {MOST_STORED}: move it away") from None
    *lines, last = content.decode("utf-8", "backslashreplace").split("\n")
    if not last.strip("\0 "):  # some systems fill what was not written with zeros
        return lines, bool(last)
    try:
        json.loads(last)
    except (ValueError, RecursionError):
        return lines, True
    return [*lines, last], False


def _case(file: Path, number: int, line: str) -> Case:
    """The case that a line holds."""
    try:
        return make(**json.loads(line))
    except (ValueError, TypeError, RecursionError) as error:
        why = " ".join(str(error).split())[:200]
        raise BadInput(
            f"{file}: line {number} holds no case ({why}): remove the line, or move the file"
        ) from None


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
    ``store`` a violation is kept in that folder. Without ``shrink`` the first violation is as it was found. A judge
    that raises `Enough` ends the run.
    """
    judge = judge or property.judge
    strategy = property.cases if strategy is None else strategy
    if strategy is None:
        raise BadInput(f"property={property.name} has named cases only: give a strategy")
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
    @given(strategy)
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
        with drawing_by_seed_alone():
            judged()
    except Violation as violation:
        if store:
            keep(property, violation.case, store)
        return Outcome(property, tally, violation)
    except Enough:
        pass
    return Outcome(property, tally, None)


@contextmanager
def drawing_by_seed_alone() -> Iterator[None]:
    """Let Hypothesis draw no numbers that stand in the sources of the modules that are loaded: with them the cases of a
    seed depend on what else was imported, and reading them takes longer than most runs."""
    inside: Any = providers
    provider = inside.HypothesisProvider
    if (found := vars(provider).get("_local_constants")) is None:  # an old Hypothesis, which draws none
        yield
        return
    try:
        provider._local_constants = inside.Constants()
        inside.CONSTANTS_CACHE.cache.clear()  # it holds both kinds of numbers
        yield
    finally:
        provider._local_constants = found
        inside.CONSTANTS_CACHE.cache.clear()

"""The search for a counterexample to a claim: rounds of generated cases until one violates it or time is up.

A round is up to a hundred cases of one of the claim's properties, generated and steered by Hypothesis from a seed
of its own; rounds know nothing of each other, and the first round with a hit decides. So the same seed and number
of cases give the same result, on any number of cores. A hit is shrunk by Hypothesis, then tidied, then verified
again in certified arithmetic.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from pathlib import Path

from properties.confirm import Confirmed, confirm
from properties.property import Case, Judgement, Property, judged, vacuous
from properties.registry import claim_and_properties, of
from properties.run import keep, kept, run
from properties.tidy import complexity, tidied
from verify.console import write_json
from verify.errors import BadInput
from verify.executor.cluster import numbered
from verify.files import read_regular
from verify.interrupts import answered, check_interrupt

# Cases in a round of a property of cost 1: enough for Hypothesis to steer by, few enough to stop soon.
ROUND, SHORTEST_ROUND = 100, 10

# Judgements that shrinking may take, by Hypothesis and then by tidying: a count, not a time, so that the result
# is the same on a busy machine. At 10 to 50 ms each this takes seconds.
SHRINKING = 120
TIDYING = 300

# What progress.json holds.
PROGRESS = ("seed", "rounds", "cases", "vacuous")
MOST_PROGRESS = 2**12

TIME_IS_UP = vacuous("the time is up")
ENOUGH = vacuous("shrinking has taken enough cases")


@dataclass(frozen=True)
class Searched:
    """A round: how many cases were judged, how many of them vacuous, and the shrunk hit if there was one."""

    cases: int
    vacuous: int
    hit: Case | None = None
    interrupted: bool = False


@dataclass(frozen=True)
class Counterexample:
    """A case that breaks a claim, as simple as it could be made, and what was verified of it."""

    property: Property
    case: Case
    judgement: Judgement
    confirmed: Confirmed


@dataclass(frozen=True)
class Hunt:
    """What a hunt did: cases judged up to a hit, the vacuous among them, rounds without a hit, and the find.

    With ``resume`` the numbers are those since the first round of the seed.
    """

    claim: str
    seed: int
    cases: int = 0
    vacuous: int = 0
    rounds: int = 0
    found: Counterexample | None = None
    interrupted: bool = False


class Watch:
    """A property's judge that counts: cases up to the first violation, then what shrinking takes."""

    def __init__(self, property: Property, deadline: float, store: Path):
        self.property, self.deadline, self.store = property, deadline, store
        self.cases = self.vacuous = self.shrinking = 0
        self.violated: dict[Case, Judgement] = {}

    def __call__(self, case: Case) -> Judgement:
        """Judge a case. Every violation is stored at once, so that no interrupt loses it."""
        if case in self.violated:  # Hypothesis judges its find again, and must be told the same
            return self.violated[case]
        if self.violated:
            self.shrinking += 1
            if self.shrinking > SHRINKING:
                return ENOUGH
        elif time.monotonic() > self.deadline:
            return TIME_IS_UP
        check_interrupt()
        judgement = judged(self.property, case)
        if not self.violated:
            self.cases += 1
            self.vacuous += judgement.vacuous
        if judgement.violated:
            self.violated[case] = judgement
            with suppress(OSError):  # what cannot be stored is handed on all the same
                keep(self.property, case, self.store)
        return judgement


def properties_of(claim: str) -> list[Property]:
    """The properties of a claim. Raises BadInput for an unknown claim, and for one that has none."""
    found = of(claim)
    if not found:
        raise BadInput(f"claim={claim} has no property to hunt with")
    return found


def search_round(claim: str, seed: int, number: int, deadline: float, store: Path) -> Searched:
    """One round, of the claim's properties in turn; ``deadline`` is on the monotonic clock."""
    properties = properties_of(claim)
    watch = Watch(properties[number % len(properties)], deadline, store)
    length = max(SHORTEST_ROUND, round(ROUND / watch.property.cost))
    try:
        violation = run(watch.property, cases=length, seed=(seed << 32) + number, judge=watch).violation
    except KeyboardInterrupt:
        return Searched(watch.cases, watch.vacuous, interrupted=True)
    return Searched(watch.cases, watch.vacuous, violation.case if violation else None)


def hunt(
    claim: str,
    *,
    seconds: float = inf,
    cases: float = inf,
    seed: int = 0,
    directory: Path = Path("hunts"),
    jobs: int = 1,
    scheduler: str | None = None,
    resume: bool = False,
    progress: Callable[[float, str], None] = lambda seconds, text: None,
) -> Hunt:
    """Search until a case breaks the claim, ``seconds`` have passed, or ``cases`` were judged (rounded up to
    whole rounds). Shrinking and verifying a hit come on top of the time. The workers of the Dask scheduler at that
    address search, if one is given.

    Violations are stored in ``directory`` as they are seen. ``resume`` judges the stored ones first and goes on
    after the last round that was finished with the same seed. An interrupt (SIGINT) ends the search early: what
    was found is kept. Raises BadInput for an unknown claim.
    """
    properties = properties_of(claim)
    begun = time.monotonic()
    folder = directory / claim_and_properties(claim)[0].id
    state, hit = Hunt(claim, seed), None
    try:
        if resume:
            state, hit = _last(state, folder), stored(properties, folder)
        # The clock of another machine is another one: there rounds are searched to their ends.
        deadline = begun + seconds if scheduler is None else inf
        search = partial(search_round, claim, seed, deadline=deadline, store=folder)
        with numbered(search, state.rounds, jobs, scheduler) as searching:
            while hit is None and state.cases < cases and time.monotonic() - begun < seconds:
                progress(time.monotonic() - begun, f"{state.claim}: none among {state.cases} cases so far")
                searched = next(searching)
                whole = (
                    searched.hit is None and not searched.interrupted and time.monotonic() - begun < seconds
                )
                property = properties[state.rounds % len(properties)]
                state = Hunt(
                    claim, seed, state.cases + searched.cases, state.vacuous + searched.vacuous,
                    state.rounds + whole,
                )  # fmt: skip
                if searched.interrupted:
                    raise KeyboardInterrupt
                if searched.hit is not None:
                    progress(time.monotonic() - begun, "found one: making it simple")
                    hit = property, simplest(property, searched.hit, folder)
                elif whole:  # a round that was cut short is begun anew by --resume
                    _remember(state, folder)
    except KeyboardInterrupt:
        answered()
        hit = stored(properties, folder)
        state = replace(state, interrupted=True)
    if hit is None:
        return state
    progress(time.monotonic() - begun, "found one: verifying it")
    found = Counterexample(*hit, judged(*hit), confirm(hit[1], hit[0]))
    return replace(state, found=found)


def simplest(property: Property, case: Case, folder: Path) -> Case:
    """A hit made simpler beyond what Hypothesis does, and stored.

    Only that of a property which should fail: its claim speaks of all separable data. Data of another may have
    to be of the kind that its strategy makes.
    """
    if property.expected == "holds":
        return case
    left = TIDYING

    def violated(case: Case) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and judged(property, case).violated

    case = tidied(case if property.complete is None else property.complete(case), violated)
    with suppress(OSError):  # it is shown, and the files that are written next say what could not be
        keep(property, case, folder)
    return case


def stored(properties: list[Property], folder: Path) -> tuple[Property, Case] | None:
    """The simplest stored case that still violates one of the properties."""
    cases = [(property, case) for property in properties for case in kept(property, folder)]
    cases.sort(key=lambda pair: complexity(pair[1]))
    return next((pair for pair in cases if judged(*pair).violated), None)


def _remember(state: Hunt, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_json({name: getattr(state, name) for name in PROGRESS}, str(folder / "progress.json"))


def _last(state: Hunt, folder: Path) -> Hunt:
    """Where the last hunt with this seed stood. Raises BadInput for a file that does not say so."""
    file = folder / "progress.json"
    try:
        document = json.loads(read_regular(file, MOST_PROGRESS))
        numbers = {name: document[name] for name in PROGRESS}
        if any(type(number) is not int or number < 0 for number in numbers.values()):
            raise ValueError
    except FileNotFoundError:
        return state
    except (ValueError, LookupError, TypeError, RecursionError):
        raise BadInput(f"{file}: not the progress of a hunt; remove it, or hunt without --resume") from None
    if numbers["seed"] != state.seed:
        return state
    return Hunt(state.claim, state.seed, numbers["cases"], numbers["vacuous"], numbers["rounds"])

"""What running the properties of a clause says of it, as evidence for its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from math import ceil

from properties.property import MOST, Case, Judgement, Property, judged, named
from properties.run import PROFILES, Enough, Outcome, run
from verify.drawers import require_one_of
from verify.evidence import ORDER, Evidence, Verdict

# The share of the cases that `pytest properties` draws in a profile.
SHARE = {"quick": Fraction(1), "standard": Fraction(1, 5), "thorough": Fraction(1, 5)}

# "Tested" takes this many cases that could have spoken against the clause, whatever they cost.
LEAST = 30

# The first case is the simplest there is, and says little.
FEWEST = 2

# For each case that has to tell something at most this many are drawn.
DRAWN = 4

# Cases in which a counterexample is looked for where there must be one.
SEARCHED = {"quick": 50, "standard": 1000, "thorough": 1000}

# How a refutation is known.
BY = {Verdict.MEASURED: "in floating point", Verdict.CERTIFIED: "by a certificate or exact numbers"}


@dataclass
class Drawn:
    """A judge that judges until so many cases, no two the same, told something, and none twice; it notes which, and the
    worst."""

    property: Property
    wanted: int
    cases: int = 0
    judgements: dict[Case, Judgement] = field(default_factory=dict)
    telling: list[Case] = field(default_factory=list)
    worst: float = -MOST
    violated: bool = False

    def __call__(self, case: Case) -> Judgement:
        """Judge a case, if another one is wanted; after a violation all, which make it simpler."""
        if len(self.telling) >= self.wanted and not self.violated:
            raise Enough
        self.cases += 1
        if case in self.judgements:
            return self.judgements[case]
        judgement = self.judgements[case] = judged(self.property, case)
        if not judgement.vacuous:
            self.telling.append(case)
            self.worst = max(self.worst, judgement.badness)
        self.violated = self.violated or judgement.violated
        return judgement


def on_named(property: Property, profile: str) -> tuple[Evidence, ...]:
    """What the judge says of the property's named cases: the weakest word of those that tell something; none if there
    are no such cases. One that violates refutes."""
    found = [(case, judged(property, case)) for case in property.named(profile)]
    telling = [(case, judgement) for case, judgement in found if not judgement.vacuous]
    if not found:
        return ()
    for case, judgement in telling:
        if judgement.violated:
            by = f"{judgement.detail} ({property.name}, {BY[judgement.kind]})"
            return (Evidence(Verdict.REFUTED, _spoken([case]), by),)
    where = _spoken([case for case, _ in telling or found])
    if not telling:
        return (Evidence(Verdict.UNDECIDED, where, f"{property.name}: {found[0][1].detail}"),)
    worst = max((judgement for _, judgement in telling), key=lambda judgement: judgement.badness)
    kind = max((judgement.kind for _, judgement in telling), key=ORDER)
    if property.expected == "fails":
        kind = Verdict.UNDECIDED
    silent = f"; {len(found) - len(telling)} told nothing" if len(telling) < len(found) else ""
    number = f"{len(telling)} named case{'s' * (len(telling) > 1)}"
    return (Evidence(kind, where, f"{property.name} on {number}, at worst {worst.detail}{silent}"),)


def uncaught(property: Property, profile: str) -> str:
    """The first false variant of a property of which no case that its profile searches is a violation."""
    for name, judge in property.false.items():
        variant = replace(property, judge=judge)
        said = partial(judged, variant)
        if any(said(case).violated for case in property.named(profile)):
            continue
        if (
            property.cases is None
            or not run(variant, cases=SEARCHED[profile], judge=said, shrink=False).violation
        ):
            return f"{name} of {property.name}"
    return ""


def _spoken(cases: Sequence[Case]) -> str:
    """The optimizers of cases, and their data, each once."""
    split = [named(case.optimizer, case.data).partition(" on ") for case in cases]
    first, last = (dict.fromkeys(parts[k] for parts in split) for k in (0, 2))
    return f"{'; '.join(first)} on {'; '.join(last)}"


def from_properties(
    properties: Sequence[Property], profile: str, seed: int = 0, least: int = LEAST
) -> tuple[Evidence, ...]:
    """One piece of evidence from all of them, the same for the same seed.

    Refuted with the first case found that violates one. Else, where they should hold, tested if each property
    had cases that were not vacuous, and all together at least LEAST, and else measured; undecided where there is none,
    and where a case that should be found was not.
    Properties that cost much are drawn fewer cases of, but together they get ``least``.
    """
    runs = []
    for property in properties:
        judge = Drawn(property, count(property, profile, least / len(properties)))
        number = DRAWN * judge.wanted
        outcome = run(property, cases=number, seed=seed, judge=judge, shrink=property.expected == "holds")
        if outcome.violation is not None:
            return (_refuted(outcome, seed),)
        runs.append(judge)
    return (_agreed(runs, seed),) if runs else ()


def count(property: Property, profile: str, least: float = 0) -> int:
    """The number of telling cases in a profile. Raises BadInput for an unknown one."""
    require_one_of("profile", profile, PROFILES)
    holds = property.expected == "holds"
    most = SHARE[profile] * PROFILES[profile] if holds else Fraction(SEARCHED[profile])
    return max(FEWEST, ceil(least), round(most / Fraction(property.cost)))


def _refuted(outcome: Outcome, seed: int) -> Evidence:
    found = outcome.violation
    assert found is not None
    name = outcome.property.name
    return Evidence(
        Verdict.REFUTED,
        f"{found.case!r}, the first to violate {name} among {outcome.tally.cases} generated cases, seed {seed}",
        f"{found.judgement.detail} ({BY[found.judgement.kind]})",
    )


def _agreed(runs: Sequence[Drawn], seed: int) -> Evidence:
    total, told = sum(drawn.cases for drawn in runs), sum(len(drawn.telling) for drawn in runs)
    telling = [drawn for drawn in runs if drawn.telling]
    silent = ", ".join(drawn.property.name for drawn in runs if not drawn.telling)
    if not telling:
        return Evidence(Verdict.UNDECIDED, f"{silent}, seed {seed}", f"all of {total} cases were vacuous")
    worst = max(telling, key=lambda drawn: drawn.worst)
    detail = (
        f"no counterexample among {told} telling cases ({total} drawn)"
        + (f", and it takes {LEAST} to call it tested" if told < LEAST else "")
        + f"; at worst log10(seen / allowed) = {worst.worst:.2f} ({worst.property.name})"
        + (f"; only vacuous cases for {silent}" if silent else "")
    )
    kind = Verdict.TESTED if told >= LEAST and not silent else Verdict.MEASURED
    if any(drawn.property.expected == "fails" for drawn in telling):
        kind = Verdict.UNDECIDED
    names = ", ".join(drawn.property.name for drawn in telling)
    kinds = _kinds([case for drawn in telling for case in drawn.telling])
    return Evidence(kind, f"generated separable data, {kinds}, seed {seed}; judged by {names}", detail)


def _kinds(cases: Sequence[Case]) -> str:
    """What was drawn: the sizes of the data, and the optimizers."""
    sizes = (
        f"{letter} = {' to '.join(map(str, sorted({min(values), max(values)})))}"
        for letter, values in (("N", [c.data.n for c in cases]), ("d", [c.data.d for c in cases]))
    )
    names = dict.fromkeys(sorted(case.optimizer.rule.name for case in cases))
    return f"{', '.join(sizes)}, {', '.join(names)}"

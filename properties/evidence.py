"""What running the properties of a claim says of it, as evidence for its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from properties.property import Case, Judgement, Property, judged
from properties.registry import JUDGED, of
from properties.run import PROFILES, Outcome, run
from verify.errors import BadInput
from verify.evidence import Evidence, Verdict

# The share of the cases that `pytest properties` draws in a profile. In the quick one they take 20 s of
# `marginproof verify`, in the standard one five minutes.
SHARE = {"quick": Fraction(1), "standard": Fraction(1, 5), "thorough": Fraction(1, 5)}

# At the least: the first case is the simplest there is, and says little.
LEAST = 2

# Cases in which a counterexample is looked for where there must be one.
SEARCHED = {"quick": 50, "standard": 1000, "thorough": 1000}


@dataclass
class Drawn:
    """A judge that notes which cases it could say something of."""

    property: Property
    cases: list[Case] = field(default_factory=list)

    def __call__(self, case: Case) -> Judgement:
        """Judge a case."""
        judgement = judged(self.property, case)
        if not judgement.vacuous:
            self.cases.append(case)
        return judgement


def generated(claim: str, profile: str, seed: int = 0) -> tuple[Evidence, ...]:
    """The evidence that the claim's properties give on generated cases; none if it has no property.

    Raises BadInput for an unknown claim or profile. May be given to :func:`verify.claims.check_claims`.
    """
    return from_properties(of(claim), profile, seed)


def from_properties(properties: Sequence[Property], profile: str, seed: int = 0) -> tuple[Evidence, ...]:
    """One piece of evidence from all of them, the same for the same seed.

    Refuted with the first case found that violates one. Else, where they should hold, tested by the properties
    that had a case that was not vacuous; undecided where none had, and where a case that should be found was not.
    """
    runs: list[tuple[Outcome, list[Case]]] = []
    for property in properties:
        judge = Drawn(property)
        holds = property.expected == "holds"
        outcome = run(property, cases=count(property, profile), seed=seed, judge=judge, shrink=holds)
        if outcome.violation is not None:
            return (_refuted(outcome, seed),)
        runs.append((outcome, judge.cases))
    return (_agreed(runs, seed),) if runs else ()


def count(property: Property, profile: str) -> int:
    """The number of cases in a profile. Raises BadInput for an unknown one."""
    if profile not in PROFILES:
        raise BadInput(f"profile={profile} is none of {', '.join(PROFILES)}")
    most = SHARE[profile] * PROFILES[profile] if property.expected == "holds" else SEARCHED[profile]
    return max(LEAST, round(most / Fraction(property.cost)))


def _refuted(outcome: Outcome, seed: int) -> Evidence:
    found = outcome.violation
    assert found is not None
    name = outcome.property.name
    return Evidence(
        Verdict.REFUTED,
        f"{found.case!r}, the first to violate {name} among {outcome.tally.cases} generated cases, seed {seed}",
        found.judgement.detail,
    )


def _agreed(runs: Sequence[tuple[Outcome, list[Case]]], seed: int) -> Evidence:
    total = sum(outcome.tally.cases for outcome, _ in runs)
    telling = [(outcome, cases) for outcome, cases in runs if outcome.tally.judged]
    silent = [outcome.property.name for outcome, _ in runs if not outcome.tally.judged]
    counted = f"no counterexample among {total} cases ({sum(o.tally.judged for o, _ in telling)} non-vacuous)"
    if not telling:
        return Evidence(
            Verdict.UNDECIDED, f"{', '.join(silent)}, seed {seed}", f"all of {total} cases were vacuous"
        )
    worst = max((outcome for outcome, _ in telling), key=lambda outcome: outcome.tally.worst)
    holds = all(outcome.property.expected == "holds" for outcome, _ in telling)
    detail = f"{counted}, at worst log10(seen / allowed) = {worst.tally.worst:.2f} ({worst.property.name})"
    if silent:
        detail += f"; only vacuous cases for {', '.join(silent)}"
    drawn = [case for _, cases in telling for case in cases]
    return Evidence(
        Verdict.TESTED if holds else Verdict.UNDECIDED,
        f"generated separable data, {_kinds(drawn)}, seed {seed}; judged were "
        + "; ".join(_by_kind([outcome.property for outcome, _ in telling])),
        detail,
    )


def _kinds(cases: Sequence[Case]) -> str:
    """What was drawn: the sizes of the data, and the optimizers."""
    sizes = (
        f"{letter} = {' to '.join(map(str, sorted({min(values), max(values)})))}"
        for letter, values in (("N", [c.data.n for c in cases]), ("d", [c.data.d for c in cases]))
    )
    names = dict.fromkeys(sorted(case.optimizer.rule.name for case in cases))
    return f"{', '.join(sizes)}, {', '.join(names)}"


def _by_kind(properties: Sequence[Property]) -> list[str]:
    """The names of the properties after what they judge."""
    grouped: dict[str, list[str]] = {}
    for property in properties:
        grouped.setdefault(JUDGED.get(property.name, "finite runs"), []).append(property.name)
    return [f"{kind} ({', '.join(names)})" for kind, names in grouped.items()]

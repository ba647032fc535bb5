"""The claims about limit directions that ship, one module a claim: its clauses with their hypotheses, its judges, and
the named and generated cases that they judge; `judges` holds what several claims ask.

A module is found by looking into this folder: `CLAIM` is the claim, and `PLACE` says where it stands among the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import cast

from properties.claim import PROFILES, Claim, Clause, Found, Profile, Result
from properties.evidence import LEAST, from_properties, on_named, uncaught
from properties.property import Property
from properties.registry import claim_and_properties, claim_named
from verify.claims.theorems import THEOREMS
from verify.derive import Derivation, derive
from verify.derive.chain import handed_on
from verify.drawers import in_folder, in_order, require_one_of, said, spelled
from verify.errors import BadInput
from verify.evidence import ORDER, Evidence, Hypothesis, Verdict
from verify.executor.cluster import numbered
from verify.formal import evidence as theorem

# True claims in the order of the paper, then ours, then the known-false ones.
MODULES = in_order(in_folder(__name__, __path__))
CLAIMS: dict[str, Claim] = {
    module.CLAIM.id: module.CLAIM
    for expected in ("holds", "fails")
    for module in MODULES
    if hasattr(module, "CLAIM") and module.CLAIM.expected == expected
}

# The evidence for each clause of a claim, and the seconds that it took.
Checked = tuple[list[tuple[Evidence, ...]], float]


def select(ids: Sequence[str], profile: str) -> list[Claim]:
    """The claims that these texts name, all that ship if none is given. Raises BadInput for an unknown one, or an
    unknown profile."""
    require_one_of("profile", profile, PROFILES)
    return [claim_named(id) for id in dict.fromkeys(ids)] or list(CLAIMS.values())


def check_claims(
    claims: Sequence[Claim],
    profile: str,
    progress: Callable[[int, str], None] = lambda done, name: None,
    jobs: int = 1,
    scheduler: str | None = None,
) -> Iterator[Result]:
    """Check claims one after the other, in so many processes, or by the workers of a scheduler, where they are found
    again by their names; ``progress`` hears how many are done and which is next."""
    jobs = min(jobs, len(claims))
    elsewhere = partial(_numbered, [spelled(claim) or claim.id for claim in claims], profile)
    work = elsewhere if jobs > 1 or scheduler else lambda number: checked_claim(claims[number], profile)
    with numbered(work, 0, jobs, scheduler) as check:
        for done, claim in enumerate(claims):
            progress(done, claim.id)
            found, seconds = next(check)
            yield Result(claim, tuple(map(Found, claim.clauses, found)), seconds)


def _numbered(names: Sequence[str], profile: str, number: int) -> Checked | None:
    """The claim with that number, checked; None where there is no such number."""
    return checked_claim(claim_named(names[number]), profile) if number < len(names) else None


def checked_claim(claim: Claim, profile: str) -> Checked:
    """The evidence for each clause of a claim, and the seconds that this took."""
    start = time.perf_counter()
    own = spelled(claim)
    beside = [] if own is None else claim_and_properties(own)[1][len(claim.properties) :]
    # What stands beside a user's claim is about its first clause.
    found = [
        check_clause(claim, clause, cast(Profile, profile), own, () if k else beside)
        for k, clause in enumerate(claim.clauses)
    ]
    return found, time.perf_counter() - start


def check_clause(
    claim: Claim, clause: Clause, profile: Profile, own: str | None = None, beside: Sequence[Property] = ()
) -> tuple[Evidence, ...]:
    """The evidence for one clause: of its theorems, its chains, its checks, and its judges on named and on generated
    cases."""
    proved = [*formalized(clause), *derived(clause)]
    evidence = [
        *_as_said(proved, own, "that the clause says this, {} says"),
        *checked(claim, clause, profile, own),
    ]
    properties = [*clause.properties, *beside]
    for property in properties:
        evidence += _as_said(on_named(property, profile), own)
        # The tests look at the false variants of properties that ship.
        if own is not None and (variant := uncaught(property, profile)):
            why = "no case was found that violates it, so what the judge says tells nothing"
            return (*evidence[: len(proved)], Evidence(Verdict.UNDECIDED, f"false variant {variant}", why))
    # Where a stronger word stands already a few generated cases are enough.
    least = LEAST if ORDER(Found(clause, tuple(evidence)).verdict) >= ORDER(Verdict.TESTED) else 0
    evidence += from_properties([each for each in properties if each.cases is not None], profile, least=least)
    return tuple(evidence)


def checked(claim: Claim, clause: Clause, profile: Profile, own: str | None) -> list[Evidence]:
    """What the checks of a clause return; what those of a user's file say of themselves is said to be that."""
    variants = claim.false_variants if clause.checks else {}
    try:
        evidence = [check(profile) for check in clause.checks]
        standing = [name for name, check in variants.items() if check(profile).kind is not Verdict.REFUTED]
        if wrong := [found for found in evidence if not isinstance(found, Evidence)]:
            raise TypeError(f"it returned a {type(wrong[0]).__name__}, not Evidence")
    except Exception as error:
        if own is None or isinstance(error, BadInput):
            raise
        raise BadInput(f"claim={claim.id}: a check of {own} failed: {said(error)}") from error
    if standing:
        why = "it is not refuted, so what the checks say tells nothing"
        return [Evidence(Verdict.UNDECIDED, f"false variant {standing[0]}", why)]
    return _as_said(evidence, own)


def _as_said(evidence: Sequence[Evidence], own: str | None, by: str = "as {} says") -> list[Evidence]:
    """Evidence for a claim of a user's file says what it has on that file's word."""
    aside = "" if own is None else f" ({by.format(own)})"
    return [
        each if each.kind is Verdict.UNDECIDED else replace(each, detail=each.detail + aside)
        for each in evidence
    ]


def _step_of_chain(name: str) -> tuple[str, str]:
    """CHAIN and STEP of CHAIN:STEP, where CHAIN may be FILE.py:NAME; all of the chain where no step is named."""
    file, py, rest = name.rpartition(".py:")
    chain, _, step = rest.partition(":")
    return file + py + chain, step


@cache
def derivation(name: str) -> Derivation:
    """A derivation, carried out once, without its measurements: judges measure anew."""
    return derive(name, measure=False)


def derived(clause: Clause) -> tuple[Evidence, ...]:
    """What the clause's chains prove together, where each of their steps stands. They prove nothing for which they need
    a hypothesis that the clause does not make, and no chain before them gives; but of a clause that should fail, one
    case proves the contrary."""
    named = [(chain, step, derivation(chain)) for chain, step in map(_step_of_chain, clause.chains)]
    if failed := [chain for chain, _, result in named if not result.passed]:
        return (Evidence(Verdict.UNDECIDED, f"derivation {', '.join(failed)}", "a step does not stand"),)
    found, fails = [], clause.expected == "fails"
    given: dict[Hypothesis, str] = {}
    for chain, step, result in named:
        steps = [each.step for each in result.steps if step in ("", each.step.name)]
        assumed = () if fails else handed_on(each.assertion for each in steps)
        needed = tuple(each for each in assumed if each not in given)
        if not steps:
            require_one_of("step", step, [each.step.name for each in result.steps])
        texts = "; ".join(each.text for each in assumed) or "all values of the letters"
        scope = f"{texts} (its hypotheses){result.trusted}" if step else result.scope
        for each in set(assumed) & set(given):
            scope = scope.replace(each.text, f"{each.text} (by {given[each]})")
        detail = f"derivation {chain}: " + (f"step {step}" if step else f"{len(steps)} steps")
        found.append(Evidence(Verdict.REFUTED if fails else Verdict.PROVED, scope, detail, hypotheses=needed))
        for name, shown in result.chain.gives.items():
            if step in ("", name):
                given.update(dict.fromkeys(shown, f"{chain}:{name}"))
    if lacking := assumes_more(clause, found, f"derivation {', '.join(clause.chains)}"):
        return (lacking,)
    return tuple(found)


def assumes_more(clause: Clause, found: Sequence[Evidence], what: str) -> Evidence | None:
    """That what proves a clause needs hypotheses that the clause does not make; None where it does not."""
    stated = {each.text for each in clause.hypotheses}
    more = dict.fromkeys(h.text for each in found for h in each.hypotheses if h.text not in stated)
    return Evidence(Verdict.UNDECIDED, what, f"it also assumes: {'; '.join(more)}") if more else None


def formalized(clause: Clause) -> tuple[Evidence, ...]:
    """What the clause's theorems prove together, of a clause that should fail the contrary. As with chains, they prove
    nothing for which they need a hypothesis that the clause does not make."""
    fails = clause.expected == "fails"
    for name in clause.theorems:
        require_one_of("theorem", name, THEOREMS)
    found = [replace(theorem(name), hypotheses=() if fails else THEOREMS[name]) for name in clause.theorems]
    if lacking := assumes_more(clause, found, f"theorem {', '.join(clause.theorems)}"):
        return (lacking,)
    if weak := [each for each in found if each.kind is not Verdict.FORMAL]:
        return tuple(weak)
    return tuple(replace(each, kind=Verdict.REFUTED) if fails else each for each in found)


__all__ = ["CLAIMS", "Claim", "Result", "check_claims", "claim_named", "select"]

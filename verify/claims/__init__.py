"""The registry: every claim about limit directions that the toolkit checks, one module a topic."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import cast

from verify.claims import adam, cycles, epoch_map, full_batch_sign, game, max_margins, proxy, signum
from verify.claims.registry import PROFILES, Claim, Profile, Result
from verify.data.text import show
from verify.derive import Derivation, derive
from verify.errors import BadInput
from verify.evidence import Evidence, Verdict

# True claims in the order of the paper, then ours, then the known-false ones.
_ORDER = (full_batch_sign, epoch_map, max_margins, proxy, signum, adam, game, cycles)
CLAIMS: dict[str, Claim] = {
    claim.id: claim
    for expected in ("holds", "fails")
    for module in _ORDER
    for claim in module.CLAIMS
    if claim.expected == expected
}


def select(ids: Sequence[str], profile: str) -> list[Claim]:
    """The claims with these ids, all of them if none is given. Raises BadInput for an unknown id or profile."""
    if profile not in PROFILES:
        raise BadInput(f"profile={show(profile)} is none of {', '.join(PROFILES)}")
    for id in ids:
        if id not in CLAIMS:
            raise BadInput(f"claim={show(id)} is none of {', '.join(CLAIMS)}")
    return [CLAIMS[id] for id in dict.fromkeys(ids)] or list(CLAIMS.values())


def check_claims(
    claims: Sequence[Claim],
    profile: str,
    progress: Callable[[int, str], None] = lambda done, name: None,
    more: Callable[[str, str], tuple[Evidence, ...]] = lambda claim, profile: (),
) -> Iterator[Result]:
    """Check claims one after the other; ``progress`` hears how many are done and which is next.

    ``more`` is given a claim's id and the profile, and returns evidence from elsewhere: that of generated cases
    is :func:`properties.evidence.generated`.
    """
    for done, claim in enumerate(claims):
        progress(done, claim.id)
        start = time.perf_counter()
        evidence = [check(cast(Profile, profile)) for check in claim.checks]
        evidence += more(claim.id, profile)
        yield Result(claim, (*derived(claim), *evidence), time.perf_counter() - start)


@cache
def derivation(name: str) -> Derivation:
    """A derivation, carried out once, without its measurements: the checks of the claim measure anew."""
    return derive(name, measure=False)


def derived(claim: Claim) -> tuple[Evidence, ...]:
    """What the claim's derivations prove, where each of their steps stands; else which does not."""
    results = [derivation(name) for name in claim.derivations]
    if failed := [result.chain.name for result in results if not result.passed]:
        return (Evidence(Verdict.UNDECIDED, f"derivation {', '.join(failed)}", "a step does not stand"),)
    return tuple(
        Evidence(Verdict.PROVED, r.chain.scope, f"derivation {r.chain.name}: {len(r.steps)} steps")
        for r in results
    )


__all__ = ["CLAIMS", "Claim", "Result", "check_claims", "select"]

"""The registry: every claim about limit directions that the toolkit checks, one module a topic.

A module is found by looking into this folder: its `CLAIMS` are tuples of claims, `PROPERTIES` may stand beside them,
and `PLACE` says where they stand among the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import cast

from verify.claims.registry import PROFILES, Claim, Profile, Result
from verify.data.text import show
from verify.derive import Derivation, derive
from verify.drawers import Drawer, in_folder, in_order, require_plain, said, spelled
from verify.errors import BadInput
from verify.evidence import Evidence, Verdict

# True claims in the order of the paper, then ours, then the known-false ones.
MODULES = in_order(in_folder(__name__, __path__))
CLAIMS: dict[str, Claim] = {
    claim.id: claim
    for expected in ("holds", "fails")
    for module in MODULES
    for claim in getattr(module, "CLAIMS", ())
    if claim.expected == expected
}


def _require_usable(claim: Claim) -> None:
    require_plain("claim", claim.id)
    if claim.id in CLAIMS and CLAIMS[claim.id] is not claim:
        raise BadInput(f"claim: the id {claim.id} is that of a claim that ships")


DRAWER = Drawer("claim", Claim, "marginproof.claims", lambda: CLAIMS, check=_require_usable)


def claim_named(text: str) -> Claim:
    """The claim with that id, in ``FILE.py:NAME``, or of an entry point of the group marginproof.claims. Raises
    BadInput where there is none."""
    return DRAWER.named(text)


def select(ids: Sequence[str], profile: str) -> list[Claim]:
    """The claims that these texts name, all that ship if none is given. Raises BadInput for an unknown one, or an
    unknown profile."""
    if profile not in PROFILES:
        raise BadInput(f"profile={show(profile)} is none of {', '.join(PROFILES)}")
    return [claim_named(id) for id in dict.fromkeys(ids)] or list(CLAIMS.values())


def check_claims(
    claims: Sequence[Claim],
    profile: str,
    progress: Callable[[int, str], None] = lambda done, name: None,
    more: Callable[[str, str], tuple[Evidence, ...]] = lambda claim, profile: (),
) -> Iterator[Result]:
    """Check claims one after the other; ``progress`` hears how many are done and which is next.

    ``more`` is given a claim's id (of one in a user's file ``FILE.py:NAME``) and the profile, and returns evidence from
    elsewhere: that of generated cases is :func:`properties.evidence.generated`.
    """
    for done, claim in enumerate(claims):
        progress(done, claim.id)
        start = time.perf_counter()
        own = spelled(claim)
        try:
            evidence = [check(cast(Profile, profile)) for check in claim.checks]
            if wrong := [found for found in evidence if not isinstance(found, Evidence)]:
                raise TypeError(f"it returned a {type(wrong[0]).__name__}, not Evidence")
        except Exception as error:
            if own is None or isinstance(error, BadInput):
                raise
            raise BadInput(f"claim={claim.id}: a check of {own} failed: {said(error)}") from error
        if own is not None:  # what a user's check says of itself is said to be that
            evidence = [replace(each, detail=f"{each.detail} (as {own} says)") for each in evidence]
        evidence += more(own or claim.id, profile)
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


__all__ = ["CLAIMS", "Claim", "Result", "check_claims", "claim_named", "select"]

"""Induction along a run: what holds before each phase of a round leads to what holds before the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from verify.derive.chain import Assertion, Finding, Rewriting
from verify.derive.points import Domain
from verify.derive.roads import Holds, algebraic, asserted
from verify.derive.signs import nonnegative, positive

# What is >= 0 before a phase of a run, > 0 where it is marked True.
Invariant = Mapping[Any, bool]


@dataclass(frozen=True)
class Phase:
    """A part of a round: what holds before it, the values to which its step moves the state, and the rewritings that
    this and the hypotheses allow."""

    invariant: Invariant
    moved: Mapping[Any, Any]
    given: Sequence[Rewriting] = ()


def by_invariant(
    left: Any,
    right: Any,
    start: Mapping[Any, Any],
    phases: Sequence[Phase],
    domain: Domain,
    holds: Holds | None = None,
    **options: Any,
) -> Assertion:
    """left <= right throughout a run that goes round and round through the phases, by induction on its steps.

    The invariant of the first phase holds at the start, and each phase leads from its own invariant to that of the
    next. Each invariant has right - left among what is >= 0. ``holds``, or a ``second_road``, runs the optimizer
    itself.
    """

    def check(left: Any, right: Any) -> Finding:
        for each, strict in phases[0].invariant.items():
            if not _signed([each.subs(start, simultaneous=True)], strict):
                return Finding(False, f"at the start {each} is {each.subs(start, simultaneous=True)}")
        for phase, following in zip(phases, (*phases[1:], phases[0]), strict=True):
            for each, strict in following.invariant.items():
                forms = [sympy.expand(each.subs(phase.moved, simultaneous=True))]
                forms += [sympy.expand(rewrite(forms[-1])) for rewrite in phase.given]
                if not _signed(forms, strict):
                    return Finding(False, f"{each} goes over to {forms[-1]}")
        bounded = all(any(algebraic(e - right + left) == 0 for e in phase.invariant) for phase in phases)
        return Finding(bounded, "the invariant holds at the start and goes on from step to step")

    return asserted("invariant", left, "<=", right, domain, check, holds, **options)


def _signed(forms: Sequence[Any], strict: bool) -> bool:
    """Whether one of the forms of an expression shows its sign."""
    return any(map(positive if strict else nonnegative, forms))

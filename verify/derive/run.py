"""Carry out derivations: check every step on both roads, measure, report."""

from __future__ import annotations

import inspect
import time
from dataclasses import dataclass, field
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Finding, Measured, Road, Step
from verify.derive.hypotheses import Condition, condition
from verify.derive.topics import CHAINS
from verify.drawers import Drawer, require_plain, said
from verify.errors import BadInput


@dataclass(frozen=True)
class StepResult:
    """A step and what the two roads said."""

    step: Step
    check: Finding
    second_road: Finding

    @property
    def passed(self) -> bool:
        return self.check.passed and self.second_road.passed


@dataclass(frozen=True)
class Derivation:
    """A chain carried out. ``passed``: every step stands on both roads, as do those of other chains on which they
    rest, which are ``handed`` on; every measurement agrees; and no false variant was found ``standing`` on a road (the
    tests look at those of chains that ship)."""

    chain: Chain
    steps: tuple[StepResult, ...]
    measurements: tuple[Measured, ...]
    seconds: float
    passed: bool = field(init=False)
    asked: str = ""
    handed: tuple[StepResult, ...] = ()
    standing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        steps = all(step.passed for step in (*self.handed, *self.steps)) and not self.standing
        object.__setattr__(self, "passed", steps and all(each.agrees for each in self.measurements))

    @property
    def trusted(self) -> str:
        """What is said beside the hypotheses of a chain that does not ship: the ranges of its letters as it declares
        them, and what it brings that nobody checks."""
        if self.chain.name in CHAINS:
            return ""
        ranges = f"; where {', '.join(found)}" if (found := _ranges(self.chain)) else ""
        given = ", and what its steps give," if self.chain.gives else ""
        return f"{ranges}; its own rewritings, roads and draws of points{given} are taken on trust"

    @property
    def scope(self) -> str:
        """For what the chain holds, in words."""
        return self.chain.scope + self.trusted

    def to_json(self) -> dict[str, Any]:
        """The entry of this chain in the output of ``marginproof derive --json``."""
        chain = self.chain
        return {
            "name": chain.name,
            "title": chain.title,
            "source": chain.source,
            "scope": self.scope,
            "hypotheses": [each.text for each in chain.hypotheses],
            "conclusion": chain.conclusion.latex,
            "universal": chain.universal,
            "number_of_steps": len(self.steps),
            "passed": self.passed,
            "check": all(step.check.passed for step in self.steps),
            "second_road": all(step.second_road.passed for step in self.steps),
            "steps": [
                {
                    "name": result.step.name,
                    "from": list(result.step.uses),
                    "beside": list(result.step.beside),
                    "statement": result.step.statement,
                    "kind": result.step.assertion.kind,
                    "latex": result.step.assertion.latex,
                    "hypotheses": [each.text for each in result.step.assertion.hypotheses],
                    "reason": result.step.reason,
                    "check": {"passed": result.check.passed, "how": result.check.how},
                    "second_road": {"passed": result.second_road.passed, "how": result.second_road.how},
                }
                for result in self.steps
            ],
            "measurements": [vars(each) for each in self.measurements],
            "false_variants": [wrong.fault for wrong in chain.wrong],
            "news": list(chain.news),
            "seconds": round(self.seconds, 3),
        }


# Pages of the notes that are no chain's.
PAGES = ("derivations", "new-results")


def _require_usable(chain: Chain) -> None:
    require_plain("derivation", chain.name)
    if chain.name in (*CHAINS, *PAGES):
        raise BadInput(f"derivation: the name {chain.name} is that of a chain or a page that ships")
    if not chain.steps or not all(isinstance(step, Step) for step in chain.steps):
        raise BadInput(f"derivation: {chain.name} has no steps, or what is none")
    _require_others(chain)


def _require_others(chain: Chain) -> None:
    """Those of other chains that are called as one that ships are that one."""
    for other in chain.others:
        if other.name not in CHAINS:
            _require_others(other)
        elif other is not CHAINS[other.name]():
            raise BadInput(
                f"derivation: {chain.name} uses steps of another {other.name} than the one that ships"
            )


DRAWER = Drawer(
    "derivation",
    Chain,
    "marginproof.chains",
    shipped=lambda: {},
    listed=lambda: list(CHAINS),
    made=lambda found: found() if inspect.isroutine(found) or hasattr(found, "cache_info") else found,
    check=_require_usable,
)


def names() -> tuple[str, ...]:
    """The names of all chains, in the order in which they build on each other."""
    return tuple(CHAINS)


def chain(name: str) -> Chain:
    """The chain of that name, in ``FILE.py:NAME``, or of an entry point of the group marginproof.chains: a chain, or a
    function that makes one. Raises BadInput if there is none."""
    return CHAINS[name]() if name in CHAINS else DRAWER.named(name)


def derive(name: str, *, measure: bool = True) -> Derivation:
    """Check every step of a chain on both roads; ``measure`` holds its formulas against simulation too.

    Raises BadInput if there is no chain of that name.
    """
    found = chain(name)
    start = time.perf_counter()
    results = tuple(
        StepResult(step, _walked(step.assertion.check), _walked(step.assertion.second_road))
        for step in found.leading_to(each.name for each in found.steps)
    )
    handed, steps = results[: -len(found.steps)], results[-len(found.steps) :]
    try:
        measurements = tuple(one() for one in found.measurements) if measure else ()
    except Exception as error:
        if name in CHAINS:
            raise
        raise BadInput(f"derivation: a measurement of {found.name} failed: {said(error)}") from error
    standing = () if name in CHAINS else tuple(each.fault for each in found.wrong if _stands(each.assertion))
    return Derivation(found, steps, measurements, time.perf_counter() - start, name, handed, standing)


def _stands(wrong: Assertion) -> bool:
    """Whether a road accepts what is said to be false."""
    return any(_walked(road).passed for road in (wrong.check, wrong.second_road))


def _ranges(chain: Chain) -> list[str]:
    """The letters that are declared to have a sign, or to be whole; and what relations are called by words."""
    sides = (side for step in chain.steps for side in step.assertion.expressions)
    letters = {letter for side in sides for letter in side.free_symbols if isinstance(letter, sympy.Symbol)}
    words = {
        str(letter): " is whole" * bool(letter.is_integer)
        + (" > 0" if letter.is_positive else " >= 0" if letter.is_nonnegative else "")
        for letter in letters
    }
    means = [
        f"'{each.text}' is {each.relation}"
        for each in chain.hypotheses
        if isinstance(each, Condition) and each != condition(each.relation)
    ]
    return [name + said for name, said in sorted(words.items()) if said] + means


def _walked(road: Road) -> Finding:
    """What a road finds; one that fails has not passed."""
    try:
        return road()
    except Exception as error:
        return Finding(False, f"it failed: {said(error)}")

"""Carry out derivations: check every step on both roads, measure, report."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from verify.derive.chain import Chain, Finding, Measured, Step
from verify.derive.topics import CHAINS
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
    """A chain carried out. ``passed``: every step stands on both roads, and every measurement agrees."""

    chain: Chain
    steps: tuple[StepResult, ...]
    measurements: tuple[Measured, ...]
    seconds: float
    passed: bool = field(init=False)

    def __post_init__(self) -> None:
        steps = all(step.passed for step in self.steps)
        object.__setattr__(self, "passed", steps and all(each.agrees for each in self.measurements))

    @property
    def universal(self) -> bool:
        """Whether what passed holds for every N and every d."""
        return self.passed and self.chain.universal

    def to_json(self) -> dict[str, Any]:
        """The entry of this chain in the output of ``marginproof derive --json``."""
        chain = self.chain
        return {
            "name": chain.name,
            "title": chain.title,
            "source": chain.source,
            "scope": chain.scope,
            "universal": chain.universal,
            "number_of_steps": len(self.steps),
            "passed": self.passed,
            "check": all(step.check.passed for step in self.steps),
            "second_road": all(step.second_road.passed for step in self.steps),
            "steps": [
                {
                    "statement": result.step.statement,
                    "kind": result.step.claim.kind,
                    "latex": result.step.claim.latex,
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


def names() -> tuple[str, ...]:
    """The names of all chains, in the order in which they build on each other."""
    return tuple(CHAINS)


def chain(name: str) -> Chain:
    """The chain of that name. Raises BadInput if there is none."""
    if name not in CHAINS:
        raise BadInput(f"derivation={name} is none of {', '.join(CHAINS)}")
    return CHAINS[name]()


def derive(name: str, *, measure: bool = True) -> Derivation:
    """Check every step of a chain on both roads; ``measure`` holds its formulas against simulation too.

    Raises BadInput if there is no chain of that name.
    """
    found = chain(name)
    start = time.perf_counter()
    steps = tuple(StepResult(s, s.claim.check(), s.claim.second_road()) for s in found.steps)
    measurements = tuple(one() for one in found.measurements) if measure else ()
    return Derivation(found, steps, measurements, time.perf_counter() - start)

"""What a derivation is: a chain of assertions, each with two ways to be checked.

The first road is symbolic (normal forms, induction, derivatives, sign of a sum of nonnegative terms). The
second shares nothing with it but the statement: exact rationals or balls at random points, or a run of the
optimizer itself. An assertion stands only if both say so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import sympy

Kind = Literal[
    "definition", "equality", "induction", "bijection", "limit", "series", "inequality", "instances"
]


@dataclass(frozen=True)
class Finding:
    """What one road said of an assertion, and how it came to that."""

    passed: bool
    how: str


Road = Callable[[], Finding]


@dataclass(frozen=True)
class Assertion:
    """A mathematical statement that can be checked in two ways.

    ``latex`` is printed from the very expressions that are checked; ``expressions`` are those, and a float in
    one of them is a ValueError.
    """

    kind: Kind
    latex: str
    expressions: tuple[sympy.Basic, ...]
    check: Road
    second_road: Road

    def __post_init__(self) -> None:
        for expression in self.expressions:
            if expression.atoms(sympy.Float):
                raise ValueError(f"a float in {expression}")


@dataclass(frozen=True)
class Step:
    """An assertion and why it is true; ``statement`` says in words, with LaTeX in $...$, what it is there for."""

    statement: str
    assertion: Assertion
    reason: str
    name: str = ""


@dataclass(frozen=True)
class Wrong:
    """An assertion that differs from a step's in an exponent, a root or a constant: both roads must reject it."""

    fault: str
    assertion: Assertion


@dataclass(frozen=True)
class Measured:
    """A quantity measured in arbitrary precision, beside what the derivation predicts.

    ``predicted``, ``measured`` and ``uncertainty`` are decimal text; ``agrees`` says whether they differ
    by no more than the uncertainty. ``digits`` is the working precision, ``over`` the range of the measurement.
    """

    quantity: str
    predicted: str
    measured: str
    uncertainty: str
    digits: int
    over: str
    agrees: bool


@dataclass(frozen=True)
class Chain:
    """A derivation.

    scope      for which values it holds, in words;
    universal  whether that is every N and every d (not only those of a stated range);
    source     the statement's place in the literature, or "new";
    news       what here is new or contradicts a published statement; empty if nothing is;
    remarks    paragraphs for the page, before the steps.
    """

    name: str
    title: str
    scope: str
    universal: bool
    source: str
    remarks: tuple[str, ...]
    steps: tuple[Step, ...]
    wrong: tuple[Wrong, ...]
    measurements: tuple[Callable[[], Measured], ...] = ()
    news: tuple[str, ...] = ()

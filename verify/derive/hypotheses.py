"""What chains assume, as data: relations between the letters, which random points must meet, and words for the rest.

The words are those that predictions use for the same things (`verify.game.hypotheses`), so that the program can compare
what a claim states with what a chain assumes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy

from verify.derive.evaluate import BITS, Irrational, Point, enclosure, exact
from verify.derive.letters import b1, b2, beta
from verify.derive.points import Domain, Draw, unit
from verify.evidence import ASKED, Hypothesis
from verify.numbers.systems.balls import precision


def words(text: str) -> Hypothesis:
    """A hypothesis in words: part of the statement."""
    return Hypothesis(text, True, ASKED)


CYCLIC = words("batches come in cyclic order")
FULL_BATCH = words("each step sees every sample")
FROZEN = words("gradients are frozen: the same in each epoch")
SEPARABLE = words("the data are separable")
EXPONENTIAL = words("the loss is exponential")
TAIL = words("the loss has an exponential tail")
SHIPPED_LOSS = words("the loss is logistic or exponential")
VANISHING = words("the steps tend to 0 and their sum diverges")
NOT_INCREASING = words("the steps do not increase")
CONSTANT = words("the step size is constant")
WEIGHTS_CONVERGE = words("the weights of the samples converge")
POSITIVE_COST = words("the common cost is positive")
EQUILIBRIUM = words("c is an equilibrium of the game")
SCHEDULE = words("eta_t = eta_0 (t + 2)^-a, 0 < a <= 1")
REMEMBERED = words(
    "the memory sums of e^(c sigma_j) - 1, sigma_j the sum of j steps, are at most a multiple of eta_t"
)
RADEMACHER = words("inside each sample all entries have one size")


@dataclass(frozen=True)
class FixedSize(Hypothesis):
    """That N and d are given numbers: what assumes it is not universal."""


def only_at(n: int, d: int) -> FixedSize:
    """N and d have these values."""
    return FixedSize(f"N = {n} and d = {d}", True, ASKED)


@dataclass(frozen=True)
class Condition(Hypothesis):
    """A relation between letters; every random point on the second road meets it.

    One that is ``local`` is the range of a letter within its step, and printed with the formula there: no hypothesis of
    the chain.
    """

    relation: Any = field(kw_only=True)
    local: bool = field(default=False, kw_only=True)

    def met(self, point: Point) -> bool:
        """Whether it holds at the point; where neither rationals nor balls can tell, it does not."""
        left, right = self.relation.lhs, self.relation.rhs
        try:
            gap = exact(right - left, point)
        except Irrational:
            with precision(BITS):
                return bool(enclosure(right - left, point) > 0)
        return gap > 0 if isinstance(self.relation, sympy.StrictLessThan) else gap >= 0


def condition(relation: Any, local: bool = False, text: str = "") -> Condition:
    """The hypothesis a < b, or a <= b; ``text`` says it in words."""
    relation = relation.reversed if relation.func in (sympy.Gt, sympy.Ge) else relation
    return Condition(text or str(relation).replace("**", "^"), True, ASKED, relation=relation, local=local)


class Under(dict[Any, Draw]):
    """A domain of which only those points are drawn that meet the conditions."""

    def __init__(self, draws: Domain, *relations: Any, local: bool = False) -> None:
        super().__init__(draws)
        more = (each if isinstance(each, Condition) else condition(each, local) for each in relations)
        self.hypotheses = (*getattr(draws, "hypotheses", ()), *more)


def of_domain(domain: Mapping[Any, Draw]) -> tuple[Hypothesis, ...]:
    """What a domain assumes: the range of the betas, and its conditions."""
    ranges = [words(f"0 < {letter} < 1") for letter in (b1, b2, beta) if domain.get(letter) is unit]
    return (*ranges, *getattr(domain, "hypotheses", ()))

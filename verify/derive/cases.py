"""Joins that tell cases apart: by a condition and its reverse, and by the signs of the terms of a sum."""

from __future__ import annotations

from typing import Any

import sympy

from verify.derive.chain import Assertion, Finding, Rewriting, is_local
from verify.derive.hypotheses import Condition, Under
from verify.derive.joins import joined
from verify.derive.letters import over
from verify.derive.points import Domain
from verify.derive.roads import algebraic
from verify.derive.signs import positive


def by_cases(one: Assertion, other: Assertion, domain: Domain) -> Assertion:
    """What both say, of which the one holds under a condition and the other under its reverse."""
    pairs = [(a, b) for a in _local(one) for b in _local(other) if _reverse(a.relation, b.relation)]

    def check(_: Any, __: Any) -> Finding:
        gaps = (one.left - other.left, one.right - other.right)
        same = [algebraic(gap) for gap in gaps] == [0, 0] and one.relation == other.relation == "<="
        return Finding(
            same and len(pairs) == 1, f"both say the same, where {[str(a.relation) for a, _ in pairs]}"
        )

    told_apart = [each for pair in pairs for each in pair]
    return joined([one, other], one.left, one.right, domain, check, decided=told_apart)


def _local(part: Assertion) -> list[Condition]:
    return [each for each in part.hypotheses if is_local(each)]


def _reverse(one: Any, other: Any) -> bool:
    """Whether one of them always holds: a <= b, or a < b, and b <= a."""
    strict = isinstance(one, sympy.StrictLessThan) and isinstance(other, sympy.StrictLessThan)
    return (one.lhs, one.rhs) == (other.rhs, other.lhs) and not strict


def wrong(term: Any, length: Any, index: Any, size: Any) -> Any:
    """What those of the steps take of the length whose term is not positive; half where it is 0."""
    return over(length * (1 - sympy.sign(term)) / 2, (index, size))


def all_right(
    part: Assertion, term: Any, share: Any, total: Any, domain: Domain, where: Any, given: Rewriting
) -> Assertion:
    """total * share <= 0 where left > 0, for a share of wrong terms and left <= a positive multiple of each term."""

    def check(_: Any, __: Any) -> Finding:
        left, right = given(part.left), given(part.right)
        known = part.relation == "<=" and algebraic(where.rhs - where.lhs - left) == 0
        known = known and share.has(sympy.sign(term)) and positive(sympy.cancel(right / term))
        return Finding(known, f"{right} is at least {left}, which is positive, so every sign is 1")

    return joined([part], total * share, sympy.Integer(0), Under(domain, where, local=True), check)


def one_right(
    part: Assertion,
    term: Any,
    share: Any,
    total: Any,
    least: Any,
    domain: Domain,
    where: Any,
    given: Rewriting,
) -> Assertion:
    """total * share <= total (1 - least) for total >= 0: a positive sum has a positive term, and its step is right.

    The part says that the sum of the terms is a positive multiple of what total exceeds a number >= 0 by, or at least
    that; ``where`` says that it does. Where the number is 0 this need not be said: at total = 0 both sides are 0.
    ``least`` is the length of the shortest step, of lengths that add up to 1.
    """

    def check(_: Any, __: Any) -> Finding:
        ((index, _low, high),) = share.limits
        sums, multiple = given(part.right), given(part.left)
        over_ = algebraic(multiple / (where.rhs - where.lhs))
        known = algebraic(sums - over(term, (index, high + 1))) == 0 and share.function.has(sympy.sign(term))
        known = known and part.relation in ("=", "<=") and positive(over_) and where.rhs == total
        return Finding(known, f"{sums} is at least {multiple}: where that is positive so is one of its terms")

    drawn = domain if where.lhs == 0 else Under(domain, where, local=True)
    return joined([part], total * share, total * (1 - least), drawn, check)

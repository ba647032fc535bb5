"""How a step follows from steps before it: chained, put together, substituted, summed, in the limit, by an invariant.

Each join checks on the first road that the pieces stand, be they steps or made on the way, and that they fit to the
letter; the second road tries the result anew, at random points, and does not know where it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import sympy

from verify.derive.analysis import limit
from verify.derive.chain import Assertion, Finding, Kind, Relation, Rewriting, handed_on, is_local, rewritten
from verify.derive.hypotheses import Condition, of_domain
from verify.derive.points import Domain, unit
from verify.derive.roads import Normal, algebraic, asserted
from verify.derive.signs import nonnegative, positive
from verify.evidence import Hypothesis


@dataclass(frozen=True)
class Following:
    """A step that is made from the assertions of others: ``make`` gets those of ``uses``, in the order of their names.

    That it rests on those ``beside`` them is said by its reason, in prose.
    """

    make: Callable[..., Assertion]
    uses: tuple[str, ...]
    beside: tuple[str, ...] = ()


def follows(
    make: Callable[..., Assertion], *uses: str, beside: Sequence[str] = (), under: Sequence[Hypothesis] = ()
) -> Following:
    """A step that ``make`` derives from the steps of these names, ``under`` more hypotheses; its reason says what those
    ``beside`` are for."""
    return Following(lambda *parts: make(*parts).under(*under), uses, tuple(beside))


def joined(
    parts: Sequence[Assertion],
    left: Any,
    right: Any,
    domain: Domain,
    check: Callable[[Any, Any], Finding],
    kind: Kind = "inequality",
    relation: Relation = "<=",
    decided: Sequence[Hypothesis] = (),
) -> Assertion:
    """What follows from the parts: each of them stands on the first road, and ``check`` passes.

    It has their hypotheses, but for those that the join has ``decided``.
    """

    def standing(left: Any, right: Any) -> Finding:
        failed = [part.latex for part in parts if not part.check().passed]
        return Finding(False, f"{failed[0]} does not stand") if failed else check(left, right)

    assumed = (each for each in every(parts) if each not in decided)
    return asserted(kind, left, relation, right, domain, standing).under(*assumed)


def every(parts: Sequence[Assertion]) -> tuple[Hypothesis, ...]:
    """The hypotheses of the parts."""
    return tuple(each for part in parts for each in part.hypotheses)


def together(*parts: Assertion) -> Assertion:
    """All of them; of none is a ValueError."""
    if not parts:
        raise ValueError("nothing is put together")

    def both(road: str) -> Callable[[], Finding]:
        def walk() -> Finding:
            failed = [part.latex for part in parts if not getattr(part, road)().passed]
            return Finding(not failed, f"{failed[0]} does not stand" if failed else "each of them stands")

        return walk

    assumed = handed_on(parts)
    roads = both("check"), both("second_road")
    return Assertion("together", parts, "and", (), *roads, hypotheses=assumed)


def chained(
    *parts: Assertion, domain: Domain, normal: Normal = algebraic, given: tuple[Rewriting, ...] = ()
) -> Assertion:
    """a <= z from a <= b, b <= c, ..., y <= z; some of them may be equalities."""

    def check(_: Any, __: Any) -> Finding:
        for one, other in pairwise(parts):
            if normal(rewritten(one.right - other.left, given)) != 0:
                return Finding(False, f"{one.right} is not {other.left}")
        relations = {part.relation for part in parts}
        return Finding(relations <= {"=", "<="}, "each right side is the next left side")

    return joined(parts, parts[0].left, parts[-1].right, domain, check)


def scaled(part: Assertion, factor: Any, domain: Domain, *, given: tuple[Rewriting, ...] = ()) -> Assertion:
    """factor * left <= factor * right for a factor >= 0; ``given`` write it so that this can be seen."""

    def check(_: Any, __: Any) -> Finding:
        seen = rewritten(factor, given)
        return Finding(part.relation == "<=" and nonnegative(seen), f"the factor {seen} is nonnegative")

    return joined([part], factor * part.left, factor * part.right, domain, check)


def added(*parts: Assertion, domain: Domain) -> Assertion:
    """The sum of inequalities."""

    def check(_: Any, __: Any) -> Finding:
        return Finding({part.relation for part in parts} <= {"=", "<="}, "sums of both sides")

    left, right = (sympy.Add(*sides) for sides in zip(*((p.left, p.right) for p in parts), strict=True))
    return joined(parts, left, right, domain, check)


def resting(
    made: Assertion,
    *slacks: tuple[Assertion, Any],
    given: Sequence[Rewriting] = (),
    normal: Normal = algebraic,
) -> Assertion:
    """The assertion, whose reason is made of the slacks of others: right - left of each is the expression given with
    it, once the rewritings are put in that bring in the letters of the reason."""

    def check() -> Finding:
        for part, slack in slacks:
            if not part.check().passed:
                return Finding(False, f"{part.latex} does not stand")
            rest = rewritten(part.right - part.left - slack, given)
            if part.relation != "<=" or normal(rest) != 0 or not nonnegative(slack):
                return Finding(False, f"{slack} is not what {part.right} exceeds {part.left} by")
        return made.check()

    return replace(made, check=check).under(*every([part for part, _ in slacks]))


def increasing(
    part: Assertion, function: Any, domain: Domain, *, given: tuple[Rewriting, ...] = ()
) -> Assertion:
    """The logarithm, or the root, of both sides of an inequality whose left side is positive."""

    def check(_: Any, __: Any) -> Finding:
        seen = rewritten(part.left, given)
        known = part.relation == "<=" and function in (sympy.log, sympy.sqrt) and positive(seen)
        return Finding(known, f"{seen} is positive")

    return joined([part], function(part.left), function(part.right), domain, check)


def rooted(
    part: Assertion, left: Any, right: Any, domain: Domain, *, given: tuple[Rewriting, ...] = ()
) -> Assertion:
    """left <= right, where the squares of both are the sides of an inequality, and the right side is >= 0."""

    def check(_: Any, __: Any) -> Finding:
        squares = part.left - left**2, part.right - right**2
        rests = [algebraic(rewritten(rest, given)) for rest in squares]
        known = part.relation == "<=" and rests == [0, 0] and nonnegative(right)
        return Finding(
            known, f"the squares are off by {rests[0]} and {rests[1]}, and {right} is not negative"
        )

    return joined([part], left, right, domain, check)


def summed(part: Assertion, index: Any, low: Any, high: Any, domain: Domain, *, weight: Any = 1) -> Assertion:
    """sum of weight * left <= sum of weight * right over the index, term by term, for a weight >= 0.

    ``high`` may be infinite on the symbolic road only where the sums are later replaced by a bound of theirs.
    """

    def check(_: Any, __: Any) -> Finding:
        known = part.relation in ("=", "<=") and nonnegative(weight)
        return Finding(known, f"term by term, with the weight {weight} >= 0")

    left, right = (sympy.Sum(weight * side, (index, low, high)) for side in (part.left, part.right))
    return joined([part], left, right, domain, check)


def substituted(
    part: Assertion, values: Mapping[Any, Any], domain: Domain, *, given: tuple[Rewriting, ...] = ()
) -> Assertion:
    """The assertion at these values of its letters: each must be in the range that its letter is assumed to have, and
    what the assertion assumes of a letter must be assumed of its value.

    ``given`` are rewritings that the hypotheses allow, so that this can be seen.
    """

    def check(_: Any, __: Any) -> Finding:
        for letter, value in values.items():
            if not _in_range(letter, rewritten(sympy.sympify(value), given)):
                return Finding(False, f"{value} may be out of the range of {letter}")
        if open_ := _not_assumed(part, values, domain):
            return Finding(False, f"{open_}, which is assumed of a letter, is not assumed of its value")
        return Finding(True, f"at {', '.join(f'{a} = {b}' for a, b in values.items())}")

    left, right = (side.subs(values, simultaneous=True) for side in (part.left, part.right))
    return joined([part], left, right, domain, check, part.kind, part.relation)


def discharged(part: Assertion, by: Assertion, letter: Any, domain: Domain) -> Assertion:
    """The assertion at letter = the right side of ``by``: what it assumes of the letter, left <= letter, is ``by``."""
    local = [each for each in part.hypotheses if is_local(each)]

    def check(_: Any, __: Any) -> Finding:
        same = [(each.relation.lhs, each.relation.rhs) for each in local] == [
            (by.left, letter)
        ] and by.relation == "<="
        ranged = _in_range(letter, by.right) or (positive(by.left) and not letter.is_integer)
        fits = ranged and not _not_assumed(part, {letter: by.right}, domain, local)
        return Finding(same and fits, f"{by.left} <= {by.right} for {letter}")

    left, right = (side.subs(letter, by.right) for side in (part.left, part.right))
    return joined([part, by], left, right, domain, check, relation=part.relation, decided=local)


def reindexing(lags: Assertion) -> Rewriting:
    """What a bijection of 0 .. N-1 allows: a sum over the old index as one over the new."""
    (new, forward), (old, backward) = lags.left.args, lags.right.args
    size = forward.args[1]

    def moved(total: Any) -> Any:
        summand = total.function.subs(old, backward).xreplace({sympy.Mod(new, size): new})
        return sympy.Sum(summand, (new, 0, size - 1))

    return lambda e: e.replace(
        lambda a: isinstance(a, sympy.Sum) and a.limits == ((old, 0, size - 1),), moved
    )


def _not_assumed(
    part: Assertion, values: Mapping[Any, Any], domain: Domain, decided: Sequence[Hypothesis] = ()
) -> str:
    """What the part assumes of the letters and the domain does not assume of their values; empty if that is nothing."""
    letters = set().union(*(sympy.sympify(letter).free_symbols for letter in values))
    known = [each.relation for each in of_domain(domain) if isinstance(each, Condition)]
    for each in (each for each in part.hypotheses if each not in decided):
        if isinstance(each, Condition):
            put_in = each.relation.subs(values, simultaneous=True)
            if each.relation.free_symbols & letters and put_in not in (sympy.true, *known):
                return each.text
        elif each in [found for letter in letters for found in of_domain({letter: unit})]:
            return each.text
    return ""


def _in_range(letter: Any, value: Any) -> bool:
    if letter.is_integer and not value.is_integer:
        return False
    if letter.is_positive:
        return positive(value)
    return nonnegative(value) if letter.is_nonnegative else bool(value.is_real)


def _ends(assumed: Condition, variable: Any) -> bool:
    """Whether the condition may fail as the variable grows: it is no lower bound of it."""
    low, high = assumed.relation.lhs, assumed.relation.rhs
    return bool(assumed.relation.has(variable)) and (low.has(variable) or high != variable)


def in_the_limit(
    part: Assertion,
    variable: Any,
    left: Any,
    right: Any,
    domain: Domain,
    *,
    given: tuple[Rewriting, ...] = (),
) -> Assertion:
    """left <= right where both sides of an inequality tend to them as the variable grows."""
    sides = [
        limit(side, variable, sympy.oo, to, domain, given=given).check
        for side, to in ((part.left, left), (part.right, right))
        if side.has(variable)
    ]

    def check(_: Any, __: Any) -> Finding:
        found = [side() for side in sides]
        constant = all(
            side.has(variable) or algebraic(side - to) == 0
            for side, to in ((part.left, left), (part.right, right))
        )
        ends = [
            each.text for each in part.hypotheses if isinstance(each, Condition) and _ends(each, variable)
        ]
        if ends:
            return Finding(False, f"{variable} does not grow where {ends[0]}")
        passed = part.relation == "<=" and constant and all(one.passed for one in found)
        return Finding(passed, f"both sides as {variable} grows: {'; '.join(one.how for one in found)}")

    return joined([part], left, right, domain, check, "limit")

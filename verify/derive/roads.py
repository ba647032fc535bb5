"""The kinds of assertions, each with its symbolic check and its second road."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import sympy

from verify.derive.chain import Assertion, Finding, Kind, Relation, Rewriting, Road, opened, rewritten
from verify.derive.evaluate import agree, at_most, exact
from verify.derive.hypotheses import Condition, of_domain
from verify.derive.points import Domain, draw
from verify.derive.signs import nonnegative, positive
from verify.numbers.systems.balls import Undecided

# Random points an assertion is tried at on the second road.
POINTS = 12
# Draws of a point until one meets the conditions of its domain.
DRAWS = 2000

T = TypeVar("T")
Normal = Callable[[Any], Any]
Holds = Callable[[dict[Any, Any]], tuple[bool, str]]


def algebraic(expression: Any) -> Any:
    """A normal form for roots, powers and quotients: 0 only if the expression vanishes identically."""
    return sympy.simplify(sympy.cancel(sympy.together(sympy.powsimp(sympy.expand(expression)))))


def asserted(
    kind: Kind,
    left: Any,
    relation: Relation,
    right: Any,
    domain: Domain,
    check: Callable[[Any, Any], Finding],
    holds: Holds | None = None,
    *,
    where: Mapping[Any, Any] | None = None,
    second_road: Road | None = None,
    **options: Any,
) -> Assertion:
    """The assertion with its first road, and on the second both sides compared at random points, or what ``holds``
    there, or a road of its own.

    Both sides may be written with the letters of ``where``; both roads get them written out.
    """
    shown = (left, right) if where else None
    left, right = (opened(side, where or {}) for side in (left, right))
    compare = {"=": agree, "<=": at_most}.get(relation)

    def at(point: dict[Any, Any]) -> tuple[bool, str]:
        if holds is not None:
            return holds(point)
        assert compare is not None
        return compare(left, right, point)

    assumed = of_domain(domain)
    return Assertion(
        kind,
        left,
        relation,
        right,
        lambda: check(left, right),
        second_road or (lambda: everywhere(domain, at)),
        hypotheses=assumed,
        where=where or {},
        shown=shown,
        **options,
    )


def equality(
    left: Any,
    right: Any,
    domain: Domain,
    *,
    normal: Normal = algebraic,
    given: Sequence[Rewriting] = (),
    kind: Kind = "equality",
    holds: Holds | None = None,
    **options: Any,
) -> Assertion:
    """left = right on the domain. ``given`` are rewritings that the hypotheses allow, applied in order."""

    def check(a: Any, b: Any) -> Finding:
        rest = normal(rewritten(a, given) - rewritten(b, given))
        return Finding(
            rest == 0, "left - right is 0 in normal form" if rest == 0 else f"left - right = {rest}"
        )

    return asserted(kind, left, "=", right, domain, check, holds, **options)


def recursion(
    letter: Any,
    formula: Any,
    index: Any,
    start: Any,
    stepped: Any,
    domain: Domain,
    *,
    normal: Normal = algebraic,
    holds: Holds | None = None,
) -> Assertion:
    """The sequence ``letter`` that is ``start`` at index 0, and one step of the definition, ``stepped``, from index to
    index + 1, is the formula."""

    def check(_: Any, formula: Any) -> Finding:
        base = algebraic(formula.subs(index, 0).doit() - start)
        rest = normal(formula.subs(index, index + 1) - stepped)
        return Finding(
            base == 0 and rest == 0, f"at {index} = 0 off by {base}; from {index} to {index} + 1 by {rest}"
        )

    def step(point: dict[Any, Any]) -> tuple[bool, str]:
        return agree(formula.subs(index, index + 1), stepped, point)

    return asserted("induction", letter, "=", formula, domain, check, holds or step, because=stepped)


def induction(summand: Any, index: Any, n: Any, closed: Any, domain: Domain) -> Assertion:
    """The sum of ``summand`` over index = 0 .. n-1 is ``closed``, for every n >= 0: true at 0, and it grows
    by the summand from n to n + 1."""

    def check(_: Any, closed: Any) -> Finding:
        base = algebraic(closed.subs(n, 0))
        growth = algebraic(closed.subs(n, n + 1) - closed - summand.subs(index, n))
        passed = base == 0 and growth == 0
        return Finding(passed, f"at 0: {base}; from n to n + 1 it differs from the summand by {growth}")

    return asserted("induction", sympy.Sum(summand, (index, 0, n - 1)), "=", closed, domain, check)


def inequality(
    left: Any,
    right: Any,
    because: Any,
    domain: Domain,
    *,
    normal: Normal = algebraic,
    given: Sequence[Rewriting] = (),
    **options: Any,
) -> Assertion:
    """left <= right: right - left equals ``because``, which is made of nonnegative parts.

    ``given`` are rewritings that the hypotheses allow; they bring in the letters of ``because``.
    """

    def check(left: Any, right: Any) -> Finding:
        rest = normal(rewritten(right - left - because, given))
        if rest != 0:
            return Finding(False, f"right - left differs from {because} by {rest}")
        if not nonnegative(because):
            return Finding(False, f"{because} is not nonnegative term by term")
        return Finding(True, "right - left is a sum of nonnegative terms")

    return asserted("inequality", left, "<=", right, domain, check, because=because, **options)


def by_derivative(
    left: Any,
    right: Any,
    variable: Any,
    because: Any,
    domain: Domain,
    *,
    order: int = 1,
    given: Sequence[Rewriting] = (),
    **options: Any,
) -> Assertion:
    """left <= right for variable >= 0: right - left and its derivatives below ``order`` vanish at 0, and the
    next derivative is ``because`` >= 0. For an even order the variable may have either sign. By the look of it
    right - left has no poles on the way."""

    def check(left: Any, right: Any) -> Finding:
        gap = rewritten(right - left, given)
        if not (variable.is_nonnegative or (order % 2 == 0 and variable.is_real)):
            return Finding(False, f"{variable} may be negative")
        if poles := [
            each for each in _divisors(gap) if each.has(variable) and not positive(sympy.together(each))
        ]:
            return Finding(False, f"{poles[0]} may vanish on the way from {variable} = 0")
        starts = [algebraic(sympy.diff(gap, variable, p).subs(variable, 0)) for p in range(order)]
        rest = algebraic(sympy.diff(gap, variable, order) - because)
        passed = all(start == 0 for start in starts) and rest == 0 and nonnegative(because)
        return Finding(passed, f"at 0: {starts}; derivative {order} of right - left is off by {rest}")

    return asserted("inequality", left, "<=", right, domain, check, because=because, **options)


def _divisors(expression: Any) -> list[Any]:
    """What is divided by, or has its root or logarithm taken."""
    powers = [
        each.base
        for each in expression.atoms(sympy.Pow)
        if not each.exp.is_nonnegative or not each.exp.is_integer
    ]
    return [
        *(base for base in powers if base is not sympy.E),
        *(each.args[0] for each in expression.atoms(sympy.log)),
    ]


def rewriting(base: Any, value: Callable[..., Any]) -> Callable[[Any], Any]:
    """The rewriting base[indices] -> value(indices) of an indexed base."""
    return lambda expression: expression.replace(
        lambda e: isinstance(e, sympy.Indexed) and e.base == base, lambda e: value(*e.indices)
    )


def named(names: Mapping[Any, Any]) -> Rewriting:
    """The rewriting of expressions by their names."""
    return lambda expression: expression.subs(names)


def geometric(base: Any, index: Any) -> Callable[[Any], Any]:
    """The rewriting of sums of base^index over low .. high by their closed form (chain ema-steady-state)."""
    return lambda expression: expression.replace(
        lambda e: isinstance(e, sympy.Sum) and e.function == base**index,
        lambda e: (base ** e.limits[0][1] - base ** (e.limits[0][2] + 1)) / (1 - base),
    )


def bijection(forward: Any, old: Any, backward: Any, new: Any, size: Any, domain: Domain) -> Assertion:
    """old -> forward maps 0..size-1 one to one onto itself, for each value of what else occurs: backward,
    new -> old, undoes it on both sides."""
    there_and_back = backward.subs(new, forward)
    back_and_there = forward.subs(old, backward)

    def check(_: Any, __: Any) -> Finding:
        rests = (there_and_back - sympy.Mod(old, size), back_and_there - sympy.Mod(new, size))
        return Finding(
            rests == (0, 0), f"forward then backward: {there_and_back}; the other way: {back_and_there}"
        )

    def permutes(point: dict[Any, Any]) -> tuple[bool, str]:
        count = int(exact(size, point))
        images = [exact(forward, {**point, old: a}) for a in range(count)]
        returned = [exact(backward, {**point, new: a}) for a in images]
        passed = sorted(images) == list(range(count)) == returned
        return passed, "every index tried"

    maps = (sympy.Eq(*pair, evaluate=False) for pair in ((new, forward), (old, backward)))
    one, other = maps
    return asserted("bijection", one, "iff", other, domain, check, permutes)


def instances(
    cases: str, check: Road, second_road: Road, left: Any = None, right: Any = None, **options: Any
) -> Assertion:
    """An assertion about the ``cases``, decided by exact computation in two ways that the caller brings: left = right
    where they are given, else what the words say."""
    return Assertion("instances", left, "=", right, check, second_road, cases=cases, **options)


def each_of(cases: Collection[T], holds: Callable[[T], bool], what: str) -> Finding:
    """Whether it holds in each of the cases."""
    held = sum(map(holds, cases))
    return Finding(held == len(cases), f"{held} of {len(cases)} {what}")


def everywhere(domain: Domain, holds: Callable[[dict[Any, Any]], tuple[bool, str]]) -> Finding:
    """Try an assertion at random points of the domain, always the same ones."""
    rng = random.Random(0)
    how = ""
    for _ in range(POINTS):
        point: dict[Any, Any] = {}
        try:
            point = _drawn(domain, rng)
            passed, how = holds(point)
        except (Undecided, ZeroDivisionError) as reason:
            passed, how = False, f"not defined: {reason}"
        if not passed:
            shown = {str(name): str(value) for name, value in point.items() if not callable(value)}
            return Finding(False, f"fails at {shown} and the values drawn there, {how}")
    return Finding(True, f"{POINTS} random points, {how}")


def _drawn(domain: Domain, rng: random.Random) -> dict[Any, Any]:
    """A point of the domain that meets its conditions."""
    conditions = [each for each in of_domain(domain) if isinstance(each, Condition)]
    for _ in range(DRAWS):
        point = draw(domain, rng)
        if all(each.met(point) for each in conditions):
            return point
    raise Undecided(f"no point in {DRAWS} draws meets {', '.join(each.text for each in conditions)}")

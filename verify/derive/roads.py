"""The kinds of assertions, each with its symbolic check and its second road."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import sympy

from verify.derive.chain import Assertion, Finding, Kind, Road
from verify.derive.evaluate import agree, at_most, exact
from verify.derive.points import Domain, draw
from verify.derive.signs import nonnegative
from verify.derive.tex import tex
from verify.numbers.systems.balls import Undecided

# Random points an assertion is tried at on the second road.
POINTS = 12

Normal = Callable[[Any], Any]


def algebraic(expression: Any) -> Any:
    """A normal form for roots, powers and quotients: 0 only if the expression vanishes identically."""
    return sympy.simplify(sympy.cancel(sympy.together(sympy.powsimp(sympy.expand(expression)))))


def equality(
    left: Any,
    right: Any,
    domain: Domain,
    *,
    normal: Normal = algebraic,
    given: Sequence[Callable[[Any], Any]] = (),
    kind: Kind = "equality",
    latex: str = "",
    second_road: Road | None = None,
) -> Assertion:
    """left = right on the domain. ``given`` are rewritings that the hypotheses allow, applied in order."""

    def check() -> Finding:
        a, b = sympy.sympify(left), sympy.sympify(right)
        for rewrite in given:
            a, b = rewrite(a), rewrite(b)
        rest = normal(a - b)
        return Finding(
            rest == 0, "left - right is 0 in normal form" if rest == 0 else f"left - right = {rest}"
        )

    def at_points() -> Finding:
        return everywhere(domain, lambda point: agree(left, right, point))

    return Assertion(
        kind,
        latex or rf"{tex(left)} = {tex(right)}",
        (sympy.sympify(left), sympy.sympify(right)),
        check,
        second_road or at_points,
    )


def induction(summand: Any, index: Any, n: Any, closed: Any, domain: Domain, *, latex: str = "") -> Assertion:
    """The sum of ``summand`` over index = 0 .. n-1 is ``closed``, for every n >= 0: true at 0, and it grows
    by the summand from n to n + 1."""
    total = sympy.Sum(summand, (index, 0, n - 1))

    def check() -> Finding:
        base = algebraic(closed.subs(n, 0))
        growth = algebraic(closed.subs(n, n + 1) - closed - summand.subs(index, n))
        passed = base == 0 and growth == 0
        return Finding(passed, f"at 0: {base}; from n to n + 1 it differs from the summand by {growth}")

    return Assertion(
        "induction",
        latex or rf"{tex(total)} = {tex(closed)}",
        (total, closed),
        check,
        lambda: everywhere(domain, lambda point: agree(total, closed, point)),
    )


def inequality(
    left: Any,
    right: Any,
    because: Any,
    domain: Domain,
    *,
    normal: Normal = algebraic,
    given: Sequence[Callable[[Any], Any]] = (),
    latex: str = "",
) -> Assertion:
    """left <= right: right - left equals ``because``, which is made of nonnegative parts.

    ``given`` are rewritings that the hypotheses allow; they bring in the letters of ``because``.
    """

    def check() -> Finding:
        gap = right - left - because
        for rewrite in given:
            gap = rewrite(gap)
        rest = normal(gap)
        if rest != 0:
            return Finding(False, f"right - left differs from {because} by {rest}")
        if not nonnegative(because):
            return Finding(False, f"{because} is not nonnegative term by term")
        return Finding(True, "right - left is a sum of nonnegative terms")

    return Assertion(
        "inequality",
        latex or rf"{tex(left)} \le {tex(right)}",
        (sympy.sympify(left), sympy.sympify(right), sympy.sympify(because)),
        check,
        lambda: everywhere(domain, lambda point: at_most(left, right, point)),
    )


def by_derivative(
    left: Any, right: Any, variable: Any, because: Any, domain: Domain, *, order: int = 1, latex: str = ""
) -> Assertion:
    """left <= right for variable >= 0: right - left and its derivatives below ``order`` vanish at 0, and the
    next derivative is ``because`` >= 0."""

    def check() -> Finding:
        gap = sympy.sympify(right) - left
        starts = [algebraic(sympy.diff(gap, variable, p).subs(variable, 0)) for p in range(order)]
        rest = algebraic(sympy.diff(gap, variable, order) - because)
        passed = all(start == 0 for start in starts) and rest == 0 and nonnegative(because)
        return Finding(passed, f"at 0: {starts}; derivative {order} of right - left is off by {rest}")

    return Assertion(
        "inequality",
        latex or rf"{tex(left)} \le {tex(right)}",
        (sympy.sympify(left), sympy.sympify(right), sympy.sympify(because)),
        check,
        lambda: everywhere(domain, lambda point: at_most(left, right, point)),
    )


def rewriting(base: Any, value: Callable[..., Any]) -> Callable[[Any], Any]:
    """The rewriting base[indices] -> value(indices) of an indexed base."""
    return lambda expression: expression.replace(
        lambda e: isinstance(e, sympy.Indexed) and e.base == base, lambda e: value(*e.indices)
    )


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

    def check() -> Finding:
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

    return Assertion(
        "bijection",
        rf"{tex(new)} = {tex(forward)} \iff {tex(old)} = {tex(backward)}",
        (forward, backward),
        check,
        lambda: everywhere(domain, permutes),
    )


def instances(latex: str, expressions: Sequence[Any], check: Road, second_road: Road) -> Assertion:
    """An assertion about named cases, decided by exact computation in two ways that the caller brings."""
    return Assertion("instances", latex, tuple(sympy.sympify(e) for e in expressions), check, second_road)


def everywhere(domain: Domain, holds: Callable[[dict[Any, Any]], tuple[bool, str]]) -> Finding:
    """Try an assertion at random points of the domain, always the same ones."""
    rng = random.Random(0)
    how = ""
    for _ in range(POINTS):
        point = draw(domain, rng)
        try:
            passed, how = holds(point)
        except (Undecided, ZeroDivisionError) as reason:
            passed, how = False, f"not defined: {reason}"
        if not passed:
            shown = {str(name): str(value) for name, value in point.items() if not callable(value)}
            return Finding(False, f"fails at {shown} and the values drawn there, {how}")
    return Finding(True, f"{POINTS} random points, {how}")

"""The kinds of claims, each with its symbolic check and its second road."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import sympy

from verify.derive.chain import Claim, Finding, Kind, Road
from verify.derive.evaluate import BITS, Domain, agree, at_most, draw, enclosure, exact
from verify.derive.tex import tex
from verify.numbers.balls import Ball, Order, Undecided, ball, compare, precision

# Random points a claim is tried at on the second road.
POINTS = 12

Normal = Callable[[Any], Any]


def algebraic(expression: Any) -> Any:
    """A normal form for roots, powers and quotients: 0 only if the expression vanishes identically."""
    return sympy.simplify(sympy.cancel(sympy.together(sympy.powsimp(sympy.expand(expression)))))


def rational_form(expression: Any) -> Any:
    """The normal form of a rational function: one cancelled fraction."""
    return sympy.cancel(sympy.together(expression))


def same(expression: Any) -> Any:
    """No rewriting at all: what sympy cancels by itself."""
    return expression


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
) -> Claim:
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

    return Claim(
        kind,
        latex or rf"{tex(left)} = {tex(right)}",
        (sympy.sympify(left), sympy.sympify(right)),
        check,
        second_road or at_points,
    )


def induction(summand: Any, index: Any, n: Any, closed: Any, domain: Domain, *, latex: str = "") -> Claim:
    """The sum of ``summand`` over index = 0 .. n-1 is ``closed``, for every n >= 0: true at 0, and it grows
    by the summand from n to n + 1."""
    total = sympy.Sum(summand, (index, 0, n - 1))

    def check() -> Finding:
        base = algebraic(closed.subs(n, 0))
        growth = algebraic(closed.subs(n, n + 1) - closed - summand.subs(index, n))
        passed = base == 0 and growth == 0
        return Finding(passed, f"at 0: {base}; from n to n + 1 it differs from the summand by {growth}")

    return Claim(
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
) -> Claim:
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

    return Claim(
        "inequality",
        latex or rf"{tex(left)} \le {tex(right)}",
        (sympy.sympify(left), sympy.sympify(right), sympy.sympify(because)),
        check,
        lambda: everywhere(domain, lambda point: at_most(left, right, point)),
    )


def by_derivative(
    left: Any, right: Any, variable: Any, because: Any, domain: Domain, *, order: int = 1, latex: str = ""
) -> Claim:
    """left <= right for variable >= 0: right - left and its derivatives below ``order`` vanish at 0, and the
    next derivative is ``because`` >= 0."""

    def check() -> Finding:
        gap = sympy.sympify(right) - left
        starts = [algebraic(sympy.diff(gap, variable, p).subs(variable, 0)) for p in range(order)]
        rest = algebraic(sympy.diff(gap, variable, order) - because)
        passed = all(start == 0 for start in starts) and rest == 0 and nonnegative(because)
        return Finding(passed, f"at 0: {starts}; derivative {order} of right - left is off by {rest}")

    return Claim(
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


def nonnegative(expression: Any) -> bool:
    """Whether the expression is >= 0 by the look of it: sums, products and even powers of what is.

    A factor (1 - b) of a symbol b is not: put b = 1/(1 + x) with a positive x instead.
    """
    return _sign(sympy.sympify(expression)) == 1


def _sign(e: Any) -> int:
    """1 for >= 0, -1 for <= 0, by the look of it; 0 if the look does not tell."""
    if e.is_nonnegative:
        return 1
    if e.is_nonpositive:
        return -1
    if e.is_Add:
        signs = {_sign(a) for a in e.args}
        return signs.pop() if len(signs) == 1 else 0
    if e.is_Mul:
        return int(sympy.prod(_sign(a) for a in e.args))
    if e.is_Pow:
        return 1 if (e.exp.is_even and e.base.is_real) or _sign(e.base) == 1 else 0
    if isinstance(e, sympy.Sum):
        return _sign(e.function)
    return 0


def limit(
    expression: Any,
    variable: Any,
    to: Any,
    value: Any,
    domain: Domain,
    *,
    side: str = "+",
    given: Sequence[Callable[[Any], Any]] = (),
    latex: str = "",
) -> Claim:
    """expression -> value as variable -> to, from above ("+") or below ("-"); or to infinity.

    The second road comes closer in two leaps of 2^-60: the error must shrink by 2^-25 at least, which any
    error that vanishes like a power of at least 1/2 does.
    """

    def check() -> Finding:
        inside, wanted = sympy.sympify(expression), sympy.sympify(value)
        for rewrite in given:
            inside, wanted = rewrite(inside), rewrite(wanted)
        found = sympy.limit(inside, variable, to, side)
        rest = algebraic(found - wanted)
        return Finding(rest == 0, f"the limit is {found}")

    def approach(point: dict[Any, Any]) -> tuple[bool, str]:
        errors = []
        for power in (60, 120):
            near = Fraction(2) ** power
            at = near if to is sympy.oo else Fraction(int(to)) + (1 if side == "+" else -1) / near
            with precision(BITS * 2):
                errors.append(abs(enclosure(expression - value, {**point, variable: at})))
        with precision(BITS * 2):
            return _shrinks(errors, 25), "two leaps of 2^-60 towards the limit, in balls"

    arrow = rf"{tex(variable)} \to {tex(to)}" + ("" if to is sympy.oo else f"^{{{side}}}")
    return Claim(
        "limit",
        latex or rf"\lim_{{{arrow}}} {tex(expression)} = {tex(value)}",
        (sympy.sympify(expression), sympy.sympify(value)),
        check,
        lambda: everywhere(domain, approach),
    )


def expansion(
    expression: Any,
    variable: Any,
    coefficients: Sequence[Any],
    domain: Domain,
    *,
    normal: Normal = algebraic,
    latex: str = "",
) -> Claim:
    """expression = sum of coefficients[p] variable^p + O(variable^P), P their number, as variable -> 0.

    First road: derivatives at 0. Second: in balls, at 2^-40 and 2^-80, the rest shrinks by 2^(-40 P), a
    thousandth given or taken.
    """
    order = len(coefficients)
    polynomial = sympy.Add(*(c * variable**p for p, c in enumerate(coefficients)))

    def check() -> Finding:
        for p, coefficient in enumerate(coefficients):
            found = sympy.diff(expression, variable, p).subs(variable, 0) / sympy.factorial(p)
            rest = normal(found - coefficient)
            if rest != 0:
                return Finding(False, f"the coefficient of {variable}^{p} differs by {rest}")
        return Finding(True, f"derivatives at 0 up to order {order - 1}")

    def shrink(point: dict[Any, Any]) -> tuple[bool, str]:
        errors = []
        with precision(BITS * (order + 2)):
            for power in (40, 80):
                at = {**point, variable: Fraction(1, 2**power)}
                errors.append(abs(enclosure(expression, at) - enclosure(polynomial, at)))
            return _shrinks(errors, 40 * order - 10), "the rest at 2^-40 and 2^-80, in balls"

    return Claim(
        "series",
        latex or rf"{tex(expression)} = {tex(polynomial)} + O({tex(variable)}^{{{order}}})",
        (sympy.sympify(expression), polynomial),
        check,
        lambda: everywhere(domain, shrink),
    )


def bijection(forward: Any, old: Any, backward: Any, new: Any, size: Any, domain: Domain) -> Claim:
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

    return Claim(
        "bijection",
        rf"{tex(new)} = {tex(forward)} \iff {tex(old)} = {tex(backward)}",
        (forward, backward),
        check,
        lambda: everywhere(domain, permutes),
    )


def instances(latex: str, expressions: Sequence[Any], check: Road, second_road: Road) -> Claim:
    """A claim about named cases, decided by exact computation in two ways that the caller brings."""
    return Claim("instances", latex, tuple(sympy.sympify(e) for e in expressions), check, second_road)


def _shrinks(errors: Sequence[Ball], bits: int) -> bool:
    """Whether the second error is at most 2^-bits times the first, or both are as good as 0."""
    tiny = ball(Fraction(1, 2 ** (BITS // 2 * 3)))
    if all(compare(error, tiny) is Order.LESS for error in errors):
        return True
    return compare(errors[1], errors[0] * ball(Fraction(1, 2**bits))) is Order.LESS


def everywhere(domain: Domain, holds: Callable[[dict[Any, Any]], tuple[bool, str]]) -> Finding:
    """Try a claim at random points of the domain, always the same ones."""
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

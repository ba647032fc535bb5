"""Assertions of analysis: limits and expansions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import sympy

from verify.derive.chain import Assertion, Finding
from verify.derive.evaluate import BITS, enclosure
from verify.derive.points import Domain
from verify.derive.roads import Normal, algebraic, everywhere
from verify.derive.tex import tex
from verify.numbers.systems.balls import Ball, Order, ball, compare, precision


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
) -> Assertion:
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
    return Assertion(
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
) -> Assertion:
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

    return Assertion(
        "series",
        latex or rf"{tex(expression)} = {tex(polynomial)} + O({tex(variable)}^{{{order}}})",
        (sympy.sympify(expression), polynomial),
        check,
        lambda: everywhere(domain, shrink),
    )


def _shrinks(errors: Sequence[Ball], bits: int) -> bool:
    """Whether the second error is at most 2^-bits times the first, or both are as good as 0."""
    tiny = ball(Fraction(1, 2 ** (BITS // 2 * 3)))
    if all(compare(error, tiny) is Order.LESS for error in errors):
        return True
    return compare(errors[1], errors[0] * ball(Fraction(1, 2**bits))) is Order.LESS

"""Assertions of analysis: limits and expansions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sympy

from verify.derive.chain import Assertion, Finding, Rewriting, opened, rewritten
from verify.derive.evaluate import BITS, enclosure
from verify.derive.points import Domain
from verify.derive.roads import Normal, algebraic, asserted
from verify.numbers.systems.balls import Ball, Order, ball, compare, precision


def limit(
    expression: Any,
    variable: Any,
    to: Any,
    value: Any,
    domain: Domain,
    *,
    side: str = "+",
    given: Sequence[Rewriting] = (),
    **options: Any,
) -> Assertion:
    """expression -> value as variable -> to, from above ("+") or below ("-"); or to infinity.

    The second road comes closer in two leaps of 2^-60: the error must shrink by 2^-25 at least, which any
    error that vanishes like a power of at least 1/2 does.
    """

    value, where = sympy.sympify(value), options.get("where", {})
    whole, to_be = opened(expression, where), opened(value, where)

    def check(_: Any, __: Any) -> Finding:
        inside, wanted = rewritten(whole, given), rewritten(to_be, given)
        found = sympy.limit(inside, variable, to, side)
        rest = algebraic(found - wanted)
        return Finding(rest == 0, f"the limit is {found}")

    def approach(point: dict[Any, Any]) -> tuple[bool, str]:
        errors = []
        for power in (60, 120):
            near = Fraction(2) ** power
            at = near if to is sympy.oo else Fraction(int(to)) + (1 if side == "+" else -1) / near
            with precision(BITS * 2):
                errors.append(abs(enclosure(whole - to_be, {**point, variable: at})))
        with precision(BITS * 2):
            return _shrinks(errors, 25), "two leaps of 2^-60 towards the limit, in balls"

    left = sympy.Limit(expression, variable, to, side)
    return asserted("limit", left, "=", value, domain, check, approach, **options)


def expansion(
    expression: Any,
    variable: Any,
    coefficients: Sequence[Any],
    domain: Domain,
    *,
    normal: Normal = algebraic,
    **options: Any,
) -> Assertion:
    """expression = sum of coefficients[p] variable^p + O(variable^P), P their number, as variable -> 0.

    First road: derivatives at 0. Second: in balls, at 2^-40 and 2^-80, the rest shrinks by 2^(-40 P), a
    thousandth given or taken.
    """
    order = len(coefficients)
    polynomial = sympy.Add(*(c * variable**p for p, c in enumerate(coefficients)))
    where = options.get("where", {})
    whole, terms = opened(expression, where), opened(polynomial, where)

    def check(_: Any, __: Any) -> Finding:
        for p, coefficient in enumerate(coefficients):
            found = sympy.diff(whole, variable, p).subs(variable, 0) / sympy.factorial(p)
            rest = normal(found - opened(coefficient, where))
            if rest != 0:
                return Finding(False, f"the coefficient of {variable}^{p} differs by {rest}")
        return Finding(True, f"derivatives at 0 up to order {order - 1}")

    def shrink(point: dict[Any, Any]) -> tuple[bool, str]:
        errors = []
        with precision(BITS * (order + 2)):
            for power in (40, 80):
                at = {**point, variable: Fraction(1, 2**power)}
                errors.append(abs(enclosure(whole, at) - enclosure(terms, at)))
            return _shrinks(errors, 40 * order - 10), "the rest at 2^-40 and 2^-80, in balls"

    rest = sympy.Function("O")(variable**order)
    right = sympy.Add(polynomial, rest, evaluate=False) if polynomial != 0 else rest
    return asserted("series", expression, "=", right, domain, check, shrink, **options)


def _shrinks(errors: Sequence[Ball], bits: int) -> bool:
    """Whether the second error is at most 2^-bits times the first, or both are as good as 0."""
    tiny = ball(Fraction(1, 2 ** (BITS // 2 * 3)))
    if all(compare(error, tiny) is Order.LESS for error in errors):
        return True
    return compare(errors[1], errors[0] * ball(Fraction(1, 2**bits))) is Order.LESS

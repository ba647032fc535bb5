"""The sign of an expression by the look of it."""

from __future__ import annotations

from typing import Any

import sympy


def nonnegative(expression: Any) -> bool:
    """Whether the expression is >= 0 by the look of it: sums, products and even powers of what is.

    A factor (1 - b) of a symbol b is not: put b = 1/(1 + x) with a positive x instead.
    """
    return _sign(sympy.sympify(expression)) == 1


def positive(expression: Any) -> bool:
    """Whether the expression is > 0 by the look of it: products, powers and sums of what is, with others >= 0."""
    e = sympy.sympify(expression)
    if e.is_positive:
        return True
    if e.is_Mul:
        return all(map(positive, e.args))
    if e.is_Pow:
        return positive(e.base)
    if e.is_Add:
        return nonnegative(e) and any(map(positive, e.args))
    if isinstance(e, sympy.Sum):
        return positive(e.function) and all(bool((high - low).is_nonnegative) for _, low, high in e.limits)
    return False


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

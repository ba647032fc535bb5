"""The letters of the paper as sympy symbols, with what is assumed of them."""

from __future__ import annotations

from typing import Any

import sympy

N, d, B = sympy.symbols("N d B", integer=True, positive=True)
i, j, k, l, p, q, s, t, n = sympy.symbols("i j k l p q s t n", integer=True)
b1, b2, beta = sympy.symbols("beta_1 beta_2 beta", positive=True)
eta, delta = sympy.symbols("eta delta", positive=True)
m, w_ = sympy.symbols("m w", real=True)
v, top = sympy.symbols("v top", positive=True)

g = sympy.IndexedBase("g", real=True)
x = sympy.IndexedBase("x", real=True)
w = sympy.IndexedBase("w", real=True)
c = sympy.IndexedBase("c", nonnegative=True)


def over(summand: Any, *ranges: tuple[Any, Any]) -> Any:
    """The sum of the summand over index = 0 .. size - 1, for each (index, size)."""
    return sympy.Sum(summand, *((index, 0, size - 1) for index, size in ranges))

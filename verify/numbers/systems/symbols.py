"""sympy expressions: the definitions as formulas. Roots and signs stay as they are written."""

from __future__ import annotations

from typing import Any

import sympy

from verify.numbers.system import Numbers


def _ratio(a: Any, b: Any) -> Any:
    return b if a == 0 and b == 0 else a / b


SYMBOLS = Numbers(
    name="symbol",
    number=lambda value: sympy.Rational(value.numerator, value.denominator),
    sqrt=sympy.sqrt,
    exp=sympy.exp,
    log=sympy.log,
    softplus=lambda z: sympy.log(1 + sympy.exp(z)),
    sign=sympy.sign,
    ratio=_ratio,
    abs=sympy.Abs,
    max=sympy.Max,
    cos_pi=lambda x: sympy.cos(sympy.pi * x),
)

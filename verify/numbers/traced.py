"""A rule's step, noted operation by operation, and compiled with a rounding around each.

The step runs once on values that note what is done to them; what they noted is the source of a function.
Scalars (hyperparameters, and what is computed from them alone) stay float64 until they meet a rounded value,
as torch's Python scalars do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.numbers.floats import strict
from verify.numbers.system import Numbers


def rounding_numbers(name: str, real: Any, rounded: Callable[[Any], Any]) -> Numbers:
    """The number system whose ``build`` compiles a rule's step with ``rounded`` around each operation.

    ``real`` is the NumPy type of values, ``rounded`` a compiled function from and to it. 0/0 is nan here: a
    number format has no exception for a coordinate without gradient.
    """
    space = {"rounded": rounded, "real": real, "sqrt": np.sqrt, "exp": np.exp, "log": np.log}
    space["log1p"] = np.log1p
    space["sign"] = _sign(real)
    return Numbers(
        name=name,
        number=float,
        sqrt=lambda a: a.call("sqrt"),
        exp=lambda a: a.call("exp"),
        log=lambda a: a.call("log"),
        softplus=lambda a: a.call("exp").call("log1p"),
        sign=lambda a: a.call("sign"),
        ratio=lambda a, b: a / b,
        build=lambda step: _compile(step, space),
    )


def _sign(real: Any) -> Any:
    def sign(a: Any) -> Any:
        return a if a != a else real(a > 0) - real(a < 0)

    return strict(sign)


def _compile(step: Any, space: dict[str, Any]) -> Any:
    lines: list[str] = []
    g, seen, m, v = (_Traced(name, False, lines) for name in ("g", "seen", "m", "v"))
    result = ", ".join(value.text for value in step(g, seen, m, v, _TracedHyper(lines)))
    body = "\n    ".join([*lines, f"return {result}"])
    made = dict(space)
    exec(f"def step(g, seen, m, v, h):\n    {body}", made)
    return strict(made["step"])


@dataclass(frozen=True)
class _TracedHyper:
    """Stands for the hyperparameters: each attribute is a scalar of that name."""

    lines: list[str]

    def __getattr__(self, name: str) -> _Traced:
        return _Traced(f"h.{name}", True, self.lines)


@dataclass(frozen=True, eq=False)
class _Traced:
    """Stands for a number in the step: its name in the compiled function, and the notes it is taken in."""

    text: str
    scalar: bool
    lines: list[str]

    def note(self, expression: str, scalar: bool) -> _Traced:
        name = f"t{len(self.lines)}"
        self.lines.append(f"{name} = {expression if scalar else f'rounded({expression})'}")
        return _Traced(name, scalar, self.lines)

    def call(self, function: str) -> _Traced:
        return self.note(f"{function}({self.text})", self.scalar)

    def __neg__(self) -> _Traced:
        return self.note(f"-{self.text}", self.scalar)


def _operator(symbol: str, swapped: bool) -> Callable[[_Traced, Any], _Traced]:
    """The method for a Python operator: it notes the operation on operands of one type."""

    def method(self: _Traced, other: Any) -> _Traced:
        if not isinstance(other, _Traced):
            other = _Traced(repr(float(other)), True, self.lines)
        scalar = self.scalar and other.scalar
        texts = [
            f"real({side.text})" if side.scalar and not scalar else side.text
            for side in ((other, self) if swapped else (self, other))
        ]
        return self.note(f" {symbol} ".join(texts), scalar)

    return method


for _name, _symbol in {"add": "+", "sub": "-", "mul": "*", "truediv": "/"}.items():
    setattr(_Traced, f"__{_name}__", _operator(_symbol, swapped=False))
    setattr(_Traced, f"__r{_name}__", _operator(_symbol, swapped=True))

"""float64 arrays, entry by entry: what need not be compiled, since one operation does many entries.

Like ``floats`` it takes complex entries, whose tiny imaginary parts carry derivatives.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.numbers.system import Numbers


def _ratio(a: Any, b: Any) -> Any:
    return np.divide(a, b, out=np.zeros_like(a), where=a != 0)


ARRAYS = Numbers(
    name="float64 arrays",
    number=float,
    sqrt=np.sqrt,
    exp=np.exp,
    log=np.log,
    softplus=lambda z: np.logaddexp(0.0, z),
    sign=lambda a: np.sign(a.real),
    ratio=_ratio,
    abs=lambda a: a * np.where(a.real < 0, -1.0, 1.0),
    max=lambda a, b: np.where(np.real(a) >= np.real(b), a, b),
    cos_pi=lambda x: np.cos(np.pi * x),
)

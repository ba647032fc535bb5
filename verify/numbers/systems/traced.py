"""The arithmetic of a number format, as a number system: each operation of a step is rounded.

Scalars (hyperparameters, and what is computed from them alone) stay float64 until they meet a rounded value,
as torch's Python scalars do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.numbers.system import Numbers, Rounding
from verify.numbers.systems.floats import strict


def rounding_numbers(name: str, real: Any, rounded: Callable[[Any], Any]) -> Numbers:
    """The number system in which a step is compiled with ``rounded`` around each operation.

    ``real`` is the NumPy type of values, ``rounded`` a compiled function from and to it. 0/0 is nan here: a
    number format has no exception for a coordinate without gradient.
    """
    return Numbers(
        name=name,
        number=float,
        sqrt=np.sqrt,
        exp=np.exp,
        log=np.log,
        softplus=strict(lambda a: np.log1p(np.exp(a))),
        sign=_sign(real),
        ratio=strict(lambda a, b: a / b),
        build=strict,
        abs=strict(lambda a: -a if a < 0 else a),
        max=strict(lambda a, b: a if a >= b or a != a else b),
        rounding=Rounding(real, rounded),
    )


def _sign(real: Any) -> Any:
    def sign(a: Any) -> Any:
        return a if a != a else real(a > 0) - real(a < 0)

    return strict(sign)

"""float64, compiled. The same functions take complex128, whose tiny imaginary part carries a derivative
to full accuracy (the complex step: f(x + ih) = f(x) + ih f'(x) + O(h^2))."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from verify.numbers.stored import named_by_content
from verify.numbers.system import Numbers

# Sums may be reordered, so that loops use vector units; infinities and nans keep their meaning.
FAST = {"contract", "reassoc", "arcp", "nsz", "afn"}


def compiled(function: Any) -> Any:
    """A Python function compiled for floats; what it closes over is a constant to the compiler.

    A division by 0 gives an infinity, as in NumPy: a check would keep loops from using vector units.
    """
    return njit(fastmath=FAST, error_model="numpy", forceinline=True)(named_by_content(function))


def strict(function: Any) -> Any:
    """A function compiled without any licence to reorder or fuse operations.

    It is inlined, or loops that call it would not use vector units.
    """
    return njit(error_model="numpy", forceinline=True)(named_by_content(function))


def _sign(a: Any) -> Any:
    return 1.0 * (a.real > 0) - 1.0 * (a.real < 0)


def _abs(a: Any) -> Any:
    return -a if a.real < 0 else a


def _max(a: Any, b: Any) -> Any:
    return a if a.real >= b.real else b


def _ratio(a: Any, b: Any) -> Any:
    return a * 0 if a == 0 else a / b


def _softplus(z: Any) -> Any:
    # Accurate to 1e-16, not to so many digits where it is small; log1p would be, at a tenth of a step's time.
    return max(z, 0.0) + math.log(1.0 + math.exp(-abs(z)))


def _floats(name: str, build: Any) -> Numbers:
    return Numbers(
        name=name,
        number=float,
        sqrt=np.sqrt,
        exp=np.exp,
        log=np.log,
        softplus=build(_softplus),
        sign=build(_sign),
        ratio=build(_ratio),
        build=build,
        abs=build(_abs),
        max=build(_max),
    )


FLOATS = _floats("float64", compiled)

# For the epoch map, whose moments are divided by 1 - beta2^N: reordered, sums lose up to 1e-10 of U's direction as
# beta2 tends to 1, in order 1e-15.
STRICT_FLOATS = _floats("float64, operations in order", strict)

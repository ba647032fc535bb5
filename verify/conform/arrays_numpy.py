"""NumPy arrays in float32 or float64, for targets that need no library."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.conform.feeding import Arrays, Parameter
from verify.data.text import show
from verify.errors import BadInput


def arrays(dtype: str, device: str) -> Arrays:
    """Raises BadInput for a format that NumPy has not."""
    if dtype not in ("float16", "float32", "float64"):
        raise BadInput(f"dtype={show(dtype)}: NumPy has float16, float32 and float64")
    real = np.dtype(dtype).type

    def assign(parameter: Any, value: Any) -> None:
        parameter.data = value.copy()

    return Arrays(
        make=lambda entries: np.array(entries, real),
        read=lambda a: np.asarray(a.data if isinstance(a, Parameter) else a).astype(np.float64),
        parameter=Parameter,
        assign=assign,
    )

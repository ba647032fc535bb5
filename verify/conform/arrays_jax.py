"""jax's arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.conform.feeding import Arrays
from verify.conform.target import imported
from verify.data.text import show
from verify.errors import BadInput


def arrays(dtype: str, device: str) -> Arrays:
    """Raises BadInput for a format that jax has not."""
    jax: Any = imported("jax", "optax")
    if dtype == "float64":
        jax.config.update("jax_enable_x64", True)
    real = getattr(jax.numpy, dtype, None)
    if real is None:
        raise BadInput(f"dtype={show(dtype)}: jax has no such format")
    held = np.dtype(real)

    def assign(parameter: Any, value: Any) -> None:
        raise BadInput("target: jax's arrays are written by no optimizer: a target in optax's style has them")

    return Arrays(
        make=lambda entries: jax.numpy.asarray(np.array(entries, np.float64).astype(held)),
        read=lambda a: np.asarray(a).astype(np.float64),
        parameter=lambda data: data,
        assign=assign,
        compiled=jax.jit,
    )

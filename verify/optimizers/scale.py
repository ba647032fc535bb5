"""Which coordinates share a scale when gradients are kept as exp(s) * ghat.

If every x_i[k] is nonzero, each sample weighs on every coordinate and one scale serves all. With zero
entries a coordinate may live on samples whose weights are exp(-1000) of the largest, and needs its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from verify.optimizers.rule import Rule


def block_count(X: NDArray[np.float64], rule: Rule) -> int:
    """Into how many blocks of equal width the coordinates fall: 1, or where each has a scale of its own the fewest of
    which a sample sees all or nothing (of several classes often a block for each), d at most.

    A rule that reads the norm of the gradient compares all coordinates, so they share one scale; a rule
    of another degree than 0 is meaningful at one scale only.
    """
    nonzero = X != 0
    d: int = X.shape[1]
    if bool(np.all(nonzero)) or rule.reads == "norm" or rule.degree != 0:
        return 1
    widths = (width for width in range(d // 2, 1, -1) if d % width == 0)
    found: int = next((d // width for width in widths if _alike(nonzero, width)), d)
    return found


def _alike(nonzero: NDArray[np.bool_], width: int) -> bool:
    """Whether each row is nonzero all over a block of this width, or nowhere in it."""
    parts = nonzero.reshape(len(nonzero), -1, width)
    return bool(np.all(parts == parts[:, :, :1]))


def present(X: NDArray[np.float64], blocks: int) -> NDArray[np.bool_]:
    """Whether sample i weighs on block q at all, shape (N, blocks)."""
    return np.asarray(np.any(X.reshape(len(X), blocks, -1) != 0, axis=2))

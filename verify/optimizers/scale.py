"""Which coordinates share a scale when gradients are kept as exp(s) * ghat.

If every x_i[k] is nonzero, each sample weighs on every coordinate and one scale serves all. With zero
entries a coordinate may live on samples whose weights are exp(-1000) of the largest, and needs its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from verify.optimizers.rules import Rule


def block_edges(X: NDArray[np.float64], rule: Rule) -> NDArray[np.int64]:
    """Edges of the blocks of coordinates with a common scale: block q is edges[q] to edges[q+1] - 1.

    A rule that reads the norm of the gradient compares all coordinates, so they share one scale; a rule
    of degree 1 is meaningful at one scale only.
    """
    one_scale = bool(np.all(X != 0)) or rule.reads == "norm" or rule.degree == 1
    return np.array([0, X.shape[1]] if one_scale else range(X.shape[1] + 1), dtype=np.int64)

"""Rows of random signs, each times a size of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from verify.data.dataset import Dataset
from verify.data.families.family import Family
from verify.data.families.planted import check_sizes, planted


def scaled_rademacher(n: int, d: int, seed: int = 0) -> Dataset:
    """n rows a_i * (random signs) in d dimensions: within a row all |x_i[k]| equal a_i.

    a_i is one of 1/8, 2/8, ..., 32/8 with equal chance. The label is the side of a planted Gaussian
    separator on which the row lies, as for ``gaussian``; raises BadInput likewise.
    """
    check_sizes("scaled-rademacher", n=n, d=d, seed=seed)
    draw = np.random.Generator(np.random.PCG64(seed))

    def row() -> NDArray[np.float64]:
        signs = (2 * draw.integers(0, 2, size=d) - 1).astype(np.float64)
        return signs * (float(draw.integers(1, 33)) / 8.0)

    return Dataset(f"scaled-rademacher:n={n},d={d},seed={seed}", planted(draw, n, d, row))


FAMILY = Family("scaled-rademacher", scaled_rademacher)

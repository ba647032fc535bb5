"""Rows of standard normal entries."""

from __future__ import annotations

import numpy as np

from verify.data.dataset import Dataset
from verify.data.families.family import Family
from verify.data.families.planted import check_sizes, planted


def gaussian(n: int, d: int, seed: int = 0) -> Dataset:
    """n rows of standard normal entries in d dimensions, labelled by a planted separator.

    Draw w* ~ N(0, I), then x ~ N(0, I); the label of x is sign(x.w*), so the row y x has a positive margin
    on w*, for every n and d. (If n <= d almost every draw is separable anyhow; the definition stays the
    same.) A row with x.w* = 0 exactly is drawn again. Raises BadInput for n, d < 1, seed < 0, too many
    entries.
    """
    check_sizes("gaussian", n=n, d=d, seed=seed)
    draw = np.random.Generator(np.random.PCG64(seed))
    name = f"gaussian:n={n},d={d},seed={seed}"
    return Dataset(name, planted(draw, n, d, lambda: draw.standard_normal(d)))


FAMILY = Family("gaussian", gaussian)

"""Rows, or samples of several classes, of standard normal entries."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from verify.data.classes import multiclass
from verify.data.dataset import Dataset
from verify.data.families.family import Family
from verify.data.families.planted import check_sizes, planted, planted_labels
from verify.errors import BadInput


def gaussian(n: int, d: int, seed: int = 0, classes: int | None = None) -> Dataset:
    """n rows of standard normal entries in d dimensions, labelled by a planted separator.

    Draw w* ~ N(0, I), then x ~ N(0, I); the label of x is sign(x.w*), so the row y x has a positive margin
    on w*, for every n and d. (If n <= d almost every draw is separable anyhow; the definition stays the
    same.) A row with x.w* = 0 exactly is drawn again. With ``classes`` k, draw W* of shape (k, d); the label of x
    is then the class c with the largest W*_c.x.

    Raises BadInput for n, d < 1, seed < 0, too many entries, fewer than 2 classes.
    """
    check_sizes("gaussian", n=n, d=d, seed=seed)
    draw = np.random.Generator(np.random.PCG64(seed))
    name = f"gaussian:n={n},d={d},seed={seed}"
    if classes is None:
        return Dataset(name, planted(draw, n, d, lambda: draw.standard_normal(d)))
    if classes < 2:
        raise BadInput(f"gaussian: classes={classes} must be at least 2")
    check_sizes("gaussian", n=n * classes, d=d * classes)
    samples, labels = planted_labels(draw, n, d, classes)
    exact = [[Fraction(entry) for entry in x] for x in samples]
    return multiclass(f"{name},classes={classes}", exact, labels, [str(c) for c in range(classes)])


FAMILY = Family("gaussian", gaussian)

"""Samples around class means, few of each class: the recipe of Kim, Song, Yun 2026 (their appendix H.1)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from verify.data.classes import multiclass
from verify.data.dataset import Dataset
from verify.data.families.family import Family, rational
from verify.data.families.planted import check_sizes
from verify.errors import BadInput


def class_means(
    classes: int = 60, d: int = 20, most: int = 5, noise: Fraction = Fraction(2236, 10000), seed: int = 0
) -> Dataset:
    """Of each class c a mean m_c ~ N(0, I/d), and 1 to ``most`` samples m_c + noise N(0, I/d): ``noise`` is the length
    of the noise as that of the means is 1. The recipe's .2236 is .05 sqrt(20), so .05 in each of 20 coordinates; were
    it .2236 in each, a sample would lie 45 degrees from its mean.

    Nothing makes them separable; in so many dimensions of W they mostly are. Raises BadInput for fewer than 2 classes,
    d or most < 1, noise < 0.
    """
    check_sizes("class-means", n=classes * most, d=d, seed=seed)  # `multiclass` looks at what is made of them
    if classes < 2 or most < 1 or noise < 0:
        raise BadInput(
            f"class-means: classes={classes} below 2, most={most} below 1, or noise={noise} negative"
        )
    draw = np.random.Generator(np.random.PCG64(seed))
    means = draw.standard_normal((classes, d)) / np.sqrt(d)
    counts = draw.integers(1, most + 1, size=classes)
    labels = np.repeat(np.arange(classes), counts)
    X = means[labels] + float(noise) * draw.standard_normal((len(labels), d)) / np.sqrt(d)
    name = f"class-means:classes={classes},d={d},most={most},noise={noise},seed={seed}"
    exact = [[Fraction(entry) for entry in x] for x in X.tolist()]
    return multiclass(name, exact, labels.tolist(), [str(c) for c in range(classes)])


FAMILY = Family("class-means", class_means, {"noise": rational})

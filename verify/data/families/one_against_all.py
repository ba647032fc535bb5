"""Rows with one large entry against all others."""

from __future__ import annotations

from fractions import Fraction

from verify.data.dataset import Dataset
from verify.data.families.family import Family
from verify.data.families.planted import check_sizes


def one_against_all(n: int) -> Dataset:
    """n rows in n dimensions, x_i[i] = n and the other entries -1: separable by (1, ..., 1) with every margin 1.

    By samples, Signum's epoch map at uniform weights is one negative constant for every beta and large n (theorem
    separable_data_of_negative_cost). Raises BadInput if n is no size of data.
    """
    family = "one-against-all"
    check_sizes(family, n=n, d=n)
    rows = tuple(tuple(Fraction(n if k == i else -1) for k in range(n)) for i in range(n))
    return Dataset(f"{family}:n={n}", rows)


FAMILY = Family("one-against-all", one_against_all)

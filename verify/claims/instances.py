"""The data sets that claims name, and cases on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from properties import Case
from properties import dataset as from_rows
from properties.cases import PROXY
from verify.data import Dataset, load
from verify.optimizers import Optimizer

GAUSSIAN = "gaussian:n=10,d=50,seed=0"  # the size of the paper's figures
SMALL_GAUSSIAN = "gaussian:n=5,d=8,seed=0"
# So many seeds as the profile says stand for the star.
RADEMACHER = "scaled-rademacher:n=6,d=4,seed=*"
SEEDS = {"quick": 2, "standard": 10, "thorough": 100}
SHIFTED = ("shifted-diagonal:d=4,delta=1/10", "shifted-diagonal:d=3,delta=1/100")
REAL = ("iris", "wine")
# Two rows with three dual fixed points.
TWO_ROWS = from_rows([["3.01", 1], [1, 3]])
# Found by a search over small integers: attracting fixed points 9 degrees apart, each reached from a small w_0.
THREE_ROWS = from_rows([[1, -4, -1], [3, -3, 5], [4, -1, -4]])
# The third column sees the third row alone.
WITH_ZEROS = from_rows([[3, -1, 0], [-1, 2, 0], [1, 3, 2]])
# Three rows whose only equilibrium repels: the weights go round a cycle. The second set, whose rows are turned
# into each other, has a constant feature, which does not move the weights, but w.
ROUND = from_rows([[6, 2, -1], [-1, 5, 2], [1, 1, 6]])
ROUND_AND_CONSTANT = from_rows([[14, 2, -1, 1], [-1, 14, 2, 1], [2, -1, 14, 1]])

Source = str | Dataset


@cache
def dataset(source: Source) -> Dataset:
    """A data set by name, read once."""
    return load(source) if isinstance(source, str) else source


def on(*sources: Source, opts: Sequence[Optimizer] = (PROXY,), **others: Any) -> Callable[[str], list[Case]]:
    """The named cases of a profile: each optimizer on each data set."""

    def cases(profile: str) -> list[Case]:
        found: list[Source] = []
        for source in sources:
            if isinstance(source, str) and source.endswith("*"):
                found += [f"{source[:-1]}{k}" for k in range(SEEDS[profile])]
            else:
                found.append(source)
        return [Case(dataset(source), opt, **others) for source in found for opt in opts]

    return cases


def exact(*numbers: float | str) -> tuple[Fraction, ...]:
    """Numbers as they are written."""
    return tuple(map(Fraction, numbers))

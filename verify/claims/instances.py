"""The data sets that claims are checked on, and what several claims ask of them, computed once."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cache

import numpy as np

from verify.claims.registry import Profile
from verify.data import Dataset, load
from verify.evidence import Evidence, Verdict
from verify.game import Prediction, predict
from verify.game.games import pace
from verify.game.pace import suited_step_size
from verify.margins import Margin, Norm, max_margin
from verify.numbers.linear.angles import Vector
from verify.optimizers import Optimizer
from verify.optimizers.increments import Increments, increments

GAUSSIAN = "gaussian:n=10,d=50,seed=0"  # the size of the paper's figures
SMALL_GAUSSIAN = "gaussian:n=5,d=8,seed=0"
# Two rows of theory's example with several fixed points.
TWO_ROWS = Dataset("[[3.01, 1], [1, 3]]", ((Fraction(301, 100), Fraction(1)), (Fraction(1), Fraction(3))))
# Found by a search over small integers: attracting fixed points 9 degrees apart, each reached from a small w_0.
THREE_ROWS = Dataset(
    "[[1, -4, -1], [3, -3, 5], [4, -1, -4]]",
    tuple(tuple(map(Fraction, row)) for row in ((1, -4, -1), (3, -3, 5), (4, -1, -4))),
)
# Three rows whose only equilibrium repels: the weights go round a cycle. The second set, whose rows are turned
# into each other, has a constant feature, which does not move the weights, but w.
ROUND = Dataset(
    "[[6, 2, -1], [-1, 5, 2], [1, 1, 6]]",
    tuple(tuple(map(Fraction, row)) for row in ((6, 2, -1), (-1, 5, 2), (1, 1, 6))),
)
ROUND_AND_CONSTANT = Dataset(
    "[[14, 2, -1, 1], [-1, 14, 2, 1], [2, -1, 14, 1]]",
    tuple(tuple(map(Fraction, row)) for row in ((14, 2, -1, 1), (-1, 14, 2, 1), (2, -1, 14, 1))),
)
# What no w separates: x_1 + x_2 = 0.
NOT_SEPARABLE = Dataset("[[1, 2], [-1, -2]]", ((Fraction(1), Fraction(2)), (Fraction(-1), Fraction(-2))))
BY_HAND = {data.name: data for data in (TWO_ROWS, THREE_ROWS, ROUND, ROUND_AND_CONSTANT, NOT_SEPARABLE)}
REAL = ("iris", "wine")


def seeds(family: str, profile: Profile) -> list[str]:
    """Instances of a family: 2 in the quick profile, 10 in the standard one, 100 in the thorough one."""
    count = {"quick": 2, "standard": 10, "thorough": 100}[profile]
    return [f"{family},seed={seed}" for seed in range(count)]


@cache
def dataset(spec: str) -> Dataset:
    """A data set by name, read once."""
    return BY_HAND.get(spec) or load(spec)


@cache
def rows(spec: str) -> Vector:
    """Its rows in float64 (N, d), not to be written to."""
    X = dataset(spec).floats()
    X.flags.writeable = False
    return X


@cache
def margin(spec: str, norm: Norm) -> Margin:
    """Its exact margin."""
    return max_margin(dataset(spec), norm)


@cache
def predicted(spec: str, opt: Optimizer) -> Prediction:
    """Its limits by the margin game, of which there may be more; the first is the one from w_0 = 0."""
    return predict(dataset(spec), opt, complete=False)


@cache
def simulated(spec: str, opt: Optimizer, steps: int) -> Increments:
    """A run from w_0 = 0 with the optimizer's own step size."""
    return increments(rows(spec), opt, steps)


@cache
def settled(spec: str, opt: Optimizer, steps: int, like: Optimizer | None = None) -> Increments:
    """A run from w_0 = 0 with a step size that lets it settle, judged by the pace at the limit of ``like``
    (the optimizer itself, if its game has a limit with a known pace)."""
    X, like = rows(spec), like or opt
    found = pace(predicted(spec, like).limits[0], X, like)
    return increments(X, suited_step_size(opt, X, steps, found), steps)


def relative_margin(spec: str, w: Vector) -> float:
    """The l_inf margin of a direction over the largest one there is: at most 1."""
    return float((rows(spec) @ w).min() / np.abs(w).max() / margin(spec, "linf").margin)


def judged(ok: bool, scope: str, detail: str) -> Evidence:
    """Floating-point evidence for or against."""
    return Evidence(Verdict.MEASURED if ok else Verdict.REFUTED, scope, detail)


def scope(specs: Iterable[str]) -> str:
    """The names of data sets, as evidence cites them."""
    return "; ".join(specs)

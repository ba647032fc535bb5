"""The game's limits as properties ask for them, once for each case; how many there are, and which attract."""

from __future__ import annotations

from functools import lru_cache, partial

from properties.cases import with_either, with_proxy
from properties.epoch_maps import EPS
from properties.property import Case, Judgement, Property, vacuous, within
from properties.strategies import cycling, several_equilibria
from verify.data import Dataset
from verify.game import Limit, Prediction, predict
from verify.optimizers import Optimizer

# What is not enclosed in balls comes from Newton's method, which stops at rounding: 1e-13 or so times the
# condition of the support, here of small integers and fractions.
NEWTON = 1e-8


@lru_cache(maxsize=1000)
def predicted(data: Dataset, opt: Optimizer, starts: int = 1) -> Prediction:
    """The game's limits, from two flows (w_0 = 0 and a random one) and, for five rows or fewer, from all faces;
    each enclosed, but not shown to be all."""
    return predict(data, opt, starts=starts, complete=False)


def limits_of(data: Dataset, opt: Optimizer, starts: int = 1) -> tuple[Limit, ...]:
    """The limits alone."""
    return predicted(data, opt, starts).limits


def accuracy(limit: Limit) -> float:
    """A bound on the error of a limit's direction, proved where it is certified."""
    return NEWTON if limit.radius is None else limit.radius + 4 * EPS * len(limit.direction)


def three(case: Case, attracting: int = 2) -> Judgement:
    """Two attracting equilibria are found, and three in all where the list is proved complete."""
    found = predict(case.data, case.optimizer, starts=1)
    stable = sum(limit.stability == "attracting" for limit in found.limits)
    wrong = abs(stable - attracting) + (abs(len(found.limits) - 3) if found.complete else 0)
    return within(wrong, 0.5, f"{len(found.limits)} equilibria, {stable} attracting; wrong by")


def repels(case: Case, attracting: int = 0) -> Judgement:
    """One equilibrium, all rows in its support, and it does not attract."""
    limits = limits_of(case.data, case.optimizer, starts=0)
    if len(limits) != 1:
        return vacuous("a flow that goes round reached something" if limits else "no equilibrium found")
    wrong = abs(sum(limit.stability == "attracting" for limit in limits) - attracting)
    return within(wrong + (len(limits[0].support) != case.data.n), 0.5, f"{limits[0].stability}; wrong by")


PROPERTIES = (
    Property(
        "fixed-point-not-unique",
        "three-fixed-points",
        "[[a + e, b], [b, a]] with copies of columns and far rows has three fixed points, two attracting.",
        with_proxy(several_equilibria()),
        three,
        {"all attracting": partial(three, attracting=3)},
        cost=8,
    ),
    Property(
        "weights-cycle",
        "only-equilibrium-repels",
        "The example of a limit cycle, turned and rescaled: its one equilibrium has all rows and does not attract.",
        with_either(cycling()),
        repels,
        {"it attracts": partial(repels, attracting=1)},
        cost=20,
    ),
)

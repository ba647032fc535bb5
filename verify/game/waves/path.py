"""How a wave moves with the step size, from the game of vanishing steps on: in float64.

An equilibrium of the game along waves of growth r is the wave at the step r / cost. So a path in the step size is one
in r, which needs no equation to be solved. Its spectral radius tells where it attracts; where that passes 1 is a
critical step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from verify.certificate.spectrum import spectral_radius
from verify.certificate.waves import epoch, jacobian, variables
from verify.data.dataset import Dataset
from verify.errors import BadInput, Undecided
from verify.game.question import Question
from verify.game.result import Stability
from verify.game.signs.moves import runs_away, why_it_runs_away
from verify.game.smooth.face import Equilibrium
from verify.game.smooth.field import Floats
from verify.game.waves.certify import polish, setting_of, unknowns
from verify.game.waves.growing import takes
from verify.game.waves.search import Search
from verify.numbers.systems.balls import ball, precision
from verify.optimizers.optimizer import Optimizer

# t, of r = most_growth (1 - exp(-t)): at its ends steps are so small that the game is there to four digits, and so
# large that AdamProxy is.
GRID: Floats = np.geomspace(1e-4, 12.0, 41)
# A critical step is found to this, as a share of it; its wave is polished to so many bits.
CLOSE, BITS = 1e-6, 60


@dataclass(frozen=True)
class Place:
    """A wave at a step ``lr``; ``radius`` is the spectral radius, None where it is not known."""

    lr: float
    at: Equilibrium
    growth: float
    radius: float | None

    @property
    def stability(self) -> Stability:
        """What the spectral radius says."""
        attracts = _attracts(self)
        return "undetermined" if attracts is None else "attracting" if attracts else "repelling"


@dataclass(frozen=True)
class Branch:
    """One wave at all steps at which it was followed, and the critical ones, in ascending order."""

    places: tuple[Place, ...]
    critical: tuple[float, ...]


def lr_path(question: Question) -> list[Branch]:
    """Each equilibrium of the game that is found, followed as the step grows. Raises BadInput for an optimizer without
    waves."""
    data, opt = question.data, replace(question.opt, decay=Fraction(0))
    if not takes(opt, data.n):
        raise BadInput(
            f"optimizer={opt.rule.name}, order={opt.order}: the path in lr is that of a smooth rule of degree 0, such "
            "as adam, in cyclic order"
        )
    if runs_away(opt):
        raise BadInput(why_it_runs_away(opt))
    search = Search(replace(question, opt=opt))
    if search.most == math.inf:
        raise BadInput(
            f"optimizer={opt.rule.name}: it remembers nothing, so that its waves have one direction at all steps"
        )
    branches = (
        _branch(data, opt, search, start) for start in search.equilibria(0.0) if len(start.levels) == 1
    )
    return [branch for branch in branches if branch.places]


def _branch(data: Dataset, opt: Optimizer, search: Search, start: Equilibrium) -> Branch:
    places = list(_followed(data, opt, search, start))
    critical = []
    for before, after in pairwise(places):
        if (
            _attracts(before) is not None
            and _attracts(after) is not None
            and _attracts(before) != _attracts(after)
        ):
            critical.append(_critical(data, opt, search, before, after))
    return Branch(tuple(places), tuple(critical))


def _followed(data: Dataset, opt: Optimizer, search: Search, start: Equilibrium) -> Iterator[Place]:
    here = start
    for t in GRID:
        there = search.at(float(t), here)
        if there is None or len(there.levels) > 1:
            return
        here = there
        yield _place(data, opt, search.growth(float(t)), here)


def _critical(data: Dataset, opt: Optimizer, search: Search, before: Place, after: Place) -> float:
    """The step between two at which the spectral radius passes 1, by halving."""
    while after.lr - before.lr > CLOSE * after.lr:
        first, last = (-math.log1p(-place.growth / search.most) for place in (before, after))
        at = search.at((first + last) / 2, before.at, jumps=False)
        if at is None:
            break
        middle = _place(data, opt, search.growth((first + last) / 2), at)
        if _attracts(middle) is None:
            break
        before, after = (middle, after) if _attracts(middle) == _attracts(before) else (before, middle)
    return (before.lr + after.lr) / 2


def _attracts(place: Place) -> bool | None:
    return None if place.radius is None else place.radius < 1


def _place(data: Dataset, opt: Optimizer, r: float, at: Equilibrium) -> Place:
    """With its spectral radius, from the checker's epoch map."""
    step, log_c = r / at.cost, at.spread(data.n)
    fixed = replace(opt, lr=Fraction(step))
    setting = setting_of(data, fixed, at.levels)
    try:
        with precision(5 * BITS // 2):
            center = polish(setting, unknowns(setting, fixed, log_c, [r]), BITS)
            low, high = spectral_radius(
                jacobian(epoch(setting, variables([ball(c) for c in center])).after, setting.length)
            )
            return Place(step, at, r, float(((low + high) / 2).mid()))
    except Undecided:
        return Place(step, at, r, None)

"""How a wave moves with the step size, from the game of vanishing steps on: in float64, with levels in balls.

An equilibrium of the game along waves of growth r is the wave at the step r / cost. So a path in the step size is one
in r, which needs no equation to be solved. With levels, each of which has an r of its own, the fixed point of the
checker's epoch map is followed in the step itself. The spectral radius tells where a wave attracts; where that passes 1
is a critical step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from verify.certificate.spectrum import spectral_radius
from verify.certificate.waves import Setting, epoch, jacobian, variables
from verify.errors import BadInput, Undecided
from verify.game.branch import Branch, Point
from verify.game.question import Question
from verify.game.result import Stability
from verify.game.signs.moves import runs_away, why_it_runs_away
from verify.game.smooth.face import Equilibrium
from verify.game.smooth.field import Floats
from verify.game.waves.certify import polish, setting_of, unknowns
from verify.game.waves.constant_step import limit_at
from verify.game.waves.growing import takes
from verify.game.waves.levels import center_of, moved_on
from verify.game.waves.search import Search
from verify.numbers.systems.balls import ball, precision

# t, of r = most_growth (1 - exp(-t)): at its ends steps are so small that the game is there to four digits, and so
# large that AdamProxy is.
GRID: Floats = np.geomspace(1e-4, 12.0, 41)
# With levels, steps as shares of that at which r would be most_growth if the costs stayed those of vanishing steps.
SHARES = (1e-4, 1e2, 31)
# A critical step is found to this, as a share of it; its wave is polished to this many bits.
CLOSE, BITS = 1e-6, 60


# A wave as it is followed, and how: the wave at a place of the way, from one near it; None where it is lost. With
# ``jumps`` the flow may lead on to another.
State = Any
Way = Callable[[float, State, bool], tuple[Point, State] | None]


def lr_path(question: Question) -> list[Branch[Point]]:
    """Each equilibrium of the game that is found, followed as the step grows, with its critical steps. Raises BadInput
    for an optimizer without waves."""
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
    branches = (_branch(*_way(replace(question, opt=opt), search, start)) for start in search.equilibria(0.0))
    return [branch for branch in branches if branch.points]


def _way(question: Question, search: Search, start: Equilibrium) -> tuple[Way, Floats, State]:
    """How the wave that belongs to an equilibrium is followed, by which numbers, and from where."""
    if len(start.levels) > 1:
        shares = search.most / start.cost * np.geomspace(*SHARES)
        return _with_levels(question, start), shares, None
    return _by_growth(question, search), GRID, start


def _by_growth(question: Question, search: Search) -> Way:
    """By t."""

    def way(t: float, near: Equilibrium, jumps: bool) -> tuple[Point, State] | None:
        at = search.at(t, near, jumps)
        if at is None or len(at.levels) > 1:
            return None
        return _place(question, search.growth(t), at), at

    return way


def _with_levels(question: Question, start: Equilibrium) -> Way:
    """By the step: from the wave at another step, or, where that loses its deepest level, from the equilibrium anew. A
    fixed point is followed, so that it never jumps."""

    def way(lr: float, near: tuple[Setting, list[Fraction]] | None, _: bool) -> tuple[Point, State] | None:
        here = replace(question, opt=replace(question.opt, lr=Fraction(lr)))
        state = None
        if near is not None:
            setting = replace(near[0], lr=here.opt.lr)
            with suppress(Undecided):
                state = setting, moved_on(setting, near[1], near[0].lr)
        try:
            state = state or center_of(question.data, here.opt, start)
            limit = limit_at(here, *state)
        except Undecided:
            return None
        return Point(lr, limit.direction, limit.support, _stability(limit.spectral_radius)), state

    return way


def _stability(radius: float | None) -> Stability:
    """What the spectral radius says, None where it is not known."""
    return "undetermined" if radius is None else "attracting" if radius < 1 else "repelling"


def _branch(way: Way, grid: Floats, start: State) -> Branch[Point]:
    passed = list[tuple[float, Point, State]]()
    here = start
    for at in map(float, grid):
        found = way(at, here, True)
        if found is None:
            break
        passed.append((at, *found))
        here = found[1]
    critical = [
        _critical(way, before, after)
        for before, after in pairwise(passed)
        if {before[1].stability, after[1].stability} == {"attracting", "repelling"}
    ]
    return Branch(tuple(point for _, point, _ in passed), critical=tuple(critical))


def _critical(way: Way, before: tuple[float, Point, State], after: tuple[float, Point, State]) -> float:
    """The step between two at which the spectral radius passes 1, by halving."""
    while after[1].at - before[1].at > CLOSE * after[1].at:
        at = (before[0] + after[0]) / 2
        found = way(at, before[2], False)
        if found is None or found[0].stability == "undetermined":
            break
        middle = (at, *found)
        before, after = (middle, after) if found[0].stability == before[1].stability else (before, middle)
    return (before[1].at + after[1].at) / 2


def _place(question: Question, r: float, at: Equilibrium) -> Point:
    """With its spectral radius, from the checker's epoch map."""
    data, step, limit = question.data, r / at.cost, at.limit()
    fixed = replace(question.opt, lr=Fraction(step))
    setting = setting_of(data, fixed, at.levels)
    radius = None
    try:
        with precision(5 * BITS // 2):
            center = polish(setting, unknowns(setting, fixed, at.spread(data.n), [r]), BITS)
            low, high = spectral_radius(
                jacobian(epoch(setting, variables([ball(c) for c in center])).after, setting.length)
            )
            radius = float(((low + high) / 2).mid())
    except Undecided:
        pass
    return Point(step, limit.direction, limit.support, _stability(radius))

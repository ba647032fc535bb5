"""Waves in float64: equilibria of the game along a wave of growth r, where eta times their cost is r.

At r = 0 that game is the one of vanishing steps. Its equilibria are followed as r rises, to the r that fits the step.
The game of that r may have more of them, which are followed likewise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from verify.game.flows.flow import from_weights
from verify.game.question import Question
from verify.game.smooth.face import Equilibrium, newton
from verify.game.smooth.field import Field, Floats, field
from verify.game.smooth.search import EVALUATIONS, alike, equilibria, follow
from verify.game.waves.growing import along, most_growth
from verify.game.work import USUAL, OutOfWork, Work

# r is followed as most_growth (1 - exp(-t)), in steps of t that double from the first, and are quartered where the
# equilibrium is lost; past the last t the states forget less than 1e-13 of themselves a step, which floats cannot tell
# from nothing.
FIRST, SHORTEST, LAST = 0.05, 1e-3, 30.0
# Regula falsi stops at this relative accuracy of t, or after so many points: Newton's method in balls does the rest.
CLOSE, POINTS = 1e-13, 100

# Beside an equilibrium a flow begins with so much of the weight on rows off the support, as far as some w allows; rows
# of the support count for so many times as much as these where no w allows both.
TRACE, OUTWEIGHS = 1e-4, 100.0


@dataclass(frozen=True)
class Wave:
    """A wave in float64: ``at`` has its weights at each sample's own step; ``growth`` is r."""

    at: Equilibrium
    growth: float


def waves(question: Question) -> tuple[list[Wave], str]:
    """The distinct waves that are found, that which belongs to the flow from w_0 first; and what was not found."""
    search, found, lost = _Search(question), list[Wave](), 0
    try:
        starts = [(0.0, each) for each in search.equilibria(0.0)]
        lost = sum(search.add(found, *start) for start in starts)
        if found and search.most < math.inf:
            growth = found[0].growth
            for each in search.equilibria(growth):
                search.add(found, growth, each)
    except OutOfWork:
        return found, "partial: the search for waves used up its work"
    if not starts:
        return found, "no equilibrium of the game of vanishing steps was found, from which waves are followed"
    gone = f"{lost} of {len(starts)} equilibria of the game led to no wave at this step"
    return found, gone if lost else ""


class _Search:
    """The games of one question, and the work that they may take."""

    def __init__(self, question: Question) -> None:
        self.question, self.work = question, Work(question.work * USUAL)
        self.X, self.eta = question.data.floats(), float(question.opt.lr)
        self.most = most_growth(question.opt)

    def game(self, r: float) -> Field:
        """The game along waves of growth r."""
        return field(self.X, along(self.question.opt, r), work=self.work)

    def equilibria(self, r: float) -> list[Equilibrium]:
        """Those that are found of the game at r."""
        asked = self.question
        w_0 = np.array(asked.start, dtype=float)
        ends = equilibria(
            self.game(r), asked.opt.loss, w_0, asked.starts, asked.seed, progress=asked.progress
        )
        return [end for end in ends.found if end.valid]

    def add(self, found: list[Wave], r: float, start: Equilibrium) -> bool:
        """Add the wave that an equilibrium at r leads to. True if it leads to none."""
        wave = self.wave(r, start) if len(start.levels) == 1 else None
        if wave is not None and len(wave.at.levels) > 1:
            wave = None  # in some coordinate rows decide that fade, by an r of their own
        if wave is not None and not any(alike(wave.at, other.at) for other in found):
            found.append(wave)
        return wave is None

    def wave(self, r: float, start: Equilibrium) -> Wave | None:
        """The wave that an equilibrium of the game at r leads to, None if it is lost on the way."""
        if self.most == math.inf:  # U does not depend on r
            return Wave(start, self.eta * start.cost)
        here, t, step = start, -math.log1p(-r / self.most), FIRST
        ahead = self._ahead(here, t)
        sense = 1 if ahead > 0 else -1
        while step > SHORTEST and t < LAST:
            then = max(t + sense * step, 0.0)
            there = self._at(then, here)
            if there is None:
                step /= 4
                continue
            other = self._ahead(there, then)
            if other * sense <= 0:
                return self._between((t, ahead), (then, other), there)
            if then == 0:
                return None
            here, t, ahead, step = there, then, other, 2 * step
        return None

    def _between(self, a: tuple[float, float], b: tuple[float, float], there: Equilibrium) -> Wave | None:
        """The wave between two t with values of ``_ahead`` of opposite signs, by regula falsi (Illinois), from the
        equilibrium at the second."""
        (t, ahead), (then, other) = a, b
        for _ in range(POINTS):
            if other == 0 or abs(then - t) <= CLOSE * (t + then):
                break
            middle = then - other * (then - t) / (other - ahead)
            at = self._at(middle, there)
            if at is None:
                return None
            value = self._ahead(at, middle)
            if value * other < 0:
                t, ahead = then, other
            else:
                ahead /= 2
            then, there, other = middle, at, value
        return Wave(there, self._growth(then))

    def _growth(self, t: float) -> float:
        return -self.most * math.expm1(-t)

    def _ahead(self, at: Equilibrium, t: float) -> float:
        """By how much eta times the cost exceeds r."""
        return self.eta * at.cost - self._growth(t)

    def _at(self, t: float, near: Equilibrium) -> Equilibrium | None:
        """The equilibrium at t near another: on the same rows by Newton's method, else at the end of the flow."""
        game = self.game(self._growth(t))
        found = newton(game, near.levels, near.spread(len(self.X)))
        if found is not None and found.valid:
            return found
        return follow(game, from_weights(game, self._beside(near), EVALUATIONS))

    def _beside(self, near: Equilibrium) -> Floats:
        """log c (N,) that some w produces, near those of an equilibrium, with a little weight off its support."""
        target = near.spread(len(self.X))
        inside = np.isfinite(target)
        target = np.where(inside, target, np.max(target) + math.log(TRACE))
        share = np.where(inside, OUTWEIGHS, 1.0)
        w = np.linalg.lstsq(self.X * share[:, None], -target * share, rcond=None)[0]
        return np.asarray(-(self.X @ w))

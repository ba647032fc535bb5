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
# Regula falsi stops at this relative accuracy of t, or after this many points: Newton's method in balls does the rest.
CLOSE, POINTS = 1e-13, 100
# Where eta times the cost is r to this share of it, that is a wave; else the equilibrium jumped there.
THERE = 1e-6
# At the growth of this many waves that were found other equilibria are looked for.
LOOKS = 2

# Beside an equilibrium a flow begins with so much of the weight on rows off the support, as far as some w allows; rows
# of the support count for this many times as much as these where no w allows both.
TRACE, OUTWEIGHS = 1e-4, 100.0


At = tuple[float, Equilibrium]  # t and the equilibrium there


@dataclass(frozen=True)
class Wave:
    """A wave in float64: ``at`` has its weights at each sample's own step; ``growth`` is r. Where ``at`` has levels
    each has an r of its own, and it is the equilibrium of vanishing steps from which the wave is yet to be followed
    (`verify.game.waves.levels`)."""

    at: Equilibrium
    growth: float


def waves(question: Question) -> tuple[list[Wave], str]:
    """The distinct waves that are found, that which belongs to the flow from w_0 first; and what was not found."""
    search, found, lost = Search(question), list[Wave](), 0
    try:
        starts = search.equilibria(0.0)
        lost = sum(not search.add(found, 0.0, start) for start in starts)
        if search.most < math.inf:
            for growth in [wave.growth for wave in found[:LOOKS] if wave.growth]:
                for each in search.equilibria(growth):
                    search.add(found, growth, each)
    except OutOfWork:
        return found, "partial: the search for waves used up its work"
    if not starts:
        return found, "no equilibrium of the game of vanishing steps was found, from which waves are followed"
    gone = f"{lost} of {len(starts)} equilibria of the game led to no wave at this step"
    return found, gone if lost else ""


class Search:
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
        ends = equilibria(
            self.game(r), asked.opt.loss, asked.w_0, asked.starts, asked.seed, progress=asked.progress
        )
        return [end for end in ends.found if end.valid]

    def add(self, found: list[Wave], r: float, start: Equilibrium) -> bool:
        """Add the waves that an equilibrium at r leads to. False if it leads to none. (One with levels at r > 0, one r
        for all of them, is none of these.)"""
        if len(start.levels) > 1:
            led = [] if r else [Wave(start, 0.0)]
        else:
            led = [wave for wave in self.waves(r, start) if len(wave.at.levels) == 1]
        found += [wave for wave in led if not any(alike(wave.at, other.at) for other in found)]
        return bool(led)

    def waves(self, r: float, start: Equilibrium, jumps: bool = True) -> list[Wave]:
        """The waves that an equilibrium of the game at r leads to: one, but where it is lost and the flow ``jumps`` to
        another; then both are followed further, without jumps."""
        if self.most == math.inf:  # U does not depend on r
            return [Wave(start, self.eta * start.cost)]
        here, step = (-math.log1p(-r / self.most), start), FIRST
        sense = 1 if self._ahead(*here) > 0 else -1
        while step > SHORTEST and here[0] < LAST:
            t = max(here[0] + sense * step, 0.0)
            at = self.at(t, here[1], jumps)
            if at is None:
                step /= 4
            elif self._ahead(t, at) * sense <= 0:
                return self._between(here, (t, at), jumps)
            elif t == 0:
                break
            else:
                here, step = (t, at), 2 * step
        return []

    def _between(self, a: At, b: At, jumps: bool) -> list[Wave]:
        """The wave between two places that are ahead and behind, by regula falsi (Illinois)."""
        ahead, behind = self._ahead(*a), self._ahead(*b)
        for _ in range(POINTS):
            if behind == 0 or abs(b[0] - a[0]) <= CLOSE * (a[0] + b[0]):
                break
            t = b[0] - behind * (b[0] - a[0]) / (behind - ahead)
            at = self.at(t, b[1], jumps)
            if at is None:
                return []
            value = self._ahead(t, at)
            if value * behind < 0:
                a, ahead = b, behind
            else:
                ahead /= 2
            b, behind = (t, at), value
        if abs(self._ahead(*b)) <= THERE * self.growth(b[0]):
            return [Wave(b[1], self.growth(b[0]))]
        ends = (a, b) if jumps else ()
        return [wave for t, at in ends for wave in self.waves(self.growth(t), at, jumps=False)]

    def growth(self, t: float) -> float:
        return -self.most * math.expm1(-t)

    def _ahead(self, t: float, at: Equilibrium) -> float:
        """By how much eta times the cost exceeds r."""
        return self.eta * at.cost - self.growth(t)

    def at(self, t: float, near: Equilibrium, jumps: bool = True) -> Equilibrium | None:
        """The equilibrium at t near another: on the same rows by Newton's method; else, with ``jumps``, at the end of
        the flow."""
        game = self.game(self.growth(t))
        found = newton(game, near.levels, near.spread(len(self.X)))
        if found is not None and found.valid:
            return found
        return follow(game, from_weights(game, self._beside(near), EVALUATIONS)) if jumps else None

    def _beside(self, near: Equilibrium) -> Floats:
        """log c (N,) that some w produces, near those of an equilibrium, with a little weight off its support."""
        target = near.spread(len(self.X))
        inside = np.isfinite(target)
        target = np.where(inside, target, np.max(target) + math.log(TRACE))
        share = np.where(inside, OUTWEIGHS, 1.0)
        w = np.linalg.lstsq(self.X * share[:, None], -target * share, rcond=None)[0]
        return np.asarray(-(self.X @ w))

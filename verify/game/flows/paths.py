"""How the limits move with beta2.

An equilibrium of Adam's game moves continuously with beta2 while its Jacobian is regular and its inequalities
are strict. Newton's method follows it in small steps of p = log10(beta2 / (1 - beta2)). It ends at a fold, where
it meets another equilibrium. Where a weight falls to 0, its row leaves the support; where the excess of a row off
the support falls to 0, that row joins it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from verify.data.dataset import Dataset
from verify.errors import BadInput
from verify.game.branch import Branch, Change, Point, beta2_of
from verify.game.playable import require_playing
from verify.game.signs.moves import runs_away
from verify.game.smooth.face import Equilibrium, Level, newton
from verify.game.smooth.field import Field, Floats, centred, field, span
from verify.game.smooth.search import equilibria
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import traits

# The places p of the grid: beta2 goes from 0.01, since at 0 with beta1 > 0 steps are unbounded, to 0.9997. From there
# to beta2 = 1 an equilibrium moves by about 3e-4 more.
GRID: Floats = np.linspace(-2.0, 3.5, 56)

# Places of the grid at which equilibria are looked for, besides being followed from there to both sides.
LOOKS = 5

# In one step of p an equilibrium may move by FARTHEST, in total variation of c; else the step is halved, down to
# SMALLEST_STEP. So near a fold a path ends as far from it, in c, as the square root of SMALLEST_STEP.
FARTHEST, SMALLEST_STEP = 0.05, 1e-9

# A change of stability without a fold (a Hopf bifurcation) is located to this in p.
HOPF = 1e-4

# Where a path stops at a fold, the other equilibrium is looked for this far back in p, at these distances along the
# direction in log c in which the Jacobian is singular.
BACK, ASTRAY = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2), (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)

# A weight below exp(-14) of the largest where the path is lost is on its way to 0: there c_i falls linearly in p.
VANISHING = 14.0

# The log c, beside the largest, that a row is given which joins the support.
JOINING = (-16.0, -12.0, -8.0)

# Beyond a change of support the equilibrium is looked for this far on in p.
BEYOND = (1e-7, 1e-6, 1e-5, 1e-4, 1e-3)


@dataclass(frozen=True)
class EquilibriumAt(Point):
    """An equilibrium at p = log10(beta2 / (1 - beta2)), with its weights (N,)."""

    p: float
    weights: Floats


def beta2_path(data: Dataset, opt: Optimizer, starts: int = 1, seed: int = 0) -> list[Branch[EquilibriumAt]]:
    """All equilibria found at some beta2, each followed to both sides; in float64, nothing is certified.

    At a few places of the grid they are looked for from w_0 = 0 and from ``starts`` random weights; on five rows or
    fewer, on all faces too. Where beta1^2 >= beta2 the game says nothing of runs (`verify.game.signs.moves.runs_away`),
    so the grid begins above that. Raises BadInput for anything but a smooth rule with a beta2, in cyclic order on less
    than the full batch.
    """
    smooth = traits(opt.rule).update == "smooth" and "beta2" in opt.values
    if not smooth or opt.full_batch(data.n) or opt.order != "cyclic":
        raise BadInput(
            f"optimizer={opt.rule.name}, batch-size={opt.batch(data.n)}, order={opt.order}: the path in beta2 is "
            "that of a smooth rule with a beta2, such as adam, in cyclic order with batches of fewer than N samples"
        )
    require_playing(opt, data.n)
    games, branches, grid = Games(data.floats(), opt), list[Branch[EquilibriumAt]](), _bounded(opt)
    for look in np.linspace(0, len(grid) - 1, LOOKS).astype(int)[::-1]:
        p = float(grid[look])
        found_here = equilibria(games.at(p), opt.loss, np.zeros(data.d), starts, seed).found
        seeds = [(p, found) for found in found_here]
        while seeds:
            p, found = seeds.pop(0)
            down, up = Follower(games, found, p, -1.0), Follower(games, found, p, 1.0)
            down.follow(grid[p > grid][::-1])
            up.follow(grid[p < grid])
            here = [_place(p, found)] if p in grid else []
            places = (*down.places[::-1], *here, *up.places)
            known = any(_shared(places, branch.points) for branch in branches)
            if known or not any(place.p in grid for place in places):
                continue
            branches.append(Branch(places, (*down.changes[::-1], *up.changes), down.end, up.end))
            seeds += [side.met for side in (down, up) if side.met is not None]
    return branches


def _bounded(opt: Optimizer) -> Floats:
    """The places of the grid at which the update m/sqrt(v) is bounded."""
    grid = GRID[[not runs_away(opt.at(beta2=beta2_of(p))) for p in GRID]]
    if not len(grid):
        last = beta2_of(float(GRID[-1]))
        raise BadInput(
            f"beta1={opt.beta1}: the path in beta2 ends at {last:.6g}, and beta1^2 >= beta2 up to there"
        )
    return grid


def _shared(places: Sequence[EquilibriumAt], others: Sequence[EquilibriumAt]) -> bool:
    """Whether two branches are one: they have a place in common."""
    known = {other.p: other for other in others}
    return any(
        place.p in known and float(np.abs(place.weights - known[place.p].weights).sum()) < 1e-5
        for place in places
    )


def _place(p: float, e: Equilibrium) -> EquilibriumAt:
    support = tuple(int(i) for i in e.levels[0].rows)
    direction = e.drift / np.linalg.norm(e.drift)
    return EquilibriumAt(beta2_of(p), direction, support, e.stability, float(p), e.weights)


@dataclass(frozen=True)
class Games:
    """The games of an optimizer on rows X, one for each beta2."""

    X: Floats
    opt: Optimizer

    def at(self, p: float) -> Field:
        """That of the beta2 of p."""
        return field(self.X, self.opt.at(beta2=Fraction(beta2_of(p))))


Seed = tuple[float, Equilibrium]


class Follower:
    """Follows an equilibrium from p to one ``side``, +1 or -1: ``here`` is where it has come to.

    It leaves the places at its targets, the changes on the way, what ended it before the last target, and the
    equilibrium that it met there.
    """

    def __init__(self, games: Games, start: Equilibrium, p: float, side: float) -> None:
        self.games, self.here, self.p, self.side = games, start, p, side
        self.places: list[EquilibriumAt] = []
        self.changes: list[Change] = []
        self.end: Change | None = None
        self.met: Seed | None = None

    def follow(self, targets: Floats) -> None:
        """As far as to the last target, if nothing ends it before."""
        for target in map(float, targets):
            self._towards(target)
            if self.end is not None:
                return
            if self.p == target:
                self.places.append(_place(self.p, self.here))

    def _towards(self, target: float) -> None:
        """To a target, in steps that are halved where the equilibrium moves too far. A change of support before the
        target may end the path, or lead past the target."""
        step = target - self.p
        while self.p != target:
            there = self.p + step if abs(step) < abs(target - self.p) else target
            if self._moved(there):
                step *= 2
                continue
            step /= 2
            if abs(step) > SMALLEST_STEP:
                continue
            self.places.append(_place(self.p, self.here))
            self._changed()
            step = target - self.p
            if self.end is not None or step * self.side <= 0:
                return

    def _moved(self, there: float) -> bool:
        """Whether a step leads on, to an equilibrium near by.

        The determinant of its Jacobian must have the same sign: else it is the other equilibrium of a fold. So must
        its stability, unless the step is as short as a change of stability is located to.
        """
        then, here = self.games.at(there), self.here
        found = newton(then, here.levels, here.spread(len(then.X)), farthest=FARTHEST)
        if found is None or not found.valid:
            return False
        if _orientation(then, found) != _orientation(self.games.at(self.p), here):
            return False
        if found.stability != here.stability:
            if abs(there - self.p) > HOPF:
                return False
            first, last = (here, found) if self.side > 0 else (found, here)
            text = f"from {first.stability} to {last.stability}"
            self.changes.append(Change(self.p, "stability", text))
        self.here, self.p = found, there
        return True

    def _changed(self) -> None:
        """Find out what stops the path here. It goes on with another support, or ends where it meets another
        equilibrium, or is lost."""
        change = self._of_support("support", self.side)
        if change is not None:
            self.changes.append(change[0])
            self.p, self.here = change[1]
            return
        change = self._of_support("fold", -self.side)
        if change is not None:
            self.end, self.met = change
            return
        self.met = self._partner()
        if self.met is None:
            self.end = Change(self.p, "lost", "Newton's method finds no way on")
        else:
            rows = ", ".join(map(str, self.here.levels[0].rows))
            self.end = Change(self.p, "fold", f"two equilibria on rows {rows} meet")

    def _of_support(self, kind: str, direction: float) -> tuple[Change, Seed] | None:
        """The equilibrium with one row more or less, a little from where the path stops in a direction of p.

        If it is there on the path's own ``side``, the path goes on with it (``support``); if it is there behind, the
        two meet and both end (``fold``).
        """
        here = self.here
        if len(here.levels) > 1:
            return None
        rows, shares = here.levels[0].rows, here.log_c - np.max(here.log_c)
        leaving, joining = int(rows[np.argmin(shares)]), int(np.argmin(here.excess))
        if np.min(shares) < -VANISHING:
            row, others = leaving, rows[rows != leaving]
            starts = [shares[rows != leaving]]
        elif joining not in rows:
            row, others = joining, np.sort(np.append(rows, joining))
            place = int(np.searchsorted(rows, joining))
            starts = [np.insert(shares, place, depth) for depth in JOINING]
        else:
            return None
        levels = (Level(others, here.levels[0].coordinates),)
        for beyond in BEYOND:
            q = self.p + direction * beyond
            for start in starts:
                log_c = np.full(len(self.games.X), -np.inf)
                log_c[others] = start
                found = newton(self.games.at(q), levels, log_c, farthest=FARTHEST)
                if found is None or not found.valid or _apart(found, here) > FARTHEST:
                    continue
                more = (len(others) > len(rows)) == (self.side > 0)
                text = f"row {row} {'joins' if more else 'leaves'} the support"
                if kind == "fold":
                    text = f"two equilibria meet, one with row {row} and one without"
                return Change(self.p, kind, text), (q, found)
        return None

    def _partner(self) -> Seed | None:
        """The other equilibrium of a fold that stops the path, a little before it."""
        jacobian, basis = _jacobian(self.games.at(self.p), self.here)
        if not basis.shape[1]:
            return None
        own, thin = np.linalg.slogdet(jacobian)[0], basis @ np.linalg.svd(jacobian)[2][-1]
        for back in BACK:
            q = self.p - self.side * back
            game = self.games.at(q)
            for far in ASTRAY:
                for sign in (1.0, -1.0):
                    log_c = self.here.spread(len(game.X))
                    log_c[self.here.levels[0].rows] += sign * far * thin
                    met = newton(game, self.here.levels, log_c, farthest=1.0)
                    if met is None or not met.valid or _apart(met, self.here) >= FARTHEST + np.sqrt(back):
                        continue
                    if _orientation(game, met) != own:
                        return q, met
        return None


def _apart(a: Equilibrium, b: Equilibrium) -> float:
    """The distance of two equilibria, in total variation of c."""
    return float(np.abs(a.weights - b.weights).sum()) / 2


def _jacobian(game: Field, e: Equilibrium) -> tuple[Floats, Floats]:
    """The Jacobian of the costs on the support, in coordinates of the basis (m, r) of differences of log c."""
    rows = e.levels[0].rows
    basis = span(centred(game.X[rows]))
    V = np.zeros((len(game.X), basis.shape[1]))
    V[rows] = basis
    return basis.T @ (game.X[rows] @ game.slope(e.spread(len(game.X)), V)), basis


def _orientation(game: Field, e: Equilibrium) -> float:
    """The sign of the Jacobian's determinant."""
    jacobian, basis = _jacobian(game, e)
    return float(np.linalg.slogdet(jacobian)[0]) if basis.shape[1] else 1.0

"""How the limits move with beta2, and with the batch size.

An equilibrium of Adam's game moves continuously with beta2 while its Jacobian is regular and its inequalities
are strict. It is followed by Newton's method in small steps of beta2. It ends where it meets another one (a
fold), and it passes from one support to another where a weight, or the excess of a row off the support, falls
to 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from verify.data.dataset import Dataset
from verify.errors import BadInput
from verify.game.playable import require_playing
from verify.game.result import Stability
from verify.game.signs.moves import runs_away
from verify.game.smooth.face import Equilibrium, Level, newton
from verify.game.smooth.field import Field, Floats, centred, field, span
from verify.game.smooth.search import equilibria
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import traits

# p = log10(beta2 / (1 - beta2)): beta2 from 0.01 (at 0 with beta1 > 0 steps are unbounded) to 0.9997, from where the
# rest of the way is of order 3e-4.
GRID: Floats = np.linspace(-2.0, 3.5, 56)

# Places of the grid at which equilibria are looked for, besides being followed from there to both sides.
LOOKS = 5

# An equilibrium moves by this much (total variation in c) between two steps of p at most, else the step is
# halved; and p is halved down to this. An equilibrium is off by the square root of it near a fold.
FARTHEST, SMALLEST_STEP = 0.05, 1e-9

# A change of stability without a fold (a Hopf bifurcation) is located to this in p.
HOPF = 1e-4

# Where a path stops at a fold, the other equilibrium is looked for this far back in p, at these distances along the
# direction in log c in which the Jacobian is singular.
BACK, ASTRAY = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2), (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)

# A weight below exp(-14) of the largest where the path is lost is on its way to 0: there c_i falls linearly in p.
VANISHING = 14.0

# At the other side of a change of support the equilibrium is looked for this far on in p.
BEYOND = (1e-7, 1e-6, 1e-5, 1e-4, 1e-3)


@dataclass(frozen=True)
class Place:
    """An equilibrium at one p = log10(beta2 / (1 - beta2)): unit direction (d,), support, weights (N,), stability."""

    p: float
    direction: Floats
    support: tuple[int, ...]
    weights: Floats
    stability: Stability

    @property
    def beta2(self) -> float:
        """The beta2 of p."""
        return _beta2(self.p)


@dataclass(frozen=True)
class Change:
    """What happens to an equilibrium as p rises, at p: ``support`` (it goes on with another one), ``stability`` (a
    pair of eigenvalues crosses the imaginary axis), ``fold`` (it meets another equilibrium, and both vanish),
    ``lost`` (Newton's method does not tell)."""

    p: float
    kind: str
    text: str

    @property
    def beta2(self) -> float:
        """The beta2 of p."""
        return _beta2(self.p)


@dataclass(frozen=True)
class Branch:
    """One equilibrium for an interval of beta2, in ascending order of beta2, on the grid and where something happens:
    ``changes`` within the interval, and at its ends (None where that is an end of the grid)."""

    places: tuple[Place, ...]
    changes: tuple[Change, ...]
    begin: Change | None
    end: Change | None


def beta2_path(data: Dataset, opt: Optimizer, starts: int = 1, seed: int = 0) -> list[Branch]:
    """All equilibria found at some beta2, each followed to both sides; in float64, nothing is certified.

    They are looked for from w_0 = 0 and ``starts`` random weights, on five rows or fewer on all faces, at a few
    places of the grid. Where beta1^2 >= beta2 the game says nothing of runs (`verify.game.signs.moves.runs_away`), and
    the grid begins above. Raises BadInput for anything but a smooth rule with a beta2, in cyclic order on less than the
    full batch.
    """
    smooth = traits(opt.rule).update == "smooth" and "beta2" in opt.values
    if not smooth or opt.full_batch(data.n) or opt.order != "cyclic":
        raise BadInput(
            f"optimizer={opt.rule.name}, batch-size={opt.batch(data.n)}, order={opt.order}: the path in beta2 is "
            "that of a smooth rule with a beta2, such as adam, in cyclic order with batches of fewer than N samples"
        )
    require_playing(opt, data.n)
    X, branches, grid = data.floats(), list[Branch](), _bounded(opt)
    for look in np.linspace(0, len(grid) - 1, LOOKS).astype(int)[::-1]:
        p = float(grid[look])
        found_here = equilibria(_game(X, opt, p), opt.loss, np.zeros(data.d), starts, seed).found
        seeds = [(p, found) for found in found_here]
        while seeds:
            p, found = seeds.pop(0)
            back, changes_back, begin, met_back = _follow(X, opt, found, p, grid[p > grid][::-1])
            on, changes_on, end, met_on = _follow(X, opt, found, p, grid[p < grid])
            here = [_place(p, found)] if p in grid else []
            places = (*back[::-1], *here, *on)
            if not any(place.p in grid for place in places) or any(
                _shared(places, branch.places) for branch in branches
            ):
                continue
            branches.append(Branch(places, (*changes_back[::-1], *changes_on), begin, end))
            seeds += [met for met in (met_back, met_on) if met is not None]
    return branches


def _bounded(opt: Optimizer) -> Floats:
    """The places of the grid at which the update m/sqrt(v) is bounded."""
    grid = GRID[[not runs_away(opt.at(beta2=_beta2(p))) for p in GRID]]
    if not len(grid):
        last = _beta2(float(GRID[-1]))
        raise BadInput(
            f"beta1={opt.beta1}: the path in beta2 ends at {last:.6g}, and beta1^2 >= beta2 up to there"
        )
    return grid


def _shared(places: Sequence[Place], others: Sequence[Place]) -> bool:
    """Whether two branches are one: they have a place in common."""
    known = {other.p: other for other in others}
    return any(
        place.p in known and float(np.abs(place.weights - known[place.p].weights).sum()) < 1e-5
        for place in places
    )


def _beta2(p: float) -> float:
    return float(1 / (1 + 10.0**-p))


def _game(X: Floats, opt: Optimizer, p: float) -> Field:
    return field(X, opt.at(beta2=Fraction(_beta2(p))))


def _place(p: float, e: Equilibrium) -> Place:
    support = tuple(int(i) for i in e.levels[0].rows)
    return Place(float(p), e.drift / np.linalg.norm(e.drift), support, e.weights, e.stability)


Seed = tuple[float, Equilibrium]


def _follow(
    X: Floats, opt: Optimizer, start: Equilibrium, p: float, targets: Floats
) -> tuple[list[Place], list[Change], Change | None, Seed | None]:
    """From ``start`` at p: places at the targets, changes on the way, what ends it early, and the equilibrium
    that it meets there."""
    places: list[Place] = []
    changes: list[Change] = []
    here = start
    for target in map(float, targets):
        step = target - p
        side = float(np.sign(step))
        while p != target:
            there = p + step if abs(step) < abs(target - p) else target
            moved = _moved(_game(X, opt, p), _game(X, opt, there), here)
            if moved is not None and moved.stability != here.stability and abs(there - p) > HOPF:
                moved = None
            if moved is not None:
                if moved.stability != here.stability:
                    kinds = [here.stability, moved.stability]
                    first, then = kinds if side > 0 else kinds[::-1]
                    changes.append(Change(p, "stability", f"from {first} to {then}"))
                here, p = moved, there
                step *= 2
                continue
            step /= 2
            if abs(step) > SMALLEST_STEP:
                continue
            places.append(_place(p, here))
            changed = _changed(X, opt, here, p, side)
            if changed is None:
                met = _partner(X, opt, here, p, side)
                rows = ", ".join(map(str, here.levels[0].rows))
                if met is None:
                    return places, changes, Change(p, "lost", "Newton's method finds no way on"), None
                return places, changes, Change(p, "fold", f"two equilibria on rows {rows} meet"), met
            change, (q, found) = changed
            if change.kind == "fold":
                return places, changes, change, (q, found)
            changes.append(change)
            here, p = found, q
            step = target - p
            if step * side <= 0:  # the change took it past this place of the grid
                break
        if p == target:
            places.append(_place(p, here))
    return places, changes, None, None


def _moved(game: Field, then: Field, here: Equilibrium) -> Equilibrium | None:
    """The equilibrium of ``here`` in the game ``then``: near by, and with a determinant of the Jacobian of the same
    sign, or it is the other one of a fold."""
    found = newton(then, here.levels, here.spread(len(game.X)), farthest=FARTHEST)
    if found is None or not found.valid or _orientation(then, found) != _orientation(game, here):
        return None
    return found


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


def _partner(X: Floats, opt: Optimizer, here: Equilibrium, p: float, side: float) -> Seed | None:
    """The other equilibrium of a fold that stops a path at p on its way to ``side``, a little before it."""
    jacobian, basis = _jacobian(_game(X, opt, p), here)
    if not basis.shape[1]:
        return None
    own, thin = np.linalg.slogdet(jacobian)[0], basis @ np.linalg.svd(jacobian)[2][-1]
    for back in BACK:
        q = p - side * back
        game = _game(X, opt, q)
        for far in ASTRAY:
            for sign in (1.0, -1.0):
                log_c = here.spread(len(X))
                log_c[here.levels[0].rows] += sign * far * thin
                met = newton(game, here.levels, log_c, farthest=1.0)
                if met is None or not met.valid:
                    continue
                apart = float(np.abs(met.weights - here.weights).sum()) / 2
                if apart < FARTHEST + np.sqrt(back) and _orientation(game, met) != own:
                    return q, met
    return None


def _changed(
    X: Floats, opt: Optimizer, here: Equilibrium, p: float, side: float
) -> tuple[Change, Seed] | None:
    """The change of support, or the fold of two supports, that stops a path at p on its way to ``side``."""
    if len(here.levels) > 1:
        return None
    rows = here.levels[0].rows
    shares = here.log_c - np.max(here.log_c)
    leaving, joining = int(rows[np.argmin(shares)]), int(np.argmin(here.excess))
    if np.min(shares) < -VANISHING:
        row, others = leaving, rows[rows != leaving]
        starts = [shares[rows != leaving]]
    elif joining not in rows:
        row, others = joining, np.sort(np.append(rows, joining))
        starts = [
            np.insert(shares, int(np.searchsorted(rows, joining)), depth) for depth in (-16.0, -12.0, -8.0)
        ]
    else:
        return None
    levels = (Level(others, here.levels[0].coordinates),)
    for direction, kind in ((side, "support"), (-side, "fold")):
        for beyond in BEYOND:
            q = p + direction * beyond
            for start in starts:
                log_c = np.full(len(X), -np.inf)
                log_c[others] = start
                found = newton(_game(X, opt, q), levels, log_c, farthest=FARTHEST)
                if (
                    found is None
                    or not found.valid
                    or np.abs(found.weights - here.weights).sum() / 2 > FARTHEST
                ):
                    continue
                more = (len(others) > len(rows)) == (side > 0)
                text = f"row {row} {'joins' if more else 'leaves'} the support"
                if kind == "fold":
                    text = f"two equilibria meet, one with row {row} and one without"
                return Change(p, kind, text), (q, found)
    return None

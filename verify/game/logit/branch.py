"""The branch of balances from decay lambda = infinity on, followed through its turns (McKelvey and Palfrey 1995).

At lambda = infinity w = 0 is the one balance, and from there a curve of (p, log 1/lambda) begins, p = V(p) / lambda.
Generically it never ends and never meets itself. It may turn back in lambda, and cross the lambda that is asked for
several times; the first crossing is called the principal balance. (At vanishing lambda, without turns:
`verify.game.smooth.logit`.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from verify.game.logit.balance import Balance, balance
from verify.game.smooth.field import Floats
from verify.optimizers.optimizer import Optimizer

# The curve begins where margins are of this size, and is followed to where 1/lambda is BEYOND times what was asked for.
FIRST, BEYOND = 0.05, 10.0
# Steps along the curve, in margins and log 1/lambda: the first and the longest, by how much they grow after a corrector
# of QUICK iterations and shrink after one that fails, and how small they may become. At most STEPS of them.
# Where margins are large, as 1/lambda, they may be this share of them.
LENGTH, LONGEST, GROWTH, QUICK, SHRINK, SHORTEST, STEPS = 0.1, 4.0, 1.5, 3, 0.4, 1e-6, 3000
RELATIVE = 0.05
# A point is not farther from where the tangent points than this share of the step, and no farther than ASTRAY in
# margins: another curve may be as near as that.
BEND, ASTRAY = 0.2, 0.5
# The corrector ends with a step of no more than CLOSE, and has failed after ITERATIONS or a step longer than the
# curve's.
CLOSE, ITERATIONS = 1e-7, 8

# Where eps is so small that U all but jumps the branch is lost. So a balance is followed as eps falls from LARGE: each
# is guessed on the line through the two before, in eps, and may be no farther from the guess than NEAR in any margin.
LARGE, FALL, SLOWEST, NEAR = 1.0, 0.5, 0.999, 0.5


def branch(game: Balance, decay: float) -> Iterator[Floats]:
    """The places p (r,) where the branch crosses the decay that is asked for, in order."""
    target = -np.log(decay)
    for here, there in pairwise(from_infinity(game, target, np.log(BEYOND) + target)):
        if (here[-1] - target) * (there[-1] - target) < 0:
            share = (target - here[-1]) / (there[-1] - here[-1])
            crossing = game.newton((1 - share) * here[:-1] + share * there[:-1], decay)
            if crossing is not None:
                yield crossing


def from_infinity(game: Balance, target: float, last: float) -> Iterator[Floats]:
    """The points (p, log 1/lambda) of the branch from lambda = infinity on, which begins before ``target``, until log
    1/lambda is ``last``."""
    r = game.basis.shape[1]
    size = float(np.max(np.abs(game.basis @ game.velocity(np.zeros(r))), initial=0.0))
    if not size > 0:
        return
    here = np.append(FIRST / size * game.velocity(np.zeros(r)), min(np.log(FIRST / size), target - 1))
    yield from curve(game, here, target - 100, last)


def curve(game: Balance, here: Floats, first: float, last: float, sense: int = 1) -> Iterator[Floats]:
    """The points of a curve from one near ``here`` on, as long as log 1/lambda is between two bounds; it sets out with
    log 1/lambda rising, or falling for ``sense`` -1."""
    found = _corrected(game, here, None, np.inf)
    if found is None:
        return
    here, tangent, _ = found
    if sense * tangent[-1] < 0:
        tangent = -tangent
    length = LENGTH
    yield here
    for _ in range(STEPS):
        found = _corrected(game, here + length * tangent, tangent, min(BEND * length, ASTRAY))
        if found is None:
            length *= SHRINK
            if length < SHORTEST:
                return
            continue
        there, way, iterations = found
        here, tangent = there, way if way @ tangent > 0 else -way
        yield here
        if not first <= here[-1] <= last:
            return
        if iterations <= QUICK:
            length = min(max(LONGEST, RELATIVE * float(np.linalg.norm(here[:-1]))), GROWTH * length)


def _corrected(
    game: Balance, point: Floats, across: Floats | None, longest: float
) -> tuple[Floats, Floats, int] | None:
    """The point of the curve in the plane across a tangent, by default that of this lambda, near a guess; the curve's
    tangent there, and the iterations."""
    plane = np.append(np.zeros(len(point) - 1), 1.0) if across is None else across
    begun = point
    try:
        for iteration in range(ITERATIONS):
            place, times = point[:-1], float(np.exp(point[-1]))
            velocity = game.velocity(place)
            slope = np.eye(len(place)) - times * game.turn(place)
            matrix = np.vstack([np.column_stack([slope, -times * velocity]), plane])
            gap = np.append(place - times * velocity, plane @ (point - begun))
            step = np.linalg.solve(matrix, np.column_stack([gap, np.append(np.zeros(len(place)), 1.0)]))
            point = point - step[:, 0]
            if not np.max(np.abs(point - begun)) <= longest:
                return None
            if np.max(np.abs(step[:, 0])) <= CLOSE * max(1.0, float(np.max(np.abs(place), initial=0.0))):
                tangent = step[:, 1]
                return point, tangent / np.linalg.norm(tangent), iteration + 1
    except (ZeroDivisionError, np.linalg.LinAlgError):
        pass
    return None


def at_small_eps(X: Floats, opt: Optimizer) -> Iterator[Floats]:
    """The place p (r,) of a balance, followed from a large eps down to the optimizer's own; none where it is lost."""
    decay, last = float(opt.weight_decay), float(opt.eps)
    eps, fall = max(LARGE, last), FALL
    place = next(branch(balance(X, replace(opt, eps=Fraction(eps))), decay), None)
    slope = None
    while place is not None and eps > last:
        if fall > SLOWEST:
            return
        lower = max(eps * fall, last)
        guess = place if slope is None else place + slope * (lower - eps)
        game = balance(X, replace(opt, eps=Fraction(lower)))
        solved = game.newton(guess, decay)
        if solved is None or np.max(np.abs(game.basis @ (solved - guess))) > NEAR:
            fall **= 0.5
            continue
        slope, place, eps, fall = (solved - place) / (lower - eps), solved, lower, max(FALL, fall**1.5)
    if place is not None:
        yield place

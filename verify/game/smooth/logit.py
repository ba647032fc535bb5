"""The branch of logit equilibria, followed from the uniform weights down in temperature: a way to an equilibrium.

At temperature lambda a logit equilibrium has c proportional to exp(-F(c) / lambda), that is, margins z = X U(c) /
lambda. At high temperature there is one, near the uniform weights; as lambda falls to 0 the branch that begins there
tends to an equilibrium of the game (McKelvey and Palfrey 1995), in general to one alone. Which limit a flow goes to is
another question: this only finds one, and needs fewer evaluations of U than a flow does.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verify.game.smooth.field import Field, Floats, Underflow, centred
from verify.game.work import DECOMPOSITION

# Newton's method on z: a step of no more than CLOSE in log c ends it, none is longer than LONGEST, and after ITERATIONS
# the next temperature was too far. The end is polished on its support, so the branch need only be kept to.
CLOSE, LONGEST, ITERATIONS = 0.3, 20.0, 5
# 1 / lambda begins with this share of what makes log c differ by 1, and is multiplied by FACTOR, at most by LARGEST, at
# least by LEAST, in a step: by its power 3/2 after one that took QUICK iterations, by its root after one that failed.
FIRST, FACTOR, LARGEST, LEAST, QUICK = 0.1, 3.0, 3.0, 1.001, 3
# On data without zeros rows whose weight is exp(-UNSEEN) of the largest are left out of U on the way: the end's own
# costs are what decides about it.
UNSEEN = 60.0
# The branch ends when log c would differ by this much if costs stayed as they were.
COLDEST = 1e14


def branch(game: Field) -> Iterator[Floats]:
    """log c (N,) along the branch, at falling temperature. It ends where it turns back, or is lost."""
    basis = game.span(centred(game.X))
    if not basis.shape[1]:
        return
    along = basis.T @ game.X
    try:
        velocity = along @ game.drift(np.zeros(len(game.X)))
    except Underflow:
        return
    spread = float(np.ptp(basis @ velocity))
    if spread == 0:
        yield np.zeros(len(game.X))
        return
    inverse, factor = FIRST / spread, FACTOR
    place, tangent, reached = np.zeros(len(velocity)), velocity, 0.0
    while inverse < COLDEST / spread and factor > LEAST:
        try:
            found = _solved(game, basis, along, place + tangent * (inverse - reached), inverse)
        except (Underflow, np.linalg.LinAlgError):
            return
        if found is None:
            if not reached:
                return
            factor **= 0.5
        else:
            place, tangent, iterations = found
            reached = inverse
            yield -(basis @ place)
            if iterations <= QUICK:
                factor = min(LARGEST, factor**1.5)
        inverse = reached * factor


def _solved(
    game: Field, basis: Floats, along: Floats, place: Floats, inverse: float
) -> tuple[Floats, Floats, int] | None:
    """z in the basis where z = X U / lambda, from a guess; its derivative by 1 / lambda; and the iterations."""
    whole = bool(np.all(game.X != 0))
    for iteration in range(ITERATIONS):
        log_c = -(basis @ place)
        seen = log_c > np.max(log_c) - UNSEEN if whole else np.ones(len(log_c), dtype=bool)
        log_c = np.where(seen, log_c, -np.inf)
        velocity = along @ game.drift(log_c)
        jacobian = np.eye(len(place)) + inverse * (
            along @ game.slope(log_c, np.where(seen[:, None], basis, 0.0))
        )
        game.work.spend(DECOMPOSITION * len(place) ** 3)
        step, tangent = np.linalg.solve(jacobian, np.stack([inverse * velocity - place, velocity], axis=1)).T
        longest = float(np.max(np.abs(basis @ step)))
        if not np.isfinite(longest):
            return None
        place = place + step * min(1.0, LONGEST / longest) if longest else place
        if longest < CLOSE:
            return place, tangent, iteration + 1
    return None

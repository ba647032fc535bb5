"""The flow dw/dtau = U(c(w)), integrated in as few variables as matter, over any length of time.

Only the margins z = X w matter. They move in the column space of X, and while the tail is exponential only
their differences count, so the state is a vector of at most min(N, d) coordinates. Units of the features
differ by 1000 and slacks are 1e-3 and less: the flow is stiff, and the time needed is unknown. So an implicit
method integrates pieces of time, each longer than the last, and the caller looks at c between two pieces.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from verify.game.smooth.field import Field, Floats, Underflow, centred
from verify.losses import Loss
from verify.losses.together import Weights

# A piece of time is this many times as long as all before it.
GROWTH = 3.0

# Where a flow goes on, its first piece is no shorter than the time that has passed over this.
PASSED = 100.0

# The flow is given up at this many times the time in which margins first change by 1: 1 / (slack 1e-8 * cost
# 1e-10 of the largest), in which nothing has happened on any data seen.
LONGEST = 1e20

# A piece begins with a step of this share of the longest of the piece before, at first order: by itself the method
# begins with one of 1e-4 or so, and takes half of its steps to come back to where it was.
BEGIN = 0.1

# Local error of the flow in log c. Newton's method has the last word, so the flow need only keep to its
# basin of attraction; at 1e-3, 1e-4 and 1e-8 the same supports were found. (BDF needs half the evaluations
# of Radau, and passes where slacks are tiny and Radau takes ever more steps: handwritten digits, plain GD.)
TOLERANCE = 1e-3

# In so many variables LSODA is tried before BDF: it asks for somewhat more evaluations, but what BDF does in a step
# beside them, in Python, takes several times as long as they do there. Where U jumps only BDF's steps get short enough.
VARIABLES = 20


class _OutOfBudget(Exception):
    """The flow asked for more evaluations than it was given."""


class Piece(NamedTuple):
    """Where a piece of time ends, and the longest step in it."""

    place: Floats
    longest: float


def stiff(
    velocity: Callable[[Floats], Floats],
    jacobian: Callable[[Floats], Floats],
    length: float,
    start: Floats,
    tolerance: float,
    begin: float | None = None,
) -> Piece | None:
    """So long a piece of a stiff flow from a place (k) on, ``begin`` its first step; None where SciPy gives up."""
    from scipy.integrate import solve_ivp  # late: it takes half a second, and not all games have flows
    from scipy.linalg import LinAlgWarning

    for method in ("LSODA", "BDF") if len(start) <= VARIABLES else ("BDF",):
        # BDF subtracts rows of differences that it has not yet set; it does not use them. Where I - h J is singular to
        # rounding its corrector fails, and it takes a shorter step. LSODA warns where it gives up.
        with np.errstate(all="ignore"), warnings.catch_warnings(), suppress(ValueError):
            warnings.simplefilter("ignore", LinAlgWarning)
            warnings.simplefilter("ignore", UserWarning)
            piece = solve_ivp(
                lambda _, place: velocity(place), (0.0, length), start, method=method,
                jac=lambda _, place: jacobian(place),
                rtol=tolerance, atol=tolerance, first_step=begin,
            )  # fmt: skip
            if piece.success and np.isfinite(piece.y[:, -1]).all():
                return Piece(piece.y[:, -1], float(np.max(np.diff(piece.t))))
    return None  # (ValueError is what SciPy says of matrices beyond the largest float.)


def from_start(
    field: Field, loss: Loss, z: Floats, evaluations: int, tolerance: float = TOLERANCE
) -> Iterator[Floats]:
    """log c along the flow of the loss from margins z (N,), those of some w_0, after longer and longer times."""
    tail_from, weights, passed = loss.tail_from(), Weights(loss, field.owned), 0.0
    if np.min(weights.soft(z)) <= tail_from:
        for margins, time in _pieces(field, z, field.span(field.X), weights, evaluations, tolerance):
            z, passed = margins, time
            if np.min(weights.soft(z)) > tail_from:
                break
            yield weights.logarithms(z)
        if np.min(weights.soft(z)) <= tail_from:
            return  # the loss did not go to 0, so there is no tail
    yield from from_weights(field, -z, evaluations, tolerance, passed)


def from_weights(
    field: Field, log_c: Floats, evaluations: int, tolerance: float = TOLERANCE, passed: float = 0.0
) -> Iterator[Floats]:
    """log c along the flow of the exponential tail from the given log c, which some w produces, after a time that has
    ``passed``."""
    yield log_c
    basis = field.span(centred(field.X))
    for z, _ in _pieces(field, -log_c, basis, None, evaluations, tolerance, passed):
        yield -z


def _pieces(
    field: Field,
    z: Floats,
    basis: Floats,
    weights: Weights | None,
    evaluations: int,
    tolerance: float,
    passed: float = 0.0,
) -> Iterator[tuple[Floats, float]]:
    """Margins after each piece of time, and the time that has passed, until the evaluations of U are used up. Without
    ``weights`` the tail is exponential."""
    left = evaluations
    log_weight = np.negative if weights is None else weights.logarithms
    moved_by = basis.T @ field.X

    def velocity(move: Floats) -> Floats:
        nonlocal left
        left -= 1
        if left < 0:
            raise _OutOfBudget
        return np.asarray(moved_by @ field.drift(log_weight(z + basis @ move)))

    def jacobian(move: Floats) -> Floats:
        here = z + basis @ move
        V = -basis if weights is None else weights.slope(here, basis)
        return np.asarray(moved_by @ field.slope(log_weight(here), V))

    rest = np.zeros(basis.shape[1])
    if not len(rest):
        yield z, passed  # the margins' differences, or all there is, do not move
        return
    try:
        speed = np.max(np.abs(field.X @ field.drift(log_weight(z))))
    except Underflow:
        return
    first = 1.0 / speed if speed > 0 else 1.0
    length, begin = max(first, passed / PASSED), None
    while length < LONGEST * first:
        try:
            moved = stiff(velocity, jacobian, length, rest, tolerance, begin)
        except (_OutOfBudget, Underflow):
            return
        if moved is None:
            return
        z = z + basis @ moved.place
        begin = BEGIN * moved.longest
        if weights is None:
            z = z - np.min(z)
        passed += length
        yield z, passed
        length *= GROWTH

"""The flow from an exact start, enclosed: floats propose a polynomial, balls bound how far the flow is from it.

On a step of length h let p(x), -1 <= x <= 1, be a polynomial for the state of `verify.game.tail`, s(x) the flow, V the
velocity, and e = s - p. Then

    s' = (h/2) V(s),    p' = (h/2) V(p) - g,    |g(x)| <= delta    (entry by entry),

where g's Taylor coefficients at 0 are computed up to the (K-1)-th, and for the remainder the K-th about every point
of [-1, 1] at once (Lagrange's form). V(s) - V(p) is J e, J a mean of V' over the segment from p to s. While |e| <= eps
the segment lies in a box, over which V' is enclosed; let M_ii be at least (h/2) V'_ii and M_ij at least (h/2) |V'_ij|
there. Then d|e|/dx <= M |e| + delta, and as M has no negative entry off its diagonal, after a time x

    |e| <= exp(x M) |e_0| + x exp(x N) delta <= exp(x N) (|e_0| + x delta),    N = M with max(M_ii, 0) for M_ii.

If the last is below eps at the end of the time, e has not left the box before, and the first holds. A step is
made in PIECES such times, each with its own box. From one polynomial to the next the error grows by the gap
between them. V is analytic on the boxes, where its roots and quotients are shown to exist: there is but one flow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb_mat

from verify.errors import Undecided
from verify.game.proposed_flow import DEGREE, Proposals
from verify.game.tail import Tail
from verify.numbers.balls import Ball, Dyadic, Order, around, ball, compare, matrix
from verify.numbers.duals import DUALS, jacobian, variables
from verify.numbers.taylor import SERIES, coefficient, series, terms

# A step's delta is kept near the first and must be below the second. The flow contracts in the end, and the error
# that is left has to fit into a region that is a few per cent wide, or 1e-4 where equilibria attract slowly.
TOLERANCE = 1e-9
WORST = 1e-8

# Boxes for V' in a step: one makes errors twenty times larger by the end of a long flow, four cost more than they gain.
PIECES = 2

# eps is this many times the error that there would be if V' were 0, and no less than a share of its largest entry.
ROOM = 4
LEAST_SHARE = Fraction(1, 32)

# A step is at most this many times as long as the one before, and this much shorter than what meets the tolerance.
LONGER = 2.0
CAUTION = 0.8
# Steps shorter than this get nowhere: the field is at the end of where it is analytic, or the error is too large.
SHORTEST = 1e-6
LOST = 1


@dataclass(frozen=True)
class Place:
    """The flow at some time: its state is within ``error`` (N) of ``middle`` (N, exact), entry by entry."""

    middle: list[Ball]
    error: list[Ball]

    @property
    def box(self) -> list[Ball]:
        """The state (N), in balls."""
        return [around(m, e) for m, e in zip(self.middle, self.error, strict=True)]


def enclosed_flow(tail: Tail, w_0: Sequence[Fraction], attempts: int) -> Iterator[Place]:
    """The flow from w_0 (d) at later and later times, from 0 on, until so many steps have been attempted.

    It is computed at the precision in force. Raises Undecided where steps become too short or errors too large.
    """
    proposals = Proposals(tail)
    zero = Fraction(0)
    start = [ball(sum((x * w for x, w in zip(row, w_0, strict=True)), zero)) for row in tail.rows]
    place = _rounded(start, [ball(0)] * len(start))
    length = proposals.first_length(_floats(place))
    most = LONGER
    yield place
    for _ in range(attempts):
        try:
            p = proposals.polynomial(_floats(place), length)
            place, delta = step(tail, [[ball(Dyadic(a)) for a in row] for row in p.tolist()], length, place)
        except Undecided as reason:
            if length < SHORTEST:
                raise Undecided(f"a step of the flow: {reason}") from None
            length, most = length / 2, 1.0
            continue
        yield place
        if not all(error < LOST for error in place.error):
            raise Undecided("where the flow is: its enclosure has become too wide")
        fitting = CAUTION * (TOLERANCE / delta) ** (1 / DEGREE) if delta else most
        length, most = length * float(np.clip(fitting, 1 / LONGER, most)), LONGER


def step(tail: Tail, p: list[list[Ball]], length: float, place: Place) -> tuple[Place, float]:
    """The place at the end of a step and the largest delta, by a polynomial with coefficients p (N, K + 1), exact.

    Raises Undecided if the flow is not shown to be near it.
    """
    h, one = ball(Dyadic(length)), ball(1)
    delta = [entry.abs_upper() for entry in defect(tail, p, h)]
    if not all(compare(entry, ball(Dyadic(WORST))) is Order.LESS for entry in delta):
        raise Undecided("whether the flow is near a polynomial")
    begin = [_at(row, -one) for row in p]
    error = [e + abs(a - b) for e, a, b in zip(place.error, begin, place.middle, strict=True)]
    part = [2 * entry / PIECES for entry in delta]
    for k in range(PIECES):
        x = around(ball(Fraction(2 * k + 1 - PIECES, PIECES)), one / PIECES)
        least = [e + d for e, d in zip(error, part, strict=True)]
        floor = sum(least, ball(Dyadic(TOLERANCE))) * ball(LEAST_SHARE)
        eps = [((e + floor) * ROOM).abs_upper() for e in least]
        box = [around(_at(row, x), e) for row, e in zip(p, eps, strict=True)]
        decaying, growing = _comparison(tail, box, h / PIECES)
        if not all(compare(a, b) is Order.LESS for a, b in zip(_times(growing, least), eps, strict=True)):
            raise Undecided("whether the flow stays near a polynomial")
        pairs = zip(_times(decaying, error), _times(growing, part), strict=True)
        error = [(a + b).abs_upper() for a, b in pairs]
    return _rounded([_at(row, one) for row in p], error), max(map(float, delta))  # exact: floats


def defect(tail: Tail, p: list[list[Ball]], h: Ball) -> list[Ball]:
    """g (N) over -1 <= x <= 1: (h/2) V(p) - p'."""
    K = DEGREE
    with terms(K + 2):  # p' has a coefficient less
        exact, anywhere = (_defect_series(tail, p, h, x) for x in (ball(0), around(ball(0), ball(1))))
    within = [sum((around(ball(0), abs(g).abs_upper()) for g in row[:K]), ball(0)) for row in exact]
    return [g + around(ball(0), abs(row[K]).abs_upper()) for g, row in zip(within, anywhere, strict=True)]


def _defect_series(tail: Tail, p: list[list[Ball]], h: Ball, x: Ball) -> list[list[Ball]]:
    """The coefficients of g about x up to the K-th, for each entry of the state."""
    moved = [_at([series([a]) for a in row], series([x, ball(1)])) for row in p]
    return [
        [coefficient(v, k) * h / 2 - (k + 1) * coefficient(s, k + 1) for k in range(DEGREE + 1)]
        for v, s in zip(tail.velocity(moved, SERIES), moved, strict=True)
    ]


def _comparison(tail: Tail, box: list[Ball], time: Ball) -> tuple[arb_mat, arb_mat]:
    """exp(time M) and exp(time N), M and N without the factor h/2, from V' over the box."""
    slopes = jacobian(tail.velocity(variables(box), DUALS), len(box))
    M = [[abs(s).abs_upper() for s in row] for row in slopes]
    N = [row[:] for row in M]
    for i, row in enumerate(slopes):
        M[i][i] = row[i].mid() + row[i].rad()
        N[i][i] = M[i][i] if M[i][i] > 0 else ball(0)
    return (matrix(M) * time).exp(), (matrix(N) * time).exp()


def _at(coefficients: Sequence[Any], x: Any) -> Any:
    """A polynomial at x, by Horner's rule."""
    *rest, total = coefficients
    for a in reversed(rest):
        total = total * x + a
    return total


def _times(A: arb_mat, vector: Sequence[Ball]) -> list[Ball]:
    return [row[0] for row in (A * matrix([[entry] for entry in vector])).tolist()]


def _floats(place: Place) -> Any:
    return np.array([float(m) for m in place.middle])


def _rounded(state: Sequence[Ball], error: Sequence[Ball]) -> Place:
    """The place with floats for its middle."""
    middle = [ball(Dyadic(float(s.mid()))) for s in state]
    moved = [e + abs(s - m) for s, m, e in zip(state, middle, error, strict=True)]
    return Place(middle, [e.abs_upper() for e in moved])

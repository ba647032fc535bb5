"""The flow from an exact start, enclosed: floats propose a polynomial, balls bound how far the flow is from it.

On a step of length h let p(x), -1 <= x <= 1, be a polynomial for the state of `verify.game.flows.tail`, s(x) the flow,
V the velocity, and e = s - p. Then

    s' = (h/2) V(s),    p' = (h/2) V(p) - g,    |g(x)| <= delta    (entry by entry),

where g's Taylor coefficients at 0 are computed up to the (K-1)-th, and for the remainder the K-th about every point
of [-1, 1] at once (Lagrange's form). V(s) - V(p) is J e, J a mean of V' over the segment from p to s.

The error is kept in a frame that moves with the flow, e = C f with |f| <= r: bounds by absolute values lose all
contraction. In a part of a step, from x = 0 to X anew, C(x) = exp(x (h/2) J_0) C(0) with J_0 a float matrix near J, so
that

    f' = C^(-1) (h/2) (J - J_0) C f + C^(-1) g,    |f(x)| <= exp(X M) (r + X D),

M and D bounds on |C^(-1) (h/2) (J - J_0) C| and |C^(-1)| delta for all x, and J in V' over a box about p. If |C(x)|
times that bound lies inside the box for all x, then e has not left it, and the bound holds. At the end of the part an
orthogonal frame Q is chosen (Lohner's method; it is a float matrix, and need not be orthogonal exactly) and r becomes
|Q^(-1) C(X)| r. From one polynomial to the next e grows by the gap between them. V is analytic on the boxes, where its
roots and quotients are shown to exist: there is but one flow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb_mat

from verify.errors import Undecided
from verify.game.flows.proposed_flow import DEGREE, Proposals
from verify.game.flows.tail import Tail
from verify.numbers.systems.balls import (
    Ball,
    Dyadic,
    Order,
    around,
    ball,
    compare,
    identity,
    matrix,
    middles,
    times,
)
from verify.numbers.systems.duals import DUALS, jacobian, variables
from verify.numbers.systems.taylor import SERIES, coefficient, series, terms

# A step's delta is kept near the first and must be below the second. The flow contracts in the end, and the error
# that is left has to fit into a region that is a few per cent wide, or 1e-4 where equilibria attract slowly.
TOLERANCE = 1e-9
WORST = 1e-8

# Parts of a step, each with its own box: errors grow by the width of V' there. (Of eight slow starts on sets with three
# support vectors none was decided with two parts, and three of the first five with eight, at twice the time.)
PIECES = 6

# The box reaches this many times as far as the error that there would be if V' were 0, and no less than a share of its
# largest entry.
ROOM = 4
LEAST_SHARE = Fraction(1, 32)

# A step is at most this many times as long as the one before, and this much shorter than what meets the tolerance.
LONGER = 2.0
CAUTION = 0.8
# Steps shorter than this share of the first get nowhere: mostly the error has become too large.
SHORTEST = 1e-6


@dataclass(frozen=True)
class Enclosed:
    """The flow at some time: its state is ``middle`` (N, exact) + C f, C = ``frame`` (N, N, exact), |f| <= ``error``
    (N), entry by entry."""

    middle: list[Ball]
    frame: arb_mat
    error: list[Ball]

    @property
    def box(self) -> list[Ball]:
        """The state (N), in balls."""
        spread = times(_sizes(self.frame), self.error)
        return [around(m, s.abs_upper()) for m, s in zip(self.middle, spread, strict=True)]


def enclosed_flow(tail: Tail, w_0: Sequence[Fraction], attempts: int) -> Iterator[Enclosed]:
    """The flow from w_0 (d) at later and later times, from 0 on, until so many steps have been attempted.

    It is computed at the precision in force. Raises Undecided where steps become too short or errors too large.
    """
    proposals = Proposals(tail)
    zero = Fraction(0)
    start = [ball(sum((x * w for x, w in zip(row, w_0, strict=True)), zero)) for row in tail.rows]
    place = _rounded(start, identity(tail.data.n), [ball(0)] * tail.data.n)
    first = length = proposals.first_length(_floats(place))
    most, tau = LONGER, 0.0
    yield place
    for _ in range(attempts):
        try:
            p = proposals.polynomial(_floats(place), length)
            place, delta = step(tail, [[ball(Dyadic(a)) for a in row] for row in p.tolist()], length, place)
        except Undecided:
            length, most = length / 2, 1.0
            if length < SHORTEST * first:
                width = 2 * max(map(float, place.error))  # exact: floats
                raise Undecided(f"the flow beyond tau = {tau:.3g}, enclosed {width:.0e} wide") from None
            continue
        yield place
        tau += length
        fitting = CAUTION * (TOLERANCE / delta) ** (1 / DEGREE) if delta else most
        length, most = length * float(np.clip(fitting, 1 / LONGER, most)), LONGER


def step(tail: Tail, p: list[list[Ball]], length: float, place: Enclosed) -> tuple[Enclosed, float]:
    """The place at the end of a step and the largest delta, by a polynomial with coefficients p (N, K + 1), exact.

    Raises Undecided if the flow is not shown to be near the polynomial.
    """
    h, one = ball(Dyadic(length)), ball(1)
    delta = [entry.abs_upper() for entry in defect(tail, p, h)]
    if not all(compare(entry, ball(Dyadic(WORST))) is Order.LESS for entry in delta):
        raise Undecided("whether the flow is near a polynomial")
    C = place.frame
    gap = [abs(a - _at(row, -one)) for row, a in zip(p, place.middle, strict=True)]
    r = [e + f for e, f in zip(place.error, times(_sizes(_inverse(C)), gap), strict=True)]
    time, part = h / PIECES, [2 * entry / PIECES for entry in delta]
    for k in range(PIECES):
        x = around(ball(Fraction(2 * k + 1 - PIECES, PIECES)), one / PIECES)
        least = [s + d for s, d in zip(times(_sizes(C), r), part, strict=True)]
        floor = sum(least, ball(Dyadic(TOLERANCE))) * ball(LEAST_SHARE)
        reach = [((s + floor) * ROOM).abs_upper() for s in least]
        box = [around(_at(row, x), s) for row, s in zip(p, reach, strict=True)]
        J = matrix(jacobian(tail.velocity(variables(box), DUALS), len(box)))
        J_0 = middles(J)
        until = around(time / 2, time / 2)
        moving, back = (J_0 * until).exp() * C, _inverse(C) * (J_0 * -until).exp()
        M = _sizes(back * (J - J_0) * moving)
        grown = [s + d for s, d in zip(r, times(_sizes(back), part), strict=True)]
        r = [s.abs_upper() for s in times((M * time).exp(), grown)]
        inside = zip(times(_sizes(moving), r), reach, strict=True)
        if not all(compare(a, b) is Order.LESS for a, b in inside):
            raise Undecided("whether the flow stays near a polynomial")
        C, r = _orthogonal((J_0 * time).exp() * C, r)
    return _rounded([_at(row, one) for row in p], C, r), max(map(float, delta))  # exact: floats


def _orthogonal(C: arb_mat, r: list[Ball]) -> tuple[arb_mat, list[Ball]]:
    """An orthogonal frame, but for the rounding of floats, and r in it; the longest edge of C r keeps its direction."""
    edges = np.array([[float(c) for c in row] for row in C.tolist()]) * [float(s) for s in r]
    if not np.isfinite(edges).all():
        raise Undecided("how the flow's error moves")
    order = np.argsort(-np.linalg.norm(edges, axis=0), kind="stable")
    Q = matrix([[ball(Dyadic(q)) for q in row] for row in np.linalg.qr(edges[:, order])[0].tolist()])
    return Q, [s.abs_upper() for s in times(_sizes(_inverse(Q) * C), r)]


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


def _at(coefficients: Sequence[Any], x: Any) -> Any:
    """A polynomial at x, by Horner's rule."""
    *rest, total = coefficients
    for a in reversed(rest):
        total = total * x + a
    return total


def _floats(place: Enclosed) -> Any:
    return np.array([float(m) for m in place.middle])


def _sizes(A: arb_mat) -> arb_mat:
    """Bounds on the absolute values of the entries."""
    return matrix([[abs(a).abs_upper() for a in row] for row in A.tolist()])


def _inverse(A: arb_mat) -> arb_mat:
    try:
        return A.inv()
    except ZeroDivisionError:
        raise Undecided("whether a frame is regular") from None


def _rounded(state: Sequence[Ball], C: arb_mat, r: Sequence[Ball]) -> Enclosed:
    """The place with floats for its middle."""
    middle = [ball(Dyadic(float(s.mid()))) for s in state]
    moved = times(_sizes(_inverse(C)), [abs(s - m) for s, m in zip(state, middle, strict=True)])
    return Enclosed(middle, C, [(a + b).abs_upper() for a, b in zip(r, moved, strict=True)])

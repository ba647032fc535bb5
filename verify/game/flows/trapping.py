"""A region that the flow does not leave, around a certified equilibrium, and in which it tends to it.

In the coordinates of `verify.game.flows.tail`, b the first row of the support S: y (r) are the independent differences
of margins on S (`verify.game.smooth.ball_field`), E_j = exp(-(x_j - x_b).w) for each row j off S, and t = exp(-x_b.w).
The equilibrium is (y*, 0, 0). With an invertible A and rho, e, T > 0 the region is

    R = { |A (y - y*)| <= rho,  0 < E_j <= e,  0 < t <= T }.

It lies in a box, over which costs F, the velocity H of y and its derivatives are enclosed. Checked is that there

    (1) F_b > 0;
    (2) F_j > F_b for each j off S;
    (3) the eigenvalues of (B + B')/2 are below -kappa for B = A (dH/dy) A^(-1), with a kappa > 0;
    (4) |A q| < kappa rho for q = sum_j (dH/dE_j) E_j + (dH/dt) t and all E_j in [0, e], t in [0, T].

By (1) and (2), on a closed box, t and E_j fall exponentially while the flow is in R. H vanishes at (y*, 0, 0) and
the box is convex, so at each of its points H = (dH/dy) (y - y*) + q with means of these derivatives over a segment,
for which (3) and (4) hold as for their values. Hence v = A (y - y*) has in R

    d|v|/dtau = v'(B v + A q) / |v| <= -kappa |v| + |A q|,

negative at |v| = rho: the flow does not leave R. It exists for all time, as U is bounded. And q tends to 0 with E
and t, so v does too: y tends to y*, the weights to the equilibrium's, and dw/dtau to U there. (For the exponential
loss t has no effect, and (1) holds all the same, as the support's cost is positive.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from verify.errors import Undecided
from verify.game.flows.enclosed_flow import Enclosed
from verify.game.flows.tail import Tail
from verify.game.smooth.ball_field import BallField, dot
from verify.game.smooth.field import Floats
from verify.numbers.linear.definite import above_eigenvalues, norm, symmetric_part
from verify.numbers.systems.balls import Ball, Dyadic, Order, around, ball, compare, matrix
from verify.numbers.systems.duals import DUALS, Dual, jacobian, variables

# Regions are tried from rho = 1 on, each half as wide as the one before: equilibria that attract slowly need 1e-4.
HALVINGS = 16
# For each rho, e and T are tried from rho on down, by this factor, or by what (4) asks for and a little more.
ATTEMPTS = 4
FACTOR = 8
LITTLE_MORE = 1.25

Vector = list[Ball]


@dataclass(frozen=True)
class Region:
    """R: y* (r) in balls, A (r, r), rho, and e and T, which are the same number."""

    tail: Tail
    support: BallField
    center: Vector
    A: list[Vector]
    rho: Ball
    late: Ball

    @cached_property
    def off(self) -> list[int]:
        """The rows off the support."""
        return [i for i in self.tail.others if i not in {int(j) for j in self.support.levels[0].rows}]

    def velocities(self, y: Sequence[Dual], E: Sequence[Dual], t: Dual) -> tuple[list[Dual], list[Dual]]:
        """H (r), and F_b with F_j - F_b for each j off S, which have to be positive."""
        weights = self.support.weights(y, DUALS) | dict(zip(self.off, E, strict=True))
        del weights[self.tail.base]
        U = self.tail.drift(weights, t, DUALS)
        zero = DUALS.number(Fraction(0))
        rows = [self.tail.data.rows[self.tail.base], *map(self.tail.difference, self.off)]
        return [dot(row, U, zero) for row in self.support.differences], [dot(row, U, zero) for row in rows]

    def contains(self, place: Enclosed) -> bool:
        """Whether all of a place of the flow is shown to lie in R."""
        *u, z = place.box
        margin = dict(zip(self.tail.others, u, strict=True))
        chosen = (self.support.pairs[q][0] for q in self.support.chart[0])
        gap = [margin[i] - c for i, c in zip(chosen, self.center, strict=True)]
        falling = [(-margin[j]).exp() for j in self.off] + [(-z).exp()]
        return compare(norm(_times(self.A, gap)), self.rho) is Order.LESS and all(
            compare(entry, self.late) is Order.LESS for entry in falling
        )


def trapping_region(support: BallField, center: Vector) -> Region:
    """The first region found that is shown to be one, from wide ones on; ``center`` (r) encloses y*.

    ``support`` has one level. It is computed at the precision in force. Raises Undecided if there is none.
    """
    tail = Tail(support.data, support.opt, int(support.levels[0].rows[0]))
    A = [[ball(Dyadic(a)) for a in row] for row in _metric(tail, support, center).tolist()]
    reason = ""
    for halving in range(HALVINGS):
        rho = late = 0.5**halving
        for _ in range(ATTEMPTS):
            region = Region(tail, support, center, A, ball(Dyadic(rho)), ball(Dyadic(late)))
            try:
                push = pushed(region)
            except Undecided as undecided:
                reason, late = str(undecided), late / FACTOR
                continue
            if compare(push, ball(1)) is Order.LESS:
                return region
            reason, late = "what is off the support pushes the flow out", late / (LITTLE_MORE * float(push))
    raise Undecided(f"whether a region around the equilibrium traps the flow: {reason}")


def pushed(region: Region) -> Ball:
    """A bound on the quotient of the two sides of (4), which must be below 1, where (1) to (3) are shown.

    Raises Undecided where one of those is not.
    """
    r = len(region.center)
    half = region.late / 2
    falling = [around(half, half)] * (len(region.off) + 1)
    try:
        inverse = matrix(region.A).inv() if r else matrix([])
    except ZeroDivisionError:
        raise Undecided("the inverse of the metric") from None
    reach = [(norm(row) * region.rho).abs_upper() for row in inverse.tolist()]
    y = [around(c, size) for c, size in zip(region.center, reach, strict=True)]
    box = variables([*y, *falling])
    H, costs = region.velocities(box[:r], box[r:-1], box[-1])
    if not all(compare(cost.value, ball(0)) is Order.GREATER for cost in costs):
        raise Undecided("whether the support costs least in a region")
    if not r:
        return ball(0)
    slopes = jacobian(H, len(box))
    B = (matrix(region.A) * matrix([row[:r] for row in slopes]) * inverse).tolist()
    kappa = -above_eigenvalues(symmetric_part(B))
    if compare(kappa, ball(0)) is not Order.GREATER:
        raise Undecided("whether the flow contracts in a region")
    q = [sum((s * x for s, x in zip(row[r:], falling, strict=True)), ball(0)) for row in slopes]
    return (norm(_times(region.A, q)) / (kappa * region.rho)).abs_upper()


def _metric(tail: Tail, support: BallField, center: Vector) -> Floats:
    """A float A (r, r) in which the Jacobian at the equilibrium is diagonal, but for complex pairs: B's symmetric
    part then has the eigenvalues' real parts. |A^(-1)| = 1, so that no y in R is farther than rho from y*."""
    r = len(center)
    if not r:
        return np.zeros((0, 0))
    slopes = jacobian(support.residual(variables([c.mid() for c in center]), DUALS), r)
    values, vectors = np.linalg.eig(np.array([[float(s) for s in row] for row in slopes]))
    pairs = zip(values, vectors.T, strict=True)
    basis = np.array([v.real if value.imag >= 0 else v.imag for value, v in pairs]).T
    try:
        return np.asarray(np.linalg.inv(basis) * np.linalg.norm(basis, 2))
    except np.linalg.LinAlgError:
        raise Undecided("the Jacobian's eigenvectors at the equilibrium") from None


def _times(A: Sequence[Vector], vector: Sequence[Ball]) -> Vector:
    return [sum((a * x for a, x in zip(row, vector, strict=True)), ball(0)) for row in A]

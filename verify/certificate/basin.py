"""A region that iterates do not leave, around an equilibrium, and in which they tend to it.

With b the first row of the support, y_i = (x_i - x_b).w for its other rows, E_j = exp(-(x_j - x_b).w) for each row off
it, and t = exp(-x_b.w), the weights are E f(t E), up to a common factor, where E_b = 1, E_i = exp(-y_i), and f is 1 of
the exponential loss, 1/(1 + s) of the logistic one. With y* at the equilibrium, where E_j = t = 0, the region is

    |A (y - y*)| <= rho,   0 < E_j <= e,   0 < t <= e.

A step is w <- w + eta (U + d), |d_k| <= delta. On a box about the region let H be the velocity of y,
B = A (dH/dy) A^-1, and q = sum_j (dH/dE_j) E_j + (dH/dt) t. By the mean value theorem v = A (y - y*) goes over to
v + eta (B v + A q + A D d), D the differences of rows. If there

    (1) F_b > delta ||x_b||_1, and F_j - F_b > delta ||x_j - x_b||_1 for each j off the support,
    (2) v'B v <= -kappa |v|^2, kappa > 0, and |B v| <= L |v|,
    (3) |A q| + |A D d| + rho eta L^2/2 < kappa rho,

then E_j and t fall, and |v| is afterwards at most |v| (1 - eta kappa + eta^2 L^2/2) + eta (|A q| + |A D d|) <= rho. For
steps that tend to 0 with a divergent sum, so that delta and then q do, v tends to 0, and the weights to those of the
equilibrium: the derivation attracting-basin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from verify.certificate.boxes import box_of
from verify.certificate.data import Data
from verify.certificate.duals import ZERO
from verify.certificate.effort import operation, spend
from verify.certificate.field import Balls, Game, costs, dot
from verify.certificate.kind import Fields
from verify.certificate.refusal import Refused, require
from verify.numbers.systems.balls import Ball, around, ball, bits, log, matrix, sqrt


@dataclass(frozen=True)
class Hold:
    """What holds the region: kappa, L and |A q| of the conditions; ``spread`` bounds |A D d| over delta."""

    kappa: Ball
    length: Ball
    push: Ball
    spread: Ball

    def lacks(self, rho: Fraction, eta: Ball, delta: Ball) -> Ball:
        """The left side of (3) less the right one: negative where it holds."""
        return (
            self.push + self.spread * delta + (eta * self.length * self.length / 2 - self.kappa) * ball(rho)
        )


def place(data: Data, claim: Fields, w: Sequence[Ball]) -> tuple[Ball, Balls]:
    """|A (y - y*)| at w, and the E_j and t."""
    support, center = box_of(claim)
    first, *others = support
    z = [_exact_dot(row, w) for row in data.rows]
    gap = [z[i] - z[first] - (log(center[first]) - log(center[i])) for i in others]
    falling = [(z[first] - z[j]).exp() for j in range(data.n) if j not in set(support)]
    return _norm(_times(claim["metric"], gap)), [*falling, (-z[first]).exp()]


def hold(data: Data, game: Game, claim: Fields, logistic: bool, delta: Ball) -> Hold:
    """The conditions (1) and (2) over the box, at the present precision."""
    support, center = box_of(claim)
    first, *others = support
    r, n = len(others), data.n
    spend(r**3 * operation(bits()), "the metric of the region")  # exact: integers
    A = matrix([[ball(a) for a in row] for row in claim["metric"]])
    try:
        inverse = A.inv()
    except ZeroDivisionError:
        raise Refused("metric", "the metric is not shown to be regular") from None
    rho, late = ball(claim["rho"]), ball(claim["late"])
    half = around(late / 2, late / 2)
    reach = [_norm(row) * rho for row in inverse.tolist()]
    E = [half] * n
    E[first] = ball(1)
    for i, size in zip(others, reach, strict=True):
        E[i] = (-around(log(center[first]) - log(center[i]), size.abs_upper())).exp()
    c, by_E, by_t = zip(*(_weight(each, half, logistic) for each in E), strict=True)
    found = costs(game, data.rows, list(c), range(n))
    require_growth(data, found.costs, support, delta)
    H = [[found.slopes[i][l] - found.slopes[first][l] for l in range(n)] for i in others]
    off = [j for j in range(n) if j not in set(support)]
    q = [dot([row[j] * by_E[j] for j in off], [E[j] for j in off]) + dot(row, by_t) * half for row in H]
    if not r:
        return Hold(ball(1), ZERO, ZERO, ZERO)
    inner = matrix([[-row[l] * by_E[l] * E[l] for l in others] for row in H])
    B = (A * inner * inverse).tolist()
    lengths = [
        sum((abs(ball(a - b)) for a, b in zip(data.rows[i], data.rows[first], strict=True)), ZERO)
        for i in others
    ]
    spread = _norm([dot([abs(ball(a)) for a in row], lengths) for row in claim["metric"]])
    kappa = -_above(B)
    return Hold(
        kappa, _norm([entry for row in B for entry in row]), _norm(_times(claim["metric"], q)), spread
    )


def require_growth(data: Data, found: Balls, support: Sequence[int], delta: Ball) -> None:
    """(1): all margins grow, those off the support fastest."""
    first, rows = support[0], data.rows
    own = sum((abs(ball(a)) for a in rows[first]), ZERO)
    require(found[first] > delta * own, "grows", "the support's margins are not shown to grow in the region")
    for j in range(data.n):
        if j not in set(support):
            apart = sum((abs(ball(a - b)) for a, b in zip(rows[j], rows[first], strict=True)), ZERO)
            require(found[j] - found[first] > delta * apart, "fades", f"row {j} is not shown to lose weight")


def _weight(E: Ball, t: Ball, logistic: bool) -> tuple[Ball, Ball, Ball]:
    """E f(t E), and its derivatives by E and by t."""
    if not logistic:
        return E, ball(1), ZERO
    f = 1 / (1 + t * E)
    return E * f, f * f, -(E * E) * f * f


def _above(B: Sequence[Sequence[Ball]]) -> Ball:
    """A number above all eigenvalues of (B + B')/2, by Gershgorin's discs."""
    rows = range(len(B))
    edges = [B[i][i] + sum((abs((B[i][j] + B[j][i]) / 2) for j in rows if j != i), ZERO) for i in rows]
    top = edges[0]
    for edge in edges[1:]:
        top = top.max(edge)
    return top.abs_upper() if top > 0 else top


def _norm(vector: Sequence[Ball]) -> Ball:
    """A bound on the l2 norm."""
    uppers = [entry.abs_upper() for entry in vector]
    return sqrt(sum((x * x for x in uppers), ZERO)).abs_upper()


def _times(A: Sequence[Sequence[Fraction]], vector: Sequence[Ball]) -> Balls:
    return [_exact_dot(row, vector) for row in A]


def _exact_dot(row: Sequence[Fraction], vector: Sequence[Ball]) -> Ball:
    return dot([ball(a) for a in row], vector)

"""Equilibria enclosed: Newton's method in balls, Krawczyk's test, proven signs.

In Krawczyk's test (`verify.certificate.krawczyk`) y has as many coordinates here as the costs on the support have
independent differences, so existence and uniqueness hold whether or not the support's rows are independent, among the
weights that some w produces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb_mat

from verify.certificate.krawczyk import image, near_inverse
from verify.certificate.spectrum import unstable_count
from verify.data.dataset import Dataset
from verify.errors import Undecided
from verify.game.result import Stability
from verify.game.smooth.ball_field import BallField, dot
from verify.game.smooth.face import Equilibrium
from verify.game.smooth.field import populations
from verify.numbers.systems.balls import (
    BALLS,
    Ball,
    Dyadic,
    Order,
    around,
    ball,
    climb,
    compare,
    matrix,
    smallest,
    sqrt,
    times,
)
from verify.numbers.systems.duals import DUALS, variables
from verify.numbers.systems.duals import jacobian as slopes
from verify.optimizers.optimizer import Optimizer

# Precision is climbed to this. (For 30 digits iris and wine need 228 bits, and so does a set with 31 support
# vectors and costs of 1e-9.)
LAST_BITS = 1 << 12
# Up to this, precision is also climbed for the sake of the stability alone.
STABILITY_BITS = 1 << 10

# From the float solution Newton's method should step by rounding errors; a step in log c of this is astray.
LONGEST_STEP = 1

# The box is this many times as wide as the step that Newton's method still wants to make from its middle: the
# image of the box is then smaller by that factor, unless the Jacobian varies over it.
INFLATION = 1 << 16


@dataclass(frozen=True)
class Enclosure:
    """What is proved of one equilibrium: it exists, and no other has its support and its y in the box.

    direction (d) encloses U at l2 norm 1, weights (N) encloses c, cost the support's common cost, and slack the
    least excess of another row's as a share of it (None if there is no other row). y (r) is the equilibrium in
    the chart of the support, and ``half`` the half-width of the box in it, that is, in logarithms of ratios of
    weights.
    """

    direction: list[Ball]
    weights: list[Ball]
    cost: Ball
    slack: Ball | None
    y: list[Ball]
    half: Ball
    stability: Stability


def enclose(
    data: Dataset, opt: Optimizer, found: Equilibrium, digits: int, last: int = LAST_BITS
) -> Enclosure:
    """An enclosure of a float equilibrium, each entry of whose direction has a radius below 10^-digits / 2.

    Precision is climbed to ``last`` bits, and further only if ``digits`` needs more from the start.

    Raises Undecided, saying what could not be told: a singular Jacobian, a tie, a cost that may be 0.
    """
    field = BallField(data, opt, found.levels)
    start = field.margins(found.log_c)
    needed = digits * 10 // 3 + 2  # 2^10 > 10^3

    def attempt(bits: int) -> Enclosure:
        enclosure = _attempt(field, start, bits, needed)
        if enclosure.stability == "undetermined" and bits < STABILITY_BITS:
            raise Undecided("the stability")
        return enclosure

    return climb(attempt, first=128 + needed, last=last)


def _attempt(field: BallField, start: Sequence[float], bits: int, needed: int) -> Enclosure:
    y, half, jacobian = [ball(Dyadic(value)) for value in start], ball(0), None
    if y:
        try:
            Y = near_inverse(_jacobian(field, y))
        except ZeroDivisionError:
            raise Undecided("whether the Jacobian on the support is regular") from None
        y, left = _newton(field, Y, y)
        half = left * INFLATION + ball(1) / (1 << (3 * bits // 4))
        jacobian = _jacobian(field, [around(middle, half) for middle in y])
        moved = image(Y, field.residual(y, BALLS), jacobian, [half] * len(y))
        if not all(abs(entry) < half for entry in moved):
            raise Undecided("whether there is an equilibrium on this support")
        y = [middle + entry for middle, entry in zip(y, moved, strict=True)]
    U = field.drift(y, BALLS)
    length = sqrt(sum((u * u for u in U), ball(0)))
    direction = [u / length for u in U]
    if not all(u.rad() * (2 << needed) < 1 for u in direction):
        raise Undecided("the direction to that many digits")
    cost, slack = _complementarity(field, U)
    return Enclosure(direction, _weights(field, y), cost, slack, y, half, _stability(field, jacobian))


def _newton(field: BallField, Y: arb_mat, y: list[Ball]) -> tuple[list[Ball], Ball]:
    """Newton's method with a fixed inverse Y until steps no longer shrink: y, and a bound on the last step."""
    size = None
    while True:
        step = times(Y, field.residual(y, BALLS))
        bound = smallest([-s.abs_upper() for s in step])
        if size is not None and compare(-bound * 2, size) is not Order.LESS:
            return y, size
        if compare(-bound, ball(LONGEST_STEP)) is not Order.LESS:
            raise Undecided("where Newton's method leads")
        y = [(middle - s).mid() for middle, s in zip(y, step, strict=True)]
        size = -bound


def _jacobian(field: BallField, y: Sequence[Ball]) -> arb_mat:
    """dH/dy over the balls, (r, r)."""
    return matrix(slopes(field.residual(variables(y), DUALS), len(y)))


def _complementarity(field: BallField, U: Sequence[Ball]) -> tuple[Ball, Ball | None]:
    """The support's cost, shown to be positive, and the least relative excess, shown to be positive."""
    rows, zero = field.data.rows, ball(0)
    own = [dot(rows[int(level.rows[0])], U, zero) for level in field.levels]
    population = populations(field.opt, field.data.n)
    if population is not None:
        if not all(compare(cost, zero) is Order.GREATER for cost in own):
            raise Undecided("whether the cost in each batch is positive")
        weighty = {int(i) for level in field.levels for i in level.rows}
        gaps = [dot(row, U, zero) - own[population[i]] for i, row in enumerate(rows) if i not in weighty]
        return _least_excess(smallest(own), gaps)
    if compare(own[0], zero) is not Order.GREATER:
        raise Undecided("whether the common cost is positive")
    level_of = {int(i): depth for depth, level in enumerate(field.levels) for i in level.rows}
    decided_by = {int(k): depth for depth, level in enumerate(field.levels) for k in level.coordinates}
    excess = [own[depth] - own[depth - 1] for depth in range(1, len(own))]
    for i, row in enumerate(rows):
        if i not in level_of:
            depths = [decided_by[k] for k, x in enumerate(row) if x and k in decided_by]
            deepest = max(depths, default=0)  # exact: depths are integers
            excess.append(dot(row, U, zero) - own[deepest])
    return _least_excess(own[0], excess)


def _least_excess(cost: Ball, excess: Sequence[Ball]) -> tuple[Ball, Ball | None]:
    """The cost, and the least excess as a share of it, all shown to be positive."""
    if not all(compare(e, ball(0)) is Order.GREATER for e in excess):
        raise Undecided("whether a row off the support costs more than those on it")
    return cost, smallest(excess) / cost if excess else None


def _weights(field: BallField, y: Sequence[Ball]) -> list[Ball]:
    """c (N), of sum 1: weight on the first level only, or as much on each population."""
    c = field.weights(y, BALLS)
    if populations(field.opt, field.data.n) is not None:
        weights = [ball(0)] * field.data.n
        for level in field.levels:
            part = sum((c[int(i)] for i in level.rows), ball(0)) * len(field.levels)
            for i in level.rows:
                weights[int(i)] = c[int(i)] / part
        return weights
    first = {int(i) for i in field.levels[0].rows}
    total = sum((c[i] for i in first), ball(0))
    return [c[i] / total if i in first else ball(0) for i in range(field.data.n)]


def _stability(field: BallField, jacobian: arb_mat | None) -> Stability:
    """From the signs of the eigenvalues' real parts on the support; off it they are minus the excess."""
    if jacobian is None:
        return "attracting"
    try:
        unstable = unstable_count(jacobian)
    except Undecided:
        return "undetermined"
    if unstable == 0:
        return "attracting"
    every_row = sum(len(level.rows) for level in field.levels) == field.data.n
    return "repelling" if every_row and unstable == jacobian.nrows() else "saddle"

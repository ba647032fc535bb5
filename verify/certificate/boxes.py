"""Obligations of the box kinds: one equilibrium of a margin game, and only one, near a rational point.

c is an equilibrium if F_i(c) = min_j F_j(c) > 0 wherever c_i > 0. On the face of the claim's support this is
H(c) = (sum_i c_i - 1, F_i(c) - F_s(c) for i in the support, i != s) = 0. Krawczyk's test: if

    K = -Y H(m) + (I - Y H'(box)) (box - m)   lies inside   box - m

for some matrix Y, then H has one zero in the box and no other. Rows off the support cost strictly more
everywhere in the box, so no equilibrium in the box gives them weight.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import chain

from flint import arb, arb_mat

from verify.certificate.data import Data
from verify.certificate.effort import operation, spend, within
from verify.certificate.field import Costs, Game, costs
from verify.certificate.kind import Fields
from verify.certificate.reading import Vector, whole
from verify.certificate.refusal import Refused, require
from verify.errors import Undecided
from verify.numbers.systems.balls import Ball, around, ball, bits, matrix, precision, sqrt

# What is not shown at four precisions, each twice the one before, is refused.
CLIMBS = 4

# Of data, centers and radii, in bits; doubles have at most 1074.
LONGEST = 1 << 13


def at_rising_precision(check: Callable[[], None], first: int) -> None:
    """Run a check at ``first`` bits and then at more, until it passes; the last refusal stands."""
    for climb in range(CLIMBS):
        try:
            with precision(first << climb):
                return check()
        except Refused as refusal:
            if refusal.obligation == "effort":
                raise
            last = refusal
        except (Undecided, ZeroDivisionError) as reason:
            last = Refused("precision", str(reason))
    raise last


def first_bits(radius: Fraction) -> int:
    """A precision to begin with: a radius of 2^-b needs some more than b bits to be told from rounding."""
    return 64 + 2 * radius.denominator.bit_length()


def require_short(data: Data, *points: Fields) -> None:
    """Numbers become balls again and again: none may be so long that this is what the time goes to."""
    ratios = [*chain.from_iterable(data.ratios)]
    for point in points:
        ratios += [
            number.as_integer_ratio() for number in (*point["center"], *point["direction"], point["radius"])
        ]
    longest = max(max(p.bit_length(), q.bit_length()) for p, q in ratios)
    within(longest, LONGEST, f"a number of {longest} bits where balls are made of it")


def check_center(center: Vector, radius: Fraction) -> None:
    """The center is in the simplex, and its support keeps positive weight throughout the box."""
    c, unit = whole(center)
    require(sum(c) == unit, "box", "the center does not sum to 1")
    for i, weight in enumerate(center):
        require(weight == 0 or weight > radius, "box", f"weight {i} is not 0, and may be 0 in the box")


def check_box(data: Data, game: Game, claim: Fields) -> None:
    """Existence, uniqueness, slack and direction, at the present precision."""
    center, size = [ball(c) for c in claim["center"]], ball(claim["radius"])
    support, box = box_of(claim)
    held = set(support)
    spend(len(support) ** 3 * operation(bits()), "Krawczyk's test")
    exact = costs(game, data.rows, center)
    inside = costs(game, data.rows, box, support)
    krawczyk(support, exact, inside, size)
    # Off the support weights run from 0 to the radius.
    half = size / 2
    wide = [c if i in held else around(half, half) for i, c in enumerate(box)]
    everywhere = costs(game, data.rows, wide).costs
    base = everywhere[support[0]]
    require(base > 0, "cost-positive", "the common cost is not shown to be positive")
    for i in sorted(set(range(data.n)) - held):
        require(
            everywhere[i] > base, "costs-least", f"F_{i} is not shown to exceed the common cost in the box"
        )
    check_direction(inside, claim)


def box_of(claim: Fields) -> tuple[list[int], list[Ball]]:
    """The support, and the box: on it weights within the radius of the center, 0 elsewhere."""
    size = ball(claim["radius"])
    return [i for i, c in enumerate(claim["center"]) if c], [
        around(ball(c), size) if c else ball(0) for c in claim["center"]
    ]


def krawczyk(support: list[int], exact: Costs, inside: Costs, size: arb) -> None:
    """Krawczyk's test on the face: ``exact`` at the center, ``inside`` with derivatives over the box."""
    first, *others = support
    values = [ball(0)] + [exact.costs[i] - exact.costs[first] for i in others]
    jacobian = matrix(
        [[ball(1)] * len(support)]
        + [[inside.slopes[i][l] - inside.slopes[first][l] for l in support] for i in others]
    )
    for i, entry in zip(support, krawczyk_image(values, jacobian, size), strict=True):
        require(abs(entry) < size, "one-zero", f"Krawczyk's image leaves the box in weight {i}")


def krawczyk_image(values: list[Ball], jacobian: arb_mat, size: arb) -> list[Ball]:
    """K of the test above, for H(m) = ``values`` and H' over the box of half-width ``size``."""
    try:
        inverse = matrix([[e.mid() for e in row] for row in jacobian.tolist()]).inv()
    except ZeroDivisionError:
        raise Refused("one-zero", "the Jacobian at the center is not shown to be regular") from None
    inverse = matrix([[e.mid() for e in row] for row in inverse.tolist()])
    unit = range(len(values))
    identity = matrix([[ball(int(i == j)) for j in unit] for i in unit])
    spread = matrix([[around(ball(0), size)] for _ in unit])
    image = (identity - inverse * jacobian) * spread - inverse * matrix([[v] for v in values])
    return [row[0] for row in image.tolist()]


def check_direction(inside: Costs, claim: Fields) -> None:
    """U, scaled to l2 norm 1, is within ``direction_radius`` of ``direction`` in l2 norm, all over the box."""
    length = sqrt(sum((u * u for u in inside.drift), ball(0)))
    gaps = [u / length - ball(v) for u, v in zip(inside.drift, claim["direction"], strict=True)]
    squared = sum((gap * gap for gap in gaps), ball(0))
    limit = ball(claim["direction_radius"])
    require(squared < limit * limit, "direction", "the drift is not shown to be that close to the direction")

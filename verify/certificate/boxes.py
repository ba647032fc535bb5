"""Obligations of the box kinds: one equilibrium of a margin game, and only one, near a rational point.

c is an equilibrium if F_i(c) = min_j F_j(c) > 0 wherever c_i > 0. On the face of the claim's support this is
H(c) = (sum_i c_i - 1, F_i(c) - F_s(c) for i in the support, i != s) = 0, which has one zero in the box and no other by
Krawczyk's test (`verify.certificate.krawczyk`). Rows off the support cost strictly more everywhere in the box, so no
equilibrium in the box gives them weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import chain

from verify.certificate.data import Data
from verify.certificate.effort import operation, spend, within
from verify.certificate.field import Game, costs
from verify.certificate.kind import Fields
from verify.certificate.krawczyk import require_one_zero
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
    """The numbers of data, and of points with one radius, are short enough to be made balls
    (``require_short_numbers``)."""
    numbers = ((*point["center"], *point["direction"], point["radius"]) for point in points)
    require_short_numbers(*data.rows, *numbers)


def require_short_numbers(*numbers: Iterable[Fraction]) -> None:
    """Numbers become balls again and again: none may be so long that this is what the time goes to."""
    ratios = (number.as_integer_ratio() for number in chain.from_iterable(numbers))
    longest = max(max(p.bit_length(), q.bit_length()) for p, q in ratios)
    within(longest, LONGEST, f"a number of {longest} bits where balls are made of it")


def require_apart(points: Sequence[Fields]) -> None:
    """No two points may be the same."""
    for i, point in enumerate(points):
        spend(2 * i * len(point["center"]), "telling the points apart")
        for other in points[:i]:
            apart = point["radius"] + other["radius"]
            gaps = (abs(a - b) for a, b in zip(point["center"], other["center"], strict=True))
            require(any(gap > apart for gap in gaps), "distinct", f"point {i} may be another of the points")


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
    exact = costs(game, data.rows, center).costs
    inside = costs(game, data.rows, box, support)
    first, *others = support
    values = [ball(0), *(exact[i] - exact[first] for i in others)]
    slopes = [[inside.slopes[i][l] - inside.slopes[first][l] for l in support] for i in others]
    jacobian = matrix([[ball(1)] * len(support), *slopes])
    require_one_zero(values, jacobian, [size] * len(support), [f"weight {i}" for i in support])
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
    require_direction(inside.drift, claim, "the drift is not shown to be that close to the direction")


def box_of(claim: Fields) -> tuple[list[int], list[Ball]]:
    """The support, and the box: on it weights within the radius of the center, 0 elsewhere."""
    size = ball(claim["radius"])
    return [i for i, c in enumerate(claim["center"]) if c], [
        around(ball(c), size) if c else ball(0) for c in claim["center"]
    ]


def require_direction(along: Sequence[Ball], point: Fields, why: str) -> None:
    """A vector, scaled to l2 norm 1, is within ``direction_radius`` of ``direction`` in l2 norm, all over the box."""
    length = sqrt(sum((u * u for u in along), ball(0)))
    gaps = [u / length - ball(v) for u, v in zip(along, point["direction"], strict=True)]
    squared = sum((gap * gap for gap in gaps), ball(0))
    limit = ball(point["direction_radius"])
    require(squared < limit * limit, "direction", why)

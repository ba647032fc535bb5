"""Fixed points of the checker's maps of an epoch: polished in balls by Newton's method, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from verify.certificate.duals import Value, lifted
from verify.certificate.spectrum import spectral_radius
from verify.certificate.waves import jacobian, variables
from verify.errors import Undecided
from verify.numbers.systems.balls import Ball, ball, bounds, fraction, identity, matrix, precision, sqrt

# Newton's method begins with some ten digits and doubles them; it has 2.5 times the bits that are asked for.
STEPS = 12

# The claim's bounds on the spectral radius are wider by this share than what was found: the checker's balls need not be
# as tight.
ROOM = Fraction(1, 2**30)

Map = Callable[[Sequence[Value]], Sequence[Value]]


def polished(epoch: Map, start: Sequence[Fraction], close: int, kept: int, lost: str) -> list[Fraction]:
    """A fixed point, by Newton's method until no entry moves by more than 2^-close of itself; entries have ``kept``
    bits. Raises Undecided, with the words ``lost`` where it does not come so near."""
    center = list(start)
    for _ in range(STEPS if center else 0):
        after = epoch(variables([ball(c) for c in center]))
        gaps = matrix([[lifted(value).value - ball(c)] for value, c in zip(after, center, strict=True)])
        try:
            steps = [
                s for (s,) in (jacobian(after, len(center)) - identity(len(center))).solve(gaps).tolist()
            ]
        except ZeroDivisionError:
            raise Undecided("whether 1 is an eigenvalue of the epoch map") from None
        center = [short(ball(c) - s, kept) for c, s in zip(center, steps, strict=True)]
        left = (abs(fraction(s.mid())) / (abs(c) or 1) for s, c in zip(steps, center, strict=True))
        if max(left) < Fraction(1, 1 << close):
            return center
    if not center:
        return center
    raise Undecided(lost)


def followed(
    at: Callable[[Fraction], Map], start: Sequence[Fraction], smallest: Fraction, *limits: Any
) -> list[Fraction]:
    """The fixed point of the map at the whole step size, from one for vanishing steps: at shares of the step that rise
    by steps of their own size, none below ``smallest``. Raises Undecided where it is lost; ``limits`` are those of
    ``polished``."""
    share, growth, center = Fraction(0), Fraction(1), list(start)
    while share < 1:
        there = min(share + growth, Fraction(1))
        try:
            center, share = polished(at(there), center, *limits), there
            growth *= 2
        except Undecided:
            growth /= 4
            if growth < smallest * max(share, smallest):
                raise
    return center


def direction_fields(direction: Sequence[Ball], bits: int) -> dict[str, Any]:
    """What a certificate says of a direction in a box of relative size 2^-bits."""
    middle = [short(u, bits + 20) for u in direction]
    gaps = [u - ball(v) for u, v in zip(direction, middle, strict=True)]
    off = sqrt(ball(bounds(sum((gap * gap for gap in gaps), ball(0)))[1]))
    return {"direction": middle, "direction_radius": 2 * short(off, 30) + Fraction(1, 1 << bits)}


def spectral_fields(slopes: Any) -> dict[str, Any]:
    """What it says of the spectral radius of the map's derivative."""
    low, high = spectral_radius(slopes)
    lowest = short(low.lower() * ball(1 - ROOM), 60)
    return {
        "spectral_low": max(lowest, Fraction(0)),
        "spectral_high": short(high.upper() * ball(1 + ROOM), 60),
    }


def short(value: Ball, bits: int) -> Fraction:
    """The middle of a ball, to so many bits."""
    with precision(bits):
        return fraction((value + ball(0)).mid())

"""The least loss in the box |w_k| <= 1/lambda: full-batch sign methods with decoupled weight decay rest there.

The loss is sum_i l(x_i.w), where -l'(z) = exp(q(z)). A convex loss is least where in each coordinate its gradient
vanishes, or pushes w outwards on the boundary. Where Krawczyk's test shows that the free coordinates have one zero in
their box, and the others are held strictly all over it, that minimum is the only one: all minima of a convex loss have
one gradient, so that the others are held at them too, and they fill a segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from functools import partial

from verify.certificate.boxes import at_rising_precision, first_bits, require_direction, require_short
from verify.certificate.data import Data
from verify.certificate.duals import FUNCTIONS, Value, exponential, lifted, plus, times
from verify.certificate.effort import exponential as exponentials
from verify.certificate.effort import operation, spend
from verify.certificate.kind import Fields, Kind, Readers, direction_fields
from verify.certificate.kinds.run import require_weight
from verify.certificate.phrases import exactly, weight_formula
from verify.certificate.program import Line, read_lines
from verify.certificate.reading import Vector, between, fraction, many
from verify.certificate.refusal import require
from verify.certificate.waves import jacobian, require_one_fixed, total, variables
from verify.certificate.weight import log_weight, log_weight_of
from verify.errors import Undecided
from verify.numbers.systems.balls import Ball, around, ball, bits, precision

# The slope of q is looked at in pieces of margins, halved until they are this short, at so many bits.
SHORTEST, BITS = Fraction(1, 4), 128


def held(center: Vector, decay: Fraction) -> list[bool]:
    """Which coordinates are on the boundary of the box."""
    return [abs(entry) * decay == 1 for entry in center]


def push(
    rows: Sequence[Sequence[Fraction]], loss: Sequence[Line], w: Sequence[Value], unit: Ball
) -> list[Value]:
    """Minus the gradient of the loss at w, in balls or in balls with derivatives, times exp(-unit)."""
    X = [[ball(x) for x in line] for line in rows]
    margins = [total([times(a, x) for a, x in zip(w, line, strict=True)]) for line in X]
    weights = [exponential(plus(log_weight_of(loss, z), -unit)) for z in margins]
    return [total([times(c, line[k]) for c, line in zip(weights, X, strict=True)]) for k in range(len(w))]


def unit_at(rows: Sequence[Sequence[Fraction]], loss: Sequence[Line], center: Vector) -> Ball:
    """The logarithm of the largest weight at a point, or some number near it."""
    margins = [ball(sum((a * x for a, x in zip(center, line, strict=True)), Fraction(0))) for line in rows]
    logs = [lifted(log_weight_of(loss, z)).value.mid() for z in margins]
    return max(logs, key=float)  # exact: any of them would do


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """The box, convexity, and the conditions of a minimum."""
    decay, center, radius = claim["weight_decay"], claim["center"], claim["radius"]
    require(data.owned == 1, "classes", "weight decay on several classes is not checked")
    require_weight(claim["loss"], FUNCTIONS)
    require_short(data, claim)
    for entry, on in zip(center, held(center, decay), strict=True):
        require(on or (abs(entry) + radius) * decay < 1, "box", "a free entry is not inside |w_k| <= 1/decay")
    with precision(BITS):
        require_convex(claim["loss"], max(sum(map(abs, row), Fraction(0)) for row in data.rows) / decay)
    at_rising_precision(partial(check_minimum, data, claim), first_bits(radius))


def require_convex(loss: Sequence[Line], reach: Fraction) -> None:
    """The slope of q is not positive at any margin up to ``reach``: weights do not rise."""
    pieces = [(-reach, reach)]
    while pieces:
        low, high = pieces.pop()
        spend(2 * len(loss) * operation(bits()) + 2 * exponentials(bits()), "whether the loss is convex")
        with suppress(Undecided, ZeroDivisionError):
            if log_weight(loss, around(ball((low + high) / 2), ball((high - low) / 2)))[1] <= 0:
                continue
        if high - low > SHORTEST:
            pieces += [(low, (low + high) / 2), ((low + high) / 2, high)]
        else:
            require(False, "convex", f"the weight is not shown to fall at margins near {float(low):.6g}")


def check_minimum(data: Data, claim: Fields) -> None:
    """The free coordinates have one zero of the gradient in the box, the others are held, and the direction."""
    center, on = claim["center"], held(claim["center"], claim["weight_decay"])
    free = [k for k, fixed in enumerate(on) if not fixed]
    spend(2 * data.n * (data.d * operation(bits()) + exponentials(bits())) * (1 + len(free)), "the gradient")
    unit, size = unit_at(data.rows, claim["loss"], center), ball(claim["radius"])

    def at(w: Sequence[Value]) -> list[Value]:
        """What pushes w, its free entries given."""
        given = dict(zip(free, w, strict=True))
        return push(data.rows, claim["loss"], [given.get(k, ball(x)) for k, x in enumerate(center)], unit)

    inner = [ball(center[k]) for k in free]
    inside = at(variables([around(entry, size) for entry in inner]))
    moved = [plus(entry, at(inner)[k]) for k, entry in zip(free, inner, strict=True)]
    turn = jacobian([plus(z, inside[k]) for k, z in zip(free, variables(inner), strict=True)], len(free))
    if free:
        require_one_fixed(moved, turn, inner, [size] * len(free))
    for k, fixed in enumerate(on):
        outwards = lifted(inside[k]).value * ball(1 if center[k] > 0 else -1)
        require(not fixed or bool(outwards > 0), "held", f"w[{k}] is not shown to be held on the boundary")
    w = [around(ball(entry), size) for entry in center]
    require_direction(w, claim, "w is not shown to be that close to the direction")


def fields(n: int, d: int) -> Readers:
    """Loss and decay, and the box of the minimum."""
    return {
        "loss": read_lines,
        "weight_decay": between(0, None, "()"),
        "center": many(fraction, d),
        "radius": between(0, 1, "(]"),
        **direction_fields(d),
    }


def statement(claim: Fields) -> str:
    """The problem, and where its solution is."""
    return (
        f"sum_j l(x_j.w), where -l'(z) = exp(q) for {weight_formula(claim['loss'])}, is convex and has one and only "
        f"one minimum over all w with |w_k| ({exactly(claim['weight_decay'])}) <= 1 in each entry: entries of the "
        "claim's center on this boundary are its own, the others are within radius of its own; at l2 norm 1 it is "
        "within direction_radius of the direction"
    )


KIND = Kind(claim=fields, statement=statement, check=check)

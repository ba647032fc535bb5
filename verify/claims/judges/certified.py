"""What can be certified of a hit: the equilibria of games, max margins, and bounds of margins in rationals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from properties import Case, Confirmed, named
from verify.data import Dataset
from verify.errors import Undecided
from verify.evidence import Verdict
from verify.game import Limit, Prediction, predict
from verify.game.smooth.certify import equilibria_certificate
from verify.margins import Margin, Norm, max_margin
from verify.margins.certify import margin_certificate
from verify.numbers.systems.balls import Dyadic, around, ball, bounds, precision
from verify.optimizers import Optimizer

Vector = tuple[Fraction, ...]


@dataclass(frozen=True)
class Box:
    """A direction of l2 norm 1 within ``radius`` of ``center`` (d) in l2 norm."""

    center: Vector
    radius: Fraction


def equilibria(
    data: Dataset, opt: Optimizer, name: str, found: Confirmed, starts: int | None = None
) -> tuple[Prediction, list[Box]]:
    """All equilibria of an optimizer's game, with the certificate that there is no other, and which attract.

    ``starts`` of flows, as for ``predict``: none where they would go round."""
    prediction = predict(data, opt, starts=starts)
    if not prediction.limits or any(x.evidence is not Verdict.CERTIFIED for x in prediction.limits):
        raise Undecided(f"the equilibria of the game of {named(opt, data)}")
    limits = prediction.limits
    document = equilibria_certificate(
        data,
        opt,
        [limit.weights.tolist() for limit in limits],
        stability=[limit.stability for limit in limits],
    )
    found.certify(name, document, data)
    boxes = [
        Box(tuple(map(Fraction, point["direction"])), Fraction(point["direction_radius"]))
        for point in document["claim"]["points"]
    ]
    kinds = ", ".join(
        f"c = ({', '.join(f'{c:.4g}' for c in limit.weights)}) {limit.stability}" for limit in limits
    )
    found.add(Verdict.CERTIFIED, named(opt, data), f"the game has these equilibria and no other: {kinds}")
    return prediction, boxes


def margin(data: Dataset, norm: Norm, found: Confirmed) -> Margin:
    """The exact max margin, with its certificate."""
    largest = max_margin(data, norm)
    found.certify(f"margin-{norm}", margin_certificate(largest), data)
    return largest


def _dot(x: Vector, u: Vector) -> Fraction:
    return sum((a * b for a, b in zip(x, u, strict=True)), Fraction(0))


def most_margin(rows: tuple[Vector, ...], center: Vector, radius: Vector, norm: Norm) -> Fraction:
    """An upper bound, over all u with |u_k - center_k| <= radius_k, of the margin min_i x_i.u / ||u||; for l2
    of its square with its sign."""
    most = min(_dot(x, center) + _dot(tuple(map(abs, x)), radius) for x in rows)
    ends = [(max(abs(u) - r, Fraction(0)), abs(u) + r) for u, r in zip(center, radius, strict=True)]
    sizes = [low if most >= 0 else high for low, high in ends]
    size = max(sizes) if norm == "linf" else sum((size * size for size in sizes), Fraction(0))
    if size <= 0:
        raise Undecided("whether the direction is zero")
    return (most if norm == "linf" else most * abs(most)) / size


def share_of(largest: Margin, bound: Fraction) -> float:
    """A bound from ``most_margin`` relative to the largest margin."""
    share = float(bound / largest.value)
    return math.copysign(abs(share) ** 0.5, share) if largest.norm == "l2" else share


def above(share: float) -> str:
    """A decimal that is surely not below the number."""
    return f"{share + 1e-6:.6f}"


def apart(first: list[Box], second: list[Box]) -> float:
    """The least 1 - cos between two directions, one in a box of each list; Undecided if some may agree."""
    least = 2.0
    for a in first:
        for b in second:
            gap = sum(((x - y) ** 2 for x, y in zip(a.center, b.center, strict=True)), Fraction(0))
            if gap <= (a.radius + b.radius) ** 2:
                raise Undecided("whether the two have a direction in common")
            least = min(least, float(gap) / 2)
    return least


def distance(data: Dataset, center: Vector, radius: Vector, limit: Limit) -> float:
    """An upper bound, over all w with |w_k - center_k| <= radius_k, of the total variation between c, which is
    proportional to exp(-x_i.w), and the weights of a limit (which floats round by 1e-16)."""
    with precision(128):
        w = [around(ball(entry), ball(r)) for entry, r in zip(center, radius, strict=True)]
        z = [sum((ball(x) * entry for x, entry in zip(row, w, strict=True)), ball(0)) for row in data.rows]
        shares = [(z[0] - each).exp() for each in z]
        total = sum(shares, ball(0))
        limits = [ball(Dyadic(float(c))) for c in limit.weights]
        gaps = [abs(share / total - c) for share, c in zip(shares, limits, strict=True)]
        return math.nextafter(float(bounds(sum(gaps, ball(0)) / 2)[1]), math.inf)


def tell_apart(one: list[Box], other: list[Box], case: Case, found: Confirmed) -> None:
    """Two lists of directions have none in common; Undecided if they may."""
    found.add(
        Verdict.CERTIFIED, case.data.name,
        f"no direction of the one is one of the other: 1 - cos is about {apart(one, other):.2e} at least",
    )  # fmt: skip

"""Where decoupled weight decay balances the mean update: lambda w = U(c(w)), each solution in a box.

c_i(w) = -l'(x_i.w) is the weight of sample i in the loss. Krawczyk's test (`verify.certificate.boxes`) is made of
H(w) = lambda w - U(c(w)), whose derivative is lambda - sum_l dU/dc_l (dc_l/dz_l) x_l.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Protocol

from flint import arb_mat

from verify.certificate.boxes import at_rising_precision, first_bits, krawczyk_image, require_short
from verify.certificate.cover import require_all
from verify.certificate.data import Data
from verify.certificate.duals import ZERO
from verify.certificate.effort import exponential, operation, spend
from verify.certificate.field import Balls, Samples, costs, game_of
from verify.certificate.kind import MOST_POINTS, Fields, Kind, Readers, game_fields
from verify.certificate.kinds.run import require_weight
from verify.certificate.kinds.stability import OPEN, WORDS
from verify.certificate.phrases import carried, exactly
from verify.certificate.program import Line, formulas, loss_alone, read_lines
from verify.certificate.reading import between, fraction, many, record, word
from verify.certificate.refusal import Refused, require
from verify.certificate.rule import require_forgetting, require_periodic
from verify.certificate.spectrum import unstable_count
from verify.certificate.weight import FUNCTIONS, OWNED, SOFTPLUS, log_weight
from verify.numbers.systems.balls import Ball, around, ball, bits, log, matrix, sqrt


class Rows(Samples, Protocol):
    """The rows of data (N, d) too."""

    @property
    def rows(self) -> Sequence[Sequence[Fraction]]:
        """Each row, exactly."""


@dataclass(frozen=True)
class At:
    """U (d) at every w in a box, and dU/dw (d, d) if it was asked for."""

    drift: Balls
    turn: arb_mat


def update_at(data: Rows, claim: Fields, w: Balls, turning: bool = True) -> At:
    """U and its derivative by w, for all w in the balls."""
    rows, n, d = data.rows, data.n, len(w)
    spend(n * (d * operation(bits()) + 4 * exponential(bits())), "the weights of the samples")
    X = [[ball(x) for x in row] for row in rows]
    z = [sum((x * y for x, y in zip(row, w, strict=True)), ZERO) for row in X]
    logs, ways = zip(*row_weights(claim["loss"], z, X, data.owned), strict=True)
    c = [value.exp() for value in logs]
    found = costs(game_of(claim, data), rows, c, range(n) if turning else ())
    if not turning:
        return At(found.drift, matrix([]))
    spend(n * d**2 * operation(bits()), "the derivative of U")
    by_log = [[t * weight for t, weight in zip(row, c, strict=True)] for row in found.turning]
    return At(found.drift, matrix(by_log) * matrix(ways))


def row_weights(
    loss: Sequence[Line], z: Balls, X: Sequence[Balls], owned: int
) -> Iterator[tuple[Ball, Balls]]:
    """The logarithm of the weight of each row, and its derivative by w (d), from the margins z (N)."""
    for first in range(0, len(z), owned):
        own = range(first, first + owned)
        if owned == 1:
            value, slope = log_weight(loss, z[first])
            yield value, [slope * x for x in X[first]]
            continue
        parts = [(-z[i]).exp() for i in own]
        together = sum(parts, ZERO)
        soft = -log(together)
        value, slope = log_weight(loss, soft)
        mean = [
            sum((p * X[i][k] for p, i in zip(parts, own, strict=True)), ZERO) for k in range(len(X[first]))
        ]
        by_soft = (slope + 1) / together
        for i in own:
            yield value + soft - z[i], [by_soft * m - x for m, x in zip(mean, X[i], strict=True)]


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """Each box, and that they are different; where they are said to be all, that there are no others."""
    points = claim["points"]
    if data.owned > 1 and claim["complete"] == "yes":
        raise Refused("classes", "of several classes no list is shown to be complete")
    require_weight(claim["loss"], FUNCTIONS)
    (require_periodic if claim["complete"] == "yes" else require_forgetting)(claim["rule"])
    require_short(data, *points)
    for i, point in enumerate(points):
        at_rising_precision(partial(check_point, data, claim, i), first_bits(point["radius"]))
        spend(2 * i * data.d, "telling the points apart")
        for other in points[:i]:
            apart = point["radius"] + other["radius"]
            gaps = (abs(a - b) for a, b in zip(point["center"], other["center"], strict=True))
            require(any(gap > apart for gap in gaps), "distinct", f"point {i} may be another of the points")
    if claim["complete"] == "yes":
        require_all(data, claim)


def check_point(data: Data, claim: Fields, number: int) -> None:
    """One solution in the box, and no other; its direction; the signs of the eigenvalues there."""
    point, decay, d = claim["points"][number], ball(claim["weight_decay"]), data.d
    center, size = [ball(entry) for entry in point["center"]], ball(point["radius"])
    exact = update_at(data, claim, center, turning=False)
    inside = update_at(data, claim, [around(entry, size) for entry in center])
    values = [decay * entry - u for entry, u in zip(center, exact.drift, strict=True)]
    identity = matrix([[ball(int(i == j)) for j in range(d)] for i in range(d)])
    flow = inside.turn - identity * decay
    spend(d**3 * operation(bits()), "Krawczyk's test")
    for k, entry in enumerate(krawczyk_image(values, -flow, size)):
        require(abs(entry) < size, "one-zero", f"point {number}: Krawczyk's image leaves the box in w[{k}]")
    check_direction(point, number)
    if point["stability"] != OPEN:
        unstable = unstable_count(flow)
        found = "attracting" if not unstable else "repelling" if unstable == d else "saddle"
        require(
            found == point["stability"], "stability", f"point {number} is {found}, not {point['stability']}"
        )


def check_direction(point: Fields, number: int) -> None:
    """w at l2 norm 1 is within ``direction_radius`` of ``direction``, all over the box."""
    size = ball(point["radius"])
    w = [around(ball(entry), size) for entry in point["center"]]
    length = sqrt(sum((entry * entry for entry in w), ZERO))
    gaps = [entry / length - ball(v) for entry, v in zip(w, point["direction"], strict=True)]
    limit = ball(point["direction_radius"])
    require(
        sum((gap * gap for gap in gaps), ZERO) < limit * limit,
        "direction",
        f"point {number}: w is not shown to be that close to the direction",
    )


def fields(n: int, d: int) -> Readers:
    """Rule, loss and decay, and a list of boxes."""
    point: Readers = {
        "center": many(fraction, d),
        "radius": between(0, 1, "(]"),
        "direction": many(between(-2, 2), d),
        "direction_radius": between(0, 2, "(]"),
        "stability": word(*WORDS),
    }
    return game_fields(n) | {
        "loss": read_lines,
        "weight_decay": between(0, None, "()"),
        "complete": word("yes", "no"),
        "points": many(lambda value, where: record(value, where, point), most=MOST_POINTS),
    }


def statement(claim: Fields) -> str:
    """The equation with all conventions, and how many solutions it has."""
    count, decay = len(claim["points"]), exactly(claim["weight_decay"])
    log = formulas(loss_alone(claim["loss"]), exactly, "q")
    soft = f", {SOFTPLUS}" if any(line.op == "softplus" for line in claim["loss"]) else ""
    said = ", ".join(f"{i} {point['stability']}" for i, point in enumerate(claim["points"])) or "none"
    others = "and there are no other solutions" if claim["complete"] == "yes" else "nothing is said of others"
    return (
        f"in each of the claim's {count} boxes, all w with each entry within radius of that of the center, there is "
        f"one and only one solution of w ({decay}) = U(c(w)), c_j(w) = exp(q) for {log}{soft}, z = x_j.w{OWNED}, "
        f"{others}; at l2 norm 1 it is within direction_radius of the box's direction; of the linearization there of "
        f"the flow dw/dtau = U(c(w)) - ({decay}) w all eigenvalues have negative real part (attracting), or all have "
        "positive (repelling), or some have and none vanishes (saddle), or nothing is said (open), point by point: "
        f"{said}; where {carried(claim['rule'], claim['batch_size'])}"
    )


KIND = Kind(claim=fields, statement=statement, check=check)

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

from verify.certificate.boxes import (
    at_rising_precision,
    first_bits,
    require_apart,
    require_direction,
    require_short,
)
from verify.certificate.cover import require_all
from verify.certificate.data import Data
from verify.certificate.duals import FUNCTIONS, ZERO
from verify.certificate.effort import exponential, operation, spend
from verify.certificate.field import Balls, Samples, costs, game_of
from verify.certificate.kind import Fields, Kind, Readers, direction_fields, game_fields, listed
from verify.certificate.kinds.run import require_weight
from verify.certificate.kinds.stability import OPEN, WORDS
from verify.certificate.krawczyk import require_one_zero
from verify.certificate.phrases import OWNED, carried, exactly, weight_formula, words_for
from verify.certificate.program import Line, read_lines
from verify.certificate.reading import between, fraction, many, word
from verify.certificate.refusal import Refused, require
from verify.certificate.rule import require_forgetting, require_periodic
from verify.certificate.spectrum import unstable_count
from verify.certificate.weight import log_weight
from verify.numbers.systems.balls import Ball, around, ball, bits, identity, log, matrix


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
    require_apart(points)
    if claim["complete"] == "yes":
        require_all(data, claim)


def check_point(data: Data, claim: Fields, number: int) -> None:
    """One solution in the box, and no other; its direction; the signs of the eigenvalues there."""
    point, decay, d = claim["points"][number], ball(claim["weight_decay"]), data.d
    center, size = [ball(entry) for entry in point["center"]], ball(point["radius"])
    exact = update_at(data, claim, center, turning=False)
    box = [around(entry, size) for entry in center]
    values = [decay * entry - u for entry, u in zip(center, exact.drift, strict=True)]
    flow = update_at(data, claim, box).turn - identity(d) * decay
    spend(d**3 * operation(bits()), "Krawczyk's test")
    require_one_zero(values, -flow, [size] * d, [f"w[{k}] of point {number}" for k in range(d)])
    require_direction(box, point, f"point {number}: w is not shown to be that close to the direction")
    if point["stability"] != OPEN:
        unstable = unstable_count(flow)
        found = "attracting" if not unstable else "repelling" if unstable == d else "saddle"
        require(
            found == point["stability"], "stability", f"point {number} is {found}, not {point['stability']}"
        )


def fields(n: int, d: int) -> Readers:
    """Rule, loss and decay, and a list of boxes."""
    point: Readers = {
        "center": many(fraction, d),
        "radius": between(0, 1, "(]"),
        **direction_fields(d),
        "stability": word(*WORDS),
    }
    return game_fields(n) | {
        "loss": read_lines,
        "weight_decay": between(0, None, "()"),
        "complete": word("yes", "no"),
        "points": listed(point),
    }


def statement(claim: Fields) -> str:
    """The equation with all conventions, and how many solutions it has."""
    count, decay = len(claim["points"]), exactly(claim["weight_decay"])
    others = "and there are no other solutions" if claim["complete"] == "yes" else "nothing is said of others"
    return (
        f"in each of the claim's {count} boxes, all w with each entry within radius of that of the center, there is "
        f"one and only one solution of w ({decay}) = U(c(w)), c_j(w) = exp(q) for {weight_formula(claim['loss'])}, "
        f"z = x_j.w{OWNED}, {others}; at l2 norm 1 it is within direction_radius of the box's direction; of the "
        f"linearization there of the flow dw/dtau = U(c(w)) - ({decay}) w all eigenvalues have negative real part "
        "(attracting), or all have "
        "positive (repelling), or some have and none vanishes (saddle), or nothing is said (open), point by point: "
        f"{words_for(claim['points'])}; where {carried(claim['rule'], claim['batch_size'])}"
    )


KIND = Kind(claim=fields, statement=statement, check=check)

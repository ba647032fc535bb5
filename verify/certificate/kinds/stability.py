"""Equilibria, each in a box, and which of them attract: all that there are, where the list is said to be complete.

Under the replicator flow d(log c_i)/dt = -F_i(c), up to scale, let y_i = log(c_i / c_s) for rows i of the support, with
s the first of them. F does not change with the scale of c, so near the equilibrium y has the linearization
-d(F_i - F_s)/dc_l c_l. A row j off the support adds the eigenvalue -(F_j - F_s), which is below 0, since it costs more.
"""

from __future__ import annotations

from functools import partial

from verify.certificate.boxes import at_rising_precision, box_of, first_bits
from verify.certificate.complete import all_equilibria
from verify.certificate.data import Data
from verify.certificate.field import Game, costs, game_of
from verify.certificate.kind import Fields, Kind, dominance_fields, game_fields, list_fields
from verify.certificate.kinds.equilibria import statement as list_statement
from verify.certificate.phrases import words_for
from verify.certificate.reading import word
from verify.certificate.refusal import require
from verify.certificate.spectrum import unstable_count
from verify.numbers.systems.balls import matrix

# What is said of the eigenvalues of the flow's linearization on the simplex; of an open one nothing is.
OPEN = "open"
WORDS = ("attracting", "repelling", "saddle", OPEN)


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """The list, as ``equilibria`` has it, and the signs of the eigenvalues at each point."""
    all_equilibria(data, claim, witness)
    game = game_of(claim, data)
    for i, point in enumerate(claim["points"]):
        if point["stability"] != OPEN:
            at_rising_precision(partial(check_stability, data, game, i, point), first_bits(point["radius"]))


def check_stability(data: Data, game: Game, number: int, point: Fields) -> None:
    """Which eigenvalues have positive real part, for the linearizations all over the box."""
    support, box = box_of(point)
    first, *others = support
    at = costs(game, data.rows, box, support).slopes
    slopes = [[(at[first][l] - at[i][l]) * box[l] for l in others] for i in others]
    unstable = unstable_count(matrix(slopes)) if others else 0
    found = "attracting" if not unstable else "repelling" if unstable == data.n - 1 else "saddle"
    require(found == point["stability"], "stability", f"point {number} is {found}, not {point['stability']}")


def statement(claim: Fields) -> str:
    """The list's, and what the words for stability mean."""
    return (
        f"{list_statement(claim)}; of the linearization at each of the flow d(log c_i)/dt = -F_i(c) on the simplex all "
        "eigenvalues have negative real part (attracting), or all have positive (repelling), or some have and none "
        f"vanishes (saddle), or nothing is said (open), point by point: {words_for(claim['points'])}"
    )


KIND = Kind(
    claim=lambda n, d: game_fields(n) | list_fields(n, d, {"stability": word(*WORDS)}),
    witness=dominance_fields,
    statement=statement,
    check=check,
)

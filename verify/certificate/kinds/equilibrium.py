"""One equilibrium of the game of the rule that is carried, in a box, and only one; and its direction."""

from __future__ import annotations

from functools import partial

from verify.certificate.boxes import at_rising_precision, check_box, check_center, first_bits, require_short
from verify.certificate.data import Data
from verify.certificate.field import game_of
from verify.certificate.kind import Fields, Kind, box_fields, game_fields
from verify.certificate.phrases import EQUILIBRIUM, carried
from verify.certificate.rule import require_rule


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """One equilibrium within ``radius`` of ``center`` in each weight, with its direction."""
    require_rule(claim["rule"])
    require_short(data, claim)
    check_center(claim["center"], claim["radius"])
    at_rising_precision(partial(check_box, data, game_of(claim, data), claim), first_bits(claim["radius"]))


KIND = Kind(
    claim=lambda n, d: game_fields(n) | box_fields(n, d),
    statement=lambda claim: (
        "there is one and only one equilibrium each of whose weights is within the claim's radius of its center, with "
        "the same support, and U there, at l2 norm 1, is within direction_radius of the claim's direction; that is: "
        f"{EQUILIBRIUM}{carried(claim['rule'], claim['batch_size'])}"
    ),
    check=check,
)

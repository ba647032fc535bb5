"""Several equilibria, each in a box; where the list is said to be complete, all that there are."""

from __future__ import annotations

from verify.certificate.complete import all_equilibria
from verify.certificate.kind import Fields, Kind, dominance_fields, game_fields, list_fields
from verify.certificate.phrases import EQUILIBRIUM, carried


def statement(claim: Fields) -> str:
    """How many there are, and what an equilibrium is."""
    U, count = carried(claim["rule"], claim["batch_size"]), len(claim["points"])
    if claim["complete"] == "yes" and not count:
        return f"there is no equilibrium; that would be: {EQUILIBRIUM}{U}"
    listed, others = f"each equilibrium is one of {count}, one in each of the claim's boxes", ""
    if claim["complete"] == "no":
        listed = f"there is one and only one equilibrium in each of the claim's {count} boxes"
        others = "; nothing is said of others"
    return (
        f"{listed}, with its center's support and, at l2 norm 1, with U within direction_radius of the box's "
        f"direction{others}; that is: {EQUILIBRIUM}{U}"
    )


KIND = Kind(
    claim=lambda n, d: game_fields(n) | list_fields(n, d),
    witness=dominance_fields,
    statement=statement,
    check=all_equilibria,
)

"""Rows that no equilibrium gives weight, in whatever game with costs x_i.U(c)."""

from __future__ import annotations

from verify.certificate.data import Data
from verify.certificate.dominance import rows_left
from verify.certificate.kind import Fields, Kind, Readers, dominance_fields
from verify.certificate.reading import integer, many
from verify.certificate.refusal import require


def claimed(n: int, d: int) -> Readers:
    """The numbers of the rows."""
    return {"rows": many(integer(0, n - 1), most=n)}


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """The witness has a proof for each row of the claim."""
    left = set(rows_left(data.rows, witness["dominated"]))
    for row in claim["rows"]:
        require(row not in left, "dominated", f"there is no proof for row {row}")


KIND = Kind(
    claim=claimed,
    witness=dominance_fields,
    statement=lambda claim: (
        f"the rows {', '.join(map(str, claim['rows'])) or 'of the empty list'} have weight at no equilibrium of any "
        "game: c in the simplex with F_i(c) = min_j F_j(c) > 0 wherever c_i > 0, for F_i(c) = x_i.U(c) and whatever U"
    ),
    check=check,
)

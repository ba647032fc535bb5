"""Rows that no w separates: a convex combination of them vanishes, and then min_i x_i.w <= c'Xw = 0 for every w."""

from __future__ import annotations

from verify.certificate.data import Data, in_simplex
from verify.certificate.kind import Fields, Kind, weights_field
from verify.certificate.refusal import require


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """Weights c in the simplex with X'c = 0."""
    combination, _ = data.combination(in_simplex(claim["weights"]))
    for k, entry in enumerate(combination):
        require(entry == 0, "vanishes", f"entry {k} of the combination of rows is not 0")


KIND = Kind(
    claim=weights_field,
    statement=lambda claim: "not separable: the claim's convex combination of rows vanishes",
    check=check,
)

"""A w that separates the data."""

from __future__ import annotations

from verify.certificate.data import Data
from verify.certificate.kind import Fields, Kind
from verify.certificate.reading import fraction, many, whole
from verify.certificate.refusal import require


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """x_i.w > 0 for every row, with the separator w of the claim."""
    dots, _ = data.products(whole(claim["separator"]))
    for i, dot in enumerate(dots):
        require(dot > 0, "separates", f"x_{i}.w is not positive")


KIND = Kind(
    claim=lambda n, d: {"separator": many(fraction, d)},
    statement=lambda claim: "separable: the claim's separator w has x_i.w > 0 for every row",
    check=check,
)

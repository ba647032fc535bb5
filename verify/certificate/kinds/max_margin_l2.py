"""The l2 max margin: its square, which is rational, and the one direction that attains it.

For c in the simplex and any v with ||v|| <= 1, min_i x_i.v <= c'Xv <= ||X'c||.
"""

from __future__ import annotations

from verify.certificate.data import Data, in_simplex
from verify.certificate.duality import margin_statement
from verify.certificate.effort import product, spend
from verify.certificate.kind import Fields, Kind, weights_field
from verify.certificate.phrases import exactly
from verify.certificate.reading import between, fraction, many, whole
from verify.certificate.refusal import require


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """w with x_i.w >= 1 and ||w||^2 <= 1/margin^2; c in the simplex with ||X'c||^2 <= margin^2.

    The unit ball is strictly convex, so the maximizer is unique but for its length.
    """
    square = claim["margin_squared"]
    c = in_simplex(witness["weights"])
    w, denominator = whole(claim["maximizer"])
    dots, unit = data.products((w, denominator))
    for i, dot in enumerate(dots):
        require(dot >= unit, "feasible", f"x_{i}.w < 1")
    spend(sum(product(x.bit_length(), x.bit_length()) for x in w), "||w||^2")
    norm = sum(x * x for x in w)
    require(
        norm * square.numerator <= denominator**2 * square.denominator,
        "maximizer-norm",
        "||w||^2 is above 1/margin_squared",
    )
    p, denominator = data.combination(c)
    spend(sum(product(x.bit_length(), x.bit_length()) for x in p), "||X'c||^2")
    norm = sum(x * x for x in p)
    require(
        norm * square.denominator <= denominator**2 * square.numerator,
        "dual-norm",
        "||X'c||^2 is above margin_squared",
    )


KIND = Kind(
    claim=lambda n, d: {"margin_squared": between(0, None, "[)"), "maximizer": many(fraction, d)},
    witness=weights_field,
    statement=lambda claim: margin_statement(
        f"l2 max margin squared is {exactly(claim['margin_squared'])}", claim
    ),
    check=check,
)

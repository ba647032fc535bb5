"""A rational equilibrium of the game with costs F_i(c) = x_i . (X'c / M(c)): a dual fixed point (arXiv 2510.26303, Thm
4.8), shown exactly."""

from __future__ import annotations

from fractions import Fraction

from verify.certificate.data import Data, in_simplex
from verify.certificate.effort import product, spend
from verify.certificate.kind import Fields, Kind
from verify.certificate.metric import metric_squared
from verify.certificate.phrases import EQUILIBRIUM
from verify.certificate.reading import Vector, fraction, many
from verify.certificate.refusal import require
from verify.certificate.roots import sign


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """F_i(c) = F_s(c) > 0 on the support of the claim's c, F_j(c) >= F_s(c) elsewhere, decided exactly."""
    c: Vector = claim["point"]
    weights = in_simplex(c)
    # p_k / sqrt(q_k) is the same with the denominators of p and q left out, which is that of p and its square.
    p, _ = data.combination(weights)
    squares = [Fraction(q) for q in metric_squared(data, weights)[0]]
    first = next(i for i, weight in enumerate(c) if weight)
    base = data.integers[first]
    require(
        sign([Fraction(x * y) for x, y in zip(base, p, strict=True)], squares) > 0,
        "cost-positive",
        "the least cost is not positive",
    )
    for i, row in enumerate(data.integers):
        spend(sum(product(data.bits, y.bit_length()) for y in p), "the costs")
        order = sign([Fraction((x - b) * y) for x, b, y in zip(row, base, p, strict=True)], squares)
        if c[i]:
            require(order == 0, "costs-equal", f"F_{i} differs from F_{first}, and both weights are positive")
        else:
            require(order >= 0, "costs-least", f"F_{i} is below F_{first}, whose weight is positive")


KIND = Kind(
    claim=lambda n, d: {"point": many(fraction, n)},
    statement=lambda claim: (
        f"the claim's point is a dual fixed point: {EQUILIBRIUM}U(c) = X'c / sqrt((X*X)'(c*c))"
    ),
    check=check,
)

"""M(c) = diag_k sqrt(sum_j c_j^2 x_j[k]^2) at a rational c."""

from __future__ import annotations

from verify.certificate.data import Data
from verify.certificate.effort import product, spend
from verify.certificate.reading import Whole
from verify.certificate.refusal import require


def metric_squared(data: Data, weights: Whole) -> tuple[list[int], int]:
    """The squared diagonal of M(c), (d): sum_j c_j^2 x_j[k]^2, over one denominator. Each must be positive."""
    c, denominator = weights
    squares = [0] * data.d
    for weight, row in zip(c, data.integers, strict=True):
        if weight:
            size = weight.bit_length() + data.bits
            spend(data.d * 3 * product(size, size), "the metric")
            squares = [q + (weight * x) ** 2 for q, x in zip(squares, row, strict=True)]
    for k, q in enumerate(squares):
        require(
            q > 0,
            "metric-positive",
            f"column {k} vanishes in every row of positive weight, so M(c) is singular",
        )
    return squares, (denominator * data.denominator) ** 2

"""Obligations of the exact kinds that involve M(c) = diag_k sqrt(sum_j c_j^2 x_j[k]^2) at a rational c.

The game of AdamProxy (arXiv 2510.26303, Thm 4.8; its limits are the dual fixed points): costs
F_i(c) = x_i . (X'c / M(c)); an equilibrium has F_i(c) = min_j F_j(c) wherever c_i > 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from typing import Any

from verify.certificate.data import Data, in_simplex
from verify.certificate.effort import divisor, product, spend
from verify.certificate.reading import Vector, Whole, require, whole
from verify.certificate.roots import bit_lengths, root_bounds, sign

Fields = Mapping[str, Any]


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


def exact_fixed_point(data: Data, claim: Fields, witness: Fields) -> None:
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


def mahalanobis_margin(data: Data, claim: Fields, witness: Fields) -> None:
    """The margin in the norm sqrt(w'Mw), M = M(c) for the claim's metric c, between two rationals.

    A w with x_i.w >= 1 gives margin^2 >= 1 / w'Mw, a dual weight y in the simplex margin^2 <= p'M^-1 p with
    p = X'y. The minimizer v of w'Mw subject to x_i.w >= 1 satisfies v'M(w - v) >= 0, hence
    (w - v)'M(w - v) <= w'Mw - v'Mv = w'Mw - 1/margin^2: that encloses the maximizer. Roots are bounded by
    rationals, at 64 bits more than the claim's own gap calls for.
    """
    low, high, radius = claim["margin_squared_low"], claim["margin_squared_high"], claim["radius_squared"]
    require(0 < low <= high, "bounds", "margin_squared_low is not in (0, margin_squared_high]")
    integers, unit = metric_squared(data, in_simplex(claim["metric"]))
    spend(sum(2 * divisor(q.bit_length(), unit.bit_length()) for q in integers), "the metric")
    squares = [Fraction(q, unit) for q in integers]
    numerators, denominator = data.combination(in_simplex(witness["weights"]))
    w: Vector = claim["maximizer"]
    dots, unit = data.products(whole(w))
    for i, dot in enumerate(dots):
        require(dot >= unit, "feasible", f"x_{i}.w < 1")
    bits = 64 + max(
        radius.denominator.bit_length(), high.denominator.bit_length(), low.denominator.bit_length()
    )
    roots = [root_bounds(q, bits) for q in squares]
    length = _sum_above([(entry, upper) for entry, (_, upper) in zip(w, roots, strict=True)], bits + data.d)
    require(length * low <= 1, "maximizer-norm", "w'Mw is not shown to be at most 1/margin_squared_low")
    spend(sum(2 * divisor(x.bit_length(), denominator.bit_length()) for x in numerators), "X'c")
    p = [Fraction(entry, denominator) for entry in numerators]
    dual = _sum_above([(entry, 1 / lower) for entry, (lower, _) in zip(p, roots, strict=True)], bits + data.d)
    require(dual <= high, "dual-norm", "p'M^-1 p is not shown to be at most margin_squared_high")
    require(
        length - 1 / high <= radius,
        "radius",
        "w'Mw - 1/margin_squared_high is not shown to be at most radius_squared",
    )


def _sum_above(terms: list[tuple[Fraction, Fraction]], bits: int) -> Fraction:
    """sum x^2 y, each term rounded up to a multiple of 2^-bits: exact sums would grow too long."""
    total = 0
    for x, y in terms:
        size = 2 * bit_lengths(x) + bit_lengths(y) + bits
        spend(8 * divisor(size, size), "a sum of squares")
        total += ceil(x * x * y * (1 << bits))
    return Fraction(total, 1 << bits)

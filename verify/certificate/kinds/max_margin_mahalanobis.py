"""The max margin in the norm sqrt(w'Mw), M = M(c), between two rationals, with its maximizer enclosed."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from verify.certificate.data import Data, in_simplex
from verify.certificate.effort import divisor, spend
from verify.certificate.kind import Fields, Kind, weights_field
from verify.certificate.metric import metric_squared
from verify.certificate.phrases import exactly
from verify.certificate.reading import Vector, between, fraction, many, whole
from verify.certificate.refusal import require
from verify.certificate.roots import bit_lengths, root_bounds


def check(data: Data, claim: Fields, witness: Fields) -> None:
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


def statement(claim: Fields) -> str:
    """The bounds, and the enclosure of the maximizer."""
    low, high = claim["margin_squared_low"], claim["margin_squared_high"]
    return (
        f"the max margin squared in the norm sqrt(w'Mw) is at least {exactly(low)} and at most {exactly(high)}, for "
        "M = diag_k sqrt(sum_j c_j^2 x_j[k]^2) at the claim's metric c; the w of least norm with x_i.w >= 1 "
        "for every row differs from the claim's maximizer by some v with v'Mv <= the claim's radius_squared"
    )


KIND = Kind(
    claim=lambda n, d: {
        "metric": many(fraction, n),
        "margin_squared_low": fraction,
        "margin_squared_high": fraction,
        "maximizer": many(fraction, d),
        "radius_squared": between(0, None, "[)"),
    },
    witness=weights_field,
    statement=statement,
    check=check,
)

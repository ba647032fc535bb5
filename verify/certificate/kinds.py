"""The kinds of certificate: the fields of each claim and witness, its statement, and its obligations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verify.certificate import game, margins
from verify.certificate.data import Data
from verify.certificate.reading import Reader, fraction, many

Fields = Mapping[str, Any]

FIXED_POINT = (
    "c in the simplex with F_i(c) = min_j F_j(c) > 0 wherever c_i > 0, "
    "for F_i(c) = x_i . (X'c / sqrt((X*X)'(c*c)))"
)


@dataclass(frozen=True)
class Kind:
    """One kind: the fields of claim and witness for N rows and d columns, statement, obligations."""

    claim: Callable[[int, int], Mapping[str, Reader]]
    witness: Callable[[int, int], Mapping[str, Reader]]
    statement: Callable[[Fields], str]
    check: Callable[[Data, Fields, Fields], None]


def scientific(value: Fraction) -> tuple[str, str]:
    """Decimals of 17 digits just below (or at) and just above a positive rational."""
    # log10(value) lies within 1 of this, so at most two more steps find the leading digit.
    exponent = (value.numerator.bit_length() - value.denominator.bit_length()) * 30103 // 100000 - 1
    scaled = value / Fraction(10) ** exponent
    while scaled >= 10:
        scaled, exponent = scaled / 10, exponent + 1
    while scaled < 1:
        scaled, exponent = scaled * 10, exponent - 1
    digits = int(scaled * 10**16)
    below, above = (f"{n // 10**16}.{n % 10**16:016d}e{exponent:+d}" for n in (digits, digits + 1))
    return below, above


def amount(value: Fraction) -> str:
    """A positive rational if it is short, else the decimals it lies between."""
    if value <= 0:
        return "not positive"
    if max(value.numerator, value.denominator) < 10**20:
        return str(value)
    return "between {} and {}".format(*scientific(value))


def margin_statement(norm: str, value: str, claim: Fields) -> str:
    """The statement of a max margin."""
    text = (
        f"the {norm} max margin{' squared' if norm == 'l2' else ''} is {amount(claim[value])}, attained by "
    )
    if not claim.get("face"):
        return text + "the claim's maximizer alone (up to positive multiples)"
    return text + (
        f"a convex set of directions of dimension {len(claim['face'])}, whose affine hull at norm 1 is the "
        "claim's maximizer plus the span of the claim's face"
    )


def mahalanobis_statement(claim: Fields) -> str:
    """The statement of a Mahalanobis margin."""
    low, high = claim["margin_squared_low"], claim["margin_squared_high"]
    ends = (scientific(low)[0], scientific(high)[1]) if 0 < low <= high else ("nothing", "nothing")
    return (
        f"the max margin squared in the norm sqrt(w'Mw) is between {ends[0]} and {ends[1]}, for "
        "M = diag_k sqrt(sum_j c_j^2 x_j[k]^2) at the claim's metric c; the w of least norm with x_i.w >= 1 "
        "for every row differs from the claim's maximizer by some v with v'Mv <= the claim's radius_squared"
    )


def margin_kind(norm: str, value: str, check: Callable[[Data, Fields, Fields], None]) -> Kind:
    """The kind of the max margin in one norm; ``value`` names the claim's field that holds it."""
    return Kind(
        claim=lambda n, d: (
            {value: fraction, "maximizer": many(fraction, d)}
            | ({} if norm == "l2" else {"face": many(many(fraction, d))})
        ),
        witness=lambda n, d: {"weights": many(fraction, n)},
        statement=lambda claim: margin_statement(norm, value, claim),
        check=check,
    )


KINDS: dict[str, Kind] = {
    "separable": Kind(
        claim=lambda n, d: {"separator": many(fraction, d)},
        witness=lambda n, d: {},
        statement=lambda claim: "separable: the claim's separator w has x_i.w > 0 for every row",
        check=margins.separable,
    ),
    "not-separable": Kind(
        claim=lambda n, d: {"weights": many(fraction, n)},
        witness=lambda n, d: {},
        statement=lambda claim: "not separable: the claim's convex combination of rows vanishes",
        check=margins.not_separable,
    ),
    "max-margin-l1": margin_kind("l1", "margin", margins.l1_margin),
    "max-margin-l2": margin_kind("l2", "margin_squared", margins.l2_margin),
    "max-margin-linf": margin_kind("linf", "margin", margins.linf_margin),
    "max-margin-mahalanobis": Kind(
        claim=lambda n, d: {
            "metric": many(fraction, n),
            "margin_squared_low": fraction,
            "margin_squared_high": fraction,
            "maximizer": many(fraction, d),
            "radius_squared": fraction,
        },
        witness=lambda n, d: {"weights": many(fraction, n)},
        statement=mahalanobis_statement,
        check=game.mahalanobis_margin,
    ),
    "dual-fixed-point-exact": Kind(
        claim=lambda n, d: {"point": many(fraction, n)},
        witness=lambda n, d: {},
        statement=lambda claim: f"the claim's point is a dual fixed point: {FIXED_POINT}",
        check=game.exact_fixed_point,
    ),
}

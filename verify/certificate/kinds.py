"""The kinds of certificate: the fields of each claim and witness, its statement, and its obligations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from typing import Any

from verify.certificate import margins, metric
from verify.certificate.data import Data
from verify.certificate.reading import Reader, fraction, integer, many, record, word

Fields = Mapping[str, Any]
Readers = dict[str, Reader]


@dataclass(frozen=True)
class Kind:
    """One kind: the fields of claim and witness for N rows and d columns, statement, obligations."""

    claim: Callable[[int, int], Readers]
    witness: Callable[[int, int], Readers]
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
    """A rational >= 0 if it is short, else the decimals it lies between."""
    if value < 0:
        return "negative"
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


def no_fields(n: int, d: int) -> Readers:
    """No fields at all."""
    return {}


ADAM: Readers = {"batch_size": integer, "beta1": fraction, "beta2": fraction}


def box_fields(n: int, d: int) -> Readers:
    """An equilibrium in a box, and its direction."""
    return {
        "center": many(fraction, n),
        "radius": fraction,
        "direction": many(fraction, d),
        "direction_radius": fraction,
    }


def list_fields(n: int, d: int) -> Readers:
    """A list of such boxes."""
    fields = box_fields(n, d)
    return {"points": many(lambda value, where: record(value, where, fields))}


def dominance_fields(n: int, d: int) -> Readers:
    """Rows that no equilibrium gives weight, each with its proof."""
    fields: Readers = {"row": integer, "by": many(integer), "factors": many(fraction)}
    return {"dominated": many(lambda value, where: record(value, where, fields))}


def equilibrium(claim: Fields) -> str:
    """What an equilibrium is, in the game that the claim names."""
    drift = "X'c / sqrt((X*X)'(c*c))"
    if "beta1" in claim:
        drift = (
            "minus the mean update over an epoch of Adam without eps or bias correction, in cyclic batches of "
            f"{claim['batch_size']}, at beta1 = {amount(claim['beta1'])}, beta2 = {amount(claim['beta2'])}, "
            "on frozen gradients -c_j x_j,"
        )
    return (
        f"c in the simplex with F_i(c) = min_j F_j(c) > 0 wherever c_i > 0, for F_i(c) = x_i.U(c), U(c) = {drift}"
    ).rstrip(",")


def name_of(claim: Fields) -> str:
    """The field's word for such an equilibrium."""
    return "equilibrium" if "beta1" in claim else "dual fixed point"


def box_statement(claim: Fields) -> str:
    """The statement of one equilibrium in a box."""
    return (
        f"there is one and only one {name_of(claim)} each of whose weights is within the claim's radius of its "
        "center, with the same support, and U there, at l2 norm 1, is within direction_radius of the claim's "
        f"direction; that is: {equilibrium(claim)}"
    )


def list_statement(claim: Fields) -> str:
    """The statement of a list of all equilibria."""
    return (
        f"each {name_of(claim)} is one of {len(claim['points'])}, one in each of the claim's boxes, with its center's "
        "support and, at l2 norm 1, with U within direction_radius of the box's direction; "
        f"that is: {equilibrium(claim)}"
    )


def iterate_fields(n: int, d: int) -> Readers:
    """An optimizer with all its parameters, and a box for the iterate."""
    return ADAM | {
        "optimizer": word("adam", "adam-proxy", "signum", "signgd", "gd", "ngd"),
        "loss": word("logistic", "exponential"),
        "lr": fraction,
        "decay": fraction,
        "start": many(fraction, d),
        "steps": integer,
        "center": many(fraction, d),
        "radius": many(fraction, d),
    }


def iterate_statement(claim: Fields) -> str:
    """The statement of an enclosed iterate."""
    betas = f", beta1 = {amount(claim['beta1'])}, beta2 = {amount(claim['beta2'])}"
    return (
        f"after {claim['steps']} steps of {claim['optimizer']} (cyclic batches of {claim['batch_size']}{betas}, "
        f"no eps, no bias correction) on the {claim['loss']} loss from the claim's start, with step sizes "
        f"{amount(claim['lr'])} (t+2)^-({amount(claim['decay'])}), each weight is within the claim's radius of its "
        "center"
    )


def _later(module: str, name: str) -> Callable[[Data, Fields, Fields], None]:
    """A check that needs python-flint, imported only when such a certificate is met."""

    def check(data: Data, claim: Fields, witness: Fields) -> None:
        getattr(import_module(f"verify.certificate.{module}"), name)(data, claim, witness)

    return check


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
        check=metric.mahalanobis_margin,
    ),
    "dual-fixed-point-exact": Kind(
        claim=lambda n, d: {"point": many(fraction, n)},
        witness=lambda n, d: {},
        statement=lambda claim: f"the claim's point is a dual fixed point: {equilibrium(claim)}",
        check=metric.exact_fixed_point,
    ),
    "dual-fixed-point": Kind(box_fields, no_fields, box_statement, _later("boxes", "equilibrium_in_box")),
    "dual-fixed-points": Kind(
        list_fields, dominance_fields, list_statement, _later("complete", "all_equilibria")
    ),
    "adam-equilibrium": Kind(
        claim=lambda n, d: ADAM | box_fields(n, d),
        witness=no_fields,
        statement=box_statement,
        check=_later("boxes", "equilibrium_in_box"),
    ),
    "adam-equilibria": Kind(
        claim=lambda n, d: ADAM | list_fields(n, d),
        witness=dominance_fields,
        statement=list_statement,
        check=_later("complete", "all_equilibria"),
    ),
    "iterate": Kind(
        iterate_fields, lambda n, d: {"bits": integer}, iterate_statement, _later("iterate", "iterate")
    ),
}

"""The statement of each kind of claim: everything that was verified, with exact parameters and every convention.

Two claims never share a statement: ``check.state`` adds the digest of the whole claim, and of the data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from verify.certificate.program import SEEN, Rule, formulas, loss_alone
from verify.certificate.reading import digits

Fields = Mapping[str, Any]

LONG = 200  # characters that a statement gives to one number


def scientific(value: Fraction) -> str:
    """The first 17 digits of a positive rational."""
    # log10(value) lies within 1 of this, so at most two more steps find the leading digit.
    exponent = (value.numerator.bit_length() - value.denominator.bit_length()) * 30103 // 100000 - 1
    scaled = value / Fraction(10) ** exponent
    while scaled >= 10:
        scaled, exponent = scaled / 10, exponent + 1
    while scaled < 1:
        scaled, exponent = scaled * 10, exponent - 1
    leading = int(scaled * 10**16)
    return f"{leading // 10**16}.{leading % 10**16:016d}e{exponent:+d}"


def exactly(value: Fraction) -> str:
    """A rational in full; if it is long its leading decimals, and the SHA-256 of its spelling in its place."""
    spelled = digits(value.numerator) + ("" if value.denominator == 1 else f"/{digits(value.denominator)}")
    if len(spelled) <= LONG:
        return spelled
    below = ("-" if value < 0 else "") + scientific(abs(value))
    digest = hashlib.sha256(spelled.encode()).hexdigest()
    return f"{below}... (the fraction p/q of {len(spelled)} characters with SHA-256 {digest})"


def margin_statement(norm: str, value: str, claim: Fields) -> str:
    """The statement of a max margin."""
    text = (
        f"the {norm} max margin{' squared' if norm == 'l2' else ''} is {exactly(claim[value])}, attained by "
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
    return (
        f"the max margin squared in the norm sqrt(w'Mw) is at least {exactly(low)} and at most {exactly(high)}, for "
        "M = diag_k sqrt(sum_j c_j^2 x_j[k]^2) at the claim's metric c; the w of least norm with x_i.w >= 1 "
        "for every row differs from the claim's maximizer by some v with v'Mv <= the claim's radius_squared"
    )


EQUILIBRIUM = "c in the simplex with F_i(c) = min_j F_j(c) > 0 wherever c_i > 0, for F_i(c) = x_i.U(c), "
DUAL_FIXED_POINT = "U(c) = X'c / sqrt((X*X)'(c*c))"


def carried(rule: Rule, size: int) -> str:
    """U of a rule that a certificate carries, in formulas, with every convention."""
    states = ", ".join(f"{name} (of degree {exactly(degree)})" for name, degree in rule.states)
    seen = f", {SEEN[rule.reads]}" if SEEN[rule.reads] else ""
    memory = f" and the states {states}, primed after the step, have its period" if states else ""
    return (
        f"U(c) = minus the mean over an epoch of the update u of w <- w - eta u, once gradients are frozen{memory}: in "
        f"each coordinate {formulas(rule, exactly)}{values_of(rule)}, where g is the mean of the frozen gradients "
        f"-c_j x_j over the batch{seen}, batches of {size} come in cyclic order of the rows and the last of an epoch "
        "may be smaller, 0/0 = 0 and sign(0) = 0"
    )


def values_of(rule: Rule) -> str:
    """The hyperparameters, exactly."""
    return "".join(f", {name} = {exactly(value)}" for name, value in rule.hyper.items())


def exact_statement(claim: Fields) -> str:
    """The statement of one dual fixed point at rational weights."""
    return f"the claim's point is a dual fixed point: {EQUILIBRIUM}{DUAL_FIXED_POINT}"


def box_statement(claim: Fields, word: str = "equilibrium", game: str = "") -> str:
    """The statement of one equilibrium in a box, of the game that is carried, or of another one."""
    U = game or carried(claim["rule"], claim["batch_size"])
    return (
        f"there is one and only one {word} each of whose weights is within the claim's radius of its "
        "center, with the same support, and U there, at l2 norm 1, is within direction_radius of the claim's "
        f"direction; that is: {EQUILIBRIUM}{U}"
    )


def list_statement(claim: Fields, word: str = "equilibrium", game: str = "") -> str:
    """The statement of a list of all equilibria, likewise."""
    U = game or carried(claim["rule"], claim["batch_size"])
    if claim.get("complete") == "no":
        return (
            f"there is one and only one {word} in each of the claim's {len(claim['points'])} boxes, with "
            "its center's support and, at l2 norm 1, with U within direction_radius of the box's direction; nothing "
            f"is said of others; that is: {EQUILIBRIUM}{U}"
        )
    if not claim["points"]:
        return f"there is no {word}; that would be: {EQUILIBRIUM}{U}"
    return (
        f"each {word} is one of {len(claim['points'])}, one in each of the claim's boxes, with its center's "
        "support and, at l2 norm 1, with U within direction_radius of the box's direction; "
        f"that is: {EQUILIBRIUM}{U}"
    )


def run_statement(claim: Fields) -> str:
    """The statement of an enclosed iterate."""
    rule, eta = claim["rule"], f"{exactly(claim['lr'])} (t+2)^-({exactly(claim['decay'])})"
    begun = (
        f", from {', '.join(f'{name} = 0' for name in rule.names)}, primed after the step"
        if rule.names
        else ""
    )
    seen = f", {SEEN[rule.reads]}" if SEEN[rule.reads] else ""
    weight = formulas(loss_alone(claim["loss"]), exactly, "q")
    return (
        f"after {claim['steps']} steps from the claim's start, each weight is within the claim's radius of its center; "
        f"a step is w <- w - eta_t u with eta_t = {eta} for t = 0, 1, ..., and in each coordinate "
        f"{formulas(rule, exactly)}{values_of(rule)}{begun}, where g is the mean of the samples' gradients over the "
        f"batch{seen}, that of a sample with z = x_i.w is -q x_i for {weight}, batches of {claim['batch_size']} come "
        "in cyclic order of the rows and the last of a pass may be smaller, 0/0 = 0 and sign(0) = 0"
    )

"""The statement of each kind of claim: everything that was verified, with exact parameters and every convention.

Two claims never share a statement: ``check.state`` adds the digest of the whole claim, and of the data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from verify.certificate.program import SEEN, Rule, formulas
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


def equilibrium(claim: Fields) -> str:
    """What an equilibrium is, in the game that the claim names."""
    meaning = "c in the simplex with F_i(c) = min_j F_j(c) > 0 wherever c_i > 0, for F_i(c) = x_i.U(c), "
    if "rule" in claim:
        return meaning + carried(claim["rule"], claim["batch_size"])
    if "beta1" not in claim:
        return meaning + "U(c) = X'c / sqrt((X*X)'(c*c))"
    return meaning + (
        "U(c) = minus the mean update m/sqrt(v) over an epoch of Adam, once m and v have its period, without eps or "
        f"bias correction, at beta1 = {exactly(claim['beta1'])}, beta2 = {exactly(claim['beta2'])} (beta1^2 < beta2), "
        f"on the means of the frozen gradients -c_j x_j over cyclic batches of {claim['batch_size']} in the order of "
        "the rows, the last of which may be smaller"
    )


def carried(rule: Rule, size: int) -> str:
    """U of a rule that a certificate carries, in formulas, with every convention."""
    states = ", ".join(f"{name} (of degree {exactly(degree)})" for name, degree in rule.states)
    hyper = "".join(f", {name} = {exactly(value)}" for name, value in rule.hyper.items())
    seen = f", {SEEN[rule.reads]}" if SEEN[rule.reads] else ""
    memory = f" and the states {states}, primed after the step, have its period" if states else ""
    return (
        f"U(c) = minus the mean over an epoch of the update u of w <- w - eta u, once gradients are frozen{memory}: in "
        f"each coordinate {formulas(rule, exactly)}{hyper}, where g is the mean of the frozen gradients -c_j x_j over "
        f"the batch{seen}, batches of {size} come in cyclic order of the rows and the last of an epoch may be smaller, "
        "0/0 = 0 and sign(0) = 0"
    )


def word_for(claim: Fields) -> str:
    """The field's word for such an equilibrium."""
    return "equilibrium" if "rule" in claim or "beta1" in claim else "dual fixed point"


def exact_statement(claim: Fields) -> str:
    """The statement of one dual fixed point at rational weights."""
    return f"the claim's point is a dual fixed point: {equilibrium(claim)}"


def box_statement(claim: Fields) -> str:
    """The statement of one equilibrium in a box."""
    return (
        f"there is one and only one {word_for(claim)} each of whose weights is within the claim's radius of its "
        "center, with the same support, and U there, at l2 norm 1, is within direction_radius of the claim's "
        f"direction; that is: {equilibrium(claim)}"
    )


def list_statement(claim: Fields) -> str:
    """The statement of a list of all equilibria."""
    if claim.get("complete") == "no":
        return (
            f"there is one and only one {word_for(claim)} in each of the claim's {len(claim['points'])} boxes, with "
            "its center's support and, at l2 norm 1, with U within direction_radius of the box's direction; nothing "
            f"is said of others; that is: {equilibrium(claim)}"
        )
    if not claim["points"]:
        return f"there is no {word_for(claim)}; that would be: {equilibrium(claim)}"
    return (
        f"each {word_for(claim)} is one of {len(claim['points'])}, one in each of the claim's boxes, with its center's "
        "support and, at l2 norm 1, with U within direction_radius of the box's direction; "
        f"that is: {equilibrium(claim)}"
    )


# u in w <- w - eta u, from the gradient g of the mean loss over the batch; g_i are the gradients of its samples.
UPDATES = {
    "adam": "u = m / sqrt(v), m <- beta1 m + (1 - beta1) g and v <- beta2 v + (1 - beta2) g^2 from m = v = 0, "
    "without eps or bias correction",
    "adam-proxy": "u = g / sqrt(sum_i g_i^2)",
    "signum": "u = sign(m), m <- beta1 m + (1 - beta1) g from m = 0",
    "signgd": "u = sign(g)",
    "gd": "u = g",
    "ngd": "u = g / ||g||_2",
}


def iterate_statement(claim: Fields) -> str:
    """The statement of an enclosed iterate."""
    name, steps = claim["optimizer"], claim["steps"]
    betas = {"adam": ("beta1", "beta2"), "signum": ("beta1",)}.get(name, ())
    given = "".join(f", {beta} = {exactly(claim[beta])}" for beta in betas)
    return (
        f"after {steps} steps of {name}{given} on the {claim['loss']} loss from the claim's start, each weight is "
        "within the claim's radius of its center; a step is w <- w - eta_t u with eta_t = "
        f"{exactly(claim['lr'])} (t+2)^-({exactly(claim['decay'])}) for t = 0, 1, ..., {UPDATES[name]}, where g is the "
        f"mean of the samples' gradients g_i over the batch, batches of {claim['batch_size']} come in cyclic order of "
        "the rows and the last of a pass may be smaller, products, quotients, squares and roots are taken entry by "
        "entry, 0/0 = 0 and sign(0) = 0"
    )

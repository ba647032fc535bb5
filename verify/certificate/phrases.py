"""Phrases of which statements are made: exact parameters and every convention, each in one place.

Two claims never share a statement: ``check.state`` adds the digest of the whole claim, and of the data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from verify.certificate.program import SEEN, Line, Rule, formulas, loss_alone
from verify.certificate.reading import digits

LONG = 200  # characters that a statement gives to one number

SOFTPLUS = "softplus(z) = log(1 + exp(z))"
# What is said of samples that own several rows.
OWNED = (
    " (where a sample owns several rows x_i exp(q + z - x_j.w) at the z with exp(-z) = sum_i exp(-x_i.w) in place of "
    "exp(q))"
)


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


EQUILIBRIUM = "c in the simplex with F_i(c) = min_j F_j(c) > 0 wherever c_i > 0, for F_i(c) = x_i.U(c), "


def carried(rule: Rule, size: int) -> str:
    """U of a rule that a certificate carries, in formulas, with every convention."""
    states = ", ".join(f"{name} (of degree {exactly(degree)})" for name, degree in rule.states)
    memory = f" and the states {states}, primed after the step, have its period" if states else ""
    return (
        f"U(c) = minus the mean over an epoch of the update u of w <- w - eta u, once gradients are frozen{memory}: in "
        f"each coordinate {formulas(rule, exactly)}{values_of(rule)}, where g is the mean of the frozen gradients "
        f"-c_j x_j over the batch{beside(rule)}, {batches(size)}"
    )


def beside(rule: Rule) -> str:
    """What the rule reads of a batch beside its gradient, after a comma."""
    return f", {SEEN[rule.reads]}" if SEEN[rule.reads] else ""


def batches(size: int, of: str = "an epoch") -> str:
    """Which rows are in a batch of so many samples, and what division by 0 and the sign of 0 are."""
    return (
        f"batches of {size} come in cyclic order of the rows and the last of {of} may be smaller, 0/0 = 0 and "
        "sign(0) = 0"
    )


def weight_formula(loss: Sequence[Line]) -> str:
    """The formula of q, the logarithm of the loss's weight."""
    soft = f", {SOFTPLUS}" if any(line.op == "softplus" for line in loss) else ""
    return formulas(loss_alone(loss), exactly, "q") + soft


def words_for(points: Sequence[Mapping[str, Any]]) -> str:
    """The stability of each point."""
    return ", ".join(f"{i} {point['stability']}" for i, point in enumerate(points)) or "none"


def values_of(rule: Rule) -> str:
    """The hyperparameters, exactly."""
    return "".join(f", {name} = {exactly(value)}" for name, value in rule.hyper.items())

"""The rules of kinds of certificate that named their rule: what carries its own program needs nothing of this.

``dual-fixed-point``, ``dual-fixed-points``, ``adam-equilibrium`` and ``adam-equilibria`` are what version 0.1 wrote.
They stay valid, with the statements that they had, and are checked as if they carried these programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from verify.certificate.program import Line, Rule

# u = g / sqrt(seen)
PROXY = Rule(
    states=(),
    hyper={},
    reads="squares",
    lines=(Line("input", name="g"), Line("input", name="seen"), Line("sqrt", (1,)), Line("/", (0, 2))),
    update=3,
    after=(),
)


def moments(beta1: Fraction, beta2: Fraction) -> Rule:
    """m' = beta1 m + (1 - beta1) g, v' = beta2 v + (1 - beta2) g g, u = m' / sqrt(v')."""
    names = ("g", "m", "v", "beta1", "beta2")
    lines = [Line("input", name=name) for name in names]
    lines += [
        Line("constant", value=Fraction(1)),
        *(Line("*", (3, 1)), Line("-", (5, 3)), Line("*", (7, 0)), Line("+", (6, 8))),
        *(Line("*", (4, 2)), Line("-", (5, 4)), Line("*", (0, 0)), Line("*", (11, 12)), Line("+", (10, 13))),
        *(Line("sqrt", (14,)), Line("/", (9, 15))),
    ]
    return Rule(
        states=(("m", Fraction(1)), ("v", Fraction(2))),
        hyper={"beta1": beta1, "beta2": beta2},
        reads="nothing",
        lines=tuple(lines),
        update=16,
        after=(9, 14),
    )


def rule_of(claim: Mapping[str, Any]) -> Rule:
    """The rule of a claim: the one that it carries, or the one that its kind has always meant."""
    if "rule" in claim:
        rule: Rule = claim["rule"]
        return rule
    return moments(claim["beta1"], claim["beta2"]) if "beta1" in claim else PROXY

"""The kinds of certificate that named their rule: what carries its own program needs nothing of this.

``dual-fixed-point``, ``dual-fixed-points``, ``adam-equilibrium``, ``adam-equilibria`` and ``iterate`` are what version
0.1 wrote. They stay valid, with the statements that they had, and are checked as if they carried these programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from verify.certificate.data import Data
from verify.certificate.program import Line, Rule
from verify.certificate.refusal import require
from verify.certificate.statements import DUAL_FIXED_POINT, box_statement, exactly, list_statement

Fields = Mapping[str, Any]

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


def rule_of(claim: Fields) -> Rule:
    """The rule of a claim: the one that it carries, or the one that its kind has always meant."""
    if "rule" in claim:
        rule: Rule = claim["rule"]
        return rule
    return moments(claim["beta1"], claim["beta2"]) if "beta1" in claim else PROXY


def named(claim: Fields) -> tuple[str, str]:
    """The word for an equilibrium of such a game, and what its U is."""
    if "beta1" not in claim:
        return "dual fixed point", DUAL_FIXED_POINT
    return "equilibrium", (
        "U(c) = minus the mean update m/sqrt(v) over an epoch of Adam, once m and v have its period, without eps or "
        f"bias correction, at beta1 = {exactly(claim['beta1'])}, beta2 = {exactly(claim['beta2'])} (beta1^2 < beta2), "
        f"on the means of the frozen gradients -c_j x_j over cyclic batches of {claim['batch_size']} in the order of "
        "the rows, the last of which may be smaller"
    )


def named_box(claim: Fields) -> str:
    """The statement of one equilibrium in a box."""
    return box_statement(claim, *named(claim))


def named_list(claim: Fields) -> str:
    """The statement of a list of all equilibria."""
    return list_statement(claim, *named(claim))


# --- iterates -----------------------------------------------------------------------------------------

G = Line("input", name="g")
WEIGHTS = {
    "logistic": [
        Line("constant", value=Fraction(1)),
        Line("input", name="z"),
        *(Line("exp", (1,)), Line("+", (0, 2)), Line("/", (0, 3))),
    ],
    "exponential": [Line("input", name="z"), Line("-", (0,)), Line("exp", (1,))],
}


def rule_of_run(claim: Fields) -> Rule:
    """The rule of an iterate: the one that it carries, or the one that it names."""
    if "rule" in claim:
        rule: Rule = claim["rule"]
        return rule
    name, beta1 = claim["optimizer"], claim["beta1"]
    if name == "adam":
        return moments(beta1, claim["beta2"])
    if name == "signum":
        lines = moments(beta1, Fraction(0)).lines[:10]
        return Rule((("m", Fraction(1)),), {"beta1": beta1}, "nothing", _without_second(lines), 10, (9,))
    if name == "adam-proxy":
        return PROXY
    if name == "ngd":
        return Rule((), {}, "norm", (G, Line("input", name="seen"), Line("/", (0, 1))), 2, ())
    return Rule((), {}, "nothing", (G, Line("sign", (0,))), int(name == "signgd"), ())


def _without_second(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The first moment's lines, with inputs of the second's replaced by g, and u = sign(m')."""
    return (*(G if line.name in ("v", "beta2") else line for line in lines), Line("sign", (9,)))


def weight_of(claim: Fields) -> list[Line]:
    """The weight -l'(z) of an iterate's loss: as it is carried, or as it is named."""
    loss = claim["loss"]
    return WEIGHTS[loss] if isinstance(loss, str) else loss


def require_named_run(data: Data, claim: Fields) -> None:
    """Of an iterate that names its rule: that the rule is defined for the batches, and has the betas that are not 0."""
    if "rule" in claim:
        return
    name = claim["optimizer"]
    full = name != "adam-proxy" or claim["batch_size"] == data.n
    require(full, "parameters", f"{name} is defined for the full batch only")
    used = {"adam": ("beta1", "beta2"), "signum": ("beta1",)}.get(name, ())
    unused = [beta for beta in ("beta1", "beta2") if beta not in used]
    require(not any(claim[beta] for beta in unused), "parameters", "a beta that is not used is not 0")


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

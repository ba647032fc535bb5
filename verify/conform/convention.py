"""The conventions in which implementations of one rule differ, each by a name.

Nothing here is a fault: public implementations do each of these. The rule as the toolkit defines it, with bias
correction by powers where it has one, eps outside the root and decoupled decay, is the convention without variants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from verify.data.text import show
from verify.drawers import near
from verify.errors import BadInput
from verify.numbers.program import inputs_of
from verify.optimizers.rule import Rule


@dataclass(frozen=True)
class Convention:
    """One choice in each respect. ``start_m`` and ``start_v`` are what the states of degree 1 and 2 are before the
    first step; None: they start at what the first gradient makes them with a decay rate of 0."""

    correction: str = "both"
    eps: str = "outside"
    decay: str = "decoupled"
    dampening: str = "always"
    largest: str = "of v"
    ahead: str = "plain"
    buffer: str = "gradients"
    start_m: float | None = 0.0
    start_v: float | None = 0.0
    lazy: bool = False
    ascent: bool = False
    missing: str = "skipped"
    counted: str = "gradients"
    accumulated: str = "mean"
    scalars: str = "format"
    factor: str = "none"
    products: str = "format"
    overwrites: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variant:
    """A named change of the convention, for rules that have what it is about."""

    name: str
    text: str
    changes: dict[str, Any]
    needs: str = ""

    def applies(self, rule: Rule) -> bool:
        """Whether the rule has what it is about."""
        degrees, matrix = [state.degree for state in rule.states], rule.matrix is not None
        return {
            "": True,
            "matrix": matrix,
            "correction": rule.corrects is not None,
            "eps": rule.uses("eps") or matrix,
            "root": rule.uses("inside"),
            "corrected root": rule.uses("inside") and rule.corrects is not None,
            "m": 1 in degrees and "beta1" in rule.betas,
            "v": 2 in degrees,
            "v decays": 2 in degrees and "beta2" in rule.betas,
            "dampening": any(number.name == "dampening" for number in rule.hyper),
            "maximum": rule.corrects is not None and degrees.count(2) > 1,
            "linear": rule.update == "linear" and bool(rule.states) and not matrix,
            "ahead": looks_ahead(rule),
            "ahead of a root": looks_ahead(rule) and not matrix,
            "scalars": rule.corrects is not None or looks_ahead(rule),
        }[self.needs]


def looks_ahead(rule: Rule) -> bool:
    """Whether the update is a ratio whose numerator has the gradient beside its mean, as NAdam's, or a matrix of such a
    sum, as Muon's."""
    update = rule.program.update
    if rule.matrix is not None:
        return any(number.name == "nesterov" for number in rule.hyper)
    if update.op != "ratio" or "beta1" not in rule.betas or not rule.states:
        return False
    top = update.args[0]
    return top is not rule.program.after[0] and {"g", "beta1"} <= inputs_of(top) and 2 in [
        state.degree for state in rule.states
    ]  # fmt: skip


VARIANTS = (
    Variant("no-correction", "no bias correction", {"correction": "none"}, "correction"),
    Variant("correction-of-m", "bias correction of m alone", {"correction": "m"}, "correction"),
    Variant("correction-of-v", "bias correction of v alone", {"correction": "v"}, "correction"),
    Variant("eps-inside", "sqrt(v + eps), v corrected", {"eps": "inside"}, "root"),
    Variant("eps-inside-uncorrected", "sqrt((v + eps) / (1 - beta2^t))", {"eps": "before"}, "corrected root"),
    Variant("eps-hat", "eps beside the uncorrected root: eps / sqrt(1 - beta2^t)", {"eps": "hat"}, "corrected root"),
    Variant("eps-maximum", "the larger of root, or norm, and eps", {"eps": "maximum"}, "eps"),
    Variant("eps-in-v", "v gains eps in every step, and keeps it", {"eps": "in v"}, "v"),
    Variant("no-eps", "eps is not used", {"eps": "none"}, "eps"),
    Variant("coupled", "weight decay is added to the gradient", {"decay": "coupled"}),
    Variant("decay-after", "weights decay after the update", {"decay": "after"}),
    Variant("decay-without-lr", "weights decay by the rate itself, not times lr", {"decay": "unscaled"}),
    Variant("undampened-first", "the first gradient is not dampened", {"dampening": "not first"}, "dampening"),
    Variant("averaged", "m <- beta1 m + (1 - beta1) g", {"dampening": "average"}, "dampening"),
    Variant("maximum-of-corrected", "the largest of v / (1 - beta2^t)", {"largest": "of corrected v"}, "maximum"),
    Variant(
        "nadam-schedule", "beta1 (1 - 0.96^(0.004 t) / 2), corrected by products",
        {"ahead": "schedule"}, "ahead of a root",
    ),
    Variant(
        "nadam-corrected", "beta1 m / (1 - beta1^(t+1)) + (1 - beta1) g / (1 - beta1^t)",
        {"ahead": "corrected"}, "ahead",
    ),
    Variant("factor-of-rows", "the update times sqrt(max(1, rows / columns))", {"factor": "rows"}, "matrix"),
    Variant("factor-of-columns", "the update times sqrt(max(1, columns / rows))", {"factor": "columns"}, "matrix"),
    Variant("factor-of-largest", "the update times 0.2 sqrt(max(rows, columns))", {"factor": "largest"}, "matrix"),
    Variant("bfloat16-products", "products of matrices in bfloat16", {"products": "bfloat16"}, "matrix"),
    Variant("lr-in-buffer", "m <- beta1 m + lr g; w <- w - m", {"buffer": "steps"}, "linear"),
    Variant("m-starts-at-gradient", "m = g after the first step", {"start_m": None}, "m"),
    Variant("v-starts-at-square", "v = g^2 after the first step", {"start_v": None}, "v decays"),
    Variant("v-starts-at-0.1", "v = 0.1 before the first step", {"start_v": 0.1}, "v"),
    Variant("v-starts-at-1", "v = 1 before the first step", {"start_v": 1.0}, "v"),
    Variant("lazy", "a coordinate whose gradient is 0 is skipped", {"lazy": True}),
    Variant("ascent", "the gradient's sign is turned", {"ascent": True}),
    Variant("steps-by-calls", "t counts the calls, also those without a gradient", {"counted": "calls"}, "scalars"),
    Variant("none-is-zero", "a gradient that is None is a gradient of 0", {"missing": "zero"}),
    Variant("accumulate-sum", "accumulated gradients are summed", {"accumulated": "sum"}),
    Variant("overwrites-gradient", "gradients are changed in place, after use", {"overwrites": True}),
    Variant("float32-scalars", "corrections are computed in float32", {"scalars": "float32"}, "scalars"),
)  # fmt: skip
BY_NAME = {variant.name: variant for variant in VARIANTS}


def convention(names: Sequence[str], rule: Rule) -> Convention:
    """The convention with these variants. Raises BadInput for an unknown one, two of the same respect, and one that is
    about what the rule has not."""
    found, changed = Convention(names=tuple(names)), dict[str, str]()
    for name in names:
        if name not in BY_NAME:
            raise BadInput(f"variant={show(name)} is none of {', '.join(BY_NAME)}{near(name, list(BY_NAME))}")
        variant = BY_NAME[name]
        if not variant.applies(rule):
            raise BadInput(f"variant={name}: {rule.name} has nothing that it is about: {variant.text}")
        for respect in variant.changes:
            if respect in changed:
                raise BadInput(f"variant={name} and variant={changed[respect]} exclude each other")
            changed[respect] = name
        found = replace(found, **variant.changes)
    return found


def nearest(rule: Rule, declared: Sequence[str]) -> list[Convention]:
    """The conventions that change the declared one in one respect, and then in two; of a matrix, about which there is
    less to say, in three."""
    most = 2 if rule.matrix is None else 3
    taken = {respect for name in declared for respect in BY_NAME[name].changes}
    free = [
        each
        for each in VARIANTS
        if each.name not in declared and each.applies(rule) and taken.isdisjoint(each.changes)
    ]
    found = []
    for count in range(1, most + 1):
        for some in combinations(free, count):
            respects = [respect for each in some for respect in each.changes]
            if len(set(respects)) == len(respects):
                found.append(convention([*declared, *(each.name for each in some)], rule))
    return found

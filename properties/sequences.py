"""Hypothesis strategies for what an optimizer is fed: telling hyperparameters, parameters, and sequences of gradients.

What is drawn is exact in every format: small whole numbers times powers of 2. So a difference is the optimizer's, and
what shrinks is pretty: one parameter of one entry, one gradient of 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from verify.conform.case import Case
from verify.optimizers.rule import Decay, Rule, Switch

# At the usual values most faults cannot be seen: eps = 1e-8 beside a root of 1, or 1 - beta1 beside 1. At these each
# part of a formula is of the size of the others.
TELLING: dict[str, tuple[float, ...]] = {
    "lr": (0.5, 1.0, 0.25),
    "beta1": (0.5, 0.75, 0.875),
    "beta2": (0.75, 0.5, 0.9375),
    "eps": (0.25, 1.0, 0.015625),
    "weight_decay": (0.5, 0.125),
    "dampening": (0.0, 0.5, 0.25),
}
# The last has all 8 bits of bfloat16, and its square more than float16 has.
ENTRIES = (1.0, -1.0, 0.0, 2.0, -3.0, 0.5, 5.0, 1.9921875)
# Powers of 2: about 1e-20 to 1e4, and what a 16-bit format holds.
SCALES = (0, 3, -3, 10, -10, 13, -33, -66)
NARROW = (0, 3, -3, 6, -6)
# Tails: kernels work on 4, 8 or 16 entries at a time, and on what is left over in another way.
SIZES, FEW_SIZES = (1, 2, 3, 19), (1, 19)
# Of matrices, the longer side first and last.
SHAPES, FEW_SHAPES = ((1, 1), (1, 3), (2, 2), (2, 3), (3, 1), (5, 3)), ((1, 1), (2, 3), (3, 2))
STEPS, SILENCE = 8, 12


@dataclass(frozen=True)
class Drawn:
    """What can be drawn for a target.

    rule       names the hyperparameters;
    fixed      those that are given, by their values;
    open       the names of those that the target takes;
    missing    whether it takes None for a gradient;
    schedules  whether it has groups of parameters with step sizes of their own;
    few        whether each new shape and value costs it a compilation;
    narrow     whether the format has a small range;
    every      calls a step;
    beyond     bits of the weights' format where states have more: decay rates are drawn that it rounds to 1, at which a
               state that is kept in it cannot fall, and silences that are long enough to show that; else 0;
    steps, parameters, tails  at most so many steps and parameters, and whether these have more than one entry.
    """

    rule: Rule
    fixed: Mapping[str, float]
    open: frozenset[str]
    missing: bool = False
    schedules: bool = False
    few: bool = False
    narrow: bool = False
    every: int = 1
    beyond: int = 0
    steps: int = STEPS
    parameters: int = 3
    tails: bool = True


@st.composite
def hyperparameters(draw: DrawFn, drawn: Drawn) -> tuple[tuple[str, float], ...]:
    """Telling ones where they are not given; none for what the target has no place for."""
    values: dict[str, float] = {}
    kinds = {number.name: number for number in drawn.rule.hyper}
    for name in dict.fromkeys(["lr", *kinds, "eps", "weight_decay"]):
        if name in drawn.fixed:
            values[name] = drawn.fixed[name]
        elif name not in drawn.open:
            values[name] = 1.0 if name == "lr" else float(kinds[name].usual) if name in kinds else 0.0
        else:
            values[name] = draw(st.sampled_from(_telling(name, kinds.get(name), drawn)))
    if values.get("nesterov") and "dampening" not in drawn.fixed:
        values["dampening"] = 0.0
    return tuple(values.items())


def _telling(name: str, kind: Any, drawn: Drawn) -> tuple[float, ...]:
    if isinstance(kind, Switch):
        return (0.0, 1.0)
    found = TELLING.get(name) or (
        (0.5, 0.75) if isinstance(kind, Decay) else (float(kind.usual), 2 * float(kind.usual))
    )
    if drawn.few:
        found = found[:1] if name in ("lr", "weight_decay") else found[:2]
    return (*found, 1 - 2.0 ** -(drawn.beyond + 1)) if drawn.beyond and isinstance(kind, Decay) else found


@st.composite
def sequences(draw: DrawFn, drawn: Drawn) -> Case:
    """One sequence: few different columns of entries, repeated over each parameter, so that equal coordinates occur."""
    values = draw(hyperparameters(drawn))
    count = draw(st.integers(1, min(drawn.parameters, 2 if drawn.few else 3)))
    if drawn.rule.matrix is None:
        lengths = (FEW_SIZES if drawn.few else SIZES) if drawn.tails else (1,)
        sizes = tuple(draw(st.sampled_from(lengths)) for _ in range(count))
        sides: tuple[int, ...] = ()
    else:
        shapes = (FEW_SHAPES if drawn.few else SHAPES) if drawn.tails else ((1, 1),)
        chosen = [draw(st.sampled_from(shapes)) for _ in range(count)]
        sizes, sides = tuple(k * d for k, d in chosen), tuple(k for k, _ in chosen)
    start = tuple(draw(st.sampled_from((0.0, 1.0))) for _ in range(count))
    back = draw(st.booleans())
    groups = drawn.schedules and count > 1 and draw(st.booleans())
    rows: list[tuple[tuple[float, ...] | None, ...]] = []
    for _ in range(draw(st.integers(1, drawn.steps))):
        for _ in range(drawn.every):
            rows.append(tuple(draw(_gradient(size, drawn)) for size in sizes))
        if drawn.tails and draw(st.integers(0, 7)) == 7:  # a long silence
            still = tuple((0.0,) * size for size in sizes)
            rows += [still] * (drawn.every * draw(st.integers(1, SILENCE * (1 + (drawn.beyond > 0)))))
    slower = draw(st.integers(0, len(rows))) if drawn.schedules else 0
    return Case(tuple(rows), values, sizes, start, back, bool(groups), slower if slower > 1 else 0, sides)


@st.composite
def _gradient(draw: DrawFn, size: int, drawn: Drawn) -> tuple[float, ...] | None:
    kind = draw(st.integers(0, 7))
    if kind == 7:
        return None if drawn.missing else (0.0,) * size
    scale = 2.0 ** draw(st.sampled_from(NARROW if drawn.narrow else SCALES))
    # A matrix whose rows were all alike would have one singular value.
    most = 3 if drawn.rule.matrix is None else 7
    columns = [scale * draw(st.sampled_from(ENTRIES)) for _ in range(min(size, most))]
    return tuple(columns[k % len(columns)] for k in range(size))

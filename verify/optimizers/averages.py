"""Which of a rule's states are running averages, s <- b s + c x with b a decay rate and x = g, |g| or g^2.

Of these, and of no others, it is known what they follow, so that it can be said whether they stand still.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from verify.errors import Undecided
from verify.numbers.formula import NoAnswerError, affine, degrees, evaluate
from verify.numbers.program import Node, inputs_of
from verify.numbers.systems.balls import BALLS, Order, ball, compare, precision
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.rule import ADDED, Rule
from verify.optimizers.traits import data_of, input_degrees, slopes


@dataclass(frozen=True)
class Average:
    """A state s <- keep s + gain x: x is g^power, or |g| where ``even``. ``decay`` is the hyperparameter whose value
    ``keep`` is."""

    state: str
    decay: str
    keep: float
    gain: float
    power: int
    even: bool


def averages(opt: Optimizer) -> tuple[Average | None, ...]:
    """For each state of the rule the average that it is at the optimizer's values, None where it is none."""
    return tuple(
        None if shape is None else _average(opt, state.name, *shape)
        for state, shape in zip(opt.rule.states, _shapes(opt.rule), strict=True)
    )


@cache
def _shapes(rule: Rule) -> tuple[tuple[str, Node, int] | None, ...]:
    """For each state its decay rate, what is added in a step, and the degree of that in g; None for no average."""
    found: list[tuple[str, Node, int] | None] = []
    for state, after in zip(rule.states, rule.lean.after, strict=True):
        found.append(None)
        try:
            slope, rest = affine(after, state.name)
            (degree,) = degrees([rest], input_degrees(rule))
        except NoAnswerError:
            continue
        reached = inputs_of(rest) & (data_of(rule) | {"w", "eta"})
        if slope.op == "input" and slope.value in rule.betas and reached == {"g"}:
            for power in (1, 2):
                if degree == (Fraction(power),):
                    found[-1] = (slope.value, rest, power)
    return tuple(found)


def _average(opt: Optimizer, state: str, decay: str, rest: Node, power: int) -> Average | None:
    # Of degree 1 or 2 in g > 0 and in g < 0, what is added is known from its values at 1 and -1.
    try:
        with precision(128):
            up, down = (float(evaluate([rest], _given(opt, g), BALLS)[0].mid()) for g in (1, -1))
    except Undecided:
        return None
    if not up > 0 or abs(down) != up or (power == 2 and down < 0):
        return None
    return Average(state, decay, float(opt.values[decay]), up, power, down > 0)


def divides_by_more_than_0(opt: Optimizer) -> bool:
    """Whether the rule's last state, which it divides by, is above 0 after any gradient but 0: shown for one that
    follows states of 0, and kept where a step keeps part of it."""
    rule = opt.rule
    after, state = rule.lean.after[-1], rule.states[-1]
    needs = inputs_of(after) - {"g", state.name, *(number.name for number in rule.hyper)}
    kept = slopes(rule, opt.values)[-1] > 0
    if needs & {"seen", "w", "eta"} or (needs and not kept):
        return False
    try:
        with precision(128):
            values = [evaluate([after], _given(opt, g), BALLS)[0] for g in (1, -1)]
            return all(compare(value, ball(0)) is Order.GREATER for value in values)
    except Undecided:
        return False


def _given(opt: Optimizer, g: int) -> dict[str, object]:
    zeros = dict.fromkeys(("seen", *ADDED, *(state.name for state in opt.rule.states)), ball(0))
    return zeros | {"g": ball(g)} | {name: ball(value) for name, value in opt.values.items()}

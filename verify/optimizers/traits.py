"""The traits of a rule that engines ask, proved on its program: degrees, what the states forget, jumps.

It takes milliseconds and no symbols. ``check_rule`` holds what is declared against it, and refutes by examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from verify.errors import BadInput
from verify.numbers.formula import (
    ZERO,
    Degree,
    NoAnswerError,
    affine,
    degrees,
    evaluate,
    is_zero,
    linear,
    made_of_signs,
    signs_in,
    substituted,
)
from verify.numbers.program import Node, inputs_of
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.balls import BALLS, Order, ball, compare, precision
from verify.optimizers.rule import ADDED, Rule

# After this many steps without gradient it is seen whether a state falls. In half of them a state of which a step keeps
# all but 2e-6 falls by 1e-3 of itself, which float64 tells.
LONG = 1000
SEEN_DEGREE = {"squares": 2, "norm": 1, "nothing": 0}
# eps is added to a root of squared gradients, inside to the squares: that scales them.
ADDED_DEGREE = {"eps": 1, "inside": 2, "w": 0, "eta": 0}


@dataclass(frozen=True)
class Memory:
    """How a state forgets: after a step it is slope * itself + what does not depend on it. ``slope`` depends on
    hyperparameters alone. States of a ``level`` need those of lower ones to be known first."""

    slope: Node
    level: int


@dataclass(frozen=True)
class Traits:
    """What was proved of a rule; a text is the reason why not.

    degree       that of the update, with eps = 0, where the states have their declared degrees;
    eps_scales   whether that holds with eps and inside scaled as the gradient and its square;
    memory       for each state;
    rests        without gradient each state is multiplied by its slope, and the update by a constant from the second
                 such step on;
    update       ``linear``, ``sign``, ``smooth``, or ``jumps``, where signs stand beside other things.
    """

    degree: Fraction | str | None
    eps_scales: bool
    memory: tuple[Memory | str, ...]
    rests: bool
    update: str

    @property
    def forgets(self) -> bool:
        """Whether every state was shown to forget; its slope at given values is for ``slopes`` to tell."""
        return all(isinstance(each, Memory) for each in self.memory)


@cache
def traits(rule: Rule) -> Traits:
    """What is proved of the rule's traits. Raises BadInput where its step cannot be written as a program."""
    program = rule.program
    update, after = rule.lean.update, list(rule.lean.after)
    try:
        degree: Fraction | str | None = _update_degree(rule, [update, *after])
    except NoAnswerError as reason:
        degree = str(reason)
    try:
        scales = _update_degree(rule, [program.update, *program.after]) == degree
    except NoAnswerError:
        scales = False
    memory = _memory(rule, after)
    return Traits(degree, scales, memory, _rests(rule, update, after, memory), update_kind(rule, update))


def input_degrees(rule: Rule) -> dict[str, Degree]:
    """The degree of each input, the states' as declared."""
    known = {"g": 1, "seen": SEEN_DEGREE[rule.reads], **ADDED_DEGREE}
    known |= {number.name: 0 for number in rule.hyper}
    found: dict[str, Degree] = {name: (Fraction(degree),) for name, degree in known.items()}
    return found | {state.name: (Fraction(state.degree),) for state in rule.states}


def _update_degree(rule: Rule, ends: list[Node]) -> Fraction | None:
    update, *after = degrees(ends, input_degrees(rule))
    for state, found in zip(rule.states, after, strict=True):
        if found is not None and found != (Fraction(state.degree),):
            raise NoAnswerError(
                f"{state.name} is declared of degree {state.degree} and becomes of {found[0]}"
            )
    return None if update is None else update[0]


def data_of(rule: Rule) -> frozenset[str]:
    """The inputs that gradients reach: g, seen and the states."""
    return frozenset({"g", "seen", *(state.name for state in rule.states)})


def _memory(rule: Rule, after: list[Node]) -> tuple[Memory | str, ...]:
    names = [state.name for state in rule.states]
    slopes: dict[str, Node | str] = {}
    needs: dict[str, set[str]] = {}
    for name, end in zip(names, after, strict=True):
        try:
            slope, rest = affine(end, name)
        except NoAnswerError as reason:
            slopes[name], needs[name] = f"{name} is not affine in itself, it {reason}", set()
            continue
        moving = inputs_of(slope) & (data_of(rule) | {"w", "eta"})
        slopes[name] = (
            f"{name} is kept by a factor that depends on {', '.join(sorted(moving))}" if moving else slope
        )
        needs[name] = set(inputs_of(rest)) & set(names)
    level: dict[str, int] = {}
    for number in range(len(names)):
        ready = [name for name in names if name not in level and needs[name] <= level.keys()]
        level |= dict.fromkeys(ready, number)
    found: list[Memory | str] = []
    for name in names:
        slope_or_reason = slopes[name]
        if isinstance(slope_or_reason, str):
            found.append(slope_or_reason)
        elif name not in level:
            found.append(f"{name} and {', '.join(sorted(needs[name] - level.keys()))} need each other")
        else:
            found.append(Memory(slope_or_reason, level[name]))
    return tuple(found)


def _rests(rule: Rule, update: Node, after: list[Node], memory: tuple[Memory | str, ...]) -> bool:
    if not all(isinstance(each, Memory) for each in memory) or rule.uses("w", "eta"):
        return False
    update, *after = substituted([update, *after], {"g": ZERO, "seen": ZERO})
    names = [state.name for state in rule.states]
    if not all(is_zero(affine(end, name)[1]) for end, name in zip(after, names, strict=True)):
        return False
    none = (Fraction(0),) * len(names)
    scales: dict[str, Degree] = dict.fromkeys((*rule.names, "g", "seen"), none)
    for place, name in enumerate(names):
        scales[name] = tuple(Fraction(place == other) for other in range(len(names)))
    try:
        degrees([update], scales, len(names))
    except NoAnswerError:
        return False
    return True


@cache
def two_moments(rule: Rule) -> bool:
    """Whether the rule is made as Adam is: a state m of degree 1 and a state v of degree 2 that forget, neither in need
    of the other, and an update that is affine in m."""
    if [Fraction(state.degree) for state in rule.states] != [1, 2] or rule.reads != "nothing":
        return False
    m, v = (state.name for state in rule.states)
    update, after = rule.lean.update, rule.lean.after
    try:
        affine(update, m)
    except NoAnswerError:
        return False
    apart = v not in inputs_of(after[0]) and m not in inputs_of(after[1])
    return apart and traits(rule).forgets and not rule.uses("w", "eta")


def update_kind(rule: Rule, update: Node) -> str:
    """What the update is made of."""
    data = data_of(rule)
    if linear(update, data):
        return "linear"
    if made_of_signs(update, data):
        return "sign"
    return "jumps" if any(not data.isdisjoint(inputs_of(each)) for each in signs_in(update)) else "smooth"


def slopes(rule: Rule, values: dict[str, Any]) -> tuple[float, ...]:
    """What a step keeps of each state, at these values of the hyperparameters; 1 where nothing is known."""
    given = {name: ball(value) for name, value in values.items()} | dict.fromkeys(ADDED, ball(0))
    found = []
    with precision(128):
        for memory in traits(rule).memory:
            if isinstance(memory, str):
                found.append(1.0)
                continue
            (slope,) = evaluate([memory.slope], given, BALLS)
            found.append(float(abs(slope).mid()) if compare(abs(slope), ball(1)) is Order.LESS else 1.0)
    return tuple(found)


def forgetting(rule: Rule, values: dict[str, Any]) -> str:
    """Why the rule does not forget at these values, or nothing."""
    return next(iter(_not_forgotten(rule, values).values()), "")


def _not_forgotten(rule: Rule, values: dict[str, Any]) -> dict[str, str]:
    """The states that are not shown to forget at these values, and why."""
    return {
        state.name: memory
        if isinstance(memory, str)
        else f"{state.name} is a sum without decay: a step keeps all of it"
        for state, memory, slope in zip(rule.states, traits(rule).memory, slopes(rule, values), strict=True)
        if isinstance(memory, str) or slope >= 1
    }


def keeps(rule: Rule, values: dict[str, Any]) -> str:
    """What shows that the rule does not forget at these values; the empty text where nothing was found to show it.

    It is a sum without decay, or a state that is as large after ``LONG`` steps without gradient as after half of them.
    """
    if not forgetting(rule, values):
        return ""
    for state, memory, slope in zip(rule.states, traits(rule).memory, slopes(rule, values), strict=True):
        if not isinstance(memory, str) and slope >= 1:
            return forgetting(rule, values)
        given = {name: float(value) for name, value in values.items()}
        given |= dict.fromkeys(("g", "seen", *ADDED), 0.0) | {each.name: 0.0 for each in rule.states}
        given[state.name] = 1.0
        sizes = []
        for _ in range(LONG):
            after = evaluate(rule.lean.after, given, ARRAYS)
            given |= {each.name: float(x) for each, x in zip(rule.states, after, strict=True)}
            sizes.append(abs(given[state.name]))
        if sizes[-1] >= sizes[LONG // 2 - 1] > 0:
            return f"without gradient {state.name}, from 1, is {sizes[-1]:.6g} after {LONG} steps"
    return ""


def remembered(rule: Rule, values: dict[str, Any]) -> tuple[str, ...]:
    """The states that are not shown to forget at these values."""
    return tuple(_not_forgotten(rule, values))


def homogeneous(rule: Rule) -> str:
    """Why the rule was not shown to have the degrees that it declares, or nothing."""
    found = traits(rule).degree
    if rule.degree is None:
        return f"{rule.name} declares no degree"
    if isinstance(found, str):
        return f"{rule.name} is not shown to be homogeneous: it {found}"
    if found is not None and found != rule.degree:
        return f"{rule.name} declares degree {rule.degree}, and its update is of degree {found}"
    return ""


def require(rule: Rule, values: dict[str, Any], who: str) -> None:
    """Raise BadInput, naming the trait, unless the rule is homogeneous as declared and forgets: what every game needs.

    ``who`` is what asks.
    """
    reason = homogeneous(rule)
    if reason:
        raise BadInput(f"optimizer={rule.name}: {who} needs the trait degree, and {reason}")
    reason = forgetting(rule, values)
    if reason:
        raise BadInput(f"optimizer={rule.name}: {who} needs the trait forgets, and {reason}")
    if rule.uses("w", "eta"):
        raise BadInput(f"optimizer={rule.name}: {who} needs a step that reads neither w nor eta")

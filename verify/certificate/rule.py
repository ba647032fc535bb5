"""What is shown of the rule that a certificate carries, from its program alone, before anything is said of its game.

- It is a program. Each line is a known operation on earlier lines, a constant, or an input that a step has: the batch's
  gradient g, what the rule reads beside it, a state or a hyperparameter. None of them is w.
- It is homogeneous. If g is multiplied by lambda > 0, and each state by lambda to the power of its degree, then a step
  multiplies each state likewise, and leaves u as it was. Degrees are followed operation by operation.
- It forgets. Each state after a step is slope * itself + what does not depend on it, where the slope is made of
  hyperparameters and |slope| < 1; and no two states need each other. So under periodic gradients there is one periodic
  state, and every run comes to it.
- It fades. Without gradients u falls from step to step, where the program tells what u does then (``Traits.rests``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from verify.certificate.duals import applied
from verify.certificate.effort import operation, spend
from verify.certificate.program import ARITIES, Line, Rule
from verify.certificate.refusal import Refused, require
from verify.errors import Undecided
from verify.numbers.systems.balls import Ball, ball, precision

# The longest rule that ships has some 20 lines.
LINES = 200
SEEN_DEGREE = {"squares": 2, "norm": 1, "nothing": 0}
RESERVED = {"g", "seen", "u", "w", "eta", "c", "x", "sqrt", "sign", "abs", "max"}
# Slopes are compared with 1 at this precision; what is nearer to 1 is refused.
BITS = 256

# Exponents of several scales at once; None is the degree of 0, which has every degree.
Degree = tuple[Fraction, ...] | None


class MixedError(Exception):
    """Which line has no degree, and why."""


@dataclass(frozen=True)
class Traits:
    """What the rule does with its states.

    levels   the states, in an order in which each needs earlier ones only;
    rests    whether the program shows that a step without gradient multiplies each state by its slope, and no more;
    falling  the degree of u in each state in such a step; None where u is 0. The next such step multiplies u by the
             product of the slopes, each to that power.
    """

    levels: tuple[int, ...]
    rests: bool
    falling: Degree


def require_rule(rule: Rule) -> Traits:
    """All obligations of a rule."""
    traits = require_periodic(rule)
    require_fading(rule, traits)
    return traits


def require_fading(rule: Rule, traits: Traits) -> None:
    """Without gradients u is not seen to grow, or to stay as large as it is."""
    require(
        fades(rule, traits),
        "fades",
        "without gradients u is not shown to fall, so no run has this game for its limit",
    )


def require_periodic(rule: Rule) -> Traits:
    """It is a program, homogeneous, and forgets."""
    require_program(rule)
    _require_degrees(rule)
    return require_forgetting(rule)


def require_forgetting(rule: Rule) -> Traits:
    """It is a program, and forgets."""
    require_program(rule)
    spend(40 * len(rule.lines) * (1 + len(rule.states)), "the rule's program")
    traits = traits_of(rule)
    for name, slope in zip(rule.names, slopes(rule, BITS), strict=True):
        require(
            bool(abs(slope) < 1),
            "forgets",
            f"a step is not shown to keep less of the state {name} than there was",
        )
    return traits


def taken(name: str) -> bool:
    """Whether a statement's text has another use for the name: the formula's letters and its lines t1, t2, ..."""
    return name in RESERVED or (name[0] == "t" and name[1:].isdigit())


def require_program(rule: Rule) -> None:
    """The program can be run: its names are free, its inputs and operations exist, and no line looks ahead."""
    require(len(rule.lines) <= LINES, "program-size", f"the program has more than {LINES} lines")
    names = [*rule.names, *rule.hyper]
    for name in names:
        require(names.count(name) == 1 and not taken(name), "program-names", f"the name {name} is taken")
    inputs = {"g", *names} | ({"seen"} if rule.reads != "nothing" else set())
    for i, line in enumerate(rule.lines):
        if line.op == "input":
            require(
                line.name in inputs, "program-input", f"line {i} reads {line.name}, which the rule has not"
            )
        elif line.op != "constant":
            arity = ARITIES.get(line.op, ())
            require(
                len(line.args) in arity, "program-op", f"line {i}: there is no {line.op} of {len(line.args)}"
            )
        require(all(arg < i for arg in line.args), "program-index", f"line {i} looks ahead")
    ends = (rule.update, *rule.after)
    require(max(ends) < len(rule.lines), "program-index", "u or a state is beyond the program's end")


def _require_degrees(rule: Rule) -> None:
    one = Fraction(1)
    given: dict[str, Degree] = {"g": (one,), "seen": (Fraction(SEEN_DEGREE[rule.reads]),)}
    given |= {name: (Fraction(0),) for name in rule.hyper}
    given |= {name: (degree,) for name, degree in rule.states}
    try:
        found = degrees(rule, given, 1)
    except MixedError as reason:
        return require(False, "homogeneous", str(reason))
    for (name, degree), end in zip(rule.states, rule.after, strict=True):
        mine = found[end]
        require(
            mine is None or mine == (degree,),
            "state-degree",
            f"{name} of degree {degree} becomes of another degree",
        )
    update = found[rule.update]
    require(update is None or not any(update), "update-degree", "u is not of degree 0 in the gradient")


def degrees(rule: Rule, given: Mapping[str, Degree], scales: int) -> dict[int, Degree]:
    """The degree of each line that u and the states are made of, in several scales of the inputs at once."""
    none = (Fraction(0),) * scales
    found: dict[int, Degree] = {}
    for i in rule.needed((rule.update, *rule.after)):
        line = rule.lines[i]
        found[i] = _degree(i, line, [found[arg] for arg in line.args], given, none)
    return found


def _degree(i: int, line: Line, args: Sequence[Degree], given: Mapping[str, Degree], none: Degree) -> Degree:
    op = line.op
    if op == "input":
        return given[line.name]
    if op == "constant":
        return none if line.value else None
    first, last = args[0], args[-1]
    if op in ("+", "-", "max"):
        if first is not None and last is not None and first != last:
            raise MixedError(f"line {i} takes together what scales differently")
        return last if first is None else first
    if op in ("*", "/"):
        if op == "/" and last is None and first is not None:
            raise MixedError(f"line {i} divides by 0")
        if first is None or last is None:
            return None
        way = 1 if op == "*" else -1
        return tuple(a + way * b for a, b in zip(first, last, strict=True))
    if first is None or op == "abs":
        return first
    return tuple(part / 2 for part in first) if op == "sqrt" else none


def traits_of(rule: Rule) -> Traits:
    """The order of the states, and what they do at rest. Refused where a state is not affine in itself, or two need
    each other."""
    depends = _depends(rule)
    for number in range(len(rule.states)):
        _require_affine(rule, number, depends)
    needs = [
        (depends[end] & set(rule.names)) - {name} for name, end in zip(rule.names, rule.after, strict=True)
    ]
    levels: list[int] = []
    while len(levels) < len(rule.states):
        known = {rule.names[i] for i in levels}
        ready = [i for i, need in enumerate(needs) if i not in levels and need <= known]
        require(bool(ready), "levels", "states need each other")
        levels += ready or [i for i in range(len(needs)) if i not in levels]
    return Traits(tuple(levels), *_rest(rule))


def _depends(rule: Rule) -> dict[int, set[str]]:
    """The data among g, seen and the states on which each line depends."""
    found: dict[int, set[str]] = {}
    for i in rule.needed((rule.update, *rule.after)):
        line = rule.lines[i]
        own = {line.name} - rule.hyper.keys() if line.op == "input" else set()
        found[i] = own.union(*(found[arg] for arg in line.args))
    return found


def _require_affine(rule: Rule, number: int, depends: Mapping[int, set[str]]) -> None:
    """The state after the step is slope * itself + what does not depend on it, and the slope on no data."""
    name = rule.names[number]
    for i in rule.needed((rule.after[number],)):
        line = rule.lines[i]
        with_it = [arg for arg in line.args if name in depends[arg]]
        others = [arg for arg in line.args if arg not in with_it]
        plain = line.op in ("+", "-") or (
            len(with_it) == 1
            and not any(depends[arg] for arg in others)
            and (line.op == "*" or (line.op == "/" and with_it == [line.args[0]]))
        )
        require(not with_it or plain, "affine", f"line {i} takes the state {name} otherwise than by a factor")


def slopes(rule: Rule, at_bits: int) -> list[Ball]:
    """What a step keeps of each state, at this precision. (The states are affine in themselves.)"""
    found = []
    spend((1 + len(rule.states)) * len(rule.lines) * operation(at_bits), "the slopes of the states")
    try:
        with precision(at_bits):
            values = scalars(rule)
            for name, end in zip(rule.names, rule.after, strict=True):
                slope: dict[int, Ball] = {}
                for i in rule.needed((end,)):
                    slope[i] = _slope(rule.lines[i], slope, values, name)
                found.append(slope[end])
    except (Undecided, ZeroDivisionError) as reason:
        raise Refused("precision", str(reason)) from None
    return found


def _slope(line: Line, slope: Mapping[int, Ball], values: Mapping[int, Ball], name: str) -> Ball:
    """The derivative of a line by the state ``name``, from those of earlier lines; ``values`` are the scalars'."""
    if not line.args:
        return ball(int(line.op == "input" and line.name == name))
    parts = [slope[arg] for arg in line.args]
    if all(part.is_zero() for part in parts):
        return parts[0]
    if line.op == "+":
        return parts[0] + parts[1]
    if line.op == "-":
        return parts[0] - parts[1] if len(parts) > 1 else -parts[0]
    a, b = line.args[0], line.args[-1]
    if line.op == "/":
        return parts[0] / values[b]
    if line.op == "*":
        return parts[0] * values[b] if parts[1].is_zero() else parts[1] * values[a]
    return ball(0)  # others are refused before


def scalars(rule: Rule) -> dict[int, Ball]:
    """The lines that are made of hyperparameters and constants, at the present precision."""
    found: dict[int, Ball] = {}
    for i in rule.needed((rule.update, *rule.after)):
        line = rule.lines[i]
        if line.op == "constant":
            found[i] = ball(line.value)
        elif line.op == "input":
            if line.name in rule.hyper:
                found[i] = ball(rule.hyper[line.name])
        elif all(arg in found for arg in line.args):
            found[i] = applied(line.op, [found[arg] for arg in line.args])
    return found


def _rest(rule: Rule) -> tuple[bool, Degree]:
    """``Traits.rests`` and ``falling``: degrees with a scale for each state, where g and seen are 0."""
    count = len(rule.states)
    unit: list[Degree] = [tuple(Fraction(i == j) for j in range(count)) for i in range(count)]
    given: dict[str, Degree] = dict.fromkeys(rule.hyper, (Fraction(0),) * count)
    given |= {"g": None, "seen": None} | dict(zip(rule.names, unit, strict=True))
    try:
        found = degrees(rule, given, count)
    except MixedError:
        return False, None
    # Affine in itself, and of degree 1 in itself alone: slope * itself. A state that keeps nothing is 0.
    own = all(found[end] in (unit[i], None) for i, end in enumerate(rule.after))
    return own, found[rule.update] if own else None


def fades(rule: Rule, traits: Traits) -> bool:
    """Whether u falls, step by step, once gradients are gone. True too where u does not depend on the size of states,
    and where the program does not tell what u does then."""
    if not traits.rests or traits.falling is None or not any(traits.falling):
        return True
    with precision(BITS):
        factor = ball(1)
        for slope, degree in zip(slopes(rule, BITS), traits.falling, strict=True):
            if degree < 0 and not abs(slope) > 0:
                return False
            if degree:
                factor *= ball(0) if slope.is_zero() else abs(slope) ** ball(degree)
        return bool(factor < 1)

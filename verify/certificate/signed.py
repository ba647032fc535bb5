"""The sum of gradients that a carried rule moves by the sign of, found in rationals from its program.

Gradients are frozen, so that step q of an epoch of P steps sees the same one over and over, and states are periodic.
The update is u = kappa sign(sum_r kept_r g_(q-r)), kappa > 0, for a rule of degree 0 that

- remembers nothing, though it may have states: then u depends on the sign of the gradient alone, so it is told by
  the gradients 1, -1 and 0;
- has one step an epoch: likewise, with the states that these leave as they are;
- is the sign of a linear form of gradient and states, the states after the step being linear too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import isqrt
from typing import Any

from verify.certificate.effort import kept as keeping
from verify.certificate.effort import product, spend
from verify.certificate.program import Line, Rule
from verify.certificate.refusal import Refused, require
from verify.certificate.rule import Traits, require_fading

ZERO, ONE = Fraction(0), Fraction(1)
# A linear form of gradient and states; a rational; or None for what is neither, or not known.
Form = dict[str, Fraction]
Known = Form | Fraction | None


def signed(rule: Rule, traits: Traits, steps: int) -> tuple[Fraction, list[Fraction]]:
    """kappa and kept (P), whose entries may have either sign. Refused where u is not shown to be that."""
    require(rule.reads == "nothing", "signs", "the rule reads more than the gradient")
    alone = [ONE] + [ZERO] * (steps - 1)
    kappa = _size(rule, traits, unknown)
    if kappa is not None:
        return kappa, alone
    if steps == 1:
        require_fading(rule, traits)
        kappa = _size(rule, traits, steady)
        if kappa is not None:
            return kappa, alone
    end, sense = rule.lines[rule.update], ONE
    while end.op == "-" and len(end.args) == 1:
        end, sense = rule.lines[end.args[0]], -sense
    require(end.op == "sign", "signs", "u is not shown to be the sign of one sum of gradients")
    return ONE, [sense * each for each in _kept(rule, traits, end.args[0], steps)]


def _size(
    rule: Rule, traits: Traits, states: Callable[[Rule, Traits, Fraction], Mapping[str, Known]]
) -> Fraction | None:
    """kappa, where u is kappa times the sign of the gradient from these states; else None."""
    up, down, none = (
        evaluated(rule, {"g": g, **states(rule, traits, g)})[rule.update] for g in (ONE, -ONE, ZERO)
    )
    if isinstance(up, Fraction) and isinstance(down, Fraction) and up == -down and up > 0 and none == ZERO:
        return up
    return None


def unknown(rule: Rule, traits: Traits, g: Fraction) -> dict[str, Known]:
    """Nothing of the states before the step."""
    return dict.fromkeys(rule.names)


def steady(rule: Rule, traits: Traits, g: Fraction) -> dict[str, Known]:
    """The states that stay as they are under this gradient."""
    found: dict[str, Known] = dict.fromkeys(rule.names)
    for number in traits.levels:
        name, end = rule.names[number], rule.after[number]
        rest, whole = (evaluated(rule, {"g": g, **found, name: s})[end] for s in (ZERO, ONE))
        known = isinstance(rest, Fraction) and isinstance(whole, Fraction)
        found[name] = rest / (1 - (whole - rest)) if known else None  # type: ignore[operator]
    return found


def _kept(rule: Rule, traits: Traits, end: int, steps: int) -> list[Fraction]:
    """What the sum keeps of a gradient of 1 in the first step, in that step and in those after it."""
    found = evaluated(rule, {name: {name: ONE} for name in ("g", *rule.names)})
    states: dict[str, list[Fraction]] = {}
    for number in traits.levels:
        name, form = rule.names[number], _form(found[rule.after[number]])
        slope = form.get(name, ZERO)
        rests = _along(form, {key: values for key, values in states.items() if key != name}, steps)
        size = steps * (slope.numerator.bit_length() + slope.denominator.bit_length() + 4)
        spend(4 * steps * (product(size, size) + keeping(size)), "the memory of a sum")
        total = ZERO
        for rest in rests:
            total = slope * total + rest
        states[name] = [total / (1 - slope**steps)]
        for rest in rests[:-1]:
            states[name].append(slope * states[name][-1] + rest)
    return _along(_form(found[end]), states, steps)


def _along(form: Form, states: Mapping[str, Sequence[Fraction]], steps: int) -> list[Fraction]:
    """A linear form in each step, of the gradient 1 in the first and none after it, and of the states before it."""
    return [
        form.get("g", ZERO) * (q == 0)
        + sum((form.get(name, ZERO) * values[q] for name, values in states.items()), ZERO)
        for q in range(steps)
    ]


def _form(found: Known) -> Form:
    if isinstance(found, dict):
        return found
    require(found == 0, "signs", "the sum that u is the sign of is not linear in gradient and states")
    return {}


def evaluated(rule: Rule, inputs: Mapping[str, Known]) -> dict[int, Known]:
    """The lines that u and the states are made of."""
    found: dict[int, Known] = {}
    spend(2 * len(rule.lines), "the rule's program")
    for i in rule.needed((rule.update, *rule.after)):
        line = rule.lines[i]
        if line.op == "constant":
            found[i] = line.value
        elif line.op == "input":
            found[i] = rule.hyper.get(line.name, inputs.get(line.name))
        else:
            found[i] = _operated(line, [found[arg] for arg in line.args])
    return found


def _operated(line: Line, args: list[Known]) -> Known:
    """An operation; 0 times what is not known is 0, as states are finite."""
    op, a, b = line.op, args[0], args[-1]
    if op == "*" and (a == ZERO or b == ZERO):
        return ZERO
    if a is None or b is None:
        return None
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return _number(op, a, b, len(args))
    if op in ("+", "-"):
        if len(args) == 1:
            return _scaled(a, -ONE)
        if a == ZERO or b == ZERO:
            return a if b == ZERO else _scaled(b, ONE if op == "+" else -ONE)
        if isinstance(a, dict) and isinstance(b, dict):
            other = _scaled(b, ONE if op == "+" else -ONE)
            return {name: a.get(name, ZERO) + other.get(name, ZERO) for name in {**a, **other}}
    if op == "*" and isinstance(a, Fraction):
        return _scaled(b, a)
    if op in ("*", "/") and isinstance(b, Fraction) and b:
        return _scaled(a, b if op == "*" else 1 / b)
    return None


def _scaled(form: Any, by: Fraction) -> Form:
    return {name: value * by for name, value in form.items()}


def _number(op: str, a: Fraction, b: Fraction, count: int) -> Known:
    size = sum(number.numerator.bit_length() + number.denominator.bit_length() for number in (a, b))
    spend(2 + 3 * product(size, size), "the rule's program in rationals")
    if op == "-" and count == 1:
        return -a
    if op == "/":
        return a / b if b else (ZERO if not a else None)
    if op == "sqrt":
        return _root(a)
    if op == "sign":
        return Fraction((a > 0) - (a < 0))
    if op == "abs":
        return abs(a)
    return {"+": a + b, "-": a - b, "*": a * b, "max": max(a, b)}[op]


def _root(a: Fraction) -> Fraction | None:
    """The square root if that is rational."""
    if a < 0:
        raise Refused("signs", "a square root of a negative number")
    root = Fraction(isqrt(a.numerator), isqrt(a.denominator))
    return root if root * root == a else None

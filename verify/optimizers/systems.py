"""Does a rule say the same in every number system?

Engines run the program that was traced from the definition. It is run here in each system, and beside it the definition
as it stands in mpf: all must agree in many digits. A definition that looks at its number system, or at a counter, is
found out.
"""

from __future__ import annotations

import random
from collections import namedtuple
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

from verify.drawers import said
from verify.numbers.system import Numbers
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.balls import BALLS, bounds, precision
from verify.numbers.systems.duals import DUALS
from verify.numbers.systems.floats import FLOATS
from verify.numbers.systems.mpf import MPF, digits
from verify.numbers.systems.taylor import SERIES, coefficient, terms
from verify.numbers.written import compiled_step
from verify.optimizers.rule import Rule

# Digits of the program's own values, and how near others must be: a step is some dozens of roundings of numbers
# between 1e-2 and 1e3, in 50 digits, or in float64.
DIGITS, NEAR, FLOAT_NEAR = 50, Fraction(1, 10**40), 1e-11
STEPS = 3

# A number system by name, its step, and what reads a value.
Road = tuple[str, Numbers, Callable[[], Any], Callable[[Any], Any]]


def systems_agree(rule: Rule, whole: bool = True) -> tuple[bool, str]:
    """Whether all do on some steps of random rational gradients, and how it was seen, or where not; unless ``whole``,
    all but symbols and the compiled steps of runs, which take half a second each and have no part in a game."""
    rng = random.Random(rule.name)
    inputs = [(_rational(rng), abs(_rational(rng))) for _ in range(STEPS)]
    values = {number.name: number.usual for number in rule.hyper}
    values |= {"eps": Fraction(1, 64), "inside": Fraction(1, 100), "w": _rational(rng), "eta": Fraction(1, 7)}
    with precision(256), digits(DIGITS), terms(3):
        try:
            exact = _run(rule, MPF, compiled_step(rule.program, MPF), inputs, values)
            wanted = [_exactly(value) for value in exact]
        except ArithmeticError as error:
            return False, f"on gradients {', '.join(str(g) for g, _ in inputs)} it failed: {error}"
        checked = []
        for name, num, step, read in _roads(rule, whole):
            try:
                found = [read(value) for value in _run(rule, num, step(), inputs, values)]
            except Exception as error:
                return False, f"in {name} it failed: {said(error)}"
            near = NEAR if read is not float else Fraction(FLOAT_NEAR)
            for value, other in zip(wanted, found, strict=True):
                if abs(Fraction(other) - value) > near * (1 + abs(value)):
                    return False, f"in {name} it is {float(other):.17g}, by its program {float(value):.17g}"
            checked.append(name)
    return True, f"{STEPS} steps agree in {', '.join(checked)}"


def _roads(rule: Rule, whole: bool) -> list[Road]:
    """Each system, by the definition as it stands or by the program."""

    def middle(value: Any) -> Fraction:
        low, high = bounds(value)
        return (low + high) / 2

    def program(num: Numbers) -> Callable[[], Any]:
        return lambda: compiled_step(rule.program, num)

    stands: Road = ("mpf as it stands", MPF, lambda: _as_it_stands(rule, MPF), _exactly)
    of_games: list[Road] = [
        ("balls", BALLS, program(BALLS), middle),
        ("balls with derivatives", DUALS, program(DUALS), lambda value: middle(value.value)),
        ("series", SERIES, program(SERIES), lambda value: middle(coefficient(value, 0))),
        ("float64 arrays", ARRAYS, program(ARRAYS), float),
    ]
    if not whole:
        return [stands, *of_games]
    from verify.numbers.systems.symbols import SYMBOLS  # whose import takes half a second

    symbols: Road = (
        "symbols",
        SYMBOLS,
        program(SYMBOLS),
        lambda x: _exactly(mpmath.mpf(str(x.evalf(DIGITS)))),
    )
    return [stands, symbols, *of_games, ("compiled float64", FLOATS, program(FLOATS), float)]


def _as_it_stands(rule: Rule, num: Numbers) -> Callable[..., Any]:
    """The definition's own step, on named tuples, with tuples in and out."""
    step = rule.define(num)
    states = namedtuple("States", [state.name for state in rule.states])  # type: ignore[misc]
    hyper = namedtuple("Hyper", rule.names)  # type: ignore[misc]

    def run(g: Any, seen: Any, s: Any, h: Any) -> Any:
        u, after = step(g, seen, states(*s), hyper(*h))
        return u, tuple(after)

    return run


def _run(rule: Rule, num: Numbers, step: Any, inputs: Any, values: dict[str, Fraction]) -> list[Any]:
    h = rule.values({name: num.number(value) for name, value in values.items()}, num.number(Fraction(0)))
    lift: Callable[[Fraction], Any] = (
        (lambda value: np.float64(float(value))) if num is ARRAYS else num.number
    )
    s = tuple(lift(Fraction(0)) for _ in rule.states)
    out = []
    for g, seen in inputs:
        u, s = step(lift(g), lift(seen), s, h)
        out += [_lifted(value, num) for value in (u, *s)]
    return out


def _lifted(value: Any, num: Numbers) -> Any:
    """What a step may give as a plain number, in the system."""
    return num.number(Fraction(value)) if isinstance(value, int) else value


def _rational(rng: random.Random) -> Fraction:
    return Fraction(rng.choice([-1, 1]) * rng.randint(1, 30), rng.randint(1, 30))


def _exactly(value: Any) -> Fraction:
    if isinstance(value, mpmath.mpc):
        raise ArithmeticError("the root of a negative number")
    sign, mantissa, exponent, _ = mpmath.mpf(value)._mpf_
    return (-1 if sign else 1) * int(mantissa) * Fraction(2) ** int(exponent)

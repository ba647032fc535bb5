"""Assertions that start from the definition of an optimizer, and runs of it in other number systems."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from numbers import Rational
from typing import Any

import sympy

from verify.derive.chain import Assertion
from verify.derive.evaluate import BITS, WIDTH, Point, enclosure
from verify.derive.letters import b1, b2, m, top, v
from verify.derive.points import Domain
from verify.derive.roads import equality
from verify.numbers.system import Numbers
from verify.numbers.systems.balls import BALLS, Ball, Order, ball, compare, precision
from verify.numbers.systems.symbols import SYMBOLS
from verify.optimizers.mean_update import NO_REST, mean_update
from verify.optimizers.rules import RULES

# The states of the rules that chains speak of, by name.
STATES = {"m": m, "v": v, "top": top}


def hyper(name: str, beta1: Any, beta2: Any, eps: Any) -> tuple[Any, ...]:
    """The hyperparameters that a rule's step takes, eps outside the root, in the number system of the arguments."""
    return RULES[name].values({"beta1": beta1, "beta2": beta2, "eps": eps}, eps * 0)


def outputs(
    name: str, num: Numbers, g: Any, seen: Any, moments: dict[str, Any], h: tuple[Any, ...]
) -> dict[str, Any]:
    """One step of the optimizer: the update as u, and the states by name, from those among ``moments``."""
    rule = RULES[name]
    u, after = rule.step(num)(g, seen, tuple(moments[state.name] for state in rule.states), h)
    return {"u": u} | {state.name: value for state, value in zip(rule.states, after, strict=True)}


def rule_output(name: str, output: str, g: Any, *, seen: Any = None, eps: Any = 0) -> Any:
    """What one step of the optimizer makes of gradient g and moments m, v, as an expression."""
    h = hyper(name, b1, b2, sympy.sympify(eps))
    return sympy.sympify(outputs(name, SYMBOLS, g, seen, STATES, h)[output])


def from_rule(name: str, output: str, g: Any, expected: Any, domain: Domain, **options: Any) -> Assertion:
    """The optimizer's own definition says that its output is ``expected``; second road: it run in balls."""
    found = rule_output(name, output, g, **options)

    def in_balls(point: Point) -> tuple[bool, str]:
        with precision(BITS):
            gradient, seen = (enclosure(a, point) for a in (g, options.get("seen", 0)))
            moments = {state: enclosure(a, point) for state, a in STATES.items() if a in point}
            h = hyper(name, *(enclosure(a, point) for a in (b1, b2, options.get("eps", 0))))
            made = outputs(name, BALLS, gradient, seen, moments, h)
            return meet(made[output], enclosure(expected, point)), "the rule run in balls"

    return equality(
        found, expected, domain, kind="definition", holds=in_balls, called=sympy.Symbol(f"{output}_t")
    )


def meet(a: Ball, b: Ball) -> bool:
    """Whether two balls may be the same number, known to 2^-200."""
    gap = a - b
    return bool(gap.contains(0)) and compare(gap.rad(), ball(WIDTH) * (1 + abs(b))) is Order.LESS


def mean_update_in_balls(
    name: str, G: Sequence[Sequence[Any]], seen: Any, beta1: Any, beta2: Any
) -> list[Ball]:
    """U of batch gradients G[q][k] (rationals or balls) at the precision in force; ``seen`` as the rule reads it."""
    d = len(G[0])
    lifted = [[ball(Fraction(e)) if isinstance(e, Rational) else e for e in row] for row in G]
    out: list[Any] = [None] * d
    h = hyper(name, ball(Fraction(beta1)), ball(Fraction(beta2)), ball(0))
    mean_update(RULES[name], BALLS)(lifted, seen or [[None] * d] * len(G), h, out, [NO_REST] * len(G))
    return out


def mean_update_symbolic(name: str, G: Sequence[Any]) -> Any:
    """U of batch gradients G[q] in one coordinate, as an expression."""
    out: list[Any] = [None]
    mean_update(RULES[name], SYMBOLS)(
        [[each] for each in G],
        [[None]] * len(G),
        hyper(name, b1, b2, sympy.Integer(0)),
        out,
        [NO_REST] * len(G),
    )
    return out[0]

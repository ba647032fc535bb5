"""Whether a loss is what it declares to be: its three forms agree, it is decreasing, and its tail is exponential."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from verify.errors import Undecided
from verify.losses.loss import Loss
from verify.numbers.arrays import ARRAYS
from verify.numbers.balls import BALLS, Ball, Order, ball, climb, compare

# Margins at which the forms are compared: both signs, 0, and so far out that exp(-z) is 0 in float64.
MARGINS = tuple(Fraction(z) for z in ("-40", "-3", "-1/3", "0", "7/3", "30", "300", "1000"))

# Floats that follow the same few operations on numbers of size z lose some units of the last place of z.
FLOAT = 1e-14


@dataclass(frozen=True)
class Trait:
    """One declared trait of a loss: what was declared, what was found and how, and whether they agree."""

    trait: str
    declared: str
    found: str
    how: str
    ok: bool


@dataclass(frozen=True)
class LossCheck:
    """What the check of a loss found, trait by trait."""

    loss: str
    traits: tuple[Trait, ...]

    @property
    def ok(self) -> bool:
        """Whether every declared trait holds."""
        return all(trait.ok for trait in self.traits)

    @property
    def exponential(self) -> bool:
        """Whether the loss has an exponential tail, declared and found."""
        return self.ok and any(t.trait == "tail" and t.declared == "exponential" for t in self.traits)


def check_loss(loss: Loss) -> LossCheck:
    """Try each declared trait of a loss in balls, at margins from -40 to 1000.

    ``weight``: -l'(z) is positive and falls as z grows; ``log_weight``: it is the logarithm of the weight;
    ``tail``: -l'(z) = exp(-z) tail(exp(-z)), and tail(0) is positive; ``systems``: float64 agrees with balls.
    A loss that declares no tail is held against the other answer: that -l'(z) exp(z) does not settle.
    """
    return LossCheck(loss.name, tuple(_tried(name, *of) for name, of in _TRAITS(loss).items()))


def _tried(trait: str, declared: str, how: str, find: Callable[[], str]) -> Trait:
    """The trait as ``find`` sees it: it returns "" where the declaration holds, else what is found in its place."""
    try:
        against = find()
    except Undecided as reason:
        against = f"not decided: {reason}"
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        against = f"{type(error).__name__}: {error}"
    return Trait(trait, declared, against or declared, how, not against)


def _TRAITS(loss: Loss) -> dict[str, tuple[str, str, Callable[[], str]]]:
    where = f"balls at z = {', '.join(map(str, MARGINS))}"
    return {
        "weight": ("positive and decreasing", where, lambda: _decreasing(loss)),
        "log_weight": ("the logarithm of the weight", where, lambda: _logarithm(loss)),
        "tail": ("exponential" if loss.tail else "not exponential", where, lambda: _tail(loss)),
        "systems": ("float64 as balls", where, lambda: _floats(loss)),
    }


def _decreasing(loss: Loss) -> str:
    def find(bits: int) -> str:
        weights = [loss.weight(BALLS)(ball(z)) for z in MARGINS]
        for z, above, below in zip(MARGINS, weights, [*weights[1:], ball(0)], strict=True):
            if _order(below, above) is not Order.LESS:
                return f"not decreasing or not positive from z = {z} on"
        return ""

    return climb(find, first=256, last=8192)


def _logarithm(loss: Loss) -> str:
    def find(bits: int) -> str:
        for z in MARGINS:
            weight, log_weight = loss.weight(BALLS)(ball(z)), loss.log_weight(BALLS)(ball(z))
            if not log_weight.exp().overlaps(weight):
                return f"another function at z = {z}"
        return ""

    return climb(find, first=256, last=256)


def _tail(loss: Loss) -> str:
    def find(bits: int) -> str:
        if loss.tail is None:
            ratios = [loss.log_weight(BALLS)(ball(z)) + ball(z) for z in MARGINS[-2:]]
            settled = abs(ratios[1] - ratios[0]) < ball(Fraction(1, 1000))
            return "-l'(z) exp(z) settles: an exponential tail" if settled else ""
        factor = loss.tail(BALLS)
        if _order(ball(0), factor(ball(0))) is not Order.LESS:
            return f"tail(0) = {factor(ball(0)).str(5)} is not positive"
        for z in MARGINS:
            shrunk = (-ball(z)).exp()
            if not (shrunk * factor(shrunk)).overlaps(loss.weight(BALLS)(ball(z))):
                return f"not exponential: -l'(z) is not exp(-z) tail(exp(-z)) at z = {z}"
        return ""

    return climb(find, first=256, last=8192)


def _floats(loss: Loss) -> str:
    def find(bits: int) -> str:
        for z in MARGINS:
            exact = float(loss.log_weight(BALLS)(ball(z)).mid())
            with np.errstate(all="ignore"):
                found = float(loss.log_weight(ARRAYS)(float(z)))
            if not abs(found - exact) <= FLOAT * max(1.0, abs(float(z))):
                return f"float64 differs at z = {z}"
        return ""

    return climb(find, first=256, last=256)


def _order(a: Ball, b: Ball) -> Order:
    """The order of a and b. Raises Undecided where the balls are too wide to tell."""
    found = compare(a, b)
    if found is Order.UNDECIDED:
        raise Undecided("the order of two values")
    return found

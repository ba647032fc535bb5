"""Whether a loss is what it declares to be: its three forms agree, it is decreasing, and its tail is exponential."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, ClassVar

import numpy as np

from verify.drawers import said
from verify.errors import BadInput, Undecided
from verify.evidence import Declared, Trait
from verify.losses.compiled import compiled_weight
from verify.losses.loss import Loss
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.balls import BALLS, Ball, Order, ball, bounds, climb, compare
from verify.numbers.systems.duals import DUALS, variables
from verify.numbers.systems.taylor import SERIES, coefficient, series, terms

# Margins at which the forms are compared: both signs, 0, and so far out that exp(-z) is 0 in float64.
MARGINS = tuple(
    Fraction(z) for z in ("-40", "-3", "-1/3", "0", "1/7", "7/3", "8", "30", "75", "300", "1000", "100000")
)

# Floats that follow the same few operations on numbers of size z lose some units of the last place of z.
FLOAT = 1e-14

# The weight itself loses as many units of its own size, |z| of them in exp(-z); below the smallest normal number all.
WEIGHT, TINY = 1e-14, 2.3e-308

# Said of a tail that was proved, at every margin, to be the weight over exp(-z).
SYMBOLICALLY = "proved in symbols: weight(-log E) = E tail(E) for all E > 0"

# A formula of more operations, as sympy counts them, is not simplified, which may take minutes.
MOST_OPERATIONS = 60

# Some roundings in so many digits, of numbers of size z.
DIGITS, NEAR = 50, Fraction(1, 10**40)


@dataclass(frozen=True)
class LossCheck(Declared):
    """All traits of the loss ``loss``; ``identical`` if its tail is, in symbols, the weight over exp(-z)."""

    identical: bool
    kind: ClassVar[str] = "loss"

    @property
    def loss(self) -> str:
        """Its name."""
        return self.name

    @property
    def exponential(self) -> bool:
        """Whether it is what it declares, and that is an exponential tail."""
        return self.ok and self["tail"].declared == "exponential"

    @property
    def proved(self) -> bool:
        """Whether that tail was proved at all margins, rather than tried at some."""
        return self.exponential and self.identical


def check_loss(loss: Loss, compiled: bool = True, symbols: bool = True) -> LossCheck:
    """Try each declared trait of a loss in balls, at margins from -40 to 100000.

    weight       -l'(z) is positive and falls as z grows;
    log_weight   it is the logarithm of the weight;
    tail         -l'(z) = exp(-z) tail(exp(-z)), and tail(0) is positive; or, where no tail is declared, -l'(z) exp(z)
                 does not settle;
    systems      float64 agrees with balls, and so does compiled float64 unless ``compiled`` is False.

    A loss in pieces may be another between the margins that are tried. So the tail is held against the weight in
    symbols too, unless ``symbols`` is False.
    """
    identical = symbols and _identical(loss)
    trials = _trials(loss, compiled, identical)
    return LossCheck(loss.name, tuple(_tried(name, *of) for name, of in trials.items()), identical)


def _tried(trait: str, declared: str, how: str, find: Callable[[], str]) -> Trait:
    """The trait as ``find`` sees it: it returns "" where the declaration holds, else what is found in its place."""
    decided = True
    try:
        against = find()
    except Undecided as reason:
        against, decided = f"not decided: {reason}", False
    except BadInput as error:
        against = str(error)
    except Exception as error:  # a loss is anybody's code
        against = said(error)
    return Trait(trait, declared, against or declared, how, not against, decided)


def _trials(loss: Loss, compiled: bool, identical: bool) -> dict[str, tuple[str, str, Callable[[], str]]]:
    """For each trait what is declared, how it is tried, and what finds what is there instead."""
    where = f"balls at z = {', '.join(map(str, MARGINS))}"
    return {
        "weight": ("positive and decreasing", where, lambda: _decreasing(loss)),
        "log_weight": ("the logarithm of the weight", where, lambda: _logarithm(loss)),
        "tail": (
            "exponential" if loss.tail else "not exponential",
            SYMBOLICALLY if identical else where,
            lambda: _tail(loss),
        ),
        "systems": ("float64 as balls", where, lambda: _floats(loss, compiled)),
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
        far = (-ball(MARGINS[-1])).exp()
        if not abs(factor(far) - factor(ball(0))) < ball(Fraction(1, 1000)) * factor(ball(0)):
            return f"not exponential: tail(exp(-z)) is far from tail(0) at z = {MARGINS[-1]}"
        for z in MARGINS:
            shrunk = (-ball(z)).exp()
            if not (shrunk * factor(shrunk)).overlaps(loss.weight(BALLS)(ball(z))):
                return f"not exponential: -l'(z) is not exp(-z) tail(exp(-z)) at z = {z}"
        return ""

    return climb(find, first=256, last=8192)


@cache
def _identical(loss: Loss) -> bool:
    """Whether weight and tail are one function: weight(-log E) = E tail(E) for all E > 0, in symbols."""
    if loss.tail is None:
        return False
    import sympy  # late: it takes half a second, and this folder is looked into

    from verify.numbers.systems.symbols import SYMBOLS

    E = sympy.Symbol("E", positive=True)
    try:
        gap = loss.weight(SYMBOLS)(-sympy.log(E)) / E - loss.tail(SYMBOLS)(E)
        return bool(sympy.count_ops(gap) <= MOST_OPERATIONS and sympy.simplify(gap) == 0)
    except Exception:  # a loss is anybody's code
        return False


def _floats(loss: Loss, compiled: bool) -> str:
    with np.errstate(all="ignore"):
        at_once = loss.log_weight(ARRAYS)(np.array([float(z) for z in MARGINS]))
    found_by = {"float64": {z: float(value) for z, value in zip(MARGINS, at_once, strict=True)}}
    if compiled:
        function = compiled_weight(loss, log=True)
        found_by["compiled float64"] = {z: float(function(float(z))) for z in MARGINS}

    def find(bits: int) -> str:
        for z in MARGINS:
            exact = float(loss.log_weight(BALLS)(ball(z)).mid())
            for name, values in found_by.items():
                found = values[z]
                if not abs(found - exact) <= FLOAT * max(1.0, abs(float(z))):
                    return f"{name} differs at z = {z}"
        return _derivatives(loss) or (_plain(loss) if compiled else "")

    return climb(find, first=256, last=256)


def _derivatives(loss: Loss) -> str:
    """The tail in balls that carry derivatives, and in series, which enclose how it bends the flow: as in balls."""
    if loss.tail is None:
        return ""
    plain, slopes, along = (loss.tail(num) for num in (BALLS, DUALS, SERIES))
    with terms(2):
        for z in MARGINS:
            shrunk = (-ball(z)).exp()
            (dual,) = variables([shrunk])
            wanted = plain(shrunk)
            if not (dual * 0 + slopes(dual)).value.overlaps(wanted):
                return f"the tail in balls with derivatives differs at z = {z}"
            if not coefficient(series([shrunk]) * 0 + along(series([shrunk])), 0).overlaps(wanted):
                return f"the tail in series differs at z = {z}"
    return ""


def _plain(loss: Loss) -> str:
    """The weight itself, which simulations use in mpf and number formats in compiled float64, against balls."""
    from verify.numbers.systems.mpf import (  # late: mpmath takes a while, and this folder is looked into
        MPF,
        digits,
    )

    weight, compiled = loss.weight(MPF), compiled_weight(loss, log=False)
    with digits(DIGITS):
        for z in MARGINS:
            exact = loss.weight(BALLS)(ball(z))
            low, high = bounds(exact)
            if not abs(Fraction(*_ratio(weight(MPF.number(z)))) - low) <= (high - low) + NEAR * low:
                return f"mpf differs at z = {z}"
            share = WEIGHT * max(1.0, abs(float(z)))
            if not abs(float(compiled(float(z))) - float(low)) <= share * float(low) + TINY:
                return f"the weight in compiled float64 differs at z = {z}"
    return ""


def _ratio(value: Any) -> tuple[int, int]:
    """An mpf, or a number of Python, as the rational that it is."""
    from mpmath.libmp import to_rational

    ratio = value.as_integer_ratio() if hasattr(value, "as_integer_ratio") else to_rational(value._mpf_)
    return int(ratio[0]), int(ratio[1])


def _order(a: Ball, b: Ball) -> Order:
    """The order of a and b. Raises Undecided where the balls are too wide to tell."""
    found = compare(a, b)
    if found is Order.UNDECIDED:
        raise Undecided("the order of two values")
    return found

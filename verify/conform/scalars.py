"""The scalars of a step, as a format may have them: hyperparameters, bias corrections, NAdam's schedule."""

from __future__ import annotations

from functools import cache
from typing import Any

from verify.conform.bounded import Bounded, Precision, bounded
from verify.conform.convention import Convention
from verify.conform.formula import SCALARS
from verify.optimizers.rule import Rule

# NAdam's momentum schedule: mu_t = beta1 (1 - BASE^(RATE t) / 2), Dozat 2016 as torch has it.
BASE, RATE = 0.96, 0.004


@cache
def inputs(
    rule: Rule,
    how: Convention,
    values: tuple[tuple[str, float], ...],
    lr: float,
    rate: float,
    t: int,
    start: bool,
    of: Precision,
) -> dict[str, Any]:
    """Those of step t."""
    number = bounded(of).number
    given: dict[str, Any] = {name: number(value) for name, value in values}  # type: ignore[arg-type]
    for hyper in rule.hyper:
        given.setdefault(hyper.name, number(hyper.usual))
    given |= {"eta": number(lr), "decayed": number(rate)}  # type: ignore[arg-type]
    given.setdefault("eps", number(0))  # type: ignore[arg-type]
    given |= dict.fromkeys(("inside", *SCALARS[2:]), number(0))  # type: ignore[arg-type]
    given["start"] = number(int(start))  # type: ignore[arg-type]
    first, second = rule.corrects or ("beta1", "beta2")
    coarse = how.scalars == "float32"
    if first in given:
        beta = _coarse(given[first]) if coarse else given[first]
        given |= {"p": 1.0 - beta.power(t), "p_next": 1.0 - beta.power(t + 1)}
        given |= dict(zip(("mu", "mu_next", "left"), _schedule(given[first], t, coarse), strict=True))
    if second in given:
        beta = _coarse(given[second]) if coarse else given[second]
        given["q"] = 1.0 - beta.power(t)
    return given


def _coarse(value: Bounded) -> Bounded:
    """A scalar as float32 computes with it: each of its operations has that rounding."""
    unit = max(value.of.unit, 2.0**-24)
    return Bounded(
        value.x, value.s, value.e + unit * abs(value.x), Precision(unit, value.of.tiny, value.of.top)
    )


def _schedule(beta: Bounded, t: int, coarse: bool) -> tuple[Bounded, Bounded, Bounded]:
    """mu_t, mu_{t+1} and the product of mu_1 ... mu_t, rounded as products of scalars."""

    def mu(k: int) -> Bounded:
        power = BASE ** (RATE * k)
        return beta * (1.0 - 0.5 * Bounded(power, power, 4 * beta.of.unit * power, beta.of))

    left = mu(1)
    if coarse:
        left = _coarse(left)
    for k in range(2, t + 1):
        left = left * mu(k)
    return mu(t), mu(t + 1), left

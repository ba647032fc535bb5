"""The game of a rule at a constant step, along a wave whose margins grow by r a step.

Gradients then shrink by exp(-r) a step. In units of the gradients of the time these are frozen, and a state of degree p
is multiplied by exp(p r) before each step. So the wave's mean update is the epoch map U of another rule, which does so
with its states; at r = 0 it is the rule itself. For Adam that is a factor K times the epoch map at beta1 exp(r) and
beta2 exp(2 r); nothing of that is needed here.
"""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

from verify.errors import Undecided
from verify.game.smooth.field import populations
from verify.numbers.system import Numbers
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.rule import Positive, Rule, Step
from verify.optimizers.traits import slopes, traits

# The hyperparameter that holds exp(r / q), where q is the common denominator of the states' degrees.
UNIT = "unit_of_growth"
MOST = math.log(sys.float_info.max)


def takes(opt: Optimizer, n: int) -> bool:
    """Whether an optimizer on n samples has travelling waves that are looked for: a constant step, an update of degree
    0 without jumps, and batches in cyclic order."""
    cyclic = opt.order == "cyclic" or opt.full_batch(n)
    kind = traits(opt.rule).update
    return (
        not opt.decay and opt.rule.degree == 0 and cyclic and kind == "smooth" and populations(opt, n) is None
    )


def along(opt: Optimizer, r: float) -> Optimizer:
    """The optimizer whose epoch map is that of waves with the growth r. Raises Undecided where exp(r) is no float."""
    if r > MOST:
        raise Undecided(f"a wave whose margins grow by r = {r:.6g} a step: exp(r) is beyond floats")
    unit = Fraction(math.exp(r / _denominator(opt.rule)))
    return replace(opt, rule=_growing(opt.rule), hyper=(*opt.hyper, unit))


def most_growth(opt: Optimizer) -> float:
    """What r stays below: at it the states no longer forget in units of gradients that shrink. Infinite where U does
    not depend on r."""
    kept = zip(opt.rule.states, slopes(opt.rule, opt.values), strict=True)
    bounds = [-math.log(slope) / float(state.degree) for state, slope in kept if slope > 0 < state.degree]
    return min(bounds, default=math.inf)


def _denominator(rule: Rule) -> int:
    return math.lcm(*(Fraction(state.degree).denominator for state in rule.states))


@cache
def _growing(rule: Rule) -> Rule:
    powers = {s.name: int(Fraction(s.degree) * _denominator(rule)) for s in rule.states if s.degree}

    def define(num: Numbers) -> Step:
        step = rule.define(num)

        def grown(g: Any, seen: Any, s: Any, h: Any) -> Any:
            unit = getattr(h, UNIT)
            scaled = {name: _power(unit, power) * getattr(s, name) for name, power in powers.items()}
            return step(g, seen, s._replace(**scaled), h)

        return grown

    name = f"{rule.name} along a wave"
    return replace(rule, name=name, define=define, hyper=(*rule.hyper, Positive(UNIT, 1)), decay=0, also=())


def _power(unit: Any, power: int) -> Any:
    found = unit
    for _ in range(abs(power) - 1):
        found = found * unit
    return found if power > 0 else 1 / found

"""Whether a rule's update fades once gradients are gone.

After t steps without gradients every number x_t that the rule's program computes is, up to powers of t, at most
exp(up t) in size and at least exp(low t). The bounds ``up`` and ``low`` are its rate. Rates are a number system, so the
program itself computes the update's rate from the states'. A state s <- b s + r falls no more slowly than the slower of
b^t and r; where nothing ever lowers s, it falls no faster than that either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from verify.numbers.formula import affine, evaluate, substituted
from verify.numbers.program import Node, ordered
from verify.numbers.system import Numbers
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import Memory, slopes, traits

# Logarithms of slopes are rounded: an update whose logarithm falls by less than this a step is not shown to fall.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Rate:
    """Bounds on log|x_t| / t as t grows, and what is known of the sign of x_t.

    up      -infinity for a number that is 0;
    low     -infinity for one that may be 0;
    signs   the factors of unknown sign that x_t contains an odd number of times. Where there are none, x_t >= 0.
    """

    up: float
    low: float = -math.inf
    signs: frozenset[object] = frozenset()

    def __add__(self, other: Rate) -> Rate:
        if -math.inf in (self.up, other.up):
            return other if self.up == -math.inf else self
        up = max(self.up, other.up)
        return _unsigned(up) if self.signs or other.signs else Rate(up, max(self.low, other.low))

    def __neg__(self) -> Rate:
        return self if self.up == -math.inf else Rate(self.up, self.low, frozenset({object()}))

    def __sub__(self, other: Rate) -> Rate:
        return self + -other

    def __mul__(self, other: Rate) -> Rate:
        if -math.inf in (self.up, other.up):
            return NOTHING
        return Rate(self.up + other.up, self.low + other.low, self.signs ^ other.signs)

    def __truediv__(self, other: Rate) -> Rate:
        if self.up == -math.inf:  # 0/0 is 0
            return NOTHING
        low = -math.inf if other.up == -math.inf else self.low - other.up
        return Rate(self.up - other.low, low, self.signs ^ other.signs)

    def __abs__(self) -> Rate:
        return Rate(self.up, self.low)

    def root(self) -> Rate:
        """That of the square root."""
        return Rate(self.up / 2, self.low / 2)

    def larger(self, other: Rate) -> Rate:
        """That of the larger of two."""
        lows = [each.low for each in (self, other) if not each.signs]
        up = max(self.up, other.up)
        return Rate(up, max(lows)) if lows else _unsigned(up)


NOTHING = Rate(-math.inf)


def _unsigned(up: float) -> Rate:
    """That of a number of unknown sign, which may be 0."""
    return Rate(up, signs=frozenset({object()}))


RATES = Numbers(
    name="rates",
    number=lambda value: Rate(0.0, 0.0) if value > 0 else -Rate(0.0, 0.0) if value else NOTHING,
    sqrt=Rate.root,
    exp=lambda a: _unsigned(math.inf),
    log=lambda a: _unsigned(math.inf),
    softplus=lambda a: _unsigned(math.inf),
    sign=lambda a: a if a.up == -math.inf else Rate(0.0, signs=a.signs),
    ratio=lambda a, b: a / b,
    max=Rate.larger,
)


@cache
def fades_at_rest(opt: Optimizer) -> bool:
    """Whether the update of a rule whose states forget is shown to fall geometrically without gradients. Adam's is
    where beta1^2 < beta2 or beta1 = 0."""
    rule, values = opt.rule, {name: Node("constant", value=value) for name, value in opt.values.items()}
    update, *after = _shared(substituted([rule.lean.update, *rule.lean.after], values))
    # Rates while there are gradients, whose signs are not known, and at rest; the states join, each after those that
    # it needs.
    moving: dict[str, Any] = {"g": _unsigned(0.0), "seen": Rate(0.0)}
    resting: dict[str, Any] = {"g": NOTHING, "seen": NOTHING}
    memory = [each for each in traits(rule).memory if isinstance(each, Memory)]
    states = zip(memory, slopes(rule, opt.values), rule.states, after, strict=True)
    for _, kept, state, end in sorted(states, key=lambda each: each[0].level):
        # A step takes s to slope s + added.
        parts = _shared(affine(end, state.name))
        slope, added = evaluate(parts, moving, RATES)
        _, added_at_rest = evaluate(parts, resting, RATES)
        alone = math.log(kept) if kept else -math.inf
        up, never_lowered = max(alone, added_at_rest.up), not slope.signs and not added.signs
        moving[state.name] = Rate(0.0) if never_lowered else _unsigned(0.0)
        resting[state.name] = Rate(up, max(alone, added_at_rest.low)) if never_lowered else _unsigned(up)
    (falls,) = evaluate([update], resting, RATES)
    return bool(falls.up < -ROUNDING)


def _shared(ends: Sequence[Node]) -> list[Node]:
    """The same formulas, with one node for each formula that occurs: rates know a factor of unknown sign by its
    node."""
    made: dict[int, Node] = {}
    known: dict[tuple[Any, ...], Node] = {}
    for each in ordered(ends):
        args = tuple(made[id(arg)] for arg in each.args)
        made[id(each)] = known.setdefault(
            (each.op, each.value, *map(id, args)), Node(each.op, args, each.value)
        )
    return [made[id(end)] for end in ends]

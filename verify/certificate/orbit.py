"""An epoch of a run with decoupled weight decay at a constant step, in balls: of w and of all states.

A step is w <- (1 - eta lambda) w - eta u, with the loss's weights at each sample's own margin x_i.w. At constant steps
w does not come to rest: it goes round an orbit whose period is an epoch, a fixed point of this map. Nothing is
neglected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from verify.certificate.duals import Value, exponential, logarithm, plus, times
from verify.certificate.effort import exponential as exponentials
from verify.certificate.effort import operation
from verify.certificate.part import Lines
from verify.certificate.program import Line, Rule
from verify.certificate.waves import seen_of, total
from verify.certificate.weight import log_weight_of
from verify.numbers.systems.balls import ball, bits


@dataclass(frozen=True)
class Decayed:
    """A rule with its step ``lr``, weight decay and the logarithm of the loss's weight, on rows; ``size`` is that of a
    batch in samples, each of which owns so many rows as are ``owned``."""

    rows: Sequence[Sequence[Fraction]]
    rule: Rule
    size: int
    lr: Fraction
    decay: Fraction
    loss: Sequence[Line]
    owned: int = 1

    @property
    def length(self) -> int:
        """The number of unknowns: w, then the states, coordinate by coordinate."""
        return len(self.rows[0]) * (1 + len(self.rule.states))

    def work(self, unknown: int) -> float:
        """Units of ``epoch`` with so many derivatives."""
        n, d = len(self.rows), len(self.rows[0])
        steps = -(-n // (self.size * self.owned))
        values = d * (4 * n + steps * (len(self.rule.lines) + 4)) + n * len(self.loss)
        return values * (1.5 + unknown / 2) * operation(bits()) + 3 * n * exponentials(bits())


def epoch(setting: Decayed, unknowns: Sequence[Value]) -> list[Value]:
    """What an epoch makes of w and the states, in balls or in balls with derivatives.

    Raises Undecided where the program has no value or no derivative somewhere in them.
    """
    rows, rule, count = setting.rows, setting.rule, len(setting.rule.states)
    d, lines, lr = len(rows[0]), Lines(rule), ball(setting.lr)
    keep = ball(1 - setting.lr * setting.decay)
    w = list(unknowns[:d])
    states = [list(unknowns[d + k * count : d + (k + 1) * count]) for k in range(d)]
    owned, size = setting.owned, setting.size * setting.owned
    for start in range(0, len(rows), size):
        batch = [[ball(x) for x in line] for line in rows[start : start + size]]
        margins = [total([times(a, x) for a, x in zip(w, line, strict=True)]) for line in batch]
        weights = [
            c for i in range(0, len(batch), owned) for c in sample(setting.loss, margins[i : i + owned])
        ]
        parts = [[times(c, line[k]) for c, line in zip(weights, batch, strict=True)] for k in range(d)]
        g = [times(total(part), ball(Fraction(-owned, len(batch)))) for part in parts]
        owners = [i // owned for i in range(len(batch))]
        for k, (gradient, seen) in enumerate(zip(g, seen_of(rule.reads, g, parts, owners), strict=True)):
            u, states[k] = lines.step(gradient, seen, states[k])
            w[k] = plus(times(w[k], keep), times(u, -lr))
    return [*w, *(s for own in states for s in own)]


def sample(loss: Sequence[Line], margins: Sequence[Value]) -> list[Value]:
    """The weights of a sample's rows, from their margins: of one row exp(q) at its margin; else times each row's share
    of exp(-soft), q at the soft minimum of them."""
    if len(margins) == 1:
        return [exponential(log_weight_of(loss, margins[0]))]
    parts = [exponential(times(z, ball(-1))) for z in margins]
    soft = times(logarithm(total(parts)), ball(-1))
    size = plus(log_weight_of(loss, soft), soft)
    return [exponential(plus(size, times(z, ball(-1)))) for z in margins]

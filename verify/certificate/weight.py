"""The logarithm of a loss's weight -l'(z), as a certificate carries it, in balls with derivatives.

The logarithm, because its derivative is tight over wide balls: that of the exponential loss is -1.
"""

from __future__ import annotations

from collections.abc import Sequence

from verify.certificate.duals import ONE, Dual, Value, lifted, row
from verify.certificate.part import Lines
from verify.certificate.program import Line, loss_alone
from verify.numbers.systems.balls import Ball, ball


def log_weight(lines: Sequence[Line], z: Ball) -> tuple[Ball, Ball]:
    """The logarithm of the weight at every z in a ball, and its derivative by z."""
    end = lifted(log_weight_of(lines, Dual(z, row([ONE]))))
    return end.value, ball(0) if end.slopes is None else end.slopes[0, 0]


def log_weight_of(lines: Sequence[Line], z: Value) -> Value:
    """The logarithm of the weight, with derivatives by whatever z has some by."""
    return Lines(loss_alone(lines)).values({"z": z})[len(lines) - 1]

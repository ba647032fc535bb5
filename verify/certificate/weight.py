"""The logarithm of a loss's weight -l'(z), as a certificate carries it, in balls with derivatives.

The logarithm, because its derivative is tight over wide balls: that of the exponential loss is -1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from verify.certificate.duals import BINARY, ONE, UNARY, Dual, Value, lifted, row
from verify.certificate.program import Line
from verify.numbers.systems.balls import Ball, ball, log


def log_weight(lines: Sequence[Line], z: Ball) -> tuple[Ball, Ball]:
    """The logarithm of the weight at every z in a ball, and its derivative by z."""
    end = lifted(log_weight_of(lines, Dual(z, row([ONE]))))
    return end.value, ball(0) if end.slopes is None else end.slopes[0, 0]


def log_weight_of(lines: Sequence[Line], z: Value) -> Value:
    """The logarithm of the weight, with derivatives by whatever z has some by."""
    found: list[Value] = []
    for line in lines:
        args = [found[arg] for arg in line.args]
        if line.op == "input":
            found.append(z)
        elif line.op == "constant":
            found.append(ball(line.value))
        elif len(args) == 1:
            found.append((FUNCTIONS.get(line.op) or UNARY[line.op])(args[0]))
        else:
            found.append(BINARY[line.op](*args))
    return found[-1]


def _with_derivative(
    value: Callable[[Ball], Ball], slope: Callable[[Ball], Ball]
) -> Callable[[Value], Value]:
    def function(a: Value) -> Value:
        if type(a) is not Dual:
            return value(a)
        return Dual(value(a.value), None if a.slopes is None else a.slopes * slope(a.value))

    return function


FUNCTIONS = {
    "exp": _with_derivative(lambda a: a.exp(), lambda a: a.exp()),
    "log": _with_derivative(log, lambda a: 1 / a),
    "softplus": _with_derivative(lambda a: a.exp().log1p(), lambda a: 1 / (1 + (-a).exp())),
}

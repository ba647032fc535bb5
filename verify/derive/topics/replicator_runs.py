"""The Jacobian of AdamProxy's game against the contraction seen in runs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy

from verify.derive.chain import Measured
from verify.derive.letters import N, c, j, k, over, x
from verify.derive.measure import DIGITS, agreement, formula, number, rational
from verify.derive.measure import weights as weights_at
from verify.numbers.systems.mpf import MPF, digits

h = sympy.IndexedBase("h", real=True)

# Two support vectors and one row that is none: the equilibrium's weights are read off a long run.
ROWS = [[Fraction(2), Fraction(-1)], [Fraction(1), Fraction(1)], [Fraction(3), Fraction(2)]]
ETA = Fraction(1, 10)


def _rates() -> tuple[Any, Any, Any, Any]:
    """(measured, predicted) factor of a step for the support and for the outsider's weight, AdamProxy."""
    w0, w1, w2, end = weights_at("adam-proxy", ROWS, (1000, 1001, 1002, 4000), lr=ETA)

    def log_ratio(w: Any, a: int) -> Any:
        difference = [number(p - q) for p, q in zip(ROWS[a], ROWS[0], strict=True)]
        return -sum((p * q for p, q in zip(difference, w, strict=True)), number(0))

    support = [log_ratio(w, 1) - log_ratio(end, 1) for w in (w0, w1, w2)]
    outsider = [log_ratio(w, 2) for w in (w0, w1)]
    share = 1 / (1 + MPF.exp(log_ratio(end, 1)))
    weights = [rational(share), 1 - rational(share), Fraction(0)]
    return support[2] / support[1], _eigenvalue(weights), MPF.exp(outsider[1] - outsider[0]), _slack(weights)


def _field(weights: list[Fraction], direction: list[Fraction] | None, at: int) -> Any:
    """U_k, or its derivative along a direction, from the formulas of this chain, for the mean gradient."""
    still = over(c[j] ** 2 * x[j, k] ** 2, (j, N))
    combined = over(c[j] * x[j, k], (j, N))
    expression = combined / sympy.sqrt(still)
    if direction is not None:
        expression = over(h[j] * x[j, k], (j, N)) / sympy.sqrt(still)
        expression -= combined * over(c[j] * h[j] * x[j, k] ** 2, (j, N)) / still ** sympy.Rational(3, 2)
    point = {N: len(ROWS), k: at, c: lambda a: weights[int(a)], x: lambda a, b: ROWS[int(a)][int(b)]}
    return formula(expression, {**point, h: lambda a: (direction or weights)[int(a)]}) / len(ROWS)


def _eigenvalue(weights: list[Fraction]) -> Any:
    """1 + eta lambda: the support's block along h = (1, -1) is -c_1 c_2 (G_1 - G_2) per unit of h_1."""
    slopes = [_field(weights, [Fraction(1), Fraction(-1), Fraction(0)], at) for at in range(2)]
    costs = [sum((number(e) * u for e, u in zip(row, slopes, strict=True)), number(0)) for row in ROWS[:2]]
    return 1 - number(ETA) * number(weights[0]) * number(weights[1]) * (costs[0] - costs[1])


def _slack(weights: list[Fraction]) -> Any:
    field = [_field(weights, None, at) for at in range(2)]
    costs = [sum((number(e) * u for e, u in zip(row, field, strict=True)), number(0)) for row in ROWS]
    return MPF.exp(-number(ETA) * (costs[2] - costs[0]))


def measured_rate(outsider: bool) -> Measured:
    with digits(DIGITS):
        found, predicted, weight_found, weight_predicted = _rates()
        if outsider:
            text = "factor of an outsider's weight in a step, against exp(-eta (F_3 - F_1))"
            found, predicted = weight_found, weight_predicted
        else:
            text = "factor of the distance to the equilibrium in a step, against 1 + eta lambda"
        # c is still off by 0.9727^1000 = 1e-12 of its distance at the start; so are the rates, times a constant
        return agreement(
            text, predicted, found, number(Fraction(1, 10**10)), "steps 1000 to 1002 at eta = 1/10"
        )

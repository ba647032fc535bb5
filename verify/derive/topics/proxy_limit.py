"""The limit beta2 -> 1 of per-sample Adam's epoch map, and its factor."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import expansion, limit
from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.definitions import hyper, mean_update_symbolic, rule_output
from verify.derive.hypotheses import CYCLIC, FROZEN
from verify.derive.joins import follows, together
from verify.derive.letters import N, b1, b2, delta, g, i, j, k, n, over
from verify.derive.measure import DIGITS, formula, number, order_of
from verify.derive.points import Domain, below, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import equality, induction
from verify.derive.sums import canonical
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.mean_update import NO_REST, mean_update
from verify.optimizers.rules import RULES

W, Q, S = sympy.symbols("W Q S", positive=True)
W1, Q1 = sympy.symbols("W_1 Q_1", real=True)
lag = sympy.Mod(i - j, N)

PERIODIC: Domain = {b1: unit, N: whole(1, 5), i: below(N), g: indexed(signed)}
total, squares = over(g[j], (j, N)), over(g[j] ** 2, (j, N))


def limit_map() -> Any:
    """U at beta2 -> 1 in one coordinate, for gradients g_j (minus the mean update)."""
    return -total / sympy.sqrt(N * squares)


def _two_samples(factor: Any) -> Assertion:
    """The epoch map of the definition itself, for two samples."""
    first, second = sympy.symbols("g_0 g_1", positive=True)
    return limit(
        mean_update_symbolic("adam", [first, second]),
        b2,
        1,
        -factor * (first + second) / 2 / sympy.sqrt(first**2 + second**2),
        {b1: unit, first: positive, second: positive},
        side="-",
    )


def _polynomial(expression: Any) -> Any:
    return sympy.simplify(expression.doit())


GRADIENTS = [Fraction(3), Fraction(-1, 2), Fraction(2, 7), Fraction(-5, 3)]


def gap_order(quantity: str, predicted: int, *terms: Any) -> Measured:
    """The order in 1 - beta2 of U less the terms: coefficients of its powers 0, 1, ..., for GRADIENTS."""
    with digits(DIGITS):
        beta = Fraction(7, 10)
        point = {b1: beta, N: len(GRADIENTS), g: lambda a: GRADIENTS[int(a)]}
        coefficients = [formula(e, point) for e in terms]
        fill = mean_update(RULES["adam"], MPF)
        residuals = []
        for power in range(2, 13):
            gap = number(Fraction(1, 10**power))
            out = [number(0)]
            moments = hyper("adam", number(beta), 1 - gap, number(0))
            fill(
                [[number(each)] for each in GRADIENTS],
                [[number(0)]] * len(GRADIENTS),
                moments,
                out,
                [NO_REST] * len(GRADIENTS),
            )
            expected = sum((c * gap**p for p, c in enumerate(coefficients)), number(0))
            residuals.append((gap, abs(out[0] - expected)))
        return order_of(quantity, predicted, residuals, "1 - beta_2 = 1e-2 .. 1e-12, N = 4, beta_1 = 7/10")


@cache
def proxy_limit() -> Chain:
    """U_Adam -> sqrt(N) U_AdamProxy as beta2 -> 1."""
    decayed, decayed_squares = over((1 - delta) ** k, (k, N)), over((1 - delta) ** lag * g[j] ** 2, (j, N))
    root = sympy.sqrt((W + delta * W1) / (Q + delta * Q1))
    roots: Domain = {W: positive, Q: positive, W1: signed, Q1: signed}
    powers: Domain = {b1: unit, n: whole(0, 9)}
    epoch_sum = over(b1**k, (k, N))
    proxy = rule_output("adam-proxy", "u", total / N, seen=squares)
    return told(
        __file__,
        "proxy-limit",
        steps={
            "factor": induction(b1**k, k, n, (1 - b1**n) / (1 - b1), powers),
            "factor-order": expansion(
                decayed, delta, (N, -N * (N - 1) / 2), {N: whole(1, 7)}, normal=_polynomial
            ),
            "squares-order": expansion(
                decayed_squares, delta, (squares, -over(lag * g[j] ** 2, (j, N))), PERIODIC, normal=canonical
            ),
            "root": expansion(
                root, delta, (sympy.sqrt(W / Q), sympy.sqrt(W / Q) * (W1 / W - Q1 / Q) / 2), roots
            ),
            "lags": equality(
                over(b1**lag * g[j], (i, N), (j, N)), epoch_sum * total, PERIODIC, normal=canonical
            ),
            "limit": equality(
                limit_map(), -sympy.sqrt(N) * proxy, PERIODIC, kind="definition", called=sympy.Symbol("U_0")
            ).under(CYCLIC, FROZEN),
            "two-samples": _two_samples(sympy.sqrt(2)),
            "proxy": follows(
                together, "factor", "factor-order", "squares-order", "root", "lags", "limit", "two-samples"
            ),
        },
        wrong={
            "factor N for its root": equality(-limit_map(), N * proxy, {**PERIODIC, N: whole(2, 5)}),
            "N^(3/2) for N^(1/2)": _two_samples(2 * sympy.sqrt(2)),
            "W expanded with N + 1 for N - 1": expansion(
                decayed, delta, (N, -N * (N + 1) / 2), {N: whole(1, 7)}, normal=_polynomial
            ),
        },
        measurements=(lambda: gap_order("order of U - U_0 in 1 - beta_2", 1, limit_map()),),
    )


PLACE, CHAINS = 60, {"proxy-limit": proxy_limit}

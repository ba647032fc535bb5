"""How far the equilibrium of Inc-Adam at finite beta2 is from AdamProxy's, to first order in 1 - beta2."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import sympy

from verify.derive.analysis import expansion
from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.definitions import hyper
from verify.derive.hypotheses import CYCLIC, EQUILIBRIUM, words
from verify.derive.joins import follows, together
from verify.derive.letters import N, b1, delta, g, i, j, k, l, over
from verify.derive.measure import DIGITS, formula, number, order_of, rational
from verify.derive.points import Domain, indexed, signed, unit, whole
from verify.derive.prose import told
from verify.derive.roads import equality
from verify.derive.topics.proxy_correction import first_order, unrooted
from verify.derive.topics.proxy_limit import limit_map, squares, total
from verify.numbers.systems.mpf import MPF, digits
from verify.optimizers.mean_update import NO_REST, mean_update
from verify.optimizers.rules import RULES

gamma = sympy.IndexedBase("gamma", real=True)
lag = sympy.Mod(i - j, N)
U, S = sympy.symbols("U S", positive=True)
f1, f2, G1, G2, tau = sympy.symbols("f_1 f_2 G_1 G_2 tau", real=True)


def _first(weight: int = 3) -> Assertion:
    """The epoch map at gradients g + delta gamma and beta2 = 1 - delta."""
    momentum = (1 - b1) / (1 - b1**N)
    moved = g[j] + delta * gamma[j]
    geometric, decayed = over((1 - delta) ** k, (k, N)), over((1 - delta) ** lag * moved**2, (j, N))
    whole_map = -momentum / N * over(over(b1**lag * moved, (j, N)) * sympy.sqrt(geometric / decayed), (i, N))
    powers = over(b1**k, (k, N))
    by_lag = over(g[l] * g[j] ** 2 * b1**k * sympy.Mod(k + l - j, N), (k, N), (l, N), (j, N))
    root = sympy.sqrt(N * S)
    still = -momentum * powers * total / root
    order = -momentum * (by_lag / (2 * S) - (N - 1) * powers * total / 4) / root
    along = -momentum * powers * (over(gamma[j], (j, N)) / root)
    along += (
        momentum
        * powers
        * total
        * over(g[j] * gamma[j], (j, N))
        / (sympy.sqrt(N) * S ** sympy.Rational(weight, 2))
    )
    domain: Domain = {b1: unit, N: whole(1, 4), g: indexed(signed), gamma: indexed(signed)}
    return expansion(
        whole_map, delta, (still, order + along), domain, normal=unrooted, called=U, where={S: squares}
    ).under(CYCLIC)


def _two_rows(sign: int = 1) -> Assertion:
    """The move tau (1, -1) of the weights that keeps the costs of two support vectors equal."""
    move = -sign * (f1 - f2) / (G1 - G2)
    return equality(
        f1 + move * G1,
        f2 + move * G2,
        {f1: signed, f2: signed, G1: signed, G2: lambda r, p: p[G1] + unit(r, p)},
    )


NONSINGULAR = words("the support's block is nonsingular")
ROWS = [[Fraction(2), Fraction(-1), Fraction(1)], [Fraction(-1, 2), Fraction(3), Fraction(1, 3)]]
BETA1 = Fraction(1, 2)


def _field(share: Any, gap: Any) -> list[Any]:
    """Inc-Adam's U at weights (share, 1 - share) and beta2 = 1 - gap, by its rule in mpf."""
    weights = [share, 1 - share]
    gradients = [[-weight * number(e) for e in row] for weight, row in zip(weights, ROWS, strict=True)]
    out: list[Any] = [None] * len(ROWS[0])
    moments = hyper("adam", number(BETA1), 1 - gap, number(0))
    mean_update(RULES["adam"], MPF)(
        gradients, [[None] * len(out)] * len(ROWS), moments, out, [NO_REST] * len(ROWS)
    )
    return out


def _costs_apart(field: Sequence[Any]) -> Any:
    return sum(
        ((number(p) - number(q)) * u for p, q, u in zip(ROWS[0], ROWS[1], field, strict=True)), number(0)
    )


def _proxy_field(weights: list[Fraction], column: int, derivative: int = 0) -> Any:
    """U_0, U_1, or the derivative of U_0 along (1, -1), in one coordinate, from the formulas."""
    point = {b1: BETA1, N: 2, g: lambda a: -weights[int(a)] * ROWS[int(a)][column]}
    point[gamma] = lambda a: (1 - 2 * int(a)) * -ROWS[int(a)][column]
    along = -over(gamma[j], (j, N)) / sympy.sqrt(N * squares)
    along += total * over(g[j] * gamma[j], (j, N)) / (sympy.sqrt(N) * squares ** sympy.Rational(3, 2))
    return formula((limit_map(), first_order(), along)[derivative], point)


def _unit(vector: Sequence[Any]) -> list[Any]:
    size = MPF.sqrt(sum((e * e for e in vector), number(0)))
    return [e / size for e in vector]


def _gap(quantity: str, predicted: int, corrected: bool) -> Measured:
    """The angle between the equilibrium directions, with the first order taken away if ``corrected``."""
    with digits(DIGITS):

        def proxy_gap(share: Any) -> Any:
            w_ = [rational(share), 1 - rational(share)]
            return _costs_apart([_proxy_field(w_, e) for e in range(3)])

        start = mpmath.findroot(
            proxy_gap, (number(Fraction(1, 4)), number(Fraction(3, 4))), solver="anderson"
        )
        weights = [rational(start), 1 - rational(start)]
        still, first, along = ([_proxy_field(weights, e, which) for e in range(3)] for which in range(3))
        move = -_costs_apart(first) / _costs_apart(along)
        residuals = []
        for power in range(3, 13):
            gap = number(Fraction(1, 10**power))
            guess = start + gap * move
            share = mpmath.findroot(
                lambda a, gap=gap: _costs_apart(_field(a, gap)), (guess, guess + gap**2), solver="secant"
            )
            wanted = still
            if corrected:
                wanted = [u + gap * (v + move * a) for u, v, a in zip(still, first, along, strict=True)]
            pair = zip(_unit(_field(share, gap)), _unit(wanted), strict=True)
            residuals.append((gap, MPF.sqrt(sum(((p - q) ** 2 for p, q in pair), number(0)))))
        return order_of(
            quantity, predicted, residuals, "1 - beta_2 = 1e-3 .. 1e-12, N = 2, d = 3, beta_1 = 1/2"
        )


@cache
def finite_beta2() -> Chain:
    """c*(beta2) = c* + (1 - beta2) h, U = U_0 + (1 - beta2) (U_1 + DU_0 h)."""
    return told(
        __file__,
        "finite-beta2",
        steps={
            "moved": _first(),
            "two-rows": _two_rows().under(EQUILIBRIUM, NONSINGULAR),
            "first-order": follows(together, "moved", "two-rows"),
        },
        wrong={"S for S^(3/2)": _first(weight=2), "weights moved the other way": _two_rows(sign=-1)},
        measurements=(
            lambda: _gap("order of the gap between the directions in 1 - beta_2", 1, False),
            lambda: _gap("order after the first-order term", 2, True),
        ),
    )


PLACE, CHAINS = 120, {"finite-beta2": finite_beta2}

"""The residual of the epoch map tends to 0: a bound by the step size, for both losses and the schedules."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Assertion, Chain, Measured
from verify.derive.letters import N, b1, b2, g, i, j, k, l, n, over, s
from verify.derive.measure import DIGITS, order_of
from verify.derive.points import below, indexed, positive, signed, unit, whole
from verify.derive.prose import told
from verify.derive.residual_runs import residuals
from verify.derive.roads import equality, geometric, inequality
from verify.derive.sums import canonical
from verify.numbers.systems.mpf import digits

root, E, V = sympy.symbols("sigma E v", positive=True)
gap, y, z = sympy.symbols("gap y z", nonnegative=True)
M, change, e = sympy.symbols("m delta epsilon", real=True)
count = sympy.Symbol("n", integer=True, nonnegative=True)
lag = sympy.Mod(i - j, N)


def _bounded(part: int = 1) -> Assertion:
    """(sum b1^k g_k)^2 <= sum (b1^2/b2)^k sum b2^k g_k^2, with b2 = sigma^2."""
    left = over(b1**k * g[k], (k, n)) ** 2
    right = over(b1 ** (2 * k) * root ** (-2 * k), (k, n)) * over(root ** (2 * k) * g[k] ** 2, (k, n)) / part
    pair = b1**k * root ** (l - k) * g[l] - b1**l * root ** (k - l) * g[k]
    return inequality(
        left,
        right,
        over(pair**2, (k, n), (l, n)) / 2,
        {b1: unit, root: unit, n: whole(0, 5), g: indexed(signed)},
        normal=canonical,
        latex=r"\Bigl(\sum_{k<n} \beta_1^k g_k\Bigr)^2 \le \sum_{k<n} \Bigl(\frac{\beta_1^2}{\beta_2}\Bigr)^k "
        r"\sum_{k<n} \beta_2^k g_k^2",
    )


def _series() -> Assertion:
    """sum q^k <= 1/(1 - q), with q = 1/(1 + y)."""
    q = 1 / (1 + y)
    return inequality(
        (1 - q**count) / (1 - q),
        1 / (1 - q),
        (1 + y) * q**count / y,
        {y: positive, count: whole(0, 9)},
        latex=r"\sum_{k<n} q^k = \frac{1-q^n}{1-q} \le \frac{1}{1-q} \quad (q = \tfrac{1}{1+y})",
    )


def _floor(bound: Any = b2 ** (N - 1)) -> Assertion:
    """The frozen v is at least beta2^(N-1) times the sum of squares, up to the common factor."""
    lagged, squares = over(b2**lag * g[j] ** 2, (j, N)), over(g[j] ** 2, (j, N))
    return inequality(
        bound * squares,
        lagged,
        over(gap * sympy.Sum(b2**s, (s, lag, N - 2)) * g[j] ** 2, (j, N)),
        {b2: unit, N: whole(1, 5), i: below(N), g: indexed(signed)},
        normal=canonical,
        given=(lambda p: p.subs(gap, 1 - b2), geometric(b2, s)),
    )


def _split(halves: int = 1) -> Assertion:
    """(m + delta)/sqrt(v (1 + eps)) less m/sqrt(v)."""
    power = sympy.Rational(halves, 2)
    left = (M + change) / sympy.sqrt(V * (1 + e)) - M / sympy.sqrt(V)
    right = change / sympy.sqrt(V * (1 + e)) + M / sympy.sqrt(V) * ((1 + e) ** -power - 1)
    return equality(left, right, {M: signed, change: signed, V: positive, e: unit})


def _root(sign: int, factor: int = 1) -> Assertion:
    """|(1 + eps)^(-1/2) - 1| <= |eps| for |eps| <= 1/2, squared and cleared of fractions; x = 1/(2 + z)."""
    x = factor / (2 + z)
    if sign < 0:  # (1 - x)^(-1/2) <= 1 + x
        return inequality(
            sympy.Integer(1), (1 + x) ** 2 * (1 - x), x * (z**2 + 3 * z + 1) / (2 + z) ** 2, {z: positive},
            latex=r"1 \le (1+x)^2 (1-x) \quad (x = \tfrac{1}{2+z} \le \tfrac12)",
        )  # fmt: skip
    return inequality(  # 1 - x <= (1 + x)^(-1/2)
        (1 - x) ** 2 * (1 + x), sympy.Integer(1), x * (z**2 + 5 * z + 5) / (2 + z) ** 2, {z: positive},
        latex=r"(1-x)^2 (1+x) \le 1 \quad (x = \tfrac{1}{2+z} \le \tfrac12)",
    )  # fmt: skip


def _order() -> Measured:
    with digits(DIGITS):
        points = [residuals(start=10**p, decay=Fraction(1, 2), loss="logistic") for p in range(4, 17, 2)]
        return order_of(
            "order of e_r in eta_rN, logistic loss, eta_t = (t+2)^(-1/2)",
            1,
            points,
            "runs of 150 epochs that begin at t = 1e4 .. 1e16",
        )


@cache
def epoch_bound() -> Chain:
    """|e_r| <= C eta_rN."""
    moved_down, moved_up = 1 / (1 + E / (1 + y)), 1 / (1 + E * (1 + y))
    here = 1 / (1 + E)
    return told(
        __file__,
        "epoch-residual-bound",
        universal=True,
        steps={
            "cauchy-schwarz": _bounded(),
            "geometric": _series(),
            "rises": inequality(
                moved_down, (1 + y) * here, y * here * moved_down, {E: positive, y: positive}
            ),
            "falls": inequality(
                here / (1 + y), moved_up, y / (1 + y) * here * moved_up, {E: positive, y: positive}
            ),
            "floor": _floor(),
            "quotient": _split(),
            "root-below": _root(-1),
            "root-above": _root(1),
        },
        wrong={
            "half the bound of the update": _bounded(2),
            "floor without its power": _floor(sympy.Integer(1)),
            "the root forgotten in the quotient": _split(2),
            "x up to 2 in the bound of the root": _root(-1, factor=4),
        },
        measurements=(_order,),
    )


PLACE, CHAINS = 30, {"epoch-residual-bound": epoch_bound}

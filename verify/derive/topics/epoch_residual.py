"""The residual e_r of the epoch map, to first order in the step size."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import expansion
from verify.derive.chain import Chain, Measured, Step, Wrong
from verify.derive.letters import N, b1, b2, eta, k, m, n, v
from verify.derive.measure import DIGITS, order_of
from verify.derive.points import positive, signed, unit, whole
from verify.derive.residual_runs import residuals
from verify.derive.roads import induction
from verify.numbers.systems.mpf import digits

a, G, m1, v1 = sympy.symbols("a g m_1 v_1", real=True)
rho, ratio = sympy.symbols("rho q", positive=True)


def share(beta: Any = b1, power: int = 1) -> Any:
    """What a sample last seen k steps ago, and every epoch before, weighs in a moment while w moves."""
    return (
        (1 - beta)
        * beta**k
        * G**power
        * sympy.exp(-power * eta * a)
        / (1 - beta**N * sympy.exp(power * eta * rho))
    )


def _order(quantity: str, predicted: int, first_order: bool) -> Measured:
    with digits(DIGITS):
        points = [residuals(eta=Fraction(1, 10**p), first_order=first_order) for p in range(2, 11)]
        return order_of(quantity, predicted, points, "constant eta = 1e-2 .. 1e-10")


@cache
def epoch_residual() -> Chain:
    """e_r = eta E + O(eta^2)."""
    growth = {b1: unit, b2: unit, N: whole(1, 5), k: whole(0, 4), a: signed, rho: positive, G: signed}
    still, still_v = share().subs(eta, 0), share(b2, 2).subs(eta, 0)
    single = (1 - b1) / (1 - b1 * sympy.exp(eta * rho))
    single = single / sympy.sqrt((1 - b2) / (1 - b2 * sympy.exp(2 * eta * rho)))
    first = rho * (b1 / (1 - b1) - b2 / (1 - b2))
    quotient = (m + eta * m1) / sympy.sqrt(v + eta * v1)
    moments = {m: signed, v: positive, m1: signed, v1: signed}
    return Chain(
        name="epoch-residual",
        title="The residual of the epoch map to first order in the step size",
        scope="all N and d, every beta_1, beta_2 in (0, 1); exponential loss, cyclic order, constant eta",
        universal=True,
        source="new; the statement e_r -> 0 is arXiv 2510.26303, Prop. 2.5 (as reconstructed)",
        remarks=(
            "While an epoch goes by, $w$ moves. Let $w^r + \\eta D$ be where $w$ was at some step: inside "
            "the epoch $D$ is a partial sum of the frozen updates $-u_l$, and $p$ epochs earlier it is "
            "less by $p N U$. For the exponential loss, sample $j$'s gradient was then "
            "$g_j e^{-\\eta x_j \\cdot D} + O(\\eta^2)$. Put $a = x_j \\cdot D$ for the last time the "
            "sample was seen and $\\rho = N x_j \\cdot U$ for the growth of its margin in an epoch, over "
            "$\\eta$.",
            "The sums of the shares over the samples give $m_i + \\eta\\, \\delta m_i$ and "
            "$v_i + \\eta\\, \\delta v_i$, hence $e_r = \\eta E + O(\\eta^2)$ with "
            "$E = \\sum_i \\left(\\frac{\\delta m_i}{\\sqrt{v_i}} - "
            "\\frac{m_i\\, \\delta v_i}{2 v_i^{3/2}}\\right)$.",
        ),
        steps=(
            Step(
                "Past epochs form a geometric series",
                induction(ratio**k, k, n, (1 - ratio**n) / (1 - ratio), {ratio: unit, n: whole(0, 8)}),
                "Induction. For $q < 1$ the sum over all past epochs is $1/(1-q)$; here "
                "$q = \\beta^N e^{\\eta\\rho}$, since the gradient was larger by $e^{\\eta\\rho}$ an epoch "
                "earlier.",
            ),
            Step(
                "A sample's share in $m$ while $w$ moves",
                expansion(share(), eta, (still, still * (rho * b1**N / (1 - b1**N) - a)), growth),
                "Derivative at $\\eta = 0$.",
            ),
            Step(
                "Its share in $v$",
                expansion(
                    share(b2, 2), eta, (still_v, 2 * still_v * (rho * b2**N / (1 - b2**N) - a)), growth
                ),
                "The same with squares, whose exponent is doubled.",
            ),
            Step(
                "The change of $m/\\sqrt v$",
                expansion(
                    quotient,
                    eta,
                    (m / sympy.sqrt(v), m1 / sympy.sqrt(v) - m * v1 / (2 * v ** sympy.Rational(3, 2))),
                    moments,
                ),
                "Quotient rule.",
            ),
            Step(
                "One sample in one dimension",
                expansion(single, eta, (1, first), {b1: unit, b2: unit, rho: positive}),
                "$N = 1$, $k = 0$, $a = 0$. For $\\beta_2 > \\beta_1$ the update falls short of the frozen "
                "one, by $\\eta\\rho/(1-\\beta_2)$ in the main: $\\eta$ has to be small beside $1-\\beta_2$.",
            ),
        ),
        wrong=(
            Wrong("past epochs left out", expansion(share(), eta, (still, -still * a), growth)),
            Wrong(
                "squares with the exponent of the gradient",
                expansion(share(b2, 2), eta, (still_v, still_v * (rho * b2**N / (1 - b2**N) - a)), growth),
            ),
            Wrong(
                "no half from the root",
                expansion(
                    quotient,
                    eta,
                    (m / sympy.sqrt(v), m1 / sympy.sqrt(v) - m * v1 / v ** sympy.Rational(3, 2)),
                    moments,
                ),
            ),
        ),
        measurements=(
            lambda: _order("order of e_r in eta", 1, False),
            lambda: _order("order of e_r - eta E in eta", 2, True),
        ),
        news=(
            "The residual of the epoch map is of first order in $\\eta$ with a coefficient in closed form. "
            "It grows like $1/(1-\\beta_2)$: the epoch map describes a run only while $\\eta$ is small "
            "beside $1-\\beta_2$.",
        ),
    )


PLACE, CHAINS = 40, {"epoch-residual": epoch_residual}

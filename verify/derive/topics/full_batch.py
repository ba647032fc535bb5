"""Full-batch Adam: one sample an epoch, so its update tends to the gradient's sign."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.analysis import expansion, limit
from verify.derive.chain import Chain, Claim, Finding, Measured, Step, Wrong
from verify.derive.definitions import rule_output
from verify.derive.evaluate import Point
from verify.derive.letters import N, b1, b2, eta, g, i, k, m, n, t, v
from verify.derive.measure import DIGITS, constant_step, number, order_of, trajectory
from verify.derive.points import Domain, indexed, positive, signed, unit, whole
from verify.derive.roads import algebraic, equality, induction, inequality
from verify.derive.tex import tex
from verify.derive.topics.epoch import published
from verify.numbers.systems.mpf import digits

rho, q, y = sympy.symbols("rho q y", positive=True)
G = sympy.Symbol("g", real=True)


def pace(beta1: Any = b1, beta2: Any = b2, ratio: Any = rho) -> Any:
    """|m| / sqrt(v) when the gradient falls by the factor ``ratio`` a step; ratio > beta1, ratio^2 > beta2."""
    return (1 - beta1) / (1 - beta1 / ratio) * sympy.sqrt((1 - beta2 / ratio**2) / (1 - beta2))


def _both_signs(expression: Any) -> Any:
    """0 if the expression vanishes for positive and for negative g."""
    size = sympy.Symbol("A", positive=True)
    rests = [algebraic(expression.subs({g[0]: sign * size, G: sign * size})) for sign in (1, -1)]
    return sympy.Add(*(abs(rest) for rest in rests))


def _slow(rate: Any = b1 / (1 - b1 * q)) -> Claim:
    """The mean change of the gradient over the memory of a moving average."""
    return equality(
        (1 - b1) * (1 / (1 - b1 * q) - 1 / (1 - b1)),
        rate * (q - 1),
        {b1: unit, q: _above_one},
    )


def _decaying(letter: str, beta: Any, power: int) -> Claim:
    """From m = 0 (v = 0) under the gradients G rho^t, t = 1, 2, ...: the moment after t steps."""
    start = {"m": m, "v": v}[letter]
    formula = (1 - beta) * (G * rho) ** power * (rho ** (power * t) - beta**t) / (rho**power - beta)
    stepped = rule_output("adam", letter, G * rho ** (t + 1)).subs(start, formula)
    domain: Domain = {b1: unit, b2: unit, G: signed, rho: positive, t: whole(0, 9)}
    claim = equality(
        formula.subs(t, t + 1),
        stepped,
        domain,
        kind="induction",
        latex=f"{letter}_t = {tex(formula)}",
    )

    def check() -> Finding:
        base, grown = formula.subs(t, 0), claim.check()
        return Finding(base == 0 and grown.passed, f"{base} at t = 0; from t to t + 1: {grown.how}")

    return Claim(claim.kind, claim.latex, claim.expressions, check, claim.second_road)


def _order() -> Measured:
    """1 - u along full-batch Adam on one sample, against eta."""
    with digits(DIGITS):
        residuals = []
        for power in range(2, 11):
            size = number(Fraction(1, 10**power))
            run = trajectory("adam", [[Fraction(1)]], constant_step(size), start=[0])
            for time, (w, _) in enumerate(run):
                if time == 600:  # v remembers its start by (3/5)^600 = 1e-133
                    before = w[0]
                if time == 601:
                    residuals.append((size, 1 - (w[0] - before) / size))
                    break
        return order_of("order of 1 - |u| in eta (N = d = 1)", 1, residuals, "constant eta = 1e-2 .. 1e-10")


def _above_betas(rng: random.Random, point: Point) -> Fraction:
    """A ratio below 1 with ratio > beta1 and ratio^2 > beta2."""
    largest: Fraction = max(point[b1], point[b2])
    return 1 - unit(rng, point) * (1 - largest) / 2


def _above_one(rng: random.Random, point: Point) -> Fraction:
    return 1 + unit(rng, point)


@cache
def full_batch() -> Chain:
    """m/sqrt(v) -> sign(g) where the gradient changes slowly."""
    gradients: Domain = {b1: unit, b2: unit, g: indexed(signed)}
    near: Domain = {
        b1: unit,
        b2: unit,
        G: signed,
        rho: lambda rng, p: 1 - unit(rng, p) * (1 - max(p[b1], p[b2])) / 2,
    }
    m_state, v_state = G * (1 - b1) / (1 - b1 / rho), G**2 * (1 - b2) / (1 - b2 / rho**2)
    change = sympy.Symbol("h", positive=True)
    geometric = (1 - b1) * ((1 - (b1 * q) ** n) / (1 - b1 * q) - (1 - b1**n) / (1 - b1))
    first = eta * (b1 / (1 - b1) - b2 / (1 - b2))
    a_1 = sympy.Symbol("a_1", positive=True)
    half, quarter = sympy.Rational(1, 2), sympy.Rational(1, 4)
    vanishing = (half**t - quarter**t) / sympy.sqrt(1 - half ** (2 * t))
    return Chain(
        name="full-batch-sign",
        title="Full-batch Adam steps by the sign of a gradient that does not vanish too fast",
        scope="all N and d, coordinate by coordinate, every beta_1, beta_2 in (0, 1)",
        universal=True,
        source="arXiv 2510.26303, Prop. 2.x (as reconstructed); the rates are ours",
        remarks=(
            "A full batch is an epoch of one step: $N = 1$ in the epoch map, with $g = \\nabla L$. "
            '"Not too fast" is made precise: $|g_{t-s} - g_t| \\le (q^s - 1) |g_t|$ with $q \\to 1$. If a '
            "coordinate of the gradient falls by a fixed factor $\\rho$ a step, the update has size "
            "$\\Psi(\\rho)$, which is 1 only in the limit; and if $\\rho^2 < \\beta_2$ it tends to 0 "
            "instead.",
        ),
        steps=(
            Step(
                "The epoch map at $N = 1$ is the sign",
                equality(
                    published().subs({N: 1, i: 0}).doit(), sympy.sign(g[0]), gradients, normal=_both_signs
                ),
                "$C(\\beta_1, \\beta_2) = 1$ and $g/\\sqrt{g^2} = \\mathrm{sign}\\, g$ for $g \\ne 0$.",
            ),
            Step(
                "Gradients in geometric decay keep $m$ in proportion",
                equality(
                    rule_output("adam", "m", rho * G).subs(m, m_state), rho * m_state, near, kind="definition"
                ),
                "One step of Adam's definition from $m = g \\frac{1-\\beta_1}{1-\\beta_1/\\rho}$ at the next "
                "gradient $\\rho g$; this needs $\\rho > \\beta_1$.",
            ),
            Step(
                "And $v$",
                equality(
                    rule_output("adam", "v", rho * G).subs(v, v_state),
                    rho**2 * v_state,
                    near,
                    kind="definition",
                ),
                "The same with $\\rho^2 > \\beta_2$.",
            ),
            Step(
                "So the size of the update is $\\Psi(\\rho)$",
                equality(
                    m_state / sympy.sqrt(v_state),
                    pace() * sympy.sign(G),
                    near,
                    normal=lambda e: _both_signs(e.subs({1 - b2: a_1, 1 - b2 / rho**2: y})),
                ),
                "Their quotient.",
            ),
            Step(
                "$\\Psi(e^{-\\eta}) \\to 1$, at first order in the decay",
                expansion(pace(ratio=sympy.exp(-eta)), eta, (1, first / eta), {b1: unit, b2: unit}),
                "Derivative at 0. For $\\beta_2 > \\beta_1$ the update is smaller than 1.",
            ),
            Step(
                "A slowly changing gradient: the mean change over the memory, to age $n$",
                induction(
                    (1 - b1) * (b1**k * q**k - b1**k),
                    k,
                    n,
                    geometric,
                    {b1: unit, q: positive, n: whole(0, 8)},
                ),
                "If $|g_{t-s} - g_t| \\le (q^s - 1)|g_t|$, then $|m_t - g_t|$ is at most $|g_t|$ times "
                "this sum, plus $\\beta_1^{t}|g_t|$ for what lies before the start.",
            ),
            Step(
                "To every age, for $q \\beta_1 < 1$",
                _slow(),
                "$(\\beta_1 q)^n \\to 0$ and $\\beta_1^n \\to 0$ in the line before.",
            ),
            Step(
                "Squares change by at most $q^{2s} - 1$",
                inequality(1 - (1 - change) ** 2, (1 + change) ** 2 - 1, 2 * change**2, {change: positive}),
                "With $h = q^s - 1$: a relative change of at most $h$ changes the square by at most "
                "$(1+h)^2 - 1 = q^{2s} - 1$ either way. So the two lines before hold for $v$ with "
                "$\\beta_2$, $q^2$.",
            ),
            Step(
                "Both errors vanish as $q \\to 1$",
                limit(b1 * (q - 1) / (1 - b1 * q), q, 1, 0, {b1: unit}),
                "Hence $m_t/\\sqrt{v_t} \\to \\mathrm{sign}\\, g_t$.",
            ),
            Step(
                "The first moment when a gradient decays from the start",
                _decaying("m", b1, 1),
                "Induction on $t$ with Adam's definition.",
            ),
            Step("The second moment", _decaying("v", b2, 2), "Likewise."),
            Step(
                "A gradient that vanishes too fast stops the update",
                limit(vanishing, t, sympy.oo, 0, {}),
                "$m_t/\\sqrt{v_t}$ is a constant times $(x^t - y^t)/\\sqrt{1 - x^{2t}}$ with "
                "$x = \\rho/\\sqrt{\\beta_2} < 1$, $y = \\beta_1/\\sqrt{\\beta_2} < 1$; here $x = 1/2$, $y "
                "= 1/4$. The sign is not reached.",
            ),
        ),
        wrong=(
            Wrong(
                "no root over v",
                equality(m_state / v_state, pace() * sympy.sign(G), near, normal=_both_signs),
            ),
            Wrong(
                "rho for rho^2 in v",
                equality(rule_output("adam", "v", rho * G).subs(v, v_state), rho * v_state, near),
            ),
            Wrong("beta_1 missing in the mean change", _slow(1 / (1 - b1 * q))),
            Wrong("a moment decaying with the other beta", _decaying("m", b2, 1)),
            Wrong(
                "first order with the sign turned",
                expansion(pace(ratio=sympy.exp(-eta)), eta, (1, -first / eta), {b1: unit, b2: unit}),
            ),
        ),
        measurements=(_order,),
    )


PLACE, CHAINS = 50, {"full-batch-sign": full_batch}

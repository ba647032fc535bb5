"""The residual of the epoch map tends to 0: a bound by the step size, for both losses and the schedules."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from verify.derive.chain import Chain, Claim, Measured, Step, Wrong
from verify.derive.letters import N, b1, b2, g, i, j, k, l, n, over, s
from verify.derive.measure import DIGITS, order_of
from verify.derive.points import below, indexed, positive, signed, unit, whole
from verify.derive.residual_runs import residuals
from verify.derive.roads import equality, geometric, inequality
from verify.derive.sums import canonical
from verify.numbers.systems.mpf import digits

root, E, V = sympy.symbols("sigma E v", positive=True)
gap, y, z = sympy.symbols("gap y z", nonnegative=True)
M, change, e = sympy.symbols("m delta epsilon", real=True)
count = sympy.Symbol("n", integer=True, nonnegative=True)
lag = sympy.Mod(i - j, N)


def _bounded(part: int = 1) -> Claim:
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


def _series() -> Claim:
    """sum q^k <= 1/(1 - q), with q = 1/(1 + y)."""
    q = 1 / (1 + y)
    return inequality(
        (1 - q**count) / (1 - q),
        1 / (1 - q),
        (1 + y) * q**count / y,
        {y: positive, count: whole(0, 9)},
        latex=r"\sum_{k<n} q^k = \frac{1-q^n}{1-q} \le \frac{1}{1-q} \quad (q = \tfrac{1}{1+y})",
    )


def _floor(bound: Any = b2 ** (N - 1)) -> Claim:
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


def _split(halves: int = 1) -> Claim:
    """(m + delta)/sqrt(v (1 + eps)) less m/sqrt(v)."""
    power = sympy.Rational(halves, 2)
    left = (M + change) / sympy.sqrt(V * (1 + e)) - M / sympy.sqrt(V)
    right = change / sympy.sqrt(V * (1 + e)) + M / sympy.sqrt(V) * ((1 + e) ** -power - 1)
    return equality(left, right, {M: signed, change: signed, V: positive, e: unit})


def _root(sign: int, factor: int = 1) -> Claim:
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
    return Chain(
        name="epoch-residual-bound",
        title="The residual of the epoch map is at most a multiple of the step size",
        scope="all N and d, beta_1^2 < beta_2 < 1, cyclic order, logistic and exponential loss, "
        "eta_t = (t+2)^(-a) with 0 < a <= 1",
        universal=True,
        source="arXiv 2510.26303, Prop. 2.5: e_r -> 0 (as reconstructed); the rate is ours",
        remarks=(
            "One coordinate in which some sample's gradient is not 0 (else nothing moves). Compare the "
            "update at step $t$ of a run with the frozen one, $m^*/\\sqrt{v^*}$, at the gradients of "
            "$w_t$. **Bound.** By the first two steps below $|u| \\le U = "
            "\\frac{1-\\beta_1}{\\sqrt{(1-\\beta_2)(1-\\beta_1^2/\\beta_2)}}$. So a margin moves by at "
            "most $c_1 \\sum_{1 \\le u \\le s} \\eta_{t-u}$, $c_1 = U \\max_j \\|x_j\\|_1$, in the last "
            "$s$ steps, and by the next two a gradient then differed from its value at $w_t$ by at most "
            "the share $\\kappa_s = e^{c_1 \\sum \\eta} - 1$ of it.",
            "Hence, with $G = \\max_j |g_j|$, $|m_t - m^*| \\le (1-\\beta_1) G \\sum_s \\beta_1^s "
            "\\kappa_s$ and $|v_t - v^*| \\le (1-\\beta_2) G^2 \\sum_s \\beta_2^s ((1+\\kappa_s)^2 - 1)$, "
            "up to what lies before the start, of weight $\\beta^t$. By the chain `step-sizes` both sums "
            "are at most $c_2 \\eta_t$ (with $c_1$, and with $2 c_1$). As $v^* \\ge "
            "\\frac{1-\\beta_2}{1-\\beta_2^N} \\beta_2^{N-1} G^2$, the relative error $\\epsilon$ of $v$ "
            "and $|m_t - m^*|/\\sqrt{v^*}$ are at most multiples of $\\eta_t$, and so is $|u_t - u^*|$ by "
            "the last three steps. The same comparison of the gradients at $w_t$ with those at $w^r$, at "
            "most $N$ steps before, and $|\\eta_{rN+i}/\\eta_{rN} - 1| \\le a N/(rN)$ give $|e_r| \\le C "
            "\\eta_{rN}$.",
        ),
        steps=(
            Step(
                "The update is bounded: Cauchy and Schwarz",
                _bounded(),
                "Lagrange's identity, $\\beta_2 = \\sigma^2$.",
            ),
            Step(
                "A geometric sum is at most its limit",
                _series(),
                "$q = \\beta_1^2/\\beta_2 < 1$. With the factors $1-\\beta_1$ and $1-\\beta_2$ of the "
                "moments this is the bound $U$.",
            ),
            Step(
                "A logistic weight grows by at most the factor $e^h$ when its margin falls by $h$",
                inequality(moved_down, (1 + y) * here, y * here * moved_down, {E: positive, y: positive}),
                "$E = e^z$, $e^h = 1 + y$; for the exponential loss they are equal.",
            ),
            Step(
                "And falls by at most that factor when it grows",
                inequality(
                    here / (1 + y), moved_up, y / (1 + y) * here * moved_up, {E: positive, y: positive}
                ),
                "So the relative change is at most $1 - e^{-h} \\le e^h - 1$.",
            ),
            Step(
                "The frozen second moment is not small",
                _floor(),
                "$\\beta^k - \\beta^{N-1} = (1-\\beta) \\sum_{k \\le s < N-1} \\beta^s \\ge 0$, and the "
                "sum of squares is at least $G^2$.",
            ),
            Step(
                "Error of the quotient", _split(), "With $v_t = v^* (1 + \\epsilon)$, $m_t = m^* + \\delta$."
            ),
            Step("$(1-x)^{-1/2} - 1 \\le x$", _root(-1), "For $0 \\le x \\le 1/2$."),
            Step(
                "$1 - (1+x)^{-1/2} \\le x$",
                _root(1),
                "So $|(1+\\epsilon)^{-1/2} - 1| \\le |\\epsilon|$ for small ones.",
            ),
        ),
        wrong=(
            Wrong("half the bound of the update", _bounded(2)),
            Wrong("floor without its power", _floor(sympy.Integer(1))),
            Wrong("the root forgotten in the quotient", _split(2)),
            Wrong("x up to 2 in the bound of the root", _root(-1, factor=4)),
        ),
        measurements=(_order,),
        news=(
            "$|e_r| \\le C \\eta_{rN}$ with explicit constants for $\\beta_1^2 < \\beta_2$ (so for all "
            "$\\beta_1 \\le \\beta_2$).",
        ),
    )


PLACE, CHAINS = 30, {"epoch-residual-bound": epoch_bound}

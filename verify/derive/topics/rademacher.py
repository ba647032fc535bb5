"""Scaled-Rademacher data: per-sample Adam becomes weighted normalized GD, and its limit is the l2 one."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import sympy

from verify.derive.chain import Chain, Measured, Step, Wrong
from verify.derive.definitions import rule_output
from verify.derive.letters import N, b1, b2, c, i, j, k, l, over, v, x
from verify.derive.measure import DIGITS, agreement, constant_step, number, state, trajectory
from verify.derive.points import Domain, below, indexed, positive, unit, whole
from verify.derive.roads import algebraic, equality, inequality
from verify.derive.sums import canonical
from verify.derive.topics.epoch import constant
from verify.derive.topics.rademacher_claims import (
    SIGNS,
    WEIGHTS,
    C,
    V,
    a,
    euclidean,
    h,
    lag,
    lagged,
    moment_bound,
    random_square,
    replaced,
    sigma,
    signs_squared,
    squares,
    weight,
    weight_bound,
)
from verify.numbers.systems.mpf import digits

# Orthogonal rows, so that the l2-max-margin point is the sum of x_i / ||x_i||^2: (7, 3, 5, 1) / 16.
ROWS = [[Fraction(size * sign) for sign in signs] for size, signs in zip(
    (1, 2, 4), ((1, 1, 1, 1), (1, -1, 1, -1), (1, 1, -1, -1)), strict=True
)]  # fmt: skip


def _direction(name: str, epochs: int) -> Measured:
    batches = [[0, 1, 2]] if name == "adam-proxy" else [[0], [1], [2]]
    with digits(DIGITS):
        step = constant_step(number(Fraction(1, 5)))
        run = trajectory(name, ROWS, step, start=[Fraction(1, 7), 0, Fraction(-1, 3), 0], batches=batches)
        early, late = state(run, (epochs - 1) * len(batches), epochs * len(batches))
        found = (late[1] - early[1]) / (late[0] - early[0])
        return agreement(
            f"second over first coordinate of the increments of {name}, where (7, 3, 5, 1) is l2-max-margin",
            number(3) / 7,
            found,
            number(Fraction(1, 10**20)),
            f"epoch {epochs} at eta = 1/5, N = 3, d = 4",
        )


@cache
def scaled_rademacher() -> Chain:
    """Weights of weighted normalized GD and their bounds; equilibria are l2-max-margin."""
    g = -c[j] * a[j] * sigma[j, k]
    numerator = over(b1**lag * c[j] * x[j, k], (j, N))
    rows = c[j] * a[j] * sigma[j, k]
    sizes: Domain = {N: whole(1, 5), a: indexed(positive), c: indexed(positive)}
    total = over(a[j] * c[j], (j, N))
    lagrange = over((a[j] * c[j] - a[l] * c[l]) ** 2, (j, N), (l, N)) / 2
    rest = replaced(
        lambda p: isinstance(p, sympy.Indexed) and p.base == h,
        lambda p: over(a[l] * c[l], (l, N)) - a[p.indices[0]] * c[p.indices[0]],
    )
    return Chain(
        name="scaled-rademacher",
        title="Scaled-Rademacher data: weighted normalized GD, and the l2-max-margin direction",
        scope="all N and d, every beta_1, beta_2 in (0, 1) (no beta_1 <= beta_2 is needed); the limit direction "
        "where the weights c converge",
        universal=True,
        source="arXiv 2510.26303, Cor. 3.2, Thm 3.3 (as reconstructed); the bounds are ours",
        remarks=(
            "$|x_{jk}| = a_j$ for all $k$: $x_{jk} = a_j \\sigma_{jk}$ with signs $\\sigma$, and gradients "
            "$g_j = -c_j x_j$. Then $v$ is the same in every coordinate, at every step of every run, and the "
            "update is a combination of the rows with positive weights.",
            "With $W = \\frac{1-\\beta_2^N}{1-\\beta_2}$ and $S = \\sum_j c_j^2 a_j^2$ the weights of "
            "$U = \\sum_j p_j c_j x_j$ obey $\\frac{\\sqrt W}{N \\sqrt S} \\le p_j \\le \\beta_2^{-(N-1)/2} "
            "\\frac{\\sqrt W}{N \\sqrt S}$, whatever $\\beta_1$. Against normalized GD, with $\\gamma$ the "
            "l2 margin: $\\frac{\\gamma \\sqrt W}{N \\max_j a_j} \\le p_j \\|X'c\\|_2 \\le "
            "\\beta_2^{-(N-1)/2} \\sqrt{W d / N}$.",
        ),
        steps=(
            Step(
                "The second moment does not see the coordinate",
                equality(
                    rule_output("adam", "v", g),
                    b2 * v + (1 - b2) * a[j] ** 2 * c[j] ** 2,
                    {**SIGNS, j: below(N)},
                    given=(lambda p: sympy.expand(p), signs_squared),
                    kind="definition",
                ),
                "Adam's definition and $\\sigma^2 = 1$. With the same $v_0$ in all coordinates they stay "
                "equal.",
            ),
            Step(
                "So the frozen second moments are the same for all $k$",
                equality(
                    over(b2**lag * rows**2, (j, N)), lagged, SIGNS, normal=canonical, given=(signs_squared,)
                ),
                "$\\sigma^2 = 1$ under the sum; $V_i$ is short for it from here on.",
            ),
            Step(
                "The epoch map is a combination of rows",
                equality(
                    C / N * over(numerator / sympy.sqrt(V[i]), (i, N)),
                    over(weight * c[j] * x[j, k], (j, N)),
                    {**WEIGHTS, V: indexed(random_square)},
                    normal=canonical,
                ),
                "The order of summation is exchanged; the weight is "
                "$p_j = \\frac{C}{N} \\sum_i \\beta_1^{(i-j) \\bmod N} / \\sqrt{V_i} > 0$.",
            ),
            Step(
                "Upper bound of $V_i$",
                moment_bound(True, sympy.Integer(1)),
                "Term by term: $1 - \\beta^k = (1-\\beta) \\sum_{s<k} \\beta^s \\ge 0$.",
            ),
            Step(
                "Lower bound of $V_i$",
                moment_bound(False, b2 ** (N - 1)),
                "Term by term: $\\beta^k - \\beta^{N-1} = (1-\\beta) \\sum_{k \\le s < N-1} \\beta^s \\ge "
                "0$.",
            ),
            Step(
                "A weight is at least",
                weight_bound(above=False),
                "$V_i \\le S$, so $1/\\sqrt{V_i} = 1/\\sqrt S + e_i$ with $e_i \\ge 0$.",
            ),
            Step(
                "A weight is at most, with $\\beta_2^{N-1} S$ in place of $S$",
                weight_bound(above=True),
                "The same with $V_i \\ge S$.",
            ),
            Step(
                "The constant in both bounds",
                equality(
                    constant() * over(b1**k, (k, N)),
                    sympy.sqrt((1 - b2**N) / (1 - b2)),
                    {b1: unit, b2: unit, N: whole(1, 6)},
                    given=(lambda p: p.subs(over(b1**k, (k, N)), (1 - b1**N) / (1 - b1)),),
                ),
                "$\\sum_i \\beta_1^{(i-j) \\bmod N}$ is a geometric sum (chain `ema-steady-state`): "
                "$\\beta_1$ cancels.",
            ),
            Step(
                "Sums and sums of squares, one way",
                inequality(
                    total**2, N * over(a[j] ** 2 * c[j] ** 2, (j, N)), lagrange, sizes, normal=canonical
                ),
                "Lagrange's identity. With $|(X'c)_k| \\le \\sum_j a_j c_j$ this gives "
                "$\\|X'c\\|_2 \\le \\sqrt{d N S}$.",
            ),
            Step(
                "And the other way",
                inequality(
                    squares,
                    total**2,
                    over(a[j] * c[j] * h[j], (j, N)),
                    sizes,
                    normal=canonical,
                    given=(rest,),
                ),
                "$h_j$ is the sum of the other terms. With $\\|X'c\\|_2 \\ge \\gamma \\sum_j c_j$ (chain "
                "`max-margin-kkt`) this gives $\\sqrt S \\le \\max_j a_j \\|X'c\\|_2 / \\gamma$.",
            ),
            Step(
                "AdamProxy is normalized GD up to a scalar factor",
                equality(
                    rule_output("adam-proxy", "u", over(rows, (j, N)) / N, seen=over(rows**2, (j, N))),
                    over(rows, (j, N)) / (N * sympy.sqrt(squares)),
                    SIGNS,
                    normal=algebraic,
                    given=(signs_squared,),
                    kind="definition",
                ),
                "AdamProxy's definition: $M(c) = \\sqrt S\\, I$. So its Mahalanobis margin is the l2 margin.",
            ),
            Step(
                "An equilibrium has the l2-max-margin direction",
                euclidean(),
                "$w = \\sum_j \\lambda_j x_j$ with $\\lambda_j = p_j c_j / \\mu \\ge 0$, and at an "
                "equilibrium $\\lambda_j (x_j \\cdot w - 1) = 0$. For feasible $u$, $x_j \\cdot u \\ge 1$, "
                "the right side is then $\\|u - w\\|^2 + 2\\sum_j \\lambda_j (x_j \\cdot u - 1) \\ge 0$: "
                "$w$ is the shortest.",
            ),
        ),
        wrong=(
            Wrong("upper bound of V with beta_2^(N-1)", moment_bound(True, b2 ** (N - 1))),
            Wrong("lower bound of V without beta_2^(N-1)", moment_bound(False, sympy.Integer(1))),
            Wrong("a bound above a hundred times too small", weight_bound(True, sympy.Rational(1, 100))),
            Wrong("no factor 2 at the multipliers", euclidean(factor=1)),
            Wrong(
                "signs not squared",
                equality(
                    over(b2**lag * rows**2, (j, N)),
                    over(b2**lag * c[j] ** 2 * a[j] ** 2 * sigma[j, k], (j, N)),
                    SIGNS,
                    normal=canonical,
                    given=(signs_squared,),
                ),
            ),
        ),
        measurements=(
            lambda: _direction("adam", 1000),
            lambda: _direction("adam-proxy", 1000),
        ),
        news=(
            "Explicit bounds of the weights, free of $\\beta_1$. At frozen gradients, and for the "
            "direction where $c$ converges, $\\beta_1 \\le \\beta_2$ is not needed.",
        ),
    )


PLACE, CHAINS = 100, {"scaled-rademacher": scaled_rademacher}

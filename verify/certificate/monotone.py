"""AdamProxy's game on rows near scaled-Rademacher ones has one equilibrium at most, and every flow goes there.

Let a_i^2 be the product of the smallest and the largest entry of row i in size, K >= 1 the largest quotient of the two,
x_i = a_i z_i. F is a positive multiple of G(c) = X W X'c, W diagonal with w_k^2 = |p|^2 / sum_i p_i^2 z_ik^2 between
1/K and K, p_i = a_i c_i. Along v, in units of a_i, log w_k changes by at most (K^2 - 1) |v|/|p|, so with t = Z'v,
s = Z'p the derivative of G has the form

    sum_k w_k t_k^2 + sum_k w_k t_k s_k q_k,   |q_k| <= (K^2 - 1) |v|/|p|,

which is positive where K (K^2 - 1)^2 lambda_max < lambda_min, by the eigenvalues of ZZ' (Cauchy and Schwarz). Then G is
strictly monotone on the simplex, and (c - e) (G(c) - G(e)) > 0 cannot be if both c and e are equilibria.
"""

from __future__ import annotations

from fractions import Fraction

from verify.certificate.effort import operation, spend
from verify.certificate.field import Game, Rows
from verify.certificate.program import Line, Rule
from verify.numbers.systems.balls import Ball, ball, bits

# u = g / sqrt(seen).
PROXY = (Line("input", name="g"), Line("input", name="seen"), Line("sqrt", (1,)), Line("/", (0, 2)))


def is_proxy(rule: Rule) -> bool:
    """Whether the program is AdamProxy's."""
    return rule.lines == PROXY and (rule.update, rule.states, rule.reads) == (3, (), "squares")


def one_at_most(rows: Rows, game: Game) -> bool:
    """Whether the game is shown to have one equilibrium at most, at the present precision."""
    n = len(rows)
    by_samples = len(game.batches) == 1 and len(set(game.owner)) == n
    if not (is_proxy(game.rule) and by_samples and all(entry for row in rows for entry in row)):
        return False
    ends = [(min(map(abs, row)), max(map(abs, row))) for row in rows]
    K, squares = max(high / low for low, high in ends), [low * high for low, high in ends]
    if (
        n > len(rows[0]) or K * (K * K - 1) ** 2 >= 1
    ):  # then lambda_min is 0, or below what is asked of it anyway
        return False
    spend(n * n * (len(rows[0]) + n) * operation(bits()), "whether the game is monotone")
    products = [[sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0)) for b in rows] for a in rows]
    # no eigenvalue of ZZ' is above the largest row sum, of absolute values, of a matrix similar to it
    largest = max(sum(map(abs, row)) / square for row, square in zip(products, squares, strict=True))
    least = K * (K * K - 1) ** 2 * largest
    return _positive_definite(
        [
            [ball(e - least * squares[i] * int(i == j)) for j, e in enumerate(row)]
            for i, row in enumerate(products)
        ]
    )


def _positive_definite(left: list[list[Ball]]) -> bool:
    """Whether a symmetric matrix is shown to be positive definite: by elimination, in which all pivots are positive."""
    for k, pivot in enumerate(left):
        positive = pivot[k] > 0
        if not positive:
            return False
        for below in left[k + 1 :]:
            factor = below[k] / pivot[k]
            for j in range(k + 1, len(left)):
                below[j] -= factor * pivot[j]
    return True

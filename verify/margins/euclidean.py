"""The l2 margin: the point of least norm in the convex hull of the rows.

max over w of min_i x_i.w / ||w||_2 = min over c in the simplex of ||X'c||_2, and the maximizer is the
minimizing X'c. Wolfe's method runs twice: in floats to propose the support, and in rationals from that
proposal. After a right guess the second run is one linear solve and a look at N signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce

import numpy as np
from flint import fmpq, fmpz, fmpz_mat, nmod_mat

from verify.margins.proposal import propose
from verify.margins.rows import Rows
from verify.margins.wolfe import wolfe
from verify.numbers.rational import from_flint, independent

PRIME = 2**61 - 1


def least_norm(rows: Rows, metric: Sequence[int] | None = None) -> dict[int, Fraction]:
    """The exact weights c_i > 0, of sum 1, of the point p = X'c of least p.p; rows not named weigh 0.

    With a ``metric`` (d positive integers) the dot product is sum_k metric_k p_k q_k.

    X'c = 0 says that the data are not separable, and c is the witness. The rows named are affinely
    independent, so there are at most d + 1 of them.
    """
    Z = rows.integers
    lines = Z.tolist()
    dual, dual_lines, scale = Z, lines, np.ones(Z.ncols())
    if metric is not None:
        dual_lines = [[entry * m for entry, m in zip(line, metric, strict=True)] for line in lines]
        dual = fmpz_mat(dual_lines)
        scale = np.array([float(Fraction(m, max(metric))) ** 0.5 for m in metric])

    def affine_minimizer(chosen: list[int]) -> list[fmpq]:
        dual_part = fmpz_mat([dual_lines[i] for i in chosen])
        return affine_weights(fmpz_mat([lines[i] for i in chosen]) * dual_part.transpose())

    def most_violated(chosen: list[int], weights: list[fmpq]) -> int | None:
        common = reduce(fmpz.lcm, (w.q for w in weights))
        whole = fmpz_mat([[w.p * (common // w.q) for w in weights]])
        p = whole * fmpz_mat([lines[i] for i in chosen])
        products = (dual * p.transpose()).entries()
        j = min(range(len(products)), key=products.__getitem__)
        square = sum(weight * products[i] for weight, i in zip(whole.entries(), chosen, strict=True))
        # p is in units of 1/common, so x_j.p < p.p reads as follows.
        return j if products[j] * common < square else None

    corral, floats = propose(rows.floats * scale)
    corral, weights = wolfe(*exact_start(lines, corral, floats), affine_minimizer, most_violated)
    return {i: from_flint(weight) for i, weight in zip(corral, weights, strict=True)}


def affine_weights(gram: fmpz_mat) -> list[fmpq]:
    """Weights of sum 1 of the point of least norm in the affine hull of K rows, from their Gram matrix G.

    They solve G c = mu 1, 1'c = 1; ZeroDivisionError if the rows are affinely dependent.
    """
    K = gram.nrows()
    system = fmpz_mat([[0] + [1] * K] + [[1, *line] for line in gram.tolist()])
    solution = system.solve(fmpz_mat(K + 1, 1, [1] + [0] * K)).entries()
    return list(solution[1:])


def exact_start(
    rows: Sequence[Sequence[fmpz]], corral: list[int], floats: list[float]
) -> tuple[list[int], list[fmpq]]:
    """A corral that is affinely independent exactly, with positive rational weights near the floats."""
    lifted = fmpz_mat([[1, *rows[i]] for i in corral])
    chosen = list(range(len(corral)))
    if nmod_mat(lifted, PRIME).rank() < len(corral):  # else they are independent modulo PRIME, so exactly
        chosen, _ = independent([list(map(int, row)) for row in lifted.tolist()])
    # 2^-40 keeps a weight that rounding made 0 or negative in play; any positive start will do.
    exact = [fmpq(*max(floats[k], 2.0**-40).as_integer_ratio()) for k in chosen]
    total = sum(exact, fmpq(0))
    return [corral[k] for k in chosen], [w / total for w in exact]

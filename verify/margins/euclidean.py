"""The l2 margin: the point of least norm in the convex hull of the rows.

max over w of min_i x_i.w / ||w||_2 = min over c in the simplex of ||X'c||_2, and the maximizer is the
minimizing X'c. Wolfe's method runs twice: in floats to propose the support, and in rationals from that
proposal. After a right guess the second run is one linear solve and a look at N signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from flint import fmpq, fmpq_mat, fmpz, fmpz_mat, nmod_mat

from verify.margins.proposal import propose
from verify.margins.rows import Rows
from verify.margins.wolfe import wolfe
from verify.numbers.linear.rational import PRIME, Scaled, independent, matrix_of


@dataclass(frozen=True)
class LeastNorm:
    """The ``point`` p = X'c (d) of least p.p, with ``weights`` c (N) in the simplex.

    ``square`` is p.p, and ``maximizer`` p / p.p where that is not 0.
    """

    weights: Scaled
    point: Scaled
    maximizer: Scaled
    square: fmpq


def least_norm(rows: Rows, metric: Sequence[int] | None = None) -> LeastNorm:
    """The exact point of least p.p in the convex hull of the rows.

    With a ``metric`` (d positive integers) the dot product is sum_k metric_k p_k q_k.

    p = 0 says that the data are not separable, and the weights are the witness. The rows of positive weight
    are affinely independent, so there are at most d + 1 of them.
    """
    form, scale = None, np.ones(rows.d)
    if metric is not None:
        form = fmpz_mat([[m if j == k else 0 for k in range(rows.d)] for j, m in enumerate(metric)])
        scale = np.array([float(Fraction(m, max(metric))) ** 0.5 for m in metric])
    lines = rows.part(range(rows.n))
    part_of = lru_cache(maxsize=1)(rows.part)
    found: LeastNorm | None = None

    # Wolfe's weights are u_i = c_i / scales[i], of the integer lines in place of the rows.
    def affine_minimizer(chosen: list[int]) -> list[fmpq]:
        part = part_of(tuple(chosen))
        gram = (part if form is None else part * form) * part.transpose()
        return affine_weights(gram, [rows.scales[i] for i in chosen])

    def most_violated(chosen: list[int], weights: list[fmpq]) -> int | None:
        nonlocal found
        u, unit = fmpq_mat(len(weights), 1, weights).numer_denom()
        p = part_of(tuple(chosen)).transpose() * u
        products = (lines * (p if form is None else form * p)).entries()
        # Weights of least norm in the affine hull have x_i.p = p.p for each of the chosen rows.
        top, below = products[chosen[0]], rows.scales[chosen[0]]
        short = [j for j, scale in enumerate(rows.scales) if products[j] * below < top * scale]
        if short:
            return min(short, key=lambda j: fmpq(products[j], rows.scales[j]))
        c = [fmpz(0)] * rows.n
        for i, weight in zip(chosen, u.entries(), strict=True):
            c[i] = weight * rows.scales[i]
        point = p.entries()
        maximizer = Scaled([entry * below for entry in point], top)
        found = LeastNorm(Scaled(c, unit), Scaled(point, unit), maximizer, fmpq(top, unit * below))
        return None

    corral, floats = propose(rows.floats * scale)
    kept = independent_rows(rows, part_of(tuple(corral)), corral)
    # 2^-40 keeps a weight that rounding made 0 or negative in play; any positive start will do.
    start = [fmpq(*max(floats[k], 2.0**-40).as_integer_ratio()) for k in kept]
    total, corral = sum(start, fmpq(0)), [corral[k] for k in kept]
    start = [weight / total / rows.scales[i] for weight, i in zip(start, corral, strict=True)]
    wolfe(corral, start, affine_minimizer, most_violated)
    assert found is not None, "Wolfe's method ends where no row is short"
    return found


def independent_rows(rows: Rows, part: fmpz_mat, corral: list[int]) -> Sequence[int]:
    """Places in the corral, whose lines are ``part``, of affinely independent rows with the same affine hull."""
    if nmod_mat(part, PRIME).rank() == len(corral):  # independent modulo PRIME, so exactly, and affinely too
        return range(len(corral))
    return independent(matrix_of([[rows.scales[i], *rows.lines[i]] for i in corral]))[0]


def affine_weights(gram: fmpz_mat, scales: Sequence[int]) -> list[fmpq]:
    """The u with scales.u = 1 of the sum_i u_i l_i of least norm, from the Gram matrix G of K integer lines l_i.

    They solve G u = mu scales, scales.u = 1; ZeroDivisionError if the rows l_i / scales[i] are affinely
    dependent.
    """
    K = gram.nrows()
    system = fmpz_mat(
        [[0, *scales]] + [[scale, *line] for scale, line in zip(scales, gram.tolist(), strict=True)]
    )
    solution = system.solve(fmpz_mat(K + 1, 1, [1] + [0] * K)).entries()
    return list(solution[1:])

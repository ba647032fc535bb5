"""The l2 margin: the point of least norm in the convex hull of the rows.

max over w of min_i x_i.w / ||w||_2 = min over c in the simplex of ||X'c||_2, and the maximizer is the
minimizing X'c. Wolfe's method runs twice: in floats to propose the support, and in rationals from that
proposal. After a right guess the second run is one linear solve and a look at N signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat, fmpz, fmpz_mat

from verify.margins.proposal import propose
from verify.margins.rows import Rows
from verify.margins.wolfe import wolfe
from verify.numbers.rational import Scaled, independent, matrix_of


@dataclass(frozen=True)
class LeastNorm:
    """``point`` = X'c (d) for the ``weights`` c (N) of the simplex has the least p.p, which is ``square``."""

    weights: Scaled
    point: Scaled
    square: fmpq


def least_norm(rows: Rows, metric: Sequence[int] | None = None) -> LeastNorm:
    """The exact point of least p.p in the convex hull of the rows.

    With a ``metric`` (d positive integers) the dot product is sum_k metric_k p_k q_k.

    p = 0 says that the data are not separable, and the weights are the witness. The rows of positive weight
    are affinely independent, so there are at most d + 1 of them.
    """
    lines = rows.part(range(len(rows.lines)))
    form = None
    scale = np.ones(rows.d)
    if metric is not None:
        form = fmpz_mat([[m if j == k else 0 for k in range(rows.d)] for j, m in enumerate(metric)])
        scale = np.array([float(Fraction(m, max(metric))) ** 0.5 for m in metric])
    found: LeastNorm | None = None

    # Wolfe's weights are u_i = c_i / scales[i], of the integer lines in place of the rows.
    def affine_minimizer(chosen: list[int]) -> list[fmpq]:
        part = rows.part(chosen)
        gram = (part if form is None else part * form) * part.transpose()
        return affine_weights(gram, [rows.scales[i] for i in chosen])

    def most_violated(chosen: list[int], weights: list[fmpq]) -> int | None:
        nonlocal found
        u, unit = fmpq_mat(len(weights), 1, weights).numer_denom()
        p = rows.part(chosen).transpose() * u
        products = (lines * (p if form is None else form * p)).entries()
        # Weights of least norm in the affine hull have x_i.p = p.p for each of the chosen rows.
        first, scale = products[chosen[0]], rows.scales[chosen[0]]
        c = [fmpz(0)] * len(products)
        for i, weight in zip(chosen, u.entries(), strict=True):
            c[i] = weight * rows.scales[i]
        found = LeastNorm(Scaled(c, unit), Scaled(p.entries(), unit), fmpq(first, unit * scale))
        below = [j for j, product in enumerate(products) if product * scale < first * rows.scales[j]]
        return min(below, key=lambda j: fmpq(products[j], rows.scales[j])) if below else None

    wolfe(*exact_start(rows, *propose(rows.floats * scale)), affine_minimizer, most_violated)
    assert found is not None
    return found


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


def exact_start(rows: Rows, corral: list[int], floats: list[float]) -> tuple[list[int], list[fmpq]]:
    """A corral that is affinely independent exactly, with positive rational weights near the floats."""
    lifted = matrix_of([[rows.scales[i], *rows.lines[i]] for i in corral])
    chosen, _ = independent(lifted)
    # 2^-40 keeps a weight that rounding made 0 or negative in play; any positive start will do.
    exact = [fmpq(*max(floats[k], 2.0**-40).as_integer_ratio()) for k in chosen]
    total = sum(exact, fmpq(0))
    kept = [corral[k] for k in chosen]
    return kept, [w / total / rows.scales[i] for w, i in zip(exact, kept, strict=True)]

"""The max margin of a data set in the l1, l2 and linf norm, decided exactly."""

from __future__ import annotations

from fractions import Fraction

from verify.data.dataset import Dataset
from verify.errors import BadInput
from verify.margins.euclidean import least_norm
from verify.margins.polyhedral import describe_face, solve
from verify.margins.result import Margin, Norm, NotSeparable
from verify.margins.rows import Rows, fractions


def max_margin(data: Dataset, norm: Norm) -> Margin:
    """The exact max margin of the data in a norm, with its maximizers and the dual weights.

    Raises NotSeparable (with its witness) if no w separates, BadInput for an unknown norm.
    """
    rows = Rows.of(data)
    if norm == "l2":
        return l2_margin(data, rows)
    if norm == "l1" or norm == "linf":
        optimum = solve(data, norm)
        if optimum.margin == 0:
            raise NotSeparable(data, optimum.c)
        optimum, face = describe_face(data, rows, norm, optimum)
        return Margin(data, norm, optimum.margin, optimum.w, optimum.c, face)
    raise BadInput(f"norm={norm} is none of l1, l2, linf, nor mahalanobis with its weights")


def l2_margin(data: Dataset, rows: Rows) -> Margin:
    """The l2 margin, from the point of least norm p = X'c: w = p / p.p has min_i x_i.w = 1."""
    weights = [Fraction(0)] * data.n
    for i, weight in least_norm(rows).items():
        weights[i] = weight
    p, unit = rows.combination(weights)
    if not any(p):
        raise NotSeparable(data, tuple(weights))
    square = sum(entry * entry for entry in p)
    w = fractions([entry * unit for entry in p], square)
    return Margin(data, "l2", Fraction(square, unit * unit), w, tuple(weights), face=())

"""The max margin of a data set in each norm, decided exactly."""

from __future__ import annotations

from fractions import Fraction

from verify.data.dataset import Dataset
from verify.errors import BadInput
from verify.margins.euclidean import least_norm
from verify.margins.polyhedral import solve_l1, solve_linf
from verify.margins.result import NORMS, Margin, Norm, NotSeparable


def max_margin(data: Dataset, norm: Norm) -> Margin:
    """The exact max margin of the data in a norm, with a maximizer and the dual weights.

    Raises NotSeparable (with its witness) if no w separates, BadInput for an unknown norm.
    """
    if norm == "l2":
        return l2_margin(data)
    if norm not in NORMS:
        raise BadInput(f"norm={norm}: not one of {', '.join(NORMS)}")
    value, w, weights = (solve_linf if norm == "linf" else solve_l1)(data)
    if value == 0:
        raise NotSeparable(data, weights)
    return Margin(data, norm, value, w, weights)


def l2_margin(data: Dataset) -> Margin:
    """The l2 margin, from the point of least norm p = X'c: w = p / p.p has min_i x_i.w = 1."""
    weights = [Fraction(0)] * data.n
    for i, weight in least_norm(data).items():
        weights[i] = Fraction(int(weight.p), int(weight.q))
    p = [
        sum((weights[i] * data.rows[i][k] for i in range(data.n) if weights[i]), Fraction(0))
        for k in range(data.d)
    ]
    square = sum((entry * entry for entry in p), Fraction(0))
    if square == 0:
        raise NotSeparable(data, tuple(weights))
    return Margin(data, "l2", square, tuple(entry / square for entry in p), tuple(weights))

"""The max margin of a data set in the l1, l2 and linf norm, decided exactly."""

from __future__ import annotations

from verify.data.dataset import Dataset
from verify.drawers import near
from verify.errors import BadInput
from verify.margins.euclidean import least_norm
from verify.margins.polyhedral import Optimum, describe_face, solve
from verify.margins.result import Margin, Norm, NotSeparable
from verify.margins.rows import Rows
from verify.numbers.linear.rational import from_flint


def max_margin(data: Dataset, norm: Norm) -> Margin:
    """The exact max margin of the data in a norm, with its maximizers and the dual weights.

    Raises NotSeparable (with its witness) if no w separates, BadInput for an unknown norm.
    """
    if norm not in ("l1", "l2", "linf"):
        known = "l1, l2, linf, nor spectral or nuclear, nor mahalanobis with its weights"
        raise BadInput(f"norm={norm} is none of {known}{near(str(norm), ('l1', 'l2', 'linf'))}")
    return finished(data, norm, Rows.of(data))


def finished(data: Dataset, norm: Norm, rows: Rows, optimum: Optimum | None = None) -> Margin:
    """``max_margin`` from the data's ``rows`` in integers, and from the ``optimum`` of the norm's program if it is
    solved."""
    if norm == "l2":
        return l2_margin(data, rows)
    optimum = optimum or solve(rows, norm)
    if optimum.margin == 0:
        raise NotSeparable(data, optimum.c.fractions())
    optimum, face = describe_face(rows, norm, optimum)
    return Margin(data, norm, optimum.margin, optimum.w.fractions(), optimum.c.fractions(), face)


def l2_margin(data: Dataset, rows: Rows) -> Margin:
    """The l2 margin, from the point of least norm p = X'c: w = p / p.p has min_i x_i.w = 1."""
    least = least_norm(rows)
    weights = least.weights.fractions()
    if least.square == 0:
        raise NotSeparable(data, weights)
    return Margin(data, "l2", from_flint(least.square), least.maximizer.fractions(), weights, face=())

"""The margin with an intercept that the norm does not count, as support vector machines have it.

The best intercept lies midway between the classes, so that max_b min_i y_i (w.x_i + b) is half of the least w.(p - q)
over samples p of label +1 and q of label -1. Hence the margin is that of the rows (p - q) / 2, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.certificate.writing import spell
from verify.data.dataset import Dataset
from verify.errors import BadInput
from verify.evidence import Verdict
from verify.margins.maximum import max_margin
from verify.margins.result import Margin, Norm

# Of pairs: an exact margin of so many rows takes a minute.
MOST_PAIRS = 50_000


@dataclass(frozen=True)
class FreeMargin:
    """The margin max over w and b of min_i y_i (w.x_i + b) / ||w||.

    ``pairs`` is that of the half differences of samples of unlike labels, whose ``direction`` is w; ``intercept`` is
    the best b beside it. ``data`` has the labels in its last column.
    """

    data: Dataset
    pairs: Margin
    intercept: Fraction
    support: tuple[int, ...]

    @property
    def norm(self) -> str:
        """Of the features alone."""
        return self.pairs.norm

    @property
    def margin(self) -> float:
        """In floating point."""
        return self.pairs.margin

    @property
    def unique(self) -> bool:
        """Whether there is only one maximizer w of norm 1; the best intercept beside it is one."""
        return self.pairs.unique

    @property
    def face(self) -> tuple[tuple[Fraction, ...], ...]:
        """As of ``pairs``."""
        return self.pairs.face

    @property
    def direction(self) -> tuple[Fraction, ...]:
        """An exact maximizer w (d), as of ``pairs``."""
        return self.pairs.direction

    @property
    def evidence(self) -> Verdict:
        """As of ``pairs``."""
        return self.pairs.evidence

    def exactness(self) -> str:
        """The exact value, in so many words as fit on a line."""
        return self.pairs.exactness()

    def unit(self) -> NDArray[np.float64]:
        """w scaled to l2 norm 1, as floats (d)."""
        return self.pairs.unit()

    def to_json(self) -> dict[str, Any]:
        """As the command `margin` prints it; the intercept belongs to ``direction_exact``."""
        document = self.pairs.to_json()
        return document | {"support": list(self.support), "intercept_exact": spell(self.intercept)}


def free_margin(data: Dataset, norm: Norm) -> FreeMargin:
    """The margin of data whose last column is the intercept. Raises BadInput where one class is empty, where two
    samples of unlike labels are alike, or for too many pairs; and NotSeparable."""
    classes = {
        sign: [i for i, row in enumerate(data.rows) if (row[-1] > 0) == (sign > 0)] for sign in (1, -1)
    }
    above, below = classes[1], classes[-1]
    if not above or not below:
        raise BadInput(f"{data.name}: only one class: with intercept=free its margin has no bound")
    if len(above) * len(below) > MOST_PAIRS:
        raise BadInput(
            f"{data.name}: intercept=free takes {len(above) * len(below)} pairs, the most is {MOST_PAIRS}"
        )
    x = [tuple(entry * row[-1] for entry in row[:-1]) for row in data.rows]
    pairs = [(i, j) for i in above for j in below]
    rows = tuple(tuple((p - q) / 2 for p, q in zip(x[i], x[j], strict=True)) for i, j in pairs)
    for (i, j), row in zip(pairs, rows, strict=True):
        if not any(row):
            raise BadInput(
                f"{data.name}: not separable: samples {i} and {j} are alike and have unlike labels"
            )
    name = f"{data.name}, half differences of samples of unlike labels"
    found = max_margin(Dataset(name, rows, data.columns[:-1]), norm)
    heights = [sum((a * b for a, b in zip(found.direction, each, strict=True)), Fraction(0)) for each in x]
    middle = (min(heights[i] for i in above) + max(heights[j] for j in below)) / 2
    support = tuple(sorted({i for pair in found.support for i in pairs[pair]}))
    return FreeMargin(data, found, -middle, support)

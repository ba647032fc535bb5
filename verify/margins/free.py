"""The margin with an intercept that the norm does not count, as support vector machines have it.

The best intercept lies midway between the classes, so that max_b min_i y_i (w.x_i + b) is half of the least w.(p - q)
over samples p of label +1 and q of label -1. Hence the margin is that of the rows (p - q) / 2, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verify.certificate.writing import spell
from verify.data.dataset import Dataset
from verify.errors import BadInput
from verify.margins.maximum import max_margin
from verify.margins.result import Margin, Norm

# Of pairs: an exact margin of this many rows takes a minute.
MOST_PAIRS = 50_000


@dataclass(frozen=True, kw_only=True)
class FreeMargin(Margin):
    """The margin max over w and b of min_i y_i (w.x_i + b) / ||w||, with the best ``intercept`` b.

    ``pairs`` is that of the half differences of samples of unlike labels, whose maximizer w and weights it has;
    ``samples`` are those of the pairs that have weight. ``data`` has the labels in its last column.
    """

    pairs: Margin
    intercept: Fraction
    samples: tuple[int, ...]

    @property
    def support(self) -> tuple[int, ...]:
        """The samples of the pairs of positive weight, from 0."""
        return self.samples

    def to_json(self) -> dict[str, Any]:
        """As the command `margin` prints it; the intercept belongs to ``direction_exact``."""
        return super().to_json() | {"intercept_exact": spell(self.intercept)}


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
    samples = tuple(sorted({i for pair in found.support for i in pairs[pair]}))
    return FreeMargin(
        data, found.norm, found.value, found.direction, found.weights, found.face,
        pairs=found, intercept=-middle, samples=samples,
    )  # fmt: skip

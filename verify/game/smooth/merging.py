"""The same game on fewer rows and columns, for the search that tells whether a list of equilibria is complete.

Equal rows have equal weights, whatever w is. Where every distinct row comes equally often, the mean update is that of
the distinct rows once each: AdamProxy's up to a factor, Adam's in cyclic order if the rows are one list over and over
and a batch never reaches from one copy into the next. A column of zeros moves nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from verify.data.dataset import Dataset
from verify.errors import Undecided
from verify.optimizers.optimizer import Optimizer


def merged(
    data: Dataset, opt: Optimizer, weights: Sequence[Sequence[float]]
) -> tuple[Dataset, list[list[float]]]:
    """The data and several weights (N) of the smaller game. Raises Undecided where equal rows cannot be merged."""
    if data.classes is not None:
        return data, [list(each) for each in weights]
    kept = [k for k in range(data.d) if any(row[k] for row in data.rows)]
    rows = [tuple(row[k] for k in kept) for row in data.rows]
    count = Counter(rows)
    distinct = list(count)
    if len(distinct) < len(rows):
        again = next(i for i, row in enumerate(rows) if row in rows[:i])
        why = f"rows {rows.index(rows[again])} and {again} are equal"
        if len(set(count.values())) > 1:
            raise Undecided(f"{why}, and not every row comes as often")
        period = len(distinct)
        in_turn = rows == distinct * (len(rows) // period)
        if not opt.full_batch(data.n) and not (in_turn and period % opt.batch(data.n) == 0):
            raise Undecided(f"{why}, and the epoch is not the distinct rows over and over")
    place = {row: i for i, row in enumerate(distinct)}
    sums = []
    for each in weights:
        total = [0.0] * len(distinct)
        for row, weight in zip(rows, each, strict=True):
            total[place[row]] += weight
        sums.append(total)
    return Dataset(data.name, tuple(distinct)), sums

"""Symmetries of data and optimizer that hold a flow on the boundary between two basins.

A map s of R^d that permutes the coordinates and turns some of their signs commutes with a rule that treats coordinates
alike and is odd. If it takes the batches to batches in the same order, the epoch begun elsewhere, then U(s c) = s U(c)
and the flow from a w_0 = s w_0 stays where w = s w: it may end at an equilibrium that repels what is beside that set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import permutations, product

import numpy as np

from verify.data.dataset import Dataset
from verify.game.smooth.ball_field import Row
from verify.game.smooth.field import Floats
from verify.optimizers.optimizer import Optimizer

# There are d! 2^d maps: 3840 up to this, which take a second.
MOST_FEATURES = 5


def held(data: Dataset, opt: Optimizer, w_0: Sequence[Fraction], u: Floats) -> bool:
    """Whether a symmetry that moves some row keeps w_0 and the direction u (d), to rounding, where they are."""
    start = tuple(w_0)
    return (
        data.owned == 1
        and data.d <= MOST_FEATURES
        and any(
            _applied(s, start) == start and np.allclose([sign * u[k] for k, sign in s], u, rtol=0, atol=1e-6)
            for s in _symmetries(data, opt)
        )
    )


Map = tuple[tuple[int, int], ...]  # for each new coordinate the old one, and a sign


def _applied(s: Map, row: Row) -> Row:
    return tuple(sign * row[k] for k, sign in s)


def _symmetries(data: Dataset, opt: Optimizer) -> Iterator[Map]:
    """The maps that take batches to batches, the epoch begun elsewhere, and move some row."""
    n, batch = data.n, opt.batch(data.n) if opt.order == "cyclic" else data.n
    batches = [Counter(data.rows[q : q + batch]) for q in range(0, n, batch)]
    turns = range(len(batches)) if n % batch == 0 else range(1)
    for order in permutations(range(data.d)):
        for signs in product((1, -1), repeat=data.d):
            s = tuple(zip(order, signs, strict=True))
            moved = [_applied(s, row) for row in data.rows]
            if moved == list(data.rows):
                continue
            images = [Counter(moved[q : q + batch]) for q in range(0, n, batch)]
            if any(images == batches[turn:] + batches[:turn] for turn in turns):
                yield s

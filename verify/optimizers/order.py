"""Which samples a step sees: batches, and the order of samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from math import comb, factorial, prod

import numpy as np
from numpy.typing import NDArray

ORDERS = ("cyclic", "reshuffle", "replacement")

# Random orders are drawn this many steps at a time: a drawing costs microseconds, a step less than one.
DRAWN_STEPS = 4096


def epoch(n: int, batch_size: int) -> list[range]:
    """The samples of each batch of an epoch in cyclic order; the last batch may be smaller."""
    return [range(first, min(first + batch_size, n)) for first in range(0, n, batch_size)]


def tables(n: int, batch_size: int, order: str, seed: int = 0) -> Iterator[NDArray[np.int64]]:
    """Tables of batches, each of whole epochs, without end; row t holds the samples of step t.

    A table has shape (steps, batch_size). In cyclic order every table is the one epoch 0, 1, ..., n-1; reshuffle
    permutes the samples anew each epoch; where batch_size does not divide n their last batch of an epoch is smaller
    and its row is filled up with -1. Replacement draws every entry: each of its batches has batch_size samples.
    """
    per_epoch = -(-n // batch_size)
    padding = per_epoch * batch_size - n
    rng = np.random.default_rng(seed)
    epochs = 1 if order == "cyclic" else -(-DRAWN_STEPS // per_epoch)
    while True:
        if order == "cyclic":
            samples = np.arange(n)[None, :]
        elif order == "reshuffle":
            samples = rng.permuted(np.tile(np.arange(n), (epochs, 1)), axis=1)
        else:
            yield rng.integers(0, n, size=(epochs * per_epoch, batch_size))
            continue
        filled = np.pad(samples, ((0, 0), (0, padding)), constant_values=-1)
        yield filled.reshape(epochs * per_epoch, batch_size)


@dataclass(frozen=True)
class Stage:
    """One step of an epoch: from each of its S states, F batches may follow.

    batch   (S, F): which of the course's batches;
    target  (S, F): the state of the next stage that it leads to;
    chance  (F,): how likely it is, from whichever state.
    """

    batch: NDArray[np.int64]
    target: NDArray[np.int64]
    chance: NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """All epochs that an order may draw: different batches, and a stage a step. A stage's states tell what was drawn
    in the epoch so far, as much as matters for what follows; the first stage has one, to which the last leads back."""

    batches: tuple[NDArray[np.int64], ...]
    stages: tuple[Stage, ...]


def branches(n: int, batch_size: int, order: str) -> int:
    """How many branches (state and batch that follows) the course of an order has in an epoch."""
    sizes = list(map(len, epoch(n, batch_size)))
    if order == "cyclic":
        return len(sizes)
    if order == "replacement":
        return comb(n + batch_size - 1, batch_size)
    used = [sum(sizes[:step]) for step in range(len(sizes))]
    return sum(comb(n, seen) * comb(n - seen, size) for seen, size in zip(used, sizes, strict=True))


def course(n: int, batch_size: int, order: str) -> Course:
    """The epochs of ``tables``, as chances. What was drawn is a set of samples (reshuffle), or does not matter."""
    batches, places = epoch(n, batch_size), dict[tuple[int, ...], int]()
    everything, stages = frozenset(range(n)), []
    states = [frozenset[int]()]
    # Drawn with replacement every batch has the same size, so that one step is an epoch.
    for number, batch in enumerate(batches[:1] if order == "replacement" else batches):
        size = len(batch)
        if order == "cyclic":
            follow = [[tuple(batch)]]
        elif order == "reshuffle":
            follow = [list(combinations(sorted(everything - state), size)) for state in states]
        else:
            follow = [list(combinations_with_replacement(range(n), size))]
        lasting = order == "reshuffle" and number + 1 < len(batches)
        after = [[state | set(drawn) if lasting else frozenset() for drawn in row]
                 for state, row in zip(states, follow, strict=True)]  # fmt: skip
        states = sorted({state for row in after for state in row}, key=sorted)
        where = {state: place for place, state in enumerate(states)}
        # Drawn with replacement, a batch comes in as many ways as its samples can be put in a row.
        ways = np.array([
            factorial(size) / prod(map(factorial, Counter(drawn).values())) if order == "replacement" else 1.0
            for drawn in follow[0]
        ])  # fmt: skip
        stages.append(
            Stage(
                np.array([[places.setdefault(drawn, len(places)) for drawn in row] for row in follow]),
                np.array([[where[state] for state in row] for row in after]),
                ways / ways.sum(),
            )
        )
    return Course(tuple(np.array(batch) for batch in places), tuple(stages))

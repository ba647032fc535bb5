"""Which samples a step sees: batches, and the order of samples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

ORDERS = ("cyclic", "reshuffle", "replacement")

# Random orders are drawn this many steps at a time: a drawing costs microseconds, a step less than one.
DRAWN_STEPS = 4096


def tables(n: int, batch_size: int, order: str, seed: int = 0) -> Iterator[NDArray[np.int64]]:
    """Tables of batches, each of whole epochs, without end; row t holds the samples of step t.

    A table has shape (steps, batch_size); where batch_size does not divide n the last batch of an epoch
    is smaller and its row is filled up with -1. In cyclic order every table is the one epoch
    0, 1, ..., n-1; reshuffle permutes the samples anew each epoch; replacement draws every entry.
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
            samples = rng.integers(0, n, size=(epochs, n))
        filled = np.pad(samples, ((0, 0), (0, padding)), constant_values=-1)
        yield filled.reshape(epochs * per_epoch, batch_size)

"""Frozen gradients and their derivative where samples own several rows and all are one batch, in float64.

The rows (e_y - e_c) (x) x of a sample with features x hold k d entries each; its gradient is a (x) x, a_y the sum of
the weights of its rows and a_c minus that of row c. So two products of the samples' features with the a of all samples
do what the rows would do in k (k - 1) times the work.

An entry of W has the scale of the largest weight that it sees. Entries whose scales are near each other are made
together, in one unit: a band.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from verify.optimizers.class_kernel import features_and_labels
from verify.optimizers.optimizer import Optimizer

Floats = NDArray[np.float64]

# Entries whose scales differ by no more than exp(BAND) are made together. The squares of weights are then above
# exp(-2 BAND) = 1e-174 for the largest that an entry sees, so that what underflows is below 1e-134 of it.
BAND = 200.0
# exp(-VANISHED) is 0 in float64.
VANISHED = 750.0


class Sums(NamedTuple):
    """The full batch's gradient in units of the largest weight that an entry sees, the sum of the sizes of its terms,
    and the sum of squares of the samples' gradients where the rule reads that; each (k, d)."""

    gradient: NDArray[Any]
    size: NDArray[Any]
    squares: NDArray[Any]


class Band(NamedTuple):
    """Some entries of W (k, d), True where they are, and the numbers of the samples with weight; their a (B, k), and
    the weights (N,) of all rows, in one unit, by which entries are off by ``fade`` (k, d)."""

    entries: NDArray[np.bool_]
    samples: NDArray[np.int64]
    a: NDArray[Any]
    weights: NDArray[Any]
    fade: Floats


class BySamples:
    """The rows X (N, k d) of an optimizer's samples, N = S (k - 1)."""

    def __init__(self, X: Floats, opt: Optimizer) -> None:
        self.features, labels = features_and_labels(X, opt)
        self.present = (self.features != 0)[:, None, :]
        every = np.arange(opt.classes)
        self.others = np.array([every[every != y] for y in labels])
        self.labels, self.classes = labels, opt.classes
        self.scaled, self.by_entry = opt.rule.degree == 0, opt.rule.reads != "norm"
        self.reads_squares = opt.rule.reads == "squares"

    def _of_classes(self, rows: NDArray[np.int64], c: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """The samples of some rows with weights c, and their a (B, k)."""
        samples, place = np.unique(rows // self.others.shape[1], return_inverse=True)
        a = np.zeros((len(samples), self.classes), dtype=c.dtype)
        a[place, self.others.ravel()[rows]] = -c
        a[np.arange(len(a)), self.labels[samples]] = -a.sum(axis=1)
        return samples, a

    def _tops(self, log_c: Floats) -> Floats:
        """The largest log c that each entry of W sees (k, d): of all where one scale serves all."""
        shape = (self.classes, self.features.shape[1])
        if not self.scaled or not self.by_entry:
            return np.full(shape, np.max(log_c) if self.scaled else 0.0)
        parts = log_c.reshape(self.others.shape)
        seen = np.empty((len(parts), self.classes))
        np.put_along_axis(seen, self.others, parts, axis=1)
        seen[np.arange(len(seen)), self.labels] = parts.max(axis=1)
        return np.asarray(np.max(np.where(self.present, seen[:, :, None], -np.inf), axis=0))

    def _bands(self, log_c: NDArray[Any]) -> Iterator[Band]:
        """The entries of W with weight, those of the largest first. Rows above a band's unit see none of its
        entries."""
        tops, order = self._tops(log_c.real), np.argsort(log_c.real)
        ascending = log_c.real[order]
        left = ~(tops == -np.inf)
        while left.any():
            unit = np.max(tops[left])
            entries = left & ~(tops < unit - BAND)
            first, last = np.searchsorted(ascending, (unit - VANISHED, unit), side="right")
            rows = order[first : last if self.scaled else None]
            c = np.zeros(len(log_c), dtype=log_c.dtype)
            c[rows] = np.exp(log_c[rows] - unit)
            samples, a = self._of_classes(rows, c[rows])
            yield Band(entries, samples, a, c, np.exp(np.where(entries, unit - tops, 0.0)))
            left &= ~entries

    def sums(self, log_c: NDArray[Any]) -> Sums:
        """What is made of log c (N,), complex where it carries a derivative."""
        shape, S = (self.classes, self.features.shape[1]), len(self.features)
        found = Sums(*(np.zeros(shape, dtype=log_c.dtype) for _ in range(3)))
        for entries, samples, a, _, fade in self._bands(log_c):
            features = self.features[samples]
            found.gradient[entries] = (-(a.T @ features) * fade / S)[entries]
            found.size[entries] = (np.abs(a).T @ np.abs(features) * fade / S)[entries]
            if self.reads_squares:
                found.squares[entries] = ((a * a).T @ (features * features) * fade**2)[entries]
        return found

    def along(self, log_c: Floats, V: Floats, by_gradient: Floats, by_squares: Floats) -> Floats:
        """The derivative along the columns of V (N, r), shape (k d, r), of what depends on each entry's gradient and
        sum of squares by ``by_gradient`` and ``by_squares`` (k, d)."""
        k, d = by_gradient.shape
        found = np.zeros((k, d, V.shape[1]))
        for entries, samples, a, c, fade in self._bands(log_c):
            for q in np.flatnonzero(entries.any(axis=1)).tolist():
                here = entries[q]
                held = np.flatnonzero((a[:, q] != 0) & self.features[samples][:, here].any(axis=1))
                features = self.features[samples[held]][:, here]
                turn = self._turn(samples[held], q, c, V)
                part = -(features.T @ turn) * (by_gradient[q] * fade[q])[here, None] / len(self.features)
                if self.reads_squares:
                    weighed = features**2 * a[held, q, None]
                    part += 2 * (weighed.T @ turn) * (by_squares[q] * fade[q] ** 2)[here, None]
                found[q, here] = part
        return found.reshape(k * d, -1)

    def _turn(self, samples: NDArray[np.int64], q: int, c: Floats, V: Floats) -> Floats:
        """The derivative of a_q of some samples along the columns of V."""
        labels, first = self.labels[samples], samples * (self.classes - 1)
        rows = first + q - (q > labels)
        rows[labels == q] = 0
        turn = -c[rows, None] * V[rows]
        for i in np.flatnonzero(labels == q):
            own = slice(first[i], first[i] + self.classes - 1)
            turn[i] = c[own] @ V[own]
        return turn


def by_samples(X: Floats, opt: Optimizer, batches: int) -> BySamples | None:
    """The samples, where they own several rows and so many batches are one."""
    return BySamples(X, opt) if opt.owned > 1 and batches == 1 else None

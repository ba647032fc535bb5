"""What families share: sizes that can be made, and rows that lie on the positive side of a planted separator."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from verify.data.bounds import check_shape
from verify.errors import BadInput


def check_sizes(family: str, *, n: int, d: int, seed: int = 0) -> None:
    """Raise BadInput for sizes of which there are no data, or too many."""
    if n < 1 or d < 1:
        raise BadInput(f"{family}: n={n}, d={d}: both must be at least 1")
    check_shape(family, n, d)
    if seed < 0:
        raise BadInput(f"{family}: seed={seed} must not be negative")


def planted(
    draw: np.random.Generator, n: int, d: int, row: Callable[[], NDArray[np.float64]]
) -> tuple[tuple[Fraction, ...], ...]:
    """n rows, each turned to the positive side of a planted normal separator w*."""
    w = draw.standard_normal(d)
    rows: list[tuple[Fraction, ...]] = []
    while len(rows) < n:
        x = row()
        if side := _sign_of_dot(x, w):
            rows.append(tuple(Fraction(entry) for entry in (side * x).tolist()))
    return tuple(rows)


def planted_labels(
    draw: np.random.Generator, n: int, d: int, classes: int
) -> tuple[list[list[float]], list[int]]:
    """n samples of standard normal entries, each with the class c of the largest W*_c.x for a planted normal W*."""
    W = draw.standard_normal((classes, d))
    samples: list[list[float]] = []
    labels: list[int] = []
    while len(samples) < n:
        x = draw.standard_normal(d)
        best = int(np.argmax(W @ x))
        if all(_sign_of_dot(x, W[best] - W[c]) > 0 for c in range(classes) if c != best):
            samples.append(x.tolist())
            labels.append(best)
    return samples, labels


def _sign_of_dot(x: NDArray[np.float64], w: NDArray[np.float64]) -> int:
    """sign(x.w), exactly: the rounding error of the float dot product is below (d+1) 2^-52 |x|.|w|."""
    dot, bound = float(x @ w), float(np.abs(x) @ np.abs(w)) * (len(x) + 1) * 2.0**-52
    if abs(dot) <= 2 * bound:
        exact_dot = sum(
            (Fraction(a) * Fraction(b) for a, b in zip(x.tolist(), w.tolist(), strict=True)), Fraction(0)
        )
        return (exact_dot > 0) - (exact_dot < 0)
    return 1 if dot > 0 else -1

"""Functions of one variable by their values at Chebyshev nodes, on an interval cut into equal pieces.

A position counts pieces from the interval's lower end: the interval is [0, pieces]. The nodes of a piece, its ends
among them, lie at (1 - cos(i pi / degree)) / 2 from its lower end. Neighbours share a node: a function that is known
by an equation along a flow has to get from one piece into the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.polynomial.chebyshev import chebvander
from numpy.typing import NDArray


def degree_for(half: float, strip: float, tolerance: float) -> int:
    """The degree on a piece of this half-width, for functions that are analytic and of order 1 within ``strip`` of it:
    the error falls like rho^-degree, rho = s + sqrt(1 + s^2) with s = strip / half (Bernstein's ellipse)."""
    s = strip / half
    return max(3, math.ceil(math.log(1 / tolerance) / math.log(s + math.sqrt(1 + s * s))))


@cache
def _nodes(degree: int) -> NDArray[np.float64]:
    return np.asarray((1 - np.cos(np.arange(degree + 1) * np.pi / degree)) / 2)


def nodes(degree: int, pieces: int) -> NDArray[np.float64]:
    """The positions of all nodes, shape (pieces degree + 1,)."""
    return np.concatenate([piece + _nodes(degree)[:-1] for piece in range(pieces)] + [np.array([pieces])])


@cache
def _coefficients(degree: int) -> NDArray[np.float64]:
    """The matrix from values at a piece's nodes to coefficients of Chebyshev polynomials."""
    C = chebvander(2 * _nodes(degree) - 1, degree).T * (2 / degree)
    C[[0, -1]] /= 2
    C[:, [0, -1]] /= 2
    return np.asarray(C)


@dataclass(frozen=True)
class Reading:
    """How functions are read at positions of any shape: the numbers of the nodes of each one's piece (..., degree + 1),
    and what their values weigh."""

    count: int
    around: NDArray[np.int64]
    weights: NDArray[Any]

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        """Functions at positions of shape (..., M), from their values at all nodes (..., count)."""
        near = values[..., None, :]
        if self.weights.shape[-1] < self.count:
            near = np.take_along_axis(near, self.around, axis=-1)
        return np.asarray((self.weights * near).sum(axis=-1))

    def matrix(self) -> NDArray[Any]:
        """What turns values at all nodes into values at the positions, shape (..., count)."""
        if self.weights.shape[-1] == self.count:
            return self.weights
        full = np.zeros((*self.weights.shape[:-1], self.count), dtype=self.weights.dtype)
        np.put_along_axis(full, self.around, self.weights, axis=-1)
        return full


def reading(position: NDArray[Any], degree: int, pieces: int) -> Reading:
    """How to read functions at positions. Outside the interval the first or the last piece's polynomial goes on.
    Complex positions carry derivatives; their real parts say which piece is read."""
    piece = np.clip(np.floor(position.real), 0, pieces - 1).astype(np.int64)
    around = piece[..., None] * degree + np.arange(degree + 1)
    weights = chebvander(2 * (position - piece) - 1, degree) @ _coefficients(degree)
    return Reading(pieces * degree + 1, around, weights)

"""Floats propose the support of the point of least norm. Nothing here is to be believed.

Sums go through einsum rather than BLAS: the vectors are short, and with numpy.linalg.qr in place of the
updates below, BLAS threads contending for two busy cores took 2 s on 400 x 100 rows, not 0.05 s. (A triangular
system of one right side is solved by one thread, and so are the rotations of qr_delete.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from verify.margins.wolfe import wolfe


def propose(X: NDArray[np.float64]) -> tuple[list[int], list[float]]:
    """Support and weights of the point of least norm in the convex hull of the rows of X (N, d)."""
    from scipy.linalg import qr_delete  # imported late: other norms do not need it
    from scipy.linalg.lapack import dtrtrs

    X = X / np.abs(X).max()
    n, d = X.shape
    squares = np.einsum("ij,ij->i", X, X)
    # A dot product of length d is off by at most about d * eps * ||x|| * ||p||.
    rounding = d * np.finfo(float).eps * float(np.sqrt(squares.max()))
    best = np.inf

    # The weights solve the least squares problem A'u ~ (0, .., 0, 1) with rows a_i = (x_i, 1), up to scale:
    # its normal equations say x_i.(X'u) = 1 - sum u. ``columns`` are the rows in A' = Q'R, with Q's rows
    # orthonormal; R is updated as rows come and go.
    lifted = np.hstack([X, np.ones((n, 1))])
    columns: list[int] = []
    Q, R = np.zeros((d + 1, d + 1)), np.zeros((d + 1, d + 1))

    def drop(position: int) -> None:
        k = len(columns)
        basis, triangle = qr_delete(Q[:k].T, R[:k, :k], position, which="col")
        Q[: k - 1], R[: k - 1, : k - 1] = basis[:, : k - 1].T, triangle[: k - 1]
        del columns[position]

    def append(i: int) -> bool:
        k, v = len(columns), lifted[i]
        if k > d:
            return False
        for _ in range(2):  # the second pass repairs what cancellation left of the first
            along = np.einsum("ij,j->i", Q[:k], v)
            v = v - np.einsum("ij,i->j", Q[:k], along)
            R[:k, k] = along if _ == 0 else R[:k, k] + along
        R[k, k] = np.sqrt(v @ v)
        if R[k, k] <= rounding:
            return False
        Q[k] = v / R[k, k]
        columns.append(i)
        return True

    def affine_minimizer(corral: list[int]) -> list[float] | None:
        for position in reversed(range(len(columns))):
            if columns[position] not in corral:
                drop(position)
        if not all(append(i) for i in corral[len(columns) :]):
            return None
        k = len(columns)
        u, _ = dtrtrs(R[:k, :k], Q[:k, d])
        weights: list[float] = (u / u.sum()).tolist()
        return weights

    def most_violated(corral: list[int], weights: list[float]) -> int | None:
        nonlocal best
        p = np.einsum("i,ij->j", np.array(weights), X[corral])
        norm = float(np.sqrt(p @ p))
        products = np.einsum("ij,j->i", X, p)
        j = int(products.argmin())
        # In exact arithmetic the norm falls at each cycle; where it does not, rounding has the word.
        if norm >= best or products[j] >= norm * norm - rounding * norm or j in corral:
            return None
        best = norm
        return j

    return wolfe([int(squares.argmin())], [1.0], affine_minimizer, most_violated)

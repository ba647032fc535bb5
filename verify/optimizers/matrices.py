"""What rules that read the whole gradient of a matrix W (k, d) make of their update: a map of matrices, in float64.

Each is homogeneous of degree 0. Matrices may be complex where the imaginary part is an infinitesimal: a derivative goes
through each map along with it, as everywhere in games.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from verify.errors import Undecided

Matrices = NDArray[Any]  # (..., k, d)

# Newton and Schulz's polynomial a X + b (X X') X + c (X X')^2 X as it is run, so many times.
# K. Jordan et al. 2024, Muon: an optimizer for hidden layers in neural networks.
QUINTIC = (3.4445, -4.7750, 2.0315)
TIMES = 5

# A singular value below this share of the largest is no more than rounding in float64.
FADED = 1e-13


@dataclass(frozen=True)
class Map:
    """``of`` takes matrices (..., k, d) to matrices; its scale is divided out over the whole matrix, or row by row."""

    name: str
    of: Callable[[Matrices], Matrices]
    blocks: Literal["matrix", "row"] = "matrix"


def newton_schulz(A: Matrices) -> Matrices:
    """Five steps of the quintic polynomial, from A over its Frobenius norm."""
    turned = A.shape[-2] > A.shape[-1]
    X = np.swapaxes(A, -1, -2) if turned else A
    a, b, c = QUINTIC
    X = X / _norm(X, (-1, -2))
    for _ in range(TIMES):
        S = X @ np.swapaxes(X, -1, -2)
        X = a * X + (b * S + c * (S @ S)) @ X
    return np.asarray(np.swapaxes(X, -1, -2) if turned else X)


def rows(A: Matrices) -> Matrices:
    """Each row over its norm; a row of zeros stays."""
    norm = _norm(A, -1)
    return np.asarray(np.divide(A, norm, out=np.zeros_like(A), where=norm != 0))


def polar(A: Matrices) -> Matrices:
    """The polar factor U V' of A = U S V'. The gradients of softmax sum to 0 over the classes: that singular value is 0
    exactly, and stays 0. Raises Undecided where another cannot be told from 0."""
    Q = contrasts(A.shape[-2])
    B = Q @ A
    turned = B.shape[-2] > B.shape[-1]
    B = np.swapaxes(B, -1, -2) if turned else B
    U, s, V = np.linalg.svd(B.real, full_matrices=False)
    if np.any(s[..., -1] <= FADED * s[..., 0]):
        raise Undecided(
            "a singular value fades beside the largest, and float64 cannot tell which way it points"
        )
    P = U @ V
    if np.iscomplexobj(A):
        E, Ut, Vt = B.imag, np.swapaxes(U, -1, -2), np.swapaxes(V, -1, -2)
        K = Ut @ E @ Vt
        turn = (K - np.swapaxes(K, -1, -2)) / (s[..., :, None] + s[..., None, :])
        beside = (Ut @ E - K @ V) / s[..., :, None]
        P = P + 1j * (U @ (turn @ V + beside))
    return np.asarray(Q.T @ (np.swapaxes(P, -1, -2) if turned else P))


def contrasts(k: int) -> NDArray[np.float64]:
    """An orthonormal basis (k - 1, k) of the vectors of sum 0; of one row the row itself."""
    if k == 1:
        return np.ones((1, 1))
    Q = np.zeros((k - 1, k))
    for i in range(1, k):
        Q[i - 1, :i], Q[i - 1, i] = 1.0, -i
    return np.asarray(Q / np.linalg.norm(Q, axis=1, keepdims=True))


def _norm(A: Matrices, axes: Any) -> Matrices:
    return np.asarray(
        np.sqrt(np.sum(A * A, axis=axes, keepdims=True))
    )  # no absolute values: derivatives go through


POLAR, NEWTON_SCHULZ, ROWS = (
    Map("polar", polar),
    Map("newton-schulz", newton_schulz),
    Map("rows", rows, "row"),
)

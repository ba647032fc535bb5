"""What rules that read the whole gradient of a matrix W (k, d) make of their update: a map of matrices.

Each is homogeneous of degree 0 at eps = 0, and is written once for the matrices of any number system: compiled float64,
and arrays of balls or of mpf. Arrays of float64 may be complex where the imaginary part is an infinitesimal: a
derivative goes through each map along with it, as everywhere in games.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import mpmath
import numpy as np
from numpy.typing import NDArray

from verify.errors import Undecided
from verify.numbers.system import Numbers
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.balls import BALLS, around
from verify.numbers.systems.mpf import MPF

Matrix = NDArray[Any]  # (k, d)
OfMatrix = Callable[[Matrix, Any], Any]

# Newton and Schulz's polynomial a X + b (X X') X + c (X X')^2 X, which is run TIMES times.
# K. Jordan et al. 2024, Muon: an optimizer for hidden layers in neural networks.
QUINTIC = (3.4445, -4.7750, 2.0315)
TIMES = 5

# A singular value below this share of the largest is no more than rounding in float64.
FADED = 1e-13
FADES = "a singular value fades beside the largest, and {} cannot tell which way it points"

# What it takes compiled code to call a decomposition of a small matrix, or its products, in products of a row and w.
CALLS = 400

# Newton's method for the polar factor halves the logarithm of the ratio of singular values in a step, and near the end
# doubles the digits: ratios and precisions of 2^40 bits are in reach.
NEWTON = 40

# In mpf a pivot is told from rounding where it has this many bits more than that, as for `simulate`'s gradients.
TOLD_BITS = 32


@dataclass(frozen=True)
class Map:
    """``of`` makes, in a number system, the function of a matrix A (k, d) and of eps. What it cannot tell is nan in
    compiled code, and Undecided elsewhere. The scale of A is divided out over the whole matrix, or row by row.

    ``gain``: for small A the map is gain A / eps + o(A), eps > 0 being added to the norm; None: it adds no eps.
    ``stacked``: in arrays the function takes matrices (r, k, d) too, all at once.
    """

    name: str
    of: Callable[[Numbers], OfMatrix]
    blocks: Literal["matrix", "row"] = "matrix"
    gain: Fraction | None = None
    stacked: bool = False

    def products(self, k: int, d: int) -> int:
        """What the map takes of a matrix (k, d) in compiled float64, about, in products of a row and w."""
        return k * d if self.blocks == "row" else CALLS + k * d * min(k, d)

    def many(self, A: NDArray[Any]) -> NDArray[Any]:
        """The map, at eps = 0, of float64 matrices (r, k, d), real or complex."""
        of = self.of(ARRAYS)
        found: NDArray[Any] = of(A, 0.0) if self.stacked else np.array([of(each, 0.0) for each in A])
        return found

    def exactly(self, num: Numbers, u: Sequence[Any], shape: tuple[int, int], eps: Any) -> list[Any]:
        """The map of a matrix of balls or mpf, row by row. Raises Undecided where it cannot be told."""
        found: list[Any] = self.of(num)(np.array(u, dtype=object).reshape(shape), eps).ravel().tolist()
        if num is BALLS and any(entry.is_nan() for entry in found):
            raise Undecided("the norm of a matrix, which may be 0")
        return found


def newton_schulz(num: Numbers) -> OfMatrix:
    """Five steps of the quintic polynomial, from A over its Frobenius norm."""
    a, b, c = (num.number(Fraction(str(each))) for each in QUINTIC)
    times, sqrt = TIMES, num.sqrt

    def of(A: Matrix, eps: Any) -> Matrix:
        norm = sqrt(np.sum(A * A)) + eps
        if norm == 0:
            return A
        turned = A.shape[0] > A.shape[1]
        X = np.ascontiguousarray(A.T if turned else A) / norm
        for _ in range(times):
            S = X @ X.T
            X = X * a + (S * b + (S @ S) * c) @ X
        return np.ascontiguousarray(X.T if turned else X)

    made: OfMatrix = num.build(of)
    return made


def rows(num: Numbers) -> OfMatrix:
    """Each row over its norm; a row of zeros stays."""
    sqrt = num.sqrt

    def of(A: Matrix, eps: Any) -> Matrix:
        X = A.copy()
        for i in range(len(A)):
            norm = sqrt(np.sum(A[i] * A[i]))
            if norm != 0:
                X[i] = A[i] / norm
        return X

    made: OfMatrix = num.build(of)
    return made


def polar(num: Numbers) -> OfMatrix:
    """The polar factor U V' of A = U S V'. The gradients of softmax sum to 0 over the classes: that singular value is 0
    exactly, and stays 0. Where another cannot be told from 0 the factor is not told."""
    if num is ARRAYS:
        return _polar_of_arrays
    return _newton(num) if num in (BALLS, MPF) else num.build(_compiled_polar)


def _compiled_polar(A: Matrix, eps: Any) -> Matrix:
    rank = min(max(len(A) - 1, 1), A.shape[1])
    if not np.isfinite(A).all():
        return np.full(A.shape, np.nan)
    U, s, V = np.linalg.svd(A, False)
    if s[rank - 1] <= FADED * s[0]:
        return np.full(A.shape, np.nan)
    found: Matrix = np.ascontiguousarray(U[:, :rank]) @ np.ascontiguousarray(V[:rank])
    return found


def _polar_of_arrays(A: Matrix, eps: Any) -> Matrix:
    """Of one matrix (k, d), or of several (r, k, d) at once."""
    rank = min(max(A.shape[-2] - 1, 1), A.shape[-1])
    U, s, V = np.linalg.svd(A.real, full_matrices=False)
    U, s, V = U[..., :rank], s[..., :rank], V[..., :rank, :]
    if np.any(s[..., -1] <= FADED * s[..., 0]):
        raise Undecided(FADES.format("float64"))
    if not np.iscomplexobj(A):
        return np.asarray(U @ V)
    E, across, down = A.imag, s[..., None, :], s[..., :, None]
    K = U.mT @ E @ V.mT  # the derivative along E: between U and V, beside V, beside U
    turn = (K - K.mT) / (down + across)
    slope = U @ turn @ V + U @ ((U.mT @ E - K @ V) / down) + ((E @ V.mT - U @ K) / across) @ V
    return np.asarray(U @ V + 1j * slope)


def _newton(num: Numbers) -> OfMatrix:
    """Newton's method X <- (t X + X^+' / t) / 2: for any t > 0 it keeps the singular vectors of X, of full rank, and
    the singular values tend to 1. The pseudoinverse is found by the Gram matrix, to which the projector on the
    vector of ones is added where the rows of X sum to 0.

    In balls the factor is enclosed: an entry is off by at most the root of the sum of the (s - 1)^2. Now |s - 1| <=
    |s^2 - 1|, and the root of the sum of the (s^2 - 1)^2, of Gram matrix less projector, is at most the sum of that
    matrix' entries.
    """
    exact = num is BALLS

    def of(A: Matrix, eps: Any) -> Matrix:
        k, d = A.shape
        wide = k - 1 <= d
        X, size = (A, k) if wide else (A.T, d)
        zero, one, mean = (num.number(Fraction(1, q) if q else Fraction(0)) for q in (0, 1, size))
        beside = np.full((size, size), mean if wide and k > 1 else zero, dtype=object)
        identity = np.full((size, size), zero, dtype=object)
        np.fill_diagonal(identity, one)
        error: Any = None
        for _ in range(NEWTON):
            whole = np.sum(X * X)
            inverse = _solved(X @ X.T + beside * whole, X, num)
            t = num.sqrt(num.sqrt(np.sum(inverse * inverse) / whole))
            X = (X * t + inverse / t) / 2
            before, error = error, np.sum(np.abs(X @ X.T + beside - identity))
            if before is not None and not error < before / 2:
                break
        if not error < one:
            raise Undecided(FADES.format(f"{num.name}s of this precision"))
        found: Matrix = (X if wide else X.T).copy()
        if exact:
            radius = error.abs_upper()
            found[:] = np.frompyfunc(lambda x: around(x, radius), 1, 1)(found)
        return found

    return of


def _solved(G: Matrix, B: Matrix, num: Numbers) -> Matrix:
    """G^-1 B for a positive definite G, by elimination. Raises Undecided where a pivot may be 0."""
    G, B, size = G.copy(), B.copy(), len(G)
    least = num.number(Fraction(0)) if num is BALLS else mpmath.ldexp(1, TOLD_BITS - mpmath.mp.prec)
    whole = np.sum(np.diagonal(G))
    for p in range(size):
        if not G[p, p] > least * whole:
            raise Undecided(FADES.format(f"{num.name}s of this precision"))
        for q in range(p + 1, size):
            share = G[q, p] / G[p, p]
            G[q], B[q] = G[q] - G[p] * share, B[q] - B[p] * share
    for p in reversed(range(size)):
        for q in range(p + 1, size):
            B[p] = B[p] - B[q] * G[p, q]
        B[p] = B[p] / G[p, p]
    return B


POLAR, NEWTON_SCHULZ, ROWS = (
    Map("polar", polar, stacked=True),
    Map("newton-schulz", newton_schulz, gain=Fraction(str(QUINTIC[0])) ** TIMES),
    Map("rows", rows, "row"),
)

"""Newton's method on faces of the simplex, from many starts at once, all columns of one array in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.game.smooth.face import ITERATIONS, LONGEST_STEP, VANISHED
from verify.game.smooth.field import Floats
from verify.problem.epoch_slope import STEP

# Newton's method has settled where its step in log c is so short, and the residual so small a share of the costs: as it
# converges quadratically, the next step would be rounding. A short step alone may be one along which nothing changes.
SETTLED, RESIDUAL = 1e-7, 1e-9


def solutions(
    U: Callable[..., NDArray[Any]], X: Floats, rows: NDArray[np.int64], log_c: Floats
) -> list[tuple[NDArray[np.int64], Floats, Floats]]:
    """The solutions of F_i = F_0 on faces, a face ``rows`` (r, s) and a start ``log_c`` (r, s) a column, with the slope
    (s - 1, s - 1) of the differences F_i - F_0 along log c_i - log c_0."""
    size = rows.shape[1]
    if size == 1:
        return [(row, start, np.zeros((0, 0))) for row, start in zip(rows, log_c, strict=True)]
    done = []
    for _ in range(ITERATIONS):
        F, A = _costs(U, X, rows, log_c)
        residual = F[:, 1:] - F[:, :1]
        with np.errstate(all="ignore"):
            step = -_solved(A, residual)
        step[~residual.any(axis=1)] = 0.0  # solved, also where no cost changes along the face
        longest = np.abs(step).max(axis=1)
        settled = (longest <= SETTLED) & (np.abs(residual).max(axis=1) <= RESIDUAL * np.abs(F).max(axis=1))
        left = np.isfinite(longest)
        step[~left] = 0.0
        log_c = log_c.copy()
        log_c[:, 1:] += step * np.minimum(1, LONGEST_STEP / np.maximum(longest, LONGEST_STEP))[:, None]
        done += [(rows[k], log_c[k], A[k]) for k in np.flatnonzero(settled)]
        left &= ~settled & (np.ptp(log_c, axis=1) <= VANISHED)
        if not left.any():
            break
        rows, log_c = rows[left], log_c[left]
    return done


def _solved(A: Floats, b: Floats) -> Floats:
    """A^-1 b for each of many small matrices; where one is singular, by the pseudoinverse."""
    if A.shape[1] == 1:
        return b / A[:, 0]
    try:
        return np.asarray(np.linalg.solve(A, b[:, :, None])[:, :, 0])
    except np.linalg.LinAlgError:
        return np.asarray(np.einsum("rij,rj->ri", np.linalg.pinv(A), b))


def _costs(
    U: Callable[..., NDArray[Any]], X: Floats, rows: NDArray[np.int64], log_c: Floats
) -> tuple[Floats, Floats]:
    """The costs F (r, s) of the rows of each face, and the slopes (r, s - 1, s - 1), by complex steps along each log c
    but the first."""
    r, size = rows.shape
    columns = np.full((len(X), r, size - 1), -np.inf, dtype=complex)
    for k in range(size):
        columns[rows[:, k], np.arange(r), :] = log_c[:, k, None]
    for j in range(1, size):
        columns[rows[:, j], np.arange(r), j - 1] += 1j * STEP
    drift = U(columns.reshape(len(X), -1)).reshape(X.shape[1], r, size - 1)
    F = np.einsum("rsd,drj->rsj", X[rows], drift)
    slopes = F.imag / STEP
    return F[:, :, 0].real, slopes[:, 1:, :] - slopes[:, :1, :]

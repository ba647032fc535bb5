"""The paper's Algorithm 3, c <- d(c)/||d(c)||_1, by a general solver, and when it converges.

With S the support of a fixed point, its rows independent and complementarity strict, d(c) = K(c)^(-1) 1 near it,
K = X_S M(c)^(-1) X_S'. Let J be the derivative of the costs F = K(c) c on S. The iteration's derivative there
is (I - c 1') (I - K^(-1) J), and where its spectral radius on differences of weights is below 1 the iteration
converges from near by, at that rate; where it is above 1 almost no start does.
"""

from __future__ import annotations

import numpy as np

from verify.game.result import Limit
from verify.game.smooth.field import Floats, field
from verify.optimizers.optimizer import optimizer


def mahalanobis(X: Floats, c: Floats, power: float = 0.5) -> Floats:
    """The diagonal of M(c): (sum_j c_j^2 x_j[k]^2)^(1/2), shape (d,)."""
    return np.asarray(((c[:, None] * X) ** 2).sum(axis=0) ** power)


def solve_P(X: Floats, c: Floats) -> tuple[Floats, Floats]:
    """P(c): minimize (1/2) w'M(c)w subject to X w >= 1, by Clarabel; w (d,) and the duals d (N,).

    In u = M^(1/2) w it is an l2 margin problem. Columns and c are brought to comparable size first;
    neither changes the direction of w nor d / ||d||_1.
    """
    import clarabel
    from scipy.sparse import csc_matrix, identity

    root = np.sqrt(mahalanobis(X, c))
    scaled = X / root
    size = np.linalg.norm(scaled, axis=1).min()
    n, d = X.shape
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    found = clarabel.DefaultSolver(
        identity(d, format="csc"), np.zeros(d), csc_matrix(-scaled / size), -np.ones(n),
        [clarabel.NonnegativeConeT(n)], settings,
    ).solve()  # fmt: skip
    return np.array(found.x) / root, np.array(found.z)


def iterate(X: Floats, steps: int, start: Floats | None = None, within: float = 1e-9) -> list[Floats]:
    """All c (N,) of at most so many steps from ``start``, by default c = 1/N; it ends when a step is shorter
    than ``within``."""
    path = [np.full(len(X), 1 / len(X)) if start is None else start]
    for _ in range(steps):
        d = np.maximum(solve_P(X, path[-1])[1], 0)
        path.append(d / d.sum())
        if np.abs(path[-1] - path[-2]).max() < within:
            break
    return path


def contraction(X: Floats, limit: Limit) -> float:
    """The spectral radius of the iteration's derivative at an equilibrium of AdamProxy's game.

    nan where the support's rows are dependent or a row off it ties, or M(c) is singular: there d(c) is not smooth.
    """
    S = list(limit.support)
    c, rows = limit.weights, X[S]
    if limit.slack <= 0 or np.linalg.matrix_rank(rows) < len(S) or not mahalanobis(X, c).all():
        return float("nan")
    with np.errstate(divide="ignore"):
        log_c = np.log(c)
    # d/dc_j = (1/c_j) d/dlog c_j. The game's U is a mean over N, M^(-1) X'c a sum.
    unit = np.eye(len(X))[:, S]
    J = len(X) * (rows @ field(X, optimizer("adam-proxy")).slope(log_c, unit)) / c[S]
    K = (rows / mahalanobis(X, c)) @ rows.T
    tangent = np.eye(len(S)) - np.outer(c[S], np.ones(len(S)))
    derivative = tangent @ (np.eye(len(S)) - np.linalg.solve(K, J)) @ tangent
    return float(np.abs(np.linalg.eigvals(derivative)).max())

"""The max margin over matrices W in the spectral and the nuclear norm, enclosed between two rationals.

Floats propose W and dual weights, from a semidefinite program in the rows that matter; what is said of them is decided
in rationals, as the checker of the kind matrix-margin decides it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from verify.certificate.writing import spell
from verify.data.dataset import Dataset
from verify.data.separability import Vector, require_separable
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.margins.result import Attained, decimal
from verify.margins.rows import Rows
from verify.numbers.linear.rational import Scaled

MatrixNorm = Literal["spectral", "nuclear"]
MATRIX_NORMS: tuple[MatrixNorm, ...] = ("spectral", "nuclear")
Floats = NDArray[np.float64]

# Entries of W and weights are rounded to this many bits.
BITS = 64
# W is made shorter by this share, and a bound longer: more than rounding to BITS and floats' own errors take.
ROOM = 2.0**-46
# What P, the root of A A', gets added to vanishing singular values, as a share of the largest.
RIDGE = 1e-12
# Rows that the program begins with, and that it gains at a time.
BEGIN, GAIN = 200, 200
# A row is short of the least margin if by more than this share.
SHORT = 1e-12
# The tolerance that the solver is asked for, which it need not reach.
TIGHT = 1e-13
# Weights below such shares of the largest may be no weights at all.
NOISE = (1e-12, 1e-10, 1e-8, 1e-6)
# Singular values within this share of the largest count as one with it, or with 0.
ALIKE = 1e-6


@dataclass(frozen=True)
class MatrixMargin(Attained):
    """The margin lies in [``low``, ``high``]; ``direction`` (k d) is a W of norm 1 at most that attains ``low``.

    ``weights`` (N) are dual weights in the simplex, ``root`` the matrix P of the certificate. ``dual_rank`` is, as
    floats tell, the rank of the dual matrix G (spectral) or the multiplicity of its largest singular value (nuclear):
    W is fixed, up to what G does not see, where it is k - 1, or 1.
    """

    data: Dataset
    norm: MatrixNorm
    low: Fraction
    high: Fraction
    direction: Vector
    weights: Vector
    root: tuple[Vector, ...]
    dual_rank: int
    evidence: Verdict = Verdict.CERTIFIED
    unique: ClassVar[None] = None  # it is not decided
    face: ClassVar[tuple[Vector, ...]] = ()

    @property
    def margin(self) -> float:
        """The margin in floating point."""
        return float(self.low)

    def exactness(self) -> str:
        """How near the margin is known, in so many words as fit on a line."""
        return f"enclosed to a relative {float((self.high - self.low) / self.low):.0e}; --json has the bounds"

    def to_json(self) -> dict[str, Any]:
        """As the command `margin` prints it."""
        return self.told(
            norm=self.norm,
            margin=str(decimal(self.low, 0, 30)),
            margin_low=spell(self.low),
            margin_high=spell(self.high),
            direction=[float(w) for w in self.direction],
            unique=self.unique,
            dual_rank=self.dual_rank,
        )


def matrix_margin(data: Dataset, norm: MatrixNorm) -> MatrixMargin:
    """The margin of data of several classes. Raises BadInput for others, NotSeparable, and Undecided where the
    semidefinite program is not solved."""
    if data.classes is None:
        raise BadInput(
            f"norm={norm} is one of matrices: it goes with --multiclass (for two classes it is l2)"
        )
    require_separable(data)
    (k, d), X = data.classes.shape, data.floats()
    W, c = _proposed(X, (k, d), norm)
    rows = Rows.of(data)
    size = _norm(W, norm) * (1 + ROOM)
    w = Scaled([round(float(x) * 2**BITS) for x in (W / size).ravel()], 2**BITS)
    low = min(rows.products(w))
    numerators = [round(float(x) * 2**BITS) for x in c]
    weights = Scaled(numerators, sum(numerators))
    combined = rows.combination(weights).fractions()
    if low <= 0:
        raise Undecided(f"norm={norm}: floats find no separating matrix")
    G = np.array([float(x) for x in combined]).reshape(k, d)
    root = _root(w_floats(w, (k, d)) if norm == "nuclear" else G)
    if norm == "nuclear":
        # W is divided by what its nuclear norm is shown to be at most.
        shown = _nuclear(root, w.fractions(), (k, d))
        w, low = Scaled.of([x / shown for x in w.fractions()]), low / shown
        root = [[x / shown for x in row] for row in root]
        high = Fraction(np.nextafter(_norm(G, "spectral") * (1 + ROOM), np.inf))
    else:
        high = _nuclear(root, combined, (k, d))
    sigma = np.linalg.svd(G, compute_uv=False)
    rank = int(np.sum(sigma > ALIKE * sigma[0] if norm == "spectral" else sigma > (1 - ALIKE) * sigma[0]))
    return MatrixMargin(
        data, norm, low, high, w.fractions(), weights.fractions(), tuple(map(tuple, root)), rank
    )


def w_floats(w: Scaled, shape: tuple[int, int]) -> Floats:
    """A matrix in float64."""
    return np.array([float(x) for x in w.fractions()]).reshape(shape)


def _norm(A: Floats, norm: MatrixNorm) -> float:
    sigma = np.linalg.svd(A, compute_uv=False)
    return float(sigma[0] if norm == "spectral" else sigma.sum())


def _root(A: Floats) -> list[list[Fraction]]:
    """P near the root of A A', or of A' A if that is smaller: positive definite, symmetric, dyadic."""
    left, sigma, _ = np.linalg.svd(A if len(A) <= A.shape[1] else A.T, full_matrices=False)
    P = (left * np.sqrt(sigma**2 + (RIDGE * sigma[0]) ** 2)) @ left.T
    return [[Fraction(float((P[i, j] + P[j, i]) / 2)) for j in range(len(P))] for i in range(len(P))]


def _nuclear(root: list[list[Fraction]], entries: Vector, shape: tuple[int, int]) -> Fraction:
    """What the nuclear norm of a matrix is shown to be at most, rounded up to BITS."""
    from verify.certificate.kinds.matrix_margin import gram, nuclear_bound
    from verify.certificate.reading import whole

    numerators, below = whole(entries)
    bound = nuclear_bound(root, gram(numerators, shape), below)
    if bound is None:
        raise Undecided("a root of G G' in floats is not positive definite")
    return Fraction(-(-bound.numerator * 2**BITS // bound.denominator) + 1, 2**BITS)


def _proposed(X: Floats, shape: tuple[int, int], norm: MatrixNorm) -> tuple[Floats, Floats]:
    """W (k, d) and dual weights (N) of the margin's program, solved in more and more rows until no other is short."""
    X = X / np.abs(X).max()
    chosen = list(np.argsort(X @ X.mean(axis=0))[:BEGIN])
    while True:
        W, weights = _solved(X[chosen], shape, norm)
        margins = X @ W.ravel()
        least = float(margins[chosen].min())
        held = set(chosen)
        short = [int(i) for i in np.argsort(margins) if margins[i] < least - SHORT * abs(least)]
        short = [i for i in short if i not in held]
        chosen += short[:GAIN]
        if not short:
            full = np.zeros(len(X))
            full[chosen] = weights
            return W, _pruned(full, X, shape, norm)


def _pruned(weights: Floats, X: Floats, shape: tuple[int, int], norm: MatrixNorm) -> Floats:
    """The weights without the small ones, which an interior point method leaves everywhere, where that is better."""
    best, least = weights, np.inf
    for share in (0.0, *NOISE):
        kept = np.where(weights > share * weights.max(), weights, 0.0)
        kept = kept / kept.sum()
        dual = _norm((kept @ X).reshape(shape), "nuclear" if norm == "spectral" else "spectral")
        if dual < least:
            best, least = kept, dual
    return best


def _solved(X: Floats, shape: tuple[int, int], norm: MatrixNorm) -> tuple[Floats, Floats]:
    """W and dual weights on rows X, by an interior point method."""
    import cvxpy as cp  # late: it takes a second

    W, t = cp.Variable(shape), cp.Variable()
    rows = X @ cp.vec(W, order="C") >= t
    bounded = cp.sigma_max(W) <= 1 if norm == "spectral" else cp.normNuc(W) <= 1
    problem = cp.Problem(cp.Maximize(t), [rows, bounded])
    tight = {"tol_gap_abs": TIGHT, "tol_gap_rel": TIGHT, "tol_feas": TIGHT}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "may be inaccurate": it goes as far as it can, and is checked
            problem.solve(solver=cp.CLARABEL, max_iter=200, **tight)
    except cp.SolverError as reason:
        raise Undecided(f"the {norm} margin in floats: {reason}") from None
    if W.value is None or rows.dual_value is None:
        raise Undecided(f"the {norm} margin in floats: {problem.status}")
    weights = np.maximum(np.ravel(rows.dual_value), 0)
    return np.asarray(W.value), np.asarray(weights / weights.sum())

"""The max margin over matrices W in the spectral or the nuclear norm, between two rationals.

W is (k, d), data are of k classes, and each norm is the other's dual. So a W of norm at most 1 with R.W >= low for each
row R shows that the margin is low at least, and weights c in the simplex that it is at most the dual norm of
G = sum c_R R. Both norms are bounded by what rationals decide, A being W or G, or its transpose if that has fewer rows:

    spectral   ||A|| <= s where s^2 I - A A' is positive semidefinite;
    nuclear    ||A|| <= (tr P + tr P^-1 A A') / 2 for every positive definite P. (Of singular values p_i of P and a_i of
               A: p_i + a_i^2 / p_i >= 2 a_i where P and A A' have the same eigenvectors, and other P do no better:
               A = P^(1/2) (P^(-1/2) A), a product of matrices with Frobenius norms of these squares.)
"""

from __future__ import annotations

from fractions import Fraction

from verify.certificate.data import Data, in_simplex
from verify.certificate.effort import product, spend
from verify.certificate.kind import Fields, Kind
from verify.certificate.phrases import exactly
from verify.certificate.reading import between, fraction, many, whole, word
from verify.certificate.refusal import require

Matrix = list[list[int]]


def check(data: Data, claim: Fields, witness: Fields) -> None:
    """W is feasible and of norm at most 1; the dual norm of G is at most margin_high."""
    require(len(data.shape) == 2, "classes", "the data are not of several classes")
    low, high = claim["margin_low"], claim["margin_high"]
    require(0 < low <= high, "bounds", "margin_low is not in (0, margin_high]")
    w, unit = whole(claim["maximizer"])
    dots, below = data.products((w, unit))
    for i, dot in enumerate(dots):
        require(dot * low.denominator >= low.numerator * below, "feasible", f"row {i} has R.W < margin_low")
    g, of = data.combination(in_simplex(witness["weights"]))
    root = [whole(row) for row in witness["root"]]
    W, G = (gram(entries, data.shape) for entries in (w, g))
    spectral, nuclear = ((W, unit, Fraction(1)), (G, of, high))
    if claim["norm"] == "nuclear":
        spectral, nuclear = nuclear, spectral
    names = {id(W): "maximizer-norm", id(G): "dual-norm"}
    require(len(root) == len(W), "shape", "witness.root is not as large as the smaller side of W")
    A, size, most = spectral
    shifted = [
        [int(i == j) * (most * size) ** 2 - entry for j, entry in enumerate(row)] for i, row in enumerate(A)
    ]
    require(semidefinite(shifted), names[id(A)], "s^2 I - A A' is not positive semidefinite")
    A, size, most = nuclear
    P = [[Fraction(entry, below) for entry in row] for row, below in root]
    bound = nuclear_bound(P, A, size)
    require(bound is not None, "root", "witness.root is not symmetric and positive definite")
    assert bound is not None
    require(bound <= most, names[id(A)], "(tr P + tr P^-1 A A') / 2 is too large")


def gram(entries: list[int], shape: tuple[int, ...]) -> Matrix:
    """A A' of a matrix (k, d), or A' A if that is smaller."""
    k, d = shape
    rows = [entries[i * d : (i + 1) * d] for i in range(k)]
    if k > d:
        rows = [list(column) for column in zip(*rows, strict=True)]
    longest = max(entry.bit_length() for entry in entries)
    spend(len(rows) ** 2 * len(rows[0]) * product(longest, longest), "A A'")
    return [[sum(x * y for x, y in zip(a, b, strict=True)) for b in rows] for a in rows]


def semidefinite(matrix: list[list[Fraction]]) -> bool:
    """Whether a symmetric matrix is positive semidefinite: by elimination, in which no pivot is negative, and a pivot 0
    stands in a row of zeros."""
    left = [[Fraction(entry) for entry in row] for row in matrix]
    for step, pivot in enumerate(left):
        head = pivot[step]
        if head < 0 or (head == 0 and any(pivot[step:])):
            return False
        if head:
            _eliminate(left, step)
    return True


def nuclear_bound(P: list[list[Fraction]], A: Matrix, size: int) -> Fraction | None:
    """(tr P + tr P^-1 A) / 2 for A over size^2; None unless P is symmetric and shown to be positive definite.

    With the pivots p_i of P = L D L' it is tr D^-1 (L^-1 A L^-T): elimination of rows and columns of A beside P."""
    n = len(P)
    if any(len(row) != n for row in P) or any(P[i][j] != P[j][i] for i in range(n) for j in range(i)):
        return None
    left = [
        [*row, *(Fraction(entry, size * size) for entry in beside)] for row, beside in zip(P, A, strict=True)
    ]
    total = sum((P[i][i] for i in range(n)), Fraction(0))
    for step in range(n):
        if left[step][step] <= 0:
            return None
        _eliminate(left, step)
    # Now left = L^-1 [P, A]. Solve for the trace of P^-1 A from the bottom up.
    for step in reversed(range(n)):
        head = left[step][step]
        left[step] = [entry / head for entry in left[step]]
        for row in left[:step]:
            factor = row[step]
            if factor:
                row[n:] = [x - factor * y for x, y in zip(row[n:], left[step][n:], strict=True)]
    return (total + sum((left[i][n + i] for i in range(n)), Fraction(0))) / 2


def _eliminate(left: list[list[Fraction]], step: int) -> None:
    """Take multiples of row ``step`` from those below, so that they have 0 in its column."""
    pivot = left[step]
    longest = max(entry.numerator.bit_length() + entry.denominator.bit_length() for entry in pivot)
    spend(3 * (len(left) - step) * len(pivot) * product(longest, longest), "an elimination")
    for row in left[step + 1 :]:
        factor = row[step] / pivot[step]
        if factor:
            row[step:] = [x - factor * y for x, y in zip(row[step:], pivot[step:], strict=True)]


def statement(claim: Fields) -> str:
    """The bounds, and the W that attains the lower one."""
    low, high = exactly(claim["margin_low"]), exactly(claim["margin_high"])
    return (
        f"the max margin over matrices W, in the {claim['norm']} norm, is at least {low}, which the claim's "
        f"maximizer attains, and at most {high}"
    )


KIND = Kind(
    claim=lambda n, d: {
        "norm": word("spectral", "nuclear"),
        "margin_low": between(0, None, "()"),
        "margin_high": between(0, None, "()"),
        "maximizer": many(fraction, d),
    },
    witness=lambda n, d: {"weights": many(fraction, n), "root": many(many(fraction), most=d)},
    statement=statement,
    check=check,
)

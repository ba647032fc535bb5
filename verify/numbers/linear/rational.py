"""Exact linear algebra over the rationals, on FLINT matrices."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from flint import fmpq, fmpz, fmpz_mat, nmod_mat

Matrix = Sequence[Sequence[Fraction | int]]

# The largest primes below 2^62: a random minor vanishes modulo one of them with chance 2^-62.
_PRIMES = (2**62 - 57, 2**62 - 87, 2**62 - 117, 2**62 - 143)
PRIME = _PRIMES[0]


def to_flint(value: Fraction | int) -> fmpq:
    """The rational as FLINT holds it."""
    return fmpq(value.numerator, value.denominator)


@dataclass(frozen=True, slots=True)
class _LowestTerms:
    """A rational that Fraction copies as it is; of two integers it takes the gcd, a millisecond at 20,000 bits."""

    numerator: int
    denominator: int


numbers.Rational.register(_LowestTerms)


def from_flint(value: fmpq) -> Fraction:
    """The rational as Python holds it."""
    return Fraction(_LowestTerms(int(value.p), int(value.q)))  # type: ignore[call-overload,no-any-return]


@dataclass(frozen=True, slots=True)
class Scaled:
    """The vector numerators / denominator, denominator > 0: no gcd until fractions are asked for."""

    numerators: list[fmpz]
    denominator: fmpz

    @staticmethod
    def of(vector: Sequence[Fraction | int]) -> Scaled:
        """The vector over its least common denominator."""
        numerators, denominator = over_common(vector)
        return Scaled([fmpz(entry) for entry in numerators], fmpz(denominator))

    def fractions(self) -> tuple[Fraction, ...]:
        """The entries, in lowest terms."""
        return tuple(
            from_flint(fmpq(entry, self.denominator)) if entry else Fraction(0) for entry in self.numerators
        )


def over_common(vector: Sequence[Fraction | int]) -> tuple[list[int], int]:
    """Integers v and the least common denominator D > 0 with vector = v / D."""
    integers = [entry for entry in vector if isinstance(entry, int)]
    if len(integers) == len(vector):
        return integers, 1
    ratios = [entry.as_integer_ratio() for entry in vector]
    common = lcm(*{q for _, q in ratios})
    return [p * (common // q) for p, q in ratios], common


def integer_rows(A: Matrix) -> tuple[list[list[int]], list[int]]:
    """Each row times the least common denominator of its entries, and those denominators."""
    pairs = [over_common(row) for row in A]
    return [row for row, _ in pairs], [scale for _, scale in pairs]


def matrix_of(lines: Sequence[Sequence[int]]) -> fmpz_mat:
    """The integers as FLINT holds them."""
    return fmpz_mat(len(lines), len(lines[0]), [entry for line in lines for entry in line])


def applied(matrix: fmpz_mat, numerators: Sequence[fmpz | int]) -> list[fmpz]:
    """The product of a matrix (m, n) and a vector (n)."""
    product: list[fmpz] = (matrix * fmpz_mat(len(numerators), 1, list(numerators))).entries()
    return product


def times(A: Matrix, x: Sequence[Fraction | int]) -> tuple[Fraction, ...]:
    """A x for A (m, n), exactly: integers over one denominator each, so no gcd at each step."""
    if not A or not A[0]:
        return (Fraction(0),) * len(A)
    lines, scales = integer_rows(A)
    numerators, common = over_common(x)
    product = applied(matrix_of(lines), numerators)
    return tuple(Fraction(int(p), common * scale) for p, scale in zip(product, scales, strict=True))


def solved(matrix: fmpz_mat, right: Sequence[fmpz]) -> Scaled:
    """The x with matrix x = right; ZeroDivisionError (FLINT's word for it) if the square matrix is singular."""
    numerators, denominator = matrix.solve(fmpz_mat(len(right), 1, list(right))).numer_denom()
    return Scaled(numerators.entries(), denominator)


def solve_square(A: Matrix, b: Sequence[Fraction | int]) -> tuple[Fraction, ...] | None:
    """The x with A x = b, exactly; None if the square matrix A (n, n) is singular.

    Raises ValueError if A is not square or b has another length.
    """
    n = len(A)
    if any(len(row) != n for row in A) or len(b) != n:
        raise ValueError(f"shapes: {n} rows of {[len(row) for row in A][:3]}..., b has {len(b)}")
    if n == 0:
        return ()
    lines, scales = integer_rows(A)
    numerators, common = over_common(b)
    right = [fmpz(entry * scale) for entry, scale in zip(numerators, scales, strict=True)]
    try:
        x = solved(matrix_of(lines), right)
    except ZeroDivisionError:
        return None
    return Scaled(x.numerators, x.denominator * common).fractions()


def rank(A: Matrix) -> int:
    """The rank of A (m, n) over the rationals, exactly."""
    if not A or not A[0]:
        return 0
    return integer_rank(matrix_of(integer_rows(A)[0]))


def integer_rank(matrix: fmpz_mat) -> int:
    """The rank of integers (m, n), exactly. What is independent modulo a prime is independent, so a full rank modulo
    one is the rank; it takes milliseconds on 500 rows of floats, where the exact elimination takes two minutes."""
    full = min(matrix.nrows(), matrix.ncols())
    return full if nmod_mat(matrix, PRIME).rank() == full else int(matrix.rank())


def independent(integers: fmpz_mat) -> tuple[list[int], list[int]]:
    """Rows and columns of a matrix (m, n), as many as its rank, whose submatrix is nonsingular; exactly."""
    m, n = integers.nrows(), integers.ncols()
    if not m or not n:
        return [], []
    if m == n and nmod_mat(integers, PRIME).rank() == n:  # at most the exact one, and quick to find
        return list(range(m)), list(range(n))
    size = 0
    for prime in _PRIMES:
        # A minor that is nonzero modulo a prime is nonzero; no minor is larger if the exact rank says so.
        columns = pivots(*nmod_mat(integers, prime).rref())
        rows = pivots(*nmod_mat(integers.transpose(), prime).rref())
        if not size:
            size = min(m, n) if len(columns) == min(m, n) else int(integers.rank())
        if len(columns) == len(rows) == size:
            return rows, columns
    echelon, _, _ = integers.rref()
    columns = pivots(echelon, size)
    echelon, _, _ = integers.transpose().rref()
    return pivots(echelon, size), columns


def pivots(echelon: nmod_mat | fmpz_mat, size: int) -> list[int]:
    """The pivot columns of a matrix in echelon form with ``size`` nonzero rows."""
    found: list[int] = []
    for row in echelon.tolist()[:size]:
        start = found[-1] + 1 if found else 0
        found.append(next(j for j in range(start, len(row)) if int(row[j])))
    return found

"""Exact linear algebra over the rationals, on FLINT matrices."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from flint import fmpq, fmpq_mat, fmpz_mat, nmod_mat

Matrix = Sequence[Sequence[Fraction | int]]

# The largest primes below 2^62: a random minor vanishes modulo one of them with chance 2^-62.
_PRIMES = (2**62 - 57, 2**62 - 87, 2**62 - 117, 2**62 - 143)


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


def column(values: Sequence[fmpq]) -> fmpq_mat:
    """The values as a matrix of one column."""
    return fmpq_mat(len(values), 1, list(values))


def integer_rows(A: Matrix) -> list[list[int]]:
    """Each row times the least common denominator of its entries."""
    scaled = []
    for row in A:
        common = lcm(*(entry.denominator for entry in row))
        scaled.append([entry.numerator * (common // entry.denominator) for entry in row])
    return scaled


def times(A: Matrix, x: Sequence[Fraction | int]) -> tuple[Fraction, ...]:
    """A x for A (m, n), exactly: integers over one denominator each, so no gcd at each step."""
    if not A or not A[0]:
        return (Fraction(0),) * len(A)
    common = lcm(*(entry.denominator for entry in x))
    integers = [entry.numerator * (common // entry.denominator) for entry in x]
    product = fmpz_mat(integer_rows(A)) * fmpz_mat(len(x), 1, integers)
    scales = (common * lcm(*(entry.denominator for entry in row)) for row in A)
    return tuple(Fraction(int(p), scale) for p, scale in zip(product.entries(), scales, strict=True))


def solve_square(A: Matrix, b: Sequence[Fraction | int]) -> tuple[Fraction, ...] | None:
    """The x with A x = b, exactly; None if the square matrix A (n, n) is singular.

    Raises ValueError if A is not square or b has another length.
    """
    n = len(A)
    if any(len(row) != n for row in A) or len(b) != n:
        raise ValueError(f"shapes: {n} rows of {[len(row) for row in A][:3]}..., b has {len(b)}")
    if n == 0:
        return ()
    matrix = fmpq_mat(n, n, [to_flint(entry) for row in A for entry in row])
    try:
        x = matrix.solve(column([to_flint(entry) for entry in b]))
    except ZeroDivisionError:  # FLINT's word for a singular matrix
        return None
    return tuple(from_flint(entry) for entry in x.entries())


def solve_any(A: Matrix, b: Sequence[Fraction | int]) -> tuple[Fraction, ...] | None:
    """Some x (n) with A x = b for A of shape (m, n) and any rank, exactly; None if there is none.

    The nonzero entries of x belong to linearly independent columns.
    """
    n = len(A[0]) if A else 0
    if len(A) != len(b) or any(len(row) != n for row in A):
        raise ValueError(f"shapes: A has {len(A)} rows, b has {len(b)}")
    rows, columns = independent(A)
    part = solve_square([[A[i][j] for j in columns] for i in rows], [b[i] for i in rows])
    assert part is not None, "independent() chose a nonsingular submatrix"
    values = dict(zip(columns, part, strict=True))
    # The chosen rows span the row space, so if A x = b has a solution at all, this is one.
    for row, right in zip(A, b, strict=True):
        if sum((row[j] * value for j, value in values.items()), Fraction(0)) != right:
            return None
    return tuple(values.get(j, Fraction(0)) for j in range(n))


def rank(A: Matrix) -> int:
    """The rank of A (m, n) over the rationals, exactly."""
    if not A or not A[0]:
        return 0
    return int(fmpz_mat(integer_rows(A)).rank())


def independent(A: Matrix) -> tuple[list[int], list[int]]:
    """Rows and columns of A (m, n), as many as its rank, whose submatrix is nonsingular; exactly."""
    if not A or not A[0]:
        return [], []
    integers = fmpz_mat(integer_rows(A))
    if nmod_mat(integers, _PRIMES[0]).rank() == len(A) == len(A[0]):
        return list(range(len(A))), list(range(len(A)))
    size = int(integers.rank())
    for prime in _PRIMES:
        # A minor that is nonzero modulo a prime is nonzero; the exact rank says that it is a largest one.
        columns = _pivots(*nmod_mat(integers, prime).rref())
        rows = _pivots(*nmod_mat(integers.transpose(), prime).rref())
        if len(columns) == len(rows) == size:
            return rows, columns
    echelon, _, _ = integers.rref()
    columns = _pivots(echelon, size)
    echelon, _, _ = integers.transpose().rref()
    return _pivots(echelon, size), columns


def _pivots(echelon: nmod_mat | fmpz_mat, size: int) -> list[int]:
    """The pivot columns of a matrix in echelon form with ``size`` nonzero rows."""
    pivots: list[int] = []
    for row in echelon.tolist()[:size]:
        start = pivots[-1] + 1 if pivots else 0
        pivots.append(next(j for j in range(start, len(row)) if int(row[j])))
    return pivots

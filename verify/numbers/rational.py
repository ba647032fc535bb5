"""Exact linear algebra over the rationals, on FLINT matrices."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Matrix = Sequence[Sequence[Fraction | int]]


def solve_square(A: Matrix, b: Sequence[Fraction | int]) -> tuple[Fraction, ...] | None:
    """The x with A x = b, exactly; None if the square matrix A is singular."""
    raise NotImplementedError


def solve_any(A: Matrix, b: Sequence[Fraction | int]) -> tuple[Fraction, ...] | None:
    """Some x with A x = b (m, n of any rank), exactly; None if there is none."""
    raise NotImplementedError


def rank(A: Matrix) -> int:
    """The rank of A over the rationals, exactly."""
    raise NotImplementedError

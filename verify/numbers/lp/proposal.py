"""Bases for a linear program, as floating point sees them. Nothing here is to be believed."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.numbers.linear.rational import Scaled

Floats = NDArray[np.float64]
Exponents = NDArray[np.int64]


class Place(Enum):
    """Where a variable of a basic solution is: in the basis, at one of its bounds, or free and at 0."""

    BASIC = "basic"
    LOWER = "lower"
    UPPER = "upper"
    FREE = "free"


class Proposer:
    """HiGHS on one matrix A (m, n): a first basis, then better ones near an exactly solved basis.

    Rows and columns are scaled by powers of two first, so that widely ranging data stay inside HiGHS's
    tolerances. A result is a place for each of the n variables, then for each of the m rows; None if HiGHS
    ends without a basis. It may have stopped anywhere: the caller checks, and takes over where it stopped.
    """

    def __init__(self, A: Sequence[Sequence[int]]) -> None:
        self.m, self.n = len(A), len(A[0])
        mantissa, exponent = _split([entry for row in A for entry in row])
        mantissa, exponent = mantissa.reshape(self.m, self.n), exponent.reshape(self.m, self.n)
        rows, columns = _scales(mantissa, exponent)
        self.matrix = _ldexp(mantissa, exponent + rows[:, None] + columns[None, :])
        # x_j = x'_j 2^columns[j] and (A x)_i = s'_i 2^-rows[i] for the scaled x', s'.
        self.scale = np.concatenate([columns, -rows])

    def first(
        self, c: Sequence[int], lower: Sequence[int | None], upper: Sequence[int | None]
    ) -> list[Place] | None:
        """A basis for minimizing c.x; ``lower``, ``upper`` have n + m entries, for x and for A x."""
        n = self.n
        mantissa, exponent = _split(c)
        exponent += self.scale[:n]
        cost = _ldexp(mantissa, exponent - _largest(exponent, mantissa != 0))
        # Bounds far below 1 would drown in HiGHS's tolerances: x and A x are zoomed until theirs are about 1.
        mantissa, exponent = _split([bound or 0 for bound in (*lower, *upper)])
        sizes = (exponent - np.tile(self.scale, 2))[mantissa != 0]
        shift = -self.scale - (int(np.median(sizes)) if sizes.size else 0)
        low, high = _bounds(lower, shift, -np.inf), _bounds(upper, shift, np.inf)
        return _run(self.matrix, cost, (low[:n], high[:n]), (low[n:], high[n:]), None)

    def refined(
        self,
        place: Sequence[Place],
        value: Scaled,
        reduced: Scaled,
        lower: Sequence[int | None],
        upper: Sequence[int | None],
    ) -> list[Place] | None:
        """A basis for the same LP seen from an exact basic solution, its errors magnified to order 1.

        ``value`` and ``reduced`` hold the n + m variables (x, A x) and their reduced costs at the basis
        ``place``. The variables are shifted by ``value`` and the costs replaced by ``reduced``, which changes
        the objective by a constant only; so what floats could not see before becomes the whole problem
        (Gleixner, Steffy, Wolter: Iterative refinement for linear programming, 2016). Both are magnified
        anyway, so their denominators do not matter. The row variables are columns here, with rows
        A x - s = 0, since they too have costs.
        """
        unit, at = int(value.denominator), [int(v) for v in value.numerators]
        below = [None if low is None else low * unit - v for low, v in zip(lower, at, strict=True)]
        above = [None if up is None else up * unit - v for up, v in zip(upper, at, strict=True)]
        gap = [max(b or 0, -(a or 0), 0) for b, a in zip(below, above, strict=True)]
        gap_mantissa, gap_exponent = _split(gap)
        wrong = gap_mantissa != 0
        zoom = -_largest(gap_exponent - self.scale, wrong) if wrong.any() else -unit.bit_length()
        low, high = _bounds(below, zoom - self.scale, -np.inf), _bounds(above, zoom - self.scale, np.inf)

        mantissa, exponent = _split([int(d) for d in reduced.numerators])
        exponent += self.scale
        at_lower, at_upper = (
            np.array([p in (end, Place.FREE) for p in place]) for end in (Place.LOWER, Place.UPPER)
        )
        wrong = ((mantissa < 0) & at_lower) | ((mantissa > 0) & at_upper)
        cost = _ldexp(mantissa, exponent - _largest(exponent, wrong if wrong.any() else mantissa != 0))
        matrix, zeros = np.hstack([self.matrix, -np.eye(self.m)]), np.zeros(self.m)
        places = _run(matrix, cost, (low, high), (zeros, zeros), place)
        return None if places is None else places[: self.n + self.m]


def _run(
    matrix: Floats,
    cost: Floats,
    column_bounds: tuple[Floats, Floats],
    row_bounds: tuple[Floats, Floats],
    start: Sequence[Place] | None,
) -> list[Place] | None:
    """HiGHS's last basis, for the columns and then the rows; ``start`` places the columns, rows at a bound."""
    import highspy  # imported late: it costs 0.1 s, and reading data does not need it

    m, n = matrix.shape
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.col_cost_ = n, m, cost
    lp.col_lower_, lp.col_upper_ = column_bounds
    lp.row_lower_, lp.row_upper_ = row_bounds
    rows, columns = np.nonzero(matrix)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.searchsorted(rows, np.arange(m + 1)).astype(np.int32)
    lp.a_matrix_.index_ = columns.astype(np.int32)
    lp.a_matrix_.value_ = matrix[rows, columns]
    # The public class prints a banner before it can be told not to.
    solver = highspy._Highs()  # type: ignore[attr-defined]
    options: dict[str, Any] = {
        "output_flag": False,
        "parallel": "off",  # "threads" would clash with another user of HiGHS in this process
        "random_seed": 0,
        "solver": "simplex",
        "presolve": "off",  # it found nothing to remove from dense rows, and cost up to half of a run
        "primal_feasibility_tolerance": 1e-10,  # the smallest that HiGHS accepts
        "dual_feasibility_tolerance": 1e-10,
        "small_matrix_value": 1e-12,
    }
    for key, value in options.items():
        solver.setOptionValue(key, value)
    solver.passModel(lp)
    status = highspy.HighsBasisStatus
    places = {
        Place.BASIC: status.kBasic,
        Place.LOWER: status.kLower,
        Place.UPPER: status.kUpper,
        Place.FREE: status.kZero,
    }
    if start is not None:
        basis = highspy.HighsBasis()
        basis.col_status = [places[place] for place in start]
        basis.row_status = [status.kLower] * m
        basis.valid = True
        solver.setBasis(basis)
    solver.run()
    basis = solver.getBasis()
    if not basis.valid:
        return None
    found = {code: place for place, code in places.items()}
    return [found.get(code, Place.FREE) for code in [*basis.col_status, *basis.row_status]]


def _split(values: Sequence[int]) -> tuple[Floats, Exponents]:
    """Each value as mantissa * 2**exponent, the mantissa in [1/2, 1] or 0: no integer is too large."""
    try:
        mantissa, exponent = np.frexp(np.array(values, dtype=np.float64))
    except OverflowError:
        drop = [max(0, value.bit_length() - 64) for value in values]  # floats keep 53 bits
        short = [value >> bits for value, bits in zip(values, drop, strict=True)]
        mantissa, exponent = np.frexp(np.array(short, dtype=np.float64))
        exponent = exponent + np.array(drop, dtype=np.int64)
    return mantissa, exponent.astype(np.int64)


def _ldexp(mantissa: Floats, exponent: Exponents) -> Floats:
    """mantissa * 2**exponent; infinite or zero where that overflows or underflows."""
    with np.errstate(over="ignore", under="ignore"):
        result: Floats = np.ldexp(mantissa, np.clip(exponent, -5000, 5000))
    return result


def _largest(exponent: Exponents, which: NDArray[np.bool_]) -> int:
    """The largest exponent among ``which``; 0 if there are none."""
    return int(exponent[which].max()) if which.any() else 0


def _bounds(bounds: Sequence[int | None], shift: Exponents, infinity: float) -> Floats:
    """The bounds times 2**shift as floats, None as ``infinity``."""
    mantissa, exponent = _split([0 if bound is None else bound for bound in bounds])
    missing = np.array([bound is None for bound in bounds], dtype=bool)
    return np.where(missing, infinity, _ldexp(mantissa, exponent + shift))


def _scales(mantissa: Floats, exponent: Exponents) -> tuple[Exponents, Exponents]:
    """Exponents for rows and columns that bring the nonzero entries near 1.

    Each pass centres the exponents of every row, then of every column, between the extremes; four passes
    settle all but contrived matrices.
    """
    m, n = mantissa.shape
    rows, columns = np.zeros(m, dtype=np.int64), np.zeros(n, dtype=np.int64)
    zero = mantissa == 0
    for _ in range(4):
        for axis, scale, other in ((1, rows, columns[None, :]), (0, columns, rows[:, None])):
            high = np.where(zero, -(2**40), exponent + other).max(axis=axis)
            low = np.where(zero, 2**40, exponent + other).min(axis=axis)
            scale[:] = np.where(high > -(2**39), -((high + low) // 2), 0)
    return rows, columns

"""A basis for a linear program, as floating point sees it. Nothing here is to be believed."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Place(Enum):
    """Where a variable of a basic solution is: in the basis, at one of its bounds, or free and at 0."""

    BASIC = "basic"
    LOWER = "lower"
    UPPER = "upper"
    FREE = "free"


def propose(
    c: Sequence[Fraction | int],
    A: Sequence[Sequence[Fraction | int]],
    lower: Sequence[Fraction | int | None],
    upper: Sequence[Fraction | int | None],
) -> list[Place] | None:
    """HiGHS's final basis: a place for each of the n variables, then for each of the m rows.

    ``lower`` and ``upper`` have n + m entries, for x and for A x. Rows and columns are scaled by powers of
    two first, so that widely ranging data stay inside HiGHS's tolerances. None if HiGHS ends without a
    basis (it may have stopped anywhere: the caller checks, and takes over where it stopped).
    """
    import highspy  # imported late: it costs 0.1 s, and reading data does not need it

    m, n = len(A), len(c)
    mantissa, exponent = _split([entry for row in A for entry in row])
    mantissa, exponent = mantissa.reshape(m, n), exponent.reshape(m, n)
    row_scale, column_scale = _scales(mantissa, exponent)
    # x'_j = x_j 2^-column_scale[j], so that A'x' is A x with its rows scaled; likewise the bounds.
    matrix = np.ldexp(mantissa, exponent + row_scale[:, None] + column_scale[None, :])
    shift = np.concatenate([-column_scale, row_scale])
    cost, cost_exponent = _split(c)
    cost_exponent += column_scale
    largest = cost_exponent[cost != 0].max(initial=-1000)

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n, m
    lp.col_cost_ = np.ldexp(cost, np.maximum(cost_exponent - largest, -1000))
    low, high = _bounds(lower, shift, -np.inf), _bounds(upper, shift, np.inf)
    lp.col_lower_, lp.row_lower_ = low[:n], low[n:]
    lp.col_upper_, lp.row_upper_ = high[:n], high[n:]
    rows, columns = np.nonzero(matrix)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.searchsorted(rows, np.arange(m + 1)).astype(np.int32)
    lp.a_matrix_.index_ = columns.astype(np.int32)
    lp.a_matrix_.value_ = matrix[rows, columns]

    # The public class prints a banner before it can be told not to.
    solver = highspy._Highs()  # type: ignore[attr-defined]
    options: dict[str, Any] = {
        "output_flag": False,
        "threads": 1,
        "random_seed": 0,
        "solver": "simplex",
        "primal_feasibility_tolerance": 1e-10,  # the smallest that HiGHS accepts
        "dual_feasibility_tolerance": 1e-10,
        "small_matrix_value": 1e-12,
    }
    for key, value in options.items():
        solver.setOptionValue(key, value)
    solver.passModel(lp)
    solver.run()
    basis = solver.getBasis()
    if not basis.valid:
        return None
    places = {
        highspy.HighsBasisStatus.kBasic: Place.BASIC,
        highspy.HighsBasisStatus.kLower: Place.LOWER,
        highspy.HighsBasisStatus.kUpper: Place.UPPER,
    }
    return [places.get(status, Place.FREE) for status in [*basis.col_status, *basis.row_status]]


def _split(values: Sequence[Fraction | int]) -> tuple[Floats, NDArray[np.int64]]:
    """Each value as mantissa * 2**exponent, the mantissa in [1/2, 1] or 0: no rational is too large."""
    try:
        floats = np.array([float(value) for value in values], dtype=np.float64)
    except OverflowError:
        floats = np.full(len(values), np.inf)
    mantissa, exponent = np.frexp(floats)
    exponent = exponent.astype(np.int64)
    # Beyond 2^-1000 floats lose bits or vanish, beyond 2^1023 they overflow.
    for i in np.flatnonzero(~((np.abs(floats) > 2.0**-1000) & np.isfinite(floats))).tolist():
        bits = values[i].numerator.bit_length() - values[i].denominator.bit_length()
        small, power = np.frexp(float(values[i] / Fraction(2) ** bits))
        mantissa[i], exponent[i] = small, power + bits
    return mantissa, exponent


def _scales(mantissa: Floats, exponent: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Exponents for rows and columns that bring the nonzero entries near 1.

    Each pass centres the exponents of every row, then of every column, between the extremes; four passes
    settle all but contrived matrices.
    """
    m, n = mantissa.shape
    rows, columns = np.zeros(m, dtype=np.int64), np.zeros(n, dtype=np.int64)
    if not mantissa.any():
        return rows, columns
    zero = mantissa == 0
    for _ in range(4):
        for axis, scale, other in ((1, rows, columns[None, :]), (0, columns, rows[:, None])):
            high = np.where(zero, -(2**40), exponent + other).max(axis=axis)
            low = np.where(zero, 2**40, exponent + other).min(axis=axis)
            scale[:] = np.where(high > -(2**39), -((high + low) // 2), 0)
    return rows, columns


def _bounds(bounds: Sequence[Fraction | int | None], shift: NDArray[np.int64], infinity: float) -> Floats:
    """The bounds times 2**shift as floats, None and what overflows as ``infinity``."""
    mantissa, exponent = _split([0 if bound is None else bound for bound in bounds])
    with np.errstate(over="ignore", under="ignore"):
        scaled = np.ldexp(mantissa, exponent + shift)
    missing = np.array([bound is None for bound in bounds], dtype=bool)
    result: Floats = np.where(missing, infinity, scaled)
    return result

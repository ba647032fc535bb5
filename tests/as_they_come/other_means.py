"""The l_inf margin by programs that are not ours: SymPy's exact simplex on small sets, HiGHS by SciPy on others.

``python -m as_they_come.other_means`` in tests/ prints it for every line of the table that has an answer.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy
from scipy.optimize import linprog
from sympy.solvers.simplex import lpmax

# Beyond so many entries SymPy takes minutes.
MOST = 60


def linf_margin(rows: Any) -> str:
    """max g with x_i.w >= g and |w_k| <= 1: exact where that is cheap, else to 12 digits."""
    n, d = rows.shape
    if n * d > MOST:
        found = linprog(
            [0.0] * d + [-1.0],
            A_ub=np.column_stack([-rows.astype(float), np.ones(n)]),
            b_ub=np.zeros(n),
            bounds=[(-1, 1)] * d + [(None, None)],
            method="highs",
        )
        return f"{-found.fun:.12g}"
    w = sympy.symbols(f"w:{d}")
    g = sympy.Symbol("g")
    # Decimal text is the rational that a person wrote; a float that pandas made of it prints as that text.
    exact = [[_exact(entry) for entry in row] for row in rows]
    system = [sum(a * b for a, b in zip(row, w, strict=True)) >= g for row in exact]
    return str(lpmax(g, [*system, *(v <= 1 for v in w), *(v >= -1 for v in w)])[0])


def _exact(entry: Any) -> sympy.Rational:
    number = Fraction(repr(float(entry))) if not isinstance(entry, Fraction) else entry
    return sympy.Rational(number.numerator, number.denominator)


if __name__ == "__main__":
    from as_they_come.table import FILES, TABLE

    for line in TABLE:
        if line.frame is not None:
            print(f"{line.id}: {linf_margin(line.frame(FILES / line.file))}")

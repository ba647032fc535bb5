"""What exact margins cost beside a float solve.

Gaussian rows with full 53-bit entries, separable by a planted w. The float solve is cvxpy's (Clarabel for
l2, HiGHS for l1 and linf), its problem built anew each time as a user would; ``exact`` is max_margin with
everything it proposes and decides, ``check`` the checker on the parsed document.
"""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from timing import Row, least

from verify.certificate import check_document
from verify.data import Dataset, load
from verify.margins import NORMS, Norm, margin_certificate, max_margin

SIZES = ((100, 20), (200, 50), (400, 100))
LARGE = ((1000, 150), (2000, 200))


def planted(n: int, d: int, seed: int = 0) -> Dataset:
    """Gaussian rows (n, d) on the positive side of a Gaussian w."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    X *= np.sign(X @ rng.standard_normal(d))[:, None]
    return Dataset(f"planted {n} x {d}", tuple(tuple(Fraction(float(x)) for x in row) for row in X))


def float_solve(X: NDArray[np.float64], norm: Norm) -> None:
    """The max margin by cvxpy: minimize ||w|| subject to x_i.w >= 1."""
    import cvxpy as cp

    w = cp.Variable(X.shape[1])
    size = {"l1": cp.norm1(w), "l2": cp.sum_squares(w), "linf": cp.norm_inf(w)}[norm]
    problem = cp.Problem(cp.Minimize(size), [X @ w >= 1])
    problem.solve(solver=cp.CLARABEL if norm == "l2" else cp.HIGHS)


def measure(data: Dataset, norm: Norm, repeats: int) -> Row:
    """The cost of one norm on one data set. Raises AssertionError if the certificate is not valid."""
    X = data.floats()
    times = least(
        {"float solve": lambda: float_solve(X, norm), "exact": lambda: max_margin(data, norm)}, repeats
    )
    margin = max_margin(data, norm)
    start = time.process_time()
    document = margin_certificate(margin)
    written = time.process_time()
    checked = check_document(document, data.rows)
    assert checked.valid, checked.line()
    return {
        "N x d": f"{data.n} x {data.d}",
        "norm": norm,
        "float solve s": times["float solve"],
        "exact s": times["exact"],
        "exact / float": times["exact"] / times["float solve"],
        "certificate s": written - start,
        "check s": time.process_time() - written,
        "bits": max(
            entry.denominator.bit_length() for entry in (*margin.direction, *margin.weights, margin.value)
        ),
    }


def costs(large: bool) -> list[Row]:
    """A row for each data set and norm."""
    sets = [load("iris"), load("wine"), *(planted(n, d) for n, d in SIZES + (LARGE if large else ()))]
    return [measure(data, norm, 1 if data.n > 400 else 5) for data in sets for norm in NORMS]


TABLES = {"Exact max margins beside a float solve": costs}

"""What exact margins cost beside a float solve: ``python tests/bench_margins.py [--large]``.

Gaussian rows with full 53-bit entries, separable by a planted w. The float solve is cvxpy's (Clarabel for
l2, HiGHS for l1 and linf), its problem built anew each time as a user would; ``exact`` is max_margin with
everything it proposes and decides, ``check`` the checker on the parsed document.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.certificate import check_document
from verify.data import Dataset, load
from verify.margins import NORMS, Norm, margin_certificate, max_margin

SIZES = ((100, 20), (200, 50), (400, 100))
LARGE = ((1000, 150), (2000, 200))


@dataclass(frozen=True)
class Cost:
    """Seconds for one norm on one data set; the bits of the longest number in the exact answer."""

    n: int
    d: int
    norm: Norm
    float_solve: float
    exact: float
    document: float
    check: float
    bits: int


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


def seconds(run: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """The least time of several runs, and the result."""
    best, result = math.inf, None
    for _ in range(repeats):
        start = time.perf_counter()
        result = run()
        best = min(best, time.perf_counter() - start)
    return best, result


def measure(data: Dataset, norm: Norm, repeats: int = 3) -> Cost:
    """The cost of one norm on one data set. Raises AssertionError if the certificate is not valid."""
    X = data.floats()
    plain, _ = seconds(lambda: float_solve(X, norm), repeats)
    exact, margin = seconds(lambda: max_margin(data, norm), repeats)
    writing, document = seconds(lambda: margin_certificate(margin), 1)
    checking, checked = seconds(lambda: check_document(document, data.rows), 1)
    assert checked.valid, checked.line()
    longest = max(
        entry.denominator.bit_length() for entry in (*margin.direction, *margin.weights, margin.value)
    )
    return Cost(data.n, data.d, norm, plain, exact, writing, checking, longest)


def exponent(costs: list[Cost]) -> float:
    """The slope of log(exact seconds) in log(N d^2), by least squares: the cost curve."""
    x = np.log([cost.n * cost.d**2 for cost in costs])
    y = np.log([cost.exact for cost in costs])
    return float(np.polyfit(x, y, 1)[0])


def main(large: bool) -> None:
    """Print the table."""
    float_solve(np.eye(2), "l2"), float_solve(np.eye(2), "l1")  # imports and first-call costs
    print("     N    d norm   float  exact  ratio  document  check   bits")
    sets = [load("iris"), load("wine"), *(planted(n, d) for n, d in SIZES + (LARGE if large else ()))]
    table = [measure(data, norm, 1 if data.n > 400 else 3) for data in sets for norm in NORMS]
    for c in table:
        print(
            f"{c.n:6d} {c.d:4d} {c.norm:4s} {c.float_solve:7.3f} {c.exact:6.3f} {c.exact / c.float_solve:6.2f} "
            f"{c.document:9.3f} {c.check:6.3f} {c.bits:6d}"
        )
    for norm in NORMS:
        curve = [c for c in table if c.norm == norm and c.n not in (150, 178)]
        print(f"{norm}: exact seconds grow like (N d^2)^{exponent(curve):.2f}")


if __name__ == "__main__":
    main("--large" in sys.argv[1:])

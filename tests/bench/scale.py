"""How a whole prediction grows with N and d: processor time and peak memory, one process for each measurement.

Rows are planted on the positive side of a Gaussian w: Gaussian entries of four digits, counts of which nine tenths
are 0, and one-hot blocks beside a few numbers. ``predict`` is asked what the command asks by default, but for the max
margins and the run; the reference is cvxpy's max margin in l2 norm (Clarabel) on the same rows, in the same run. The
slope is that of log seconds, between a line and the one before in the same group.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from fractions import Fraction
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

GROUPS = {
    "gaussian, N": (("gaussian", 500, 20), ("gaussian", 1000, 20), ("gaussian", 2000, 20)),
    "gaussian, d": (("gaussian", 500, 20), ("gaussian", 500, 40), ("gaussian", 500, 80)),
    "counts, d": (("counts", 100, 100), ("counts", 100, 200)),
}
LARGE = {
    "gaussian, N": (("gaussian", 5000, 50), ("gaussian", 20_000, 50)),
    "gaussian, N, few columns": (("gaussian", 10_000, 10), ("gaussian", 50_000, 10)),
    "gaussian, d": (("gaussian", 2000, 125), ("gaussian", 2000, 500)),
    "counts, d": (("counts", 500, 500), ("counts", 500, 2000)),
    "one-hot, d": (("one-hot", 500, 500), ("one-hot", 500, 2000)),
}
OPTIMIZERS = ("gd", "adam-proxy", "adam")


def planted(kind: str, n: int, d: int, seed: int = 0) -> NDArray[np.float64]:
    """Rows (n, d), all on the positive side of some w; none is zero."""
    rng = np.random.default_rng(seed)
    if kind == "gaussian":
        X = np.round(rng.standard_normal((n, d)), 4)
    elif kind == "counts":
        X = rng.poisson(0.1, (n, d)).astype(float)
        X[np.arange(n), rng.integers(0, d, n)] += 1
    else:
        levels = 10
        blocks = [np.eye(levels)[rng.integers(0, levels, n)] for _ in range((d - 5) // levels)]
        X = np.hstack([*blocks, np.round(rng.standard_normal((n, d - levels * len(blocks))), 3)])
    w = rng.standard_normal(d)
    return np.asarray(X * np.sign(X @ w)[:, None])


def one(kind: str, n: int, d: int, asked: str) -> dict[str, Any]:
    """A measurement, in this process: seconds, megabytes, and how well the answer is known."""
    X, word = planted(kind, n, d), ""
    if asked == "reference":
        from margins import float_solve

        start = time.process_time()
        float_solve(X, "l2")
    else:
        from verify.data import Dataset
        from verify.game import predict
        from verify.game.smooth.enclosure_cost import BY_ITSELF
        from verify.optimizers import optimizer

        rows = tuple(tuple(Fraction(f"{x:.4f}") for x in row) for row in X.tolist())
        data = Dataset(kind, rows)
        start = time.process_time()
        found = predict(data, optimizer(asked), digits=30, within=BY_ITSELF)
        word = str(found.limits[0].evidence) if found.limits else "none found"
    seconds = time.process_time() - start
    return {"s": seconds, "MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "word": word}


def apart(kind: str, n: int, d: int, asked: str) -> dict[str, Any]:
    """The same in a process of its own."""
    command = [sys.executable, __file__, kind, str(n), str(d), asked]
    measured: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return measured


def curves(large: bool) -> list[dict[str, Any]]:
    """A row for each size and optimizer."""
    rows = []
    for group, sizes in (LARGE if large else GROUPS).items():
        before: dict[str, tuple[int, float]] = {}
        for kind, n, d in sizes:
            reference = apart(kind, n, d, "reference")["s"]
            for name in OPTIMIZERS:
                here, size = apart(kind, n, d, name), n if "N" in group else d
                last = before.get(name)
                slope = log(here["s"] / last[1]) / log(size / last[0]) if last else float("nan")
                before[name] = size, here["s"]
                rows.append(
                    {"group": group, "N x d": f"{n} x {d}", "optimizer": name, "s": here["s"], "slope": slope}
                    | {"cvxpy s": reference, "ours / cvxpy": here["s"] / reference}
                    | {"peak MB": here["MB"], "word": here["word"]}
                )
                print(*rows[-1].values(), sep=", ", file=sys.stderr, flush=True)  # the whole takes minutes
    return rows


TABLES = {"Prediction's time and memory as N and d grow": curves}

if __name__ == "__main__":
    kind, n, d, asked = sys.argv[1:]
    print(json.dumps(one(kind, int(n), int(d), asked)))

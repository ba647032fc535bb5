"""What steps on several classes cost: per-sample Adam against C, and Muon against NumPy's products of matrices."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from steps import BETA1, BETA2, LR, OPT, adam_library
from timing import Row, least

from verify.data.given import given
from verify.optimizers import optimizer
from verify.optimizers.matrices import QUINTIC, TIMES
from verify.optimizers.trajectory import trajectory

# Samples, features, classes, and the share of features that are 0.
SIZES = ((150, 5, 3, 0), (150, 5, 3, 0.3), (1000, 200, 10, 0), (1000, 200, 10, 0.3))
SIDE = 64


def adam(large: bool) -> list[Row]:
    """Microseconds a step of per-sample Adam, and its ratio to the C loop of the same arithmetic."""
    library = adam_library()
    if library is None:
        return [{"N x d x k": "gcc is absent"}]
    loop, real = library.softmax, ctypes.c_double
    vector = np.ctypeslib.ndpointer(np.float64, flags="C")
    loop.argtypes = [vector, vector, *[ctypes.c_long] * 5, *[real] * 3, *[vector] * 3]
    loop.restype = None
    rows = []
    for n, d, k, zeros in SIZES:
        rng = np.random.default_rng(0)
        F, y = rng.standard_normal((n, d)).round(9), np.arange(n) % k * 1.0
        F[:, 1:][rng.random((n, d - 1)) < zeros] = 0
        data = given(F.tolist(), y.tolist(), multiclass=True)
        X, opt = data.floats(), OPT.on(data)

        def in_c(steps: int, F: Any = F, y: Any = y, shape: Any = (n, d, k, zeros > 0)) -> Any:
            W, m, v = np.zeros((3, shape[2] * shape[1]))
            loop(F, y, *shape, steps, float(LR), float(BETA1), float(BETA2), W, m, v)
            return W

        def ours(steps: int, X: Any = X, opt: Any = opt) -> Any:
            return trajectory(X, opt, [steps]).weights[0]

        np.testing.assert_allclose(in_c(300), ours(300), rtol=1e-7, atol=1e-12)
        # What a run takes before its first step, where it looks at all rows of the data, is left out.
        steps = 20_000_000 // (d * k + 100)
        calls: dict[str, Callable[[], Any]] = {
            "ours": lambda ours=ours, steps=steps: ours(steps + 1),
            "first": lambda ours=ours: ours(1),
            "C": lambda in_c=in_c, steps=steps: in_c(steps),
        }
        times = least(calls, 15 if large else 7)
        micro = {"ours": 1e6 * (times["ours"] - times["first"]) / steps, "C": 1e6 * times["C"] / steps}
        size = f"{n} x {d} x {k}" + (f", {zeros:.0%} zeros" if zeros else "")
        rows.append({"N x d x k": size} | {f"{name} us": each for name, each in micro.items()})
        rows[-1]["ours / C"] = micro["ours"] / micro["C"]
    return rows


def muon(large: bool) -> list[Row]:
    """Microseconds a step of Muon as run, by batches of 8, and of the products of its polynomial in NumPy."""
    rng = np.random.default_rng(0)
    labels = np.arange(SIDE)
    features = rng.standard_normal((SIDE, SIDE)).round(3) + 5 * np.eye(SIDE)
    data = given(features.tolist(), labels.tolist(), multiclass=True)
    X, opt = data.floats(), optimizer("muon-ns", batch_size=8).on(data)
    steps, A = 1000, rng.standard_normal((SIDE, SIDE))
    a, b, c = QUINTIC

    def products() -> None:
        for _ in range(steps):
            Y = A / np.linalg.norm(A)
            for _ in range(TIMES):
                S = Y @ Y.T
                Y = a * Y + (b * S + c * S @ S) @ Y

    # What a run takes before its first step is left out.
    times = least(
        {
            "long": lambda: trajectory(X, opt, [steps + 10]),
            "short": lambda: trajectory(X, opt, [10]),
            "products": products,
        },
        9 if large else 5,
    )
    ours, theirs = 1e6 * (times["long"] - times["short"]) / steps, 1e6 * times["products"] / steps
    return [
        {"W": f"{SIDE} x {SIDE}", "ours us": ours, "products us": theirs, "ours / products": ours / theirs}
    ]


TABLES = {"A step of per-sample Adam on several classes": adam, "A step of Muon beside its products": muon}

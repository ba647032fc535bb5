"""What all of a prediction costs: beside the paper's iteration with cvxpy, and as N and d grow.

``iterate`` runs c <- d(c)/||d(c)||_1 (Clarabel) until the direction is within 1e-6 (l2 norm) of the predicted
one, or for 300 steps. ``predict`` finds the limit from w_0 = 0 alone and certifies it: 1e-16, with stability.
"""

from __future__ import annotations

from itertools import count

import numpy as np
from margins import planted
from timing import Row, least

from verify.data import Dataset, load
from verify.game import predict
from verify.game.smooth.field import field
from verify.game.smooth.iteration import mahalanobis, solve_P
from verify.game.smooth.search import on_faces
from verify.game.smooth.together import equilibria_together
from verify.optimizers import optimizer

PROXY = optimizer("adam-proxy")
ACCURACY = 1e-6
STEPS = 300
CURVE = ((50, 20), (100, 20), (200, 20), (400, 20), (200, 10), (200, 40))
LARGE = ((800, 20), (1600, 20), (200, 80))


def iterate(data: Dataset, target: np.ndarray) -> tuple[int, float]:
    """Steps from c = 1/N until the direction is ACCURACY from the target, or STEPS; and how far it is then."""
    X = data.floats()
    c = np.full(data.n, 1 / data.n)
    for step in count(1):
        d = np.maximum(solve_P(X, c)[1], 0)
        c = d / d.sum()
        w = c @ X / mahalanobis(X, c)
        gap = float(np.linalg.norm(w / np.linalg.norm(w) - target))
        if gap < ACCURACY or step == STEPS:
            return step, gap
    raise AssertionError("unreachable")


def beside_iteration(large: bool) -> list[Row]:
    """A row for each data set."""
    rows: list[Row] = []
    for data in (load("iris"), load("wine"), load("gaussian:n=10,d=50,seed=0"), planted(200, 20)):
        target = predict(data, PROXY, starts=0).limits[0].direction
        steps, gap = iterate(data, target)
        times = least(
            {
                "predict": lambda data=data: predict(data, PROXY, starts=0),
                "iterate": lambda data=data, target=target: iterate(data, target),
            },
            1,
        )
        rows.append(
            {
                "data": data.name,
                "N x d": f"{data.n} x {data.d}",
                "predict s": times["predict"],
                "iterate s": times["iterate"],
                "iterate / predict": times["iterate"] / times["predict"],
                "iterations": steps,
                "distance left": gap,
            }
        )
    return rows


def curve(large: bool) -> list[Row]:
    """A row for each size: AdamProxy and per-sample Adam, from w_0 = 0."""
    rows: list[Row] = []
    for n, d in CURVE + (LARGE if large else ()):
        data = planted(n, d)
        contenders = {
            name: lambda name=name, data=data: predict(data, optimizer(name), starts=0)
            for name in ("adam-proxy", "adam", "gd", "signgd")
        }
        times = least(contenders, 1)
        rows.append({"N x d": f"{n} x {d}"} | {f"{name} s": seconds for name, seconds in times.items()})
    return rows


def equilibria(large: bool) -> list[Row]:
    """A row for each size: all equilibria of a small set as a study asks for them, beside the search of `predict`, face
    by face; the mean of three sets, nine if ``large``."""
    rows: list[Row] = []
    for n, d in ((3, 3), (5, 4)):
        sets = [load(f"gaussian:n={n},d={d},seed={seed}").floats() for seed in range(9 if large else 3)]
        times = least(
            {
                "together": lambda sets=sets: [equilibria_together(PROXY, X) for X in sets],
                "on faces": lambda sets=sets, n=n: [
                    list(on_faces(field(X, PROXY), 0, range(n))) for X in sets
                ],
            },
            2,
        )
        together, on_each = (seconds / len(sets) for seconds in times.values())
        row = {"N x d": f"{n} x {d}", "together ms": 1000 * together, "on faces ms": 1000 * on_each}
        rows.append(row | {"on faces / together": on_each / together})
    return rows


TABLES = {
    "Prediction of AdamProxy's limit beside iterating cvxpy": beside_iteration,
    "Prediction as N and d grow": curve,
    "All equilibria of a small set": equilibria,
}

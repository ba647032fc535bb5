"""What an independent computation says against what the commands wrote: HiGHS, and programs that share nothing with the
product."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from independent.algebra import solved
from independent.margins import least_norm
from numpy.typing import NDArray
from scipy.optimize import linprog

Vector = NDArray[np.float64]

# Margins of HiGHS are good to its tolerance 1e-7, relative to entries of about 1.
LOOSE = 1e-6
# Certified directions are good to their radius; this is the rounding of what is compared with them.
TIGHT = 1e-9


def contradictions(rows: Sequence[Sequence[Fraction]], options: Sequence[str], folder: Path) -> list[str]:
    """Sentences, each about one contradiction; none if all agrees or nothing was claimed."""
    X = np.array([[float(entry) for entry in row] for row in rows])
    found = []
    for norm in ("l1", "l2", "linf"):
        if (folder / f"margin-{norm}.json").exists():
            found += against_margin(X, norm, json.loads((folder / f"margin-{norm}.json").read_text()))
    chosen = dict(zip(options[::2], options[1::2], strict=True))
    for name in ("predicted.json", "beside.json"):
        if (folder / name).exists():
            found += against_prediction(X, chosen, json.loads((folder / name).read_text()))
    found += between_arithmetics(folder)
    return found


def margin_of(X: Vector, norm: str) -> float:
    """The max margin, by linear programming, or exactly (l2)."""
    n, d = X.shape
    if norm == "l2":
        return l2_margin(X)
    if norm == "linf":  # variables w, g
        A, bounds = np.hstack([-X, np.ones((n, 1))]), [(-1, 1)] * d + [(None, None)]
        found = linprog([0] * d + [-1], A, [0] * n, bounds=bounds, method="highs")
    else:  # variables u, v, g with w = u - v
        A = np.hstack([-X, X, np.ones((n, 1))])
        found = linprog(
            [0] * (2 * d) + [-1], A, [0] * n, A_eq=[[1] * (2 * d) + [0]], b_eq=[1],
            bounds=[(0, None)] * (2 * d) + [(None, None)], method="highs",
        )  # fmt: skip
    return float(-found.fun)


def l2_margin(X: Vector) -> float:
    """1 / ||w|| for the w of least norm with x_i.w >= 1, in rationals: of columns that are all but one, 1e-6 apart,
    least squares in floats were 1/10 off."""
    w = least_norm([[Fraction(entry) for entry in row] for row in X.tolist()], solved, Fraction(0))
    return 0.0 if w is None else float(1 / np.linalg.norm(np.array(w, dtype=float)))


def dual_norm(w: Vector, norm: str) -> float:
    return float(np.linalg.norm(w, {"l1": 1, "l2": 2, "linf": np.inf}[norm]))


def against_margin(X: Vector, norm: str, said: dict[str, Any]) -> list[str]:
    """The margin against another solver, and against the direction it comes with."""
    value, w = float(said["margin"]), np.array([float(Fraction(entry)) for entry in said["direction"]])
    scale = float(np.abs(X).max())
    found = []
    other = margin_of(X, norm)
    if not abs(value - other) <= LOOSE * scale:
        found.append(f"margin {norm}: {value!r}, another solver {other!r}")
    reached = float((X @ w).min()) / dual_norm(w, norm)
    if not abs(value - reached) <= TIGHT * scale:
        found.append(f"margin {norm}: {value!r}, its direction has {reached!r}")
    return found


def against_prediction(X: Vector, chosen: dict[str, str], said: dict[str, Any]) -> list[str]:
    """Certified limits against what theory says of the simplest rules, and against equilibrium conditions."""
    n = len(X)
    name, limits = chosen["--optimizer"], said["limits"]
    size = chosen.get("--batch-size", {"adam": "1", "signum": "1"}.get(name, "full"))
    full = size in ("full", str(n)) and chosen.get("--order", "cyclic") != "replacement"
    found = []
    for number, limit in enumerate(limits):
        u = np.array(limit["direction"])
        radius = limit["radius"] or 0.0
        if limit["evidence"] != "certified":
            continue
        if not abs(np.linalg.norm(u) - 1) <= TIGHT + radius:
            found.append(f"predict {name}: limit {number} has norm {np.linalg.norm(u)}")
            continue
        scale = float(np.abs(X).max())
        if name == "gd" or (name == "ngd" and full):
            if not l2_margin(X) - float((X @ u).min()) <= (LOOSE + radius) * scale:
                found.append(
                    f"predict {name}: limit {number} has not the l2 margin: {(X @ u).min()}, {l2_margin(X)}"
                )
        elif full and name in ("signgd", "signum", "adam"):
            reached = float((X @ u).min()) / float(np.abs(u).max())
            if not margin_of(X, "linf") - reached <= (LOOSE + radius * len(u)) * scale:
                found.append(
                    f"predict {name}: limit {number} has not the linf margin: {reached}, {margin_of(X, 'linf')}"
                )
        elif name == "adam-proxy":
            found += [f"predict {name}: limit {number} {why}" for why in no_proxy_equilibrium(X, limit)]
    if said["complete"] and not limits and not (name == "signgd" and falls_for_ever(X, chosen)):
        found.append(f"predict {name}: complete without a limit")
    return found


def falls_for_ever(X: Vector, chosen: dict[str, str]) -> bool:
    """Whether sign descent by batches moves w the same way from everywhere, since in no batch two rows differ in a
    sign, and some margin does not grow on that way."""
    size, n = int(chosen["--batch-size"]), len(X)
    batches = [X[start : start + size] for start in range(0, n, size)]
    agree = all(not np.any((batch > 0).any(axis=0) & (batch < 0).any(axis=0)) for batch in batches)
    way = sum(np.sign(batch.sum(axis=0)) for batch in batches)
    return agree and float((X @ way).min()) <= 0


def no_proxy_equilibrium(X: Vector, limit: dict[str, Any]) -> list[str]:
    """Why c* is no equilibrium of F_i(c) = x_i.U(c), U = X'c / sqrt((X*X)'(c*c)), where no coordinate is 0/0."""
    c, u = np.array(limit["weights"]), np.array(limit["direction"])
    squares = (X * X).T @ (c * c)
    if not (squares[np.abs(X).max(axis=0) > 0] > 0).all():
        return []
    U = (X.T @ c) / np.sqrt(np.where(squares > 0, squares, 1.0))
    F = X @ U
    scale = float(np.abs(X).max())
    found = []
    if not np.abs(U / np.linalg.norm(U) - u).max() <= TIGHT:
        found.append(f"direction {u.tolist()}, U(c*) is along {(U / np.linalg.norm(U)).tolist()}")
    if not float(F[list(limit["support"])].max() - F.min()) <= LOOSE * scale:
        found.append(f"costs {F.tolist()} on support {limit['support']} are not least")
    return found


def between_arithmetics(folder: Path) -> list[str]:
    """A run in mpf inside the balls of the same run."""
    paths = [folder / "mpf.json", folder / "ball.json"]
    if not all(path.exists() for path in paths):
        return []
    mpf, ball = (json.loads(path.read_text()) for path in paths)
    for a, b, radius in zip(mpf["weights"], ball["weights"], ball["radius"], strict=True):
        # 25 of the 30 digits asked for, beside the ball's own radius.
        if abs(Fraction(a) - Fraction(b)) > Fraction(radius) + (1 + abs(Fraction(b))) / 10**25:
            return [f"simulate mpf and ball: {a} and {b} +- {radius}"]
    return []

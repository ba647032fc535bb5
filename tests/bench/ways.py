"""Two ways to a first limit: the flow from w_0 = 0, and the branch of logit equilibria from the uniform weights.

Work is counted as `verify.game.work` does, in nominal seconds, so that it does not depend on the machine. Of small
sets, some of which have several limits: how often both ways come to the same one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import nan

import numpy as np
from numpy.typing import NDArray
from scale import planted
from timing import Row

from verify.data import load
from verify.game.flows.flow import from_start
from verify.game.smooth.face import Equilibrium
from verify.game.smooth.field import field
from verify.game.smooth.logit import branch
from verify.game.smooth.search import EVALUATIONS, follow
from verify.game.work import OutOfWork, Work
from verify.numbers.linear.angles import misalignment
from verify.optimizers import optimizer

MOST = 60e9
SAME = 1e-12


def both(X: NDArray[np.float64], name: str) -> tuple[list[Equilibrium | None], list[float]]:
    """The ends of the flow and of the branch, None where one comes to none, and what each took."""
    opt, ends, took = optimizer(name), list[Equilibrium | None](), list[float]()
    for flows in (True, False):
        game = replace(field(X, opt), work=(work := Work(MOST)))
        path: Iterable[NDArray[np.float64]] = branch(game)
        if flows:
            path = from_start(game, opt.loss, np.zeros(len(X)), EVALUATIONS)
        try:
            ends.append(follow(game, path))
        except OutOfWork:
            ends.append(None)
        took.append((MOST - work.left) / 1e9)
    return ends, took


def apart(ends: list[Equilibrium | None]) -> float:
    """1 - cos of the two limits, nan where a way came to none."""
    units = [end.limit().direction for end in ends if end is not None]
    return misalignment(*units) if len(units) == 2 else nan


def larger(large: bool) -> list[Row]:
    """A row for each set and rule."""
    sets = {
        "iris": load("iris").floats(),
        "wine": load("wine").floats(),
        "gaussian 40 x 60": load("gaussian:n=40,d=60,seed=1").floats(),
        "gaussian 500 x 20": planted("gaussian", 500, 20),
        "counts 100 x 100": planted("counts", 100, 100),
    }
    rows: list[Row] = []
    for label, X in sets.items():
        for name in ("adam-proxy", "adam"):
            ends, (flow, logit) = both(X, name)
            rows.append(
                {"data": label, "optimizer": name, "flow": flow, "branch": logit, "1 - cos": apart(ends)}
            )
            rows[-1]["flow / branch"] = flow / logit if ends[1] is not None else nan
    return rows


def small(large: bool) -> list[Row]:
    """A row for each size: so many sets, those on which the branch comes to a limit, and to that of the flow."""
    rows: list[Row] = []
    for n, d in ((3, 3), (6, 4)):
        found = [
            apart(both(load(f"gaussian:n={n},d={d},seed={seed}").floats(), "adam-proxy")[0])
            for seed in range(500 if large else 100)
        ]
        ended = [gap for gap in found if gap == gap]
        rows.append({"N x d": f"{n} x {d}", "sets": len(found), "both end": len(ended)})
        rows[-1]["at the same limit"] = sum(gap < SAME for gap in ended)
    return rows


TABLES = {"Two ways to a first limit": larger, "Two ways on small sets": small}

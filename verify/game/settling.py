"""Where a run with small steps settles, as proposals for the set-valued game of signs.

Compiled steps at one step size, then at finer ones, take log c near an equilibrium; the rows with most of the
weight and the pairs of a step and a coordinate where m is nearest to 0 are near its support and its switching
pairs. Or the run stops, where the signs of every coordinate cancel over an epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from verify.data.dataset import Dataset
from verify.game.field import Floats
from verify.game.pivoting import Game, Proposal
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import slopes
from verify.optimizers.trajectory import trajectory

# Stages: how much log c may change in what a step looks back on, and steps of one sample. On iris the first takes
# the run from 0 to where it stops in 4.3 of 5 million steps, 0.16 us each; the others end the wavering of log c that
# steps themselves make.
STAGES = ((0.3, 5_000_000), (0.03, 2_000_000), (0.003, 2_000_000))
# Up to so many features a step costs the same (0.16 us at 5 and at 64).
SAME_COST = 64
# Rows within this of the largest log c are proposed as support, the likeliest first.
DEPTHS = (7.0, 10.0, 14.0, 5.0, 3.0)


def window(opt: Optimizer, n: int) -> float:
    """Steps that a step looks back on: an epoch, or the memory of a state if that is longer: 1/(1 - beta)."""
    memory = [1 / (1 - kept) for kept in slopes(opt.rule, opt.values) if kept < 1]
    return max([-(-n // opt.batch(n)), *memory])


def settled(data: Dataset, opt: Optimizer, w_0: Floats) -> tuple[Floats, Floats]:
    """log c (N,) at the end of a run from w_0 (d), and its increments at the end per unit of time (d,)."""
    X, batch = data.floats(), opt.batch(data.n)
    epoch = -(-data.n // batch)
    fastest = float(np.abs(X).sum(axis=1).max()) * window(opt, data.n)
    w, moved = w_0, np.zeros(data.d)
    for change, steps in STAGES:
        halves = max(1, steps * SAME_COST // (max(SAME_COST, data.d) * batch * epoch * 2))
        fine = replace(opt, lr=Fraction(change / fastest), decay=Fraction(0))
        run = trajectory(X, fine, [halves * epoch, 2 * halves * epoch], start=w)
        half, w = run.weights
        moved = (w - half) / (run.tau[1] - run.tau[0])
    return -(X @ w), moved


def near(game: Game, log_c: Floats) -> Iterator[Proposal]:
    """Supports of several depths, each with as many switching pairs as equal costs need: those nearest to 0."""
    count = int(game.population[-1]) + 1
    largest = np.array([log_c[game.population == p].max() for p in range(count)])
    below = largest[game.population] - log_c
    for depth in DEPTHS:
        S = np.flatnonzero(below < depth)
        if len(S) > game.X.shape[1] + count:
            continue
        steps = game.steps(S)
        held = game.weights(steps, S) * np.exp(-below[S])
        m, sizes = np.abs(held @ game.X[S]), held @ np.abs(game.X[S])
        share = np.divide(m, sizes, out=np.ones_like(m), where=sizes > 0)
        place = share.argmin(axis=0)
        coordinates = np.argsort(share.min(axis=0), kind="stable")[: len(S) - count]
        yield tuple(map(int, S)), tuple(sorted((int(steps[place[k]]), int(k)) for k in coordinates))

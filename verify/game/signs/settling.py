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
from numpy.typing import NDArray

from verify.data.dataset import Dataset
from verify.game.pace import window
from verify.game.signs.pivoting import Game, Pair, Proposal
from verify.game.smooth.field import Floats
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.trajectory import trajectory

Chain = tuple[Proposal, ...]

# Stages: how much log c may change in what a step looks back on, and steps of one sample. On iris the first takes
# the run from 0 to where it stops in 4.3 of 5 million steps, 0.16 us each; the others end the wavering of log c that
# steps themselves make.
STAGES = ((0.3, 5_000_000), (0.03, 2_000_000), (0.003, 2_000_000))
# Up to so many features a step costs the same (0.16 us at 5 and at 64).
SAME_COST = 64
# A run's increments go to a limit whose unit vector is this near to theirs.
REACHED = 1e-3
# Rows within this of the largest log c are proposed as support, the likeliest first.
DEPTHS = (7.0, 10.0, 14.0, 5.0, 3.0)
# Only the largest: rows below that cost the same and see different coordinates are levels each.
ALONE = 1e-9
# A condition on c that others imply up to so much is one of them: entries are scaled to 1, and rows differ by more.
INDEPENDENT = 1e-9


def settled(data: Dataset, opt: Optimizer, w_0: Floats) -> tuple[Floats, Floats]:
    """log c (N,) at the end of a run from w_0 (d), and its increments at the end per unit of time (d,)."""
    X, batch = data.floats(), opt.batch(data.n)
    epoch = opt.steps_per_epoch(data.n)
    fastest = float(np.abs(X).sum(axis=1).max()) * window(opt, data.n)
    w, moved = w_0, np.zeros(data.d)
    for change, steps in STAGES:
        halves = max(1, steps * SAME_COST // (max(SAME_COST, data.d) * batch * epoch * 2))
        fine = replace(opt, lr=Fraction(change / fastest), decay=Fraction(0))
        run = trajectory(X, fine, [halves * epoch, 2 * halves * epoch], start=w)
        half, w = run.weights
        moved = (w - half) / (run.tau[1] - run.tau[0])
    return -(X @ w), moved


def near(game: Game, log_c: Floats) -> Iterator[Chain]:
    """Chains of levels of several depths, each level with as many switching pairs as equal costs need: those nearest to
    0 whose conditions on c are independent."""
    for first, lower in (
        *((depth, depth) for depth in DEPTHS),
        *((depth, ALONE) for depth in (*DEPTHS, ALONE)),
    ):
        chain: list[Proposal] = []
        # The coordinates of each population that no level has decided yet.
        count = int(game.population.max()) + 1
        undecided = np.array([(game.X[game.population == p] != 0).any(axis=0) for p in range(count)])
        while undecided.any() and len(chain) <= undecided.size:
            touching = ((game.X != 0) & undecided[game.population]).any(axis=1)
            top = np.full(count, -np.inf)
            np.maximum.at(top, game.population[touching], log_c[touching])
            depth = lower if chain else first
            S = np.flatnonzero(touching & (log_c > top[game.population] - depth))
            if len(S) > game.X.shape[1] + count:
                break
            chain.append((tuple(map(int, S)), _nearest(game, S, log_c - top[game.population], undecided)))
            for p in range(count):
                undecided[p] &= ~(game.X[S[game.population[S] == p]] != 0).any(axis=0)
        else:
            yield tuple(chain)


def _nearest(
    game: Game, S: NDArray[np.int64], log_c: Floats, undecided: NDArray[np.bool_]
) -> tuple[Pair, ...]:
    """Pairs for rows S, one less than there are for each population, no coordinate twice."""
    steps, rows = game.steps(S), np.where(undecided[game.population[S]], game.X[S], 0.0)
    weights = game.weights(steps, S)
    held = weights * np.exp(log_c[S])
    m, sizes = np.abs(held @ rows), held @ np.abs(rows)
    share = np.divide(m, sizes, out=np.ones_like(m), where=sizes > 0)
    place = share.argmin(axis=0)
    populations = np.unique(game.population[S])
    conditions = [(game.population[S] == p).astype(float) for p in populations]
    pairs: list[Pair] = []
    for k in np.argsort(share.min(axis=0), kind="stable"):
        if len(conditions) == len(S):
            break
        term = weights[place[k]] * rows[:, k]
        if not term.any():
            break
        wider = [*conditions, term / np.abs(term).max()]
        if np.linalg.matrix_rank(np.array(wider), tol=INDEPENDENT) == len(wider):
            conditions = wider
            pairs.append((int(steps[place[k]]), int(k)))
    return tuple(sorted(pairs))

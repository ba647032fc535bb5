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
from verify.game.signs.deciding import Chain, Pair, Proposal
from verify.game.signs.pivoting import SignGame
from verify.game.smooth.field import Floats
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.trajectory import trajectory

# Stages of a run: how much log c may change in the steps that a step looks back on, and how many steps of one sample a
# stage has. On iris the first stage takes the run from 0 to where it stops in 4.3 of its 5 million steps, 0.16 us each;
# the others end the wavering of log c that steps themselves make.
STAGES = ((0.3, 5_000_000), (0.03, 2_000_000), (0.003, 2_000_000))
# A step of one sample costs the same up to this many features (0.16 us at 5 and at 64).
SAME_COST = 64
# A run is at a limit if the unit vector of its increments is this near to the limit's direction.
REACHED = 1e-3
# How far below the largest log c a row of the support may lie, the likeliest depth first.
DEPTHS = (7.0, 10.0, 14.0, 5.0, 3.0)
# The depth at which a level has its largest row alone: rows of lower levels may cost the same and see different
# coordinates, and then each is a level of its own.
ALONE = 1e-9
# Conditions on c are independent if their matrix has full rank up to this: entries are scaled to 1, and rows differ by
# more.
INDEPENDENT = 1e-9


def end_of_run(data: Dataset, opt: Optimizer, w_0: Floats) -> tuple[Floats, Floats]:
    """log c (N,) at the end of a run from w_0 (d), and its increments at the end per unit of time (d,)."""
    X, epoch = data.floats(), opt.steps_per_epoch(data.n)
    fastest = float(np.abs(X).sum(axis=1).max()) * window(opt, data.n)
    w, moved = w_0, np.zeros(data.d)
    for change, steps in STAGES:
        half_of_stage = steps * SAME_COST // (max(SAME_COST, data.d) * opt.batch(data.n) * epoch * 2)
        half_time = max(1, half_of_stage) * epoch
        fine = replace(opt, lr=Fraction(change / fastest), decay=Fraction(0))
        run = trajectory(X, fine, [half_time, 2 * half_time], start=w)
        half, w = run.weights
        moved = (w - half) / (run.tau[1] - run.tau[0])
    return -(X @ w), moved


def near(game: SignGame, log_c: Floats) -> Iterator[Chain]:
    """Chains of levels of several depths, each level with as many switching pairs as equal costs need: those nearest to
    0 whose conditions on c are independent."""
    depths = [*((depth, depth) for depth in DEPTHS), *((depth, ALONE) for depth in (*DEPTHS, ALONE))]
    for first, lower in depths:
        chain = _chain(game, log_c, first, lower)
        if chain is not None:
            yield chain


def _chain(game: SignGame, log_c: Floats, first: float, lower: float) -> Chain | None:
    """The levels that have the rows within ``first``, and below the first level ``lower``, of the largest log c among
    those that see what is undecided. None where a level has more rows than equal costs can hold."""
    chain: list[Proposal] = []
    sees, count = game.X != 0, game.populations
    # The coordinates of each population that no level has decided yet.
    undecided = np.array([sees[game.population == p].any(axis=0) for p in range(count)])
    while undecided.any() and len(chain) <= undecided.size:
        touching = (sees & undecided[game.population]).any(axis=1)
        top = np.full(count, -np.inf)
        np.maximum.at(top, game.population[touching], log_c[touching])
        below = log_c - top[game.population]
        S = np.flatnonzero(touching & (below > -(lower if chain else first)))
        if len(S) > game.X.shape[1] + count:
            return None
        chain.append(Proposal(tuple(map(int, S)), _nearest(game, S, below, undecided)))
        for p in range(count):
            undecided[p] &= ~sees[S[game.population[S] == p]].any(axis=0)
    return tuple(chain)


def _nearest(
    game: SignGame, S: NDArray[np.int64], log_c: Floats, undecided: NDArray[np.bool_]
) -> tuple[Pair, ...]:
    """Pairs for rows S, one less than there are for each population, no coordinate twice: in each coordinate the step
    at which |m| is least beside the sizes of its terms, and of these the least whose conditions are independent."""
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

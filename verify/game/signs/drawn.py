"""Rules that move by signs and see the samples in a random order: where small steps lead, measured.

As the steps tend to 0, w moves by the mean of sign(m) over the stationary m. That mean is a function of c that no
formula gives, and of m there are as many values as histories: so runs at small steps take the mean, several of them in
orders of their own, and how far their directions are apart tells how near to the limit their mean is. To this comes
what the size of the steps leaves: a run at half of them tells it.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from verify.errors import BadInput
from verify.evidence import Verdict
from verify.game.pace import Pace, window
from verify.game.question import Question
from verify.game.result import Limit, Prediction
from verify.game.signs.moves import moves_by_signs
from verify.game.smooth.monte_carlo import standard_error
from verify.numbers.linear.angles import Vector
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.trajectory import trajectory
from verify.problem.frozen import shares

# Runs at each of two sizes of steps, and how many steps they take: a second on small data, and never more products
# than WORK.
RUNS, STEPS, WORK = 6, 400_000, 4 * 10**9

# In the last step the margins move by this share of what the memory of a step could tell. Before all runs one goes
# ahead at so many times these steps, so that rows off the support have faded.
COARSE, AHEAD = 0.02, 10

# A row with less than this share of the weight, in the mean over the second half of the runs, fades.
FADED = 1e-4
LOOKS = 64

# The runs have settled where the rows off the support have lost this many times exp(-1) of their weight and margins
# have grown by as much; and where the halves of their second half differ by no more than this many standard errors, or
# than steps of this size leave, and no weight on the support by more than this share (one that fell by a third was at
# .06 where it should be 0), while margins grow by 1 at least, so that a row which costs that share too much is seen.
DECAYS, ERRORS, LEAST, KEPT = 10.0, 6.0, 1e-3, 0.1


def takes(opt: Optimizer, n: int) -> bool:
    """Whether the rule moves by signs, and the batches are drawn."""
    return opt.order != "cyclic" and moves_by_signs(opt) and not opt.full_batch(n)


def answer(question: Question) -> Prediction:
    """The limit of the runs from w_0."""
    data, opt, X = question.data, question.opt, question.data.floats()
    products = (RUNS + 1) * opt.products(data.n, data.d)
    steps = int(min(STEPS, question.work * WORK / products))
    reach = window(opt, data.n) * float(np.abs(X).sum(axis=1).max())
    lr = Fraction(COARSE / reach * float(np.sqrt(steps)))
    marks = np.linspace(steps // 2, steps, LOOKS + 1).astype(int).tolist()
    runs, middle = [], LOOKS // 2
    try:
        ahead = replace(opt, lr=Fraction(AHEAD * COARSE / reach), decay=Fraction(0))
        first = trajectory(X, ahead, [steps], start=question.w_0, seed=question.seed)
        for number in range(2 * RUNS):
            question.progress(f"run {number + 1} of {2 * RUNS}")
            fine = replace(opt, lr=lr / (1 + number // RUNS), decay=Fraction(1, 2))
            runs.append(trajectory(X, fine, marks, start=first.weights[-1], seed=question.seed + number))
    except BadInput as reason:
        return Prediction(data, opt, (), complete=False, note=f"order={opt.order}: {reason}")
    units, weights, turns, moved, times, lengths = [], [], [], [], [], []
    for run in runs:
        w = run.weights
        units.append(_unit(w[-1] - w[0]))
        turns.append(_unit(w[-1] - w[middle]) - _unit(w[middle] - w[0]))
        lengths.append(np.linalg.norm(w[-1] - w[0]))
        times.append((run.tau[-1] - run.tau[0]) / lengths[-1])
        halves = [shares(-(part @ X.T)).mean(axis=0) for part in (w[:middle], w[middle:])]
        weights.append(np.mean(halves, axis=0))
        moved.append(halves[1] / np.maximum(halves[0], FADED / 2) - 1)
    coarse, direction = (np.mean(part, axis=0) for part in (units[:RUNS], units[RUNS:]))
    error = standard_error(np.array(units[RUNS:]))
    direction, c = _unit(direction), np.mean(weights[RUNS:], axis=0)
    apart = float(np.linalg.norm(_unit(coarse) - direction))
    support = np.flatnonzero(c > FADED)
    costs = X @ direction
    cost = float(costs[support].mean())
    off = np.delete(costs, support)
    lasted = (first.tau[-1] + runs[-1].tau[-1]) / float(np.mean(times[RUNS:]))
    faded = not len(off) or float(off.min() - cost) * lasted >= DECAYS
    turned = float(np.linalg.norm(np.mean(turns[RUNS:], axis=0)))
    kept = float(np.abs(np.mean(moved[RUNS:], axis=0)[support]).max()) <= KEPT
    grown = cost * lasted >= DECAYS and cost * float(np.mean(lengths[RUNS:])) >= 1
    settled = (
        faded and grown and kept and turned <= ERRORS * max(standard_error(np.array(turns[RUNS:])), LEAST)
    )
    limit = Limit(
        direction=direction,
        radius=None,
        support=tuple(map(int, support)),
        weights=c,
        slack=np.inf if not len(off) else float(off.min() / cost - 1) if cost > 0 else 0.0,
        stability="undetermined",
        evidence=Verdict.MEASURED if settled else Verdict.UNDECIDED,
        note=f"mean of {RUNS} runs of {steps} steps: standard error {error:.1e} in l2 norm; at twice the steps' size "
        f"{apart:.1e} away" + ("" if settled else "; the runs have not settled"),
        error=max(error, apart),
    )
    note = f"order={opt.order}: sign(m) in the mean over random orders, by runs at small steps"
    return Prediction(data, opt, (limit,), complete=False, note=note, from_start=limit.evidence)


def _unit(w: Vector) -> Vector:
    return np.asarray(w / np.linalg.norm(w))


def pace(limit: Limit, X: Vector, opt: Optimizer) -> Pace:
    """Margins move by at most max ||x_i||_1; rows off the support fade by their slack, and the rest wavers for ever."""
    u = limit.direction / np.abs(limit.direction).max()
    slack = limit.slack if np.isfinite(limit.slack) else 1.0
    return Pace(max(slack * float((X @ u).min()), 0.0), float(np.abs(X).sum(axis=1).max()))

"""Holding directions against each other: a simulation's increments, margins, predictions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from verify.game import Limit
from verify.game.signs.deciding import Memory, memory
from verify.game.signs.moves import moves_by_signs, plays_sign
from verify.game.signs.one_batch import in_one_batch
from verify.game.signs.settling import window
from verify.game.smooth.field import field
from verify.optimizers import Optimizer
from verify.optimizers.trajectory import elapsed
from verify.simulate import trajectory

Vector = NDArray[np.float64]


def misalignment(u: Vector, v: Vector) -> float:
    """1 - cos of the angle between two vectors, to full relative accuracy also near 0; 1 if one is zero."""
    if not (u.any() and v.any()):
        return 1.0
    u, v = u / np.linalg.norm(u), v / np.linalg.norm(v)
    return float(np.sum((u - v) ** 2) / 2)


def degrees(u: Vector, v: Vector) -> float:
    """The angle between two vectors."""
    return float(np.degrees(2 * np.arcsin(np.sqrt(misalignment(u, v) / 2))))


@dataclass(frozen=True)
class Increments:
    """The direction w_T - w_{T/2} of a run from w_0 = 0: its time tau, the last step size, the iterate; and in a random
    order the standard error of the unit direction in l2 norm, as the pieces of the run tell it."""

    steps: int
    tau: float
    last_step_size: float
    direction: Vector
    weights: Vector
    error: float = 0.0


# The second half of a run in a random order is looked at in so many pieces.
PIECES = 16


def increments(
    X: Vector,
    opt: Optimizer,
    steps: int,
    *,
    start: Vector | None = None,
    seed: int = 0,
    progress: Callable[[int], None] = lambda step: None,
) -> Increments:
    """Simulate and take the increment over the second half of the steps."""
    pieces = 1 if opt.order == "cyclic" else min(PIECES, steps - steps // 2)
    marks = np.linspace(steps // 2, steps, pieces + 1).astype(int).tolist()
    run = trajectory(X, opt, marks, start=start, seed=seed, progress=progress)
    half, last = run.weights[0], run.weights[-1]
    error = _standard_error(np.diff(run.weights, axis=0), np.diff(run.tau)) if pieces > 1 else 0.0
    return Increments(
        steps, run.tau[-1], float(opt.step_sizes(steps - 1, steps)[0]), last - half, last, error
    )


def _standard_error(moves: Vector, times: Vector) -> float:
    """That of the direction of the sum of moves (K, d), as if they were independent and took these times (K,). Costs
    that draw w back to the equilibrium make later moves undo earlier ones, so it is rather too large."""
    count, total = len(moves), moves.sum(axis=0)
    astray = moves - (times / times.sum())[:, None] * total
    return float(np.sqrt(count / (count - 1) * (astray**2).sum()) / np.linalg.norm(total))


@dataclass(frozen=True)
class Pace:
    """How fast margins move near a limit, per unit of tau: log c approaches log c* at least like
    exp(-slowest tau), and nothing changes faster than exp(-fastest tau). ``slowest`` is 0 where unknown.
    To settle for good, steps have to be finer than ``fastest`` says by the factor ``finer``."""

    slowest: float
    fastest: float
    finer: float = 1.0


def pace(limit: Limit, X: Vector, opt: Optimizer) -> Pace:
    """From the game at c*: the eigenvalues of -d(dlog c/dtau)/dlog c on the support, and the least gap
    F_j - min F off it. Where the update is a sign: see ``_sign_pace``. GD's approach is not exponential in
    tau; its fastest is the curvature of the loss, at most ||X||^2 / (4 N)."""
    if opt.rule.degree == 1:
        return Pace(0.0, float(np.linalg.norm(X, 2)) ** 2 / (4 * len(X)))
    if plays_sign(opt, len(X)) or moves_by_signs(opt):
        return _sign_pace(limit, X, memory(opt, len(X)))
    game = field(X, opt)
    support = list(limit.support)
    with np.errstate(divide="ignore"):
        log_c = np.log(limit.weights)
    if in_one_batch(limit, opt, len(X)):
        # Signs of one batch's gradient times a constant, as if the other steps were not; a sign that switches needs
        # the time that it takes where no row is off the support.
        patient = replace(limit, slack=min(limit.slack, FINITE_TIME))
        alone = _sign_pace(patient, X, Memory((Fraction(1),), ((0,),) * len(X), ((1,),) * len(X)))
        speed = float(np.abs(game.drift(log_c).real).max())
        return Pace(alone.slowest * speed, alone.fastest, alone.finer)
    along = np.zeros((len(X), len(support)))
    along[support, range(len(support))] = 1.0
    eigenvalues = np.linalg.eigvals(X[support] @ game.slope(log_c, along))
    F = X @ game.drift(log_c).real
    off = np.setdiff1d(np.arange(len(X)), support)
    if game.population is None:
        gaps = F[off] - F[support].min()
    else:  # a row is off the support of its own batch
        own = [F[[i for i in support if game.population[i] == game.population[j]]].min() for j in off]
        gaps = F[off] - np.array(own)
    fastest = max(float(np.abs(eigenvalues).max()), float(F[support].min()))
    # An eigenvalue is 0: scaling all of c, or all of a batch's, changes nothing. What is below 1e-9 of the largest is
    # rounding.
    moving = np.abs(eigenvalues.real)[np.abs(eigenvalues) > 1e-9 * fastest]
    return Pace(float(min([*gaps, *moving], default=fastest)), fastest)


def _sign_pace(limit: Limit, X: Vector, kept: Memory) -> Pace:
    """Where the update is sign(m), m_q = sum_j W_qj c_j x_j after step q of an epoch: margins move by at most
    max ||x_i||_1, rows off the support lose weight at the rate of their excess, and the rest settles in finite time.

    But log c wavers by a step's worth for ever, and where m_q[k] is not 0 its sign must not follow: a step has to
    be that much finer as |m_q[k]| is less than the sum of its terms' sizes.
    """
    S = list(limit.support)
    c, rows = limit.weights[S, None], X[S]
    W = np.array(
        [[float(kept.weight(q, j)) for j in S] for q in sorted({q for j in S for q in kept.step[j]})]
    )
    sizes, sums = W @ (c * np.abs(rows)), np.abs(W @ (c * rows))
    firm = sums > ZERO * sizes
    least = float(np.min(sums[firm] / sizes[firm], initial=1.0))
    u = limit.direction / np.abs(limit.direction).max()
    rate = float((X @ u).min())
    slowest = rate * (limit.slack if np.isfinite(limit.slack) else FINITE_TIME)
    return Pace(slowest, float(np.abs(X).sum(axis=1).max()), 1 / least)


# A sign game without rows off the support settles in finite time: this share of the rate at which margins grow
# counts as its pace. (Gaussian 10 x 50, Signum at batch 1 and sign descent: within 1e-9 by then.)
FINITE_TIME = 0.1

# A sum is 0 where it is this small beside its terms: weights are exact to 1e-16.
ZERO = 1e-9

# eta_T * window * fastest at the end of a run: what a step knows, old by an epoch or by the memory of the
# moments, is then no farther from the truth than a tenth of the distance to the limit.
COARSEST = 0.1


# At half time exp(-20) = 2e-9 is left of what is to vanish (with decay 1/2, tau_{T/2} = 0.7 tau_T).
DECAYS_TO_SETTLE = 20 * math.sqrt(2)


def suited_step_size(opt: Optimizer, X: Vector, steps: int, pace: Pace) -> Optimizer:
    """The optimizer with lr such that increments settle in ``steps`` steps, or less if they would be coarse."""
    if opt.rule.degree == 1:  # GD: the largest constant step that surely decreases the loss
        return replace(opt, lr=Fraction(1 / (window(opt, len(X)) * pace.fastest)), decay=Fraction(0))
    unit = replace(opt, lr=Fraction(1))
    last = float(unit.step_sizes(steps - 1, steps)[0])
    coarsest = COARSEST / (window(opt, len(X)) * pace.fastest * last)
    longest = DECAYS_TO_SETTLE / pace.slowest / elapsed(unit, steps) if pace.slowest > 0 else math.inf
    return replace(opt, lr=Fraction(min(longest, coarsest)))


# Increments this close to a predicted limit, as 1 - cos, agree with it.
AGREES = 1e-6

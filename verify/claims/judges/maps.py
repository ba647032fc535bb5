"""The epoch map U(c) as judges ask for it, and bounds of its rounding."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from properties import Judgement, vacuous, within
from verify.optimizers import Optimizer
from verify.optimizers.traits import two_moments
from verify.problem.epoch_map import epoch_map

Vector = NDArray[np.float64]

EPS = 2.0**-52


def radius(X: Vector, dual: float = 1) -> float:
    """R, the largest norm of a row."""
    return float(np.linalg.norm(X, dual, axis=1).max())


def U(opt: Optimizer, X: Vector, c: Vector) -> Vector:
    """The epoch map at weights c (N)."""
    with np.errstate(divide="ignore"):
        return np.asarray(epoch_map(opt, X)(np.log(c)).real)


def batch_means(opt: Optimizer, rows: Vector) -> Vector:
    """The means (B, d) of per-sample rows (N, d) over the batches of an epoch in cyclic order."""
    size = opt.batch(len(rows))
    return np.array([rows[q : q + size].mean(axis=0) for q in range(0, len(rows), size)])


def sizes(opt: Optimizer, X: Vector, c: Vector) -> Vector:
    """A bound (d,) on the mean over an epoch of (sizes of the terms of m, before they cancel) / (denominator).

    U of |X| is that with the denominators of |X|. Those of AdamProxy and per-sample Adam see squares only; in
    a batch samples cancel, by a factor of at most the roots' ratio below; ngd's is the norm of the sum.
    """
    found = U(opt, np.abs(X), c)
    if opt.rule.reads == "norm":
        return np.asarray(found * np.linalg.norm(c @ np.abs(X)) / np.linalg.norm(c @ X))
    if two_moments(opt.rule):
        before, after = (batch_means(opt, c[:, None] * rows) for rows in (np.abs(X), X))
        with np.errstate(divide="ignore", invalid="ignore"):
            lost = np.sqrt((before**2).sum(axis=0) / (after**2).sum(axis=0))
        # Where a whole batch cancels exactly nothing is promised; where there are no terms nothing is lost.
        found = found * np.where(before.any(axis=0), lost, 0.0)
        found = found / float(opt.beta2) ** ((len(before) - 1) / 2)
    return np.asarray(found)


def rounding(opt: Optimizer, X: Vector, c: Vector) -> Vector:
    """What two ways to compute U(c) may differ by, (d,): 16 N d eps (1 + most of |u|) times the terms' sizes.

    Periodic moments divide by 1 - beta^B, for B batches, which loses as much.
    """
    n, d = X.shape
    loss = sum(1 / (1 - float(opt.values[beta]) ** opt.steps_per_epoch(n)) for beta in opt.rule.betas) or 1.0
    return np.asarray(16 * n * d * EPS * loss * (1 + largest_update(opt)) * sizes(opt, X, c))


def largest_update(opt: Optimizer) -> float:
    """The most that |u| can be: 1, but for Adam (1-b1) / sqrt((1-b2) (1 - b1^2/b2)) by Cauchy, without bound unless
    b1^2 < b2."""
    if not two_moments(opt.rule):
        return 1.0
    b1, b2 = float(opt.beta1), float(opt.beta2)
    if b1 * b1 >= b2:
        return math.inf
    return (1 - b1) / math.sqrt((1 - b2) * (1 - b1 * b1 / b2))


def equal(found: Vector, wanted: Vector, allowed: Vector, what: str) -> Judgement:
    """Entry by entry; vacuous where nothing is promised."""
    if not np.isfinite(allowed).all():
        return vacuous("the samples of a batch cancel exactly")
    gap = np.abs(found - wanted)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(
            gap == 0, 0.0, gap / allowed
        )  # without terms, as in a column of zeros, no gap is allowed
    k = int(np.argmax(np.where(np.isnan(ratio), np.inf, ratio)))
    return within(float(abs(found - wanted)[k]), float(allowed[k]), f"{what}, entry {k}")

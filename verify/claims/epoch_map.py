"""The epoch map of per-sample Adam."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from properties import Case, Judgement, clause, stated, trial, vacuous
from properties.cases import adam, maps
from verify.claims.hypotheses import (
    BELOW,
    BETAS,
    CYCLIC,
    FROZEN,
    SCHEDULE,
    SHIPPED_LOSS,
)
from verify.claims.instances import SMALL_GAUSSIAN, on
from verify.claims.judges.maps import EPS, U, batch_means, equal, largest_update, radius, rounding, sizes
from verify.game.pace import window
from verify.losses import LOSSES
from verify.numbers.linear.angles import Vector
from verify.optimizers import Optimizer, optimizer
from verify.simulate import trajectory


def published(g: Vector, b1: float, b2: float, lag: Callable[[int, int], int]) -> Vector:
    """The right-hand side of Prop. 2.5 for per-sample gradients g, shape (N, d), as it is printed."""
    n = len(g)
    C = (1 - b1) / (1 - b1**n) * np.sqrt((1 - b2**n) / (1 - b2))
    total = np.zeros(g.shape[1])
    for i in range(n):
        m = sum(b1 ** (lag(i, j) % n) * g[j] for j in range(n))
        v = sum(b2 ** (lag(i, j) % n) * g[j] ** 2 for j in range(n))
        total += m / np.sqrt(v)
    return np.asarray(C * total)


def printed(opt: Optimizer, means: Vector, lag: Callable[[int, int], int]) -> Vector:
    """The closed form of U for the batches' means (B, d); 0 where all are 0, since nothing moves there."""
    with np.errstate(invalid="ignore"):
        found = published(means, float(opt.beta1), float(opt.beta2), lag) / len(means)
    return np.where(means.any(axis=0), found, 0.0)


def closed_form(case: Case, lag: Callable[[int, int], int] = lambda i, j: i - j) -> Judgement:
    """The engine's U against the formula as printed."""
    opt, X, c = case.optimizer, case.X, case.c
    means = batch_means(opt, c[:, None] * X)
    formula = printed(opt, means, lag)
    return equal(U(opt, X, c), formula, rounding(opt, X, c), "U - closed form")


def residual(case: Case, lag: Callable[[int, int], int] = lambda i, j: i - j) -> Judgement:
    """e_r of a run with constant eta against 2 eta R W (1 + max|u|) times the terms' sizes.

    Over s steps margins move by at most eta R s, R = max ||x_i||_1 max|u|, and a sample's gradient by that
    share of itself, twice that for s eta R <= 1. A moment looks back W = 2 B + 1/(1 - beta) steps on average,
    as the frozen gradients are those at the epoch's start, and u = m/sqrt(v) takes over the share of m and
    |u| times that of sqrt(v).
    """
    opt, X = case.optimizer, case.X
    n = len(X)
    batches = opt.steps_per_epoch(n)
    most = largest_update(opt)
    speed, reach = radius(X) * most, 2 * batches + window(opt, n)
    eta = Fraction(1, 10**6) / Fraction(speed * reach)
    opt = replace(opt, lr=eta, decay=Fraction(0), loss=LOSSES["exponential"])
    steps = batches * math.ceil(40 * window(opt, n) / batches)  # exp(-40) = 4e-18 is left of the zero start
    w = trajectory(X, opt, [steps, steps + batches], start=case.w_0).weights
    weights = np.exp(-(X @ w[0]))
    means = batch_means(opt, -weights[:, None] * X)
    formula = printed(opt, means, lag)
    change = (w[0] - w[1]) / (float(eta) * batches)
    allowed = 2 * float(eta) * speed * reach * (1 + most) * sizes(opt, X, weights)
    if not allowed.max() < 0.1:
        return vacuous("samples of a batch cancel")
    floor = EPS * (np.abs(w[1]).max() + float(eta) * steps) * 8 / float(eta)  # rounding of w in each step
    return equal(change, formula, allowed + floor, "epoch - closed form")


PLACE = 2
STEADY = [optimizer("adam", beta1=Fraction(4, 5), beta2=Fraction(19, 20))]
JMI = "exponent j - i"
CLAIM = stated(
    "epoch-map",
    "Closed form of an epoch of per-sample Adam",
    "arXiv 2510.26303, Prop. 2.5 (as reconstructed from reviews)",
    clause(
        r"With frozen gradients $g_j$ an epoch of Adam moves $w$ by $-\eta\, C(\beta_1,\beta_2)\sum_i "
        r"\frac{\sum_j \beta_1^{(i-j) \bmod N} g_j}{\sqrt{\sum_j \beta_2^{(i-j) \bmod N} g_j^2}}$, "
        r"$C = \frac{1-\beta_1}{1-\beta_1^N}\sqrt{\frac{1-\beta_2^N}{1-\beta_2}}$.",
        (*BETAS, CYCLIC, FROZEN),
        trial("epoch-closed-form", maps(adam), closed_form, {JMI: partial(closed_form, lag=lambda i, j: j - i)}),
        chains=("epoch-map",),
        theorems=("epoch_map", "epoch_map_samples", "epoch_map_batches"),
    ),
    clause(
        r"$w^{r+1}-w^r$ is that with $g_j = \nabla L_j(w^r)$, $\eta = \eta_{rN}$ and a remainder: it moves by "
        r"$-\eta_{rN}(\dots + e_r)$ with $e_r \to 0$.",
        (*BETAS, BELOW, CYCLIC, SHIPPED_LOSS, SCHEDULE),
        trial("epoch-residual", maps(adam), residual, {JMI: partial(residual, lag=lambda i, j: j - i)}, cost=2,
              named=on(SMALL_GAUSSIAN, "gaussian:n=7,d=3,seed=1", opts=STEADY)),
        chains=("step-sizes", "epoch-residual-bound"),
    ),
)  # fmt: skip

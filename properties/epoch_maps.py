"""Properties of the epoch map U(c): its closed form, its limit, Signum's signs; and bounds of its rounding."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
from numpy.typing import NDArray

from properties.cases import adam, maps, per_sample, signum
from properties.property import Case, Judgement, Property, vacuous, within
from properties.strategies import separable
from verify.claims.epoch_map import published
from verify.game.pace import window
from verify.losses import LOSSES
from verify.optimizers import Optimizer, optimizer
from verify.problem.epoch_map import epoch_map
from verify.simulate import trajectory

Vector = NDArray[np.float64]

EPS = 2.0**-52


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
    if "beta2" in opt.rule.betas:
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
    batches = -(-n // opt.batch(n))
    loss = sum(1 / (1 - float(opt.values[beta]) ** batches) for beta in opt.rule.betas) or 1.0
    return np.asarray(16 * n * d * EPS * loss * (1 + largest_update(opt)) * sizes(opt, X, c))


def largest_update(opt: Optimizer) -> float:
    """The most that |u| can be: 1, but for Adam (1-b1) / sqrt((1-b2) (1 - b1^2/b2)) by Cauchy, for b1^2 < b2."""
    if "beta2" not in opt.rule.betas:
        return 1.0
    b1, b2 = float(opt.beta1), float(opt.beta2)
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
    batches = -(-n // opt.batch(n))
    most = largest_update(opt)
    speed, reach = float(np.abs(X).sum(axis=1).max()) * most, 2 * batches + window(opt, n)
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


def proxy_limit(case: Case, power: float = 0.5, order: int = 1) -> Judgement:
    """|U_Adam - sqrt(N) U_proxy| <= b2^(-(N-1)/2) - 1 in each coordinate.

    The weights of v lie within a factor b2^(+-(N-1)) of 1/N, so each sqrt(v) lies within the root of it of
    sqrt(sum g^2 / N); the m of an epoch add up to sum g; and sum |g| <= sqrt(N sum g^2).
    """
    opt, X, c = case.optimizer, case.X, case.c
    n, proxy = len(X), optimizer("adam-proxy")
    bound = float(opt.beta2) ** (-(n - 1) / 2) - 1
    room = rounding(opt, X, c) + n**power * rounding(proxy, X, c)
    return equal(U(opt, X, c), n**power * U(proxy, X, c), bound**order + room, "U_Adam - sqrt(N) U_proxy")


def sign_condition(case: Case, factor: float = 1.0) -> Judgement:
    """Where an epoch has a step against the sign of sum G, |sum_q G_q| <= (1-q)/(1+q) sum_q |G_q|, q = beta^(B-1)."""
    opt, X, c = case.optimizer, case.X, case.c
    means = batch_means(opt, c[:, None] * X)
    q = float(opt.beta1) ** (len(means) - 1)
    total, size = means.sum(axis=0), np.abs(means).sum(axis=0)
    # Rounding decides the sign of m near 0: then the ratio is the threshold, up to this.
    allowed = factor * (1 - q) / (1 + q) + 64 * EPS * len(X) / max(q, EPS)
    # Where terms cancel inside the batches too, the total is rounding and has no sign.
    sure = np.abs(total) > 8 * EPS * len(X) * batch_means(opt, np.abs(c[:, None] * X)).sum(axis=0)
    against = sure & (U(opt, X, c) != np.sign(total))
    astray = np.where(against, np.abs(total) / np.where(size, size, 1.0), 0.0)
    return within(float(astray.max()), allowed, "|sum G| / sum |G| where a step has the other sign")


PROPERTIES = (
    Property(
        "epoch-map",
        "epoch-closed-form",
        "U(c) of Adam is the printed closed form, for batches too; to 16 N d eps (1 + max|u|) of the terms' sizes.",
        maps(adam),
        closed_form,
        {"exponent j - i": partial(closed_form, lag=lambda i, j: j - i)},
    ),
    Property(
        "epoch-map",
        "epoch-residual",
        "A simulated epoch differs from the closed form by at most 2 eta R W (1 + max|u|) times the terms' sizes.",
        maps(adam),
        residual,
        {"exponent j - i": partial(residual, lag=lambda i, j: j - i)},
        cost=2,
    ),
    Property(
        "proxy-limit",
        "proxy-limit-bound",
        "|U_Adam - sqrt(N) U_proxy| <= b2^(-(N-1)/2) - 1.",
        maps(per_sample),
        proxy_limit,
        {"factor N": partial(proxy_limit, power=1.0), "second order": partial(proxy_limit, order=2)},
    ),
    Property(
        "signum-bound",
        "signum-sign-condition",
        "Signum steps by sign(sum G) wherever |sum G| > (1-q)/(1+q) sum |G|.",
        maps(signum, data=separable((2, 6), (2, 6)), decades=0),
        sign_condition,
        {"half the threshold": partial(sign_condition, factor=0.5)},
    ),
)

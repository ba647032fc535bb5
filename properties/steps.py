"""Properties of single steps and short runs: signs, the replicator equation, exact scaling."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from properties.cases import PLAIN, full_adam, rule, runs, scaling_rules
from properties.growth import radius
from properties.property import Case, Judgement, Property, vacuous, within
from verify.claims.full_batch_sign import steady_steps
from verify.losses import LOSSES
from verify.problem.epoch_map import epoch_map
from verify.simulate import trajectory

# exp of this is a float64, with room for a few more powers of ten.
LARGEST = 600.0


def full_batch_signs(case: Case, batch_size: int | None = None) -> Judgement:
    """|u sign(g) - 1| <= 2 r/(1 - r) + 1e-6 in the coordinates whose gradient stays within a share r < 1/5 of itself
    over 200 steps; steps small enough for most to do so."""
    opt, X = case.optimizer, case.X
    last = 20_000
    # eta_T * 200 * max ||x_i||_1 = 1/20: by so much may log c change over the memory.
    opt = replace(opt, lr=Fraction(math.sqrt(last) / (4000 * radius(X, 1))), batch_size=batch_size)
    error, bound = steady_steps(X, opt, last)
    if not len(error):
        return vacuous("no steady coordinate")
    return within(float((error / bound).max()), 1.0, "|u/sign - 1| / bound")


def replicator(case: Case, factor: float = 1.0) -> Judgement:
    """Over T = 100 steps of small eta log c changes by -eta T (F - c'F) times ``factor``, up to 4 (eta T R)^2.

    |U_k| <= 1/sqrt N, so log c moves by less than eta T R in all, and U with it at most twice as fast.
    """
    opt, X, steps = case.optimizer, case.X, 100
    R = radius(X, 1)
    eta = 1e-4 / R
    opt = replace(opt, lr=Fraction(eta), decay=Fraction(0), loss=LOSSES["exponential"])
    w = trajectory(X, opt, [steps], start=case.w_0).weights[0]
    log_c = -(X @ case.w_0)
    c = np.exp(log_c - log_c.max())
    c /= c.sum()
    F = X @ epoch_map(opt, X)(log_c).real
    change = -(X @ (w - case.w_0))
    seen, wanted = change - c @ change, -factor * (F - c @ F) * eta * steps
    allowed = 4 * (eta * steps * R) ** 2 + 1e-13 * steps * float(np.abs(X @ case.w_0).max() + 1)
    return within(float(np.abs(seen - wanted).max()), allowed, "change of log c - replicator equation")


def exactly_scaled(case: Case, power: int = 1) -> Judgement:
    """Data times 2^k and steps times 2^-k (4^-k for GD): the iterate times 2^-k, to the last bit.

    GD takes the step that suits the curvature at w_0 at most, R^2 exp(-min z): with a longer one it may leave float64.
    """
    X, opt = case.X, case.optimizer
    if opt.rule.degree:
        curvature = radius(X, 2) ** 2 * math.exp(min(-float((X @ case.w_0).min()), LARGEST))
        opt = replace(opt, lr=1 / Fraction(curvature))
    factor = Fraction(2) ** int(case.change[0])
    before, after = (
        trajectory(rows, o, [100, 1000], start=start).weights
        for rows, o, start in (
            (X, opt, case.w_0),
            (
                X * float(factor),
                replace(opt, lr=opt.lr / factor ** (power + opt.rule.power)),
                case.w_0 / float(factor),
            ),
        )
    )
    gap = np.abs(after * float(factor) - before).max() / np.abs(before).max()
    # gd's and ngd's sums round alike too: powers of two change no mantissa; sqrt and exp see the same numbers.
    return within(float(gap), 1e-13, "relative difference of the iterates")


PROPERTIES = (
    Property(
        "full-batch-sign", "full-batch-signs", "Full-batch Adam steps by the sign where the gradient is steady.",
        runs(full_adam, PLAIN), full_batch_signs, {"per-sample Adam": partial(full_batch_signs, batch_size=1)},
    ),
    Property(
        "game-fixed-point", "replicator-equation", "d log c = -(F - c'F) d tau along AdamProxy's steps.",
        runs(rule("adam-proxy"), PLAIN, start=True), replicator, {"half the speed": partial(replicator, factor=0.5)},
    ),
    Property(
        "finite-beta2", "run-exactly-scaled", "Data times 2^k, steps times 2^-k: the same run, to rounding.",
        runs(scaling_rules, PLAIN, start=True, powers=True), exactly_scaled,
        {"steps not scaled": partial(exactly_scaled, power=0)},
    ),
)  # fmt: skip

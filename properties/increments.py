"""Properties of simulated runs: where their increments point."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np

from properties.cases import DATA, batched_adam, rule, runs, tilted
from properties.cycles import PROXY
from properties.epoch_maps import largest_update, sizes
from properties.equilibria import NEWTON, limits_of
from properties.property import Case, Judgement, Property, vacuous, within, worst
from properties.strategies import scaled_rademacher, separable
from verify.compare import DECAYS_TO_SETTLE, Vector, increments, pace, suited_step_size
from verify.game import Limit
from verify.game.settling import window
from verify.margins import Norm, max_margin
from verify.optimizers import Optimizer

STEPS = 10**6

# Increments say nothing of a limit if their direction may be off by more than this.
VAGUE = 0.02


def settles(case: Case, aim: Optimizer | None = None, kind: Norm | None = None) -> Judgement:
    """The increment over the second half of a run points to one of the limits, by direction and by margin.

    Let s be the slowest rate of the game at its limit, f the fastest, l the margin of the limit; W the window of a
    step, eta its size at half time. By half time log c is off by 10 exp(-s tau_(T/2)), say. A step that is old by W
    sees costs off by ``stale``, and the logistic loss ones off by f exp(-min z); either holds log c at a distance
    of 1/s times that from c*. As it vanishes margins change by as much, while they grow by l (tau_T - tau_(T/2)).
    Within an epoch U itself is off by (eta W f)^2.

    ``aim``: another optimizer's limits instead; ``kind``: a max-margin direction instead.
    """
    opt, X = case.optimizer, case.X
    limits = limits_of(case.data, opt)
    if not limits or any(limit.stability != "attracting" for limit in limits[:1]):
        return vacuous("no limit that is known to attract")
    paces = [pace(limit, X, opt) for limit in limits if limit.stability == "attracting"]
    slowest, fastest = min(p.slowest for p in paces), max(p.fastest for p in paces)
    if slowest <= 0:
        return vacuous("the pace at the limit is not known")
    # Twice the time that the pace asks for: one half to come near from w_0, one to settle.
    suited = suited_step_size(opt, X, STEPS, replace(paces[0], slowest=slowest / 2, fastest=fastest))
    half = float(suited.step_sizes(0, STEPS // 2).sum())
    # From w_0 the weights have first to come near: margins differ by |x_i.w_0| there.
    far = float(np.ptp(X @ case.w_0)) / float((X @ limits[0].direction).max())
    if slowest * (half - far) < 0.99 * DECAYS_TO_SETTLE / math.sqrt(2):
        return vacuous("the run is too short to settle")
    run = increments(X, suited, STEPS, start=case.w_0)
    least = min(float((X @ limit.direction).min()) for limit in limits)
    eta = run.last_step_size * math.sqrt(2)
    coarse = eta * window(opt, len(X)) * fastest
    tail = math.exp(-float((X @ (run.weights - run.direction)).min())) if opt.loss == "logistic" else 0.0
    lag = (stale(opt, X, limits[0], eta, fastest) + tail * fastest) / slowest / (least * (run.tau - half))
    allowed = 10 * math.exp(-slowest * (half - far)) + lag + coarse**2 + NEWTON
    if allowed > VAGUE:
        return vacuous("the steps are too coarse to tell")
    targets = [limit.direction for limit in limits_of(case.data, aim or opt)]
    if kind:
        targets = [max_margin(case.data, kind).unit()]
    unit = run.direction / np.linalg.norm(run.direction)
    gap = min(float(np.linalg.norm(unit - target)) for target in targets)
    margin = 1 - float((X @ unit).min()) / min(float((X @ target).min()) for target in targets)
    steep = float(np.linalg.norm(X, axis=1).max()) / least
    return worst([
        within(gap, allowed, "distance of increments to the nearest limit"),
        within(margin, allowed * steep, "1 - margin of increments / that of the limit"),
    ])  # fmt: skip


def stale(opt: Optimizer, X: Vector, limit: Limit, eta: float, fastest: float) -> float:
    """How far the costs of steps of size eta near a limit may be off, as gradients are old by the window W.

    f (eta W f) where a step sees one gradient. Adam's steps in an epoch see several, and what they lose may be more
    than the mean's slope f says: 2 eta R W (1 + max|u|) times the sizes of U's terms, as for the residual.
    """
    if "beta2" not in opt.rule.betas:
        return eta * window(opt, len(X)) * fastest**2
    most = largest_update(opt)
    speed = float(np.abs(X).sum(axis=1).max()) * most
    change = 2 * eta * speed * window(opt, len(X)) * (1 + most) * sizes(opt, X, limit.weights)
    return float((np.abs(X) @ change).max())


PROPERTIES = (
    Property(
        "finite-beta2", "adam-increments", "Increments of Adam, any batch < N, go to a limit of its own game.",
        runs(batched_adam, separable((2, 4), (2, 4))), settles, {"AdamProxy's limits": partial(settles, aim=PROXY)},
        cost=10,
    ),
    Property(
        "proxy-direction", "proxy-increments", "Increments of AdamProxy from any start go to a limit of its game.",
        runs(rule("adam-proxy"), DATA, start=True), settles, {"l2": partial(settles, kind="l2")}, cost=4,
    ),
    Property(
        "scaled-rademacher-l2", "rademacher-increments", "On scaled-Rademacher data Adam's increments go to l2.",
        runs(batched_adam, scaled_rademacher((2, 4), (2, 3))), partial(settles, kind="l2"),
        {"AdamProxy's at other data": lambda case: settles(replace(case, data=tilted(case.data)), kind="l2")}, cost=10,
    ),
    Property(
        "gd-l2", "ngd-increments", "Increments of normalized GD from any start go to the exact l2 direction.",
        runs(rule("ngd"), DATA, start=True), partial(settles, kind="l2"), {"l_inf": partial(settles, kind="linf")},
        cost=4,
    ),
)  # fmt: skip

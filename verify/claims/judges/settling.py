"""Where the increments of simulated runs point, and their weights go."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.integrate import solve_ivp

from properties import Case, Judgement, vacuous, within, worst
from verify.claims.judges.limits import NEWTON, limits_of, predicted
from verify.claims.judges.maps import largest_update, radius, sizes
from verify.evidence import Verdict
from verify.game import Limit
from verify.game.games import pace
from verify.game.pace import DECAYS_TO_SETTLE, Pace, suited_step_size, window
from verify.game.smooth.field import field
from verify.margins import Norm, max_margin
from verify.numbers.linear.angles import Vector, misalignment
from verify.numbers.systems.arrays import ARRAYS
from verify.optimizers import Optimizer
from verify.optimizers.increments import Increments, increments
from verify.optimizers.traits import two_moments
from verify.problem.frozen import shares

STEPS = 10**6

# Increments say nothing of a limit if their direction may be off by more than this.
VAGUE = 0.02

# Nor do weights by more than this in total variation; their bound is the coarser one.
VAGUE_WEIGHTS = 0.1

# A run that has not arrived is repeated with so many times the steps, and is on its way if it came so much nearer.
LONGER, NEARER = 16, 4.0

# From log c within this of log c* on it approaches at the pace of the limit, as far as that can be said.
NEAR = 1.0

# It may take so many times the time to settle, in e-folds, until the flow comes near.
LATEST = 10.0


@dataclass(frozen=True)
class Settled:
    """A run that has come near a limit, and how far it may still be from one, by stated formulas.

    limits     of the optimizer's own game;
    run        its increments over the second half, and w at the end;
    least      the least margin of the limits;
    direction  the allowed l2 distance of the increments' unit direction from that of a limit;
    log_c      the allowed distance of log c at the end from log c*.
    """

    limits: tuple[Limit, ...]
    run: Increments
    least: float
    direction: float
    log_c: float


@lru_cache(maxsize=1000)
def settled(case: Case) -> Settled | str:
    """Run a case in steps that suit its game; the reason where nothing can be told of it.

    Let s be the slowest rate of the game at its limit, f the fastest, l the margin of the limit; W the window of a
    step, eta its size. From the time on at which the flow comes near a limit log c is off by 10 exp(-s tau), say. A
    step that is old by W sees costs off by ``stale``, and the logistic loss ones off by f exp(-min z); either holds
    log c at a distance of 1/s times that from c*. As it vanishes from half time on margins change by as much, while
    they grow by l (tau_T - tau_(T/2)). Within an epoch log c turns by what W steps move it, and U by (eta W f)^2.
    """
    opt, X = case.optimizer, case.X
    known = predicted(case.data, opt, prove=False)
    limits = known.limits
    if not case.start and known.from_start is Verdict.UNDECIDED:
        return "the flow from w_0 = 0 reaches no equilibrium, as where samples of a batch cancel and U jumps"
    if not limits or limits[0].stability != "attracting":
        return "no limit that is known to attract"
    least = min(float((X @ limit.direction).min()) for limit in limits)
    if least <= 0:
        return "not every margin grows along the limits: their common cost is not positive"
    attracting = [limit for limit in limits if limit.stability == "attracting"]
    paces = [pace(limit, X, opt) for limit in attracting]
    slowest, fastest = min(p.slowest for p in paces), max(p.fastest for p in paces)
    if slowest <= 0:
        return "the pace at the limit is not known"
    # By half time the run has come near from w_0, and has then had twice the time to settle that the pace asks for.
    settling = DECAYS_TO_SETTLE / math.sqrt(2) / slowest
    near = arrival(opt, X, case.w_0, attracting, LATEST * settling)
    if near > LATEST * settling:
        return "the flow comes near no limit in that time"
    whole = math.sqrt(2) * (near + 2 * settling)
    suited = suited_step_size(
        opt, X, STEPS, replace(paces[0], slowest=DECAYS_TO_SETTLE / whole, fastest=fastest)
    )
    half = float(suited.step_sizes(0, STEPS // 2).sum())
    if half - near < 0.99 * settling:
        return "the run is too short to settle"
    run = increments(X, suited, STEPS, start=case.w_0)
    eta = run.last_step_size * math.sqrt(2)  # at half time
    tail = opt.loss.astray(float((X @ (run.weights - run.direction)).min()))
    held = (stale(opt, X, limits[0], eta, fastest) + tail * fastest) / slowest
    coarse = eta * window(opt, len(X)) * fastest
    direction = (
        10 * math.exp(-slowest * (half - near)) + held / (least * (run.tau - half)) + coarse**2 + NEWTON
    )
    log_c = 10 * math.exp(-slowest * (run.tau - near)) + held + moved(opt, X, eta, fastest) + NEWTON
    if direction > VAGUE:
        return "the steps are too coarse to tell"
    return Settled(limits, run, least, direction, log_c)


def arrival(opt: Optimizer, X: Vector, w_0: Vector, limits: Sequence[Limit], until: float) -> float:
    """The time tau at which the flow from w_0 is near one of the limits: log c within NEAR of log c* on its support.
    inf if it is not ``until`` then."""
    game, log_weight = field(X, opt), opt.loss.log_weight(ARRAYS)

    def away(_: float, w: Vector) -> float:
        log_c = log_weight(X @ w)
        log_c = log_c - np.logaddexp.reduce(log_c)
        supports = [(list(limit.support), limit.weights) for limit in limits]
        return min(float(np.abs(log_c[S] - np.log(weights[S])).max()) for S, weights in supports) - NEAR

    away.terminal = True  # type: ignore[attr-defined]
    if away(0.0, w_0) <= 0:
        return 0.0
    found = solve_ivp(
        lambda _, w: game.drift(log_weight(X @ w)),
        (0.0, until),
        w_0,
        "LSODA",
        events=away,
        rtol=1e-6,
        atol=1e-6,
    )
    return float(found.t[-1]) if found.status == 1 else math.inf


def targets_of(case: Case, aim: Optimizer | None, kind: Norm | None, dropped: int) -> list[Vector]:
    """Directions to which a run is to go: those of the limits of the case's optimizer, or of ``aim``, but for the first
    that are ``dropped``; or that of the max margin of a ``kind``."""
    if kind:
        return [max_margin(case.data, kind).unit()]
    return [limit.direction for limit in limits_of(case.data, aim or case.optimizer, prove=False)][dropped:]


def settles(
    case: Case, aim: Optimizer | None = None, kind: Norm | None = None, dropped: int = 0
) -> Judgement:
    """The increment over the second half of a run points to one of the limits, by direction and by margin.

    ``aim``: another optimizer's limits instead; ``kind``: a max-margin direction instead; ``dropped``: without the
    first limits.
    """
    end, X = settled(case), case.X
    if isinstance(end, str):
        return vacuous(end)
    targets = targets_of(case, aim, kind, dropped)
    if not targets:
        return within(
            1.0, end.direction, "distance of increments to the nearest limit, of which there is none"
        )
    unit = end.run.direction / np.linalg.norm(end.run.direction)
    gap = min(float(np.linalg.norm(unit - target)) for target in targets)
    margin = 1 - float((X @ unit).min()) / min(float((X @ target).min()) for target in targets)
    steep = float(np.linalg.norm(X, axis=1).max()) / end.least
    return worst([
        within(gap, end.direction, "distance of increments to the nearest limit"),
        within(margin, end.direction * steep, "1 - margin of increments / that of the limit"),
    ])  # fmt: skip


def weights_settle(case: Case, shift: int = 0) -> Judgement:
    """At the end of a run c = exp(-z)/sum exp(-z) is c* of one of the limits, in total variation.

    c* exp(e), made a point of the simplex again, is within tanh(max|e| / 2) of c*; rows off the support are among
    what decays. ``shift``: the weights of so many rows on.
    """
    end = settled(case)
    if isinstance(end, str):
        return vacuous(end)
    allowed = math.tanh(end.log_c / 2)
    if allowed > VAGUE_WEIGHTS:
        return vacuous("the steps are too coarse to tell weights")
    z = case.X @ end.run.weights
    c = shares(-z)
    gap = min(float(np.abs(c - np.roll(limit.weights, shift)).sum()) / 2 for limit in end.limits)
    return within(gap, allowed, "total variation between c at the end and c* of the nearest limit")


def moved(opt: Optimizer, X: Vector, eta: float, fastest: float) -> float:
    """How far log c moves in a window of steps: by eta W f where a step sees one gradient; Adam's steps in an epoch
    differ, and move it by eta W max||x||_1 max|u| at most."""
    speed = radius(X) * largest_update(opt) if two_moments(opt.rule) else fastest
    return eta * window(opt, len(X)) * speed


def stale(opt: Optimizer, X: Vector, limit: Limit, eta: float, fastest: float) -> float:
    """How far the costs of steps of size eta near a limit may be off, as gradients are old by the window W.

    f (eta W f) where a step sees one gradient. Adam's steps in an epoch see several, and what they lose may be more
    than the mean's slope f says: 2 eta R W (1 + max|u|) times the sizes of U's terms, as for the residual.
    """
    if not two_moments(opt.rule):
        return eta * window(opt, len(X)) * fastest**2
    most = largest_update(opt)
    speed = radius(X) * most
    change = 2 * eta * speed * window(opt, len(X)) * (1 + most) * sizes(opt, X, limit.weights)
    return float((np.abs(X) @ change).max())


def arrives(
    case: Case,
    aim: Optimizer | None = None,
    kind: Norm | None = None,
    allowed: float = 1e-6,
    dropped: int = 0,
) -> Judgement:
    """The increments of a run of 10^6 steps point to a limit of its game, to an accuracy that was seen: for large data,
    whose steps are so coarse that ``settles`` has no bound that tells anything.

    A run of step size eta leaves about (eta N ||x||_1)^2. One that has not come so near is repeated with LONGER times
    as many steps: tau is then 4 times as long, and what is approached like 1/tau comes 16 times nearer in 1 - cos. If
    it came nearer by a factor of NEARER it is slow, and nothing is said. ``aim``: the limits of another optimizer's
    game instead; ``kind``: a max-margin direction; ``dropped``: without the first limits.
    """
    X, opt = case.X, case.optimizer
    limits = limits_of(case.data, opt, prove=False)
    paces = [pace(limit, X, opt) for limit in limits if limit.stability == "attracting"]
    if not paces:
        return vacuous("no equilibrium is known to attract")
    targets = targets_of(case, aim, kind, dropped)
    # From another start it takes longer to come near.
    slowest = min(p.slowest for p in paces) / (2 if case.start else 1)
    fastest, gap, before = max(p.fastest for p in paces), math.inf, math.inf
    for longer in (1, LONGER):
        suited = suited_step_size(opt, X, STEPS * longer, Pace(slowest / math.sqrt(longer), fastest))
        direction = increments(X, suited, STEPS * longer, start=case.w_0).direction
        before, gap = gap, min((misalignment(direction, target) for target in targets), default=1.0)
        if gap < allowed:
            break
    if allowed < gap < before / NEARER and before < math.inf:
        return vacuous("the run is still on its way")
    return within(gap, allowed, f"1 - cos of the increments of {STEPS} steps or more to the nearest limit")

"""How far margins must have grown after each step of a run, and how fast they grow in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, combinations

import numpy as np

from properties import Case, Judgement, vacuous, within
from verify.claims.judges.maps import EPS, largest_update, radius
from verify.margins import Norm, max_margin
from verify.numbers.linear.angles import Vector
from verify.optimizers import Optimizer
from verify.simulate import trajectory

# The bounds are held against every step of a run of so many.
STEPS = 300


@dataclass(frozen=True)
class Descent:
    """The norm in which a rule's steps are as long as eta_t, and its dual; from gamma, the ``pace`` of its margins and
    the share of D^2 that its squares cost; whether its steps are as long as its ``path`` says instead."""

    kind: Norm
    dual: int
    pace: Callable[[Case, float], tuple[float, float]] = lambda case, gamma: (gamma, 1.0)
    path: bool = False


def _of_proxy(case: Case, gamma: float) -> tuple[float, float]:
    return gamma**2 / (case.data.n * radius(case.X)), 1 / case.data.n


def _of_batches(case: Case, gamma: float) -> tuple[float, float]:
    """(1 + sqrt kappa) R / f under gamma^2, and f^2, f the longest step."""
    n, b = case.data.n, case.optimizer.values["drawn"]
    longest, kappa = float(b * (n - 1) / (n * (b - 1))), float((n - b) / (b - 1))
    return longest**0.5 * gamma**2 / ((1 + kappa**0.5) * radius(case.X)), longest


DESCENTS = {
    "signgd": Descent("linf", 1),
    "ngd": Descent("l2", 2),
    "gd": Descent("l2", 2, path=True),
    "adam-proxy": Descent("linf", 1, _of_proxy),
    "batch-proxy": Descent("linf", 1, _of_batches),
}


def spread(X: Vector, dual: int, subsets: bool) -> float:
    """D, how far two rows are apart in the dual norm; or two sums over nonempty subsets of rows."""
    if subsets:
        chosen = [c for size in range(1, len(X) + 1) for c in combinations(range(len(X)), size)]
        X = np.array([X[list(c)].sum(axis=0) for c in chosen])
    return float(np.linalg.norm(X[:, None] - X[None], dual, axis=2).max())


def of_loss(opt: Optimizer, n: int) -> tuple[float, int]:
    """Phi_0 and kappa: log N and 1 of the exponential loss, log(2^N - 1) and N of the logistic one."""
    return (np.log(2.0**n - 1), n) if opt.loss.name == "logistic" else (np.log(n), 1)


def margins(case: Case, opt: Optimizer) -> tuple[Vector, Vector]:
    """w (STEPS + 1, d), from w_0 = 0 on, and the margins z."""
    w = np.vstack([np.zeros(case.data.d), trajectory(case.X, opt, range(1, STEPS + 1)).weights])
    return w, w @ case.X.T


def paced(case: Case) -> tuple[Optimizer, float, float]:
    """The rule, its pace and its share of D^2."""
    opt, own = case.optimizer, DESCENTS[case.optimizer.rule.name]
    if own.path:  # steps at which its loss falls: with longer ones it may leave float64
        opt = replace(opt, lr=opt.lr / Fraction(radius(case.X, 2) ** 2))
    pace, share = own.pace(case, max_margin(case.data, own.kind).margin)
    return opt, pace, share * spread(case.X, own.dual, opt.loss.name == "logistic") ** 2


def steps_of(opt: Optimizer, w: Vector) -> Vector:
    """eta_t; of GD the lengths of its steps."""
    path = DESCENTS[opt.rule.name].path
    return np.linalg.norm(np.diff(w, axis=0), axis=1) if path else opt.step_sizes(0, STEPS)


def grows(case: Case, constant: str = "log N", pace: float = 1.0) -> Judgement:
    """pace * tau <= min z + constant + D^2 S_2/8 after each step from w_0 = 0.

    The pace is gamma in the rule's norm (AdamProxy: gamma^2/(N R), and D^2/N for D^2), tau the sum of eta_t and S_2 of
    their squares (GD: of the lengths of its steps). The constant is log N; for the logistic loss log(2^N - 1), with
    D of the sums over subsets.
    """
    opt, own, D2 = paced(case)
    w, z = margins(case, opt)
    eta = steps_of(opt, w)
    added = of_loss(opt, case.data.n)[0] if constant == "log N" else 0.0
    excess = pace * own * np.cumsum(eta) - z[1:].min(axis=1) - added - D2 / 8 * np.cumsum(eta**2)
    room = 1e3 * EPS * (1 + np.abs(w).max() * radius(case.X))
    return within(float(excess.max()), room, "gamma tau less the bound")


def adam_grows(case: Case, pace: float = 1.0, whole: bool = False) -> Judgement:
    """Full-batch Adam: the bound of the chain adam-growth after each step; ``whole``: with tau on the left."""
    opt, X, t = case.optimizer, case.X, np.arange(STEPS)
    b1, b2, R, C = float(opt.beta1), float(opt.beta2), radius(X), largest_update(opt)
    (start, kappa), z = of_loss(opt, case.data.n), margins(case, opt)[1][1:]
    eta = opt.step_sizes(0, STEPS)
    past = np.cumsum(np.append(0.0, eta))
    with np.errstate(over="ignore"):  # of large steps nothing is promised
        h = [np.expm1(R * C * (past[s] - past[s::-1])) for s in t]
        E1 = np.array([(1 - b1) * b1 ** t[: s + 1] @ h[s] for s in t])
        E2 = np.array([np.sqrt((1 - b2) * b2 ** t[: s + 1] @ h[s] ** 2) for s in t])
        A1, A2 = 1 - b1 ** (t + 1), np.sqrt(1 - b2 ** (t + 1))
        lost = kappa * R * np.cumsum(eta * (E1 * (1 / A2 + C / A1) + E2 * A1 / A2**2))
    D = spread(X, 1, opt.loss.name == "logistic")
    right = z.min(axis=1) + start + (C * D) ** 2 / 8 * np.cumsum(eta**2) + lost
    left = pace * max_margin(case.data, "linf").margin * np.cumsum(eta if whole else eta * A1 / A2)
    if not np.isfinite(right).all():
        return vacuous("the steps are too large for the memory")
    room = 1e3 * EPS * (1 + np.abs(z).max())
    return within(float((left - right).max()), room, "gamma sum eta A_1/A_2 less the bound")


def updates_bounded(case: Case, share: float = 1.0) -> Judgement:
    """No entry of an update of full-batch Adam is larger than the C of the chain adam-growth, or a ``share`` of it."""
    opt, w = case.optimizer, margins(case, case.optimizer)[0]
    longest = float((np.abs(np.diff(w, axis=0)).max(axis=1) / opt.step_sizes(0, STEPS)).max())
    room = 1e3 * EPS * np.abs(w).max() / float(opt.step_sizes(0, STEPS).min())
    return within(longest, share * largest_update(opt) * (1 + 1e3 * EPS) + room, "longest update")


def goes_no_farther(case: Case, constant: float = 1.0) -> Judgement:
    """Full-batch Adam, beta1 <= beta2: |w_t| <= tau + eta_0 d H (1 + y_0 + l beta1 H)/2 after each step, of the chain
    adam-reach; or with ``constant`` times what is added. A coordinate counts from its first gradient."""
    opt, X = case.optimizer, case.X
    b1, b2, eta = float(opt.beta1), float(opt.beta2), opt.step_sizes(0, STEPS)
    w, z = margins(case, opt)
    g = (np.exp(-z) if opt.loss.name == "exponential" else np.exp(-np.logaddexp(0.0, z)))[:-1] @ X
    squares = np.array(list(accumulate((1 - b2) * g**2, lambda v, new: b2 * v + new)))
    first = np.array([next(v for v in column if v > 0) if column.any() else 1.0 for column in squares.T])
    depth = np.log(np.maximum(squares.max(axis=0), first) / first)
    more = (b2 - b1) / (1 - b2) / (1 - b1) * (1 + depth + np.log(1 / b2) * b1 / (1 - b1)) * eta[0] / 2
    excess = np.abs(w[1:]) - np.cumsum(eta)[:, None] - constant * more
    return within(float(excess.max()), 1e3 * EPS * (1 + np.abs(w).max()), "|w_t| less the bound")


def signum_grows(case: Case, pace: float = 1.0, drift: float = 1.0) -> Judgement:
    """Signum by batches of one size: the bound of the chain signum-growth after each epoch; ``drift`` times what moving
    gradients and the start lose."""
    opt, X = case.optimizer, case.X
    B, b, R = opt.steps_per_epoch(len(X)), float(opt.beta1), radius(X)
    (start, kappa), z = of_loss(opt, len(X)), margins(case, opt)[1]
    eta = opt.step_sizes(0, STEPS)
    past = np.cumsum(np.append(0.0, eta))
    tau = squares = late = excess = 0.0
    D2, last = spread(X, 1, opt.loss.name == "logistic") ** 2, b ** (B - 1)
    own = pace * max_margin(case.data, "linf").margin
    for epoch in range(0, STEPS - B + 1, B):
        epsilon = 0.0
        for t in range(epoch, epoch + B):
            ages = np.arange(t + 1)
            with np.errstate(over="ignore"):
                moved = b**ages * np.expm1(R * np.abs(past[t - ages] - past[epoch]))
            most = max(float(moved[rest::B].sum()) for rest in range(B))
            epsilon = max(epsilon, drift * ((1 - b**B) * most + b ** (t + 1)))
        length = float(past[epoch + B] - past[epoch])
        share = float(eta[epoch : epoch + B].min()) / length
        lost = 2 * (1 - share) * (1 - last + 2 * epsilon) / (1 + last) + 2 * B * epsilon * (1 - b) / (
            1 - b**B
        )
        tau, squares, late = tau + length, squares + length**2, late + length * lost
        right = float(z[epoch + B].min()) + start + D2 / 8 * squares + kappa * R * late
        if not np.isfinite(right):
            return vacuous("the steps are too large for the memory")
        excess = max(excess, own * tau - right)
    return within(excess, 1e3 * EPS * (1 + float(np.abs(z).max())), "gamma tau less the bound")


def keeps_pace(case: Case, pace: float = 1.0) -> Judgement:
    """From half of the run on, pace * (tau - tau_s) <= Phi_s - Phi + D^2/8 sum eta^2: Phi = log(e^(N L) - 1), of the
    exponential loss log sum exp(-z)."""
    opt, own, D2 = paced(case)
    w, z = margins(case, opt)
    s, eta = STEPS // 2, steps_of(opt, w)
    if opt.loss.name == "logistic":
        total = np.logaddexp(0.0, -z).sum(axis=1)
        phi = total + np.log(-np.expm1(-total))
    else:
        phi = np.logaddexp.reduce(-z, axis=1)
    left = own * np.cumsum(eta[s:])
    right = phi[s] - phi[s + 1 :] + D2 / 8 * np.cumsum(eta[s:] ** 2)
    if not left[-1] > D2 / 4 * float(eta[s:] @ eta[s:]):
        return vacuous("the steps are too large to tell")
    room = 1e3 * EPS * (1 + np.abs(z).max() * len(case.X))
    return within(float((pace * left - right).max()), float(room), "pace (tau - tau_s) less the bound")

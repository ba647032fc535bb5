"""Where the weights converge their limit is an equilibrium, and w/tau tends to U there: discrete steps, both losses."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties import Case, Judgement, clause, stated, trial, vacuous, within
from properties.cases import runs
from properties.strategies import any_separable
from verify.claims.hypotheses import CONVERGE, DIVERGENT, SEPARATED, SHIPPED_LOSS, TAIL, UPDATES_CONVERGE
from verify.claims.instances import GAUSSIAN, on
from verify.claims.judges.maps import EPS, U, radius
from verify.losses import LOSSES
from verify.numbers.linear.angles import Vector
from verify.optimizers import Optimizer, optimizer
from verify.problem.epoch_map import epoch_map
from verify.simulate import trajectory

# Every step of a run is looked at.
STEPS = 400


def without_memory(draw: DrawFn, n: int) -> Optimizer:
    """A rule whose update is U(c), with either loss and some step sizes."""
    opt = optimizer(draw(st.sampled_from(["adam-proxy", "ngd"])))
    lr, decay = Fraction(1, draw(st.integers(2, 50))), Fraction(draw(st.integers(0, 3)), 4)
    return replace(opt, lr=lr, decay=decay, loss=LOSSES[draw(st.sampled_from(["exponential", "logistic"]))])


def run_of(case: Case) -> tuple[Vector, Vector, Vector, Vector]:
    """w at every step, tau, the normalized weights, and the updates, which are U of them."""
    opt, X = case.optimizer, case.X
    w = np.vstack([np.zeros(case.data.d), trajectory(X, opt, range(1, STEPS + 1)).weights])
    tau = np.append(0.0, np.cumsum(opt.step_sizes(0, STEPS)))
    z = w @ X.T
    log_c = -z if opt.loss.name == "exponential" else -np.logaddexp(0.0, z)
    c = np.exp(log_c - log_c.max(axis=1, keepdims=True))
    c = c / c.sum(axis=1, keepdims=True)
    updates = epoch_map(opt, X)(log_c[:-1].T).real.T
    return w, tau, c, updates


def means_follow(case: Case, factor: float = 1.0) -> Judgement:
    """|w_T/tau - U| <= (tau_s/tau) M + epsilon with U the last update, M and epsilon the updates' largest
    distances from it, from the first step on and from s = T/4."""
    w, tau, _, updates = run_of(case)
    away = np.linalg.norm(updates - updates[-1], axis=1)
    s = STEPS // 4
    M, epsilon = float(away.max()), float(away[s:].max())
    if epsilon < 1e-9:
        return vacuous("the updates do not move")
    left = float(np.linalg.norm(w[-1] / tau[-1] - updates[-1]))
    return within(left, factor * (tau[s] / tau[-1] * M + epsilon) + 1e3 * EPS * radius(case.X), "|w/tau - U|")


def costs_agree(case: Case, share: float = 1.0) -> Judgement:
    """F_i - min F <= (log(1/c_i) + l)/tau + 2 R |w/tau - U| for each row: l = log 2 for the logistic loss where margins
    are positive, else 0."""
    w, tau, c, _ = run_of(case)
    X, logistic = case.X, case.optimizer.loss.name == "logistic"
    if logistic and float((X @ w[-1]).min()) < 0:
        return vacuous("a margin is negative")
    F = X @ U(case.optimizer, X, c[-1])
    off = float(np.linalg.norm(w[-1] / tau[-1] - U(case.optimizer, X, c[-1])))
    with np.errstate(divide="ignore"):
        room = share * ((np.log(1 / c[-1]) + logistic * np.log(2)) / tau[-1] + 2 * radius(X, 2) * off)
    room = room + 1e3 * EPS * radius(X, 1)
    i = int(np.argmax((F - F.min()) - room))
    return within(float(F[i] - F.min()), float(room[i]), f"F_{i} - min F")


PLACE = 14.5
RUNS = runs(without_memory, any_separable((2, 5), (1, 4)))
NAMED = on(GAUSSIAN, opts=(optimizer("adam-proxy"), replace(optimizer("ngd"), loss=LOSSES["exponential"])))
CLAIM = stated(
    "weights-that-converge",
    "Where the weights converge their limit is an equilibrium, and w/tau tends to U there",
    "this project (the margin game)",
    clause(
        r"If the update $u_t$ tends to $U$, then $w_t/\tau_t \to U$: from $w_0 = 0$, $\|w_t/\tau_t - U\| \le "
        r"\frac{\tau_s}{\tau_t} M + \epsilon$ where $\|u_r - U\| \le M$ for all $r$ and $\le \epsilon$ from the "
        r"step $s$ on.",
        (DIVERGENT, UPDATES_CONVERGE),
        trial("means-of-updates", RUNS, means_follow, {"a tenth of it": partial(means_follow, factor=0.1)},
              named=NAMED),
        chains=("limit-weights:mean", "limit-weights:tends"),
        theorems=("iterates_follow_updates", "iterates_are_near_the_update"),
    ),
    clause(
        r"If besides the normalized weights converge to $c$, $c$ is an equilibrium with $U$ in the place of $U(c)$: "
        r"rows with weight have one common cost $x_i^\top U$, and no row a smaller one; for the "
        "exponential loss, and for the logistic loss where every margin grows without bound. No flow is taken "
        "in between.",
        (DIVERGENT, UPDATES_CONVERGE, CONVERGE, TAIL, SHIPPED_LOSS, SEPARATED),
        trial("costs-of-runs", RUNS, costs_agree, {"a tenth of it": partial(costs_agree, share=0.1)}, named=NAMED),
        chains=("limit-weights",),
        theorems=("limit_weights_are_an_equilibrium", "logistic_limit_weights_are_an_equilibrium"),
    ),
)  # fmt: skip

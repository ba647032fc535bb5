"""Schedules: where the sum of the steps is finite a run comes to a point, and tau tells where it stands; where it
diverges the steps that the schedule comes to decide."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties import Case, Judgement, clause, stated, trial, within, worst
from properties.cases import either, one_of, per_sample, runs
from properties.choices import endings
from properties.strategies import any_separable
from verify.claims.constant_steps import NONE
from verify.claims.hypotheses import (
    CYCLIC,
    DIVERGENT,
    FINITE,
    LIPSCHITZ,
    STABLE,
    TAIL,
    UPDATES,
)
from verify.claims.instances import GAUSSIAN, ROUND, SMALL_GAUSSIAN, on
from verify.claims.judges.at_any_time import spread
from verify.claims.judges.maps import EPS, largest_update, radius
from verify.game import predict
from verify.margins import Norm, max_margin
from verify.numbers.linear.angles import Vector, degrees
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.load import schedule_named
from verify.simulate import trajectory

# A run has so many steps, each of which is looked at; the flow is a run of so many times as many.
STEPS, FINER = 100, 16
# Starts are so many times as far away as a run goes.
FAR = 50


def ended(draw: DrawFn, opt: Optimizer) -> Optimizer:
    """The optimizer with steps of some size that end."""
    lr = Fraction(1, draw(st.integers(2, 50)))
    return replace(opt, lr=lr, decay=Fraction(0), schedule=schedule_named(draw(endings(STEPS))))


def short_updates(draw: DrawFn, n: int) -> Optimizer:
    """A rule whose updates have entries of at most 1, or per-sample Adam."""
    return ended(draw, either(one_of("signgd", "ngd", "adam-proxy"), per_sample)(draw, n))


def normalized(draw: DrawFn, n: int) -> Optimizer:
    """Normalized GD on the exponential loss."""
    return ended(draw, optimizer("ngd", batch_size="full", loss="exponential"))


def path(case: Case, opt: Optimizer, start: Vector) -> tuple[Vector, Vector]:
    """w (STEPS + 1, d) from a start on, and the time tau of each."""
    w = np.vstack([start, trajectory(case.X, opt, range(1, STEPS + 1), start=start).weights])
    return w, np.append(0.0, np.cumsum(opt.step_sizes(0, STEPS)))


def no_longer(case: Case, share: float = 1.0) -> Judgement:
    """|w_t - w_s| <= M (tau_t - tau_s) in the maximum norm at s = 0 and s = T/2, and no margin above R M tau."""
    opt, most = case.optimizer, share * largest_update(case.optimizer)
    w, tau = path(case, opt, np.zeros(case.data.d))
    over = [np.abs(w[s:] - w[s]).max(axis=1) - most * (tau[s:] - tau[s]) for s in (0, STEPS // 2)] + [
        (w @ case.X.T).max(axis=1) / radius(case.X) - most * tau
    ]
    room = 1e3 * EPS * (1 + float(np.abs(w).max()))
    return within(float(np.concatenate(over).max()), room, "|w_t - w_s| less M (tau_t - tau_s)")


def ends_nearby(case: Case, aim: Norm | None = None) -> Judgement:
    """Runs from K v end in a direction within 2 M tau/K of v, v each unit vector and its opposite, in the l2 norm;
    ``aim``: of the max margin's direction in a norm instead."""
    opt, d = case.optimizer, case.data.d
    room = np.sqrt(d) * largest_update(opt) * float(opt.step_sizes(0, STEPS).sum())
    target, found = None if aim is None else max_margin(case.data, aim).unit(), 0.0
    for v in (sign * unit for unit in np.eye(d) for sign in (1, -1)):
        end = path(case, opt, FAR * room * v)[0][-1]
        found = max(
            found, float(np.linalg.norm(end / np.linalg.norm(end) - (v if target is None else target)))
        )
    return within(found, 2 / FAR + 1e3 * EPS, "l2 distance of the end's direction")


def follows_the_flow(case: Case, power: int = 1) -> Judgement:
    """Normalized GD with steps of at most h is within (h/2) (exp(L tau) - 1) of its flow, L = D^2/(4 gamma_2): so is a
    run of constant steps to the same tau. Steps are taken in units of 1/L; ``power``: of h."""
    L = spread(case.X, 2, False) ** 2 / (4 * max_margin(case.data, "l2").margin) or 1.0
    opt = replace(case.optimizer, lr=case.optimizer.lr / Fraction(L))
    tau = float(opt.step_sizes(0, STEPS).sum())
    even = Fraction(tau / (STEPS * FINER))
    fine = replace(opt, lr=even, schedule=schedule_named("constant"))
    ends = [
        trajectory(case.X, each, [steps]).weights[0] for each, steps in ((opt, STEPS), (fine, STEPS * FINER))
    ]
    allowed = sum(float(h) ** power / 2 * np.expm1(L * tau) for h in (opt.lr, even))
    return within(
        float(np.linalg.norm(ends[0] - ends[1])), allowed + 1e-12, "distance of two runs at one tau"
    )


def after_a_warm_up(case: Case, share: Fraction = Fraction(1)) -> Judgement:
    """Increments of a run that had time to settle after its warm-up have the direction and the growth of a wave of the
    last step, or of a ``share`` of it."""
    opt, X, steps = case.optimizer, case.X, 8000
    run = trajectory(X, opt, [steps // 2, steps]).weights
    moved, last = run[1] - run[0], replace(opt, lr=share * opt.lr, schedule=schedule_named("constant"))
    growth = float(np.min(X @ moved)) / (steps - steps // 2)
    waves = predict(case.data, last, starts=0, prove=False).limits
    near = min(waves, key=lambda wave: degrees(moved, wave.direction))
    return worst([
        within(degrees(moved, near.direction), NONE, "degrees to the nearest wave"),
        within(abs(growth / (near.growth or 1) - 1), NONE, "relative gap in r"),
    ])  # fmt: skip


PLACE = 19.2
DATA = any_separable((1, 5), (1, 4))
LINEAR: dict[str, Any] = {"lr": Fraction(1, 100), "schedule": f"linear:{STEPS}"}
COSINE: dict[str, Any] = LINEAR | {"schedule": f"cosine:{STEPS}"}
FLOWS = [optimizer("ngd", batch_size="full", loss="exponential", **ends) for ends in (LINEAR, COSINE)]
WARM = optimizer("adam-proxy", decay=Fraction(0), schedule="warmup:200", loss="exponential")
CLAIM = stated(
    "steps-that-end",
    "Where the steps end tau tells where a run stands, and no direction is its limit",
    "this project; Euler's method",
    clause(
        r"If no update is longer than $M$, $\|w_t - w_s\| \le M (\tau_t - \tau_s)$. Where the sum of the steps is "
        r"finite $w_t$ comes to a point, no margin passes $R (\|w_0\| + M \tau_\infty)$, and the loss does not "
        "vanish.",
        (UPDATES, FINITE),
        trial("path-length", runs(short_updates, DATA), no_longer, {"nine tenths of it": partial(no_longer, share=0.9)},
              cost=5, named=on(SMALL_GAUSSIAN, opts=[optimizer("signgd", **LINEAR), optimizer("adam", **COSINE)])),
        chains=("finite-steps:length", "finite-steps:rest", "finite-steps:margin", "finite-steps:loss"),
    ),
    clause(
        r"Runs from $w_0 = K v$ end in directions within $2 M \tau_\infty/K$ of $v$, for every unit $v$: none is the "
        "limit from all starts.",
        (UPDATES,),
        trial("ends-anywhere", runs(short_updates, DATA), ends_nearby,
              {f"of the {norm} max margin": partial(ends_nearby, aim=norm) for norm in ("l2", "linf")},
              cost=5, named=on(SMALL_GAUSSIAN, opts=[optimizer("adam", **COSINE)])),
        chains=("finite-steps:anywhere", "finite-steps:far"),
    ),
    clause(
        r"A run whose update is a field $U(w)$, $\|U\| \le M$, with the Lipschitz constant $L$, is at any time within "
        r"$\frac{h M}{2} (e^{L \tau} - 1)$ of the flow at the same $\tau$, $h$ the largest step, whatever the "
        r"schedule: $\tau$ tells where it stands.",
        (LIPSCHITZ,),
        trial("near-the-flow", runs(normalized, DATA), follows_the_flow,
              {"the square of the step": partial(follows_the_flow, power=2)},
              cost=3, named=on(SMALL_GAUSSIAN, ROUND, opts=FLOWS)),
        chains=("finite-steps:ruler",),
    ),
    clause(
        "Where the sum diverges the limits are those of the steps that the schedule comes to: after a warm-up runs "
        "travel along the waves of its last step.",
        (DIVERGENT, TAIL, CYCLIC, STABLE),
        trial("after-a-warm-up", None, after_a_warm_up,
              {"of half of the last step": partial(after_a_warm_up, share=Fraction(1, 2))},
              named=on(GAUSSIAN, opts=[WARM])),
    ),
)  # fmt: skip

"""When eps takes over: how fast v can fall, where it stands in a steady decay, and what a third of a run foretells."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from properties import Case, Judgement, clause, stated, trial, vacuous, within
from properties import dataset as from_rows
from verify.claims.hypotheses import BETA2, BETAS, DECAY, FULL_BATCH, SEPARABLE, TAIL
from verify.claims.instances import SMALL_GAUSSIAN, on
from verify.game.handover import hand_over
from verify.optimizers import optimizer
from verify.optimizers.trajectory import iterates

# Steps that are looked at one by one, steps until a decay is steady, and steps that a hand-over is looked for.
STEPS, STEADY, LONG = 300, 10_000, 100_000


def fades(case: Case, power: float = 1.0) -> Judgement:
    """No entry of v falls by more than the factor beta2 in a step, or its ``power``."""
    seen = list(iterates(case.X, case.optimizer, range(1, STEPS + 1), start=case.w_0))
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.array([np.log(here.states["v"]) + 2 * here.scale for here in seen])
        falls = -np.diff(logs[:, np.isfinite(logs).all(axis=0)], axis=0)
    if not falls.size:
        return vacuous("no coordinate sees a gradient at every step")
    most = -np.log(float(case.optimizer.beta2)) * power
    return within(float(falls.max()), most + 1e-9, "most that log v falls by in a step")


def swells(case: Case, swelling: bool = True) -> Judgement:
    """On one row, once its margin grows by kappa a step, sqrt(v) is |g| sqrt((1 - beta2)/(1 - beta2 exp(2 kappa)))."""
    X, b2 = case.X, float(case.optimizer.beta2)
    before, here, last = iterates(X, case.optimizer, [STEADY - 2, STEADY - 1, STEADY])
    z = [float((X @ each.w)[0]) for each in (before, here)]
    log_g = np.log(np.abs(X[0])) - z[1]  # at which the last step is made
    root = np.log(last.states["v"]) / 2 + last.scale
    grown = np.log((1 - b2) / (1 - b2 * np.exp(2 * (z[1] - z[0])))) / 2 if swelling else 0.0
    return within(float(np.abs(root - log_g - grown).max()), 1e-9, "log of sqrt(v) over that of its formula")


def foretold(case: Case, later: float = 1.0) -> Judgement:
    """A third of a run tells the step of the hand-over to a factor of 1.5; ``later``: times what is told."""
    X, opt = case.X, case.optimizer
    seen = hand_over(X, opt, LONG, case.w_0)
    told = None if seen is None else hand_over(X, opt, seen.step // 3, case.w_0)
    if seen is None or told is None or seen.foretold:
        return vacuous("the run does not come to its hand-over, or a third of it tells none")
    return within(
        abs(np.log(later * told.step / seen.step)), np.log(1.5), "log of the step told over that seen"
    )


PLACE, FLAT = 19.7, "gaussian:n=4,d=3,seed=0"
ONE_ROW = from_rows([[1, -2]])
STEADILY = [
    optimizer(
        "adam",
        beta1=beta1,
        beta2=beta2,
        batch_size="full",
        loss="exponential",
        lr=Fraction(lr),
        decay=Fraction(0),
    )
    for beta1, beta2, lr in (
        ("1/2", "9/10", "1/100"),
        ("0", "99/100", "1/1000"),
        ("9/10", "99/100", "1/1000"),
    )
]
# Steps so large that gradients fall as fast as they can.
FAST = [replace(each, lr=Fraction(5)) for each in STEADILY]
TORCH = [
    replace(each, eps=Fraction(eps), bias_correction=True)
    for each in [optimizer("adam", batch_size="full", beta2="99/100", lr=Fraction(1, 100), decay=Fraction(0))]
    for eps in ("1e-4", "1e-8")
]
CLAIM = stated(
    "hand-over",
    "When eps takes over from the margin game",
    "this project (chain eps-takeover); that the tail then goes to l2: Wang et al. 2022",
    clause(
        r"Adam's $v$ falls by at most the factor $\beta_2$ a step: from $\sqrt v$ to $\varepsilon$ it takes at least "
        r"$2 \ln(\sqrt v/\varepsilon) / \ln(1/\beta_2)$ steps, however large these are.",
        (BETA2,),
        trial("v-fades", None, fades, {"by its root": partial(fades, power=0.5)},
              named=on(SMALL_GAUSSIAN, FLAT, opts=FAST)),
    ),
    clause(
        r"Where the gradient falls by a factor $\rho$ a step, $\sqrt v = |g| \sqrt{(1-\beta_2)/(1-\beta_2/\rho^2)}$, "
        r"which is $\varepsilon$ at the hand-over: for vanishing steps where $|g| = \varepsilon$. After it Adam is "
        "gradient descent with momentum.",
        (*BETAS, *DECAY),
        trial("sqrt-v-swells", None, swells, {"v = g^2": partial(swells, swelling=False)},
              named=on(ONE_ROW, opts=STEADILY)),
    ),
    clause(
        "A third of a run tells the step of its hand-over to a factor of 1.5.",
        (SEPARABLE, TAIL, FULL_BATCH),
        trial("hand-over-foretold", None, foretold, {"twice as late": partial(foretold, later=2.0)},
              named=on(FLAT, opts=TORCH)),
    ),
)  # fmt: skip

"""Full-batch Adam becomes sign descent."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from properties import Case, Judgement, clause, stated, trial, vacuous, within
from properties.cases import PLAIN, full_adam, runs
from verify.claims.hypotheses import BETAS, DECAY, STEADY
from verify.claims.instances import GAUSSIAN, on
from verify.claims.judges.maps import radius
from verify.numbers.linear.angles import Vector
from verify.optimizers import Optimizer, optimizer
from verify.simulate import trajectory

LAST = 20_000
# After this many steps an old gradient's weight in v has fallen below 1e-9: 200 log10(0.9) < -9.
MEMORY = 200


def steady_steps(X: Vector, opt: Optimizer, last: int) -> tuple[Vector, Vector]:
    """|update / sign(gradient) - 1| at step ``last``, and the bound on it, in the coordinates whose gradient
    hardly changes (exponential loss).

    If over the memory the gradient stays within a factor 1 +- r of itself, then both moments are
    averages of such values and m / sqrt(v) lies within (1 + r)/(1 - r) of the sign.
    """
    w = trajectory(X, opt, list(range(last - MEMORY, last + 2))).weights
    z = w[:-1] @ X.T
    weights = np.exp(-(z - z[-1].min()))
    gradients = -weights @ X / len(X)
    now = gradients[-1]
    # A gradient that is exactly 0, as in a column of zeros or where rows cancel, has no sign: nan is not steady.
    change = np.abs(gradients / np.where(now == 0, np.nan, now) - 1).max(axis=0)
    update = (w[-2] - w[-1]) / opt.step_sizes(last, last + 1)[0]
    steady = change < 0.2
    bound = 2 * change / (1 - change) + 1e-6  # 1e-6: the oldest weights, and w's rounding over eta
    return np.abs(update * np.sign(now) - 1)[steady], bound[steady]


def full_batch_signs(case: Case, batch_size: int | None = None) -> Judgement:
    """|u sign(g) - 1| <= 2 r/(1 - r) + 1e-6 in the coordinates whose gradient stays within a share r < 1/5 of itself
    over 200 steps; steps small enough for most to do so."""
    opt, X = case.optimizer, case.X
    # eta_T * 200 * max ||x_i||_1 = 1/20: by so much may log c change over the memory.
    opt = replace(opt, lr=Fraction(math.sqrt(LAST) / (4000 * radius(X))), batch_size=batch_size)
    error, bound = steady_steps(X, opt, LAST)
    if not len(error):
        return vacuous("no steady coordinate")
    what = f"|u/sign - 1| / bound in the {len(error)} of {case.data.d} coordinates with steady gradient"
    return within(float((error / bound).max()), 1.0, what)


PLACE = 1
ADAM = optimizer("adam", beta2=Fraction(9, 10), batch_size="full", loss="exponential")
CLAIM = stated(
    "full-batch-sign",
    "Full-batch Adam's step tends to the sign of the gradient",
    "arXiv 2510.26303, Prop. 2.x (as reconstructed from reviews)",
    clause(
        r"For full-batch Adam $u_t[k] \to \operatorname{sign}(\nabla L(w_t)[k])$ in every coordinate whose gradient "
        "changes by a factor $\\rho$ a step that tends to 1 over the memory of $m$ and $v$.",
        (*BETAS, *DECAY, STEADY),
        trial("full-batch-signs", runs(full_adam, PLAIN), full_batch_signs,
              {"per-sample Adam": partial(full_batch_signs, batch_size=1)},
              named=on(GAUSSIAN, "iris", opts=(ADAM,))),
        chains=("full-batch-sign",),
        theorems=("full_batch_sign",),
    ),
)  # fmt: skip

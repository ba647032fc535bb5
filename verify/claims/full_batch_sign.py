"""Claim 1: full-batch Adam becomes sign descent."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from verify.claims.instances import GAUSSIAN, dataset, judged, rows, scope
from verify.claims.registry import Claim, Profile
from verify.evidence import Evidence
from verify.numbers.linear.angles import Vector
from verify.optimizers import Optimizer, optimizer
from verify.simulate import trajectory

BETA2 = Fraction(9, 10)
# eta_T times MEMORY times the margins' speed is then about 0.1: gradients change by as much over the memory.
LR = Fraction(1, 200)
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


def _steps_are_signs(profile: Profile, batch_size: int | str = "full") -> Evidence:
    """Hold update / sign(gradient) against 1 in the coordinates whose gradient hardly changes."""
    specs = (GAUSSIAN, "iris")
    last = {"quick": 200_000, "standard": 10**6, "thorough": 10**7}[profile]
    worst, covered, total, slack = 0.0, 0, 0, -1.0
    opt = optimizer("adam", beta1=BETA2, beta2=BETA2, batch_size=batch_size, loss="exponential", lr=LR)
    for spec in specs:
        error, bound = steady_steps(rows(spec), opt, last)
        worst, slack = max([worst, *error]), max([slack, *(error - bound)])
        covered, total = covered + len(error), total + dataset(spec).d
    return judged(
        slack <= 0 and covered > 0,
        f"{scope(specs)}, step {last}",
        f"|step/sign - 1| <= {worst:.1e} in the {covered} of {total} coordinates with steady gradient",
    )


PLACE = 10
CLAIMS = (
    Claim(
        id="full-batch-sign",
        title="Full-batch Adam's step tends to the sign of the gradient",
        statement=r"For full-batch Adam $u_t[k] \to \operatorname{sign}(\nabla L(w_t)[k])$ in every coordinate "
        r"whose gradient changes by a factor tending to 1 over the memory of $m$ and $v$.",
        source="arXiv 2510.26303, Prop. 2.x (as reconstructed from reviews)",
        derivations=("full-batch-sign",),
        checks=(_steps_are_signs,),
        false_variants={"per-sample Adam too": lambda profile: _steps_are_signs(profile, batch_size=1)},
    ),
)

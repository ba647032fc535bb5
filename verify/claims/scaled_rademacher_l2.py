"""Per-sample Adam goes to the l2 max margin on scaled-Rademacher data."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

from properties import Case, Judgement, clause, stated, trial
from properties.cases import batched_adam, runs, tilted, with_adam
from properties.strategies import scaled_rademacher
from verify.claims.hypotheses import (
    BELOW,
    BETAS,
    CONVERGE,
    CYCLIC,
    DIVERGENT,
    EQUILIBRIUM,
    POSITIVE,
    SCALED_RADEMACHER,
    SCHEDULE,
    SEPARABLE,
    SHIPPED_LOSS,
)
from verify.claims.instances import RADEMACHER, on
from verify.claims.judges.limits import all_at_max_margin
from verify.claims.judges.settling import arrives, settles
from verify.optimizers import optimizer


def elsewhere(case: Case) -> Judgement:
    """On other data, which are not scaled Rademacher."""
    return settles(replace(case, data=tilted(case.data)), kind="l2")


PLACE = 3
ADAMS = [
    optimizer("adam", beta1=Fraction(b1), beta2=Fraction(b2))
    for b1, b2 in (("1/2", "1/2"), ("9/10", "9/10"), ("0", "99/100"), ("7/10", "1/2"))
]
NAMED = on(RADEMACHER, opts=ADAMS)
HYPOTHESES = (SEPARABLE, SCALED_RADEMACHER, CYCLIC, *BETAS, EQUILIBRIUM, POSITIVE)
CLAIM = stated(
    "scaled-rademacher-l2",
    "Per-sample Adam goes to the l2 max margin on scaled-Rademacher data",
    "arXiv 2510.26303, abstract; Cor. 3.2, Thm 3.3 (as reconstructed from reviews)",
    clause(
        r"If $|x_i[k]| = a_i$ for all $k$, every limit of positive cost of per-sample Adam's game is the "
        r"$\ell_2$-max-margin direction.",
        HYPOTHESES,
        trial("rademacher-limits-l2", with_adam(scaled_rademacher((2, 4), (2, 4))), all_at_max_margin,
              {"l_inf instead": partial(all_at_max_margin, kind="linf")}, cost=8, named=NAMED),
        chains=("scaled-rademacher:combination", "scaled-rademacher:equilibrium"),
        theorems=("scaled_rademacher_l2",),
    ),
    clause(
        r"Where its weights converge to such an equilibrium, per-sample Adam converges there in direction.",
        (*HYPOTHESES, BELOW, SHIPPED_LOSS, SCHEDULE, DIVERGENT, CONVERGE),
        trial("rademacher-increments", runs(batched_adam, scaled_rademacher((2, 4), (2, 3))),
              partial(settles, kind="l2"), {"on other data": elsewhere}, cost=10),
        trial("rademacher-runs", None, partial(arrives, kind="l2", allowed=1e-5),
              {"l_inf instead": partial(arrives, kind="linf", allowed=1e-5)}, named=NAMED),
        chains=("step-sizes", "epoch-residual-bound", "limit-weights:mean", "limit-weights:tends", "scaled-rademacher"),
    ),
    remark="beta1 <= beta2, which the paper asks, is not needed; beta1^2 < beta2 is: on (10, 10), (5, -5) with "
    "(9/10, 1/2) the direction is another one.",
)  # fmt: skip

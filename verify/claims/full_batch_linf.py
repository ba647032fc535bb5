"""Full-batch Adam goes to the l_inf max margin."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

from properties import Case, Judgement, clause, stated, trial, within
from properties.cases import WIDE, equal_betas, runs
from verify.claims.hypotheses import (
    ALIKE,
    AT_REST,
    BELOW,
    BETAS,
    EITHER,
    FULL_BATCH,
    NO_EPS,
    PACE,
    PLAIN,
    SCHEDULE,
    SEPARABLE,
    VANISHING,
)
from verify.claims.instances import GAUSSIAN, RADEMACHER, SMALL_GAUSSIAN, on
from verify.claims.judges.growth import sign_margin
from verify.claims.judges.reached import margin_ratio
from verify.optimizers import optimizer
from verify.optimizers.increments import increments


def shortfall_falls(case: Case, batch_size: int | None = None) -> Judgement:
    """The margin of w_t falls short of gamma_inf by O(log N / tau): in 16 times the steps, so 4 times the time, it
    becomes a quarter; a limit short of gamma_inf would leave it as it is."""
    opt = replace(case.optimizer, batch_size=batch_size)
    early, late = (
        1 - margin_ratio(case.data, increments(case.X, opt, steps).weights, "linf")
        for steps in (20_000, 320_000)
    )
    return within(
        late / early, 0.5, "shortfall of the l_inf margin of w_t, after 16 times the steps / before"
    )


PLACE = 4
ADAM = optimizer("adam", beta2=Fraction(9, 10), batch_size="full")
CLAIM = stated(
    "full-batch-linf",
    "Full-batch Adam goes to the l_inf max margin",
    "arXiv 2510.26303, abstract; Zhang, Zou, Cao 2024",
    clause(
        r"With $\beta_1 = \beta_2$ full-batch Adam's $w_t$ has $\min_i x_i^\top w_t / \|w_t\|_\infty \to "
        r"\gamma_\infty$, whether the weights of the samples converge or not.",
        (SEPARABLE, FULL_BATCH, *BETAS, BELOW, ALIKE, PLAIN, AT_REST, EITHER, PACE, SCHEDULE),
        trial("full-batch-margin", runs(equal_betas, WIDE), sign_margin,
              {"per-sample Adam": partial(sign_margin, batch_size=1)}, cost=4,
              named=on(GAUSSIAN, SMALL_GAUSSIAN, opts=(ADAM,))),
        chains=("adam-growth", "growth-rates"),
    ),
    clause(
        r"For $\beta_1^2 < \beta_2$ too, where a step may be longer than $\eta_t$.",
        (SEPARABLE, FULL_BATCH, BELOW, NO_EPS, VANISHING),
        trial("full-batch-shortfall", None, shortfall_falls,
              {"per-sample Adam": partial(shortfall_falls, batch_size=1)},
              named=on(GAUSSIAN, RADEMACHER, opts=(ADAM, ADAM.at(beta2=Fraction(99, 100))))),
    ),
)  # fmt: skip

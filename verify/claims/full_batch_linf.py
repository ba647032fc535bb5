"""Full-batch Adam goes to the l_inf max margin."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

from properties import Case, Judgement, clause, stated, trial, within
from properties.cases import WIDE, equal_betas, runs
from properties.strategies import any_separable
from verify.claims.finite_time_margins import steady_adam
from verify.claims.hypotheses import (
    AT_REST,
    BELOW,
    BETAS,
    EITHER,
    FULL_BATCH,
    NOT_ABOVE,
    PLAIN,
    SCHEDULE,
    SEPARABLE,
)
from verify.claims.instances import GAUSSIAN, RADEMACHER, SMALL_GAUSSIAN, on
from verify.claims.judges.at_any_time import goes_no_farther, updates_bounded
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
SLOWER = optimizer("adam", beta2=Fraction(99, 100), batch_size="full")
DATA = any_separable((1, 5), (1, 4))
FROM_REST = (SEPARABLE, FULL_BATCH, *BETAS, BELOW, PLAIN, AT_REST, EITHER, SCHEDULE)
CLAIM = stated(
    "full-batch-linf",
    "Full-batch Adam goes to the l_inf max margin",
    "arXiv 2510.26303, abstract; Zhang, Zou, Cao 2024",
    clause(
        r"With $\beta_1 \le \beta_2$ full-batch Adam's $w_t$ has $\min_i x_i^\top w_t / \|w_t\|_\infty \to "
        r"\gamma_\infty$, whether the weights of the samples converge or not, for either loss.",
        (*FROM_REST, NOT_ABOVE),
        trial("full-batch-margin", runs(equal_betas, WIDE), sign_margin,
              {"per-sample Adam": partial(sign_margin, batch_size=1)}, cost=4,
              named=on(GAUSSIAN, SMALL_GAUSSIAN, opts=(ADAM,))),
        trial("full-batch-shortfall", None, shortfall_falls,
              {"per-sample Adam": partial(shortfall_falls, batch_size=1)},
              named=on(GAUSSIAN, RADEMACHER, opts=(ADAM, SLOWER))),
        trial("full-batch-reach", runs(steady_adam, DATA), goes_no_farther,
              {"no constant": partial(goes_no_farther, constant=0.0)}, named=on(SMALL_GAUSSIAN, opts=(SLOWER,))),
        chains=("step-sizes", "adam-growth", "growth-rates:adam", "growth-rates:rate", "adam-reach"),
    ),
    clause(
        r"With $\beta_1^2 < \beta_2$ $\liminf_t \min_i z_i/\tau_t \ge \gamma_\infty$, and no update is longer than "
        r"$C = (1-\beta_1)/\sqrt{(1-\beta_2)(1-\beta_1^2/\beta_2)}$, so $\liminf_t \min_i z_i/\|w_t\|_\infty \ge "
        r"\gamma_\infty/C$.",
        FROM_REST,
        trial("full-batch-updates", runs(steady_adam, DATA), updates_bounded,
              {"half of C": partial(updates_bounded, share=0.5)}, named=on(SMALL_GAUSSIAN, opts=(SLOWER,))),
        chains=("step-sizes", "adam-growth", "growth-rates:adam", "growth-rates:rate"),
    ),
    remark=r"Where $\beta_2 < \beta_1$ runs have been seen to reach $\gamma_\infty$ too; it is not proved.",
)  # fmt: skip

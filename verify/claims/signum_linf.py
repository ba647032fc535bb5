"""Signum goes to the l_inf max margin for beta close to 1."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

from properties import Case, Judgement, clause, stated, trial
from properties.cases import runs, signum_near_one
from properties.strategies import opposed, separable
from verify.claims.hypotheses import (
    AT_REST,
    BETA1,
    BEYOND,
    CYCLIC,
    EITHER,
    EPOCHS,
    SCHEDULE,
    SEPARABLE,
    SIZES,
)
from verify.claims.instances import GAUSSIAN, on
from verify.claims.judges.growth import signum_increments, signum_margin
from verify.optimizers import optimizer

HALF = Fraction(1, 2)


def increments_at_half(case: Case) -> Judgement:
    """``signum_increments`` for the case's optimizer at beta = 1/2: a shortfall of at most 1e-3 of gamma_inf."""
    return signum_increments(replace(case, optimizer=case.optimizer.at(beta1=HALF)), most=1e-3)


PLACE = 11
SIGNUMS = [optimizer("signum", beta1=Fraction(99, 100), batch_size=batch) for batch in (1, 2, 5, 10)]
CLAIM = stated(
    "signum-linf",
    "Signum goes to the l_inf max margin for beta close to 1, at any batch size",
    "arXiv 2510.26303 v1, abstract; Thm 5.1 (as reconstructed from reviews)",
    clause(
        r"For every batch size that divides $N$, $\liminf_t \min_i x_i^\top w_t / \|w_t\|_\infty$ is as close to "
        r"$\gamma_\infty$ as wanted if $\beta$ is close enough to 1.",
        (SEPARABLE, CYCLIC, BETA1, BEYOND, SIZES, EPOCHS, EITHER, AT_REST, SCHEDULE),
        trial("signum-near-one", runs(signum_near_one, separable((2, 4), (2, 3)) | opposed()),
              partial(signum_margin, steps=4 * 10**6),
              {"beta = 1/2": partial(signum_margin, beta=HALF, steps=4 * 10**6)}, cost=5),
        trial("signum-near-one-increments", None, partial(signum_increments, most=1e-3),
              {"beta = 1/2": increments_at_half}, named=on(GAUSSIAN, opts=SIGNUMS)),
        chains=("step-sizes", "signum-growth", "growth-rates:signum", "growth-rates:rate", "growth-rates:near-one"),
    ),
    remark="The abstract of v3 drops 'by taking beta close enough to 1': see false-signum-fixed-beta.",
)  # fmt: skip

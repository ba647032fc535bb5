"""Signum at a fixed beta: where it steps by the sign of the full gradient, and what margin it keeps."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np

from properties import Case, Judgement, case, clause, stated, trial, within
from properties.cases import maps, moderate_signum, runs, signum
from properties.strategies import opposed, separable
from verify.claims.hypotheses import (
    AT_REST,
    BETA1,
    BEYOND,
    CYCLIC,
    EITHER,
    EPOCHS,
    EQUILIBRIUM,
    NO_GAP,
    NOT_NEGATIVE,
    SCHEDULE,
    SEPARABLE,
    SIZES,
)
from verify.claims.instances import GAUSSIAN, RADEMACHER, on
from verify.claims.judges.growth import signum_increments, signum_margin
from verify.claims.judges.maps import EPS, U, batch_means
from verify.optimizers import optimizer


def sign_condition(case: Case, factor: float = 1.0) -> Judgement:
    """Where an epoch has a step against the sign of sum G, |sum_q G_q| <= (1-q)/(1+q) sum_q |G_q|, q = beta^(B-1)."""
    opt, X, c = case.optimizer, case.X, case.c
    means = batch_means(opt, c[:, None] * X)
    q = float(opt.beta1) ** (len(means) - 1)
    total, size = means.sum(axis=0), np.abs(means).sum(axis=0)
    # Rounding decides the sign of m near 0: then the ratio is the threshold, up to this.
    allowed = factor * (1 - q) / (1 + q) + 64 * EPS * len(X) / max(q, EPS)
    # Where terms cancel inside the batches too, the total is rounding and has no sign.
    sure = np.abs(total) > 8 * EPS * len(X) * batch_means(opt, np.abs(c[:, None] * X)).sum(axis=0)
    against = sure & (U(opt, X, c) != np.sign(total))
    astray = np.where(against, np.abs(total) / np.where(size, size, 1.0), 0.0)
    return within(float(astray.max()), allowed, "|sum G| / sum |G| where a step has the other sign")


def extremal(profile: str) -> list[Case]:
    """The oldest gradient of an epoch against the newest, just above the threshold, which shows that it is sharp."""
    found = []
    for beta in map(Fraction, ("1/5", "1/2", "9/10")):
        for batches in (2, 4):
            q = beta ** (batches - 1)
            t = (1 - q) / (1 + q)
            entries = [(1 + t) / 2 + Fraction(1, 10**6), *[Fraction(0)] * (batches - 2), (t - 1) / 2]
            found.append(
                case(
                    [[x, 1] for x in entries], "signum", beta1=beta, weights=[Fraction(1, batches)] * batches
                )
            )
    return found


PLACE = 18
SIGNUMS = [
    optimizer("signum", beta1=Fraction(beta), batch_size=batch)
    for beta in ("9/10", "99/100")
    for batch in (1, 2)
]
CLAIM = stated(
    "signum-bound",
    "Signum at fixed beta: how far it may fall short of gamma_inf",
    "this project (the margin game); it sharpens the threshold 1 - q and the bound 2 (1 - q) max ||x_i||_1",
    clause(
        r"With $B$ batches an epoch and $q = \beta^{B-1}$, $\operatorname{sign}(m) = "
        r"\operatorname{sign}(\sum_j g_j)$ wherever $|\sum_j g_j[k]| > \frac{1-q}{1+q} \sum_j |g_j[k]|$.",
        (BETA1, CYCLIC),
        trial("signum-sign-condition", maps(signum, data=separable((2, 6), (2, 6)), decades=0), sign_condition,
              {"half the threshold": partial(sign_condition, factor=0.5)}, named=extremal),
        chains=("signum-bound:sign",),
        theorems=("signum_threshold",),
    ),
    clause(
        r"Every limit direction $U(c)$ at an equilibrium $c$ has $\ell_\infty$ margin at least "
        r"$\gamma_\infty - 2 (1 - \frac1B) \frac{1-q}{1+q} \max_i \|x_i\|_1$.",
        (SEPARABLE, CYCLIC, BETA1, NO_GAP, NOT_NEGATIVE, EQUILIBRIUM),
        trial("signum-increments", None, signum_increments,
              {"no loss of margin": partial(signum_increments, factor=0.0)},
              named=on(GAUSSIAN, RADEMACHER, opts=SIGNUMS)),
        chains=("signum-bound",),
        theorems=("signum_margin",),
    ),
    clause(
        r"Whether the weights converge or not, $\liminf_t \min_i z_i/\tau_t$ is at least that, and so is that of "
        r"$\min_i z_i/\|w_t\|_\infty$.",
        (SEPARABLE, CYCLIC, BETA1, BEYOND, SIZES, EPOCHS, EITHER, AT_REST, SCHEDULE),
        trial("signum-margin", runs(moderate_signum, separable((2, 4), (2, 3)) | opposed()), signum_margin,
              {"no loss of margin": partial(signum_margin, factor=0.0)}, cost=4),
        chains=("step-sizes", "signum-growth", "growth-rates:signum", "growth-rates:rate"),
    ),
)  # fmt: skip

"""False: per-sample Adam goes to the l_inf max margin."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

from properties import Case, Judgement, known_false, trial
from verify.claims.hypotheses import SEPARABLE
from verify.claims.instances import GAUSSIAN, on
from verify.claims.judges.reached import given, reaches_linf, short_at_limit, small
from verify.claims.judges.runs import shorter
from verify.optimizers import optimizer


def full_batch(case: Case) -> Judgement:
    """Full-batch Adam does."""
    return reaches_linf(replace(case, optimizer=replace(case.optimizer, batch_size=None)))


PLACE = 20
CLAIM = known_false(
    "false-per-sample-linf",
    "Per-sample Adam goes to the l_inf max margin",
    r"Per-sample Adam converges in direction to the $\ell_\infty$-max-margin classifier on all data.",
    "what full-batch theory suggests (Zhang, Zou, Cao 2024); arXiv 2510.26303 refutes it",
    trial("per-sample-linf", given(optimizer("adam"), small((1, 3), (1, 3))), partial(short_at_limit, norm="linf"),
          true={"at the full batch": full_batch},
          named=on(GAUSSIAN, opts=(optimizer("adam", beta2=Fraction(9, 10)),)), confirm=shorter("linf")),
    hypotheses=(SEPARABLE,),
)  # fmt: skip

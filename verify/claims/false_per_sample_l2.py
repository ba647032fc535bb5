"""False: per-sample Adam goes to the l2 max margin on all data."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

from properties import Case, Judgement, dataset, known_false, trial, vacuous
from verify.claims.instances import GAUSSIAN, on
from verify.claims.judges.reached import given, short_at_limit, small
from verify.claims.judges.runs import shorter
from verify.data.separability import separate
from verify.hypotheses import SEPARABLE
from verify.optimizers import optimizer


def on_signs(case: Case) -> Judgement:
    """On scaled-Rademacher data, the signs of the case's, it does."""
    data = dataset([[1 if x > 0 else -1 for x in row] for row in case.data.rows])
    if separate(data)[0] is None:
        return vacuous("the signs are not separable")
    return short_at_limit(replace(case, data=data), "l2")


PLACE = 21
CLAIM = known_false(
    "false-per-sample-l2",
    "Per-sample Adam goes to the l2 max margin on all data",
    r"Per-sample Adam converges in direction to the $\ell_2$-max-margin classifier on all data.",
    "scaled-rademacher-l2 without its hypothesis",
    trial("per-sample-l2", given(optimizer("adam"), small((1, 3), (1, 3))), partial(short_at_limit, norm="l2"),
          true={"on the signs of the data": on_signs},
          named=on(GAUSSIAN, opts=(optimizer("adam", beta2=Fraction(9, 10)),)), confirm=shorter("l2")),
    hypotheses=(SEPARABLE,),
)  # fmt: skip

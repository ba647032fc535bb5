"""False: per-sample Adam goes to the l2 max margin on all data."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from properties import known_false, trial
from verify.claims.hypotheses import SEPARABLE
from verify.claims.instances import GAUSSIAN, on
from verify.claims.judges.reached import given, on_signs, short_at_limit, small
from verify.claims.judges.runs import shorter
from verify.optimizers import optimizer

PLACE = 21
CLAIM = known_false(
    "false-per-sample-l2",
    "Per-sample Adam goes to the l2 max margin on all data",
    r"Per-sample Adam converges in direction to the $\ell_2$-max-margin classifier on all data.",
    "scaled-rademacher-l2 without its hypothesis",
    trial("per-sample-l2", given(optimizer("adam"), small((1, 3), (1, 3))), partial(short_at_limit, norm="l2"),
          true={"on the signs of the data": on_signs(partial(short_at_limit, norm="l2"))},
          named=on(GAUSSIAN, opts=(optimizer("adam", beta2=Fraction(9, 10)),)), confirm=shorter("l2")),
    hypotheses=(SEPARABLE,),
)  # fmt: skip

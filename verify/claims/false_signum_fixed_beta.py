"""False: Signum at beta = 0.9 and batch size 1 reaches the l_inf max margin."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from properties import Case, Confirmed, Judgement, known_false, named, trial
from verify.claims.hypotheses import SEPARABLE
from verify.claims.instances import GAUSSIAN, on
from verify.claims.judges.certified import margin
from verify.claims.judges.reached import given, reaches_linf, small
from verify.claims.judges.runs import LONG, long_run, run_short
from verify.derive.definitions import mean_update_in_balls
from verify.errors import Undecided
from verify.evidence import Verdict
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.balls import precision
from verify.optimizers import optimizer
from verify.optimizers.increments import increments


def full_batch(case: Case) -> Judgement:
    """At the full batch it does. At beta = 1/2: with the memory of 0.9 the steps of so short a run are too coarse."""
    opt = replace(case.optimizer.at(beta1=Fraction(1, 2)), batch_size=None)
    return reaches_linf(replace(case, optimizer=opt))


def signum_short(case: Case, found: Confirmed) -> None:
    """Signum's w falls short of the l_inf max margin, or comes to rest."""
    run_short(case, margin(case.data, "linf", found), found)
    at_rest(case, found)
    long_run(case, found, "w_T", lambda run: run.weights)


def at_rest(case: Case, found: Confirmed) -> None:
    """Whether, at the weights where a run is, frozen gradients move w by exactly nothing: the signs of m that they
    give cancel over an epoch. Signs that balls have told do not change nearby, so there w stays where it is."""
    z = case.X @ increments(case.X, case.optimizer, LONG // 100).weights
    log_weights = case.optimizer.loss.log_weight(ARRAYS)(z)
    shares = np.exp(log_weights - log_weights.max())
    c = [Fraction(share).limit_denominator(1000) for share in shares.tolist()]
    frozen = [[-weight * x for x in row] for weight, row in zip(c, case.data.rows, strict=True)]
    try:
        with precision(128):
            drift = mean_update_in_balls(case.optimizer.rule.name, frozen, None, case.optimizer.beta1, 0)
    except Undecided:
        return
    if all(u.is_zero() for u in drift):
        found.add(
            Verdict.MEASURED,
            named(case.optimizer, case.data),
            f"in balls: at weights in the ratio of ({', '.join(map(str, c))}), where a run is, and at all weights "
            "near, an epoch of frozen gradients moves w by exactly 0",
        )


PLACE = 23
SIGNUM = optimizer("signum")
CLAIM = known_false(
    "false-signum-fixed-beta",
    "Signum at beta = 0.9 and batch size 1 reaches the l_inf max margin",
    r"For every $\beta \in (0,1)$ and every batch size Signum converges in direction to the "
    r"$\ell_\infty$-max-margin classifier.",
    "the unqualified reading of arXiv 2510.26303 v3, abstract",
    trial("signum-fixed-beta", given(SIGNUM, small((2, 3), (1, 3), 12)), reaches_linf,
          true={"at the full batch": full_batch}, named=on(GAUSSIAN, opts=(SIGNUM,)), confirm=signum_short),
    hypotheses=(SEPARABLE,),
    chains=("signum-stalls",),
    theorems=("signum_stalls_for_every_beta",),
    remark="The weights of m differ by up to beta^(B-1), so near a zero of the full gradient sign(m) keeps "
    "the sign of the newest samples: the statement signum-bound.",
)  # fmt: skip

"""GD and SGD go to the l2 max margin."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

from properties import Case, Judgement, clause, stated, trial, within
from properties.cases import DATA, PROXY, WIDE, batched_gd, changed, rule, runs
from verify.claims.hypotheses import SEPARABLE, SMALL_STEPS, VANISHING
from verify.claims.instances import SMALL_GAUSSIAN, on
from verify.claims.judges.changes import same_limit
from verify.claims.judges.growth import gd_margin, ngd_margin
from verify.claims.judges.limits import all_at_max_margin
from verify.claims.judges.settling import settles
from verify.margins import Norm, max_margin
from verify.numbers.linear.angles import misalignment
from verify.optimizers import optimizer
from verify.optimizers.increments import increments

STEPS = 10**6


def nears_l2(case: Case, kind: Norm = "l2") -> Judgement:
    """w_t / ||w_t|| errs by O(1/log t), so the test is that the error of the increments falls: to a quarter and below
    1e-3 in 100 times the steps."""
    target = max_margin(case.data, kind).unit()
    early, late = (
        misalignment(increments(case.X, case.optimizer, steps).direction, target)
        for steps in (STEPS // 100, STEPS)
    )
    return within(late, min(early / 4, 1e-3), f"1 - cos of increments to the {kind} direction")


PLACE = 12
BATCHES = (("full", "cyclic"), (1, "cyclic"), (1, "reshuffle"), (2, "replacement"))
GD = [
    optimizer("gd", batch_size=batch, order=order, lr=Fraction(1, 20), decay=Fraction(0))
    for batch, order in BATCHES
]
NGD = on(SMALL_GAUSSIAN, opts=(optimizer("ngd"),))
CLAIM = stated(
    "gd-l2",
    "GD and SGD go to the l2 max margin at any batch size",
    "Soudry et al. 2018; Nacson, Srebro, Soudry 2019",
    clause(
        r"GD, and SGD with any batch size and order of samples, converge in direction to the "
        r"$\ell_2$-max-margin classifier.",
        (SEPARABLE, SMALL_STEPS),
        trial("gd-margin", runs(batched_gd, WIDE), gd_margin, {"l_inf": partial(gd_margin, kind="linf")}, cost=10),
        trial("gd-increments", None, nears_l2, {"l_inf": partial(nears_l2, kind="linf")},
              named=on(SMALL_GAUSSIAN, opts=GD)),
    ),
    clause(
        r"So does normalized GD, whose margin game has that direction as its only limit.",
        (SEPARABLE, VANISHING),
        trial("ngd-margin", runs(rule("ngd"), WIDE), ngd_margin, {"l_inf": partial(ngd_margin, kind="linf")},
              cost=4, named=NGD),
        trial("ngd-increments", runs(rule("ngd"), DATA, start=True), partial(settles, kind="l2"),
              {"l_inf": partial(settles, kind="linf")}, cost=4, named=NGD),
        trial("ngd-limit-l2", changed("ngd"), all_at_max_margin,
              {"l_inf instead": partial(all_at_max_margin, kind="linf")}, cost=4, named=NGD),
        trial("one-sample-twice", changed("ngd"), partial(same_limit, kind="one twice"),
              {"AdamProxy": lambda case: same_limit(replace(case, optimizer=PROXY), "one twice")}, cost=4),
    ),
)  # fmt: skip

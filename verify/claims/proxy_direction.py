"""AdamProxy's limit solves P(c*) at a dual fixed point."""

from __future__ import annotations

from functools import partial

from properties import clause, stated, trial
from properties.cases import DATA, SMALL, changed, rule, runs, with_proxy
from verify.claims.hypotheses import CONVERGE, REGULAR, SEPARABLE, VANISHING
from verify.claims.instances import GAUSSIAN, RADEMACHER, REAL, SHIFTED, TWO_ROWS, on
from verify.claims.judges.changes import same_limit
from verify.claims.judges.limits import solves_own_problem
from verify.claims.judges.settling import settles, weights_settle

PLACE = 7
NAMED = on(GAUSSIAN, SHIFTED[0], RADEMACHER)
CLAIM = stated(
    "proxy-direction",
    "AdamProxy's limit solves P(c*) at a dual fixed point c*",
    "arXiv 2510.26303, Ass. 4.4, Thm 4.8 (as reconstructed from reviews)",
    clause(
        r"With $M(c) = \operatorname{diag}_k \sqrt{\sum_j c_j^2 x_j[k]^2}$ and $P(c)$: minimize "
        r"$\frac12 w^\top M(c) w$ subject to $x_i^\top w \ge 1$, each limit of AdamProxy's margin game has the "
        r"direction of $P(c^*)$'s solution, where $c^* = d/\|d\|_1$ for a dual solution $d$ of $P(c^*)$.",
        (SEPARABLE, REGULAR),
        trial("limits-solve-P", with_proxy(SMALL), solves_own_problem,
              {"M without the root": partial(solves_own_problem, power=1.0)}, cost=4,
              named=on(*REAL, GAUSSIAN, "gaussian:n=4,d=3,seed=*", TWO_ROWS)),
        trial("rescaled-data", changed("adam-proxy"), partial(same_limit, kind="rescaled"),
              {"one sample twice": partial(same_limit, kind="one twice")}, cost=8),
        chains=("fixed-point-game",),
        theorems=("proxy_equilibria_are_dual_fixed_points",),
    ),
    clause(
        "Where the weights converge, AdamProxy's direction is one of these.",
        (SEPARABLE, VANISHING, CONVERGE),
        trial("proxy-weights", runs(rule("adam-proxy"), DATA, start=True), weights_settle,
              {"c* of the next row": partial(weights_settle, shift=1)}, cost=4, named=NAMED),
        trial("proxy-increments", runs(rule("adam-proxy"), DATA, start=True), settles,
              {"l2": partial(settles, kind="l2")}, cost=4, named=NAMED),
    ),
    remark="That the weights converge is a hypothesis: see weights-cycle and false-limit-is-fixed-point.",
)  # fmt: skip

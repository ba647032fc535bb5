"""AdamProxy drives the loss to 0."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from properties import Case, Judgement, clause, dataset, stated, trial, within
from properties.cases import PLAIN, rule, runs
from verify.claims.hypotheses import SEPARABLE, SHIPPED_LOSS, VANISHING
from verify.claims.instances import GAUSSIAN, on
from verify.claims.judges.growth import proxy_loss
from verify.simulate import trajectory

# What no w separates: x_1 + x_2 = 0.
NOT_SEPARABLE = dataset([[1, 2], [-1, -2]])


def margins_double(case: Case) -> Judgement:
    """The least margin grows like tau, so twice in four times the steps; its growth sends the loss to 0."""
    early, late = (case.X @ trajectory(case.X, case.optimizer, [25_000, 100_000]).weights.T).min(axis=0)
    wanted = 1.5 * max(float(early), 0.0)
    if late <= 0:
        return within(float("inf"), 1.0, f"least margin after 100,000 steps: {late:.3g}")
    return within(
        wanted / float(late), 1.0, "1.5 times the least margin after 25,000 steps / that after 100,000"
    )


PLACE = 6
CLAIM = stated(
    "proxy-loss",
    "AdamProxy drives the loss to 0",
    "arXiv 2510.26303, Prop. 4.3 (as reconstructed from reviews)",
    clause(
        r"AdamProxy's $L(w_t) \to 0$. (The inference from $\sum \eta_t a_t < \infty$ and "
        r"$\sum \eta_t = \infty$ to $a_t \to 0$ is false in general.)",
        (SEPARABLE, SHIPPED_LOSS, VANISHING),
        trial("proxy-margin-grows", runs(rule("adam-proxy"), PLAIN), proxy_loss,
              {"as fast as sign descent": partial(proxy_loss, sign_speed=True)}),
        trial("proxy-margin-doubles", None, margins_double,
              {"not separable": lambda case: margins_double(replace(case, data=NOT_SEPARABLE))},
              named=on(GAUSSIAN, "iris", "scaled-rademacher:n=6,d=4,seed=0")),
        chains=("proxy-loss",),
        theorems=("proxy_loss_vanishes", "divergent_steps_do_not_force_zero"),
    ),
)  # fmt: skip

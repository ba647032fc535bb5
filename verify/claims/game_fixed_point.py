"""Dual fixed points are the equilibria of the margin game, and runs end at them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties import Case, Judgement, clause, stated, trial, vacuous, within, worst
from properties.cases import (
    PLAIN,
    PROXY,
    adam,
    any_order,
    changed,
    column_factors,
    either,
    maps,
    one_of,
    rule,
    runs,
    with_proxy,
)
from properties.strategies import any_separable
from verify.claims.hypotheses import BELOW, CONVERGE, MARGINS_MOVE, REGULAR, SEPARABLE, TAIL, VANISHING
from verify.claims.instances import GAUSSIAN, SMALL_GAUSSIAN, TWO_ROWS, on
from verify.claims.judges.changes import far_sample, other_units, permuted_samples, same_limit, unchanged
from verify.claims.judges.limits import solves_own_problem
from verify.claims.judges.maps import EPS, radius
from verify.claims.judges.settling import arrives
from verify.data import Dataset
from verify.data.families import gaussian
from verify.game.smooth.iteration import mahalanobis
from verify.losses import LOSSES
from verify.margins import mahalanobis_margin
from verify.optimizers import optimizer
from verify.problem.epoch_map import epoch_map
from verify.problem.frozen import shares
from verify.simulate import trajectory


def weak_duality(case: Case, power: float = 0.5) -> Judgement:
    """(min F)^2 / c'F <= (margin of P(c))^2 <= c'F at any c, with equality just at equilibria.

    w = M^-1 X'c has w'Mw = c'F and min_i x_i.w = min F, which bounds the margin from below; c bounds it from above.
    """
    X, c = case.X, case.c
    if not mahalanobis(X, c).all():
        return vacuous("M(c) is singular: P(c) has no norm")
    F = X @ (c @ X / mahalanobis(X, c, power))
    average, least = float(c @ F), max(float(F.min()), 0.0)
    best = mahalanobis_margin(case.data, case.weights)
    largest = float((np.abs(X) @ (c @ np.abs(X) / mahalanobis(X, c))).max())
    room = 64 * EPS * case.data.d * (1 + largest / average)
    return worst([
        within(best.margin**2 / average, 1 + room, "margin^2 of P(c) / c'F"),
        within(least**2 / average / best.margin**2, 1 + room, "(min F)^2/c'F / margin^2 of P(c)"),
    ])  # fmt: skip


def replicator(case: Case, factor: float = 1.0) -> Judgement:
    """Over T = 100 steps of small eta log c changes by -eta T (F - c'F) times ``factor``, up to 4 (eta T R)^2.

    |U_k| <= 1/sqrt N, so log c moves by less than eta T R in all, and U with it at most twice as fast.
    """
    opt, X, steps = case.optimizer, case.X, 100
    R = radius(X)
    eta = 1e-4 / R
    opt = replace(opt, lr=Fraction(eta), decay=Fraction(0), loss=LOSSES["exponential"])
    w = trajectory(X, opt, [steps], start=case.w_0).weights[0]
    log_c = -(X @ case.w_0)
    c = shares(log_c)
    F = X @ epoch_map(opt, X)(log_c).real
    change = -(X @ (w - case.w_0))
    seen, wanted = change - c @ change, -factor * (F - c @ F) * eta * steps
    allowed = 4 * (eta * steps * R) ** 2 + 1e-13 * steps * float(np.abs(X @ case.w_0).max() + 1)
    return within(float(np.abs(seen - wanted).max()), allowed, "change of log c - replicator equation")


# Far enough from beta2 = 1 that AdamProxy's limits are not its own. With decay 1/2 the first steps of a long time are
# thousands of times the last, and throw the weights far out.
SLOWLY = [replace(opt, decay=Fraction(1, 4)) for opt in (PROXY, optimizer("adam", beta2=Fraction(9, 10)))]


def random_set(number: int) -> Dataset:
    """Gaussian rows (even numbers) or rows of integers from -6 to 6 without 0 (odd), N = 2..5, d = 2..4."""
    n, d = 2 + number // 2 % 4, 4 - number // 8 % 3
    if number % 2 == 0:
        return gaussian(n, d, number)
    rng = np.random.default_rng(number)
    X = rng.integers(1, 7, size=(n, d)) * rng.choice([-1, 1], size=(n, d))
    X *= np.where(X @ rng.standard_normal(d) > 0, 1, -1)[:, None]
    return Dataset(str(X.tolist()), tuple(tuple(map(Fraction, row)) for row in X.tolist()))


@st.composite
def random_runs(draw: DrawFn) -> Case:
    """AdamProxy or per-sample Adam on a random set, from w_0 = 0 or a draw from the normal distribution."""
    number = draw(st.integers(0, 999))
    data, opt = random_set(number), draw(st.sampled_from(SLOWLY))
    drawn = np.random.default_rng(number).standard_normal((2, data.d)).tolist()
    return Case(data, opt, draw(st.sampled_from([(), *(tuple(map(Fraction, w_0)) for w_0 in drawn)])))


PLACE = 14
CLAIM = stated(
    "game-fixed-point",
    "Dual fixed points are the equilibria of the margin game",
    "this project (the margin game)",
    clause(
        r"$c$ is a dual fixed point iff $F_i(c) = \min_j F_j(c)$ wherever $c_i > 0$, with $F_i(c) = x_i^\top U(c)$.",
        (SEPARABLE, REGULAR),
        trial("equilibria-are-fixed-points", None, solves_own_problem,
              {"M without the root": partial(solves_own_problem, power=1.0)},
              named=on(GAUSSIAN, "iris", "gaussian:n=6,d=4,seed=*", TWO_ROWS)),
        trial("weak-duality", with_proxy(any_separable((1, 5), (1, 4)), faces=True), weak_duality,
              {"M without the root": partial(weak_duality, power=1.0)}),
        trial("samples-in-any-order", maps(one_of("adam-proxy", "gd", "ngd"), any_order),
              partial(unchanged, change=permuted_samples),
              {"per-sample Adam": partial(unchanged, change=permuted_samples, opt=optimizer("adam"))}),
        trial("units-of-a-coordinate", maps(either(one_of("adam-proxy", "gd"), adam), column_factors),
              partial(unchanged, change=other_units),
              {"normalized GD": partial(unchanged, change=other_units, opt=optimizer("ngd"))}),
        trial("far-sample", changed("adam-proxy", "ngd"), far_sample,
              {"per-sample Adam": lambda case: far_sample(replace(case, optimizer=optimizer("adam")))}, cost=4),
        trial("all-samples-twice", changed("adam-proxy", "ngd"), partial(same_limit, kind="all twice"),
              {"one sample twice": partial(same_limit, kind="one twice")}, cost=8),
        chains=("fixed-point-game",),
        theorems=("proxy_equilibria_are_dual_fixed_points",),
    ),
    clause(
        r"$\dot c_i = -c_i (F_i(c) - \sum_j c_j F_j(c))$ along the flow.",
        (TAIL, MARGINS_MOVE),
        trial("replicator-equation", runs(rule("adam-proxy"), PLAIN, start=True), replicator,
              {"half the speed": partial(replicator, factor=0.5)}, named=on(SMALL_GAUSSIAN)),
        chains=("replicator:equation",),
        theorems=("replicator",),
    ),
    clause(
        "Runs whose weights converge end at the limits so found, AdamProxy's and per-sample Adam's alike.",
        (SEPARABLE, BELOW, VANISHING, CONVERGE),
        trial("runs-end-at-limits", random_runs(), arrives,
              {"one limit dropped from each list": partial(arrives, dropped=1),
               "beta2 ignored": partial(arrives, aim=PROXY)}, cost=2),
    ),
)  # fmt: skip

"""The game of Adam's own epoch map gives its limit at finite beta2 and any batch size."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
from hypothesis import strategies as st

from properties import Case, Judgement, clause, stated, trial, vacuous, within
from properties.cases import (
    PLAIN,
    PROXY,
    adam,
    batched_adam,
    either,
    maps,
    one_of,
    rotations,
    runs,
    scaling_rules,
    turn,
)
from properties.strategies import separable
from verify.claims.hypotheses import BELOW, CONVERGE, CYCLIC, POSITIVE, SEPARABLE, VANISHING
from verify.claims.instances import GAUSSIAN, on
from verify.claims.judges.changes import other_scale, permuted_samples, swapped, turned_coordinates, unchanged
from verify.claims.judges.maps import radius
from verify.claims.judges.settling import arrives, settles, weights_settle
from verify.optimizers import optimizer
from verify.simulate import trajectory

# exp of this is a float64, with room for a few more powers of ten.
LARGEST = 600.0


def exactly_scaled(case: Case, power: int = 1) -> Judgement:
    """Data times 2^k and steps times 2^-k (4^-k for GD): the iterate times 2^-k, to the last bit.

    GD takes the step that suits the curvature at w_0 at most, R^2 exp(-min z): with a longer one it may leave float64.
    """
    X, opt = case.X, case.optimizer
    if opt.rule.degree:
        curvature = radius(X, 2) ** 2 * math.exp(min(-float((X @ case.w_0).min()), LARGEST))
        opt = replace(opt, lr=1 / Fraction(curvature))
    if not case.change[0]:
        return vacuous("nothing is changed")
    factor = Fraction(2) ** int(case.change[0])
    before, after = (
        trajectory(rows, o, [100, 1000], start=start).weights
        for rows, o, start in (
            (X, opt, case.w_0),
            (
                X * float(factor),
                replace(opt, lr=opt.lr / factor ** (power + opt.rule.power)),
                case.w_0 / float(factor),
            ),
        )
    )
    gap = np.abs(after * float(factor) - before).max() / np.abs(before).max()
    # gd's and ngd's sums round alike too: powers of two change no mantissa; sqrt and exp see the same numbers.
    return within(float(gap), 1e-13, "relative difference of the iterates")


def as_gd(case: Case) -> Judgement:
    """GD as if it scaled like the others."""
    return unchanged(replace(case, optimizer=optimizer("adam")), other_scale, optimizer("gd"))


PLACE = 16
ADAMS = [
    optimizer("adam", beta2=Fraction(beta2), batch_size=batch)
    for beta2 in ("19/20", "99/100", "999/1000")
    for batch in (1, 2, 5)
]
ANY_RULE = either(one_of("adam-proxy", "gd", "ngd"), adam)
SEVERAL = runs(batched_adam, separable((2, 4), (2, 4)))
CLAIM = stated(
    "finite-beta2",
    "The game of Adam's own epoch map gives its limit at finite beta2 and any batch size",
    "this project (the margin game)",
    clause(
        r"Where the weights converge and margins grow, per-sample and mini-batch Adam in cyclic order go to $U(c^*)$ "
        r"at an equilibrium $c^*$ of the game of their own epoch map.",
        (SEPARABLE, CYCLIC, BELOW, VANISHING, CONVERGE, POSITIVE),
        trial("adam-increments", SEVERAL, settles, {"AdamProxy's limits": partial(settles, aim=PROXY)}, cost=10),
        trial("adam-weights", SEVERAL, weights_settle, {"c* of the next row": partial(weights_settle, shift=1)},
              cost=10),
        trial("adam-runs", None, arrives, {"AdamProxy's limit": partial(arrives, aim=PROXY)},
              named=on(GAUSSIAN, opts=ADAMS)),
    ),
    clause(
        "That map does not know where in the cycle an epoch begins, turns with the coordinates, and, like "
        "the runs, scales with the data.",
        (CYCLIC, BELOW),
        trial("cycle-starts-anywhere", rotations(), partial(unchanged, change=permuted_samples),
              {"two samples exchanged": swapped}),
        trial("coordinates-turned", maps(ANY_RULE, turn), partial(unchanged, change=turned_coordinates),
              {"U does not turn": partial(unchanged, change=partial(turned_coordinates, back=False))}),
        trial("all-data-rescaled", maps(ANY_RULE, lambda draw, data: [Fraction(2) ** draw(st.integers(-20, 20))]),
              partial(unchanged, change=other_scale), {"GD like the others": as_gd}),
        trial("run-exactly-scaled", runs(scaling_rules, PLAIN, start=True, powers=True), exactly_scaled,
              {"steps not scaled": partial(exactly_scaled, power=0)}),
    ),
)  # fmt: skip

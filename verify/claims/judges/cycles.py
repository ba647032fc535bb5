"""Data whose weights go round: where AdamProxy goes then, against its dual fixed points."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from properties import Case, Judgement, vacuous, within
from properties.cases import PROXY
from verify.claims.judges.maps import radius
from verify.game.flows.cycles import Cycle, limit_cycle
from verify.game.smooth.face import Equilibrium
from verify.game.smooth.field import field
from verify.game.smooth.search import alike, on_faces
from verify.losses import LOSSES
from verify.numbers.linear.angles import Vector, misalignment
from verify.optimizers.trajectory import trajectory
from verify.problem.frozen import shares

# A run whose weights still swing by SWING over the last quarter of so many steps may go round. Margins move by at most
# a tenth in a step. The mean of U is off by the square of a swing, so 1 - cos by its fourth power: 1e-6 for 0.03.
STEPS = 20_000
SWING = 0.03

# Periods of a longer run.
TURNS = 100

# Two directions below this in 1 - cos count as one. The rounding of Newton's method leaves 1e-13 in a direction, so
# 1e-26 here, and a cycle's mean is known to the 1e-7 to which it closes, so to 1e-14.
SAME_DIRECTION = 1e-6


def late_weights(X: Vector) -> Vector:
    """log c (K, N) along the last quarter of a run of AdamProxy that starts near a corner of the simplex."""
    # Not from w_0 = 0: where rows are turned into each other the weights are equal there and stay so.
    start = X[0] / float(X[0] @ X[0])
    run = replace(
        PROXY, lr=Fraction(1, 10) / Fraction(radius(X)), decay=Fraction(0), loss=LOSSES["exponential"]
    )
    steps = np.linspace(3 * STEPS // 4, STEPS, 201, dtype=int)
    z = trajectory(X, run, [int(step) for step in steps], start=start).weights @ X.T
    return np.asarray(z.min(axis=1, keepdims=True) - z)


def fixed_points(X: Vector) -> list[Equilibrium]:
    """The dual fixed points on all faces of the simplex, as far as Newton's method finds them."""
    found: list[Equilibrium] = []
    for equilibrium in on_faces(field(X, PROXY), seed=0):
        if not any(alike(equilibrium, other) for other in found):
            found.append(equilibrium)
    return found


def cycle_of(X: Vector) -> Cycle | None:
    """The limit cycle on which AdamProxy's weights end; None where they come to rest or none is found."""
    log_c = late_weights(X)
    if not np.ptp(shares(log_c), axis=0).max() > SWING:
        return None
    return limit_cycle(field(X, PROXY), log_c[-1])


def goes_to_fixed_point(case: Case) -> Judgement:
    """On a cycle w/tau tends to the mean of U over it; that is to be the direction of a dual fixed point."""
    if case.data.n < 2:
        return vacuous("one row has one weight")
    X = case.X
    cycle = cycle_of(X)
    if cycle is None:
        return vacuous("the weights come to rest, or on no cycle that is found")
    found = fixed_points(X)
    if not found or any(point.stability == "attracting" for point in found):
        return vacuous("no fixed point is known, or one attracts")
    gap = min(misalignment(cycle.drift, point.drift) for point in found)
    return within(
        gap, SAME_DIRECTION, "1 - cos between the cycle's mean drift and the nearest dual fixed point"
    )


def round_the_cycle(X: Vector, cycle: Cycle) -> Vector:
    """How w (d,) moves in TURNS periods of a run of AdamProxy that begins on the cycle, in steps fine enough for it to
    lag behind the flow by 1e-3 of a period."""
    lr = Fraction(cycle.period / 1000)
    run = replace(PROXY, lr=lr, decay=Fraction(0), loss=LOSSES["exponential"])
    start = np.linalg.lstsq(X, -np.log(cycle.weights[0]), rcond=None)[0]
    settle, steps = 10 * 1000, (10 + TURNS) * 1000
    before, after = trajectory(X, run, [settle, steps], start=start).weights
    return np.asarray(after - before)

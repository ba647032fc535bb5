"""Limit cycles: flows of the margin game whose weights have no limit.

An orbit c(tau) with positive weights that converges does so to an equilibrium of the game: a row that costs
less than the mean gains weight for ever. So if no equilibrium attracts, almost no orbit converges (Hofbauer
and Sigmund 1998, section 7.2, for the replicator equation). Margins then keep pace on the average: w/tau tends
to the mean of U over the cycle, which need not be U at any equilibrium.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.evidence import Verdict
from verify.game.result import Prediction
from verify.game.smooth.field import Field, Floats, centred, span
from verify.problem.frozen import shares

# Local error of the orbit in log c, and how far apart two returns may be to be one orbit.
TOLERANCE, SAME = 1e-10, 1e-7

# An orbit that has not settled after this many returns is not called a cycle. For a return it gets this many
# units of time (one unit: margins first change by 1), three times as many after each try in which it did not
# come back, up to the last.
MOST_RETURNS, FIRST_TRY, LAST_TRY = 60, 100.0, 1e4

# An orbit that spirals into an equilibrium comes back as near as one likes: what is smaller than this in every
# weight when it does is no cycle.
SMALLEST = 1e-3

# Points of the cycle that are kept.
POINTS = 400


@dataclass(frozen=True)
class Cycle:
    """A periodic orbit of the flow of the exponential tail, in float64.

    period in tau; weights (POINTS, N) at equal times over one period; drift (d,), the mean of U over it, so
    that w/tau tends to it; rate: what a distance from the cycle is multiplied by in one return, at the last
    two returns seen (below 1: it attracts).
    """

    period: float
    weights: Floats
    drift: Floats
    rate: float


def none_attracts(prediction: Prediction) -> bool:
    """Whether it is certified that no equilibrium attracts, whatever its cost: the list is complete, and none does."""
    return (
        prediction.complete
        and not prediction.growing
        and all(
            limit.stability in ("repelling", "saddle") and limit.evidence is Verdict.CERTIFIED
            for limit in prediction.limits
        )
    )


def limit_cycle(game: Field, log_c: Floats) -> Cycle | None:
    """The cycle that the flow of the exponential tail from log c (N,) settles on; None if it settles on none."""
    basis = span(centred(game.X))
    offset = log_c - basis @ (basis.T @ log_c)

    def velocity(_: float, y: Floats) -> Floats:
        return -np.asarray(basis.T @ (game.X @ game.drift(offset + basis @ y)))

    y = np.asarray(basis.T @ log_c)
    unit = 1.0 / float(np.max(np.abs(game.X @ game.drift(log_c))))
    gaps: list[float] = []
    patience = FIRST_TRY
    for _ in range(MOST_RETURNS):
        period, back = _first_return(velocity, y, unit, patience)
        if period is None:
            patience *= 3
            if patience > LAST_TRY or np.linalg.norm(velocity(0.0, back)) * unit < SAME:
                return None
        else:
            gaps.append(float(np.linalg.norm(back - y)))
            if gaps[-1] < SAME:
                break
        y = back
    else:
        return None
    times = np.linspace(0.0, period, POINTS, endpoint=False)
    orbit = _followed(velocity, (0.0, period), y, t_eval=times)
    log_weights = offset + orbit.y.T @ basis.T
    weights = shares(log_weights)
    if np.ptp(weights, axis=0).max() < SMALLEST:
        return None
    # The mean over equal times of a periodic function is exact but for its highest frequencies.
    drift = np.mean([game.drift(row) for row in log_weights], axis=0)
    rate = gaps[-1] / gaps[-2] if len(gaps) > 1 and gaps[-2] > 0 else 0.0
    return Cycle(period, weights, drift, rate)


def _followed(
    velocity: Callable[[float, Floats], Floats], span: tuple[float, float], y: Floats, **asked: Any
) -> Any:
    """The orbit from y, as SciPy follows it."""
    from scipy.integrate import solve_ivp  # imported late, as in `flow`

    return solve_ivp(velocity, span, y, method="DOP853", rtol=TOLERANCE, atol=TOLERANCE, **asked)


def _first_return(
    velocity: Callable[[float, Floats], Floats], y: Floats, unit: float, patience: float
) -> tuple[float | None, Floats]:
    """Time and place at which the orbit from y next crosses the plane through y across its velocity, in the
    same sense; None, and where it is then, if it has not done so after ``patience`` units of time."""
    normal = velocity(0.0, y)

    def plane(_: float, here: Floats) -> float:
        return float((here - y) @ normal)

    plane.terminal, plane.direction = True, 1  # type: ignore[attr-defined]
    left = _followed(velocity, (0.0, unit / 4), y)
    orbit = _followed(velocity, (unit / 4, patience * unit), left.y[:, -1], events=plane)
    if len(orbit.t_events[0]):
        return float(orbit.t_events[0][0]), np.asarray(orbit.y_events[0][0])
    return None, np.asarray(orbit.y[:, -1])

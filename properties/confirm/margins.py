"""Hits of claims about max margins: every equilibrium, or where a run is, falls short of the largest."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from properties.certified import Box, Confirmed, above, equilibria, margin, most_margin, named, share_of
from properties.confirm.runs import BALL_STEPS, LONG, held, in_balls, long_run, run_short
from properties.property import Case
from verify.derive.definitions import mean_update_in_balls
from verify.errors import Undecided
from verify.evidence import Verdict
from verify.margins import Margin, Norm
from verify.numbers.linear.angles import misalignment
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.balls import precision
from verify.optimizers.increments import increments


def shorter(norm: Norm) -> Callable[[Case, Confirmed], None]:
    """Every equilibrium has a smaller margin than the largest, and so has w after a run in balls."""

    def check(case: Case, found: Confirmed) -> None:
        largest = margin(case.data, norm, found)
        prediction, boxes = equilibria(case.data, case.optimizer, "equilibria", found)
        found.add(
            Verdict.CERTIFIED,
            case.data.name,
            f"the {norm} margin of each of their directions is less than {most(boxes, largest)} of the largest",
        )
        run_short(case, largest, found)
        held(prediction, found)

    return check


def most(boxes: list[Box], largest: Margin) -> str:
    """A bound, relative to the largest, on the margins of directions; Undecided unless all fall short."""
    data = largest.data
    bound = max(most_margin(data.rows, box.center, (box.radius,) * data.d, largest.norm) for box in boxes)
    if bound >= largest.value:
        raise Undecided(f"whether every equilibrium falls short of the {largest.norm} max margin")
    return above(share_of(largest, bound))


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
            Verdict.CERTIFIED,
            named(case.optimizer, case.data),
            f"at weights in the ratio of ({', '.join(map(str, c))}), where a run is, and at all weights near, an epoch "
            "of frozen gradients moves w by exactly 0",
        )


def eps_short(case: Case, found: Confirmed) -> None:
    """No certificate's format has an eps, so the runs in balls stand for themselves."""
    largest = margin(case.data, "linf", found)
    (_, late, r), (_, early, s) = (in_balls(case, steps) for steps in (BALL_STEPS, BALL_STEPS // 2))
    moved = tuple(a - b for a, b in zip(late, early, strict=True))
    room = tuple(a + b for a, b in zip(r, s, strict=True))
    share = share_of(largest, most_margin(case.data.rows, moved, room, "linf"))
    found.add(
        Verdict.CERTIFIED, named(case.optimizer, case.data) + f", eps = {case.optimizer.eps}",
        f"the l_inf margin of w_{BALL_STEPS} - w_{BALL_STEPS // 2} is less than {above(share)} of the largest, by "
        "two runs in balls (of later steps this says nothing, and there is no certificate of a run with eps)",
    )  # fmt: skip
    long_run(case, found)
    l2 = margin(case.data, "l2", found).unit()
    seen = [misalignment(increments(case.X, case.optimizer, t).direction, l2) for t in (LONG // 100, LONG)]
    found.add(
        Verdict.MEASURED, case.data.name,
        f"1 - cos of the increments to the l2 maximizer: {seen[0]:.0e} and {seen[1]:.0e} after {LONG // 100} and "
        f"{LONG} steps, where Wang et al. 2022 say that they go",
    )  # fmt: skip

"""Hits of claims about limits: several of them, apart from each other, or none."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from properties.certified import Box, Confirmed, apart, distance, equilibria, margin, named
from properties.confirm.margins import most
from properties.confirm.runs import BALL_STEPS, LONG, held, in_balls, long_run
from properties.cycles import PROXY, SAME_DIRECTION, TURNS, cycle_of, round_the_cycle
from properties.property import Case
from verify.errors import Undecided
from verify.evidence import Verdict
from verify.game.companion import AGREES
from verify.game.flows.cycles import none_attracts
from verify.game.smooth.iteration import contraction
from verify.numbers.linear.angles import misalignment
from verify.optimizers.increments import increments
from verify.simulate.certify import iterate_certificate


def no_common_limit(case: Case, found: Confirmed) -> None:
    """Per-sample Adam and AdamProxy have no limit direction in common."""
    adam, one = equilibria(case.data, case.optimizer, "adam", found)
    proxy, other = equilibria(case.data, PROXY, "adam-proxy", found)
    tell_apart(one, other, case, found)
    held(adam, found)
    held(proxy, found)


def tell_apart(one: list[Box], other: list[Box], case: Case, found: Confirmed) -> None:
    """Two lists of directions have none in common; Undecided if they may."""
    found.add(
        Verdict.CERTIFIED, case.data.name,
        f"no direction of the one is one of the other: 1 - cos is about {apart(one, other):.2e} at least",
    )  # fmt: skip


def batches_differ(case: Case, found: Confirmed) -> None:
    """Batch 1 and the case's batch size have no limit direction in common."""
    single = replace(case.optimizer, batch_size=1)
    one, first = equilibria(case.data, single, "batch-1", found)
    size = case.optimizer.batch_size
    if not case.optimizer.full_batch(case.data.n):
        other, second = equilibria(case.data, case.optimizer, f"batch-{size}", found)
        tell_apart(first, second, case, found)
        held(other, found)
    else:  # the game of sign descent: its limit is the l_inf maximizer
        found.add(
            Verdict.CERTIFIED,
            case.data.name,
            "the limits of the full batch's game are the l_inf maximizers; with batch 1 the margin is less than "
            f"{most(first, margin(case.data, 'linf', found))} of theirs",
        )
        long_run(case, found, short=False)
    held(one, found)


def several(case: Case, found: Confirmed) -> None:
    """There is more than one dual fixed point."""
    prediction, _ = equilibria(case.data, PROXY, "fixed-points", found)
    if len(prediction.limits) < 2:
        raise Undecided("whether there is more than one dual fixed point")


def starts_differ(case: Case, found: Confirmed) -> None:
    """AdamProxy goes to another equilibrium from the case's start than from 0."""
    prediction, boxes = equilibria(case.data, PROXY, "fixed-points", found)
    if not case.start:
        raise Undecided("which start leads elsewhere")
    X, ends = case.X, []
    for name, start in (("zero", (Fraction(0),) * case.data.d), ("start", case.start)):
        text = f"from w_0 = ({', '.join(map(str, start))})"
        w_0 = np.array([float(w) for w in start])
        run = increments(X, PROXY, LONG, start=w_0).direction
        gaps = [misalignment(run, limit.direction) for limit in prediction.limits]
        end = int(np.argmin(gaps))
        limit = prediction.limits[end]
        found.add(
            Verdict.MEASURED if gaps[end] < AGREES and limit.stability == "attracting" else Verdict.UNDECIDED,
            named(PROXY, case.data),
            f"{LONG} steps {text}: the increments are within 1 - cos {gaps[end]:.0e} of equilibrium {end}, which is "
            f"{limit.stability} ({limit.evidence})",
        )
        ball_run, center, radius = in_balls(case, BALL_STEPS, start)
        found.certify(f"iterate-{name}", iterate_certificate(case.data, PROXY, ball_run, start), case.data)
        found.add(
            Verdict.CERTIFIED,
            named(PROXY, case.data),
            f"{BALL_STEPS} steps {text}: c, as exp(-x_i.w), is within {distance(case.data, center, radius, limit):.1e} "
            f"of equilibrium {end}, in total variation (of later steps this says nothing)",
        )
        ends.append(end)
    first, second = ([boxes[end]] for end in ends)
    found.add(
        Verdict.CERTIFIED, case.data.name,
        f"the directions of these two equilibria are 1 - cos {apart(first, second):.2e} apart",
    )  # fmt: skip


def iteration_goes_on(case: Case, found: Confirmed) -> None:
    """No dual fixed point attracts the iteration, by the spectral radius of its derivative."""
    prediction, _ = equilibria(case.data, PROXY, "fixed-points", found, starts=0)
    radii = [contraction(case.X, limit) for limit in prediction.limits]
    found.add(
        Verdict.MEASURED if min(radii) > 1 else Verdict.UNDECIDED,
        case.data.name,
        f"the spectral radius of the iteration's derivative there: {', '.join(f'{r:.3f}' for r in radii)}",
    )


def goes_elsewhere(case: Case, found: Confirmed) -> None:
    """No dual fixed point attracts, by the certified list of them; where w goes instead is measured."""
    prediction, _ = equilibria(case.data, PROXY, "fixed-points", found, starts=0)
    if not none_attracts(prediction):
        raise Undecided("whether a dual fixed point attracts")
    X = case.X
    cycle = cycle_of(X)
    if cycle is None:
        raise Undecided("on what cycle the weights end")
    gap = min(misalignment(cycle.drift, limit.direction) for limit in prediction.limits)
    found.add(
        Verdict.MEASURED if gap > SAME_DIRECTION and cycle.rate < 1 else Verdict.UNDECIDED,
        named(PROXY, case.data),
        f"the flow's weights end on a limit cycle of period {cycle.period:.4g}; the mean of U over it is 1 - cos "
        f"{gap:.1e} from the nearest fixed point's direction",
    )
    run = round_the_cycle(X, cycle)
    on, off = (
        min(misalignment(run, direction) for direction in directions)
        for directions in ([cycle.drift], [limit.direction for limit in prediction.limits])
    )
    found.add(
        Verdict.MEASURED if on < off / 10 and off > SAME_DIRECTION else Verdict.UNDECIDED,
        named(PROXY, case.data),
        f"over {TURNS} periods a run with constant steps moves w within 1 - cos {on:.0e} of that mean, {off:.1e} from "
        "the nearest fixed point's direction",
    )

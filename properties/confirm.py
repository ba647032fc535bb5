"""Verifying a hit again, in exact and ball arithmetic, with certificates for ``marginproof check``.

What is certified is what the certificates say: the equilibria of the margin game, max margins, and where a
run is after so many steps. That an optimizer converges to an equilibrium of its game is theory; no finite run
certifies a limit, so what longer runs show is called measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np

from properties.certified import (
    Box,
    Confirmed,
    Vector,
    above,
    apart,
    distance,
    equilibria,
    margin,
    most_margin,
    named,
    share_of,
)
from properties.cycles import PROXY, SAME_DIRECTION, TURNS, cycle_of, round_the_cycle
from properties.false_claims import margin_ratio
from properties.property import Case
from verify.compare import AGREES, Increments, hold_against_simulation, increments, misalignment
from verify.compare import Vector as Vector64
from verify.derive.definitions import mean_update_in_balls
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.game import Prediction
from verify.game.cycles import none_attracts
from verify.game.iteration import contraction
from verify.margins import Margin, Norm
from verify.margins.certify import separability_certificate
from verify.numbers.arrays import ARRAYS
from verify.numbers.balls import precision
from verify.optimizers.loss import LOSSES
from verify.simulate import Simulation, simulate
from verify.simulate.certify import iterate_certificate

# Steps of a run in balls: their cost grows faster than the steps, as rounding errors do (theory, 3.7).
BALL_STEPS = 1000
# Steps of a run in float64 that is only measured.
LONG = 10**6


def confirm(case: Case, claim: str) -> Confirmed:
    """Verify that the case breaks the claim; what cannot be told is undecided evidence, never an error."""
    found = Confirmed()
    try:
        separable = separability_certificate(case.data)
        found.certify(separable["claim"]["kind"], separable, case.data)
        if claim in STEPS:
            STEPS[claim](case, found)
    except (Undecided, BadInput) as reason:
        found.add(Verdict.UNDECIDED, case.data.name, f"not certified: {reason}")
    return found


def _shorter(norm: Norm) -> Callable[[Case, Confirmed], None]:
    """Every equilibrium has a smaller margin than the largest, and so has w after a run in balls."""

    def check(case: Case, found: Confirmed) -> None:
        largest = margin(case.data, norm, found)
        prediction, boxes = equilibria(case.data, case.optimizer, "equilibria", found)
        found.add(
            Verdict.CERTIFIED,
            case.data.name,
            f"the {norm} margin of each of their directions is less than {_most(boxes, largest)} of the largest",
        )
        _run_short(case, largest, found)
        _held(prediction, found)

    return check


def _most(boxes: list[Box], largest: Margin) -> str:
    """A bound, relative to the largest, on the margins of directions; Undecided unless all fall short."""
    data = largest.data
    bound = max(most_margin(data.rows, box.center, (box.radius,) * data.d, largest.norm) for box in boxes)
    if bound >= largest.value:
        raise Undecided(f"whether every equilibrium falls short of the {largest.norm} max margin")
    return above(share_of(largest, bound))


def _in_balls(case: Case, steps: int, start: Vector = ()) -> tuple[Simulation, Vector, Vector]:
    """A run in balls: w_T is within ``radius`` (d) of ``center`` (d)."""
    run = simulate(case.data, case.optimizer, steps, "ball", digits=12, start=start)
    return run, tuple(map(Fraction, map(str, run.weights))), tuple(map(Fraction, run.radius or ()))


def _run_short(case: Case, largest: Margin, found: Confirmed) -> None:
    """The margin of an iterate, certified with its enclosure."""
    run, center, radius = _in_balls(case, BALL_STEPS)
    found.certify("iterate", iterate_certificate(case.data, case.optimizer, run), case.data)
    share = share_of(largest, most_margin(case.data.rows, center, radius, largest.norm))
    found.add(
        Verdict.CERTIFIED,
        named(case.optimizer, case.data),
        f"after {run.steps} steps from w_0 = 0 the {largest.norm} margin of w is less than {above(share)} of the "
        "largest (of later steps this says nothing)",
    )


def _held(prediction: Prediction, found: Confirmed) -> None:
    """A long run in float64 beside the game."""
    run = hold_against_simulation(prediction, LONG)
    found.add(
        Verdict.MEASURED if run.agrees else Verdict.UNDECIDED,
        named(prediction.optimizer, prediction.dataset),
        f"{run.steps} steps from w_0 = 0: the increments are within 1 - cos {run.misalignment:.0e} of equilibrium "
        f"{run.nearest}",
    )


def _no_common_limit(case: Case, found: Confirmed) -> None:
    adam, one = equilibria(case.data, case.optimizer, "adam", found)
    proxy, other = equilibria(case.data, PROXY, "adam-proxy", found)
    _tell_apart(one, other, case, found)
    _held(adam, found)
    _held(proxy, found)


def _tell_apart(one: list[Box], other: list[Box], case: Case, found: Confirmed) -> None:
    found.add(
        Verdict.CERTIFIED, case.data.name,
        f"no direction of the one is one of the other: 1 - cos is about {apart(one, other):.2e} at least",
    )  # fmt: skip


def _batches_differ(case: Case, found: Confirmed) -> None:
    single = replace(case.optimizer, batch_size=1)
    one, first = equilibria(case.data, single, "batch-1", found)
    size = case.optimizer.batch_size
    if not case.optimizer.full_batch(case.data.n):
        other, second = equilibria(case.data, case.optimizer, f"batch-{size}", found)
        _tell_apart(first, second, case, found)
        _held(other, found)
    else:  # the game of sign descent: its limit is the l_inf maximizer
        found.add(
            Verdict.CERTIFIED,
            case.data.name,
            "the limits of the full batch's game are the l_inf maximizers; with batch 1 the margin is less than "
            f"{_most(first, margin(case.data, 'linf', found))} of theirs",
        )
        _long_run(case, found, short=False)
    _held(one, found)


def _several(case: Case, found: Confirmed) -> None:
    prediction, _ = equilibria(case.data, PROXY, "fixed-points", found)
    if len(prediction.limits) < 2:
        raise Undecided("whether there is more than one dual fixed point")


def _starts_differ(case: Case, found: Confirmed) -> None:
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
        ball_run, center, radius = _in_balls(case, BALL_STEPS, start)
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


def _signum_short(case: Case, found: Confirmed) -> None:
    _run_short(case, margin(case.data, "linf", found), found)
    _at_rest(case, found)
    _long_run(case, found, "w_T", lambda run: run.weights)


def _at_rest(case: Case, found: Confirmed) -> None:
    """Whether, at the weights where a run is, frozen gradients move w by exactly nothing: the signs of m that they
    give cancel over an epoch. Signs that balls have told do not change nearby, so there w stays where it is."""
    z = case.X @ increments(case.X, case.optimizer, LONG // 100).weights
    log_weights = LOSSES[case.optimizer.loss](ARRAYS)(z)
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


def _long_run(
    case: Case,
    found: Confirmed,
    what: str = "w_T - w_(T/2)",
    vector: Callable[[Increments], Vector64] = lambda run: run.direction,
    short: bool = True,
) -> None:
    """The l_inf margin of increments or iterates of long runs: it stays ``short`` of the largest, or reaches it.

    An iterate that goes to the maximizer has a shortfall of O(1/tau), a third of it for ten times the steps.
    """
    runs = [increments(case.X, case.optimizer, steps) for steps in (LONG // 100, LONG // 10, LONG)]
    shares = [margin_ratio(case.data, vector(run), "linf") for run in runs]
    as_said = 1 - shares[-1] > max(1e-3, (1 - shares[-2]) / 2) if short else 1 - shares[-1] < 1e-3
    found.add(
        Verdict.MEASURED if as_said else Verdict.UNDECIDED,
        named(case.optimizer, case.data),
        f"the l_inf margin of {what} is {', '.join(f'{share:.6f}' for share in shares)} of the largest after "
        f"T = {', '.join(str(run.steps) for run in runs)} steps from w_0 = 0",
    )


def _eps_short(case: Case, found: Confirmed) -> None:
    """No certificate's format has an eps, so the runs in balls stand for themselves."""
    largest = margin(case.data, "linf", found)
    (_, late, r), (_, early, s) = (_in_balls(case, steps) for steps in (BALL_STEPS, BALL_STEPS // 2))
    moved = tuple(a - b for a, b in zip(late, early, strict=True))
    room = tuple(a + b for a, b in zip(r, s, strict=True))
    share = share_of(largest, most_margin(case.data.rows, moved, room, "linf"))
    found.add(
        Verdict.CERTIFIED, named(case.optimizer, case.data) + f", eps = {case.optimizer.eps}",
        f"the l_inf margin of w_{BALL_STEPS} - w_{BALL_STEPS // 2} is less than {above(share)} of the largest, by "
        "two runs in balls (of later steps this says nothing, and there is no certificate of a run with eps)",
    )  # fmt: skip
    _long_run(case, found)
    l2 = margin(case.data, "l2", found).unit()
    seen = [misalignment(increments(case.X, case.optimizer, t).direction, l2) for t in (LONG // 100, LONG)]
    found.add(
        Verdict.MEASURED, case.data.name,
        f"1 - cos of the increments to the l2 maximizer: {seen[0]:.0e} and {seen[1]:.0e} after {LONG // 100} and "
        f"{LONG} steps, where Wang et al. 2022 say that they go",
    )  # fmt: skip


def _iteration_goes_on(case: Case, found: Confirmed) -> None:
    """No dual fixed point attracts the iteration, by the spectral radius of its derivative."""
    prediction, _ = equilibria(case.data, PROXY, "fixed-points", found)
    radii = [contraction(case.X, limit) for limit in prediction.limits]
    found.add(
        Verdict.MEASURED if min(radii) > 1 else Verdict.UNDECIDED,
        case.data.name,
        f"the spectral radius of the iteration's derivative there: {', '.join(f'{r:.3f}' for r in radii)}",
    )


def _goes_elsewhere(case: Case, found: Confirmed) -> None:
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


STEPS: dict[str, Callable[[Case, Confirmed], None]] = {
    "false-per-sample-linf": _shorter("linf"),
    "false-per-sample-l2": _shorter("l2"),
    "false-fixed-point-unique": _several,
    "false-signum-fixed-beta": _signum_short,
    "false-proxy-at-beta2-0.9": _no_common_limit,
    "false-adam-batch-invariant": _batches_differ,
    "false-eps-stays-linf": _eps_short,
    "false-start-independent": _starts_differ,
    "false-iteration-converges": _iteration_goes_on,
    "false-limit-is-fixed-point": _goes_elsewhere,
}

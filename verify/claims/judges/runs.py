"""What a run says of a hit: in balls, certified and short; in float64, measured and long."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from properties import Case, Confirmed, named
from verify.claims.judges.certified import Box, Vector, above, equilibria, margin, most_margin, share_of
from verify.claims.judges.reached import margin_ratio
from verify.errors import Undecided
from verify.evidence import Verdict
from verify.game import Prediction
from verify.game.companion import hold_against_simulation
from verify.margins import Margin, Norm
from verify.numbers.linear.angles import Vector as Vector64
from verify.optimizers.increments import Increments, increments
from verify.simulate import simulate
from verify.simulate.certify import iterate_certificate

# Steps of a run in balls: their cost grows faster than the steps, as rounding errors do.
BALL_STEPS = 1000

# Steps of a run in float64 that is only measured.
LONG = 10**6


def certified_run(
    name: str, case: Case, found: Confirmed, steps: int = BALL_STEPS, start: Vector = ()
) -> tuple[Vector, Vector]:
    """The center (d) of w_T of a run in balls and its radius (d), certified under that name."""
    run = simulate(case.data, case.optimizer, steps, "ball", digits=12, start=start)
    found.certify(name, iterate_certificate(case.data, case.optimizer, run, start), case.data)
    return tuple(map(Fraction, map(str, run.weights))), tuple(map(Fraction, run.radius or ()))


def run_short(case: Case, largest: Margin, found: Confirmed) -> None:
    """The margin of an iterate, certified with its enclosure."""
    center, radius = certified_run("iterate", case, found)
    share = share_of(largest, most_margin(case.data.rows, center, radius, largest.norm))
    found.add(
        Verdict.CERTIFIED,
        named(case.optimizer, case.data),
        f"after {BALL_STEPS} steps from w_0 = 0 the {largest.norm} margin of w is less than {above(share)} of the "
        "largest (of later steps this says nothing)",
    )


def held(prediction: Prediction, found: Confirmed) -> None:
    """A long run in float64 beside the game."""
    run = hold_against_simulation(prediction, LONG, suited=True)
    found.add(
        Verdict.MEASURED if run.agrees else Verdict.UNDECIDED,
        named(prediction.optimizer, prediction.dataset),
        f"{run.steps} steps from w_0 = 0: the increments are within 1 - cos {run.misalignment:.0e} of equilibrium "
        f"{run.nearest}",
    )


def long_run(
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

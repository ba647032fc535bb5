"""Which limit the flow from a start goes to, decided in balls: enclosed until it is in a region that traps it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from verify.data.dataset import Dataset
from verify.errors import Undecided
from verify.game.flows.enclosed_flow import enclosed_flow
from verify.game.flows.trapping import trapping_region
from verify.game.smooth.ball_field import BallField
from verify.game.smooth.enclose import enclose
from verify.game.smooth.face import Equilibrium
from verify.numbers.systems.balls import precision
from verify.optimizers.optimizer import Optimizer

# Rounding is then 1e-19 of a state, beside errors of 1e-9.
BITS = 64
# Decimals of the equilibrium, beyond the width of any region.
DIGITS = 17

# Attempted steps. Most starts on small sets take 30 to 110.
STEPS = 240
# Ball operations of a step, up to a factor: steps of an epoch times features times rows, times derivatives by each.
# Up to this a step takes 10 to 40 ms, so that STEPS take 10 s at most. It admits Adam on five rows in five features.
CHEAP = 625


def affordable(data: Dataset, opt: Optimizer) -> bool:
    """Whether an enclosure of the flow takes seconds at most. (Of several classes none is made: their loss ties the
    weights of a sample's rows.)"""
    return data.owned == 1 and -(-data.n // opt.batch(data.n)) * data.d * data.n * data.n <= CHEAP


def certify_arrival(data: Dataset, opt: Optimizer, w_0: Sequence[Fraction], end: Equilibrium) -> int:
    """The steps in which the flow from w_0 (d) is shown to be trapped by an equilibrium found in floats.

    Raises Undecided, saying why, if that is not shown in STEPS steps.
    """
    if opt.rule.degree:
        raise Undecided(f"{opt.rule.name} is not scale-invariant")
    if end.populations:
        raise Undecided("flows of several populations are not enclosed")
    if len(end.levels) > 1:
        raise Undecided("rows whose weights vanish decide the drift in a coordinate")
    proved = enclose(data, opt, end, DIGITS)
    if proved.stability != "attracting":
        raise Undecided(f"the equilibrium is {proved.stability}")
    with precision(BITS):
        region = trapping_region(BallField(data, opt, end.levels), proved.y)
        for number, place in enumerate(enclosed_flow(region.tail, w_0, STEPS)):
            if region.contains(place):
                return number
    raise Undecided(f"the flow does not arrive in {STEPS} steps")

"""False: the dual fixed point is unique."""

from __future__ import annotations

from properties import Case, Confirmed, Judgement, known_false, trial, within
from properties.cases import PROXY
from verify.claims.hypotheses import NONZERO, SEPARABLE
from verify.claims.instances import TWO_ROWS, on
from verify.claims.judges.certified import equilibria
from verify.claims.judges.cycles import SAME_DIRECTION
from verify.claims.judges.reached import NOT_REACHED, attractors, given, small
from verify.errors import Undecided
from verify.game.smooth.face import Equilibrium
from verify.game.smooth.search import alike
from verify.numbers.linear.angles import misalignment
from verify.optimizers import Optimizer, optimizer


def one_fixed_point(case: Case, opt: Optimizer = PROXY) -> Judgement:
    """Runs from w_0 = 0 and from near each vertex come near one attracting equilibrium; of normalized GD, whose weights
    need not be unique where rows depend on each other, near one direction."""
    found: list[Equilibrium] = []
    for end in attractors(case.data, opt):
        if end is not None and not any(
            alike(end, other) if opt is PROXY else misalignment(end.drift, other.drift) < SAME_DIRECTION
            for other in found
        ):
            found.append(end)
        if len(found) == 2:
            break
    return within(len(found), 1, "attracting equilibria seen") if found else NOT_REACHED


def several(case: Case, found: Confirmed) -> None:
    """There is more than one dual fixed point."""
    prediction, _ = equilibria(case.data, PROXY, "fixed-points", found)
    if len(prediction.limits) < 2:
        raise Undecided("whether there is more than one dual fixed point")


PLACE = 22
CLAIM = known_false(
    "false-fixed-point-unique",
    "The dual fixed point is unique",
    r"On separable data with nonzero entries there is one dual fixed point.",
    "a reading of arXiv 2510.26303 ('the' fixed point)",
    trial("fixed-point-unique", given(PROXY, small((2, 3), (2, 3))), one_fixed_point,
          true={"of normalized GD": lambda case: one_fixed_point(case, optimizer("ngd"))}, named=on(TWO_ROWS),
          confirm=several),
    hypotheses=(SEPARABLE, NONZERO),
    theorems=("two_dual_fixed_points",),
)  # fmt: skip

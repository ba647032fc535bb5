"""False: if w/||w|| converges, it does so to the direction of a dual fixed point."""

from __future__ import annotations

from dataclasses import replace

from properties import Case, Confirmed, Judgement, dataset, known_false, named, trial
from properties.cases import PROXY, with_proxy
from properties.strategies import with_constant
from verify.claims.hypotheses import SEPARABLE
from verify.claims.instances import ROUND_AND_CONSTANT, on
from verify.claims.judges.certified import equilibria
from verify.claims.judges.cycles import SAME_DIRECTION, TURNS, cycle_of, goes_to_fixed_point, round_the_cycle
from verify.errors import Undecided
from verify.evidence import Verdict
from verify.game.flows.cycles import none_attracts
from verify.numbers.linear.angles import misalignment


def without_constant(case: Case) -> Judgement:
    """Without the constant feature, the last, three independent rows keep w on a fixed point's direction."""
    return goes_to_fixed_point(replace(case, data=dataset([row[:-1] for row in case.data.rows])))


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


PLACE = 28
CLAIM = known_false(
    "false-limit-is-fixed-point",
    "If w/||w|| converges, it does so to the direction of a dual fixed point",
    r"If $w_t / \|w_t\|$ converges under AdamProxy, its limit is proportional to the solution of "
    r"$P(c^*)$ at a dual fixed point $c^*$.",
    "a reading of arXiv 2510.26303, Ass. 4.4 and Thm 4.8 (as reconstructed)",
    trial("limit-is-fixed-point", with_proxy(with_constant()), goes_to_fixed_point,
          true={"without the constant feature": without_constant}, named=on(ROUND_AND_CONSTANT),
          confirm=goes_elsewhere),
    hypotheses=(SEPARABLE,),
    remark="On a limit cycle $w/\\tau$ tends to the mean of $U$ over it, so $w/\\|w\\|$ converges, and the steps' "
    "direction does not. If the assumption is about the steps, it is the assumption that fails.",
)  # fmt: skip

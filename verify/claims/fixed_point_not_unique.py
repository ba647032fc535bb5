"""The dual fixed point need not be unique."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np

from properties import Case, Judgement, clause, stated, trial, vacuous, within, worst
from properties.cases import PROXY, with_proxy
from properties.strategies import several_equilibria
from verify.certificate import check_document
from verify.claims.hypotheses import VANISHING
from verify.claims.instances import THREE_ROWS, TWO_ROWS, exact, on
from verify.claims.judges.limits import predicted
from verify.evidence import Verdict
from verify.game import predict
from verify.game.games import pace
from verify.game.pace import Pace, suited_step_size
from verify.game.smooth.certify import equilibria_certificate
from verify.numbers.linear.angles import misalignment
from verify.optimizers import optimizer
from verify.optimizers.increments import increments


def three(case: Case, attracting: int = 2, left_out: int | None = None, shift: int = 0) -> Judgement:
    """Two attracting equilibria are found, and three in all where the list is proved complete: the checker then accepts
    the certificate that these are all, and which of them attract; ``shift``: said of so many further on."""
    found = predict(case.data, case.optimizer, starts=1)
    stable = sum(limit.stability == "attracting" for limit in found.limits)
    wrong = abs(stable - attracting) + (abs(len(found.limits) - 3) if found.complete else 0)
    detail = f"{len(found.limits)} equilibria, {stable} attracting; wrong by"
    if wrong or not found.complete:
        return within(wrong, 0.5, detail)
    kept = [limit for number, limit in enumerate(found.limits) if number != left_out]
    weights = [limit.weights.tolist() for limit in kept]
    words = [kept[(number + shift) % len(kept)].stability for number in range(len(kept))]
    document = equilibria_certificate(case.data, case.optimizer, weights, stability=words)
    valid = check_document(document, case.data.rows).valid
    return within(float(not valid), 0.5, detail, Verdict.CERTIFIED)


def two_ends(case: Case, another: bool = True) -> Judgement:
    """From w_0 = 0 and from the case's start runs end at different equilibria, each within 1 - cos = 1e-6. They are
    twice as long as the slower one needs, as the start is away from the limit."""
    X, opt = case.X, case.optimizer
    limits = predicted(case.data, opt).limits
    paces = [pace(limit, X, opt) for limit in limits if limit.stability == "attracting"]
    slow = Pace(min(p.slowest for p in paces) / 2, max(p.fastest for p in paces))
    suited = suited_step_size(opt, X, 10**6, slow)
    starts = (np.zeros(case.data.d), case.w_0 if another else np.zeros(case.data.d))
    ends = [increments(X, suited, 10**6, start=start).direction for start in starts]
    gaps = [[misalignment(end, limit.direction) for limit in limits] for end in ends]
    same = len({int(np.argmin(gap)) for gap in gaps}) == 1
    return worst([
        within(max(map(min, gaps)), 1e-6, "1 - cos between a run and a limit"),
        within(float(same), 0.5, f"runs 1 - cos {misalignment(*ends):.1e} apart end at one equilibrium"),
    ])  # fmt: skip


def two_flows(case: Case, another: bool = True) -> Judgement:
    """The flow from w_0 = 0 and the case's start, enclosed until it is where it cannot leave. No certificate says so
    yet: the word is *measured*."""
    starts = [[Fraction(0)] * case.data.d, list(case.start) if another else [Fraction(0)] * case.data.d]
    found = [predict(case.data, case.optimizer, start=start, starts=0) for start in starts]
    steps = [prediction.enclosed_steps for prediction in found]
    if None in steps:
        return vacuous("; ".join(prediction.note for prediction in found))
    supports = [prediction.limits[0].support for prediction in found]
    detail = f"enclosed in {steps[0]} and {steps[1]} steps, the supports are {supports[0]} and {supports[1]}: alike"
    return within(float(supports[0] == supports[1]), 0.5, detail)


PLACE = 15
START = exact(-1, 0, 0)
ONE_START = "from one start"
CLAIM = stated(
    "fixed-point-not-unique",
    "The dual fixed point need not be unique",
    "this project (the margin game)",
    clause(
        r"$X = [[3.01, 1], [1, 3]]$ has three dual fixed points, two of them attracting.",
        (),
        trial("three-fixed-points", with_proxy(several_equilibria()), three,
              {"all attracting": partial(three, attracting=3), "one of three left out": partial(three, left_out=0),
               "another is the saddle": partial(three, shift=1)},
              cost=8, named=on(TWO_ROWS)),
    ),
    clause(
        r"From $w_0 = 0$ and $(-1, 0, 0)$ AdamProxy's flow on $X = [[1, -4, -1], [3, -3, 5], [4, -1, -4]]$ goes to "
        "different directions.",
        (VANISHING,),
        trial("two-flows", None, two_flows, {ONE_START: partial(two_flows, another=False)},
              named=on(THREE_ROWS, start=START)),
    ),
    clause(
        "So do runs of AdamProxy and of per-sample Adam.",
        (VANISHING,),
        trial("two-basins", None, two_ends, {ONE_START: partial(two_ends, another=False)},
              named=on(THREE_ROWS, opts=(PROXY, optimizer("adam", beta2=Fraction(99, 100))), start=START)),
    ),
)  # fmt: skip

"""Adam in a random order: the equilibria of its expected epoch map.

As the steps tend to 0, w moves by the mean of the update over the stationary moments, whatever the order. That mean
is computed, not drawn (``expected_update``): first on a coarse grid, which the flow from w_0 follows; then the
equilibria that it and the game in cyclic order propose are refined on a fine one, and held against one half as fine.
Where that is too much, draws of many epochs give an estimate (``monte_carlo``).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from verify.errors import Undecided
from verify.evidence import Verdict
from verify.game.flows.flow import from_start
from verify.game.question import Question
from verify.game.result import Limit, Prediction
from verify.game.signs.moves import moves_by_signs
from verify.game.smooth import continuous
from verify.game.smooth.face import EPS, Equilibrium, newton
from verify.game.smooth.field import Field, field
from verify.game.smooth.monte_carlo import drawn_prediction
from verify.game.smooth.search import EVALUATIONS, alike, equilibria, follow
from verify.game.work import USUAL, OutOfWork, Work
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import slopes, two_moments
from verify.problem.expected_update import expected_map

# Tolerances of the epoch map: for the flow, whose own is 1e-3; for the answer; and for a check. Twice as many nodes
# square the error, so the check's is about the root of the answer's.
COARSE, FINE, HALF = 1e-5, 1e-13, 1e-7

# The two answers may differ by this, or the grid has not resolved the functions. (It is HALF's error, or rounding.)
LARGEST_DIFFERENCE = 1e-9

# Branches of an epoch: 7 rows reshuffled have 448, and an evaluation takes 10 ms.
MOST_BRANCHES = 500

# From a proposal the equilibrium is this near, in total variation of c; or it is another's.
NEAR = 0.5


def takes(opt: Optimizer, n: int) -> bool:
    """Whether a rule of two moments sees the samples in a random order."""
    return two_moments(opt.rule) and opt.order != "cyclic" and not moves_by_signs(opt)


def answer(question: Question) -> Prediction:
    """The limits in the mean over random orders, that from w_0 first; measured, not complete."""
    data, opt, w_0, seed = question.data, question.opt, question.start, question.seed
    first, second = slopes(opt.rule, opt.values)
    if first**2 >= second:
        note = (
            f"order={opt.order}: not decided, since beta1^2 = {first**2:.4g} is not less than beta2 = {second:.4g}: "
            "m/sqrt(v) grows in every step without a gradient, the more the longer a sample is not drawn"
        )
        return Prediction(data, opt, (), complete=False, note=note)
    if opt.branches(data.n) <= MOST_BRANCHES:
        try:
            return _expected(question)
        except OutOfWork:
            more = f"work={question.work:g}: more takes it further"
            note = f"partial: the search in the mean over all orders used up its work ({more})"
            return Prediction(data, opt, (), complete=False, note=note)
        except Undecided as reason:
            drawn = drawn_prediction(data, opt, w_0, seed)
            return replace(drawn, note=f"{drawn.note}; {reason}")
    return drawn_prediction(data, opt, w_0, seed)


def _expected(question: Question) -> Prediction:
    """Raises OutOfWork, and Undecided where two grids do not agree."""
    data, opt, X = question.data, question.opt, question.data.floats()
    w_0, work = question.w_0, Work(question.work * USUAL)
    # Rounding adds up as long as v remembers: 11 eps / (1 - beta2) was seen, and Newton's method allows for 16.
    noise = EPS / (1 - slopes(opt.rule, opt.values)[1])
    coarse, half, fine = (
        # What an evaluation takes the map itself tells.
        Field(
            X,
            expected_map(opt, X, tolerance, work.spend),
            False,
            noise=noise,
            work=work,
            price=0.0,
            owned=opt.owned,
        )
        for tolerance in (COARSE, HALF, FINE)
    )
    first = follow(coarse, from_start(coarse, opt.loss, X @ w_0, EVALUATIONS))
    in_turn = field(X, replace(opt, order="cyclic"), work=work)
    cyclic = equilibria(in_turn, opt.loss, w_0, question.starts, question.seed).found
    found: list[Equilibrium] = []
    limits: list[Limit] = []
    reached = False
    for proposal in cyclic if first is None else (first, *cyclic):
        rough = newton(half, proposal.levels, proposal.spread(data.n), farthest=NEAR)
        if rough is None or not rough.valid or any(alike(rough, other) for other in found):
            continue
        refined = newton(fine, rough.levels, rough.spread(data.n))
        if refined is None or not refined.valid:
            continue
        reached = reached or proposal is first
        found.append(rough)
        limits.append(_limit(rough, refined))
    note = f"order={opt.order}: equilibria of the mean of the epoch map over all orders"
    if not reached:
        note += "; the flow from w_0 reached none"
    known = Verdict.MEASURED if reached else Verdict.UNDECIDED
    return Prediction(data, opt, tuple(limits), complete=False, note=note, from_start=known)


def _limit(rough: Equilibrium, refined: Equilibrium) -> Limit:
    """Raises Undecided if the two do not agree."""
    limit = refined.limit()
    difference = float(np.linalg.norm(limit.direction - rough.limit().direction))
    if difference > LARGEST_DIFFERENCE:
        raise Undecided(f"on two grids the directions differ by {difference:.0e} in l2 norm")
    note = f"on a grid half as fine the direction is {difference:.0e} away in l2 norm"
    return replace(limit.noted(note), discretization=difference)


# That of the game in cyclic order, for want of another.
pace = continuous.pace

"""Games with a continuous epoch map: limits at the ends of flows and on faces, enclosed, and whether they are all.

Adam and what is made like it, AdamProxy, and every rule for which no game before this one has a better answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from verify.errors import Undecided
from verify.evidence import Verdict
from verify.game.flows.arrival import affordable, certify_arrival
from verify.game.flows.cycles import none_attracts
from verify.game.flows.flow import from_weights
from verify.game.pace import Pace
from verify.game.question import Question
from verify.game.result import Limit, Prediction
from verify.game.smooth.completeness import costs_positive, never_support, strictly_monotone, whether_all
from verify.game.smooth.enclosed_limit import enclosed_limit
from verify.game.smooth.face import excesses, levels_at
from verify.game.smooth.field import Field, Floats, field
from verify.game.smooth.search import EVALUATIONS, Ends, GivenUp, equilibria, follow
from verify.game.smooth.symmetry import held
from verify.game.work import USUAL, OutOfWork, Work
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import traits

# Rows with so much of the weight are counted where a search was given up.
SOME = 1e-3

# Whether limits are all there are, and if not, why.
Judge = Callable[[Sequence[Limit]], tuple[bool, str]]


def takes(opt: Optimizer, n: int) -> bool:
    """Everything."""
    return True


def answer(question: Question) -> Prediction:
    """The equilibria that flows and Newton's method on faces lead to."""
    data, opt = question.data, question.opt
    if question.complete and strictly_monotone(data, opt):
        found = by_flows(question, (), lambda limits: whether_all(data, opt, limits, ()))
        # Every flow of the exponential loss goes there: chain rows-unique.
        sure = found.complete and opt.loss.name == "exponential"
        return replace(found, from_start=Verdict.CERTIFIED, enclosed_steps=None) if sure else found
    spare = never_support(data, opt, question.complete)
    if spare is None:
        return by_flows(question, None, None)
    gone = {proof.row for proof in spare}
    among = [i for i in range(data.n) if i not in gone]
    growing = bool(spare) and not costs_positive(data, opt, question.margins)
    return by_flows(question, among, lambda limits: whether_all(data, opt, limits, spare), growing)


def by_flows(
    question: Question, among: Sequence[int] | None, judge: Judge | None, growing: bool = False
) -> Prediction:
    """The limits at the ends of flows and on faces ``among`` some rows. ``judge`` says whether they are all; if
    ``growing``, all of those with a positive cost."""
    data, opt = question.data, question.opt
    game = field(data.floats(), opt, work=Work(question.work * USUAL))
    start = question.w_0
    ends = equilibria(game, opt.loss, start, question.starts, question.seed, among, question.progress)
    note = _lost(question, game, ends)
    limits = []
    for number, equilibrium in enumerate(ends.found):
        question.progress(f"enclosing limit {number + 1} of {len(ends.found)}")
        limits.append(enclosed_limit(question, equilibrium))
    question.progress("whether these are all")
    complete, why = judge(limits) if judge and question.complete else (False, "")
    reached, steps, doubt = _arrival(question, ends, limits)
    prediction = Prediction(
        data,
        opt,
        tuple(limits),
        complete,
        from_start=reached,
        enclosed_steps=steps,
        growing=complete and growing,
    )
    never = "no equilibrium attracts: from almost every start the weights do not converge"
    parts = (note, why, doubt, never if limits and none_attracts(prediction) else "")
    return replace(prediction, note="; ".join(part for part in parts if part))


def _arrival(question: Question, ends: Ends, limits: Sequence[Limit]) -> tuple[Verdict, int | None, str]:
    """How well it is known that the flow from w_0 goes to the first limit, in how many enclosed steps, and what is
    doubtful about it."""
    if 0 in ends.lost:
        return Verdict.UNDECIDED, None, ""
    data, opt, first = question.data, question.opt, limits[0]
    reached, steps, doubt = Verdict.MEASURED, None, ""
    if question.enclose_flow and affordable(data, opt):
        question.progress("enclosing the flow from w_0")
        try:
            reached, steps = Verdict.CERTIFIED, certify_arrival(data, opt, question.start, ends.found[0])
        except Undecided as reason:
            doubt = f"which limit the flow from w_0 goes to is not decided in balls: {reason}"
    if first.stability in ("repelling", "saddle"):
        repels = "is a saddle" if first.stability == "saddle" else "repels"
        if held(data, opt, question.start, first.direction):
            doubt = (
                f"limit 0 {repels}: a symmetry holds the flow from w_0 there, and what is beside it leaves"
            )
        else:
            reached = Verdict.UNDECIDED
            doubt = (
                "which limit the flow from w_0 goes to is not decided: as far as floats tell it comes to limit 0, "
                f"which {repels}, and no symmetry holds it there"
            )
    return reached, steps, doubt


def _lost(question: Question, game: Field, ends: Ends) -> str:
    """What became of the flows that reached no equilibrium."""
    if ends.given_up is not None:
        note = _unfinished(ends.given_up, question)
        if ends.given_up.number == 0 and ends.found:
            note += (
                "; limit 0 is the end of the branch of logit equilibria from uniform weights, and that the flow from "
                "w_0 goes there was not seen"
            )
        return note
    if not ends.lost:
        return ""
    note = f"the flow from {len(ends.lost)} of {question.starts + 1} starts reached no equilibrium"
    if 0 in ends.lost:
        w_0 = f"({', '.join(map(str, question.start))})" if any(question.start) else "0"
        note += f", that from w_0 = {w_0} among them" + _falling(game, question.w_0)
    kind = traits(question.opt.rule).update
    if kind in ("sign", "jumps"):
        note += f"; its update jumps (the trait update is {kind}), and a flow does not settle where it does"
    return note


def _falling(game: Field, w_0: Floats) -> str:
    """That the flow of the exponential loss from w_0 goes to weights at which margins do not grow, if it does."""
    try:
        end = follow(game, from_weights(game, -(game.X @ w_0), EVALUATIONS), growing=False)
    except OutOfWork:
        return ""
    if end is None or end.cost > end.error:
        return ""
    row = int(np.argmin(game.X @ end.drift))
    return (
        f"; with the exponential loss it goes to weights at which row {row} has cost {end.cost:.3g} "
        + ("< 0: its margin falls" if end.cost < -end.error else "= 0, to rounding: its margin does not grow")
        + ", the loss does not go to zero, and there is no limit direction that separates"
    )


def _unfinished(here: GivenUp, question: Question) -> str:
    """That the search was given up, where it stood and what would take it further."""
    largest = np.argsort(-here.weights, kind="stable")[:3]
    weights = ", ".join(f"{here.weights[i]:.3g} on row {i}" for i in largest)
    some = int(np.sum(here.weights >= SOME))
    after = question.starts - here.number
    return (
        "partial: the search for limits used up its work; the flow from "
        + ("w_0" if here.number == 0 else f"start {here.number}")
        + f" was given up at weights {weights}, {some} of {len(here.weights)} rows with {SOME:g} or more"
        + (f", and {after} more not followed" if after else "")
        + f" (work={question.work:g}: more takes it further)"
    )


def pace(limit: Limit, X: Floats, opt: Optimizer) -> Pace:
    """From the game at c*: the eigenvalues of -d(dlog c/dtau)/dlog c on the support, and the least gap F_j - min F off
    it."""
    return pace_in(field(X, opt), limit)


def pace_in(game: Field, limit: Limit) -> Pace:
    """``pace`` near a limit of the game of this field."""
    X = game.X
    levels, log_c = levels_at(limit, X)
    support = [int(i) for level in levels for i in level.rows]
    along = np.zeros((len(X), len(support)))
    along[support, range(len(support))] = 1.0
    eigenvalues = np.linalg.eigvals(X[support] @ game.slope(log_c, along))
    F = X @ game.drift(log_c).real
    off = np.setdiff1d(np.arange(len(X)), support)
    if game.population is None:
        gaps = excesses(X, levels, F)
        gaps = gaps[np.isfinite(gaps)]
    else:  # a row is off the support of its own batch
        own = [F[[i for i in support if game.population[i] == game.population[j]]].min() for j in off]
        gaps = F[off] - np.array(own)
    fastest = max(float(np.abs(eigenvalues).max()), float(F[support].min()))
    # An eigenvalue is 0: scaling all of c, or all of a batch's, changes nothing. What is below 1e-9 of the largest is
    # rounding.
    moving = np.abs(eigenvalues.real)[np.abs(eigenvalues) > 1e-9 * fastest]
    # A gap below 0 at a limit that is known exactly is rounding: nothing is known of the pace.
    slowest = max(float(min([*gaps, *moving], default=fastest)), 0.0)
    return Pace(slowest, max(fastest, slowest))

"""Limit directions of an optimizer on a data set, from the equilibria of its margin game."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from verify.certificate import check_document
from verify.data.dataset import Dataset
from verify.data.separability import NotSeparable
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.game.flows.arrival import affordable, certify_arrival
from verify.game.flows.cycles import none_attracts
from verify.game.flows.flow import from_weights
from verify.game.hypotheses import WEIGHTS_CONVERGE, of_limits, of_question
from verify.game.linear import l2_prediction, plays_l2
from verify.game.margins import Margins
from verify.game.playable import require_playing
from verify.game.result import Limit, Prediction, decimals, rounded
from verify.game.signs.constant import constant_drift, constant_prediction
from verify.game.signs.full_batch import sign_prediction
from verify.game.signs.moves import moves_by_signs, plays_sign
from verify.game.signs.one_batch import echoes_signs, with_one_batch
from verify.game.signs.switching import switching_prediction
from verify.game.smooth.certify import equilibria_certificate
from verify.game.smooth.dominance import Dominated, dominated
from verify.game.smooth.enclose import LAST_BITS, Enclosure, enclose
from verify.game.smooth.enclosure_cost import MOST_MEGABYTES, WITHOUT_ASKING, enclosure_cost
from verify.game.smooth.face import Equilibrium
from verify.game.smooth.field import Field, Floats, field, populations
from verify.game.smooth.merging import merged
from verify.game.smooth.random_order import random_prediction
from verify.game.smooth.search import EVALUATIONS, FEW, GivenUp, equilibria, follow
from verify.game.smooth.symmetry import held
from verify.game.work import USUAL, OutOfWork, Work
from verify.margins.cost import affordable as margins_affordable
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import two_moments

# Data with more entries than this get one random start by default: a start takes seconds there.
LARGE = 10_000
# And with more than this none: the flow from w_0 takes up to a minute.
VERY_LARGE = 200_000

# To tell which rows may be support vectors takes 3 ms a row, and to check a list some microseconds for each row, step
# of an epoch and feature: with more than this in the product it is not tried.
MANY = 200_000
# And there have to be no more than these left: the search for other equilibria ends, on four rows in three dimensions,
# more often than not without an answer after half a minute.
LEFT = 3
# Rows with so much of the weight are counted where a search was given up.
SOME = 1e-3


def predict(data: Dataset, opt: Optimizer, *, start: Sequence[Fraction] = (), **asked: Any) -> Prediction:
    """The limit directions of an optimizer as it is asked: those of its margin game (``equilibria_of``, which takes the
    options), with the hypotheses under which the optimizer goes to them, and the word that it all bears.

    Where a hypothesis is false there are no limits, and the note says what would do. Raises what ``equilibria_of``
    does.
    """
    rests = of_question(data, opt, start)
    wrong = [each.remedy for each in rests if each.holds is False]
    if wrong:
        w_0 = _start(data, start)
        _require_separable(data, asked.get("margins") or Margins(data))
        opt.batch(data.n)
        note = "; ".join(wrong)
        return Prediction(data, opt, (), complete=False, note=note, start=w_0, hypotheses=rests)
    found = equilibria_of(data, opt, start=start, **asked)
    return replace(found, hypotheses=(*rests, *of_limits(data, found.limits), WEIGHTS_CONVERGE))


def equilibria_of(
    data: Dataset,
    opt: Optimizer,
    *,
    start: Sequence[Fraction] = (),
    starts: int | None = None,
    seed: int = 0,
    digits: int | None = None,
    prove: bool = True,
    complete: bool = True,
    within: float | None = None,
    margins: Margins | None = None,
    work: float = 1.0,
    progress: Callable[[str], None] = lambda now: None,
) -> Prediction:
    """The limit directions of w under an optimizer, from the equilibria of its margin game; that the optimizer goes to
    them takes the hypotheses of ``predict``, which asks for none of them here.

    The limit of the flow from w_0 = ``start`` (d), 0 if it is empty, comes first, if it was found; then those
    from ``starts`` random weights on the simplex (among the weights that some w produces), near its corners
    too; by default 6, and 1 on large data. Each distinct equilibrium is one Limit. On five rows or fewer, or where all
    but three are shown to be dominated, all equilibria are looked for, repelling ones too, and ``complete`` says
    whether it is proved that these are all.

    Each equilibrium is found in float64 and then enclosed in balls: ``certified`` says that it exists, is the
    only one near, and has the stability named; it does not say that the optimizer, with its finite steps,
    converges. Where the enclosure would take more than about a second it is made only if ``digits`` is
    given, which also asks for that many decimals of the direction; with ``within``, only if it would take no more than
    about so many seconds, and else a note says so. If either ``digits`` or ``start`` is given, the
    flow from w_0 is enclosed too on small sets, which takes a second or so (`verify.game.flows.arrival`). With
    ``prove`` False, or ``digits`` 0, all is left in float64; with ``complete`` False it is not asked whether these are
    all, the dearest question on four rows or five. The search may take ``work`` times what is usual
    (``verify.game.work``); when that is used up the prediction is what was found by then, and says so. ``margins`` of
    the same data are not solved again; ``progress`` is told what is being done.

    Raises BadInput if no w separates the data, the batch size exceeds N, or ``start`` has not d entries.
    """
    w_0 = _start(data, start)
    entries = data.n * data.d
    if starts is None:
        starts = 6 if entries <= LARGE else 1 if entries <= VERY_LARGE else 0
    prove = prove and digits != 0
    enclose_flow = prove and (bool(start) or digits is not None)
    complete = prove and complete
    asked = _Asked(
        w_0, starts, seed, digits or None, prove, complete, enclose_flow, within, margins, work, progress
    )
    known = margins or Margins(data)
    _require_separable(data, known)
    prediction = _without_flows(data, opt, asked, known)
    if prediction is None:
        prediction = _by_flows(data, opt, asked)
        if echoes_signs(opt) and margins_affordable(data):
            prediction = with_one_batch(prediction, known.sign_limit(), digits)
    return replace(prediction, start=w_0)


def _start(data: Dataset, start: Sequence[Fraction]) -> tuple[Fraction, ...]:
    w_0 = tuple(start) or (Fraction(0),) * data.d
    if len(w_0) != data.d:
        raise BadInput(f"start: {len(w_0)} entries, but the data have d={data.d} features")
    return w_0


def _require_separable(data: Dataset, known: Margins) -> None:
    try:
        known.separator()
    except NotSeparable:
        raise BadInput(f"{data.name}: no w separates the data, so there is no limit direction") from None


@dataclass(frozen=True)
class _Asked:
    """What ``predict`` is asked: the flows to follow, and what is to be proved of what they find."""

    w_0: tuple[Fraction, ...]
    starts: int
    seed: int
    digits: int | None
    prove: bool
    complete: bool
    enclose_flow: bool
    within: float | None
    margins: Margins | None
    work: float
    progress: Callable[[str], None]


def _without_flows(data: Dataset, opt: Optimizer, asked: _Asked, known: Margins) -> Prediction | None:
    """The limits of a game that is convex, or a game of signs, or of random orders; or the reason why there is no game
    to play. None where the game is one of flows."""
    opt.batch(data.n)
    require_playing(opt, data.n)
    if plays_l2(opt, data.n):
        return l2_prediction(data, opt, asked.digits, known.of("l2"))
    always = constant_drift(data, opt)
    if always is not None:
        return constant_prediction(data, opt, always, known.sign_limit().margin, asked.digits)
    if plays_sign(opt, data.n):
        sign, tied = known.sign_limit(), None
        if (
            sign.undecided
        ):  # of a face of maximizers runs go to points where columns alike on the support move as one
            tied = switching_prediction(data, opt, sign.margin, asked.digits, asked.w_0)
        return tied if tied and tied.limits else sign_prediction(data, opt, sign, asked.digits)
    if moves_by_signs(opt) and opt.order == "cyclic":
        return switching_prediction(data, opt, known.sign_limit().margin, asked.digits, asked.w_0)
    if two_moments(opt.rule) and opt.order != "cyclic" and not moves_by_signs(opt):
        return random_prediction(data, opt, asked.w_0, asked.starts, asked.seed)
    reason = _no_game(opt, data.n)
    return Prediction(data, opt, (), complete=False, note=reason) if reason else None


def _by_flows(data: Dataset, opt: Optimizer, asked: _Asked) -> Prediction:
    """The limits at the ends of flows and on faces, enclosed, and whether they are all."""
    w_0, game = asked.w_0, field(data.floats(), opt, work=Work(asked.work * USUAL))
    spare = never_support(data, opt, asked.complete)
    gone = {proof.row for proof in spare or ()}
    among = None if spare is None else [i for i in range(data.n) if i not in gone]
    start = np.array(w_0, dtype=float)
    ends = equilibria(game, opt.loss, start, asked.starts, asked.seed, among, asked.progress)
    found, lost = ends.found, ends.lost
    note = f"the flow from {len(lost)} of {asked.starts + 1} starts reached no equilibrium" if lost else ""
    if ends.given_up is not None:
        note = _unfinished(ends.given_up, asked)
        if ends.given_up.number == 0 and found:
            note += (
                "; limit 0 is the end of the branch of logit equilibria from uniform weights, and that the flow from "
                "w_0 goes there was not seen"
            )
    elif 0 in lost:
        note += f", that from w_0 = {'(' + ', '.join(map(str, w_0)) + ')' if any(w_0) else 0} among them"
        note += _falling(game, start)
    limits = []
    for number, equilibrium in enumerate(found):
        asked.progress(f"enclosing limit {number + 1} of {len(found)}")
        limits.append(_limit(data, opt, equilibrium, asked))
    judged = asked.complete and spare is not None
    asked.progress("whether these are all")
    complete, why = _complete(data, opt, tuple(limits), spare or ()) if judged else (False, "")
    reached, steps, doubt = Verdict.UNDECIDED if 0 in lost else Verdict.MEASURED, None, ""
    if 0 not in lost and opt.batch(data.n) == 1 and game.population is not None:
        reached = limits[0].evidence  # U does not depend on the weights
    elif 0 not in lost and asked.enclose_flow and affordable(data, opt):
        asked.progress("enclosing the flow from w_0")
        try:
            reached, steps = Verdict.CERTIFIED, certify_arrival(data, opt, w_0, found[0])
        except Undecided as reason:
            doubt = f"which limit the flow from w_0 goes to is not decided in balls: {reason}"
    if 0 not in lost and limits[0].stability in ("repelling", "saddle"):
        repels = "is a saddle" if limits[0].stability == "saddle" else "repels"
        if held(data, opt, w_0, limits[0].direction):
            doubt = (
                f"limit 0 {repels}: a symmetry holds the flow from w_0 there, and what is beside it leaves"
            )
        else:
            reached = Verdict.UNDECIDED
            doubt = (
                "which limit the flow from w_0 goes to is not decided: as far as floats tell it comes to limit 0, "
                f"which {repels}, and no symmetry holds it there"
            )
    prediction = Prediction(data, opt, tuple(limits), complete, from_start=reached, enclosed_steps=steps)
    never = "no equilibrium attracts: from almost every start the weights do not converge"
    parts = (note, why, doubt, never if limits and none_attracts(prediction) else "")
    return replace(prediction, note="; ".join(part for part in parts if part))


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


def _unfinished(here: GivenUp, asked: _Asked) -> str:
    """That the search was given up, where it stood and what would take it further."""
    largest = np.argsort(-here.weights, kind="stable")[:3]
    weights = ", ".join(f"{here.weights[i]:.3g} on row {i}" for i in largest)
    some = int(np.sum(here.weights >= SOME))
    after = asked.starts - here.number
    return (
        "partial: the search for limits used up its work; the flow from "
        + ("w_0" if here.number == 0 else f"start {here.number}")
        + f" was given up at weights {weights}, {some} of {len(here.weights)} rows with {SOME:g} or more"
        + (f", and {after} more not followed" if after else "")
        + f" (work={asked.work:g}: more takes it further)"
    )


def _no_game(opt: Optimizer, n: int) -> str:
    """Why an optimizer has no game with a continuous epoch map on the closed simplex, or nothing."""
    if moves_by_signs(opt):
        return (
            f"{opt.rule.name} with batch-size={opt.batch(n)}, order={opt.order}: U(c) jumps, and its equilibria are "
            "looked for in cyclic order only"
        )
    alone = opt.rule.reads == "norm" and opt.batch(n) == 1  # then U is one mean in every order
    if opt.order != "cyclic" and opt.rule.degree == 0 and not opt.full_batch(n) and not alone:
        return f"{opt.rule.name} with order={opt.order}: the epoch map is computed for cyclic order only"
    return ""


def _limit(data: Dataset, opt: Optimizer, e: Equilibrium, asked: _Asked) -> Limit:
    """The equilibrium as a limit, enclosed if that is asked for, or cheap."""
    limit, digits = e.limit(), asked.digits
    if not asked.prove:
        return limit
    costs = enclosure_cost(data, opt, e)
    most = WITHOUT_ASKING if digits is None else asked.within
    if costs.megabytes > MOST_MEGABYTES or (most is not None and costs.seconds > most):
        return limit if digits is None else _noted(limit, f"not enclosed, which would take {costs}")
    asked.progress("enclosing a limit")
    try:
        # A tie or a singular Jacobian in floats is most likely one indeed: one precision is enough to see.
        last = LAST_BITS if e.isolated and limit.slack > 0 else 0
        return _certified(limit, enclose(data, opt, e, max(digits or 0, 17), last), digits)
    except Undecided as reason:
        return _noted(limit, f"not decided in balls: {reason}")


def _noted(limit: Limit, more: str) -> Limit:
    return replace(limit, note="; ".join(filter(None, (limit.note, more))))


def _certified(limit: Limit, proved: Enclosure, digits: int | None) -> Limit:
    direction, radius = rounded(proved.direction)
    return replace(
        limit,
        direction=direction,
        radius=radius,
        weights=np.array([float(c.mid()) for c in proved.weights]),
        slack=np.inf if proved.slack is None else float(proved.slack.mid()),
        stability=proved.stability,
        evidence=Verdict.CERTIFIED,
        decimals=decimals(proved.direction, digits) if digits else (),
    )


def never_support(data: Dataset, opt: Optimizer, ask: bool) -> tuple[Dominated, ...] | None:
    """Rows that no equilibrium gives weight, if that can be shown of all but a few, else None; of many rows nothing
    is shown unless ``ask``. In a batch of its own weights any row may be the only one."""
    if data.n <= FEW:
        return ()
    if populations(opt, data.n) is not None:
        return () if opt.batch(data.n) == 1 else None
    steps = -(-data.n // opt.batch(data.n))
    return dominated(data, LEFT) if ask and data.n * steps * data.d <= MANY else None


def _complete(
    data: Dataset, opt: Optimizer, limits: tuple[Limit, ...], spare: tuple[Dominated, ...]
) -> tuple[bool, str]:
    """Whether the independent checker accepts that there are no more equilibria, and if not, why."""
    if not limits:
        return False, ""
    if populations(opt, data.n) is not None:
        if opt.batch(data.n) > 1:
            return False, "not decided whether these are all: each batch has weights of its own"
        return limits[0].evidence is Verdict.CERTIFIED, ""
    if any(limit.evidence is not Verdict.CERTIFIED for limit in limits):
        return False, "not decided whether these are all: one of them is not certified"
    try:
        weights = [limit.weights.tolist() for limit in limits]
        if not spare:  # proofs of dominance name rows by number
            data, weights = merged(data, opt, weights)
        if not all(x for row in data.rows for x in row):
            raise Undecided("some entries are 0")
        document = equilibria_certificate(data, opt, weights, dominated=spare)
    except (BadInput, Undecided) as reason:
        return False, f"not decided whether these are all: {reason}"
    checked = check_document(document)
    return checked.valid, "" if checked.valid else f"not decided whether these are all: {checked.why}"

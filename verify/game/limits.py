"""Limit directions of an optimizer on a data set, from the equilibria of its margin game."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from verify.certificate import check_document
from verify.data.dataset import Dataset
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.game.arrival import affordable, certify_arrival
from verify.game.certify import equilibria_certificate
from verify.game.constant import constant_drift, constant_prediction
from verify.game.convex import l2_prediction, plays_l2
from verify.game.cycles import none_attracts
from verify.game.dominance import Dominated, dominated
from verify.game.enclose import LAST_BITS, Enclosure, enclose
from verify.game.face import Equilibrium
from verify.game.field import field
from verify.game.one_batch import with_one_batch
from verify.game.random_order import random_prediction
from verify.game.result import Limit, Prediction, decimals, rounded
from verify.game.search import FEW, equilibria
from verify.game.sign import SignLimit, sign_limit, sign_prediction
from verify.game.signs import moves_by_signs, plays_sign, runs_away, why_it_runs_away
from verify.game.switching import switching_prediction
from verify.optimizers.optimizer import Optimizer

# Data with more entries than this get one random start by default: a start takes seconds there.
LARGE = 10_000

# Ball operations of an enclosure, up to a factor: steps with a gradient times features times rows of some level. Up
# to this it takes a second or two, and is made without being asked for.
CHEAP = 100_000

# To tell which rows may be support vectors takes 3 ms a row, and to check a list some microseconds for each row, step
# of an epoch and feature: with more than this in the product it is not tried.
MANY = 200_000
# And there have to be no more than these left: the search for other equilibria ends, on four rows in three dimensions,
# more often than not without an answer after half a minute.
LEFT = 3


def predict(
    data: Dataset,
    opt: Optimizer,
    *,
    start: Sequence[Fraction] = (),
    starts: int | None = None,
    seed: int = 0,
    digits: int | None = None,
    prove: bool = True,
    complete: bool = True,
) -> Prediction:
    """The limit directions of w under an optimizer, from the equilibria of its margin game.

    The limit of the flow from w_0 = ``start`` (d), 0 if it is empty, comes first, if it was found; then those
    from ``starts`` random weights on the simplex (among the weights that some w produces), near its corners
    too; by default 6, and 1 on large data. Each distinct equilibrium is one Limit. On five rows or fewer, or where all
    but three are shown to be dominated, all equilibria are looked for, repelling ones too, and ``complete`` says
    whether it is proved that these are all.

    Each equilibrium is found in float64 and then enclosed in balls: ``certified`` says that it exists, is the
    only one near, and has the stability named; it does not say that the optimizer, with its finite steps,
    converges. Where the enclosure would take more than about a second it is made only if ``digits`` is
    given, which also asks for that many decimals of the direction. If either ``digits`` or ``start`` is given, the
    flow from w_0 is enclosed too on small sets, which takes a second or so (`verify.game.arrival`). With ``prove``
    False all is left in float64; with ``complete`` False it is not asked whether these are all, the dearest
    question on four rows or five.

    Raises BadInput if no w separates the data, the batch size exceeds N, or ``start`` has not d entries.
    """
    w_0 = tuple(start) or (Fraction(0),) * data.d
    if len(w_0) != data.d:
        raise BadInput(f"start: {len(w_0)} entries, but the data have d={data.d} features")
    if starts is None:
        starts = 6 if data.n * data.d <= LARGE else 1
    enclose_flow = prove and (bool(start) or digits is not None)
    asked = _Asked(w_0, starts, seed, digits, prove, prove and complete, enclose_flow)
    sign = sign_limit(data)
    if sign is None:
        raise BadInput(f"{data.name}: no w separates the data, so there is no limit direction")
    prediction = _without_flows(data, opt, asked, sign)
    if prediction is None:
        prediction = with_one_batch(_by_flows(data, opt, asked), sign, digits)
    return replace(prediction, start=w_0)


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


def _without_flows(data: Dataset, opt: Optimizer, asked: _Asked, sign: SignLimit) -> Prediction | None:
    """The limits of a game that is convex, or a game of signs, or of random orders; or the reason why there is no game
    to play. None where the game is one of flows."""
    opt.batch(data.n)
    if plays_l2(opt, data.n):
        return l2_prediction(data, opt, asked.digits)
    if runs_away(opt):
        return Prediction(data, opt, (), complete=False, note=why_it_runs_away(opt))
    always = constant_drift(data, opt)
    if always is not None:
        return constant_prediction(data, opt, always, sign.margin, asked.digits)
    if plays_sign(opt, data.n):
        # Of a face of maximizers runs go to points where columns that are alike on the support move as one.
        tied = (
            switching_prediction(data, opt, sign.margin, asked.digits, asked.w_0) if sign.undecided else None
        )
        return tied if tied and tied.limits else sign_prediction(data, opt, sign, asked.digits)
    if moves_by_signs(opt) and opt.order == "cyclic":
        return switching_prediction(data, opt, sign.margin, asked.digits, asked.w_0)
    if "beta2" in opt.rule.betas and opt.order != "cyclic" and not moves_by_signs(opt):
        return random_prediction(data, opt, asked.w_0, asked.starts, asked.seed)
    reason = _no_game(opt, data.n)
    return Prediction(data, opt, (), complete=False, note=reason) if reason else None


def _by_flows(data: Dataset, opt: Optimizer, asked: _Asked) -> Prediction:
    """The limits at the ends of flows and on faces, enclosed, and whether they are all."""
    w_0, game = asked.w_0, field(data.floats(), opt)
    spare = _never_support(data, opt, asked.complete)
    gone = {proof.row for proof in spare or ()}
    among = None if spare is None else [i for i in range(data.n) if i not in gone]
    found, lost = equilibria(game, opt.loss, np.array(w_0, dtype=float), asked.starts, asked.seed, among)
    note = f"the flow from {len(lost)} of {asked.starts + 1} starts reached no equilibrium" if lost else ""
    if 0 in lost:
        note += f", that from w_0 = {'(' + ', '.join(map(str, w_0)) + ')' if any(w_0) else 0} among them"
    limits = tuple(_limit(data, opt, equilibrium, asked.digits, asked.prove) for equilibrium in found)
    judged = asked.complete and spare is not None
    complete, why = _complete(data, opt, limits, spare or ()) if judged else (False, "")
    reached, steps, doubt = Verdict.UNDECIDED if 0 in lost else Verdict.MEASURED, None, ""
    if 0 not in lost and asked.enclose_flow and affordable(data, opt):
        try:
            reached, steps = Verdict.CERTIFIED, certify_arrival(data, opt, w_0, found[0])
        except Undecided as reason:
            doubt = f"which limit the flow from w_0 goes to is not decided in balls: {reason}"
    prediction = Prediction(data, opt, limits, complete, from_start=reached, enclosed_steps=steps)
    never = "no equilibrium attracts: from almost every start the weights do not converge"
    parts = (note, why, doubt, never if limits and none_attracts(prediction) else "")
    return replace(prediction, note="; ".join(part for part in parts if part))


def _no_game(opt: Optimizer, n: int) -> str:
    """Why an optimizer has no game with a continuous epoch map on the closed simplex, or nothing."""
    if moves_by_signs(opt):
        return (
            f"{opt.rule.name} with batch-size={opt.batch(n)}, order={opt.order}: U(c) jumps, and its equilibria are "
            "looked for in cyclic order only"
        )
    if opt.order != "cyclic" and opt.rule.degree == 0 and not opt.full_batch(n):
        return f"{opt.rule.name} with order={opt.order}: the epoch map is computed for cyclic order only"
    return ""


def _limit(data: Dataset, opt: Optimizer, e: Equilibrium, digits: int | None, prove: bool) -> Limit:
    """The equilibrium as a limit, enclosed if that is cheap or asked for."""
    limit = e.limit()
    rows = sum(len(level.rows) for level in e.levels)
    steps = min(rows, -(-data.n // opt.batch(data.n)))
    if not prove or (digits is None and steps * data.d * rows > CHEAP):
        return limit
    try:
        # A tie or a singular Jacobian in floats is most likely one indeed: one precision is enough to see.
        last = LAST_BITS if e.isolated and limit.evidence is Verdict.MEASURED else 0
        return _certified(limit, enclose(data, opt, e, max(digits or 0, 17), last), digits)
    except Undecided as reason:
        return replace(limit, note="; ".join(filter(None, (limit.note, f"not decided in balls: {reason}"))))


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


def _never_support(data: Dataset, opt: Optimizer, ask: bool) -> tuple[Dominated, ...] | None:
    """Rows that no equilibrium gives weight, if that can be shown of all but a few, else None; of many rows nothing
    is shown unless ``ask``."""
    if data.n <= FEW:
        return ()
    steps = -(-data.n // opt.batch(data.n))
    return dominated(data, LEFT) if ask and data.n * steps * data.d <= MANY else None


def _complete(
    data: Dataset, opt: Optimizer, limits: tuple[Limit, ...], spare: tuple[Dominated, ...]
) -> tuple[bool, str]:
    """Whether the independent checker accepts that there are no more equilibria, and if not, why."""
    if not limits:
        return False, ""
    if any(limit.evidence is not Verdict.CERTIFIED for limit in limits):
        return False, "not decided whether these are all: one of them is not certified"
    if not all(x for row in data.rows for x in row):
        return False, "not decided whether these are all: some entries are 0"
    try:
        weights = [limit.weights.tolist() for limit in limits]
        document = equilibria_certificate(data, opt, weights, dominated=spare)
    except (BadInput, Undecided) as reason:
        return False, f"not decided whether these are all: {reason}"
    checked = check_document(document)
    return checked.valid, "" if checked.valid else f"not decided whether these are all: {checked.why}"

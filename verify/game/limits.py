"""Limit directions of an optimizer on a data set, from the equilibria of its margin game."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from verify.certificate.refusal import Refused
from verify.conform.black_box import BlackBox
from verify.data.dataset import Dataset
from verify.data.separability import NotSeparable
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.game import linear, measured
from verify.game.black_box import limits as black_box
from verify.game.flows.arrival import affordable
from verify.game.flows.run_arrival import arrival_certificate
from verify.game.games import games_of
from verify.game.hypotheses import (
    GROWTH,
    LOSS_VANISHES,
    WEIGHTS_CONVERGE,
    of_limits,
    of_loss_and_steps,
    of_one_batch,
    of_question,
    of_tail,
    of_waves,
    stops,
)
from verify.game.logit.coupled import coupled
from verify.game.logit.decayed import require_balance
from verify.game.margins import Margins
from verify.game.playable import require_playing
from verify.game.proof import accepted, proved
from verify.game.question import Question
from verify.game.result import Arrival, Prediction, Tail
from verify.game.signs.moves import moves_by_signs, plays_sign
from verify.losses.load import is_shipped
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.tail import needs_tail, tail_of
from verify.optimizers.traits import forgetting

log = logging.getLogger(__name__)

# Data with more entries than this get one random start by default, where a start takes seconds.
LARGE = 10_000
# Data with more entries than this get none, where the flow from w_0 takes up to a minute.
VERY_LARGE = 200_000


def predict(data: Dataset, opt: Optimizer, *, start: Sequence[Fraction] = (), **asked: Any) -> Prediction:
    """The limit directions of an optimizer as it is asked: those of its margin game (``equilibria_of``, which takes the
    options), with the hypotheses under which the optimizer goes to them, and the word that it all bears.

    Where a hypothesis is false there are no limits, and the note says what would do. Raises what ``equilibria_of``
    does.
    """
    opt = opt.on(data)
    if isinstance(opt.rule, BlackBox):
        return _of_black_box(data, opt, start, **asked)
    if opt.plain is not None:
        return coupled(data, opt, predict, start=start, **asked)
    if not opt.weight_decay and needs_tail(opt) and not measured.takes(opt, data.n):
        try:
            return _by_tail(data, opt, tail_of(opt), start, asked)
        except BadInput as reason:
            why = "" if forgetting(opt.rule, opt.values) else str(reason)
    else:
        why = ""
    rests = of_question(data, opt, start)
    wrong = [each.remedy for each in rests if stops(each)]
    if wrong:
        w_0 = _start(data, start)
        _require_separable(data, asked.get("margins") or Margins(data))
        opt.batch(data.n)
        note = "; ".join([*wrong, *filter(None, [why])])
        return Prediction(data, opt, (), complete=False, note=note, start=w_0, hypotheses=rests)
    found = equilibria_of(data, opt, start=start, **asked)
    at_margin = opt.decay > 0 and (linear.takes(opt, data.n) or plays_sign(opt, data.n))
    grows = of_waves(found.limits) if opt.weight_decay else of_limits(data, found.limits, at_margin)
    last = GROWTH if _grows_to(found) else WEIGHTS_CONVERGE
    others = [LOSS_VANISHES] if found.growing else []
    if opt.decay and not opt.weight_decay:
        others += of_one_batch(data, opt, found.limits)
    found = replace(found, optimizer=opt, hypotheses=(*rests, *grows, *others, last))
    return _with_run(found, start, asked) if start and asked.get("digits") != 0 else found


def _grows_to(found: Prediction) -> bool:
    """Whether margins are proved to grow at the pace of the data along the one limit, whatever the weights do: sign
    descent and normalized GD at the full batch, where the max margin has one direction (derivation growth-rates)."""
    data, opt = found.dataset, found.optimizer
    if opt.rule.states or opt.rule.degree != 0 or not opt.full_batch(data.n) or opt.decays:
        return False
    shipped = is_shipped(opt.loss, "exponential") or is_shipped(opt.loss, "logistic")
    steepest = linear.takes(opt, data.n) or moves_by_signs(opt)
    return (
        steepest
        and shipped
        and not opt.scheduled
        and 0 < opt.decay <= 1
        and len(found.limits) == 1
        and found.complete
    )


def _with_run(found: Prediction, start: Sequence[Fraction], asked: dict[str, Any]) -> Prediction:
    """The prediction with what is known of the run itself from the start."""
    data, opt = found.dataset, found.optimizer
    if found.from_start is Verdict.UNDECIDED or opt.weight_decay or found.limits[0].growth is not None:
        return found
    if opt.rule.degree or found.about or not affordable(data, opt):
        return found
    asked.get("progress", lambda now: None)("enclosing the run from w_0")
    try:
        document = arrival_certificate(data, opt, start, found.limits[0])
        accepted(document)
    except (BadInput, Undecided, Refused) as reason:
        return replace(found, run=Arrival(why=str(reason)))
    return replace(found, run=Arrival(int(document["claim"]["steps"]), document=document))


def _by_tail(
    data: Dataset, opt: Optimizer, tail: Optimizer, start: Sequence[Fraction], asked: dict[str, Any]
) -> Prediction:
    """What is predicted of the tail, said of the optimizer whose tail it is."""
    found = predict(data, tail, start=start, **asked)
    return replace(found, optimizer=opt, tail=Tail(tail), hypotheses=(*of_tail(opt, tail), *found.hypotheses))


def _of_black_box(
    data: Dataset,
    opt: Optimizer,
    start: Sequence[Fraction],
    margins: Margins | None = None,
    work: float = 1.0,
    progress: Callable[[str], None] = lambda now: None,
    **asked: Any,
) -> Prediction:
    """What can be measured of an implementation."""
    w_0, known = _start(data, start), margins or Margins(data)
    black_box.require_fed(opt)
    _require_separable(data, known)
    opt.batch(data.n)
    question = Question(
        data, opt, w_0, known, starts=asked.get("starts") or black_box.STARTS, seed=asked.get("seed", 0), work=work,
        progress=progress,
    )  # fmt: skip
    return black_box.with_costs(black_box.answer(question, of_loss_and_steps(data, opt)))


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

    Each equilibrium is found in float64 and then enclosed in balls: ``certified`` says that the independent checker
    accepted a certificate that it exists, is the only one near, and has the stability named (`verify.game.proof`); it
    does not say that the optimizer, with its finite steps, converges. Where the enclosure would take more than about a
    second it is made only if ``digits`` is given, which also asks for that many decimals of the direction; with
    ``within``, only if it would take no more than about so many seconds, and else a note says so. If either ``digits``
    or ``start`` is given, the flow from w_0 is enclosed too on small sets, which takes a second or so
    (`verify.game.flows.arrival`). With ``prove`` False, or ``digits`` 0, all is left in float64; with ``complete``
    False it is not asked whether these are all, the dearest question on four rows or five. The search may take ``work``
    times what is usual (``verify.game.work``); when that is used up the prediction is what was found by then, and says
    so. ``margins`` of the same data are not solved again; ``progress`` is told what is being done.

    Raises BadInput if no w separates the data, the batch size exceeds N, or ``start`` has not d entries.
    """
    opt = opt.on(data)
    if not measured.takes(opt, data.n):  # what a run remembers depends on all its steps
        opt = opt.eventually()
    w_0, known = _start(data, start), margins or Margins(data)
    entries = data.n * data.d
    if starts is None:
        starts = 6 if entries <= LARGE else 1 if entries <= VERY_LARGE else 0
    prove = prove and digits != 0
    question = Question(
        data, opt, w_0, known, starts=starts, seed=seed, digits=digits or None, prove=prove,
        complete=prove and complete, enclose_flow=prove and (bool(start) or digits is not None), within=within,
        work=work, progress=progress,
    )  # fmt: skip
    _require_separable(data, known)
    opt.batch(data.n)
    if opt.weight_decay:
        require_balance(opt)
    elif not measured.takes(opt, data.n):
        require_playing(opt, data.n)
    for game in games_of(opt, data.n):
        found = game.answer(question)
        log.debug("%s %s", getattr(game, "__name__", game), "passes on" if found is None else "answers")
        if found is not None:
            return proved(replace(found, start=w_0), known)
    raise AssertionError("the last game takes every question")


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

"""Where an implementation goes: the equilibria of the game that its measured epoch map makes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from verify.conform.black_box import BlackBox
from verify.errors import BadInput
from verify.evidence import Hypothesis, Verdict, weakest
from verify.game import linear
from verify.game.black_box.epoch import Epochs, map_of, slope_of
from verify.game.black_box.measured import MEASURED, measured
from verify.game.question import Question
from verify.game.result import Limit, Prediction
from verify.game.signs import full_batch
from verify.game.signs.one_batch import one_batch_limit
from verify.game.smooth.field import Field, Floats
from verify.game.smooth.search import equilibria
from verify.game.work import USUAL, Work
from verify.margins.cost import affordable
from verify.optimizers.optimizer import Optimizer, optimizer

# Nanoseconds of a step of an epoch: a library's takes some 60 microseconds, and states settle in two or three rounds.
PRICE = 150_000.0
# Random starts beside w_0: each flow takes hundreds of epochs.
STARTS = 2
POINTS, NEAR = 5, 1e-9
# Gradients that come once in an epoch.
ONCE = (1.0, -1.0, 1e-6, 300.0)


def require_fed(opt: Optimizer) -> None:
    """Raise BadInput for what an implementation is not fed with."""
    if opt.order != "cyclic":
        raise BadInput(f"order={opt.order}: an implementation is fed batches in cyclic order")
    if opt.owned != 1:
        raise BadInput(f"optimizer={opt.rule.name}: an implementation is fed data of two classes")
    for name in ("eps", "weight_decay", "bias_correction"):
        if getattr(opt, name):
            raise BadInput(f"{name}={getattr(opt, name)}: of an implementation, in --kwargs")


def answer(question: Question, rests: tuple[Hypothesis, ...]) -> Prediction:
    """The limits, with ``rests``, the hypotheses that are not about the optimizer; none where a trait fails."""
    data, opt, box = question.data, question.opt, question.opt.rule
    assert isinstance(box, BlackBox)
    X = data.floats()
    question.progress("traits are measured")
    epochs = Epochs(box, opt.steps_per_epoch(data.n))
    traits = measured(box, epochs)
    rests = (*traits.hypotheses, *rests)
    wrong = [each.remedy for each in rests if each.holds is False]
    none = Prediction(data, opt, (), complete=False, start=question.start, hypotheses=rests)
    if wrong:
        return replace(none, note="; ".join(wrong))
    U = map_of(epochs, X, opt)
    known = _known(question, U, X, traits.degree)
    if known is not None:
        return replace(known, optimizer=opt, start=question.start, hypotheses=rests)
    if _jumps(U, X):
        return replace(
            none, note=f"{box.name}: the epoch map was fed, and jumps: as a rule its game of signs is known"
        )
    game = Field(
        X, U, traits.degree == 1, epochs.steps, along=slope_of(U), work=Work(question.work * USUAL),
        price=PRICE * epochs.steps,
    )  # fmt: skip
    ends = equilibria(
        game, opt.loss, question.w_0, min(question.starts, STARTS), question.seed, None, question.progress
    )
    limits = tuple(each.limit() for each in ends.found)
    lost = f"{len(ends.lost)} flows reached no equilibrium" if ends.lost else ""
    first = bool(limits) and 0 not in ends.lost and limits[0].stability == "attracting"
    reached = Verdict.MEASURED if first else Verdict.UNDECIDED
    alone = _in_one_batch(question, epochs, traits.degree)
    others = [each for each in limits if not any(_near(each, other) for other in alone)]
    return replace(none, limits=(*others, *alone), note=lost, from_start=reached)


def _points(n: int) -> Floats:
    """Some log c (n, POINTS)."""
    return np.random.default_rng(0).normal(scale=2.0, size=(n, POINTS))


def _known(question: Question, U: object, X: Floats, degree: int | None) -> Prediction | None:
    """The answer of GD or of sign descent, whose game is known, where U is measured to be theirs; as measured."""
    opt, log_c = question.opt, _points(len(X))
    found = U(log_c)  # type: ignore[operator]
    sizes = np.array([len(batch) for batch in opt.epoch(len(X)) for _ in batch])
    mean = X.T @ (np.exp(log_c) / sizes[:, None])
    name, answered_by, wanted = (
        ("gd", linear.answer, mean) if degree == 1 else ("signgd", full_batch.answer, np.sign(mean))
    )
    if degree == 0 and not opt.full_batch(len(X)):
        return None
    factors = (found * wanted).sum(axis=0) / (wanted * wanted).sum(axis=0)
    if not np.all(abs(found - factors * wanted) <= NEAR * abs(found).max()) or not np.all(factors > 0):
        return None
    answered: Prediction | None = answered_by(replace(question, opt=_stand_in(name, opt)))
    if answered is None:
        return None
    return replace(
        answered,
        limits=tuple(map(_as_measured, answered.limits)),
        complete=False,
        note="; ".join(part for part in (answered.note, f"fed, its epoch map is that of {name}") if part),
        from_start=weakest([answered.from_start, Verdict.MEASURED], []),
    )


def _stand_in(name: str, opt: Optimizer) -> Optimizer:
    return optimizer(
        name, batch_size=opt.batch_size, loss=opt.loss, lr=opt.lr, decay=opt.decay or Fraction(1, 2)
    )


def _in_one_batch(question: Question, epochs: Epochs, degree: int | None) -> tuple[Limit, ...]:
    """The limit at which each coordinate is seen by one batch, where a gradient that comes once in an epoch is measured
    to move w by its sign times a constant. No flow comes to its weights, where the epoch map jumps."""
    if degree != 0 or not affordable(question.data):
        return ()
    adam, sign = _stand_in("adam", question.opt), question.margins.sign_limit()
    limit = one_batch_limit(question.data, adam, sign, question.digits)
    if limit is None:
        return ()
    once: Floats = np.kron(np.eye(epochs.steps), ONCE).astype(np.float64)
    means = epochs.moves(once).mean(axis=0) * -np.sign(once.sum(axis=0))
    return (_as_measured(limit),) if np.all(abs(means - means[0]) <= NEAR * means[0]) else ()


def _near(limit: Limit, other: Limit) -> bool:
    return bool(np.abs(limit.direction - other.direction).max() < NEAR)


def _as_measured(limit: Limit) -> Limit:
    return replace(
        limit, evidence=weakest([limit.evidence, Verdict.MEASURED], []), radius=None, decimals=(), point=None
    )


def _jumps(U: object, X: Floats) -> bool:
    """Whether U is the same at points that are near, so that it is made of signs."""
    log_c = _points(len(X))
    return bool(np.array_equal(U(log_c), U(log_c + 1e-4 * np.arange(len(X))[:, None])))  # type: ignore[operator]


def with_costs(found: Prediction) -> Prediction:
    """The prediction with the hypothesis that every margin grows along its limits, as measured."""
    from verify.game.hypotheses import WEIGHTS_CONVERGE, of_limits

    grows = [replace(each, how=MEASURED) for each in of_limits(found.dataset, found.limits)]
    return replace(found, hypotheses=(*found.hypotheses, *grows, WEIGHTS_CONVERGE))

"""Games of rules that read a whole matrix: Muon, row normalization, spectral descent.

With frozen gradients the coordinates' part of the rule, which is linear, becomes periodic; its updates are matrices, of
which the rule's map is taken, and U is the mean of these. The map is homogeneous of degree 0, over the matrix or row by
row: so rows of W that see no weight are decided by the next level, as coordinates are elsewhere.

At eps > 0 the polynomial is linear below that norm, and its tail plays in its place (`verify.optimizers.tail`).

Where the exact polar factor is taken and a singular value fades beside the largest, which way it points is a game of a
level below (a hierarchical limit): that is not computed, and no limit is named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.errors import Undecided
from verify.evidence import Verdict
from verify.game.pace import Pace
from verify.game.question import Question
from verify.game.result import Limit, Prediction
from verify.game.smooth.continuous import pace_in
from verify.game.smooth.field import Field
from verify.game.smooth.search import equilibria
from verify.game.work import USUAL, OutOfWork, Work
from verify.numbers.linear.angles import Vector
from verify.numbers.systems.arrays import ARRAYS
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import slopes
from verify.problem.frozen import NEGLIGIBLE


def takes(opt: Optimizer, n: int) -> bool:
    """Whether the rule makes something of all coordinates together."""
    return opt.rule.matrix is not None


def answer(question: Question) -> Prediction:
    """The ends of flows, measured; none where that is not computed."""
    data, opt = question.data, question.opt
    why = _why_not(opt, data.n)
    if why:
        return Prediction(data, opt, (), complete=False, note=why)
    game = matrix_field(data.floats(), opt, Work(question.work * USUAL))
    try:
        ends = equilibria(game, opt.loss, question.w_0, question.starts, question.seed, (), question.progress)
    except (Undecided, OutOfWork) as reason:
        return Prediction(data, opt, (), complete=False, note=f"undecided: {reason}")
    limits = tuple(equilibrium.limit() for equilibrium in ends.found)
    note = (
        f"the flow from {len(ends.lost)} of {question.starts + 1} starts reached no equilibrium"
        if ends.lost
        else ""
    )
    reached = Verdict.MEASURED if limits and 0 not in ends.lost else Verdict.UNDECIDED
    return Prediction(data, opt, limits, complete=False, note=note, from_start=reached)


def pace(limit: Limit, X: Vector, opt: Optimizer) -> Pace:
    """As in any continuous game."""
    return pace_in(matrix_field(X, opt), limit)


def _why_not(opt: Optimizer, n: int) -> str:
    if opt.weight_decay or not opt.decay:
        given = f"weight-decay={opt.weight_decay}" if opt.weight_decay else "decay=0"
        return f"undecided: {opt.rule.name} with {given}: of matrices only limits of vanishing steps are computed"
    if opt.order != "cyclic" and not opt.full_batch(n):
        return f"undecided: {opt.rule.name} with order={opt.order}: the epoch map is computed for cyclic order only"
    if not opt.rule.states and not opt.full_batch(n):
        return (
            f"undecided: {opt.rule.name} with batch-size={opt.batch(n) // opt.owned} remembers nothing, so that each "
            "batch has weights of its own, and games of such populations are not computed for matrices"
        )
    return ""


def matrix_field(X: Vector, opt: Optimizer, work: Work | None = None) -> Field:
    """The game's field on rows X (N, k d)."""
    assert opt.rule.matrix is not None
    return Field(
        X,
        matrix_map(opt, X),
        opt.rule.matrix.blocks == "matrix",
        opt.steps_per_epoch(len(X)),
        single=opt.full_batch(len(X)),
        work=work or Work(np.inf),
        owned=opt.owned,
    )


def matrix_map(opt: Optimizer, X: Vector) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """U as a function of log c (N,) or (N, r), to (k d,) or (k d, r)."""
    own, shape = opt.rule.matrix, (opt.classes, X.shape[1] // opt.classes)
    assert own is not None
    blocks = shape[0] if own.blocks == "row" else 1
    parts = X.reshape(len(X), blocks, -1)
    present = np.any(parts != 0, axis=2)[:, :, None]
    batches = [np.array(batch) for batch in opt.epoch(len(X))]
    step, h = opt.rule.step(ARRAYS), opt.frozen(ARRAYS)
    kept = [slope ** len(batches) for slope in slopes(opt.rule, opt.values)]

    def U(log_c: NDArray[Any]) -> NDArray[Any]:
        columns = log_c.reshape(len(X), 1, -1)
        seen_by = np.where(present, columns.real, -np.inf)
        top = np.max(seen_by, axis=0)
        top = np.where(np.isfinite(top), top, 0.0)
        c = np.exp(np.where(seen_by - top > np.log(NEGLIGIBLE), columns - top, -np.inf))
        gradients = [
            -np.einsum("jbr,jbw->rbw", c[q], parts[q]).reshape(-1, *shape) * (opt.owned / len(q))
            for q in batches
        ]
        s = tuple(np.zeros_like(gradients[0]) for _ in kept)
        for g in gradients:  # from states 0: what an epoch adds to them
            _, s = step(g, 0.0, s, h)
        s = tuple(end / (1 - slope) for end, slope in zip(s, kept, strict=True))
        updates = []
        for g in gradients:
            u, s = step(g, 0.0, s, h)
            updates.append(u)
        mapped = own.many(np.concatenate(updates)).reshape(len(batches), len(updates[0]), -1)
        mean = -mapped.mean(axis=0).T
        return np.asarray(mean.reshape(X.shape[1], *log_c.shape[1:]))

    return U

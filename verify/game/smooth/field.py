"""The margin game of an optimizer on a data set, in float64.

With the exponential tail the weights c_i are proportional to exp(-x_i.w), and dw/dtau = U(c) makes the
replicator equation of the population game with costs F_i(c) = x_i.U(c). Limit directions are U(c*) at its
equilibria c*: F_i(c*) = min_j F_j(c*) wherever c*_i > 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from dataclasses import field as entry
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.errors import Undecided
from verify.game.playable import along_gradient
from verify.game.work import BASIS, DERIVATIVE, OF_SAMPLES, ONE_STEP, PRODUCT, SEVERAL_STEPS, Work
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.rule import Rule
from verify.problem.epoch_map import epoch_map
from verify.problem.epoch_slope import STEP, epoch_slope
from verify.problem.frozen import shares

Floats = NDArray[np.float64]

# Entries of X times columns that are differentiated along at once: 16 MB an array of complex numbers.
AT_ONCE = 1 << 20

# A singular value this far below the largest is rounding: columns are scaled to unit norm before, and
# real data lose 1e-2 to 1e-3 of it per near-collinear column, so 1e-11 leaves three such columns their place.
RANK_TOLERANCE = 1e-11


# The update is the gradient.
GRADIENT = Rule("gradient", lambda num: lambda g, seen, s, h: (g, s), update="linear", degree=1)


class Underflow(Undecided):
    """The epoch map is beyond the range of floats."""


@dataclass(frozen=True)
class Field:
    """Rows X, shape (N, d), and the epoch map U: log c (N,) -> (d,) of an optimizer on them. ``single`` says that an
    epoch is one step. ``noise`` is a share of U that rounding may change, beyond what rounding log c does. ``along``,
    where there is one, maps log c and V (N, r) to the derivative of U along V's columns (d, r). ``population`` (N,) is
    the batch of each row where U sees only the ratios of weights within a batch (``populations``), else None. ``work``
    is what is left to be done on it; ``price`` what an evaluation of U takes of it, where rows and steps do not tell.
    Each sample owns so many rows as are ``owned``: at the full batch U is made of the samples' features."""

    X: Floats
    U: Any
    one_scale: bool
    steps: int = 1
    single: bool = False
    noise: float = 0.0
    along: Any = None
    population: NDArray[np.int64] | None = None
    work: Work = entry(default_factory=lambda: Work(inf), compare=False, repr=False)
    price: float | None = None
    owned: int = 1

    def drift(self, log_c: NDArray[Any]) -> NDArray[Any]:
        """U at log c, one or several as columns, where log c = -inf is a row without weight. Plain GD's U, which is not
        scale-invariant, is taken at max c = 1: a change of time that leaves the game's equilibria alone.

        Raises Underflow where a moment of floats has become 0 and is divided by, OutOfWork if too little is left."""
        columns = log_c.size // len(log_c) * (2 if np.iscomplexobj(log_c) else 1)
        self.work.spend(self._evaluation(log_c) * columns)
        try:
            return np.asarray(self.U(log_c - self.tops(log_c.real)))
        except ZeroDivisionError:
            raise Underflow("the epoch map in floats: v underflows") from None

    def _evaluation(self, log_c: NDArray[Any]) -> float:
        """What an evaluation of U takes: rows without weight are left out of it."""
        if self.price is not None:
            return self.price
        held = int(np.count_nonzero(np.isfinite(log_c))) // (log_c.size // len(log_c))
        entries: int = (held if self.steps == 1 else max(held, self.steps)) * self.X.shape[1]
        if self.single and self.owned > 1:
            return entries / self.owned * OF_SAMPLES
        return entries * (ONE_STEP if self.single else SEVERAL_STEPS)

    def span(self, A: Floats) -> Floats:
        """``span``, as part of the work."""
        self.work.spend(BASIS * A.size * min(A.shape))
        return span(A)

    def tops(self, log_c: Floats) -> Any:
        """The largest log c, of a row's own population if there are several (0 for one without any weight): a number or
        an array like log c."""
        if self.population is None:
            return log_c.max()
        tops = np.full((int(self.population[-1]) + 1, *log_c.shape[1:]), -np.inf)
        np.maximum.at(tops, self.population, log_c)
        return np.where(np.isfinite(tops), tops, 0.0)[self.population]

    def shares(self, log_c: Floats) -> Floats:
        """The weights (N,), of sum 1; each population has the same part of it."""
        if self.population is None:
            return shares(log_c)
        c = np.exp(log_c - self.tops(log_c))
        totals = np.bincount(self.population, c)
        return np.asarray(c / totals[self.population] / len(totals))

    def slope(self, log_c: Floats, V: Floats) -> Floats:
        """The derivative of U along the columns of V, shape (N, r), at log c; shape (d, r)."""
        if self.along is not None:
            # Of samples two products of their features, and a pass through V.
            share = min(1.0, 3 / self.owned) if self.single else 1.0
            self.work.spend(DERIVATIVE * self._evaluation(log_c) + PRODUCT * share * self.X.size * V.shape[1])
            try:
                return np.asarray(self.along(log_c - np.max(log_c), V))
            except ZeroDivisionError:
                raise Underflow("the epoch map's derivative in floats: v underflows") from None
        d, r = self.X.shape[1], V.shape[1]
        slopes = np.empty((d, r))
        width = max(1, AT_ONCE // (d * max(len(self.X), self.steps)))
        for start in range(0, r, width):
            part = slice(start, start + width)
            slopes[:, part] = self.drift(log_c[:, None] + 1j * STEP * V[:, part]).imag / STEP
        return slopes


def field(
    X: Floats, opt: Optimizer, table: NDArray[np.int64] | None = None, work: Work | None = None
) -> Field:
    """The margin game's field, in cyclic order or that of a table of batches. Raises BadInput if the batch size
    exceeds N. What is done on it is taken from ``work``, of which there is no end by default.

    Full-batch normalized GD moves along plain GD's paths, at a speed that varies less smoothly, so it is
    given plain GD's field.
    """
    if opt.rule.reads == "norm" and along_gradient(opt, len(X)):
        opt = replace(opt, rule=GRADIENT, hyper=())
    return Field(
        X,
        epoch_map(opt, X, table),
        opt.rule.reads == "norm" or opt.rule.degree == 1,
        1 if table is None else len(table),
        single=table is None and opt.full_batch(len(X)),
        along=epoch_slope(opt, X, table),
        population=populations(opt, len(X)) if table is None else None,
        work=work or Work(inf),
        owned=opt.owned,
    )


def populations(opt: Optimizer, n: int) -> NDArray[np.int64] | None:
    """The batch of each row, in cyclic order, where a step is the batch's gradient over its norm and remembers nothing:
    then it does not see how much the batch weighs beside others, and each batch is a population of its own. None for
    other rules, and where all rows are one batch.

    No batch's gradient vanishes on separable data: its product with any w that separates them does not.
    """
    if opt.rule.reads != "norm" or opt.rule.betas or opt.batch(n) == n:
        return None
    return np.repeat(np.arange(opt.steps_per_epoch(n)), list(map(len, opt.epoch(n))))


def centred(rows: Floats) -> Floats:
    """Rows (m, d) less their mean; exactly 0 in a column where they agree, whose mean may be rounded: ``span``
    would take what rounding leaves for a direction."""
    moved = rows - rows[0]
    return np.asarray(moved - moved.mean(axis=0))


def span(A: Floats) -> Floats:
    """An orthonormal basis, shape (m, r), of the column space of A (m, d), columns scaled to unit norm first
    so that the rank does not depend on the features' units."""
    norms = np.linalg.norm(A, axis=0)
    used = norms > 0
    if not used.any():
        return np.zeros((len(A), 0))
    scaled = A[:, used] / norms[used]
    if len(scaled) < scaled.shape[1]:  # first, for many columns or rows: the SVD of R is small
        left, sigma, _ = np.linalg.svd(np.asarray(np.linalg.qr(scaled.T, mode="r")).T)
        return np.asarray(left[:, sigma > RANK_TOLERANCE * sigma[0]])
    Q, R = np.linalg.qr(scaled)
    left, sigma, _ = np.linalg.svd(R, full_matrices=False)
    return np.asarray(Q @ left[:, sigma > RANK_TOLERANCE * sigma[0]])

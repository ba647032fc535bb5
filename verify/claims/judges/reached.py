"""Where an optimizer goes, fast: it runs until its weights are near an attracting equilibrium of the margin game, and
that equilibrium is asked. What a hunt finds so is verified again, in exact and ball arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from properties import Case, Judgement, dataset, vacuous, within
from properties.cases import PROXY
from properties.property import Judge
from properties.strategies import integers, separable
from verify.claims.judges.cycles import SAME_DIRECTION
from verify.data import Dataset
from verify.data.separability import separate
from verify.game.smooth.face import Equilibrium
from verify.game.smooth.field import field
from verify.game.smooth.search import follow
from verify.margins import Norm, max_margin
from verify.numbers.linear.angles import Vector, misalignment
from verify.optimizers import Optimizer
from verify.optimizers.increments import increments
from verify.optimizers.traits import traits
from verify.optimizers.trajectory import iterates, trajectory
from verify.problem.frozen import shares

# A run is looked at after these many steps; at the last tau is 50, so a row that costs 0.1 more than the
# support has lost its weight. Slower ones are not judged.
LOOKS = tuple(1000 << k for k in range(7))

# Most runs are within this, in l1 norm, of their end after so many steps.
SOON, CLOSE = 4000, 0.02

# A margin short by a thousandth is seen at the first glance.
SAME_MARGIN = 1e-3

# Runs whose limit has no game here are judged by increments at a quarter of these steps and at all of them.
RUN = 20_000
STALLED = 0.01


def small(rows: tuple[int, int], columns: tuple[int, int], largest: int = 9) -> SearchStrategy[Dataset]:
    """Data of small integers, which suffice: each of the known-false claims fails on three rows or fewer."""
    return separable(rows, columns, entries=integers(largest))


def given(opt: Optimizer, data: SearchStrategy[Dataset]) -> SearchStrategy[Case]:
    """An optimizer on data."""
    return st.builds(Case, data, st.just(opt))


def on_signs(judge: Judge) -> Judge:
    """The judge of scaled-Rademacher data: the signs of the case's entries, where they are separable."""

    def of_signs(case: Case) -> Judgement:
        data = dataset([[1 if x > 0 else -1 for x in row] for row in case.data.rows])
        if separate(data)[0] is None:
            return vacuous("the signs are not separable")
        return judge(replace(case, data=data))

    return of_signs


def reached(data: Dataset, opt: Optimizer, start: Vector | None = None) -> Equilibrium | None:
    """The attracting equilibrium of the game that a run of the optimizer from w_0 = ``start`` comes near to;
    None if it has not come near one when it ends, as where rows tie."""
    X = data.floats()

    def log_weights() -> Iterator[Vector]:
        for snapshot in iterates(X, opt, LOOKS, start=start):
            z = X @ snapshot.w
            yield z.min() - z

    found = follow(field(X, opt), log_weights())
    return found if found is not None and found.stability == "attracting" else None


NOT_REACHED = vacuous("the run came near no attracting equilibrium")


def margin_ratio(data: Dataset, w: Vector, norm: Norm) -> float:
    """The margin of a direction in a norm, relative to the largest: at most 1."""
    size = np.abs(w).max() if norm == "linf" else np.linalg.norm(w)
    return float((data.floats() @ w).min() / size / max_margin(data, norm).margin)


def short_at_limit(case: Case, norm: Norm) -> Judgement:
    """The margin of U(c*) where the case's optimizer goes from w_0 = 0 is the largest, up to a share of 1e-3."""
    end = reached(case.data, case.optimizer)
    if end is None:
        return NOT_REACHED
    short = 1 - margin_ratio(case.data, end.drift, norm)
    return within(short, SAME_MARGIN, f"relative shortfall of the {norm} margin at the limit")


def reaches_linf(case: Case) -> Judgement:
    """By increments, which settle sooner than iterates; a shortfall that still falls is not judged. A run whose
    increment is less than a hundredth of its steps stalls: of its direction nothing is left but rounding."""
    early, late = (increments(case.X, case.optimizer, steps) for steps in (RUN // 4, RUN))
    what = "relative shortfall of the l_inf margin of the increments"
    if traits(case.optimizer.rule).update == "sign" and np.abs(late.direction).max() < late.tau * STALLED:
        return within(1.0, 10 * SAME_MARGIN, f"w stalls: {what}")
    first, last = (1 - margin_ratio(case.data, run.direction, "linf") for run in (early, late))
    if last > SAME_MARGIN and last < 0.9 * first:
        return vacuous("the l_inf margin of the increments still grows")
    return within(last, 10 * SAME_MARGIN, what)


def attractors(data: Dataset, opt: Optimizer = PROXY) -> Iterator[Equilibrium | None]:
    """Where an optimizer goes from w_0 = 0, then from near each vertex of the simplex, with repetitions.

    A run that is soon close to an equilibrium found before is taken to end there. Should a boundary of its basin
    be closer still, another equilibrium is missed, but none is made up.
    """
    X = data.floats()
    found: list[Equilibrium] = []
    for start in (np.zeros(data.d), *vertex_starts(X)):
        z = X @ trajectory(X, opt, [SOON], start=start).weights[0]
        c = shares(-z)
        near = (end for end in found if np.abs(c - end.weights).sum() < CLOSE)
        end = next(near, None) or reached(data, opt, start)
        if end is not None:
            found.append(end)
        yield end


def vertex_starts(X: Vector) -> Iterator[Vector]:
    """For each row a w_0, in quarters, at which it has about exp(6) times the weight of any other, as far as
    some w gives it that."""
    for i in range(len(X)):
        others = np.delete(X, i, axis=0) - X[i]
        w = np.linalg.lstsq(others, np.full(len(others), 6.0), rcond=None)[0]
        yield np.round(4 * w) / 4


def same_direction(ends: Iterable[Equilibrium | None], what: str) -> Judgement:
    """Whether two runs go to the same direction."""
    first, second = ends
    if first is None or second is None:
        return NOT_REACHED
    return within(misalignment(first.drift, second.drift), SAME_DIRECTION, what)

"""Known-false claims as properties that some case must violate: where to look, and how to judge.

A judge is fast: it runs the optimizer until its weights are near an attracting equilibrium of the margin
game, and asks that equilibrium. What a hunt finds is verified again, in exact and ball arithmetic, by
properties.confirm. Small integers suffice: each of these claims fails on three rows or fewer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from properties.cycles import PROXY, SAME_DIRECTION, goes_to_fixed_point, with_constant
from properties.property import Case, Judgement, Property, vacuous, within, worst
from properties.strategies import integers, separable
from verify.data import Dataset
from verify.game.smooth.face import Equilibrium
from verify.game.smooth.field import field
from verify.game.smooth.search import alike, follow
from verify.margins import Norm, max_margin
from verify.numbers.linear.angles import Vector, misalignment
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.increments import increments
from verify.optimizers.trajectory import iterates, trajectory

INC_ADAM = optimizer("adam")
ADAM_09 = optimizer("adam", beta2=Fraction(9, 10))
SIGNUM = optimizer("signum")
# The step is constant and small (Wang et al. 2022), so that the moments follow the gradient.
WITH_EPS = optimizer("adam", beta2=Fraction(9, 10), batch_size="full", eps=Fraction(1), decay=Fraction(0))

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

# Starts that are tried, the simplest first.
MOST_STARTS = 200


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


def _falls_short(norm: Norm) -> Property:
    def judge(case: Case) -> Judgement:
        end = reached(case.data, case.optimizer)
        if end is None:
            return NOT_REACHED
        short = 1 - margin_ratio(case.data, end.drift, norm)
        return within(short, SAME_MARGIN, f"relative shortfall of the {norm} margin at the limit")

    return Property(
        claim=f"false-per-sample-{norm}",
        name=f"per-sample-{norm}",
        text=f"the {norm} margin of U(c*) where Inc-Adam goes from w_0 = 0 is the largest, up to a share of 1e-3",
        cases=_given(INC_ADAM, _data((1, 3), (1, 3))),
        judge=judge,
        expected="fails",
    )


def attractors(data: Dataset) -> Iterator[Equilibrium | None]:
    """Where AdamProxy goes from w_0 = 0, then from near each vertex of the simplex, with repetitions.

    A run that is soon close to an equilibrium found before is taken to end there. Should a boundary of its basin
    be closer still, another equilibrium is missed, but none is made up.
    """
    X = data.floats()
    found: list[Equilibrium] = []
    for start in (np.zeros(data.d), *vertex_starts(X)):
        z = X @ trajectory(X, PROXY, [SOON], start=start).weights[0]
        c = np.exp(z.min() - z) / np.exp(z.min() - z).sum()
        near = (end for end in found if np.abs(c - end.weights).sum() < CLOSE)
        end = next(near, None) or reached(data, PROXY, start)
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


def _one_fixed_point(case: Case) -> Judgement:
    found: list[Equilibrium] = []
    for end in attractors(case.data):
        if end is not None and not any(alike(end, other) for other in found):
            found.append(end)
        if len(found) == 2:
            break
    return within(len(found), 1, "attracting dual fixed points seen") if found else NOT_REACHED


def _proxy_is_adam(case: Case) -> Judgement:
    ends = [reached(case.data, opt) for opt in (case.optimizer, PROXY)]
    return same_direction(ends, "1 - cos between the limits of Adam and AdamProxy")


def _start_does_not_matter(case: Case) -> Judgement:
    """From the case's start; if it has none, from near each vertex."""
    if case.start:
        zero, *others = (reached(case.data, PROXY, start) for start in (None, case.w_0))
    else:
        zero, *others = attractors(case.data)
    what = "1 - cos between the limits from w_0 = 0 and from another start"
    return worst([same_direction((zero, other), what) for other in others])


def with_start(case: Case) -> Case:
    """The case with the simplest start, in halves, from which AdamProxy goes elsewhere than from 0."""
    halves = [Fraction(p, 2) for p in range(-6, 7)]
    vectors = sorted(
        product(halves, repeat=case.data.d), key=lambda v: (sum(map(abs, v)), sum(x < 0 for x in v), v)
    )
    for start in (*vectors[1:MOST_STARTS], *vertex_starts(case.X)):
        chosen = replace(case, start=tuple(map(Fraction, start)))
        if _start_does_not_matter(chosen).violated:
            return chosen
    return case


def same_direction(ends: Iterable[Equilibrium | None], what: str) -> Judgement:
    """Whether two runs go to the same direction."""
    first, second = ends
    if first is None or second is None:
        return NOT_REACHED
    return within(misalignment(first.drift, second.drift), SAME_DIRECTION, what)


def _batch_does_not_matter(case: Case) -> Judgement:
    """A full batch goes to the l_inf maximizer, if there is one only: its game is that of sign descent."""
    what = f"1 - cos between the limits with batch 1 and batch {case.optimizer.batch_size}"
    one = reached(case.data, replace(case.optimizer, batch_size=1))
    if not case.optimizer.full_batch(case.data.n):
        return same_direction((one, reached(case.data, case.optimizer)), what)
    linf = max_margin(case.data, "linf")
    if one is None or not linf.unique:
        return NOT_REACHED
    return within(misalignment(one.drift, linf.unit()), SAME_DIRECTION, what)


def _reaches_linf(case: Case) -> Judgement:
    """By increments, which settle sooner than iterates; a shortfall that still falls is not judged. A run whose
    increment is less than a hundredth of its steps stalls: of its direction nothing is left but rounding."""
    early, late = (increments(case.X, case.optimizer, steps) for steps in (RUN // 4, RUN))
    what = "relative shortfall of the l_inf margin of the increments"
    if case.optimizer.rule.name == "signum" and np.abs(late.direction).max() < late.tau * STALLED:
        return within(1.0, 10 * SAME_MARGIN, f"w stalls: {what}")
    first, last = (1 - margin_ratio(case.data, run.direction, "linf") for run in (early, late))
    if last > SAME_MARGIN and last < 0.9 * first:
        return vacuous("the l_inf margin of the increments still grows")
    return within(last, 10 * SAME_MARGIN, what)


def _data(rows: tuple[int, int], columns: tuple[int, int], largest: int = 9) -> SearchStrategy[Dataset]:
    return separable(rows, columns, entries=integers(largest))


@st.composite
def _with_batches(draw: DrawFn) -> Case:
    data = draw(_data((2, 3), (1, 3)))
    return Case(data, replace(INC_ADAM, batch_size=draw(st.integers(2, data.n))))


@st.composite
def _with_eps(draw: DrawFn) -> Case:
    eps = Fraction(1, 10 ** draw(st.integers(0, 2)))
    return Case(draw(_data((1, 3), (1, 3))), replace(WITH_EPS, eps=eps))


def _false(name: str, text: str, cases: SearchStrategy[Case], judge: Callable[[Case], Judgement]) -> Property:
    return Property(f"false-{name}", name, text, cases, judge, expected="fails")


def _given(opt: Optimizer, data: SearchStrategy[Dataset]) -> SearchStrategy[Case]:
    return st.builds(Case, data, st.just(opt))


FALSE_PROPERTIES = (
    _falls_short("linf"),
    _falls_short("l2"),
    _false(
        "fixed-point-unique",
        "AdamProxy runs from w_0 = 0 and from near each vertex come near one attracting dual fixed point",
        _given(PROXY, _data((2, 3), (2, 3))),
        _one_fixed_point,
    ),
    _false(
        "signum-fixed-beta",
        f"the increments of Signum at beta = 0.9, batch 1, over the second half of {RUN} steps have the largest "
        "l_inf margin, up to a share of 1e-2, or a shortfall that still falls",
        # Its memory does not tell apart entries in a ratio below 1/0.81: larger integers have more such.
        _given(SIGNUM, _data((2, 3), (1, 3), 12)),
        _reaches_linf,
    ),
    _false(
        "proxy-at-beta2-0.9",
        "U(c*) where Inc-Adam at beta2 = 0.9 and where AdamProxy goes from w_0 = 0 agree to 1 - cos = 1e-6",
        _given(ADAM_09, _data((1, 3), (1, 3))),
        _proxy_is_adam,
    ),
    _false(
        "adam-batch-invariant",
        "U(c*) where Adam goes from w_0 = 0 agrees to 1 - cos = 1e-6 between batch 1 and another batch size",
        _with_batches(),
        _batch_does_not_matter,
    ),
    _false(
        "eps-stays-linf",
        f"the increments of full-batch Adam with eps over the second half of {RUN} steps have the largest l_inf "
        "margin, up to a share of 1e-2, or a shortfall that still falls",
        _with_eps(),
        _reaches_linf,
    ),
    _false(
        "start-independent",
        "U(c*) where AdamProxy goes from w_0 = 0 and from near a vertex agree to 1 - cos = 1e-6",
        _given(PROXY, _data((2, 3), (2, 3))),
        _start_does_not_matter,
    ),
    _false(
        "limit-is-fixed-point",
        "where AdamProxy's weights go round a cycle the mean of U over it has the direction of a dual fixed point, to "
        "1 - cos = 1e-6",
        _given(PROXY, with_constant()),
        goes_to_fixed_point,
    ),
)

# What is missing from a hit that its search left open, by claim.
COMPLETED: dict[str, Callable[[Case], Case]] = {"false-start-independent": with_start}

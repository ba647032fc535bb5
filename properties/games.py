"""Properties of the margin game's equilibria: what they are, where they must be, how many."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache, partial

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.typing import NDArray

from properties.choices import simplex
from properties.epochs import EPS, U, per_sample
from properties.property import Case, Judgement, Property, vacuous, within, worst
from properties.strategies import (
    any_separable,
    cycling,
    scaled_rademacher,
    several_equilibria,
    shifted_diagonal,
)
from verify.claims.proxy import kkt_error
from verify.data import Dataset, gaussian
from verify.errors import BadInput
from verify.evidence import Verdict
from verify.game import Limit, predict
from verify.game.iteration import contraction, mahalanobis
from verify.margins import Norm, mahalanobis_margin, max_margin
from verify.optimizers import Optimizer, optimizer

Vector = NDArray[np.float64]
PROXY = optimizer("adam-proxy")

# What is not enclosed in balls comes from Newton's method, which stops at rounding: 1e-13 or so times the
# condition of the support, here of small integers and fractions.
NEWTON = 1e-8


@lru_cache(maxsize=1000)
def limits_of(data: Dataset, opt: Optimizer, starts: int = 1) -> tuple[Limit, ...]:
    """The game's limits, from two flows (w_0 = 0 and a random one) and, for five rows or fewer, from all faces;
    each enclosed, but not shown to be all."""
    return predict(data, opt, starts=starts, complete=False).limits


def accuracy(limit: Limit) -> float:
    """A bound on the error of a limit's direction, proved where it is certified."""
    return NEWTON if limit.radius is None else limit.radius + 4 * EPS * len(limit.direction)


def norm(w: Vector, kind: Norm) -> float:
    """||w|| in a norm of the margins."""
    return float(np.linalg.norm(w, {"l1": 1, "l2": 2, "linf": np.inf}[kind]))


def is_max_margin(X: Vector, w: Vector, data: Dataset, kind: Norm, error: float) -> Judgement:
    """Whether w attains the exact max margin, if its direction is known to ``error``; by the margin's ratio and,
    where the maximizer is one, by the distance of directions.

    An error e of a unit direction changes a margin x.w/||w|| by at most 2 e ||x||_* sqrt(d) / ||w||.
    """
    best = max_margin(data, kind)
    w = w / np.linalg.norm(w)
    found = float((X @ w).min()) / norm(w, kind)
    room = 2 * error * float(np.abs(X).sum(axis=1).max()) * np.sqrt(len(w)) / norm(w, kind)
    ratio = within(1 - found / best.margin, room / best.margin + 8 * EPS, f"1 - margin/{kind} margin")
    if not best.unique:
        return ratio
    gap = float(np.linalg.norm(w - best.unit()))
    return worst([ratio, within(gap, error + 8 * EPS, f"distance to the {kind} direction")])


def all_at_max_margin(case: Case, kind: Norm = "l2") -> Judgement:
    """Every limit of the game is the max-margin direction."""
    limits = limits_of(case.data, case.optimizer)
    found = [is_max_margin(case.X, x.direction, case.data, kind, accuracy(x)) for x in limits]
    return worst(found) if found else vacuous("no equilibrium found")


def shifted_range(data: Dataset) -> tuple[float, float]:
    """The interval of delta on which e_1 is proved to be the only equilibrium of shifted-diagonal data."""
    root, first, second = np.sqrt(data.d), float(data.rows[0][0]), float(data.rows[1][1])
    return (root * first - second) / (root - 1), (root * second - first) / (root - 1)


def shifted_to_linf(case: Case, kind: Norm = "linf", stretch: float = 0.0) -> Judgement:
    """The max-margin direction is an attracting limit, and the only limit for delta in the proved range.

    ``stretch`` widens the range by that many times its width.
    """
    limits = limits_of(case.data, case.optimizer)
    target = max_margin(case.data, kind).unit()
    gaps = {float(np.linalg.norm(x.direction - target)) / accuracy(x): x for x in limits}
    if not gaps:
        return vacuous("no equilibrium found")
    nearest = min(gaps)
    there = within(nearest, 1.0, f"errors of the nearest limit from the {kind} direction")
    attracts = within(float(gaps[nearest].stability != "attracting"), 0.5, "the nearest does not attract")
    if case.data.d == 1:
        return worst([there, attracts])
    low, high = shifted_range(case.data)
    more = stretch * (high - low)
    inside = low - more <= float(case.data.rows[0][1]) <= high + more
    alone = within(len(limits), 1.5, "limits with delta in the range")
    return worst([there, attracts, *([alone] if inside else [])])


def solves_own_problem(case: Case, power: float = 0.5) -> Judgement:
    """At each limit c* of AdamProxy: the KKT conditions of P(c*), and its exact Mahalanobis margin.

    If F_i <= (1 + k) min F on the support, duality leaves w = U(c*) a margin of at least 1/(1 + k) of the largest.
    k is at most the error of U's direction times 2 ||x||_1 / (min F/|U|).
    """
    X, found = case.X, []
    for limit in limits_of(case.data, PROXY):
        if limit.evidence is Verdict.UNDECIDED:
            continue
        room = 4 * accuracy(limit) * np.abs(X).sum(axis=1).max() / float((X @ limit.direction).min()) + NEWTON
        found.append(within(kkt_error(X, limit.weights, power), room, "KKT conditions of P(c*)"))
        exact = [Fraction(float(c)) for c in limit.weights]
        metric = [c / sum(exact) for c in exact]
        best = mahalanobis_margin(case.data, metric, bits=64)
        own = float((X @ limit.direction).min()) / float(
            np.sqrt(limit.direction**2 @ mahalanobis(X, limit.weights, power))
        )
        found.append(within(1 - own / best.margin, room, "1 - Mahalanobis margin / the largest"))
    return worst(found) if found else vacuous("no equilibrium decided")


def exists(case: Case, shift: int = 0) -> Judgement:
    """Some weights of the simplex are found and satisfy the KKT conditions of P(c)."""
    limits = limits_of(case.data, PROXY)
    if not limits:
        return vacuous("none was found, which does not mean that there is none")
    errors = [kkt_error(case.X, np.roll(limit.weights, shift)) for limit in limits]
    return within(min(errors), NEWTON, "KKT conditions of P(c)")


def dual(data: Dataset, c: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    """d(c)/||d(c)||_1 for P(c), exact but for the rounding of M(c) to 64 bits."""
    return mahalanobis_margin(data, c, bits=64).weights


def attracted(case: Case, steps: int = 1000) -> Judgement:
    """The iteration comes to rest where some equilibrium attracts it, by the spectral radius of its derivative."""
    limits = limits_of(case.data, PROXY)
    if not any(contraction(case.X, limit) < 1 for limit in limits):
        return vacuous("no equilibrium is known to attract the iteration")
    return iteration(case, steps)


def iteration(case: Case, steps: int = 1000) -> Judgement:
    """c <- d(c)/||d(c)||_1 from c = 1/N comes to rest: its last move is below 1e-6, or half that at half the steps.

    It may be slow: on [[-1, -3/4, -15/2], [1/8, -5/2, -13/4], [15/2, 1, 4]] each move is 0.965 of the one before.
    """
    c = tuple(Fraction(1, case.data.n) for _ in range(case.data.n))
    moves = [1.0]
    try:
        while len(moves) <= steps and moves[-1] > 1e-10:
            following = dual(case.data, c)
            moves.append(max(abs(float(a - b)) for a, b in zip(c, following, strict=True)))
            c = following
    except BadInput:
        return vacuous("M(c) is singular")
    allowed = max(1e-6, moves[len(moves) // 2] / 2)
    return within(moves[-1], allowed, f"last move of c in {len(moves) - 1} iterations")


def weak_duality(case: Case, power: float = 0.5) -> Judgement:
    """(min F)^2 / c'F <= (margin of P(c))^2 <= c'F at any c, with equality just at equilibria.

    w = M^-1 X'c has w'Mw = c'F and min_i x_i.w = min F, which bounds the margin from below; c bounds it from above.
    """
    X, c = case.X, case.c
    F = X @ (c @ X / mahalanobis(X, c, power))
    average, least = float(c @ F), max(float(F.min()), 0.0)
    best = mahalanobis_margin(case.data, case.weights)
    room = (
        64
        * EPS
        * case.data.d
        * (1 + float((np.abs(X) @ (c @ np.abs(X) / mahalanobis(X, c))).max()) / average)
    )
    return worst([
        within(best.margin**2 / average, 1 + room, "margin^2 of P(c) / c'F"),
        within(least**2 / average / best.margin**2, 1 + room, "(min F)^2/c'F / margin^2 of P(c)"),
    ])  # fmt: skip


def three(case: Case, attracting: int = 2) -> Judgement:
    """Two attracting equilibria are found, and three in all where the list is proved complete."""
    found = predict(case.data, case.optimizer, starts=1)
    stable = sum(limit.stability == "attracting" for limit in found.limits)
    wrong = abs(stable - attracting) + (abs(len(found.limits) - 3) if found.complete else 0)
    return within(wrong, 0.5, f"{len(found.limits)} equilibria, {stable} attracting; wrong by")


def repels(case: Case, attracting: int = 0) -> Judgement:
    """One equilibrium, all rows in its support, and it does not attract."""
    limits = limits_of(case.data, case.optimizer, starts=0)
    if len(limits) != 1:
        return vacuous("a flow that goes round reached something" if limits else "no equilibrium found")
    wrong = abs(sum(limit.stability == "attracting" for limit in limits) - attracting)
    return within(wrong + (len(limits[0].support) != case.data.n), 0.5, f"{limits[0].stability}; wrong by")


def far_sample(case: Case) -> Judgement:
    """A multiple k >= 2 of a row, added at the end: the old equilibrium stays one, and the new row costs more."""
    which, factor = int(case.change[0]), case.change[1]
    limits = limits_of(case.data, case.optimizer)
    if not limits:
        return vacuous("no equilibrium found")
    row = tuple(factor * x for x in case.data.rows[which])
    data = Dataset("extended", (*case.data.rows, row))
    X, c = data.floats(), np.append(limits[0].weights, 0.0)
    F = X @ U(case.optimizer, X, c)
    support = list(limits[0].support)
    uneven = float(np.ptp(F[support])) / float(F[support].min())
    room = 4 * accuracy(limits[0]) * np.abs(X).sum(axis=1).max() / float(F[support].min()) + NEWTON
    return worst([
        within(uneven, room, "costs on the support differ by"),
        within(float(F[support].max() / F[-1]), 1.0, "cost on the support / that of the new row"),
    ])  # fmt: skip


def same_limit(case: Case, kind: str) -> Judgement:
    """The first limit after a change that should leave it where it is."""
    before = limits_of(case.data, case.optimizer)
    X = case.data.rows
    if kind == "all twice":
        changed = Dataset("twice", X + X)
    elif kind == "one twice":
        changed = Dataset("one twice", (*X, X[int(case.change[0])]))
    else:
        changed = Dataset("rescaled", tuple(tuple(case.change[1] * x for x in row) for row in X))
    after = limits_of(changed, case.optimizer)
    if not before or not after:
        return vacuous("no equilibrium found")
    allowed = accuracy(before[0]) + accuracy(after[0])
    gap = float(np.linalg.norm(before[0].direction - after[0].direction))
    return within(gap, allowed, f"distance of the first limits, {kind}")


def interpolates(case: Case, kind: Norm = "linf") -> Judgement:
    """Batch 5 is nearer to the l_inf direction than batch 1, and batch 1 is nearer to AdamProxy's limit.

    Not more: on some sets batch 2 is farther from l_inf than batch 1 (see notes/properties.md).
    """
    target = max_margin(case.data, kind).unit()
    optimizers = [*(replace(case.optimizer, batch_size=b) for b in (1, 5)), PROXY]
    found = [limits_of(case.data, opt) for opt in optimizers]
    if not all(found):
        return vacuous("a flow reached no equilibrium")
    one, five = (float(np.linalg.norm(limits[0].direction - target)) for limits in found[:2])
    own = float(np.linalg.norm(found[0][0].direction - found[2][0].direction))
    return worst([
        within(five / one, 1.0, "distance to l_inf, batch 5 / batch 1"),
        within(own / one, 0.1, "batch 1: distance to AdamProxy's limit / to l_inf"),
    ])  # fmt: skip


@st.composite
def with_proxy(draw: DrawFn, data: SearchStrategy[Dataset], faces: bool | None = None) -> Case:
    """AdamProxy on data, with weights c if ``faces`` is given."""
    chosen = draw(data)
    weights = () if faces is None else draw(simplex(chosen.n, faces=faces))
    return Case(chosen, PROXY, weights=weights)


@st.composite
def with_either(draw: DrawFn, data: SearchStrategy[Dataset]) -> Case:
    """AdamProxy, or per-sample Adam at beta2 = 0.95."""
    opt = draw(st.sampled_from([PROXY, optimizer("adam", beta2=Fraction(95, 100))]))
    return Case(draw(data), opt)


@st.composite
def with_adam(draw: DrawFn, data: SearchStrategy[Dataset]) -> Case:
    """Per-sample Adam on data."""
    chosen = draw(data)
    return Case(chosen, per_sample(draw, chosen.n))


@st.composite
def changed(draw: DrawFn, *names: str) -> Case:
    """A rule, data, a row and a factor of at least 2."""
    data = draw(any_separable((2, 4), (1, 3)))
    change = (Fraction(draw(st.integers(0, data.n - 1))), Fraction(draw(st.integers(2, 9))))
    return Case(data, optimizer(draw(st.sampled_from(names))), change=change)


@st.composite
def figures(draw: DrawFn) -> Case:
    """Gaussian data of the paper's size, and Adam at beta2 near 1."""
    data = gaussian(10, 50, draw(st.integers(0, 10**6)))
    return Case(data, optimizer("adam", beta2=Fraction(99, 100)))


SMALL = any_separable((1, 3), (1, 3))

PROPERTIES = (
    Property(
        "scaled-rademacher-l2",
        "rademacher-limits-l2",
        "Every limit of per-sample Adam is the exact l2 direction, to the radius of its enclosure.",
        with_adam(scaled_rademacher((2, 4), (2, 4))),
        all_at_max_margin,
        {"l_inf instead": partial(all_at_max_margin, kind="linf")},
        cost=8,
    ),
    Property(
        "proxy-l2-linf",
        "proxy-rademacher-l2",
        "On scaled-Rademacher data every limit of AdamProxy is the exact l2 direction.",
        with_proxy(scaled_rademacher((2, 4), (2, 4))),
        all_at_max_margin,
        {"l_inf instead": partial(all_at_max_margin, kind="linf")},
        cost=8,
    ),
    Property(
        "proxy-l2-linf",
        "proxy-shifted-linf",
        "On shifted-diagonal data the l_inf direction is an attracting limit, in the proved range the only one.",
        with_proxy(shifted_diagonal((1, 4))),
        shifted_to_linf,
        {
            "l2 instead": partial(shifted_to_linf, kind="l2"),
            "for every delta": partial(shifted_to_linf, stretch=1e9),
        },
        cost=8,
    ),
    Property(
        "proxy-direction",
        "limits-solve-P",
        "Each limit of AdamProxy solves P(c*) with multipliers c*: KKT conditions and exact Mahalanobis margin.",
        with_proxy(SMALL),
        solves_own_problem,
        {"M without the root": partial(solves_own_problem, power=1.0)},
        cost=4,
    ),
    Property(
        "fixed-point-exists",
        "fixed-point-found",
        "A dual fixed point is found: the KKT conditions of P(c) hold at it to 1e-8.",
        with_proxy(SMALL),
        exists,
        {"weights of the next row": partial(exists, shift=1)},
        cost=4,
    ),
    Property(
        "fixed-point-iteration",
        "iteration-comes-to-rest",
        "Where an equilibrium attracts c <- d(c)/||d(c)||_1, it moves by less and less from c = 1/N.",
        with_proxy(SMALL),
        attracted,
        {"in one step": partial(attracted, steps=1)},
        cost=4,
    ),
    Property(
        "false-iteration-converges",
        "iteration-everywhere",
        "Without that hypothesis it fails: on [[6, 2, -1], [-1, 5, 2], [1, 1, 6]] it goes round for ever.",
        with_proxy(cycling()),
        partial(iteration, steps=100),
        cost=20,
        expected="fails",
    ),
    Property(
        "game-fixed-point",
        "weak-duality",
        "(min F)^2/c'F <= margin^2 of P(c) <= c'F at any c of the simplex.",
        with_proxy(any_separable((1, 5), (1, 4)), faces=True),
        weak_duality,
        {"M without the root": partial(weak_duality, power=1.0)},
    ),
    Property(
        "fixed-point-not-unique",
        "three-fixed-points",
        "[[a + e, b], [b, a]] with copies of columns and far rows has three fixed points, two attracting.",
        with_proxy(several_equilibria()),
        three,
        {"all attracting": partial(three, attracting=3)},
        cost=8,
    ),
    Property(
        "weights-cycle",
        "only-equilibrium-repels",
        "The example of a limit cycle, turned and rescaled: its one equilibrium has all rows and does not attract.",
        with_either(cycling()),
        repels,
        {"it attracts": partial(repels, attracting=1)},
        cost=20,
    ),
    Property(
        "game-fixed-point",
        "far-sample",
        "A row far from the margin leaves AdamProxy's and normalized GD's equilibrium where it is.",
        changed("adam-proxy", "ngd"),
        far_sample,
        {"per-sample Adam": lambda case: far_sample(replace(case, optimizer=optimizer("adam")))},
        cost=4,
    ),
    Property(
        "game-fixed-point",
        "all-samples-twice",
        "Repeating all samples leaves AdamProxy's first limit where it is.",
        changed("adam-proxy", "ngd"),
        partial(same_limit, kind="all twice"),
        {"one sample twice": partial(same_limit, kind="one twice")},
        cost=8,
    ),
    Property(
        "gd-l2",
        "one-sample-twice",
        "Repeating a sample leaves normalized GD's limit where it is.",
        changed("ngd"),
        partial(same_limit, kind="one twice"),
        {"AdamProxy": lambda case: same_limit(replace(case, optimizer=PROXY), "one twice")},
        cost=4,
    ),
    Property(
        "proxy-direction",
        "rescaled-data",
        "Rescaling all data leaves AdamProxy's first limit where it is.",
        changed("adam-proxy"),
        partial(same_limit, kind="rescaled"),
        {"one sample twice": partial(same_limit, kind="one twice")},
        cost=8,
    ),
    Property(
        "gd-l2",
        "ngd-limit-l2",
        "The limit of normalized GD's game is the exact l2 direction.",
        changed("ngd"),
        all_at_max_margin,
        {"l_inf instead": partial(all_at_max_margin, kind="linf")},
        cost=4,
    ),
    Property(
        "gaussian-figure",
        "batches-interpolate",
        "On Gaussian 10 x 50 data batch 5 is nearer to l_inf than batch 1, which is near AdamProxy's limit.",
        figures(),
        interpolates,
        {"l2 for l_inf": partial(interpolates, kind="l2")},
        cost=20,
    ),
)

"""Properties of dual fixed points: what they solve, that they exist, and the iteration for them."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np

from properties.cases import SMALL, with_proxy
from properties.cycles import PROXY
from properties.epoch_maps import EPS
from properties.equilibria import NEWTON, accuracy, limits_of
from properties.property import Case, Judgement, Property, vacuous, within, worst
from properties.strategies import any_separable, cycling
from verify.claims.proxy import kkt_error
from verify.data import Dataset
from verify.errors import BadInput
from verify.evidence import Verdict
from verify.game.smooth.iteration import contraction, mahalanobis
from verify.margins import mahalanobis_margin


def solves_own_problem(case: Case, power: float = 0.5) -> Judgement:
    """At each limit c* of AdamProxy: the KKT conditions of P(c*), and its exact Mahalanobis margin.

    If F_i <= (1 + k) min F on the support, duality leaves w = U(c*) a margin of at least 1/(1 + k) of the largest.
    k is at most the error of U's direction times 2 ||x||_1 / (min F/|U|).
    """
    X, found = case.X, []
    for limit in limits_of(case.data, PROXY):
        if limit.evidence is Verdict.UNDECIDED or not mahalanobis(X, limit.weights).all():
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
    return worst(found) if found else vacuous("no equilibrium decided at which M(c) is regular")


def exists(case: Case, shift: int = 0) -> Judgement:
    """Some weights of the simplex are found and satisfy the KKT conditions of P(c)."""
    limits = limits_of(case.data, PROXY)
    if not limits:
        return vacuous("none was found, which does not mean that there is none")
    weights = [np.roll(limit.weights, shift) for limit in limits]
    errors = [kkt_error(case.X, c) for c in weights if mahalanobis(case.X, c).all()]
    return within(min(errors), NEWTON, "KKT conditions of P(c)") if errors else vacuous("M(c) is singular")


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
    if not mahalanobis(X, c).all():
        return vacuous("M(c) is singular: P(c) has no norm")
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


PROPERTIES = (
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
)

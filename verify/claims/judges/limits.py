"""The game's limits as judges ask for them, once for each case; what they solve, and whether they are max margins."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

import numpy as np

from properties import Case, Judgement, vacuous, within, worst
from properties.cases import PROXY
from verify.claims.judges.maps import EPS, radius
from verify.data import Dataset
from verify.evidence import Verdict
from verify.game import Limit, Prediction, predict
from verify.game.smooth.iteration import mahalanobis
from verify.game.smooth.search import FEW
from verify.margins import Norm, mahalanobis_margin, max_margin
from verify.numbers.linear.angles import Vector
from verify.optimizers import Optimizer

# What is not enclosed in balls comes from Newton's method, which stops at rounding: 1e-13 or so times the
# condition of the support, here of small integers and fractions.
NEWTON = 1e-8


@lru_cache(maxsize=1000)
def predicted(data: Dataset, opt: Optimizer, starts: int = 1, prove: bool = True) -> Prediction:
    """The game's limits, from the flow from w_0 = 0 and, for five rows or fewer without zeros, from all faces, else
    from ``starts`` random flows; each enclosed if ``prove``, but not shown to be all."""
    on_faces = data.n <= FEW and bool(data.floats().all())
    return predict(data, opt, starts=0 if on_faces else starts, complete=False, prove=prove)


def limits_of(data: Dataset, opt: Optimizer, starts: int = 1, prove: bool = True) -> tuple[Limit, ...]:
    """The limits alone."""
    return predicted(data, opt, starts, prove).limits


def accuracy(limit: Limit) -> float:
    """A bound on the error of a limit's direction, proved where it is certified."""
    return NEWTON if limit.radius is None else limit.radius + 4 * EPS * len(limit.direction)


def kkt_error(X: Vector, c: Vector, power: float = 0.5) -> float:
    """How badly w = M(c)^(-1) X'c fails the KKT conditions of P(c) with multipliers c, relative to its margin."""
    F = X @ (c @ X / mahalanobis(X, c, power))
    return float(np.abs(F[c > 0] / F.min() - 1).max()) if F.min() > 0 else math.inf


def solves_own_problem(case: Case, power: float = 0.5) -> Judgement:
    """At each limit c* of AdamProxy: the KKT conditions of P(c*), and its exact Mahalanobis margin.

    If F_i <= (1 + k) min F on the support, duality leaves w = U(c*) a margin of at least 1/(1 + k) of the largest.
    k is at most the error of U's direction times 2 ||x||_1 / (min F/|U|).
    """
    X, found = case.X, []
    for limit in limits_of(case.data, PROXY):
        if limit.evidence is Verdict.UNDECIDED or not mahalanobis(X, limit.weights).all():
            continue
        room = 4 * accuracy(limit) * radius(X) / float((X @ limit.direction).min()) + NEWTON
        found.append(within(kkt_error(X, limit.weights, power), room, "KKT conditions of P(c*)"))
        exact = [Fraction(float(c)) for c in limit.weights]
        metric = [c / sum(exact) for c in exact]
        best = mahalanobis_margin(case.data, metric, bits=64)
        own = float((X @ limit.direction).min()) / float(
            np.sqrt(limit.direction**2 @ mahalanobis(X, limit.weights, power))
        )
        found.append(within(1 - own / best.margin, room, "1 - Mahalanobis margin / the largest"))
    return worst(found) if found else vacuous("no equilibrium decided at which M(c) is regular")


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
    room = 2 * error * radius(X) * np.sqrt(len(w)) / norm(w, kind)
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

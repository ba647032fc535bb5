"""Metamorphic judges: changes of the data that leave U(c) or a limit alone, or turn or scale it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np

from properties import Case, Judgement, vacuous, within, worst
from verify.claims.judges.limits import NEWTON, accuracy, limits_of
from verify.claims.judges.maps import U, equal, radius, rounding
from verify.data import Dataset
from verify.numbers.linear.angles import Vector
from verify.optimizers import Optimizer

# What a change of the data does to U: (the changed rows, weights, what U should then be).
Change = Callable[[Case, Vector], tuple[Vector, Vector, Vector]]


def unchanged(case: Case, change: Change, opt: Optimizer | None = None) -> Judgement:
    """U of the changed data is the old one, changed as it should be."""
    opt = opt or case.optimizer
    X, c = case.X, case.c
    changed, weights, wanted = change(case, U(opt, X, c))
    if np.array_equal(changed, X) and np.array_equal(weights, c):
        return vacuous("nothing is changed")
    return equal(U(opt, changed, weights), wanted, 2 * rounding(opt, changed, weights), "U changed otherwise")


def permuted_samples(case: Case, before: Vector) -> tuple[Vector, Vector, Vector]:
    """Rows in another order: U stays."""
    order = [int(i) for i in case.change]
    return case.X[order], case.c[order], before


def turned_coordinates(case: Case, before: Vector, back: bool = True) -> tuple[Vector, Vector, Vector]:
    """Coordinates in another order, some with the other sign: U turns with them."""
    d = case.data.d
    order, signs = [int(k) for k in case.change[:d]], np.array([float(s) for s in case.change[d:]])
    return case.X[:, order] * signs, case.c, before[order] * signs if back else before


def other_units(case: Case, before: Vector) -> tuple[Vector, Vector, Vector]:
    """Column k in other units: U_k stays for a rule that looks at one coordinate and is scale-invariant, and
    is scaled likewise for GD."""
    factors = np.array([float(s) for s in case.change])
    return case.X * factors, case.c, before * (factors if case.optimizer.rule.degree else 1)


def other_scale(case: Case, before: Vector, degree: int | None = None) -> tuple[Vector, Vector, Vector]:
    """All data times a number: U is scaled by its power, the rule's degree."""
    factor, power = float(case.change[0]), case.optimizer.rule.power if degree is None else degree
    return case.X * factor, case.c, before * factor**power


def swapped(case: Case) -> Judgement:
    """The first two samples exchanged, in place of a rotation."""
    n = case.data.n
    return unchanged(replace(case, change=tuple(map(Fraction, [1, 0, *range(2, n)]))), permuted_samples)


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
    room = 4 * accuracy(limits[0]) * radius(X) / float(F[support].min()) + NEWTON
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

"""Metamorphic properties: changes of the data that leave U(c) or a limit alone, or turn or scale it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
from hypothesis import strategies as st

from properties.cases import adam, any_order, changed, column_factors, maps, one_of, rotations, turn
from properties.cycles import PROXY
from properties.epoch_maps import U, equal, rounding
from properties.equilibria import NEWTON, accuracy, limits_of
from properties.property import Case, Judgement, Property, vacuous, within, worst
from verify.data import Dataset
from verify.numbers.linear.angles import Vector
from verify.optimizers import Optimizer, optimizer

# What a change of the data does to U: (the changed rows, weights, what U should then be).
Change = Callable[[Case, Vector], tuple[Vector, Vector, Vector]]


def unchanged(case: Case, change: Change, opt: Optimizer | None = None) -> Judgement:
    """U of the changed data is the old one, changed as it should be."""
    opt = opt or case.optimizer
    X, c = case.X, case.c
    changed, weights, wanted = change(case, U(opt, X, c))
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


PROPERTIES = (
    Property(
        "game-fixed-point",
        "samples-in-any-order",
        "U of AdamProxy, GD and normalized GD does not depend on the order of samples.",
        maps(one_of("adam-proxy", "gd", "ngd"), any_order),
        partial(unchanged, change=permuted_samples),
        {"per-sample Adam": partial(unchanged, change=permuted_samples, opt=optimizer("adam"))},
    ),
    Property(
        "finite-beta2",
        "cycle-starts-anywhere",
        "U of per-sample Adam does not depend on where in the cycle an epoch begins.",
        rotations(),
        partial(unchanged, change=permuted_samples),
        {"two samples exchanged": swapped},
    ),
    Property(
        "finite-beta2",
        "coordinates-turned",
        "Permuting and flipping coordinates permutes and flips U, for every rule.",
        maps(
            lambda draw, n: (draw(st.sampled_from([one_of("adam-proxy", "gd", "ngd"), adam])))(draw, n), turn
        ),
        partial(unchanged, change=turned_coordinates),
        {"U does not turn": partial(unchanged, change=partial(turned_coordinates, back=False))},
    ),
    Property(
        "game-fixed-point",
        "units-of-a-coordinate",
        "Units of a coordinate leave U_k of Adam and AdamProxy alone and scale that of GD.",
        maps(
            lambda draw, n: (draw(st.sampled_from([one_of("adam-proxy", "gd"), adam])))(draw, n),
            column_factors,
        ),
        partial(unchanged, change=other_units),
        {"normalized GD": partial(unchanged, change=other_units, opt=optimizer("ngd"))},
    ),
    Property(
        "finite-beta2",
        "all-data-rescaled",
        "Rescaling all data leaves U alone, and scales that of GD.",
        maps(
            lambda draw, n: (draw(st.sampled_from([one_of("adam-proxy", "gd", "ngd"), adam])))(draw, n),
            lambda draw, data: [Fraction(2) ** draw(st.integers(-20, 20))],
        ),
        partial(unchanged, change=other_scale),
        {
            "GD like the others": lambda case: unchanged(
                replace(case, optimizer=optimizer("adam")), other_scale, optimizer("gd")
            )
        },
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
)

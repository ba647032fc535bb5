"""Equilibria whose weights vanish at several rates."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

from mpmath import mp, mpf

from independent.algebra import Claim, Drift, Rows, Vector, dot, numbers, real, reals
from independent.drift import costs, game
from independent.equilibria import is_along

# Parts of a box's width in which a difference of costs is looked at for changes of sign. Their number is odd: the
# middle, where it may be 0 to the last digit, is no end of a part.
PARTS = 41


def levels(rows: Rows, claim: Claim) -> bool:
    """Each box holds one equilibrium with levels; one or two rows of each level have weight."""
    drift, X = game(claim), [reals(row) for row in rows]
    alone = claim["rule"]["reads"] == "norm"
    return drift is not None and all(
        has_levels(drift, X, point) and (len(point["levels"]) == 1 or not alone) for point in claim["points"]
    )


def has_levels(drift: Drift, X: list[list[mpf]], point: Claim) -> bool:
    """The weights of one level after the other, which decides U in the columns that it is the first to see."""
    n, d = len(X), len(X[0])
    U, owner, weighed, least = [mpf(0)] * d, dict[int, int](), list[int](), [mpf(0)]
    for level, center in enumerate(numbers(point["levels"])):
        support = [i for i, weight in enumerate(center) if weight]
        columns = [k for k in range(d) if k not in owner and any(X[i][k] for i in support)]
        own, before = [[row[k] for k in columns] for row in X], [dot(row, U) for row in X]

        def costs_at(c: list[mpf], own: Any = own, before: Any = before) -> list[mpf]:
            return [a + b for a, b in zip(before, costs(drift, own, c), strict=True)] if own[0] else before

        c = evened(costs_at, center, Fraction(point["radius"]), point["stability"])
        if c is None:
            return False
        for k, u in zip(columns, drift(own, c), strict=True):
            U[k] = u
        owner |= dict.fromkeys(columns, level)
        weighed += support
        least.append(dot(X[support[0]], U))
    seen = [{owner.get(k) for k, entry in enumerate(row) if entry} for row in X]
    if len(set(weighed)) < len(weighed) or any(None in deciding or not deciding for deciding in seen):
        return False
    slack = [dot(X[i], U) - least[level + 1] for i in range(n) if i not in weighed for level in seen[i]]
    return all(a < b for a, b in pairwise(least)) and min(slack, default=mpf(1)) > 0 and is_along(point, U)


def evened(
    costs_at: Callable[[list[mpf]], list[mpf]], center: Vector, radius: Fraction, word: str
) -> list[mpf] | None:
    """The only weights of a level within the radius of its center at which its rows cost the same; None if there are
    none or more, or if deviations from them grow though the word for stability denies it."""
    support = [i for i, weight in enumerate(center) if weight]
    if sum(center) != 1 or not 1 <= len(support) <= 2 or min(center[i] for i in support) <= radius:
        return None
    first, last = support[0], support[-1]

    def weights(r: mpf, rest: mpf) -> list[mpf]:
        return [{first: rest, last: r}.get(i, mpf(0)) for i in range(len(center))]

    def gap(r: mpf, rest: mpf | None = None) -> mpf:
        F = costs_at(weights(r, 1 - r if rest is None else rest))
        return F[last] - F[first]

    if first == last:
        return weights(mpf(1), mpf(1))
    grid = [real(center[last] + radius * Fraction(2 * k - PARTS, PARTS)) for k in range(PARTS + 1)]
    values = [gap(r) for r in grid]
    turns = [ends for ends, (a, b) in zip(pairwise(grid), pairwise(values), strict=True) if a * b < 0]
    if len(turns) != 1:
        return None
    r = mp.findroot(gap, turns[0], solver="anderson", tol=mpf(10) ** -150)
    grows = gap(r * (1 + mpf(10) ** -40), 1 - r) < gap(r)
    return None if grows and word != "open" else weights(r, 1 - r)

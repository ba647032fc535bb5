"""Separation and max margins of vectors: supports and vertices are enumerated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any

from mpmath import mpf, sqrt

from independent.algebra import Claim, Rows, Vector, dot, numbers, rank, real, solved, solved_reals


def separable(rows: Rows, claim: Claim) -> bool:
    return all(dot(row, numbers(claim["separator"])) > 0 for row in rows)


def not_separable(rows: Rows, claim: Claim) -> bool:
    c = numbers(claim["weights"])
    convex = all(weight >= 0 for weight in c) and sum(c) == 1
    return convex and not any(dot(c, column) for column in zip(*rows, strict=True))


def least_norm(rows: list[list[Any]], solve: Callable[..., Any], slack: Any) -> list[Any] | None:
    """The w of least l2 norm with x_i.w >= 1: from each support in turn, w = A'a with AA'a = 1 and a >= 0."""
    for size in range(1, len(rows) + 1):
        for support in combinations(rows, size):
            a = solve([[dot(x, y) for y in support] for x in support], [1 + 0 * support[0][0]] * size)
            if a is not None and min(a) >= 0:
                w = [dot(a, column) for column in zip(*support, strict=True)]
                if all(dot(row, w) >= 1 - slack for row in rows):
                    return w
    return None


def l2_margin(rows: Rows, claim: Claim) -> bool:
    w = least_norm(rows, solved, Fraction(0))
    return (
        w is not None
        and numbers(claim["maximizer"]) == w
        and Fraction(claim["margin_squared"]) == 1 / dot(w, w)
    )


def corners(facets: Rows, rows: Rows) -> Iterator[Vector]:
    """The vertices (w, t) of {f.w <= 1 for the facets f, x_i.w >= t, t >= 0}."""
    d = len(rows[0])
    walls = [([*f, Fraction(0)], Fraction(1)) for f in facets]
    walls += [([*(-x for x in row), Fraction(1)], Fraction(0)) for row in rows]
    walls.append(([*[Fraction(0)] * d, Fraction(-1)], Fraction(0)))
    for chosen in combinations(walls, d + 1):
        corner = solved([list(a) for a, _ in chosen], [b for _, b in chosen])
        if corner is not None and all(dot(a, corner) <= b for a, b in walls):
            yield corner


def polyhedral_margin(facets: Callable[[int], Rows]) -> Callable[[Rows, Claim], bool]:
    """The margin in a norm whose unit ball has these facets; all of its maximizers from the vertices."""

    def check(rows: Rows, claim: Claim) -> bool:
        ball = facets(len(rows[0]))
        found = list(corners(ball, rows))
        margin = max(corner[-1] for corner in found)
        best = [corner[:-1] for corner in found if corner[-1] == margin]
        w, face = numbers(claim["maximizer"]), numbers(claim["face"])
        attained = all(dot(f, w) <= 1 for f in ball) and min(dot(row, w) for row in rows) == margin
        spread = [[x - y for x, y in zip(v, best[0], strict=True)] for v in best[1:]]
        same_span = rank(spread) == rank(face) == len(face) == rank([*face, *spread])
        return margin > 0 and Fraction(claim["margin"]) == margin and attained and same_span

    return check


def cube(d: int) -> Rows:
    return [[Fraction(sign * (i == k)) for i in range(d)] for k in range(d) for sign in (1, -1)]


def cross(d: int) -> Rows:
    return [[Fraction(-1 if bits >> k & 1 else 1) for k in range(d)] for bits in range(2**d)]


def mahalanobis(rows: Rows, claim: Claim) -> bool:
    c = numbers(claim["metric"])
    if not (all(weight >= 0 for weight in c) and sum(c) == 1):
        return False
    M = [
        sqrt(real(sum((w * row[k]) ** 2 for w, row in zip(c, rows, strict=True))))
        for k in range(len(rows[0]))
    ]
    if not all(M):
        return False
    scaled = [[real(x) / sqrt(m) for x, m in zip(row, M, strict=True)] for row in rows]
    y = least_norm(scaled, solved_reals, mpf(10) ** -100)
    if y is None:
        return False
    squared = 1 / dot(y, y)
    away = [sqrt(m) * real(w) - v for m, w, v in zip(M, numbers(claim["maximizer"]), y, strict=True)]
    low, high, radius = (
        real(Fraction(claim[name]))
        for name in ("margin_squared_low", "margin_squared_high", "radius_squared")
    )
    # What is computed here is good to a hundred digits; enclosures that are exact to the last are not refuted by that.
    little = mpf(10) ** -95
    return bool(
        low <= squared * (1 + little)
        and squared * (1 - little) <= high
        and dot(away, away) <= radius + little
    )

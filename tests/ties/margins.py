"""Exact margins of small sets by trying every vertex and every support: slow, short, and nothing of ours in it but the
calls that are tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, product

from independent.algebra import dot, rank, solved

from verify.certificate import check_document
from verify.data import Dataset
from verify.data.separability import require_separable
from verify.margins import (
    Margin,
    Norm,
    NotSeparable,
    margin_certificate,
    max_margin,
    not_separable_certificate,
    separability_certificate,
)

Vector = tuple[Fraction, ...]


def optimal_vertices(rows: Sequence[Vector], norm: str) -> tuple[Fraction, list[Vector]]:
    """The largest g with x_i.w >= g for all i and ||w|| <= 1, and all vertices w of the set where it is attained; of a
    set that is not separable (0, all vertices of what is left)."""
    d, zero, one = len(rows[0]), Fraction(0), Fraction(1)
    if norm == "linf":
        facets = [tuple(sign * Fraction(j == k) for j in range(d)) for k in range(d) for sign in (1, -1)]
    else:
        facets = [tuple(map(Fraction, signs)) for signs in product((1, -1), repeat=d)]
    planes = [((*row, -one), zero) for row in dict.fromkeys(rows)] + [
        ((*facet, zero), one) for facet in facets
    ]
    best, vertices = zero, dict[Vector, None]()
    for tight in combinations(planes, d + 1):
        at = solved([plane for plane, _ in tight], [right for _, right in tight])
        if at is None or at[d] < best:
            continue
        w, g = tuple(at[:d]), at[d]
        if any(dot(row, w) < g for row in rows) or any(dot(facet, w) > 1 for facet in facets):
            continue
        if g > best:
            best, vertices = g, {}
        vertices[w] = None
    return best, list(vertices)


def least_norm(rows: Sequence[Vector]) -> tuple[Fraction, Vector]:
    """The least ||p||^2 of the convex hull of the rows, and p, by trying every affinely independent support."""
    unlike = list(dict.fromkeys(rows))
    for size in range(1, min(len(unlike), len(rows[0]) + 1) + 1):
        for support in combinations(unlike, size):
            one = [Fraction(1)]
            system = [[*(dot(x, y) for y in support), Fraction(-1)] for x in support] + [
                [*one * size, Fraction(0)]
            ]
            found = solved(system, [Fraction(0)] * size + one)
            if found is None or min(found[:size]) < 0:
                continue
            p = tuple(dot(found[:size], column) for column in zip(*support, strict=True))
            square = dot(p, p)
            if all(dot(x, p) >= square for x in unlike):
                return square, p
    raise AssertionError("some support has the least norm")


def disagreements(rows: Sequence[Vector], norms: Sequence[Norm] = ("l1", "l2", "linf")) -> Iterator[str]:
    """What our margins, uniqueness, separability and certificates say that these do not."""
    data = Dataset("rows", tuple(rows))
    square, p = least_norm(rows)
    document = separability_certificate(data)
    if not check_document(document, data.rows).valid:
        yield f"separability: {check_document(document, data.rows).line()}"
    try:
        w = require_separable(data)
        if square == 0 or any(dot(x, w) <= 0 for x in rows):
            yield f"separable by {w}, least norm {square}"
    except NotSeparable as refusal:
        if square > 0:
            yield f"not separable, least norm {square}"
        c = refusal.weights
        if min(c) < 0 or sum(c) != 1 or any(dot(c, column) for column in zip(*rows, strict=True)):
            yield f"not separable: weights {c} do not vanish"
    for norm in norms:
        try:
            found = max_margin(data, norm)
        except NotSeparable as refusal:
            checked = check_document(not_separable_certificate(refusal), data.rows)
            if square > 0 or not checked.valid:
                yield f"{norm}: not separable, least norm {square}, certificate {checked.line()}"
            continue
        checked = check_document(margin_certificate(found), data.rows)
        if not checked.valid:
            yield f"{norm}: certificate {checked.line()}"
        if norm == "l2":
            if square == 0 or found.value != square or found.direction != tuple(x / square for x in p):
                yield f"l2: {found.value} at {found.direction}, by supports {square} at {p}"
            if not found.unique:
                yield "l2: not unique"
        else:
            yield from _against_vertices(rows, norm, found)


def _against_vertices(rows: Sequence[Vector], norm: str, found: Margin) -> Iterator[str]:
    best, vertices = optimal_vertices(rows, norm)
    if found.value != best:
        yield f"{norm}: {found.value}, by vertices {best}"
        return
    edges = [tuple(a - b for a, b in zip(v, vertices[0], strict=True)) for v in vertices[1:]]
    if len(found.face) != rank(edges):
        yield f"{norm}: face of {len(found.face)} dimensions, by vertices {rank(edges)}"
    offset = tuple(a - b for a, b in zip(found.direction, vertices[0], strict=True))
    if rank([*edges, *found.face]) != rank(edges) or rank([*edges, offset]) != rank(edges):
        yield f"{norm}: the face {found.face} at {found.direction} is not that of the vertices {vertices}"
    if min(dot(row, found.direction) for row in rows) != best:
        yield f"{norm}: {found.direction} does not attain {best}"

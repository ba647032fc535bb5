"""Basins of attraction: from which weights the flow goes to which of the predicted limits.

Three rows: the simplex in triangles, finer where corners go to different limits. Two rows: intervals of
log(c_1 / c_0), rows counted from 0. Where two neighbours go to different limits the boundary between them is
found by halving.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from verify.game.flows.flow import from_weights
from verify.game.result import Prediction
from verify.game.signs.moves import moves_by_signs, plays_sign
from verify.game.signs.one_batch import in_one_batch
from verify.game.smooth.field import Field, Floats, centred, field, span
from verify.problem.frozen import shares

# A flow goes to an attracting limit if it comes this near (total variation in c) and is nearer than a piece of
# time before, so that it is not one that passes on its way out. (Its own error in log c is 1e-3 at most.)
NEAR = 1e-3
# Nearer than this the distance is rounding, and need not fall.
THERE = 1e-9

# Evaluations of U for a start: a flow takes some 200; one that ends nowhere is given up.
EVALUATIONS = 2_000

# Weights on the simplex's edge are moved inside by this, for the flow does not leave a face: less than a
# picture shows.
INSIDE = 1e-3

# The triangle is cut into 4^COARSE triangles, and into up to 4^FINE where corners differ. An edge between two
# basins is then halved HALVINGS times: to 1/512 of the triangle's side, two pixels of a picture.
COARSE, FINE, HALVINGS = 4, 5, 4

# The interval is cut into PARTS, and the boundary of two basins found to 2^-16 of one.
PARTS, HALVINGS_OF_PART = 64, 16

Point = tuple[float, ...]
Goal = int | None  # the number of a limit in the prediction's list, None where the flow goes to none of them


@dataclass(frozen=True)
class Piece:
    """A convex part of a basin: its corners, weights (m, N) or for two rows log(c_1 / c_0) (2, 1)."""

    corners: Floats
    limit: Goal


def drawable(prediction: Prediction) -> bool:
    """Whether the basins fill a simplex that can be drawn: two or three rows, all of whose weights some w
    produces, a game with the continuous field of one epoch, and a limit."""
    data, opt = prediction.dataset, prediction.optimizer
    if data.n not in (2, 3) or not prediction.limits:
        return False
    if moves_by_signs(opt) or plays_sign(opt, data.n):
        return False
    if any(len(limit.support) > 1 and in_one_batch(limit, opt, data.n) for limit in prediction.limits):
        return False  # U(c) jumps there, and flows chatter for ever
    if opt.order != "cyclic" and not opt.full_batch(data.n):
        return False
    X = data.floats()
    return bool(span(centred(X)).shape[1] == data.n - 1)


def limit_from(game: Field, prediction: Prediction, log_c: Floats) -> Goal:
    """The attracting limit to which the flow of the exponential tail goes from log c."""
    goals = [(i, limit) for i, limit in enumerate(prediction.limits) if limit.stability == "attracting"]
    before = np.full(len(goals), np.inf)
    for here in from_weights(game, log_c, EVALUATIONS):
        c = shares(here)
        gaps = np.array([np.abs(c - limit.weights).sum() / 2 for _, limit in goals])
        arrived = (gaps < THERE) | ((gaps < NEAR) & (gaps < before) & np.isfinite(before))
        if arrived.any():
            return goals[int(np.argmax(arrived))][0]
        before = gaps
    return None


def triangles(prediction: Prediction) -> list[Piece]:
    """The simplex of a ``drawable`` prediction on three rows in pieces of basins."""
    game = field(prediction.dataset.floats(), prediction.optimizer)
    if all(limit.stability != "attracting" for limit in prediction.limits):
        return [Piece(np.eye(3), None)]

    @cache
    def limit(c: Point) -> Goal:
        inside = np.maximum(c, INSIDE)
        return limit_from(game, prediction, np.log(inside / inside.sum()))

    return list(_cut(limit, [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)], 0))


def intervals(prediction: Prediction, low: float, high: float) -> list[Piece]:
    """Two rows: the part of a ``drawable`` prediction's basins with log(c_1 / c_0) from low to high."""
    game = field(prediction.dataset.floats(), prediction.optimizer)

    @cache
    def limit(point: Point) -> Goal:
        return limit_from(game, prediction, np.array([0.0, point[0]]))

    ends: list[Point] = [(float(end),) for end in np.linspace(low, high, PARTS + 1)]
    marks = [ends[0]]
    for a, b in pairwise(ends):
        if limit(a) != limit(b):
            marks.append(_boundary(limit, a, b, HALVINGS_OF_PART))
    marks.append(ends[-1])
    # A mark lies on either side of its boundary, so each piece is asked in its middle.
    return [Piece(np.array([a, b]), limit(_middle(a, b))) for a, b in pairwise(marks)]


def _cut(limit: Callable[[Point], Goal], corners: list[Point], depth: int) -> Iterator[Piece]:
    """The triangle in pieces that each lie in one basin."""
    limits = [limit(corner) for corner in corners]
    if depth < COARSE or (depth < FINE and len(set(limits)) > 1):
        a, b, c = corners
        ab, bc, ca = _middle(a, b), _middle(b, c), _middle(c, a)
        for inner in ([a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]):
            yield from _cut(limit, inner, depth + 1)
    elif len(set(limits)) == 1:
        yield Piece(np.array(corners), limits[0])
    else:
        # Each basin's part: from corner to corner, with the boundary's points on the edges between.
        edges = [
            _boundary(limit, p, q, HALVINGS) if limits[i] != limits[(i + 1) % 3] else None
            for i, (p, q) in enumerate(zip(corners, corners[1:] + corners[:1], strict=True))
        ]
        centre = tuple(np.mean([edge for edge in edges if edge is not None], axis=0).tolist())
        for found in dict.fromkeys(limits):
            part: list[Point] = []
            for i, corner in enumerate(corners):
                edge = edges[i]
                if limits[i] == found:
                    part.append(corner)
                if edge is not None and found in (limits[i], limits[(i + 1) % 3]):
                    part.append(edge)
                    # Three basins meet in the middle; it lies behind the corner's edge.
                    if limits[i] == found and len(set(limits)) == 3:
                        part.append(centre)
            yield Piece(np.array(part), found)


def _boundary(limit: Callable[[Point], Goal], a: Point, b: Point, halvings: int) -> Point:
    """A point between two neighbours where the limit changes, the same whichever comes first."""
    a, b = sorted((a, b))
    for _ in range(halvings):
        middle = _middle(a, b)
        a, b = (middle, b) if limit(middle) == limit(a) else (a, middle)
    return _middle(a, b)


def _middle(a: Point, b: Point) -> Point:
    return tuple((x + y) / 2 for x, y in zip(a, b, strict=True))

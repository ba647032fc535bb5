"""Weight decay of full-batch sign methods: the minimum of the loss in the box |w_k| <= 1/lambda (Xie and Li 2024).

Frozen gradients make full-batch Adam without eps move by their signs, and so does sign descent. Where w rests, lambda
w_k is minus the sign of the gradient, or the gradient is 0 and steps of both signs hold w_k between: the KKT conditions
of that convex problem. It is found along lambda w = -g/(|g| + eps) as eps falls, a barrier method, and then by Newton's
method in the coordinates that are free. What is found is then polished in balls, and certified.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.certificate.duals import Value, plus
from verify.certificate.kinds.box_minimum import push, unit_at
from verify.certificate.program import read_lines
from verify.certificate.writing import Document, certificate, spell
from verify.data.dataset import Dataset
from verify.errors import Undecided
from verify.game.smooth.field import Floats
from verify.game.waves.fixed_point import direction_fields, polished
from verify.losses import Loss
from verify.numbers.systems.arrays import ARRAYS
from verify.numbers.systems.balls import around, ball, precision, sqrt
from verify.optimizers.carried import carried_log_weight
from verify.optimizers.optimizer import Optimizer
from verify.problem.frozen import shares

# The barrier falls by FALL from FIRST to LAST, with at most ITERATIONS of Newton's method at each size, none of them
# longer than LONGEST in any margin. A coordinate is on the boundary if less than NEAR of the box is left to it.
FIRST, LAST, FALL, ITERATIONS, LONGEST, NEAR = 1e4, 1e-13, 0.2, 300, 10.0, 1e-5
# The free gradient vanishes to this share of what it is summed from, and on the boundary it is larger by far.
ROUNDING, LARGE = 1e-12, 1e-9
# Central differences, as in ``balance``.
NUDGE = 1e-5


@dataclass(frozen=True)
class BoxMinimum:
    """w (d), and which coordinates are free; ``sure`` where the minimum is one and the others are held strictly."""

    w: Floats
    free: NDArray[np.bool_]
    sure: bool


def box_minimum(X: Floats, loss: Loss, decay: float) -> BoxMinimum:
    """The minimum on rows X (N, d), not all 0. Raises Undecided where Newton's method does not settle."""
    used: NDArray[np.bool_] = np.any(X != 0, axis=0)
    if not used.all():  # A column of zeros pulls at no coordinate, and the decay takes that one to 0.
        found = box_minimum(X[:, used], loss, decay)
        w, free = np.zeros(len(used)), np.ones(len(used), dtype=np.bool_)
        w[used], free[used] = found.w, found.free
        return BoxMinimum(w, free, found.sure)
    log_weight = loss.log_weight(ARRAYS)

    def gradient(w: Floats) -> tuple[Floats, Floats, Floats]:
        """The gradient over the sum of the weights, its derivative, and the size of what it is summed from."""
        z = X @ w
        c = shares(log_weight(z))
        slope = c * (log_weight(z + NUDGE) - log_weight(z - NUDGE)) / (2 * NUDGE)
        turn = -(X.T * slope) @ X + np.outer(X.T @ c, slope @ X)
        return -X.T @ c, turn, np.abs(X).T @ c

    w, eps = np.zeros(X.shape[1]), FIRST
    while eps > LAST:
        for _ in range(ITERATIONS):
            g, curvature, _ = gradient(w)
            left = 1 - decay * np.abs(w)
            step = np.linalg.solve(curvature + np.diag(eps * decay / left**2), g + eps * decay * w / left)
            # No coordinate goes more than nine tenths of its way to the boundary.
            ways = np.where(step * w < 0, left, 1 + decay * np.abs(w)) / np.maximum(
                decay * np.abs(step), 1e-300
            )
            moves = LONGEST / max(float(np.max(np.abs(X @ step))), 1e-300)
            w = w - min(1.0, 0.9 * float(np.min(ways)), moves) * step
            if np.max(np.abs(step)) * decay < 1e-10 * float(np.min(1 - decay * np.abs(w))):
                break
        eps *= FALL
    free = 1 - decay * np.abs(w) > NEAR
    w = np.where(free, w, np.sign(w) / decay)
    settled = False
    for _ in range(ITERATIONS):
        g, curvature, size = gradient(w)
        settled = bool(np.all(np.abs(g[free]) < ROUNDING * size[free]))
        if settled or not size[free].all():  # size 0: all weights there are too small for floats
            break
        w[free] -= np.linalg.solve(curvature[np.ix_(free, free)], g[free])
    inside = bool(np.all(decay * np.abs(w[free]) < 1))
    if not (inside and settled):
        raise Undecided("where in the box the loss is least")
    held = bool(np.all(-g[~free] * np.sign(w[~free]) > LARGE * size[~free]))
    regular = not free.any() or float(np.linalg.cond(curvature[np.ix_(free, free)])) < 1 / LARGE
    return BoxMinimum(w, free, held and regular)


def box_certificate(data: Dataset, opt: Optimizer, point: Mapping[str, Any]) -> Document:
    """That the minimum is where ``box_point`` has it."""
    fields = {"loss": carried_log_weight(opt.loss), "weight_decay": opt.weight_decay}
    return certificate(data.rows, "box-minimum", fields | dict(point))


def box_point(data: Dataset, opt: Optimizer, found: BoxMinimum, bits: int) -> dict[str, Any]:
    """What a certificate says of the minimum: it is known to so many bits. Raises Undecided where Newton's method does
    not settle."""
    loss, decay = read_lines(spell(carried_log_weight(opt.loss)), "loss"), opt.weight_decay
    free = np.flatnonzero(found.free).tolist()
    center = [Fraction(float(w)) if k in free else int(np.sign(w)) / decay for k, w in enumerate(found.w)]
    with precision(5 * bits // 2):
        unit = unit_at(data.rows, loss, center)

        def moved(w: Sequence[Value]) -> list[Value]:
            given = dict(zip(free, w, strict=True))
            pushed = push(data.rows, loss, [given.get(k, ball(x)) for k, x in enumerate(center)], unit)
            return [plus(given[k], pushed[k]) for k in free]

        lost = "where in the box the loss is least"
        inner = polished(moved, [center[k] for k in free], bits + 20, 2 * bits, lost)
        for k, entry in zip(free, inner, strict=True):
            center[k] = entry
        radius = Fraction(1, 1 << bits) * max([Fraction(1), *map(abs, center)])
        w = [around(ball(entry), ball(radius)) for entry in center]
        length = sqrt(sum((entry * entry for entry in w), ball(0)))
        if not length > 0:
            raise Undecided("the direction of w = 0")
        return {"center": center, "radius": radius, **direction_fields([x / length for x in w], bits)}

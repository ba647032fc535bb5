"""What a step sees: the same gradient, and the same beside it, in balls and in the arrays of an epoch."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest

from verify.numbers.systems.balls import BALLS, ball
from verify.optimizers import optimizer
from verify.problem.frozen import epoch_batches, frozen_gradients
from verify.problem.problem import Batch, summed

# Without zeros, so that all coordinates are in units of one largest weight.
ROWS = tuple(tuple(map(Q, row)) for row in ((1, 2, 3), (-3, 1, 2), (2, 5, -1), (1, 1, 4), (2, -1, 3)))
X = np.array([[float(x) for x in row] for row in ROWS])
LOG_C = np.array([0.0, -1.5, -0.3, -0.2, -4.0])


def in_balls(rows: Sequence[Sequence[Q]]) -> list[list[Any]]:
    return [[ball(entry) for entry in row] for row in rows]


@pytest.mark.parametrize(("rule", "batch"), [("adam", 2), ("adam", 1), ("adam-proxy", None), ("ngd", 3)])
def test_arrays_of_an_epoch_hold_what_each_step_sees(rule: str, batch: int | None) -> None:
    opt = optimizer(rule, batch_size=batch)
    frozen = frozen_gradients(opt, X, epoch_batches(opt, len(X)))(LOG_C)
    rows = in_balls(ROWS)
    for q, samples in enumerate(opt.epoch(len(X))):
        c = [BALLS.number(Q(float(np.exp(LOG_C[j])))) for j in samples]
        gradient, beside = Batch([rows[j] for j in samples], BALLS).seen(c, opt.rule.reads)
        assert frozen.gradients[:, 0, q] == pytest.approx([float(g) for g in gradient], rel=1e-13)
        assert frozen.seen[:, 0, q] == pytest.approx([float(b) for b in beside], rel=1e-13)
        # False variant: a sum for a mean.
        if len(samples) > 1:
            assert frozen.gradients[0, 0, q] != pytest.approx(float(gradient[0]) * len(samples))


@pytest.mark.parametrize("reads", ["nothing", "squares", "norm"])
def test_parts_that_are_0_may_be_missing(reads: str) -> None:
    rows = in_balls(((Q(1), Q(0)), (Q(-2), Q(3)), (Q(0), Q(5))))
    c = [BALLS.number(Q(p, 7)) for p in (1, 2, 3)]
    whole = Batch(rows, BALLS).seen(c, reads)
    parts = [[-c[i] * rows[i][k] / 3 for i in range(3) if rows[i][k] != 0] for k in range(2)]
    found = summed(parts, 3, reads, BALLS)
    assert all(
        a.overlaps(b)
        for one, other in zip(whole, found, strict=True)
        for a, b in zip(one, other, strict=True)
    )
    assert [float(each) for each in summed([[], []], 3, reads, BALLS)[0]] == [0, 0]

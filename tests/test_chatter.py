"""Full-batch signs at constant steps: the bound on what chatter costs, against runs of their own."""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest
from forging import dataset as rows

from verify.data.families import gaussian
from verify.evidence import Verdict
from verify.game import predict
from verify.game.signs.chatter import guaranteed
from verify.margins import max_margin
from verify.optimizers import optimizer


def grown(X: Any, eta: float, b1: float, b2: float | None, steps: int) -> float:
    """min z / tau of Adam, or of Signum where there is no b2, on the exponential loss."""
    w, m, v, shift = np.zeros(X.shape[1]), np.zeros(X.shape[1]), np.zeros(X.shape[1]), 0.0
    for _ in range(steps):
        z = X @ w
        unit, shift = np.exp(z.min() - shift), z.min()
        m, v = unit * m, unit**2 * v  # in units of the largest weight, as the gradient is
        g = -X.T @ np.exp(shift - z)
        m = b1 * m + (1 - b1) * g
        if b2 is None:
            w = w - eta * np.sign(m)
        else:
            v = b2 * v + (1 - b2) * g * g
            w = w - eta * m / np.sqrt(v)
    return float((X @ w).min() / (steps * eta))


CASES = [
    ({"name": "signgd"}, 0.05, 0.0, None),
    ({"name": "signum", "beta1": "1/2"}, 0.005, 0.5, None),
    ({"name": "adam", "beta1": 0, "beta2": "1/2", "batch_size": "full"}, 0.002, 0.0, 0.5),
    ({"name": "adam", "beta1": "1/2", "beta2": "9/10", "batch_size": "full"}, 0.0005, 0.5, 0.9),
]


@pytest.mark.parametrize(("options", "eta", "b1", "b2"), CASES)
def test_no_run_has_less_than_the_bound(
    options: dict[str, Any], eta: float, b1: float, b2: float | None
) -> None:
    for seed in range(3):
        data = gaussian(4, 3, seed)
        best, steps = max_margin(data, "linf").margin, 10_000
        opt = optimizer(**options, lr=Q(str(eta)), decay=Q(0))
        bound = guaranteed(data.floats(), opt, best)
        assert 0 < bound < best
        assert grown(data.floats(), eta, b1, b2, steps) > bound - np.log(4) / (steps * eta)


def test_chatter_costs_something_so_that_the_margin_itself_is_no_bound() -> None:
    data = gaussian(4, 3)
    best = max_margin(data, "linf").margin
    assert grown(data.floats(), 0.1, 0.0, 0.5, 20_000) < 0.997 * best
    opt = optimizer("adam", beta1=0, beta2="1/2", batch_size="full", lr=Q(1, 10), decay=Q(0))
    found = predict(data, opt, work=Q(1, 100))
    (limit,) = found.limits
    margin = np.min(data.floats() @ limit.direction) / np.max(np.abs(limit.direction)) / best
    assert 0.99 < margin < 0.997
    assert f"have {margin:.6f} of the largest" in limit.note
    assert "no bound is known" in limit.note
    assert found.word is Verdict.MEASURED
    assert "nothing is said of later" in found.statement


def test_what_has_no_bound_says_so() -> None:
    X = gaussian(4, 3).floats()
    for options in (
        {"name": "lion"},
        {"name": "nadam", "beta1": "1/2", "beta2": "9/10", "batch_size": "full"},
        {"name": "adam", "beta1": "19/20", "beta2": "23/25", "batch_size": "full"},
    ):
        assert guaranteed(X, optimizer(**options, lr=Q(1, 10**5), decay=Q(0)), 1.0) == -np.inf


@pytest.mark.parametrize(("lr", "word"), [("1/100", Verdict.UNDECIDED), ("1/1000", Verdict.MEASURED)])
def test_a_run_is_no_sign_where_memory_outlasts_gradients(lr: str, word: Verdict) -> None:
    """gamma_inf = 7/3, and .99 exp(7/3 lr) is above or below 1. At lr = 1/100 w_3 is -.33 w_0 in 25 digits after 90,000
    steps, in float64 -.61 w_0."""
    data = rows((1, 0, -2, 1), (2, 1, 1, -2), (2, 2, 1, 2), (1, -1, -2, -1))
    opt = optimizer("lion", batch_size="full", lr=Q(lr), decay=Q(0), loss="exponential")
    found = predict(data, opt, work=Q(1, 20))
    assert (found.word, found.from_start, found.limits[0].evidence) == (word, word, word)
    assert ("rounding may decide" in found.limits[0].note) == (word is Verdict.UNDECIDED)

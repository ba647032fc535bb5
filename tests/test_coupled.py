"""Coupled decay, L2 in the gradient, against programs of their own."""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from verify.data.families import gaussian
from verify.errors import BadInput
from verify.evidence import Verdict
from verify.game import predict
from verify.game.hypotheses import require_game
from verify.numbers.linear.angles import degrees
from verify.optimizers import optimizer
from verify.optimizers.trajectory import trajectory
from verify.simulate import simulate

DATA = gaussian(4, 3)
L2 = Q(1, 10)


def least(X: Any, decay: float) -> Any:
    """The least mean loss + decay |w|^2 / 2, by SciPy."""
    return minimize(
        lambda w: np.logaddexp(0, -X @ w).mean() + decay * w @ w / 2, np.zeros(X.shape[1]), tol=1e-13
    ).x


@pytest.mark.parametrize(
    "options",
    [
        {"name": "adam", "batch_size": "full"},
        pytest.param({"name": "signgd"}, marks=pytest.mark.slow),
        {"name": "gd"},
    ],
)
def test_at_the_full_batch_every_rule_rests_at_the_least_regularized_loss(options: dict[str, Any]) -> None:
    data = gaussian(4, 3, 1)
    found = predict(data, optimizer(**options, l2=L2))
    (limit,) = found.limits
    assert limit.iterate is not None
    assert np.allclose(limit.iterate, least(data.floats(), 0.1), rtol=0, atol=1e-5)
    assert (found.word, found.complete) == (Verdict.CERTIFIED, True)
    decoupled = predict(data, optimizer(**options, weight_decay=L2)).limits[0].direction
    apart = degrees(limit.direction, decoupled)
    said = f"it rests {apart:.3g} degrees away"
    assert (said in limit.note) is (options["name"] != "gd")  # its decoupled decay is the same
    run = trajectory(data.floats(), optimizer(**options, l2=L2, lr=Q(1)), [100_000]).weights[-1]
    assert np.max(np.abs(run - limit.iterate)) < 0.02


def test_the_run_is_that_of_a_loop_with_decay_in_its_gradient() -> None:
    X, w, m, v = DATA.floats(), np.zeros(3), np.zeros(3), np.zeros(3)
    opt = optimizer("adam", l2=L2, lr=Q(1, 10), decay=Q(0), eps="1e-8", bias_correction=True)
    for t in range(50):
        x = X[t % 4]
        g = -x / (1 + np.exp(x @ w)) + 0.1 * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w = w - 0.1 * m / (1 - 0.9 ** (t + 1)) / (np.sqrt(v / (1 - 0.999 ** (t + 1))) + 1e-8)
    assert trajectory(X, opt, [50]).weights[-1] == pytest.approx(w, rel=1e-10)
    ball = simulate(DATA, opt, 50, arithmetic="ball", digits=20)
    assert [float(entry) for entry in ball.weights] == pytest.approx(w, rel=1e-10)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "adam"}, "by batches"),
        ({"name": "adam", "batch_size": "full", "decay": Q(0)}, "decay=0: at constant steps"),
        ({"name": "adam", "batch_size": "full", "weight_decay": L2}, "with l2 beside it"),
        ({"name": "amsgrad", "batch_size": "full"}, "trait forgets fails"),
    ],
)
def test_where_it_is_not_told_it_is_said_why(options: dict[str, Any], said: str) -> None:
    found = predict(DATA, optimizer(**options, l2=L2))
    assert (found.limits, found.word) == ((), Verdict.UNDECIDED)
    assert said in found.note


def test_what_cannot_be_is_refused() -> None:
    for name in ("ngd", "muon", "adam-proxy"):
        with pytest.raises(BadInput, match=r"l2: .* reads"):
            optimizer(name, l2=L2)
    with pytest.raises(BadInput, match="l2=-1 is negative"):
        optimizer("gd", l2=-1)
    with pytest.raises(BadInput, match="l2=1/10: without it"):
        require_game(DATA, optimizer("adam", l2=L2))
    assert optimizer("gd", l2=0).plain is None

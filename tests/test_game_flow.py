"""Flows against w' = U(c(w)) itself, integrated in w by another method."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from verify.claims.instances import ROUND
from verify.game.flows.flow import from_start, from_weights
from verify.game.flows.proposed_flow import Proposals
from verify.game.flows.tail import Tail
from verify.game.smooth.field import field
from verify.losses import LOSSES
from verify.optimizers import optimizer

PROXY = optimizer("adam-proxy")
X = ROUND.floats()
GAME = field(X, PROXY)
W_0 = np.array([0.3, -0.4, 0.1])


def logistic(z: np.ndarray) -> np.ndarray:
    return -np.logaddexp(0, z)


def margins(log_weight: Callable[[np.ndarray], np.ndarray], times: np.ndarray) -> np.ndarray:
    """X w at the times, (K, N), from w = W_0."""
    run = solve_ivp(
        lambda _, w: GAME.drift(log_weight(X @ w)),
        (0, times[-1]),
        W_0,
        "DOP853",
        times,
        rtol=1e-11,
        atol=1e-11,
    )
    return np.asarray((X @ run.y).T)


@pytest.mark.parametrize("loss", ["logistic", "exponential"])
def test_pieces_of_time_triple_and_end_where_the_flow_is(loss: str) -> None:
    log_weight = logistic if loss == "logistic" else np.negative
    lengths = 3.0 ** np.arange(4) / np.abs(X @ GAME.drift(log_weight(X @ W_0))).max()
    wanted = log_weight(margins(log_weight, np.cumsum(lengths)))
    seen = list(islice(from_start(GAME, LOSSES[loss], X @ W_0, 10_000), 5))[loss == "exponential" :][:4]
    for log_c, reference in zip(seen, wanted, strict=True):
        # The flow's local error is 1e-3; constants in log c are no part of it.
        assert log_c - log_c.max() == pytest.approx(reference - reference.max(), abs=0.02)


def test_weights_start_where_they_are_and_evaluations_end() -> None:
    log_c = np.array([0.0, -0.3, 0.2])
    path = list(from_weights(GAME, log_c, 100))
    assert np.array_equal(path[0], log_c)
    assert 2 < len(path) < 100
    assert len(list(from_weights(GAME, log_c, 5))) == 1


def test_a_polynomial_follows_the_flow_from_its_start_to_the_end_of_the_step() -> None:
    proposals, length = Proposals(Tail(ROUND, PROXY, 0)), 0.02
    z = X @ W_0
    start = np.array([z[1] - z[0], z[2] - z[0], z[0]])
    p = proposals.polynomial(start, length)
    for x, at in (
        (-1.0, z),
        (0.0, margins(logistic, np.array([length / 2]))[0]),
        (1.0, margins(logistic, np.array([length]))[0]),
    ):
        state = p @ x ** np.arange(p.shape[1])
        assert state == pytest.approx([at[1] - at[0], at[2] - at[0], at[0]], abs=1e-9)
    first = proposals.first_length(start)
    assert first * np.abs(proposals.velocity(start[:, None])).max() == pytest.approx(0.25)

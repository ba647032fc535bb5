"""Signum's set-valued game: exact equilibria, held against runs; wrong supports, signs and memories are refused."""

from __future__ import annotations

from fractions import Fraction as Q

import numpy as np
import pytest

from verify.compare import Pace, increments, misalignment, suited_step_size
from verify.data import Dataset, gaussian, load
from verify.evidence import Verdict
from verify.game import predict
from verify.game.switching import Switching, bound, decide, memory
from verify.margins import max_margin
from verify.numbers.rational import times
from verify.optimizers import optimizer

GAUSSIAN = gaussian(10, 50, 0)


def test_memory_is_the_moving_average_of_an_epoch_without_end() -> None:
    beta = Q(3, 4)
    W = memory(optimizer("signum", beta1=beta, batch_size=2), 5)
    assert len(W) == 3
    for q, row in enumerate(W):
        assert row == [beta ** ((q - j // 2) % 3) / (1 if j == 4 else 2) for j in range(5)]


@pytest.mark.parametrize(("batch", "beta"), [(1, Q(99, 100)), (2, Q(9, 10)), (5, Q(9, 10))])
def test_the_run_goes_to_the_equilibrium_and_not_to_the_max_margin(batch: int, beta: Q) -> None:
    opt = optimizer("signum", beta1=beta, batch_size=batch)
    found = predict(GAUSSIAN, opt)
    X = GAUSSIAN.floats()
    suited = suited_step_size(opt, X, 10**6, Pace(0.0, float(np.abs(X).sum(axis=1).max())))
    run = increments(X, suited, 10**6).direction
    assert min(misalignment(run, limit.direction) for limit in found.limits) < 1e-7
    assert misalignment(run, max_margin(GAUSSIAN, "linf").unit()) > 1e-5
    for limit in found.limits:
        assert (limit.evidence, limit.stability) == (Verdict.CERTIFIED, "undetermined")


def equilibrium(beta: Q = Q(9, 10)) -> tuple[Dataset, list[list[Q]], Switching]:
    """The one on a small set, from what predict found: its support, and pairs that switch."""
    data = gaussian(5, 8, 0)
    W = memory(optimizer("signum", beta1=beta), 5)
    for k in ((2, 6), (1, 6)):
        for l in ((2, 4), (1, 4)):
            found = decide(data, W, (0, 1, 3), (l, k))
            if found is not None:
                return data, W, found
    raise AssertionError("no equilibrium")


def test_an_equilibrium_is_one_in_rationals() -> None:
    data, W, e = equilibrium()
    costs = times(data.rows, e.u)
    assert {costs[i] for i in e.support} == {e.cost}
    assert min(costs) == e.cost
    assert sum(e.weights) == 1
    # u_k is the mean of the signs of m_q[k], each free to be anything in [-1, 1] where m_q[k] = 0.
    for k in range(data.d):
        m = [sum(W[q][j] * data.rows[j][k] * e.weights[j] for j in range(5)) for q in range(5)]
        firm, free = sum((x > 0) - (x < 0) for x in m), m.count(0)
        assert abs(5 * e.u[k] - firm) <= free
        assert free == 0 or k in {coordinate for _, coordinate in e.switches}


def test_wrong_proposals_are_refused() -> None:
    data, W, e = equilibrium()
    (q, k), other = e.switches
    assert decide(data, W, (0, 1, 2), e.switches) is None
    assert decide(data, W, (0, 1, 3), ((q, (k + 1) % 8), other)) is None
    assert decide(data, W, (1,), ()) is None


def test_the_limit_depends_on_beta_and_obeys_the_bound() -> None:
    gamma = max_margin(GAUSSIAN, "linf").value
    shares = []
    for beta in (Q(9, 10), Q(99, 100)):
        opt = optimizer("signum", beta1=beta)
        (limit, *_) = predict(GAUSSIAN, opt).limits
        u = limit.direction / np.abs(limit.direction).max()
        shares.append(float((GAUSSIAN.floats() @ u).min() / gamma))
        assert shares[-1] >= float(1 - bound(opt, GAUSSIAN) / gamma)
    assert shares[0] < 0.96
    assert 0.999 < shares[1] < 0.9999


def test_what_is_not_solved_is_said() -> None:
    zeros = Dataset("zeros", ((Q(1), Q(0)), (Q(0), Q(1)), (Q(2), Q(1))))
    found = predict(zeros, optimizer("signum"))
    assert not found.limits
    assert "bound" in found.note or "at least" in found.note
    assert "not solved" in predict(load("iris"), optimizer("signgd", batch_size=3)).note

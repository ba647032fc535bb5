"""Adam by batches with all support vectors in one batch, and continua there: exact limits, held against runs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest
from forging import dataset as rows

from verify.data import Dataset
from verify.evidence import Verdict
from verify.game import predict
from verify.game.companion import hold_against_simulation
from verify.game.flows.basins import drawable
from verify.game.signs import one_batch
from verify.game.signs.columns import together
from verify.game.signs.one_batch import echoes_signs, one_batch_limit
from verify.game.signs.sign_limit import sign_limit
from verify.margins import max_margin
from verify.numbers.linear.angles import misalignment
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.trajectory import trajectory
from verify.problem.epoch_map import epoch_map


def adam(beta1: Q, beta2: Q, batch: int = 2) -> Optimizer:
    return optimizer("adam", beta1=beta1, beta2=beta2, batch_size=batch)


BETAS = [(Q(0), Q(1, 2)), (Q(1, 2), Q(1, 2)), (Q(9, 10), Q(95, 100))]


def went(data: Dataset, opt: Optimizer, steps: int = 200_000) -> np.ndarray:
    """The later half of a run from 0."""
    X = data.floats()
    fine = replace(opt, lr=Q(1, 5) / int(np.ceil(np.abs(X).sum(axis=1).max())))
    half, last = trajectory(X, fine, [steps // 2, steps]).weights
    return np.asarray(last - half)


@pytest.mark.parametrize(("beta1", "beta2"), BETAS)
def test_one_gradient_an_epoch_moves_by_its_sign_times_a_constant(beta1: Q, beta2: Q) -> None:
    X = np.array([[3.0, -1.0, 2.0], [1.0, 4.0, -5.0], [1.0, 1.0, 1.0], [2.0, 1.0, 1.0], [1.0, 1.0, 3.0]])
    for log_c in ([0.0, 1.0], [-3.0, 0.0]):
        U = epoch_map(adam(beta1, beta2), X)(np.array([*log_c, -np.inf, -np.inf, -np.inf]))
        G = np.exp(log_c) @ X[:2]
        assert U / np.abs(U[0]) == pytest.approx(np.sign(G), rel=1e-13)
    assert echoes_signs(adam(beta1, beta2))


def test_what_does_not_echo_signs() -> None:
    for opt in (
        adam(Q(0), Q(0)), adam(Q(9, 10), Q(1, 2)), optimizer("signum", batch_size=2), optimizer("ngd", batch_size=2),
        optimizer("adam", batch_size=2, order="reshuffle"),
    ):  # fmt: skip
        assert not echoes_signs(opt)


# Support vectors 0 and 1; of the third, 2 and 3.
ONE = (
    rows((1, 1), (1, -1), (3, 1)),
    rows((2, 1, -1), (1, -3, -2), (5, 1, -4), (3, 0, -4)),
    rows((3, 2), (4, 1), (1, 1), (1, -1)),
)


@pytest.mark.slow
@pytest.mark.parametrize(("beta1", "beta2"), BETAS)
@pytest.mark.parametrize("data", ONE)
def test_the_limit_is_the_max_margin_where_one_batch_holds_the_support(
    data: Dataset, beta1: Q, beta2: Q
) -> None:
    opt = adam(beta1, beta2)
    found = predict(data, opt, starts=0)
    best = max_margin(data, "linf").unit()
    (limit,) = [limit for limit in found.limits if misalignment(limit.direction, best) < 1e-25]
    assert (limit.evidence, limit.stability) == (Verdict.MEASURED, "attracting")
    assert len({i // 2 for i in limit.support}) == 1
    assert not found.complete
    assert found.from_start is Verdict.MEASURED
    assert misalignment(went(data, opt), found.limits[0].direction) < 1e-6
    assert hold_against_simulation(replace(found, limits=(limit,))).agrees


@pytest.mark.parametrize("start", [(), (Q(1), Q(2))])
def test_the_run_that_tells_where_w_0_goes_begins_there(
    monkeypatch: pytest.MonkeyPatch, start: tuple[Q, ...]
) -> None:
    begun: list[list[float]] = []

    def end_of_run(data: Dataset, opt: Optimizer, w_0: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        begun.append(w_0.tolist())
        return np.zeros(data.n), np.zeros(data.d)

    monkeypatch.setattr(one_batch, "end_of_run", end_of_run)
    predict(ONE[0], adam(Q(9, 10), Q(95, 100)), start=start, starts=0, prove=False)
    assert begun == [list(map(float, start or (0, 0)))]


def test_the_max_margin_is_no_limit_where_two_batches_hold_its_support() -> None:
    # The l_inf support of each is in both batches, or a row of the other batch costs as little.
    for data in (rows((1, 1), (3, 1), (1, -1)), rows((1, 1), (1, -1), (1, 0)), rows((1, 1), (1, -1), (1, 1))):
        sign = sign_limit(data)
        assert sign is not None
        assert one_batch_limit(data, adam(*BETAS[1]), sign, None) is None
    # False variant: in batches of three all rows are of one.
    sign = sign_limit(rows((1, 1), (3, 1), (1, -1), (5, 0)))
    assert sign is not None
    assert one_batch_limit(rows((1, 1), (3, 1), (1, -1), (5, 0)), adam(*BETAS[1], 3), sign, None) is not None


CONTINUA = (rows((-3, -2), (2, 3), (-2, 3)), rows((4, 3), (-3, -4), (3, -5), (6, -1)))


@pytest.mark.parametrize("data", CONTINUA)
def test_a_continuum_is_one_limit_that_is_not_called_attracting(data: Dataset) -> None:
    opt = adam(*BETAS[1])
    found = predict(data, opt, starts=2, prove=False)
    (limit,) = [each for each in found.limits if set(each.support) <= {0, 1}]
    assert limit.stability == "undetermined"
    assert "not isolated" in limit.note
    assert limit.evidence is Verdict.MEASURED
    # Weights on both sides have the same U.
    U = epoch_map(opt, data.floats())
    log_c = np.full(data.n, -np.inf)
    for share in (0.45, 0.5, 0.55):
        log_c[:2] = np.log([share, 1 - share])
        assert misalignment(U(log_c), limit.direction) < 1e-30
    assert misalignment(went(data, opt), limit.direction) < 1e-9


def test_the_basins_of_such_a_game_are_not_drawn() -> None:
    assert not drawable(predict(ONE[0], adam(*BETAS[1]), starts=0, prove=False))
    # Neither where the weights are a continuum; but where each batch holds one support row.
    assert not drawable(predict(CONTINUA[0], adam(*BETAS[1]), starts=0, prove=False))
    assert drawable(predict(rows((3, -1), (9, 9), (-1, 3)), adam(*BETAS[1]), starts=0, prove=False))


def test_columns_that_are_multiples_of_each_other_are_one() -> None:
    X = rows((2, 1, -4, 0, 3), (4, 5, -8, 0, 1), (-2, 0, 4, 0, 1)).rows
    found = together(X)
    assert found.rows == ((6, 1, 3), (12, 5, 1), (-6, 0, 1))
    assert found.spread((Q(1, 2), Q(-1), Q(1))) == (Q(1, 2), -1, Q(-1, 2), 0, 1)
    # Alike in the first entries only.
    tall = tuple((Q(1), Q(1) if i < 9 else Q(2)) for i in range(10))
    assert together(tall).rows == tall


def test_the_sign_game_shares_what_columns_that_move_as_one_may_have() -> None:
    # u_1 + u_2 = 0 at the max margin; columns 1 and 2 move as one, so both are 0, and 3 against them.
    data = rows((1, 1, 1, -2), (1, -1, -1, 2))
    for opt in (optimizer("signgd"), optimizer("adam", batch_size="full", beta2=Q(9, 10))):
        (limit,) = predict(data, opt).limits
        assert limit.evidence is Verdict.CERTIFIED
        assert limit.direction.tolist() == [1, 0, 0, 0]
        assert misalignment(went(data, opt), limit.direction) < 1e-6

"""Random orders: the expected epoch map against all histories, draws and runs; the cyclic order's limit is another."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q
from itertools import permutations, product

import numpy as np
import pytest
from numpy.typing import NDArray

from verify.data import gaussian
from verify.errors import Undecided
from verify.evidence import Verdict
from verify.game import predict
from verify.game.companion import hold_against_simulation
from verify.game.smooth.monte_carlo import drawn, drawn_prediction, standard_error
from verify.numbers.chebyshev import degree_for, nodes, reading
from verify.optimizers import optimizer
from verify.optimizers.increments import _standard_error
from verify.optimizers.order import branches, course
from verify.problem.epoch_map import epoch_map
from verify.problem.expected_update import expected_map

DATA = gaussian(4, 6, 0)


def epochs(n: int, batch: int, order: str) -> list[list[tuple[int, ...]]]:
    """All epochs that may be drawn, each as likely as any other; with replacement a batch is drawn at a time."""
    if order == "replacement":
        return [[each] for each in product(range(n), repeat=batch)]
    return [[each[start : start + batch] for start in range(0, n, batch)] for each in permutations(range(n))]


def over_all_histories(
    x: NDArray[np.float64], beta1: float, beta2: float, epochs: list[list[tuple[int, ...]]], count: int
) -> tuple[float, float]:
    """U in one coordinate for c = 1, from all histories of ``count`` epochs, and a bound on what older steps add.

    At the start m = 0 and v is halfway: wrong by |g| and by half the range of g^2 at most, each decaying since.
    """
    g = [[-float(np.mean(x[list(batch)])) for batch in epoch] for epoch in epochs]
    sizes = np.abs(np.concatenate(g))
    least, most = sizes.min(), sizes.max()
    m, v = np.zeros(1), np.full(1, (least**2 + most**2) / 2)
    for number in range(count):
        after, total = [], 0.0
        for epoch in g:
            m_here, v_here = m, v
            for gradient in epoch:
                m_here = beta1 * m_here + (1 - beta1) * gradient
                v_here = beta2 * v_here + (1 - beta2) * gradient**2
                total += float(np.mean(m_here / np.sqrt(v_here))) / len(epoch) / len(g)
            after.append((m_here, v_here))
        if number + 1 < count:
            m, v = (np.concatenate(parts) for parts in zip(*after, strict=True))
    old = (count - 1) * len(g[0])
    bound = beta1**old * most / least + beta2**old * (most**2 - least**2) / 4 * most / least**3
    return -total, bound


# (N, batch, order, beta1, beta2, epochs): up to 2^20 histories.
TINY = [
    (2, 1, "reshuffle", Q(3, 10), Q(1, 2), 17),
    (2, 1, "replacement", Q(3, 10), Q(1, 2), 20),
    (3, 1, "reshuffle", Q(1, 10), Q(1, 5), 6),
    (3, 2, "reshuffle", Q(1, 10), Q(1, 10), 6),
    (2, 2, "replacement", Q(1, 10), Q(1, 10), 10),
    (3, 2, "replacement", Q(1, 20), Q(1, 20), 6),
]


@pytest.mark.parametrize(("n", "batch", "order", "beta1", "beta2", "count"), TINY)
def test_the_expected_map_is_the_mean_over_all_histories(
    n: int, batch: int, order: str, beta1: Q, beta2: Q, count: int
) -> None:
    x = np.array([1.0, -0.75, 1.25])[:n]
    all_epochs = epochs(n, batch, order)
    seen, bound = over_all_histories(x, float(beta1), float(beta2), all_epochs, count)
    assert bound < 1e-3
    opt = optimizer("adam", beta1=beta1, beta2=beta2, order=order, batch_size=batch)
    (U,) = expected_map(opt, x[:, None], 1e-13)(np.zeros(n))
    assert abs(U - seen) < bound
    # The order ignored, and each beta's neighbour.
    for wrong in (replace(opt, order="cyclic"), opt.at(beta1=beta1**2), opt.at(beta2=beta2**2)):
        (other,) = expected_map(wrong, x[:, None], 1e-13)(np.zeros(n))
        assert abs(other - seen) > 2 * bound


@pytest.mark.parametrize("beta2", [Q(1, 2), Q(9, 10), Q(999, 1000)])
@pytest.mark.parametrize("batch", [1, 2, 3])
def test_the_cyclic_order_has_the_cyclic_map(beta2: Q, batch: int) -> None:
    X, log_c = DATA.floats(), np.array([0.0, -1.0, 0.5, -2.0])
    opt = optimizer("adam", beta2=beta2, batch_size=batch)
    # Rounding is that of 1/(1 - beta2) steps.
    assert expected_map(opt, X, 1e-13)(log_c) == pytest.approx(epoch_map(opt, X)(log_c), rel=1e-10)


@pytest.mark.parametrize("order", ["reshuffle", "replacement"])
@pytest.mark.parametrize("least", [-1.0, -12.0, -np.inf])
def test_complex_weights_carry_derivatives_and_more_nodes_less_error(order: str, least: float) -> None:
    X, log_c = DATA.floats(), np.array([0.0, -1.0, 0.5, least])
    opt = optimizer("adam", beta2=Q(9, 10), order=order)
    U = expected_map(opt, X, 1e-13)
    V = np.random.default_rng(0).standard_normal((4, 3))
    h = 1e-4
    seen = (U(log_c[:, None] + h * V) - U(log_c[:, None] - h * V)) / (2 * h)
    slope = U(log_c[:, None] + 1e-30j * V).imag / 1e-30
    assert slope == pytest.approx(seen, abs=1e-7)  # h^2, and rounding 1e-14 / h
    rough = expected_map(opt, X, 1e-4)(log_c)
    assert 1e-12 < np.abs(rough - U(log_c)).max() < 1e-4
    assert expected_map(opt, X, 1e-8)(log_c) == pytest.approx(U(log_c), abs=1e-8)


@pytest.mark.slow
def test_draws_scatter_about_the_expected_map() -> None:
    X, log_c = DATA.floats(), np.array([0.0, -1.0, 0.5, -2.0])
    for order, batch in (("reshuffle", 1), ("reshuffle", 2), ("replacement", 1), ("replacement", 3)):
        opt = optimizer("adam", beta2=Q(9, 10), order=order, batch_size=batch)
        draws = np.array([epoch_map(opt, X, drawn(4, opt, seed))(log_c) for seed in range(24)])
        error = draws.std(axis=0, ddof=1) / np.sqrt(len(draws))
        off = np.abs(draws.mean(axis=0) - expected_map(opt, X, 1e-12)(log_c))
        assert np.all(off < 5 * error)  # six coordinates and four cases of Student's t: one in 1e3


def test_every_branch_of_an_order_is_there_once() -> None:
    for n, batch, order in product((3, 4, 5), (1, 2, 3), ("cyclic", "reshuffle", "replacement")):
        whole = course(n, batch, order)
        assert sum(stage.batch.size for stage in whole.stages) == branches(n, batch, order)
        ways = np.ones(1)
        seen = np.zeros(
            (1, n)
        )  # how often each sample is expected to have been drawn, times the state's chance
        for stage in whole.stages:
            assert stage.chance.sum() == pytest.approx(1, rel=1e-14)
            after, drawn_after = np.zeros(stage.target.max() + 1), np.zeros((stage.target.max() + 1, n))
            for s, f in np.ndindex(stage.batch.shape):
                count = np.bincount(whole.batches[stage.batch[s, f]], minlength=n)
                after[stage.target[s, f]] += stage.chance[f] * ways[s]
                drawn_after[stage.target[s, f]] += stage.chance[f] * (seen[s] + count * ways[s])
            ways, seen = after, drawn_after
        assert ways == pytest.approx([1], rel=1e-14)
        # An epoch sees each sample once, on the average; where a step is an epoch, its share of it.
        share = 1 if order != "replacement" else batch / n
        assert seen[0] == pytest.approx(np.full(n, share), rel=1e-13)


def test_pieces_read_functions_to_their_tolerance() -> None:
    for tolerance in (1e-4, 1e-12):
        degree = degree_for(0.75, np.pi, tolerance)
        at = np.linspace(0, 4, 50) + 1e-30j
        values = np.tanh(0.75 * nodes(degree, 4))  # poles at pi/2 from the line: half as far
        here = reading(at, degree, 4)
        assert here.of(values).real == pytest.approx(np.tanh(0.75 * at.real), abs=np.sqrt(tolerance))
        assert here.of(values) == pytest.approx(here.matrix() @ values, rel=1e-13)
        slope = here.of(values).imag / 1e-30
        assert slope == pytest.approx(0.75 / np.cosh(0.75 * at.real) ** 2, abs=30 * np.sqrt(tolerance))


@pytest.mark.slow
@pytest.mark.parametrize(("order", "batch"), [("reshuffle", 1), ("reshuffle", 2), ("replacement", 1)])
def test_a_run_agrees_with_its_own_order(order: str, batch: int) -> None:
    opt = optimizer("adam", beta2=Q(9, 10), batch_size=batch, order=order)
    found = predict(DATA, opt, starts=0)
    limit = found.limits[0]
    assert (limit.evidence, found.complete, found.from_start) == (Verdict.MEASURED, False, Verdict.MEASURED)
    assert limit.error is None
    assert limit.discretization is not None
    assert limit.discretization < 1e-10
    assert limit.to_json()["discretization_error"] == limit.discretization
    run = hold_against_simulation(found, 10**6, suited=True)
    assert run.agrees
    assert run.misalignment < (3 * run.standard_error) ** 2 / 2
    # The limit in cyclic order is farther away than that.
    cyclic = predict(DATA, replace(opt, order="cyclic"), starts=0, prove=False).limits[0]
    turned = replace(found, limits=(replace(limit, direction=cyclic.direction),))
    wrong = hold_against_simulation(turned, 10**6, suited=True)
    assert wrong.misalignment > (3 * wrong.standard_error) ** 2 / 2
    # And draws estimate the limit.
    estimate = drawn_prediction(DATA, opt, [Q(0)] * 6, 0).limits[0]
    assert estimate.error is not None
    assert np.linalg.norm(estimate.direction - limit.direction) < 4 * estimate.error


def test_the_flow_from_the_start_is_that_of_the_mean() -> None:
    # A draw of 512 steps leads from w_0 = 0 to the other attracting equilibrium.
    data, opt = gaussian(3, 3, 1), optimizer("adam", beta2=Q(99, 100), order="replacement")
    found = predict(data, opt, starts=0)
    assert [limit.stability for limit in found.limits] == ["attracting", "attracting", "saddle"]
    assert found.limits[0].support == (0, 1, 2)
    assert drawn_prediction(data, opt, [Q(0)] * 3, 0).limits[0].support == (1, 2)


def test_as_beta2_tends_to_1_all_orders_have_the_map_of_the_proxy() -> None:
    X, log_c = DATA.floats(), np.array([0.0, -1.0, 0.5, -2.0])
    proxy = 2 * epoch_map(optimizer("adam-proxy"), X)(log_c)  # sqrt(N): a sum under its root, not a mean
    for order in ("cyclic", "reshuffle", "replacement"):
        opts = [optimizer("adam", beta2=1 - q, order=order) for q in (Q(1, 1000), Q(1, 10000))]
        away = [np.linalg.norm(expected_map(opt, X, 1e-12)(log_c) - proxy) for opt in opts]
        assert 9 < away[0] / away[1] < 11  # of first order in 1 - beta2


def test_what_is_too_much_is_drawn_and_says_why() -> None:
    opt = optimizer("adam", beta2=Q(1, 10), order="replacement")
    with pytest.raises(Undecided, match="v comes near 0 too often"):
        expected_map(opt, DATA.floats(), 1e-5)(np.array([0.0, -np.inf, -np.inf, -np.inf]))
    limit = predict(gaussian(9, 3, 0), optimizer("adam", order="reshuffle"), starts=0).limits[0]
    assert limit.error is not None
    assert limit.discretization is None


def test_the_standard_error_is_that_of_a_mean() -> None:
    rng = np.random.default_rng(0)
    samples = rng.standard_normal((4000, 10, 2))
    errors = np.array([standard_error(sample) for sample in samples])
    # E of the squared error of a mean of 10 in two dimensions is 2/10.
    assert np.mean(errors**2) == pytest.approx(0.2, rel=0.05)
    # A run's moves, of unit variance each: their sum, about (1000, 0), is off by sqrt(10) in both coordinates.
    moves = [_standard_error(sample + np.array([100, 0]), np.ones(10)) for sample in samples]
    assert np.mean(np.square(moves)) == pytest.approx(20 / 1000**2, rel=0.05)


def test_a_draw_of_one_cyclic_epoch_is_the_cyclic_map() -> None:
    X = DATA.floats()
    opt = optimizer("adam", beta2=Q(9, 10))
    log_c = np.array([0.0, -1.0, 0.5, -2.0])
    table = np.tile(np.arange(4)[:, None], (3, 1))
    assert epoch_map(opt, X, table)(log_c) == pytest.approx(epoch_map(opt, X)(log_c), rel=1e-13)
    order = replace(opt, order="reshuffle")
    assert len(drawn(4, order, 0)) >= 4096
    assert np.all(np.sort(drawn(4, order, 0).reshape(-1, 4), axis=1) == np.arange(4))


def test_a_search_in_random_order_is_bounded_and_says_so() -> None:
    """Six rows of which some repeat, drawn with replacement at the full batch, had taken more than 30 s."""
    asked = optimizer("adam", beta2=Q(99, 100), order="replacement", batch_size=2)
    found = predict(DATA, asked, work=1e-3)
    assert not found.limits
    assert "partial: " in found.note
    assert "work=0.001: more takes it further" in found.note

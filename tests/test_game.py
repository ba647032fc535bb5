"""The margin game: known equilibria, real data, other roads to the same limits, degenerate data."""

from __future__ import annotations

from fractions import Fraction as Q

import numpy as np
import pytest
from forging import dataset as rows
from numpy.typing import NDArray

from verify.data import Dataset, gaussian, load, scaled_rademacher, shifted_diagonal
from verify.errors import BadInput
from verify.evidence import Verdict
from verify.game import Limit, predict
from verify.game.games import pace
from verify.game.pace import suited_step_size
from verify.game.smooth.face import guess
from verify.game.smooth.field import field
from verify.game.smooth.iteration import contraction, iterate
from verify.game.smooth.search import follow, on_faces
from verify.margins import max_margin
from verify.numbers.linear.angles import misalignment
from verify.optimizers import optimizer
from verify.optimizers.increments import increments
from verify.problem.epoch_map import epoch_map

PROXY, ADAM = optimizer("adam-proxy"), optimizer("adam")


TWO = rows(("3.01", 1), (1, 3))


def cyclic_adam(X: NDArray[np.float64], c: NDArray[np.float64], size: int, b1: float, b2: float) -> object:
    """The closed form of arXiv 2510.26303, Prop. 2.5, for batches."""
    n = len(X)
    batches = [range(start, min(start + size, n)) for start in range(0, n, size)]
    P = len(batches)
    G = np.array([sum(c[j] * X[j] for j in batch) / len(batch) for batch in batches])
    ages = (np.arange(P)[:, None] - np.arange(P)) % P
    C = (1 - b1) / (1 - b1**P) * np.sqrt((1 - b2**P) / (1 - b2))
    return C / P * ((b1**ages @ G) / np.sqrt(b2**ages @ G**2)).sum(axis=0)


def test_weights_that_are_no_numbers_are_seen_in_U() -> None:
    X = gaussian(5, 3, 0).floats()
    for log_c in (np.full(5, np.nan), np.array([0, np.nan, -1, -2, -3])):
        for opt in (PROXY, ADAM):
            assert np.isnan(epoch_map(opt, X)(log_c)).all()


ZEROS = np.array([[0.0, -1, 0], [0, -1, 0], [-2, 0, 0], [0, 0, 1]])


@pytest.mark.parametrize("X", [gaussian(4, 3, 0).floats(), ZEROS])
@pytest.mark.parametrize("name", ["adam", "adam-proxy"])
def test_levels_are_seen_where_rounding_takes_the_depth(X: NDArray[np.float64], name: str) -> None:
    log_c = -1e19 * np.array([1.0, 2, 1, 3])
    levels = guess(field(X, optimizer(name)), log_c, depth=3.0)  # -1e19 - 3 is -1e19
    assert list(levels[0].rows) == [0, 2]
    assert all(len(level.rows) for level in levels)


def test_a_rule_that_divides_by_zero_where_all_rows_are_one_has_no_limit() -> None:
    same = rows((1, 2), (1, 2), (1, 2))
    assert not predict(same, optimizer("adabelief", beta2=0)).limits
    assert predict(rows((1, 2), (2, 1)), optimizer("adabelief", beta2=Q(9, 10))).limits


@pytest.mark.parametrize("seed", range(3))
def test_closed_forms_of_the_epoch_map(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, c = rng.normal(size=(7, 4)), rng.random(7) + 0.01
    forms = {
        "adam-proxy": X.T @ c / np.sqrt((X * X).T @ (c * c)) / 7,  # a mean gradient: 1/N
        "ngd": X.T @ c / np.linalg.norm(X.T @ c),
        "signgd": np.sign(X.T @ c),
        "gd": X.T @ c / 7,
    }
    for name, form in forms.items():
        assert epoch_map(optimizer(name), X)(np.log(c)) == pytest.approx(form, rel=1e-13)
    for size in (1, 2, 3, 7):
        opt = optimizer("adam", batch_size=size, beta1=Q(1, 2), beta2=Q(4, 5))
        assert epoch_map(opt, X)(np.log(c)) == pytest.approx(cyclic_adam(X, c, size, 0.5, 0.8), rel=1e-13)


def assert_equilibrium(limit: Limit, X: NDArray[np.float64]) -> None:
    """The direction has equal, least margins on the support, relative to the size of the terms."""
    z = X @ limit.direction
    size = np.abs(X).max(axis=0) @ np.abs(limit.direction)
    on = z[list(limit.support)]
    assert np.ptp(on) < 1e-14 * size
    off = np.delete(z, limit.support)
    assert np.all(off > on.max())
    assert np.min(off, initial=np.inf) / on[0] - 1 == pytest.approx(limit.slack, rel=1e-6)
    assert limit.weights.sum() == pytest.approx(1, abs=1e-14)
    assert np.flatnonzero(limit.weights).tolist() == list(limit.support)


@pytest.mark.parametrize("name", ["adam-proxy", "adam", "ngd", "gd"])
def test_iris_and_wine_in_raw_units(name: str) -> None:
    for spec, support in (("iris", 3), ("wine", 11 if name in ("gd", "ngd") else 13)):
        data = load(spec)
        first = predict(data, optimizer(name), starts=0).limits[0]
        assert_equilibrium(first, data.floats())
        assert (len(first.support), first.stability) == (support, "attracting")
        assert first.evidence is Verdict.CERTIFIED
        assert first.radius is not None
        assert first.radius < 1e-15
    assert 0.01 < predict(load("iris"), PROXY, starts=0).limits[0].slack < 0.02


def test_batches_on_iris_change_the_limit_and_are_not_ignored() -> None:
    data = load("iris")
    limits = [
        predict(data, optimizer("adam", batch_size=b), starts=0).limits[0].direction for b in (1, 40, 75)
    ]
    gaps = [misalignment(a, b) for i, a in enumerate(limits) for b in limits[:i]]
    assert min(gaps) > 1e-9


def test_the_two_rows_with_three_fixed_points() -> None:
    for opt in (PROXY, ADAM):
        found = predict(TWO, opt)
        assert found.complete
        assert [(limit.support, limit.stability) for limit in found.limits] == [
            ((1,), "attracting"),
            ((0, 1), "attracting"),
            ((0, 1), "repelling"),
        ]
        assert all(limit.evidence is Verdict.CERTIFIED for limit in found.limits)
        ratio = found.limits[1].weights[1] / found.limits[1].weights[0]
        assert ratio == pytest.approx(0.0019, abs=5e-5)
        assert misalignment(found.limits[1].direction, found.limits[2].direction) < 1e-30


@pytest.mark.parametrize("opt", [PROXY, optimizer("adam", beta1=Q(1, 2), beta2=Q(9, 10))])
def test_the_simulated_optimizer_goes_where_its_basin_says(opt: object) -> None:
    limits = predict(TWO, opt).limits
    X = TWO.floats()
    repelling = limits[2].weights
    for side, target in ((-12, 0), (6, 1)):
        # log c_0 / c_1 that much above the repelling equilibrium: out of reach of the first, long steps.
        z = -np.log(repelling) - np.array([side, 0]) + 5
        start = np.linalg.solve(X, z)
        suited = suited_step_size(opt, X, 1_000_000, pace(limits[target], X, opt))
        run = increments(X, suited, 1_000_000, start=start)
        assert misalignment(run.direction, limits[target].direction) < 1e-6
        assert misalignment(run.direction, limits[1 - target].direction) > 1e-6


@pytest.mark.parametrize(
    "opt",
    [PROXY, ADAM]
    + [optimizer("adam", beta2=Q(b2, 100), beta1=Q(1, 2), batch_size=b) for b2, b in ((95, 1), (90, 3))],
    ids=["proxy", "adam", "adam 0.95", "adam 0.9 in batches"],
)
def test_gaussian_limits_agree_with_simulation_and_ignoring_beta2_would_not(opt: object) -> None:
    data = gaussian(10, 50, 0)
    limit = predict(data, opt, starts=0).limits[0]
    suited = suited_step_size(opt, data.floats(), 400_000, pace(limit, data.floats(), opt))
    run = increments(data.floats(), suited, 400_000).direction
    assert misalignment(run, limit.direction) < 1e-8
    if "beta2" in opt.values and opt.beta2 < Q(99, 100):
        assert misalignment(run, predict(data, PROXY, starts=0).limits[0].direction) > 1e-7


@pytest.mark.parametrize(
    "data",
    [gaussian(10, 50, 0), load("iris"), load("wine"), shifted_diagonal(4, Q(1, 10))],
    ids=lambda d: d.name,
)
def test_the_games_of_gd_and_sign_are_the_max_margins(data: Dataset) -> None:
    for names, norm in ((("gd", "ngd"), "l2"), (("signgd",), "linf")):
        for name in names:
            found = predict(data, optimizer(name), starts=0)
            margin = max_margin(data, norm)
            assert misalignment(found.limits[0].direction, margin.unit()) < 1e-28
            assert found.limits[0].support == margin.support
            assert found.limits[0].weights == pytest.approx([float(c) for c in margin.weights], abs=1e-12)
            assert found.complete
    for name in ("adam", "signum"):
        full = predict(data, optimizer(name, batch_size="full")).limits[0].direction
        assert np.array_equal(full, found.limits[0].direction)


def test_per_sample_adam_on_scaled_rademacher_data_is_l2() -> None:
    data = scaled_rademacher(6, 4, 0)
    target = max_margin(data, "l2").unit()
    for opt in (PROXY, ADAM, optimizer("adam", beta1=Q(1, 2), beta2=Q(1, 2))):
        assert misalignment(predict(data, opt, starts=0).limits[0].direction, target) < 1e-28


def test_decimals_are_those_of_a_longer_computation() -> None:
    data = load("iris")
    short, long = (predict(data, PROXY, starts=0, digits=n).limits[0].decimals for n in (20, 60))
    for a, b in zip(short, long, strict=True):
        assert abs(Q(a) - Q(b)) < Q(1, 10**20)
        assert len(b.partition(".")[2]) == 60


@pytest.mark.parametrize(
    ("data", "direction"),
    [
        (rows((2,)), (1,)),
        (rows((1,), (2,), (3,)), (1,)),
        (rows((2, -3)), (1, -1)),
        (rows((1, 0), (2, 0)), (1, 0)),
        (rows((1, 2), (1, 2), (2, -1)), (3, 1)),
        (rows((1, 2), (2, 4), (3, -1)), (3, 2)),
        (rows((1, 2, 3), (2, 4, 6)), (1, 1, 1)),
        (rows((1, 0), (0, 2)), (1, 1)),
        (rows((1, 0), (2, 1)), (1, 1)),
        (rows((1, 0, 0), (2, 1, 0), (3, 1, 1)), (1, 1, 1)),
        (rows((1, 1), (-1, 1)), (0, 1)),
        (rows((1, 1), (1, 2), (1, 3)), (1, 1)),
    ],
    ids=str,
)
@pytest.mark.parametrize("opt", [PROXY, ADAM], ids=lambda o: o.rule.name)
def test_degenerate_data_with_one_limit(data: Dataset, direction: tuple[int, ...], opt: object) -> None:
    first = predict(data, opt).limits[0]
    assert misalignment(first.direction, np.array(direction, dtype=float)) < 1e-28
    # Certificates are of weights that are the only ones near: not where rows of a level depend on each other.
    levels = [data.floats()[list(rows)] for rows in (first.support, *(rows for rows, _ in first.levels))]
    alone = all(np.linalg.matrix_rank(rows[1:] - rows[0]) == len(rows) - 1 for rows in levels)
    assert first.evidence is (Verdict.CERTIFIED if alone else Verdict.MEASURED)
    assert alone == ("no certificate" not in first.note)


def test_duplicates_share_their_weight_evenly() -> None:
    found = predict(rows(*[(1, 2, 1)] * 4, *[(2, -1, 1)] * 3), PROXY)
    (limit,) = found.limits
    assert len(set(limit.weights[:4].round(15))) == len(set(limit.weights[4:].round(15))) == 1
    assert (limit.stability, limit.evidence) == ("attracting", Verdict.MEASURED)
    assert limit.radius is not None  # enclosed, and no certificate has words for it


def test_what_is_not_known_is_said() -> None:
    # U is (1, 1) for all weights: every c is an equilibrium.
    anywhere = predict(rows((1, 0), (0, 1)), PROXY)
    assert not anywhere.complete
    assert {limit.stability for limit in anywhere.limits} == {"undetermined"}
    assert "not isolated" in anywhere.limits[0].note
    # At the corners both rows cost 3.
    ties = predict(rows((2, 1), (1, 2)), PROXY)
    assert [limit.evidence for limit in ties.limits] == ["certified", "measured", "measured"]  # in the plane
    assert [limit.slack for limit in ties.limits] == [np.inf, 0, 0]
    # The l_inf maximizers (1, u) with |u| <= 1 are a face, and which of them is reached is left open.
    face = predict(rows((2, 1, 1), (2, -1, -1), (2, 1, -1), (2, -1, 1), (2, 0, 0)), optimizer("signgd"))
    assert len(face.limits) == 1
    # Unbounded steps where a sample's weight vanishes.
    assert "beta2=0" in predict(TWO, optimizer("adam", beta2=Q(0))).note


@pytest.mark.slow
def test_no_limit_is_claimed_where_the_loss_does_not_vanish() -> None:
    # Per-sample Adam at beta1 = 0, beta2 = 0.95 on wine, from w_0 = 0: two rows end on the wrong side.
    found = predict(load("wine"), optimizer("adam", beta1=Q(0), beta2=Q(95, 100)), starts=0)
    assert not found.limits
    assert "w_0 = 0" in found.note


def test_bad_input() -> None:
    with pytest.raises(BadInput, match="no w separates"):
        predict(rows((1, 1), (-1, -1)), PROXY)
    with pytest.raises(BadInput, match="batch-size=3"):
        predict(TWO, optimizer("adam", batch_size=3))


def test_gd_goes_to_the_l2_margin_where_columns_differ_by_twelve_orders() -> None:
    """No flow gets there in float64. Batches weigh samples by 1/size: the direction stays, the weights move."""
    base = gaussian(12, 4, 3)
    scaled = tuple(
        tuple(x * Q(10) ** p for x, p in zip(row, (-6, -2, 2, 6), strict=True)) for row in base.rows
    )
    data = Dataset("scaled", scaled)
    target = max_margin(data, "l2")
    for opt in (optimizer("gd"), optimizer("gd", batch_size=5), optimizer("ngd")):
        found = predict(data, opt)
        (limit,) = found.limits
        assert misalignment(limit.direction, target.unit()) < 1e-30
        assert found.complete
        U = epoch_map(opt, data.floats())(np.log(np.maximum(limit.weights, 1e-300)))
        assert misalignment(U.real, target.unit()) < 1e-12
    whole, parts = (predict(base, optimizer("gd", batch_size=b)).limits[0].weights for b in ("full", 7))
    assert np.abs(whole - parts).max() > 1e-3
    assert misalignment(epoch_map(optimizer("gd", batch_size=7), base.floats())(np.log(whole + 1e-300)).real,
                        max_margin(base, "l2").unit()) > 1e-6  # fmt: skip


def test_gd_shares_weight_evenly_among_duplicates_and_names_a_tie() -> None:
    (limit,) = predict(rows((1, 2), (1, 2), (2, -1)), optimizer("gd")).limits
    assert limit.weights == pytest.approx([0.25, 0.25, 0.5], abs=1e-15)
    (tie,) = predict(rows((1, 0), (1, 1)), optimizer("ngd")).limits
    assert (tie.slack, tie.weights.tolist()) == (0.0, [1.0, 0.0])
    assert "costs as little" in tie.note


@pytest.mark.parametrize("name", ["adam", "adam-proxy", "gd", "ngd", "signgd", "signum"])
def test_one_row_has_one_limit(name: str) -> None:
    found = predict(rows((2, -3)), optimizer(name))
    assert found.complete
    assert not found.note
    assert found.limits[0].support == (0,)


@pytest.mark.slow
def test_the_iteration_contracts_at_its_spectral_radius_and_not_to_every_attracting_equilibrium() -> None:
    data = gaussian(4, 3, 1)
    limits = predict(data, PROXY).limits
    radius = [contraction(data.floats(), limit) for limit in limits]
    assert [limit.stability for limit in limits[:2]] == ["attracting", "attracting"]
    assert radius[0] < 1 < radius[1]
    errors = [float(np.abs(c - limits[0].weights).max()) for c in iterate(data.floats(), 20)]
    assert errors[-1] / errors[-2] == pytest.approx(radius[0], rel=0.02)
    assert np.isnan(
        contraction(rows((2, 1), (1, 2)).floats(), predict(rows((2, 1), (1, 2)), PROXY).limits[1])
    )


def test_misalignment_is_one_less_the_cosine() -> None:
    e = np.eye(2)
    assert misalignment(e[0], 3 * e[1]) == pytest.approx(1)
    assert misalignment(e[0], -e[0]) == pytest.approx(2)
    assert misalignment(e[0], e[0] + e[1]) == pytest.approx(1 - 0.5**0.5)


def test_equal_rows_of_entries_that_round_are_one_row() -> None:
    """The mean of three equal floats may be another float: a difference of 2e-16 is no direction to flow in."""
    row = (Q(7, 5), Q(7, 5), Q(-7, 5))
    prediction = predict(Dataset("three times the same", (row,) * 3), optimizer("adam-proxy"), starts=1)
    (limit,) = prediction.limits
    assert np.allclose(limit.direction, np.array([1, 1, -1]) / np.sqrt(3), rtol=0, atol=1e-12)


def test_a_corner_that_no_direction_singles_out_is_not_reached() -> None:
    """The middle row is the mean of the others, so its weight never exceeds both of theirs. All cost 4 there."""
    game = field(np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]]), PROXY)
    supports = {tuple(e.levels[0].rows.tolist()) for e in on_faces(game, 0)}
    assert {S for S in supports if len(S) == 1} == {(0,), (2,)}


def test_a_flow_that_leaves_the_floats_has_no_limit() -> None:
    game = field(np.array([[1.0, 2.0], [2.0, 1.0]]), optimizer("adam-proxy"))
    assert follow(game, [np.zeros(2), np.array([np.nan, 0.0])]) is None


@pytest.mark.parametrize("name", ["signgd", "signum", "adam"])
def test_a_face_of_maximizers_is_not_a_point(name: str) -> None:
    """2 + u_1 + u_3, 2 - u_1 + u_2 and 2 - u_2 - u_3 are 2 wherever u_0 = 1 and u_1 = u_2 = -u_3."""
    found = predict(rows((2, 1, 0, 1), (2, -1, 1, 0), (2, 0, -1, -1)), optimizer(name, batch_size="full"))
    (limit,) = found.limits
    assert not found.complete
    assert (limit.evidence, limit.stability, limit.radius) == (Verdict.UNDECIDED, "undetermined", None)
    assert "a whole face, free in coordinates [1, 2, 3]" in limit.note
    # Whichever of them it is, each row costs the margin 2 at least.
    (grows,) = [given for given in found.hypotheses if "cost of every row" in given.text]
    assert (grows.holds, grows.how) == (True, "certified")


@pytest.mark.parametrize("name", ["signgd", "signum", "adam"])
def test_of_a_face_a_run_goes_to_where_columns_that_are_alike_on_the_support_move_as_one(name: str) -> None:
    opt = optimizer(name, batch_size="full")
    (both,) = predict(rows((2, 1, 1), (2, -1, -1)), opt).limits
    (either,) = predict(rows((2, 1, 1), (2, -1, -1), (5, 1, 2)), opt).limits
    for limit in (both, either):
        assert limit.evidence is Verdict.CERTIFIED
        assert limit.direction.tolist() == [1, 0, 0]

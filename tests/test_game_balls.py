"""What the game's proofs rest on: derivatives in balls, Krawczyk's test, eigenvalues."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest
from flint import arb_mat
from forging import dataset

from verify.certificate import check_document
from verify.certificate.krawczyk import image
from verify.certificate.spectrum import routh, unstable_count
from verify.data import Dataset, gaussian, load
from verify.errors import Undecided
from verify.game import predict
from verify.game.flows.flow import from_start
from verify.game.result import decimals, rounded
from verify.game.smooth.ball_field import BallField
from verify.game.smooth.certify import equilibria_certificate, equilibrium_certificate
from verify.game.smooth.enclose import _complementarity, _stability, enclose
from verify.game.smooth.face import Equilibrium, Level, newton
from verify.game.smooth.field import field
from verify.game.smooth.search import follow
from verify.numbers.systems.balls import Dyadic, around, ball, bounds, matrix, precision
from verify.numbers.systems.duals import DUALS, Dual, variables
from verify.optimizers import Optimizer, optimizer

PROXY, ADAM = optimizer("adam-proxy"), optimizer("adam", beta1=Q(1, 2), beta2=Q(9, 10))
TWO = Dataset("two", ((Q("3.01"), Q(1)), (Q(1), Q(3))))


def found(data: Dataset, opt: Optimizer) -> Equilibrium:
    game = field(data.floats(), opt)
    end = follow(game, from_start(game, opt.loss, np.zeros(data.n), 20_000))
    assert end is not None
    return end


@pytest.mark.parametrize(
    "opt", [PROXY, ADAM, optimizer("ngd", batch_size=3), optimizer("adam", batch_size=3)]
)
def test_duals_give_the_derivatives_of_the_complex_step(opt: Optimizer) -> None:
    data = gaussian(7, 4, 0)
    game = field(data.floats(), opt)
    rows = np.array([0, 2, 3, 5])
    ball_field = BallField(data, opt, (Level(rows, np.arange(4)),))
    log_c = np.full(7, -np.inf)
    log_c[rows] = [0, -0.5, 0.25, -1]
    V = np.zeros((7, 3))
    V[rows[1:], range(3)] = -1  # y_j is minus log c_j / c_0
    U, slope = game.drift(log_c), game.slope(log_c, V)
    with precision(128):
        duals = ball_field.drift(
            variables([ball(Dyadic(-entry)) for entry in log_c[rows[1:]].tolist()]), DUALS
        )
    assert [float(u.value.mid()) for u in duals] == pytest.approx(U, rel=1e-13)
    assert np.array([[float(s.mid()) for s in u.slopes] for u in duals]) == pytest.approx(slope, abs=1e-13)


def test_duals_at_zero() -> None:
    (x,) = variables([ball(0)])
    with pytest.raises(Undecided, match="square root"):
        DUALS.sqrt(x)
    zero = Dual(ball(0))
    assert DUALS.ratio(zero, zero).value.is_zero()
    assert not DUALS.sqrt(zero).slopes
    with pytest.raises(ZeroDivisionError):
        DUALS.ratio(Dual(ball(1)), zero)


def test_exp_log_softplus_slopes() -> None:
    (x,) = variables([ball(Q(1, 3))])
    at = 1 / 3
    for function, slope in ((DUALS.exp, np.exp(at)), (DUALS.log, 3), (DUALS.softplus, 1 / (1 + np.exp(-at)))):
        assert float(function(x).slopes[0]) == pytest.approx(slope, rel=1e-13)


@pytest.mark.parametrize("spec", ["iris", "wine"])
def test_the_checker_accepts_what_is_enclosed_and_agrees_on_it(spec: str) -> None:
    data = load(spec)
    e = found(data, PROXY)
    proved = enclose(data, PROXY, e, 30)
    document = equilibrium_certificate(data, PROXY, e.weights.tolist())
    assert check_document(document, data.rows).valid
    with precision(200):
        for u, text in zip(proved.direction, document["claim"]["direction"], strict=True):
            assert abs(u - ball(Q(text))) < ball(Q(document["claim"]["direction_radius"]))


def test_a_point_that_is_no_equilibrium_is_not_enclosed() -> None:
    e = found(load("iris"), PROXY)
    data = load("iris")
    moved = replace(e, log_c=e.log_c + np.array([0, 3.0, 0]))
    with pytest.raises(Undecided):
        enclose(data, PROXY, moved, 20)
    # A support vector less: Newton's method finds equal costs on the others, but the third costs less.
    game = field(data.floats(), PROXY)
    levels = (Level(e.levels[0].rows[1:], np.arange(5)),)
    with np.errstate(divide="ignore"):
        smaller = newton(game, levels, np.log(e.weights))
    assert smaller is not None
    assert not smaller.valid
    with pytest.raises(Undecided, match="off the support"):
        enclose(data, PROXY, smaller, 20, last=0)


def test_krawczyks_image_has_the_spread_of_the_jacobian_over_the_box() -> None:
    one, half = matrix([[ball(1)]]), ball(Q(1, 8))
    (moved,) = image(one, [ball(0)], matrix([[around(ball(1), ball(Q(1, 2)))]]), [half])
    low, high = bounds(moved)
    assert low <= Q(-1, 16)
    assert Q(1, 16) <= high < Q(1, 15)
    (moved,) = image(one, [ball(Q(1, 4))], one, [half])
    assert bounds(moved) == (Q(-1, 4), Q(-1, 4))


def test_a_common_cost_below_zero_is_not_that_of_an_equilibrium() -> None:
    game = BallField(TWO, PROXY, (Level(np.arange(2), np.arange(2)),))
    assert _complementarity(game, [ball(1), ball(1)])[1] is None
    with pytest.raises(Undecided, match="common cost is positive"):
        _complementarity(game, [ball(-1), ball(-1)])


@pytest.mark.parametrize(
    ("rows", "eigenvalues", "stability"),
    [
        (3, (-1, -2), "attracting"),
        (3, (1, -2), "saddle"),
        (3, (1, 2), "repelling"),
        (2, (1, 2), "saddle"),  # a row off the support costs more, so its weight falls
        (3, (0, 1), "undetermined"),
    ],
)
def test_what_repels_does_so_in_every_direction(
    rows: int, eigenvalues: tuple[int, int], stability: str
) -> None:
    level = Level(np.arange(rows), np.arange(4))
    game = BallField(gaussian(3, 4, 0), PROXY, (level,))
    turning = matrix([[ball(x * (i == j)) for j in range(2)] for i, x in enumerate(eigenvalues)])
    assert _stability(game, turning) == stability


def test_a_box_that_is_not_shrunk_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    e = found(load("iris"), PROXY)
    monkeypatch.setattr("verify.game.smooth.enclose.INFLATION", 1 << 200)
    with pytest.raises(Undecided):
        enclose(load("iris"), PROXY, e, 20, last=0)


def test_a_box_beside_the_equilibrium_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The float solution is 1e-16 off; a box of 1e-40 about it holds no equilibrium."""
    e = found(load("iris"), PROXY)
    monkeypatch.setattr("verify.game.smooth.enclose._newton", lambda field, Y, y: (y, ball(0)))
    with pytest.raises(Undecided, match="an equilibrium on this support"):
        enclose(load("iris"), PROXY, e, 20, last=0)


def test_an_equilibrium_dropped_from_a_list_is_missed() -> None:
    limits = [limit.weights.tolist() for limit in predict(TWO, PROXY).limits]
    assert check_document(equilibria_certificate(TWO, PROXY, limits)).valid
    for dropped in range(3):
        rest = [weights for i, weights in enumerate(limits) if i != dropped]
        assert check_document(equilibria_certificate(TWO, PROXY, rest)).obligation == "complete"


@pytest.mark.parametrize("count", [unstable_count, routh])
@pytest.mark.parametrize(
    ("rows", "unstable"),
    [
        ([[-1]], 0),
        ([[2]], 1),
        ([[-1, 5], [-5, -1]], 0),
        ([[1, 5], [-5, 1]], 2),
        ([[-1, 1, 0], [0, -1, 1], [0, 0, -1]], 0),  # a triple eigenvalue
        ([[-1, 0, 0], [0, 2, 0], [0, 0, 2]], 2),
        ([[-3, 1, 2], [0, 1, 1], [1, 0, -2]], 1),
    ],
)
def test_unstable_eigenvalues_are_counted(
    rows: list[list[int]], unstable: int, count: Callable[[arb_mat], int]
) -> None:
    assert np.sum(np.linalg.eigvals(np.array(rows)).real > 1e-9) == unstable
    with precision(128):  # the least that is ever used: multiple eigenvalues take bits
        assert count(matrix([[ball(x) for x in row] for row in rows])) == unstable


def test_a_saddle_whose_routh_array_is_singular() -> None:
    saddle = [[1, 0], [0, -1]]
    assert unstable_count(matrix([[ball(x) for x in row] for row in saddle])) == 1
    with pytest.raises(Undecided):
        routh(matrix([[ball(x) for x in row] for row in saddle]))


@pytest.mark.parametrize("rows", [[[0, 1], [-1, 0]], [[0, 0], [0, -1]]])
def test_an_eigenvalue_on_the_imaginary_axis_is_not_counted(rows: list[list[int]]) -> None:
    """A center, and a zero eigenvalue."""
    with precision(128), pytest.raises(Undecided):
        unstable_count(matrix([[ball(x) for x in row] for row in rows]))


def test_saddles_are_not_called_attracting() -> None:
    symmetric = Dataset("symmetric", tuple(tuple(Q(3 if i == k else 1) for k in range(3)) for i in range(3)))
    stability = {limit.support: limit.stability for limit in predict(symmetric, PROXY).limits}
    assert stability[0, 1, 2] == "repelling"
    assert stability[0, 1] == stability[1, 2] == stability[0, 2] == "saddle"


def test_rows_that_see_what_the_support_does_not() -> None:
    """Row 0 is the support and has no entry in column 1, where rows 1 and 2 pull apart until they cost the
    same: with U_0 = U_2 = 1/3, 1 + 2 U_1 = 4/3 - U_1 gives U_1 = 1/9."""
    data = dataset((1, 0, 1), (2, 2, 1), (2, -1, 2))
    for opt in (PROXY, ADAM):
        found = predict(data, opt)
        (limit,) = found.limits
        assert (limit.support, limit.stability, limit.evidence) == ((0,), "attracting", "certified")
        assert "reached no equilibrium" not in found.note
        assert limit.direction == pytest.approx(np.array([3, 1, 3]) / 19**0.5, rel=1e-15)
        assert limit.slack == pytest.approx((11 / 9 - 2 / 3) / (2 / 3))


def test_digits_that_the_precision_does_not_bear_are_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    def once(compute: Callable[[int], object], **_: int) -> object:
        with precision(150):
            return compute(150)

    e = found(TWO, PROXY)
    monkeypatch.setattr("verify.game.smooth.enclose.climb", once)
    enclose(TWO, PROXY, e, 30)
    with pytest.raises(Undecided, match="that many digits"):
        enclose(TWO, PROXY, e, 100)


def test_decimals_keep_their_zeros_and_signs_and_floats_their_distance() -> None:
    texts = decimals([ball(Q(1, 40)), ball(Q(-1, 40)), ball(Q(-3, 2)), ball(0)], 3)
    assert texts == ("0.025", "-0.025", "-1.500", "0.000")
    with precision(128):
        thirds = [around(ball(Q(1, 3)), ball(Q(3, 10**6))), around(ball(Q(2, 3)), ball(Q(4, 10**6)))]
        floats, radius = rounded(thirds)
    assert floats.tolist() == [1 / 3, 2 / 3]
    assert 5e-6 <= radius < 5.000001e-6


def test_a_list_is_not_complete_without_its_check(monkeypatch: pytest.MonkeyPatch) -> None:
    assert predict(TWO, PROXY, starts=0).complete
    monkeypatch.setattr("verify.game.smooth.search.on_faces", lambda *_: [])
    left = predict(TWO, PROXY, starts=0)
    assert len(left.limits) == 1
    assert not left.complete

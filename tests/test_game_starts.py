"""Which limit the flow from a start goes to: the flow enclosed, regions that trap it, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction as Q

import mpmath
import numpy as np
import pytest
from forging import dataset

from verify.data import Dataset, gaussian
from verify.errors import Undecided
from verify.evidence import Verdict
from verify.game import Prediction, predict
from verify.game.flows import enclosed_flow, trapping
from verify.game.flows.arrival import BITS, certify_arrival
from verify.game.flows.enclosed_flow import Enclosed, defect, step
from verify.game.flows.proposed_flow import Proposals
from verify.game.flows.tail import Tail
from verify.game.flows.trapping import Region, pushed, trapping_region
from verify.game.smooth.ball_field import BallField
from verify.game.smooth.enclose import enclose
from verify.game.smooth.face import Equilibrium, newton
from verify.game.smooth.field import field
from verify.game.smooth.search import on_faces
from verify.losses import LOSSES
from verify.numbers.linear.definite import above_eigenvalues, positive_definite
from verify.numbers.systems.balls import BALLS, Ball, Dyadic, around, ball, compare, matrix, precision
from verify.numbers.systems.duals import DUALS, Dual, jacobian, variables
from verify.numbers.systems.taylor import SERIES, coefficient, series, terms
from verify.optimizers import Optimizer, optimizer

PROXY, ADAM = optimizer("adam-proxy"), optimizer("adam", beta2=Q(99, 100))
TWO = Dataset("two", ((Q("3.01"), Q(1)), (Q(1), Q(3))))
THREE = dataset((1, -4, -1), (3, -3, 5), (4, -1, -4))


def ends(data: Dataset, opt: Optimizer = PROXY) -> dict[str, Equilibrium]:
    """The equilibria of a small set by support and stability, as in "01 attracting"."""
    found = on_faces(field(data.floats(), opt), 0)
    return {f"{''.join(map(str, e.levels[0].rows))} {e.stability}": e for e in found}


def region_of(data: Dataset, end: Equilibrium) -> Region:
    with precision(BITS):
        return trapping_region(BallField(data, PROXY, end.levels), enclose(data, PROXY, end, 17).y)


def at(data: Dataset, opt: Optimizer, *w_0: object) -> Prediction:
    return predict(data, opt, start=[Q(str(x)) for x in w_0], starts=0)


@pytest.mark.slow
@pytest.mark.parametrize("opt", [PROXY, ADAM, replace(PROXY, loss=LOSSES["exponential"])])
def test_the_starts_on_either_side_go_to_different_limits_enclosed(opt: Optimizer) -> None:
    left, right = at(TWO, opt, 0, 0), at(TWO, opt, -1, 0)
    if opt.loss.name == "exponential":  # its tail begins at once, and the boundary is elsewhere
        right = at(TWO, opt, -2, 2)
    for found in (left, right):
        assert found.enclosed_steps
        # Balls decided it, and there is no kind of certificate for where a flow goes.
        assert found.from_start is Verdict.MEASURED
    assert {left.limits[0].support, right.limits[0].support} == {(1,), (0, 1)}


@pytest.mark.slow
def test_three_rows_from_two_starts() -> None:
    first, second = at(THREE, PROXY, 0, 0, 0), at(THREE, PROXY, -1, 0, 0)
    assert (first.limits[0].support, second.limits[0].support) == ((0, 1), (0, 1, 2))
    assert first.enclosed_steps
    assert second.enclosed_steps


@pytest.mark.slow
def test_starts_close_to_the_boundary_of_two_basins() -> None:
    """They are a fiftieth apart at most, found by halving in floats."""
    inner, outer = Q(0), Q(1)
    supports = [
        predict(TWO, PROXY, start=[-s, Q(0)], starts=0, prove=False).limits[0].support for s in (inner, outer)
    ]
    while outer - inner > Q(1, 50):
        middle = (inner + outer) / 2
        here = predict(TWO, PROXY, start=[-middle, Q(0)], starts=0, prove=False).limits[0].support
        inner, outer = (middle, outer) if here == supports[0] else (inner, middle)
    enclosed = [at(TWO, PROXY, -s, 0) for s in (inner, outer)]
    assert [found.limits[0].support for found in enclosed] == supports
    assert all(found.enclosed_steps for found in enclosed)


@pytest.mark.parametrize(
    "data",
    [
        gaussian(1, 2, 0),
        gaussian(3, 2, 0),
        *(pytest.param(gaussian(4, d, 1), marks=pytest.mark.slow) for d in (4, 2)),
    ],
)
def test_other_small_sets(data: Dataset) -> None:
    """One row, a row off the support, three in it, more rows than features."""
    found = at(data, PROXY, *[1] * data.d)
    assert found.enclosed_steps is not None, found.note


@pytest.mark.slow
def test_the_wrong_equilibrium_is_not_arrived_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verify.game.flows.arrival.STEPS", 100)
    found = ends(TWO)
    assert certify_arrival(TWO, PROXY, [Q(0), Q(0)], found["1 attracting"]) < 100
    with pytest.raises(Undecided, match="does not arrive"):
        certify_arrival(TWO, PROXY, [Q(0), Q(0)], found["01 attracting"])


def test_what_does_not_attract_traps_nothing() -> None:
    for data, key in ((TWO, "01 repelling"), (THREE, "012 saddle")):
        end = repelling(data) if data is TWO else ends(data)[key]
        with pytest.raises(Undecided, match="equilibrium is"):
            certify_arrival(data, PROXY, [Q(0)] * data.d, end)
        with pytest.raises(Undecided, match="contracts"):
            region_of(data, end)


def repelling(data: Dataset) -> Equilibrium:
    return next(e for e in on_faces(field(data.floats(), PROXY), 0) if e.stability == "repelling")


def test_a_corner_that_repels_traps_nothing() -> None:
    """The row 0 alone is a support in the equations; row 1 costs less."""
    game = field(TWO.floats(), PROXY)
    levels = (replace(ends(TWO)["1 attracting"].levels[0], rows=np.array([0])),)
    corner = newton(game, levels, np.array([0.0, -np.inf]))
    assert corner is not None
    with precision(BITS), pytest.raises(Undecided, match="costs least"):
        trapping_region(BallField(TWO, PROXY, levels), [])


def shown(region: Region) -> bool:
    with precision(BITS):
        try:
            return bool(pushed(region) < 1)
        except Undecided:
            return False


@pytest.mark.parametrize("data", [TWO, THREE])
def test_regions_that_are_too_large_are_refused(data: Dataset) -> None:
    for name, end in ends(data).items():
        if not name.endswith("attracting") or not len(end.levels[0].rows) > 1:
            continue
        region = region_of(data, end)
        assert shown(region)
        assert not shown(replace(region, rho=region.rho * 16))
        assert not shown(replace(region, late=region.late * 16))
        with precision(BITS):
            assert pushed(replace(region, late=region.late / 4)) < pushed(
                region
            )  # by what is off the support
        # The weights off the support may be right and y* elsewhere: then the region is not about an equilibrium, which
        # is for `enclose` to prove; but a metric with one axis turned round is seen.
        with precision(BITS):
            flat = [[a * (1000 if i else 1) for a in row] for i, row in enumerate(region.A)]
        assert len(flat) == 1 or not shown(replace(region, A=flat, rho=region.rho * 100))


def test_a_place_has_to_be_all_inside() -> None:
    region = region_of(TWO, ends(TWO)["1 attracting"])
    with precision(BITS):
        identity = matrix([[ball(1), ball(0)], [ball(0), ball(1)]])
        near = Enclosed([ball(20), ball(20)], identity, [ball(1), ball(1)])
        assert region.contains(near)
        assert not region.contains(replace(near, error=[ball(1), ball(20)]))
        assert not region.contains(replace(near, error=[ball(20), ball(1)]))
        assert not region.contains(replace(near, middle=[ball(-20), ball(20)]))


def test_what_is_shown_of_a_region_is_shown_of_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The box over which costs and slopes are enclosed holds the points of its edge, with any weights off the support
    up to ``late``; and a place whose differences are not in it is not inside."""
    (end,) = (
        end
        for name, end in ends(THREE).items()
        if name.endswith("attracting") and len(end.levels[0].rows) == 2
    )
    region = region_of(THREE, end)
    seen: list[tuple[list[Ball], list[Ball]]] = []
    whole = Region.velocities

    def watched(self: Region, y: list[Dual], E: list[Dual], t: Dual) -> tuple[list[Dual], list[Dual]]:
        seen.append(([each.value for each in y], [each.value for each in (*E, t)]))
        return whole(self, y, E, t)

    monkeypatch.setattr(Region, "velocities", watched)
    with precision(BITS):
        pushed(region)
        ((y,), falling) = seen[0]
        edge = region.rho / abs(region.A[0][0])
        nearly = 1 - ball(Q(1, 2**40))
        for side in (1, -1):
            assert y.contains(region.center[0].mid() + side * edge * nearly)
        assert all(each.contains(region.late * nearly) and each.contains(0) for each in falling)
        identity = matrix([[ball(int(i == j)) for j in range(3)] for i in range(3)])
        (chosen,) = (region.support.pairs[q][0] for q in region.support.chart[0])
        for far in (0, 4):
            u = [region.center[0].mid() + far * edge if i == chosen else ball(30) for i in region.tail.others]
            place = Enclosed([*u, ball(30)], identity, [ball(0)] * 3)
            assert region.contains(place) == (not far)


def reference(w_0: Sequence[float], tau: float) -> list[mpmath.mpf]:
    """The state of TWO's flow under AdamProxy, written down anew, by mpmath's Taylor series at 30 digits."""
    X = [[mpmath.mpf(x.numerator) / x.denominator for x in row] for row in TWO.rows]

    def velocity(_: mpmath.mpf, w: list[mpmath.mpf]) -> list[mpmath.mpf]:
        c = [1 / (1 + mpmath.exp(row[0] * w[0] + row[1] * w[1])) for row in X]
        parts = [[c[i] * X[i][k] for i in range(2)] for k in range(2)]
        return [sum(part) / 2 / mpmath.sqrt(part[0] ** 2 + part[1] ** 2) for part in parts]

    with mpmath.workdps(30):
        w = mpmath.odefun(velocity, 0, list(map(mpmath.mpf, w_0)))(mpmath.mpf(tau))
        z = [row[0] * w[0] + row[1] * w[1] for row in X]
        return [z[1] - z[0], z[0]]


def contains(place: Enclosed, state: list[mpmath.mpf]) -> bool:
    with precision(200):
        true = [ball(mpmath.nstr(s, 25)) for s in state]
        return all(abs(t - m.mid()) < m.rad() + ball("1e-20") for t, m in zip(true, place.box, strict=True))


def one_step(length: float, shift: float = 0.0) -> Enclosed:
    """By a polynomial that begins so far from the start."""
    tail = Tail(TWO, PROXY, 0)
    with precision(BITS):
        start = Enclosed(
            [ball(2), ball(-2)], matrix([[ball(1), ball(0)], [ball(0), ball(1)]]), [ball(0), ball(0)]
        )
        start = Enclosed([ball(0), ball(0)], start.frame, start.error)
        p = Proposals(tail).polynomial(np.zeros(2), length)
        p[:, 4:] = 0  # worse than rounding, so that the defect is what bounds the error
        p[:, 0] = p[:, 1:4] @ [1, -1, 1] + shift
        return step(tail, [[ball(Dyadic(a)) for a in row] for row in p.tolist()], length, start)[0]


def test_a_step_contains_the_flow_and_without_its_defect_misses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enclosed_flow, "WORST", 1.0)
    length = 0.05
    true = reference((0, 0), length)
    place = one_step(length)
    assert contains(place, true)
    assert all(e < 1e-2 for e in place.error)
    monkeypatch.setattr(enclosed_flow, "defect", lambda tail, p, h: [ball(0)] * len(p))
    assert not contains(one_step(length), true)


def test_a_polynomial_that_does_not_begin_at_the_start_is_as_far_from_the_flow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(enclosed_flow, "WORST", 1.0)
    assert contains(one_step(0.05, shift=0.01), reference((0, 0), 0.05))


def test_a_step_contains_the_flow_from_all_of_the_place_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the corners of a box about the start: how velocities differ over it adds to the error."""
    monkeypatch.setattr(enclosed_flow, "WORST", 1.0)
    length, size, identity = 0.05, Q(1, 50), [[ball(1), ball(0)], [ball(0), ball(1)]]
    with precision(BITS):
        start = Enclosed([ball(0), ball(0)], matrix(identity), [ball(size), ball(size)])
        p = Proposals(Tail(TWO, PROXY, 0)).polynomial(np.zeros(2), length)
        place, _ = step(
            Tail(TWO, PROXY, 0), [[ball(Dyadic(a)) for a in row] for row in p.tolist()], length, start
        )
    for corner in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        w_0 = np.linalg.solve([[-2.01, 2.0], [3.01, 1.0]], float(size) * np.array(corner))
        assert contains(place, reference(w_0.tolist(), length))


def test_a_place_with_floats_for_its_middle_contains_what_it_was() -> None:
    with precision(BITS):
        frame = matrix([[ball(1), ball(1)], [ball(0), ball(1)]])
        state = [around(ball(Q(1, 3)), ball(Q(1, 10**9))), ball(Q(-2, 7))]
        place = enclosed_flow._rounded(state, frame, [ball(0), ball(0)])
        assert all(held.contains(entry) for held, entry in zip(place.box, state, strict=True))


def test_the_defect_is_that_of_all_of_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Ball] = []
    whole = enclosed_flow._defect_series
    monkeypatch.setattr(enclosed_flow, "_defect_series", lambda *a: [seen.append(a[-1]), whole(*a)][1])
    one_step(0.05)
    assert any(x.contains(1) and x.contains(-1) for x in seen)


def test_a_box_that_is_too_small_for_the_flow_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enclosed_flow, "WORST", 1.0)
    monkeypatch.setattr(enclosed_flow, "ROOM", ball(Q(1, 100)))
    with pytest.raises(Undecided, match="whether the flow stays near"):
        one_step(0.05)


def straight(tail: Tail, state: list[Ball], h: Ball) -> list[list[Ball]]:
    """The tangent of the flow at a state."""
    return [[s.mid(), (v * h / 2).mid()] for s, v in zip(state, tail.velocity(state, BALLS), strict=True)]


def test_the_defect_bounds_that_of_a_tangent_and_without_remainder_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(enclosed_flow, "DEGREE", 1)
    tail = Tail(THREE, ADAM, 0)
    with precision(BITS):
        h = ball(Q(1, 10))
        p = straight(tail, [ball(Q(1, 2)), ball(-1), ball(2)], h)

        def holds() -> bool:
            bound = defect(tail, p, h)
            for x in (Q(-1), Q(1, 3), Q(1)):
                V = tail.velocity([a + b * ball(x) for a, b in p], BALLS)
                if not all(
                    abs(v * h / 2 - b) < g.abs_upper() for v, (_, b), g in zip(V, p, bound, strict=True)
                ):
                    return False
            return True

        assert holds()
        complete = enclosed_flow._defect_series
        monkeypatch.setattr(
            enclosed_flow,
            "_defect_series",
            lambda *a: [[g if a[-1].is_exact() else ball(0) for g in row] for row in complete(*a)],
        )
        assert not holds()


@pytest.mark.parametrize(
    "opt", [PROXY, ADAM, optimizer("ngd", batch_size=2), replace(ADAM, loss=LOSSES["exponential"])]
)
def test_balls_duals_series_and_floats_have_one_velocity(opt: Optimizer) -> None:
    tail = Tail(gaussian(4, 3, 0), opt, 2)
    state, along = [0.5, -1.0, 2.0, 0.25], [1.0, -0.5, 0.25, 2.0]
    floats = Proposals(tail).velocity(np.array(state)[:, None])[:, 0]
    with precision(128), terms(4):
        balls = [ball(Dyadic(x)) for x in state]
        way = [ball(Dyadic(x)) for x in along]
        values = tail.velocity(balls, BALLS)
        rows = jacobian(tail.velocity(variables(balls), DUALS), 4)
        lines = tail.velocity([series([s, a]) for s, a in zip(balls, way, strict=True)], SERIES)
        for value, slopes, line in zip(values, rows, lines, strict=True):
            assert value.overlaps(coefficient(line, 0))
            assert sum((s * a for s, a in zip(slopes, way, strict=True)), ball(0)).overlaps(
                coefficient(line, 1)
            )
        assert [float(value) for value in values] == pytest.approx(floats, rel=1e-12)


def test_series_that_are_not_known_are_not_read() -> None:
    with precision(64), terms(3):
        one, wide = series([ball(1), ball(1)]), series([ball(0).union(ball(1)), ball(1)])
        zero = series([ball(0)])
        assert SERIES.ratio(zero, zero).length() == SERIES.sqrt(zero).length() == 0
        for read in (
            lambda: coefficient(one, 3),
            lambda: SERIES.ratio(one, wide),
            lambda: SERIES.sqrt(wide),
            lambda: SERIES.log(wide),
            lambda: SERIES.sign(wide),
        ):
            with pytest.raises(Undecided):
                read()
        assert coefficient(SERIES.softplus(one), 0).overlaps(BALLS.softplus(ball(1)))
        assert coefficient(SERIES.log(one), 1).overlaps(ball(1))
        with terms(2), pytest.raises(Undecided):
            coefficient(one * one, 2)


def test_definite_matrices_and_bounds_on_eigenvalues() -> None:
    def balls(rows: list[list[float]], radius: float = 0.0) -> list[list[Ball]]:
        wide = ball(Dyadic(-radius)).union(ball(Dyadic(radius)))
        return [[ball(Dyadic(x)) + wide for x in row] for row in rows]

    with precision(64):
        assert positive_definite(balls([[2.0, 1.0], [1.0, 2.0]], 0.4))
        assert not positive_definite(balls([[2.0, 1.0], [1.0, 2.0]], 0.6))
        assert not positive_definite(balls([[1.0, 2.0], [2.0, 1.0]]))
        assert not positive_definite(balls([[0.0]]))
        rng = np.random.default_rng(0)
        for _ in range(20):
            A = rng.normal(size=(4, 4))
            A = A + A.T
            bound = above_eigenvalues(balls(A.tolist(), 0.01))
            moved = A + 0.01 * np.sign(np.outer(*(np.linalg.eigh(A)[1][:, -1],) * 2))
            assert compare(bound, ball(Dyadic(float(np.linalg.eigvalsh(moved)[-1])))).value == ">"


def test_what_stays_measured_says_why() -> None:
    tie = Dataset("tie", ((Q(1), Q(-7)), (Q(15), Q(7))))
    found = at(tie, PROXY, 1, 1)
    assert found.from_start is Verdict.MEASURED
    assert (
        "the flow from w_0 goes to is not decided in balls: whether a row off the support costs" in found.note
    )
    assert found.enclosed_steps is None
    end = ends(TWO)["1 attracting"]
    with pytest.raises(Undecided, match="rows whose weights vanish"):
        certify_arrival(TWO, PROXY, [Q(0), Q(0)], replace(end, levels=end.levels * 2))
    large = at(gaussian(9, 9, 0), PROXY, *[0] * 9)
    assert large.from_start is Verdict.MEASURED
    assert "w_0" not in large.note


def test_a_flow_that_is_lost_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trapping, "HALVINGS", 1)
    with pytest.raises(Undecided, match="traps the flow"):
        certify_arrival(THREE, PROXY, [Q(0)] * 3, ends(THREE)["01 attracting"])


def test_a_bound_on_eigenvalues_that_floats_got_wrong_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verify.numbers.linear.definite.ROOM", -0.5)
    with precision(64), pytest.raises(Undecided, match="the eigenvalues"):
        above_eigenvalues([[ball(2), ball(1)], [ball(1), ball(2)]])

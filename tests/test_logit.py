"""Weight decay is temperature: where it balances the mean update, against programs that share nothing with ours."""

from __future__ import annotations

from fractions import Fraction as Q
from typing import Any

import numpy as np
import pytest
from forging import dataset
from scipy.optimize import root

from verify.data import load
from verify.data.families import gaussian
from verify.data.given import given
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.game import predict
from verify.game.companion import hold_against_simulation
from verify.game.limits import equilibria_of
from verify.game.logit.box import box_minimum
from verify.game.logit.one_point import has_one_point
from verify.game.logit.path import decay_path
from verify.game.margins import Margins
from verify.game.question import Question
from verify.optimizers import optimizer
from verify.optimizers.trajectory import trajectory

LOPSIDED = dataset(("3.01", 1), (1, 3))
SETS = [LOPSIDED, *(gaussian(3 + seed % 2, 2 + seed % 3, seed) for seed in range(9))]
TEMPERATURES = (Q(1), Q(1, 10), Q(1, 25))


def proxy(c: Any, X: Any) -> Any:
    """AdamProxy's U by its formula."""
    return (X.T @ c) / (len(X) * np.sqrt((X * X).T @ (c * c)))


def counted(X: Any, decay: float, seed: int) -> list[Any]:
    """The solutions of lambda w = U(c(w)) that SciPy's hybrid method finds from 400 starts, exponential loss."""
    rng, found = np.random.default_rng(seed), list[Any]()

    def gap(w: Any) -> Any:
        z = X @ w
        return decay * w - proxy(np.exp(np.min(z) - z), X)

    for _ in range(400):
        c = rng.dirichlet(np.full(len(X), 0.2)) + 1e-9
        end = root(gap, proxy(c, X) / decay, tol=1e-12)
        near = [np.max(np.abs(end.x - w)) < 1e-6 * max(1, np.max(np.abs(w))) for w in found]
        if np.max(np.abs(gap(end.x))) < 1e-10 and not any(near):
            found.append(end.x)
    return found


@pytest.mark.parametrize("number", range(len(SETS)))
@pytest.mark.slow
def test_all_balances_are_found_and_proved_all_at_three_temperatures(number: int) -> None:
    data = SETS[number]
    for decay in TEMPERATURES:
        found = equilibria_of(data, optimizer("adam-proxy", loss="exponential", weight_decay=decay), starts=0)
        assert found.complete, (number, decay, found.note)
        assert {limit.evidence for limit in found.limits} == {Verdict.CERTIFIED}
        wanted = counted(data.floats(), float(decay), number)
        assert len(found.limits) == len(wanted)
        for limit in found.limits:
            assert limit.iterate is not None
            assert min(np.max(np.abs(limit.iterate - w)) for w in wanted) < 1e-7


def test_three_balances_of_two_rows_and_one_where_it_is_hot() -> None:
    for decay, words in ((Q(1), ["attracting"]), (Q(1, 10), ["attracting", "attracting", "saddle"])):
        found = predict(LOPSIDED, optimizer("adam", weight_decay=decay), starts=0)
        assert sorted(limit.stability for limit in found.limits) == words
        assert found.complete
        assert found.word is Verdict.CERTIFIED
        assert found.to_json()["temperature"] == float(decay)


def adamw(X: Any, decay: float, lr: float, epochs: int, b1: float, b2: float) -> Any:
    """The mean iterate of the last epoch of AdamW by samples, constant steps, logistic loss."""
    w, m, v = (np.zeros(X.shape[1]) for _ in range(3))
    for _ in range(epochs):
        mean = np.zeros(X.shape[1])
        for x in X:
            g = -x / (1 + np.exp(x @ w))
            m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
            w = w - lr * (m / np.sqrt(v) + decay * w)
            mean += w / len(X)
    return mean


@pytest.mark.parametrize("seed", range(3))
def test_runs_come_near_at_first_order_in_their_steps(seed: int) -> None:
    data = gaussian(4, 3, seed)
    opt = optimizer("adam", beta1="1/2", beta2="9/10", weight_decay=Q(1, 2))
    (limit, *others) = predict(data, opt, starts=0).limits
    assert not others
    assert limit.iterate is not None
    gaps = [
        np.max(np.abs(adamw(data.floats(), 0.5, lr, int(12 / lr), 0.5, 0.9) - limit.iterate))
        for lr in (0.02, 0.01)
    ]
    assert gaps[0] < 0.1
    assert 1.7 < gaps[0] / gaps[1] < 2.3


def epochs(X: Any, w: Any, decay: float, lr: float, count: int, b1: float, b2: float) -> Any:
    """w of AdamW by samples after so many epochs of constant steps, logistic loss."""
    m, v = np.zeros(len(w)), np.zeros(len(w))
    for _ in range(count):
        for x in X:
            g = -x / (1 + np.exp(x @ w))
            m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
            w = w - lr * (m / np.sqrt(v) + decay * w)
    return w


@pytest.mark.parametrize("seed", range(4))
def test_at_constant_steps_runs_go_round_the_orbit(seed: int) -> None:
    data = gaussian(3 + seed % 2, 2 + seed % 3, seed)
    lr = Q(1, 10 if seed % 2 else 100)
    opt = optimizer("adam", beta1="1/2", beta2="9/10", weight_decay=Q(1, 2), lr=lr, decay=Q(0))
    found = predict(data, opt)
    (limit,) = found.limits
    assert found.word is Verdict.CERTIFIED
    assert limit.stability == "attracting"
    assert limit.iterate is not None
    end = epochs(data.floats(), np.zeros(data.d), 0.5, float(lr), int(60 / (0.5 * lr) / data.n), 0.5, 0.9)
    assert np.max(np.abs(end - limit.iterate)) < 1e-9


@pytest.mark.slow
def test_runs_of_adamw_are_on_the_orbit_where_they_settled() -> None:
    settled = 0
    for source in ("iris", "wine", *(f"gaussian:n=4,d=3,seed={seed}" for seed in range(10, 40))):
        data, size = load(source), {"iris": 50, "wine": 60}.get(source, 1)
        opt = optimizer("adamw", beta2="9/10", batch_size=size, weight_decay=Q(1, 2), lr=Q(1, 20), decay=Q(0))
        found = predict(data, opt).limits
        count, radius = 20_000 // opt.steps_per_epoch(data.n), found[0].spectral_radius
        assert found[0].evidence is Verdict.CERTIFIED
        if found[0].stability != "attracting" or radius is None or radius**count > 1e-12:
            continue  # a run need not settle there
        settled += 1
        end = trajectory(data.floats(), opt, [count * opt.steps_per_epoch(data.n)]).weights[-1]
        gaps = [np.max(np.abs(end - each.iterate)) for each in found if each.iterate is not None]
        assert min(gaps) < 1e-9, source
    assert settled > 20


def softmax_epochs(data: Any, decay: float, lr: float, count: int, b1: float, b2: float) -> Any:
    """W (k, d) of AdamW by samples on the cross-entropy, after so many epochs of constant steps."""
    X, y = (np.array(part, dtype=float) for part in (data.classes.samples, data.classes.labels))
    W = np.zeros((len(data.classes.names), X.shape[1]))
    m, v = np.zeros_like(W), np.zeros_like(W)
    for _ in range(count):
        for x, label in zip(X, y.astype(int), strict=True):
            p = np.exp(W @ x - np.max(W @ x))
            g = np.outer(p / p.sum() - np.eye(len(W))[label], x)
            m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
            W = W - lr * (m / np.sqrt(v) + decay * W)
    return W.ravel()


def test_several_classes_rest_where_the_decay_of_their_samples_balances() -> None:
    """At vanishing steps, to the first order of a run's; at a constant step on an orbit, exactly."""
    data, lr, tried = (
        load("gaussian:n=4,d=2,classes=3,seed=0"),
        Q(1, 20),
        {"beta1": Q(1, 2), "beta2": Q(9, 10)},
    )
    rests = predict(data, optimizer("adam", weight_decay=Q(1, 2), **tried), starts=0)
    orbits = predict(data, optimizer("adam", weight_decay=Q(1, 2), lr=lr, decay=Q(0), **tried), starts=0)
    end = softmax_epochs(data, 0.5, float(lr), 1000, 0.5, 0.9)
    for found, near in ((rests, 0.05), (orbits, 1e-9)):
        (limit,) = found.limits
        assert (found.word, limit.stability) == (Verdict.CERTIFIED, "attracting")
        assert limit.iterate is not None
        assert np.max(np.abs(end - limit.iterate)) < near * np.max(np.abs(end))


@pytest.mark.parametrize("name", ["adam", pytest.param("gd", marks=pytest.mark.slow)])
def test_two_classes_rest_where_the_binary_game_does_at_half_the_decay(name: str) -> None:
    rows, y = [[3, 1], [2, -1], [1, 4], [-1, -2]], [1, 1, 1, 0]
    one, two = given(rows, y), given(rows, y, multiclass=True)
    rests, binary = (
        predict(data, optimizer(name, weight_decay=decay), starts=0).limits[0].iterate
        for data, decay in ((two, Q(1, 2)), (one, Q(1, 4)))
    )
    assert rests is not None
    assert rests[2:] - rests[:2] == pytest.approx(binary, abs=1e-12)
    assert rests[2:] == pytest.approx(-rests[:2], abs=1e-12)


def test_an_orbit_that_repels_is_found_and_the_run_is_elsewhere() -> None:
    opt = optimizer("adam", beta1=0, beta2="9/10", weight_decay=Q(1, 10), lr=Q(1), decay=Q(0), batch_size=2)
    found = predict(gaussian(4, 2), opt)
    assert [limit.stability for limit in found.limits] == ["repelling"]
    assert found.limits[0].evidence is Verdict.CERTIFIED
    assert found.limits[0].spectral_radius == pytest.approx(2.37, abs=0.01)
    assert found.word is Verdict.UNDECIDED
    assert hold_against_simulation(found, 2000).misalignment > 1e-3


def test_gradient_descent_minimizes_the_loss_and_half_the_square_of_w_at_a_temperature_of_its_own() -> None:
    data = gaussian(4, 3)
    found = predict(data, optimizer("gd", weight_decay=Q(1, 10)))
    (limit,) = found.limits
    assert found.complete
    assert limit.iterate is not None
    X = data.floats()
    c = 1 / (1 + np.exp(X @ limit.iterate))
    assert np.allclose(X.T @ c / 4, limit.iterate / 10, rtol=0, atol=1e-12)
    assert limit.temperature == pytest.approx(0.1 / c.mean(), rel=1e-12)


@pytest.mark.parametrize("place", ["outside", "inside"])
def test_eps_at_the_full_batch_is_in_the_equation_as_a_step_has_it(place: str) -> None:
    data = load("iris")
    opt = optimizer("adamw", batch_size="full", eps=Q(1, 10**8), eps_place=place, bias_correction=True)
    found = predict(data, opt)
    (limit,) = found.limits
    assert limit.iterate is not None
    assert (found.complete, found.from_start) == (True, Verdict.CERTIFIED)
    X = data.floats()
    g = -X.T @ (1 / (1 + np.exp(X @ limit.iterate))) / len(X)
    size = np.abs(g) + 1e-8 if place == "outside" else np.sqrt(g * g + 1e-8)
    assert np.allclose(0.01 * limit.iterate, -g / size, rtol=0, atol=1e-7)
    assert limit.evidence is Verdict.CERTIFIED
    if place == "outside":
        assert np.min(X @ limit.iterate) == pytest.approx(15.4, abs=0.05)


@pytest.mark.parametrize(
    ("options", "one"),
    [
        ({"name": "adamw", "eps": "1/100"}, True),
        ({"name": "nadam", "eps": "1/100", "eps_place": "inside"}, True),
        ({"name": "clipped"}, True),
        ({"name": "adamw", "eps": "1/100", "batch_size": 2}, False),
        ({"name": "adamw"}, False),
        ({"name": "amsgrad", "eps": "1/100"}, False),  # does not forget
        ({"name": "signgd"}, False),
    ],
)
def test_one_balance_takes_an_update_that_grows_with_the_gradient(options: dict[str, Any], one: bool) -> None:
    assert has_one_point(optimizer(**({"batch_size": "full"} | options)), 4) is one


@pytest.mark.parametrize(
    "source",
    [pytest.param("iris", marks=pytest.mark.slow), "gaussian:n=4,d=3,seed=0", "gaussian:n=5,d=8,seed=0"],
)
def test_full_batch_signs_go_to_the_least_loss_in_a_box(source: str) -> None:
    import cvxpy as cp

    data, decay = load(source), Q(1, 10)
    found = predict(data, optimizer("signgd", loss="exponential", weight_decay=decay))
    (limit,) = found.limits
    assert found.complete
    assert limit.iterate is not None
    w = cp.Variable(data.d)
    cp.Problem(cp.Minimize(cp.log_sum_exp(-data.floats() @ w)), [cp.norm_inf(w) <= 10]).solve(
        solver=cp.CLARABEL
    )
    assert np.max(np.abs(w.value - limit.iterate)) < 1e-3
    assert limit.evidence is Verdict.CERTIFIED
    ways = [
        hold_against_simulation(
            predict(data, optimizer(name, batch_size="full", weight_decay=decay, lr=Q(1, 2))), 400_000
        )
        for name in ("signgd", "adam")
    ]
    assert max(each.misalignment for each in ways) < 1e-3


def test_a_column_of_zeros_rests_at_0_in_the_box() -> None:
    narrow = np.array([[1.0, 2.0], [2.0, -1.0], [3.0, 1.0]])
    wide = np.insert(narrow, [0, 1], 0.0, axis=1)
    loss = optimizer("adamw").loss
    alone, beside = box_minimum(narrow, loss, 0.1), box_minimum(wide, loss, 0.1)
    assert list(beside.w) == [0, alone.w[0], 0, alone.w[1]]
    assert list(beside.free) == [True, alone.free[0], True, alone.free[1]]
    assert beside.sure == alone.sure


def test_weights_too_small_for_floats_leave_the_box_undecided() -> None:
    # The second column is seen by one row alone, whose margin is some 600 above the others.
    rows = np.array([[1.0, 0.0], [1.0, 0.0], [200.0, 1.0]])
    with pytest.raises(Undecided, match="in the box"):
        box_minimum(rows, optimizer("adamw").loss, 0.25)


def test_what_is_not_told_is_said() -> None:
    data = gaussian(4, 3)
    for options, said in (
        ({"name": "signum"}, "jumps"),
        ({"name": "adam", "batch_size": "full", "decay": Q(0)}, "jumps"),
        ({"name": "adam", "order": "reshuffle"}, "cyclic"),
    ):
        found = predict(data, optimizer(**options, weight_decay=Q(1, 10)))
        assert not found.limits
        assert said in found.note
        assert found.word is Verdict.UNDECIDED
    with pytest.raises(BadInput, match="forgets"):
        equilibria_of(data, optimizer("adagrad", weight_decay=Q(1, 10)))


@pytest.mark.slow
def test_branches_of_two_rows_turn_where_their_number_changes() -> None:
    opt = optimizer("adam-proxy", loss="exponential")
    question = Question(LOPSIDED, opt, (Q(0),) * 2, Margins(LOPSIDED), starts=2)
    principal, other = decay_path(question)
    assert principal.critical == ()
    assert {place.stability for place in principal.points} == {"attracting"}
    assert {place.stability for place in other.points} == {"attracting", "saddle"}
    (turn,) = other.critical
    X = LOPSIDED.floats()
    for place in (*principal.points, *other.points):
        z = X @ place.w
        assert place.at * place.w == pytest.approx(proxy(np.exp(np.min(z) - z), X), rel=1e-3)
    # By two rows and their ratio of weights alone: lambda (z_1 - z_0) = (x_1 - x_0).U(c), z_1 - z_0 = log(c_0 / c_1).
    gap = np.linspace(-12, 12, 4001)
    costs = np.array(
        [(X[1] - X[0]) @ proxy(np.array([np.exp(min(t, 0)), np.exp(min(-t, 0))]), X) for t in gap]
    )
    for decay, count in ((0.99 * turn, 3), (1.01 * turn, 1)):
        assert np.sum(np.diff(np.sign(decay * gap - costs)) != 0) == count


def test_weights_that_differ_beyond_floats_are_numbers_and_no_cover_is_tried() -> None:
    far, farther = (
        predict(dataset((1, 1), (5, 3)), optimizer("adam-proxy", weight_decay=Q(1, inverse)))
        for inverse in (1000, 10**6)
    )
    assert far.limits[0].weights.tolist() == [1, 0]
    assert (far.complete, farther.complete) == (True, False)
    assert "weights differ by factors" in farther.note

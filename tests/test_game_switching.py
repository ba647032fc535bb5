"""The set-valued game of signs by batches: exact equilibria, held against runs; wrong supports, signs and memories are
refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q
from itertools import combinations, product

import numpy as np
import pytest
from forging import dataset as rows

from verify.data import Dataset, gaussian, load
from verify.evidence import Verdict
from verify.game import predict
from verify.game.pace import Pace, suited_step_size
from verify.game.signs import drawn as random_order
from verify.game.signs import switching
from verify.game.signs.deciding import Proposal, Switching, decide
from verify.game.signs.memory import Memory, memory
from verify.game.signs.pivoting import SignGame, game_of, propose, with_positive_weights
from verify.game.signs.settling import end_of_run
from verify.game.signs.switching import bound, equilibria
from verify.margins import max_margin
from verify.numbers.linear.angles import misalignment
from verify.numbers.linear.rational import times
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.increments import increments

GAUSSIAN = gaussian(10, 50, 0)
SMALL = gaussian(5, 8, 0)


def run(data: Dataset, opt: Optimizer, steps: int) -> np.ndarray:
    X = data.floats()
    suited = suited_step_size(opt, X, steps, Pace(0.0, float(np.abs(X).sum(axis=1).max())))
    return increments(X, suited, steps).direction


def test_memory_is_the_moving_average_of_an_epoch_without_end() -> None:
    beta = Q(3, 4)
    kept = memory(optimizer("signum", beta1=beta, batch_size=2), 5)
    for q in range(3):
        for j in range(5):
            assert kept.weight(q, j) == beta ** ((q - j // 2) % 3) / (1 if j == 4 else 2)
    assert kept.population == (0,) * 5
    assert memory(optimizer("signgd", batch_size=2), 5).population == (0, 0, 1, 1, 2)


def played(data: Dataset, kept: Memory) -> SignGame:
    return game_of(data.floats(), kept)


def test_a_vertex_that_cannot_be_solved_stays_what_it_is() -> None:
    # Two rows and no pair: no system says their weights, as where rows are proportional but for rounding.
    game = played(gaussian(5, 3, 0), memory(optimizer("signum", batch_size=2), 5))
    assert with_positive_weights(game, Proposal((0, 1), ())) == Proposal((0, 1), ())


def test_pivots_see_the_memory_of_the_rationals_and_count_steps_to_the_next() -> None:
    kept = memory(optimizer("signum", beta1=Q(3, 4), batch_size=2), 9)
    game, S = played(gaussian(9, 2, 0), kept), np.array([2, 3, 4, 8])
    steps = game.steps(S)
    assert steps.tolist() == [1, 2, 4]
    assert game.counts(steps).tolist() == [1, 2, 2]
    assert game.weights(steps, S).tolist() == [[float(kept.weight(q, j)) for j in S] for q in steps]


@pytest.mark.parametrize("batch", [1, 2])
def test_a_few_pivots_lead_from_every_row_to_an_equilibrium(batch: int) -> None:
    kept, rng = memory(optimizer("signum", batch_size=batch), SMALL.n), np.random.default_rng(0)
    for row in range(SMALL.n):
        proposal, _ = propose(played(SMALL, kept), Proposal((row,), ()), 20, rng)
        assert proposal is not None
        assert decide(SMALL.rows, kept, proposal) is not None


@pytest.mark.parametrize("pair", list(product((0, 1), (2, 3))))
def test_pivots_lead_from_a_row_of_each_batch_where_signs_forget(pair: tuple[int, int]) -> None:
    kept = memory(optimizer("signgd", batch_size=2), SMALL.n)
    proposal, _ = propose(played(SMALL, kept), Proposal((*pair, 4), ()), 20, np.random.default_rng(0))
    assert proposal is not None
    assert decide(SMALL.rows, kept, proposal) is not None


@pytest.mark.parametrize(
    ("batch", "beta"), [pytest.param(1, Q(99, 100), marks=pytest.mark.slow), (2, Q(9, 10)), (5, Q(9, 10))]
)
def test_the_run_goes_to_the_equilibrium_and_not_to_the_max_margin(batch: int, beta: Q) -> None:
    opt = optimizer("signum", beta1=beta, batch_size=batch)
    found = predict(GAUSSIAN, opt)
    reached = run(GAUSSIAN, opt, 10**6)
    assert min(misalignment(reached, limit.direction) for limit in found.limits) < 1e-7
    assert misalignment(reached, max_margin(GAUSSIAN, "linf").unit()) > 1e-5
    for limit in found.limits:
        assert (limit.evidence, limit.stability) == (Verdict.CERTIFIED, "undetermined")


@pytest.mark.parametrize("batch", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_sign_descent_by_batches_goes_to_its_equilibrium(batch: int) -> None:
    opt = optimizer("signgd", batch_size=batch)
    limits = predict(GAUSSIAN, opt).limits
    reached = run(GAUSSIAN, opt, 400_000)
    assert min(misalignment(reached, limit.direction) for limit in limits) < 1e-6
    for limit in limits:
        assert "shares of each batch" in limit.note
        assert limit.weights.sum() == pytest.approx(1)


def equilibrium(opt: Optimizer) -> tuple[Memory, Switching]:
    kept = memory(opt, SMALL.n)
    (found,) = equilibria(SMALL, kept)
    return kept, found


def is_one(data: Dataset, kept: Memory, e: Switching) -> bool:
    """Whether an equilibrium is one, by its definition."""
    population, P = kept.population, len(kept.trace)
    right = all(e.weights[i] > 0 for i in e.support)
    for i, cost in enumerate(times(data.rows, e.u)):
        least = e.costs[population[i]]
        right &= cost == least if i in e.support else cost >= least and not e.weights[i]
    for p in set(population):
        right &= sum(c for c, own in zip(e.weights, population, strict=True) if own == p) == 1
    # u_k is the mean of the signs of m_q[k], each free to be anything in [-1, 1] where m_q[k] = 0.
    for k in range(data.d):
        m = [sum(kept.weight(q, j) * data.rows[j][k] * e.weights[j] for j in e.support) for q in range(P)]
        firm, free = sum((x > 0) - (x < 0) for x in m), m.count(0)
        right &= abs(P * e.u[k] - firm) <= free
        right &= free == 0 or k in {coordinate for _, coordinate in e.switches}
    return right


@pytest.mark.parametrize("opt", [optimizer("signum"), optimizer("signgd", batch_size=2)])
def test_an_equilibrium_is_one_in_rationals(opt: Optimizer) -> None:
    kept, e = equilibrium(opt)
    assert is_one(SMALL, kept, e)
    wrong = replace(e, u=(e.u[0] + Q(1, 10**9), *e.u[1:]))
    assert not is_one(SMALL, kept, wrong)


def test_of_all_proposals_those_accepted_are_equilibria() -> None:
    kept, accepted, count = memory(optimizer("signum", beta1=Q(1, 2)), 4), 0, 0
    rng = np.random.default_rng(0)
    for case in range(3):
        rows = tuple(
            tuple(Q(int(x)) for x in row) for row in rng.integers(1, 9, (4, 3)) * rng.choice([-1, 1], (4, 3))
        )
        data = Dataset(f"case {case}", rows)
        for size in (1, 2, 3):
            for S in combinations(range(4), size):
                for K in combinations(product(S, range(3)), size - 1):
                    count += 1
                    found = decide(data.rows, kept, Proposal(S, K))
                    if found is not None:
                        accepted += 1
                        assert is_one(data, kept, found)
    assert accepted >= 3
    assert count - accepted > 300


@pytest.mark.parametrize("opt", [optimizer("signum"), optimizer("signgd", batch_size=2)])
def test_wrong_proposals_are_refused(opt: Optimizer) -> None:
    kept, e = equilibrium(opt)
    S, K = e.support, e.switches
    assert decide(SMALL.rows, kept, Proposal(S, K)) == e
    assert len(K) >= 1
    assert decide(SMALL.rows, kept, Proposal(S, K[1:])) is None
    assert decide(SMALL.rows, kept, Proposal(S, (*K[1:], (K[0][0], (K[0][1] + 1) % SMALL.d)))) is None
    for place in range(len(S)):
        for other in set(range(SMALL.n)) - set(S):
            assert (
                decide(SMALL.rows, kept, Proposal(tuple(sorted({*S[:place], *S[place + 1 :], other})), K))
                is None
            )
    assert decide(SMALL.rows, kept, Proposal((1,), ())) is None


def test_another_beta_has_other_weights_and_at_last_other_signs() -> None:
    kept, e = equilibrium(optimizer("signum"))
    near = decide(
        SMALL.rows, memory(optimizer("signum", beta1=Q(89, 100)), SMALL.n), Proposal(e.support, e.switches)
    )
    assert near is not None
    assert near.weights != e.weights
    assert (
        decide(
            SMALL.rows, memory(optimizer("signum", beta1=Q(1, 10)), SMALL.n), Proposal(e.support, e.switches)
        )
        is None
    )
    forgets = replace(kept, trace=(Q(1), *[Q(0)] * 4))
    assert decide(SMALL.rows, forgets, Proposal(e.support, e.switches)) is None


@pytest.mark.slow
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


def test_signs_of_single_samples_have_one_direction() -> None:
    opt = optimizer("signgd", batch_size=1)
    found = predict(GAUSSIAN, opt)
    (limit,) = found.limits
    assert (limit.evidence, found.from_start, found.complete) == (Verdict.CERTIFIED, Verdict.CERTIFIED, True)
    assert misalignment(limit.direction, np.sign(GAUSSIAN.floats()).mean(axis=0)) < 1e-30
    for order in ("cyclic", "reshuffle"):
        assert misalignment(run(GAUSSIAN, replace(opt, order=order), 100_000), limit.direction) < 1e-9
    again = predict(GAUSSIAN, optimizer("signum", beta1=Q(0)))
    assert np.array_equal(again.limits[0].direction, limit.direction)


def test_where_margins_do_not_grow_there_is_no_limit() -> None:
    apart = Dataset("apart", ((Q(1), Q(-3)), (Q(-2), Q(7)), (Q(1), Q(-3))))
    found = predict(apart, optimizer("signgd", batch_size=1))
    assert not found.limits
    assert "row 1 has margin -3 <= 0" in found.note
    # p > beta: derivation signum-stalls
    stalls = Dataset("stalls", ((Q(1), Q(-19, 20)), (Q(-19, 20), Q(1))))
    found = predict(stalls, optimizer("signum"))
    assert not found.limits
    assert "need not go to zero" in found.note


@pytest.mark.slow
def test_a_run_that_stops_has_no_limit() -> None:
    iris, opt = load("iris"), optimizer("signum")
    found = predict(iris, opt)
    assert "measured: a run from w_0 with small steps stops" in found.note
    assert found.from_start is Verdict.UNDECIDED
    assert found.limits
    # Two surfaces where signs of m switch meet at the tip of a wedge in which all signs cancel; the run stops there.
    # In rationals, inside the wedge and opposite:
    log_c, moved = end_of_run(iris, opt, np.zeros(iris.d))
    assert not moved.any()
    inwards = iris.floats() @ [0, 0.02, 0, -0.08, 0]
    assert sums_of_signs(iris, log_c - inwards) == [0] * iris.d
    assert sums_of_signs(iris, log_c + inwards) == [0, 4, 0, -10, 0]


def sums_of_signs(data: Dataset, log_c: np.ndarray) -> list[int]:
    """Over an epoch of Signum with beta 9/10; the two epochs before leave m wrong by 0.9^300 of itself."""
    c = [Q(float(weight)) for weight in np.exp(log_c - log_c.max())]
    m, sums = [Q(0)] * data.d, [0] * data.d
    for step in range(3 * data.n):
        i = step % data.n
        m = [Q(9, 10) * old + c[i] * x for old, x in zip(m, data.rows[i], strict=True)]
        if step >= 2 * data.n:
            assert min(map(abs, m)) > Q(1, 10**12)
            sums = [total + (1 if entry > 0 else -1) for total, entry in zip(sums, m, strict=True)]
    return sums


def test_the_run_proposes_what_pivots_do_not_find(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switching, "ALL_SYSTEMS", 0)
    data, opt = gaussian(20, 40, 0), optimizer("signum")
    assert not equilibria(data, memory(opt, data.n))
    found = predict(data, opt)
    assert (found.from_start, len(found.limits), len(found.limits[0].support)) == (Verdict.MEASURED, 1, 16)
    reached = end_of_run(data, opt, np.zeros(data.d))[1]
    assert misalignment(reached, found.limits[0].direction) < 1e-9


def test_random_orders_have_limits_of_their_own() -> None:
    """Told by runs, with a standard error. False variant: the limit in cyclic order."""
    data = gaussian(3, 6, 0)
    limits = {
        order: predict(data, optimizer("signum", order=order, beta1=Q(1, 2)), prove=False, work=1e-4).limits[
            0
        ]
        for order in ("cyclic", "reshuffle", "replacement")
    }
    drawn = limits["reshuffle"]
    assert (drawn.evidence, drawn.support) == (Verdict.MEASURED, (0, 1, 2))
    assert drawn.error is not None
    assert drawn.error < 0.03
    for other in ("cyclic", "replacement"):
        assert np.linalg.norm(limits[other].direction - drawn.direction) > 2 * drawn.error
    # 1 - cos is .064 from the cyclic one, by runs of 400,000 steps
    assert misalignment(limits["cyclic"].direction, drawn.direction) == pytest.approx(0.064, abs=0.01)


def test_a_row_that_fades_slowly_is_on_no_support(monkeypatch: pytest.MonkeyPatch) -> None:
    """All x_i[0] > 0, so u = (1, a), and rows 0 and 1 have one cost at a = 1/3, where row 2 has a fiftieth more."""
    asked = (rows((3, 2), (4, -1), (4, "-1/2")), optimizer("lion", order="reshuffle"))
    (limit,) = predict(*asked).limits
    assert (limit.evidence, limit.support) == (Verdict.MEASURED, (0, 1))
    assert limit.error is not None
    assert abs(limit.direction[1] / limit.direction[0] - 1 / 3) < 2 * limit.error < 1e-4
    monkeypatch.setattr(random_order, "AHEAD", 1e-6)  # row 2 has some of the weight to the end
    (short,) = predict(*asked).limits
    assert (short.evidence, short.support) == (Verdict.UNDECIDED, (0, 1, 2))
    assert "have not settled" in short.note


@pytest.mark.slow
def test_the_mean_of_the_runs_is_where_longer_runs_go() -> None:
    data, opt = gaussian(4, 6, 1), optimizer("signum", order="reshuffle", beta1=Q(1, 2))
    limit = predict(data, opt, prove=False).limits[0]
    run = increments(data.floats(), replace(opt, lr=Q(1, 20)), 2_000_000, seed=99)
    apart = np.linalg.norm(limit.direction - run.direction / np.linalg.norm(run.direction))
    assert apart < 3 * np.hypot(limit.error or 0, run.error)


def test_runs_that_have_not_settled_are_undecided() -> None:
    found = predict(load("iris"), optimizer("signgd", batch_size=3, order="reshuffle"), work=1e-4)
    assert found.from_start is Verdict.UNDECIDED
    assert found.limits[0].evidence is Verdict.UNDECIDED
    assert "not settled" in found.limits[0].note


DEGENERATE = (
    # row 0 sees one coordinate, and holds the support alone
    (
        rows((2, 0), (3, -2), (-1, -3), (3, 0), (1, 0)),
        optimizer("signum", beta1=Q(1, 10), batch_size=4),
        (1, -1),
    ),
    # row 2 alone; then rows 0 and 1 decide the other coordinates
    (rows((3, -2, -2), (0, -2, 1), (2, 0, 0)), optimizer("signum"), (1, -1, 1)),
    # two rows of one cost decide a coordinate each
    (
        rows((-2, -2, 0, -1), (0, -2, -2, 2), (-3, 0, -3, 2), (-1, -3, 0, 3), (0, 0, 1, 0)),
        optimizer("signum", beta1=Q(1, 2), batch_size=3),
        (-1, -1, 1, 1),
    ),
    # repeated rows, in one batch and in two; a column twice, and one against it
    (rows((3, -1), (3, -1), (-1, 3), (3, -1)), optimizer("signum", beta1=Q(1, 2)), None),
    (rows((3, -1, 1), (-1, 2, -2), (3, -1, 1), (3, -1, 1)), optimizer("signum", beta1=Q(1, 2)), None),
    (rows((3, -1), (3, -1), (-1, 3), (3, 2)), optimizer("signgd", batch_size=3), None),
    (rows((1, 1, 1), (1, -1, -1), (2, 1, 1)), optimizer("signgd", batch_size=2), None),
)


@pytest.mark.parametrize(("data", "opt", "drift"), DEGENERATE)
def test_degenerate_data_have_the_limits_that_runs_go_to(
    data: Dataset, opt: Optimizer, drift: tuple[int, ...] | None
) -> None:
    found = predict(data, opt)
    reached = run(data, opt, 200_000)
    assert min(misalignment(reached, limit.direction) for limit in found.limits) < 1e-6
    assert found.from_start is Verdict.MEASURED
    assert misalignment(reached, found.limits[0].direction) < 1e-6
    if drift is not None:
        assert misalignment(found.limits[0].direction, np.array(drift, dtype=float)) < 1e-30
    # False variant: the limit with its first coordinate turned is none of these.
    turned = found.limits[0].direction * np.append(-1, np.ones(data.d - 1))
    assert misalignment(reached, turned) > 1e-3


def test_a_level_below_is_decided_and_a_wrong_one_refused() -> None:
    data = rows((1, 0, 0), (2, 2, -1), (6, -1, 3))
    kept = memory(optimizer("signum", beta1=Q(1, 2)), 3)
    first = Proposal((0,), ())
    # Rows 1 and 2 meet in coordinates 1 and 2: at the signs of row 1 alone it costs 5, and row 2 costs 6 - 4.
    assert decide(data.rows, kept, first) is None  # coordinates 1 and 2 are left
    assert decide(data.rows, kept, first, Proposal((1,), ())) is None  # row 2 would cost less than row 1
    accepted = [
        found
        for k in (1, 2)
        for q in (1, 2)
        if (found := decide(data.rows, kept, first, Proposal((1, 2), ((q, k),)))) is not None
    ]
    assert accepted
    for found in accepted:
        costs = times(data.rows, found.u)
        assert costs[0] == found.costs[0] == 1
        assert costs[1] == costs[2] > 1


def test_a_level_below_does_not_cost_less_even_where_it_shares_no_column_with_the_first() -> None:
    data = rows((2, 0), (0, 1))
    kept = memory(optimizer("signum"), 2)
    dear, cheap = Proposal((0,), ()), Proposal((1,), ())
    assert decide(data.rows, kept, dear, cheap) is None
    found = decide(data.rows, kept, cheap, dear)
    assert found is not None
    assert (found.weights, found.u, found.slack) == ((0, 1), (1, 1), 1)


@pytest.mark.slow
def test_no_degenerate_set_is_a_crash_and_what_is_called_measured_is_where_a_run_goes() -> None:
    rng, answered = np.random.default_rng(5), 0
    for _ in range(8):
        X = rng.integers(-2, 3, (4, 3))
        X[:, 0] = 1 + np.abs(X[:, 0])  # separable: by the first unit vector
        X[1], X[:, 2] = X[0] * [1, -1, 1], X[:, 1] * rng.integers(-1, 2)
        data = rows(*X.tolist())
        name, options = ("signum", {"beta1": Q(1, 2)}) if rng.random() < 0.5 else ("signgd", {})
        opt = optimizer(name, batch_size=int(rng.integers(1, 4)), **options)
        found = predict(data, opt)
        if found.from_start is not Verdict.UNDECIDED:
            answered += 1
            assert misalignment(run(data, opt, 100_000), found.limits[0].direction) < 1e-4
    assert answered >= 6

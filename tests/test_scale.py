"""Large data: nothing is done twice or unasked, and the short ways give what the long ways gave."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q
from itertools import islice
from math import inf
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from verify.data import Dataset, load
from verify.data.separability import separate
from verify.evidence import Verdict
from verify.game import linear as convex
from verify.game import predict
from verify.game.games import pace
from verify.game.margins import Margins
from verify.game.signs import sign_limit as sign
from verify.game.signs.sign_limit import sign_limit
from verify.game.smooth import enclosed_limit, enclosure_cost
from verify.game.smooth.enclose import enclose
from verify.game.smooth.face import Level, newton
from verify.game.smooth.field import field
from verify.game.smooth.logit import branch
from verify.game.smooth.search import equilibria, follow
from verify.game.work import OutOfWork, Work
from verify.margins import NORMS, max_margin, polyhedral
from verify.optimizers import Optimizer, optimizer
from verify.problem.epoch_map import epoch_map

PROXY, ADAM = optimizer("adam-proxy"), optimizer("adam")


def planted(n: int, d: int, seed: int, zeros: float = 0.0) -> Dataset:
    """Integer rows on the positive side of a Gaussian w, of which that share of the entries is 0."""
    rng = np.random.default_rng(seed)
    X = rng.integers(-9, 10, (n, d)) * (rng.random((n, d)) >= zeros)
    X[np.arange(n), rng.integers(0, d, n)] += 10
    X = X * np.sign(X @ rng.standard_normal(d)).astype(int)[:, None]
    return Dataset("planted", tuple(tuple(Q(int(x)) for x in row) for row in X))


def moved(X: NDArray[np.float64], seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A log c, one entry of which is -inf, and directions."""
    rng = np.random.default_rng(seed)
    log_c, V = -6 * rng.random(len(X)), rng.standard_normal((len(X), 4))
    log_c[1], V[1] = -np.inf, 0
    return log_c, V


@pytest.mark.parametrize("zeros", [0.0, 0.6])
@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("adam-proxy", {}),
        ("gd", {}),
        ("gd", {"batch_size": "2"}),
        ("adam", {}),
        ("adam", {"batch_size": "3"}),
        ("adam", {"batch_size": "2", "beta1": Q(0), "beta2": Q(1, 10)}),
    ],
)
def test_the_derivative_by_all_rows_at_once_is_that_of_complex_steps(
    name: str, asked: dict[str, Any], zeros: float
) -> None:
    X = planted(11, 4, 3, zeros).floats()
    game = field(X, optimizer(name, **asked))
    for seed in range(3):
        log_c, V = moved(X, seed)
        slow = replace(game, along=None).slope(log_c, V)
        assert game.slope(log_c, V) == pytest.approx(slow, rel=1e-10, abs=1e-12 * np.abs(slow).max())


def test_the_same_in_an_order_in_which_rows_come_more_than_once() -> None:
    X = planted(7, 3, 5).floats()
    table = np.random.default_rng(1).integers(0, 7, (15, 2))
    game = field(X, optimizer("adam", batch_size="2"), table)
    log_c, V = moved(X, 0)
    assert game.slope(log_c, V) == pytest.approx(
        replace(game, along=None).slope(log_c, V), rel=1e-9, abs=1e-13
    )


@pytest.mark.parametrize("opt", [PROXY, ADAM], ids=["adam-proxy", "adam"])
def test_the_pace_is_that_of_the_derivative_by_each_weight(opt: Any) -> None:
    data = planted(30, 4, 2)
    X, limit = data.floats(), predict(data, opt, starts=0).limits[0]
    S, U = list(limit.support), epoch_map(opt, X)
    with np.errstate(divide="ignore"):
        log_c = np.log(limit.weights)
    h = 1e-100
    slope = np.array([(X[S] @ U(log_c + 1j * h * e)).imag / h for e in np.eye(len(X))[S]]).T
    size = np.abs(np.linalg.eigvals(slope))
    found = pace(limit, X, opt)
    assert found.fastest == pytest.approx(max(size.max(), (X @ U(log_c))[S].min()), rel=1e-9)
    assert 0 < found.slowest <= size[size > 1e-9 * found.fastest].min() * (1 + 1e-6)


def counted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[int]:
    """A list with one entry for each call of that function of the module."""
    calls: list[int] = []
    true = getattr(module, name) if hasattr(module, name) else __builtins__[name]  # type: ignore[index]

    def counting(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return true(*args, **kwargs)

    monkeypatch.setattr(module, name, counting, raising=False)
    return calls


def test_a_game_of_flows_solves_no_linear_program(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = [counted(monkeypatch, module, "solve_lp") for module in (polyhedral, sign)]
    assert predict(planted(40, 5, 1), PROXY, starts=0).limits
    assert predict(planted(40, 5, 1), optimizer("gd")).limits
    assert not any(programs)
    predict(planted(40, 5, 1), optimizer("signgd"))
    assert len(programs[0]) + len(programs[1]) == 1


def widened(data: Dataset) -> Dataset:
    """With a column of zeros and a multiple of the first column, which a rule of signs puts together with it."""
    return Dataset(f"{data.name}, widened", tuple((x, *rest, Q(0), -2 * x) for x, *rest in data.rows))


@pytest.mark.parametrize("data", [planted(40, 5, 1), widened(planted(40, 5, 1))])
def test_what_is_solved_for_the_margins_is_not_solved_again(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Margins(data)
    for norm in NORMS:
        assert known.of(norm) == max_margin(data, norm)
    programs = [counted(monkeypatch, module, "solve_lp") for module in (polyhedral, sign)]
    least = counted(monkeypatch, __import__("verify.margins.maximum", fromlist=["x"]), "least_norm")
    separations = counted(monkeypatch, __import__("verify.game.margins", fromlist=["x"]), "require_separable")
    for name in ("gd", "signgd", "adam-proxy"):
        assert predict(data, optimizer(name), starts=0, margins=known).limits
    assert not any((*programs, least, separations))


@pytest.mark.parametrize(
    "data",
    [
        load("iris"),
        planted(9, 6, 4, 0.7),
        planted(6, 4, 8, 0.5),
        planted(20, 3, 0),
        widened(planted(20, 3, 0)),
    ],
)
def test_the_sign_game_is_the_same_from_the_margins_program(data: Dataset) -> None:
    assert Margins(data).sign_limit() == sign_limit(data)


def test_weights_of_the_l2_margin_are_summed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    data = planted(200, 3, 6)
    sums = counted(monkeypatch, convex, "sum")
    limit = predict(data, optimizer("gd")).limits[0]
    assert limit.weights.sum() == pytest.approx(1)
    assert len(sums) < 40  # one for the weights, few for the length of the direction: not one for each row


@pytest.mark.slow
def test_no_digits_no_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    data = planted(6, 3, 1)
    enclosures = counted(monkeypatch, enclosed_limit, "enclose")
    plain = predict(data, PROXY, digits=0).limits[0]
    assert not enclosures
    assert plain.evidence is Verdict.MEASURED
    assert plain.radius is None
    assert not plain.decimals
    proved = predict(data, PROXY, digits=20).limits[0]
    assert enclosures
    assert proved.evidence is Verdict.CERTIFIED
    assert plain.direction == pytest.approx(proved.direction, abs=1e-12)


def test_an_enclosure_that_is_too_dear_is_not_made_and_the_answer_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = planted(60, 5, 1)
    enclosures = counted(monkeypatch, enclosed_limit, "enclose")
    limit = predict(data, ADAM, starts=0, digits=20, within=1e-6).limits[0]
    assert not enclosures
    assert limit.evidence is Verdict.MEASURED
    assert "not enclosed, which would take about" in limit.note
    assert predict(data, ADAM, starts=0, digits=20, within=60.0).limits[0].evidence is Verdict.CERTIFIED
    monkeypatch.setattr(enclosed_limit, "MOST_MEGABYTES", 1e-6)
    assert "MB" in predict(data, ADAM, starts=0, digits=20).limits[0].note


def test_what_an_enclosure_takes_grows_as_estimated() -> None:
    small, large = planted(60, 4, 1), planted(60, 8, 1)
    costs = []
    for data in (small, large):
        game = field(data.floats(), ADAM)
        found = predict(data, ADAM, starts=0, prove=False).limits[0]
        rows = np.array(found.support)
        with np.errstate(divide="ignore"):
            e = newton(game, (Level(rows, np.arange(data.d)),), np.log(found.weights))
        assert e is not None
        assert enclose(data, ADAM, e, 20).slack is not None
        costs.append(enclosure_cost.enclosure_cost(data, ADAM, e))
    assert costs[0].seconds < costs[1].seconds
    assert costs[0].megabytes < costs[1].megabytes


@pytest.mark.parametrize("data", [planted(300, 40, 0), planted(60, 150, 1, 0.9), planted(200, 60, 2, 0.5)])
def test_separators_of_planted_sets_need_no_exact_program(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    import verify.numbers.lp.exact

    programs = counted(monkeypatch, verify.numbers.lp.exact, "solve_lp")
    w, _ = separate(data)
    assert w is not None
    assert not programs
    assert all(sum(x * v for x, v in zip(row, w, strict=True)) > 0 for row in data.rows)
    opposite = Dataset("opposite", (*data.rows, tuple(-x for x in data.rows[0])))
    assert separate(opposite)[0] is None
    assert programs


def test_a_search_whose_work_is_used_up_says_so_and_where_it_stood() -> None:
    data = planted(12, 3, 2)
    whole = predict(data, PROXY, starts=2)
    assert "partial" not in whole.note
    assert whole.from_start is Verdict.MEASURED
    none = predict(data, PROXY, starts=2, work=1e-9)
    assert not none.limits
    assert not none.complete
    assert none.from_start is Verdict.UNDECIDED
    assert "the flow from w_0 was given up at weights 0.0833 on row 0" in none.note
    assert "and 2 more not followed" in none.note
    # Enough for the branch of logit equilibria, not for the flow: a limit, of which it is not said that w goes there.
    some = predict(data, PROXY, starts=2, work=4e-6)
    assert some.limits[0].direction == pytest.approx(whole.limits[0].direction, abs=1e-12)
    assert some.from_start is Verdict.UNDECIDED
    assert "limit 0 is the end of the branch of logit equilibria" in some.note
    assert some.note == predict(data, PROXY, starts=2, work=4e-6).note
    # What the flow from w_0 found stays what it is if only later flows are given up.
    game = field(data.floats(), PROXY)
    for work, stopped, lost in ((3e5, 1, [1, 2]), (inf, None, [])):
        ends = equilibria(replace(game, work=Work(work)), PROXY.loss, np.zeros(3), 2, 0)
        assert (ends.given_up.number if ends.given_up else None) == stopped
        assert ends.lost == lost
        assert ends.found[0].limit().direction == pytest.approx(whole.limits[0].direction, abs=1e-12)


def test_work_is_counted_and_what_is_left_is_none_once_it_ended() -> None:
    work = Work(10.0)
    work.spend(9.0)
    with pytest.raises(OutOfWork):
        work.spend(2.0)
    with pytest.raises(OutOfWork):
        work.spend(0.5)


@pytest.mark.parametrize("opt", [PROXY, ADAM])
@pytest.mark.parametrize("data", [planted(40, 5, 1), planted(30, 12, 4, 0.7), planted(8, 20, 3)])
def test_the_branch_of_logit_equilibria_and_where_it_ends(data: Dataset, opt: Optimizer) -> None:
    X = data.floats()
    game = field(X, opt)
    path = list(islice(branch(game), 6))
    for log_c in path:
        costs = X @ game.drift(log_c)
        centred = log_c - log_c.mean(), costs - costs.mean()
        inverse = -(centred[0] @ centred[1]) / (centred[1] @ centred[1])
        assert inverse > 0
        # Newton's last step is below 0.3 in log c, and converges at second order.
        assert np.abs(centred[0] + inverse * centred[1]).max() < 0.1 * max(1.0, np.abs(centred[0]).max())
    turned = path[-1][::-1]
    assert np.abs(turned + inverse * (X @ game.drift(turned))).max() > 0.1 * np.ptp(turned)
    end = follow(game, branch(game))
    flow = predict(data, opt, starts=0, prove=False).limits[0]
    assert end is not None
    assert end.limit().direction == pytest.approx(flow.direction, abs=1e-10)


def test_work_is_counted_by_rows_that_weigh() -> None:
    data = planted(20, 3, 1)
    log_c, spent = -np.arange(20.0), []
    for few in (log_c, np.where(log_c > -5, log_c, -np.inf)):
        work = Work(1e9)
        field(data.floats(), PROXY, work=work).drift(few)
        spent.append(1e9 - work.left)
    assert spent[0] == pytest.approx(4 * spent[1])

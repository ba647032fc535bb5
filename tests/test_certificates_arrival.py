"""Certificates of where a run goes: forgeries, each refused by one obligation; and what predict says with --start."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction as Q
from functools import cache
from typing import Any

import numpy as np
import pytest
from forging import CLASSES, dataset, restated, trials
from fuzz_certificates import ORIGINALS, arrival_of

from verify.certificate import basin, check_document
from verify.certificate.basin import Hold
from verify.certificate.check import read
from verify.certificate.field import costs, game_of
from verify.certificate.kinds import arrival
from verify.certificate.kinds.arrival import is_ratio
from verify.certificate.program import read_rule
from verify.certificate.writing import spell
from verify.errors import BadInput, Undecided
from verify.evidence import Verdict
from verify.game import predict
from verify.game.flows.run_arrival import arrival_certificate
from verify.numbers.systems.balls import around, ball, precision
from verify.optimizers import Optimizer, optimizer
from verify.optimizers.carried import carried_game
from verify.optimizers.schedules import SCHEDULES
from verify.optimizers.trajectory import trajectory

Document = dict[str, Any]
MODULES = (basin, arrival)
GENUINE = ORIGINALS.under("arrival of ")
# One row is the support: no direction in which the weights could move.
SHORT = optimizer("adam", beta1=0, beta2=Q(1, 2), lr=Q(1, 10**6), decay=Q(1, 2))


@cache
def vertex() -> Document:
    """Of a run to one row."""
    return arrival_of(SHORT, dataset((3, 3), (5, "5/2")), ("5", "5"))


@pytest.mark.parametrize("name", GENUINE)
def test_the_genuine_ones_are_valid(name: str) -> None:
    assert check_document(GENUINE[name]).valid
    assert check_document(vertex()).valid


def forged(base: Document, **changes: Any) -> Document:
    return restated(base, "claim", **changes)


def of_classes() -> Document:
    return forged(vertex() | {"data": CLASSES}, start=[1, 0, 0], direction=[1, 0, 0])


def with_rule(opt: Any, **changes: Any) -> Document:
    """Another rule on the row that is the only support."""
    return forged(vertex(), **(carried_game(opt, 2) | changes))


def proxy(**changes: Any) -> Document:
    """A forgery of AdamProxy's."""
    return forged(GENUINE["adam-proxy"], **changes)


def alternating() -> Document:
    """Powers of beta_1 of either sign, whose sum is no bound on what the moments remember."""
    return restated(vertex(), "claim", "rule", "hyper", beta1="-1/8")


DOUBLED = [["constant", "2"], ["input", "z"], ["exp", "1"], ["+", "0", "2"], ["/", "0", "3"]]
DEEP = (Q("16.59"), Q("7.67"))  # where the run is in the region from the start
FORGERIES: dict[str, tuple[str, Callable[[], Document]]] = {
    "another loss": ("loss", lambda: proxy(loss=DOUBLED)),
    "steps that do not vanish": ("steps", lambda: proxy(decay=0)),
    "steps of a finite sum": ("steps", lambda: proxy(decay=Q(11, 10), start=DEEP)),
    "Adam by batches of two": ("rule", lambda: forged(vertex(), batch_size=2)),
    "a rule of another memory": ("rule", lambda: forged(vertex(), **carried_game(OTHER, 2))),
    "an epoch cut short": ("epoch", lambda: forged(vertex(), steps=int(vertex()["claim"]["steps"]) + 1)),
    "not there yet": ("arrived", lambda: proxy(steps=0)),
    "deep, and beside the equilibrium": ("arrived", lambda: proxy(start=(Q(20), Q(4)))),
    "where other rows still weigh": ("held", lambda: proxy(late=Q(1, 16))),
    "steps that leave the region": ("held", lambda: proxy(lr=100, steps=0, start=DEEP)),
    "a memory of either sign": ("fades", alternating),
    "errors by which a row may gain weight": ("fades", lambda: forged(vertex(), lr=Q(1, 600))),
}
# So much is wrong with these that a later obligation would see it too.
ROUGH: dict[str, tuple[str, Callable[[], Document]]] = {
    "a metric of another size": ("metric", lambda: proxy(metric=[])),
    "a metric that is not square": ("metric", lambda: proxy(metric=[[1, 0]])),
    "steps too long for the memory": ("memory", lambda: forged(vertex(), lr=Q(1, 200))),
    "steps too long by far": ("memory", lambda: forged(vertex(), lr=Q(1, 10))),
    "errors beside which margins need not grow": ("grows", lambda: forged(vertex(), lr=Q(1, 300))),
    "several classes": ("classes", of_classes),
}
OTHER = optimizer("adam-abs", beta1=0, beta2=Q(1, 2))


(
    test_one_obligation_rejects_the_forgery,
    test_only_that_obligation_does,
    test_every_obligation_has_a_forgery,
) = trials(FORGERIES | ROUGH, MODULES, alone=FORGERIES)


def test_only_adam_is_taken_for_adam() -> None:
    def read(name: str) -> Any:
        return read_rule(spell(carried_game(optimizer(name), 2)["rule"]), "rule")

    assert is_ratio(read("adam"))
    assert not any(map(is_ratio, map(read, ("adam-abs", "rmsprop", "nadam", "signum", "lion", "adam-proxy"))))


THREE = dataset((1, -4, -1), (3, -3, 5), (4, -1, -4))


def test_predict_certifies_the_run_itself() -> None:
    run = predict(THREE, optimizer("ngd"), start=[Q(0)] * 3, starts=0).run
    assert run is not None
    assert run.evidence is Verdict.CERTIFIED
    assert run.document is not None
    (w,) = trajectory(THREE.floats(), optimizer("ngd"), [20_000]).weights
    z = THREE.floats() @ w
    c = np.exp(z.min() - z)
    assert np.abs(c / c.sum() - [float(Q(x)) for x in run.document["claim"]["center"]]).max() < 1e-3


@pytest.mark.parametrize(
    ("opt", "why"),
    [
        (optimizer("adam"), "the steps are too long for the memory of v"),
        (optimizer("adam", batch_size=2), "it knows Adam by single samples only"),
        (optimizer("adam", bias_correction=True), "bias_correction=True: there is no certificate"),
        (optimizer("adam", order="reshuffle"), "order=reshuffle: there is no certificate"),
        (optimizer("adam", eps=Q(1, 100)), "eps=1/100: there is no certificate"),
        (optimizer("adam-proxy", weight_decay=Q(1, 100)), "weight_decay=1/100: there is no certificate"),
        (optimizer("adam", l2=Q(1, 100)), "its step reads w"),
        (optimizer("adam-proxy", schedule=SCHEDULES["warmup"]), "schedules"),
        (optimizer("adam-proxy", decay=0), "tend to 0"),
        (optimizer("adam-proxy", lr=Q(1, 10**6)), "not in a region that holds it after"),
    ],
)
def test_where_no_run_is_certified_it_is_said_why(opt: Optimizer, why: str) -> None:
    data = dataset((2, -1), (1, 1))
    limit = predict(data, optimizer("adam-proxy"), starts=0, digits=0).limits[0]
    with pytest.raises((BadInput, Undecided), match=why):
        arrival_certificate(data, opt, [Q(0)] * 2, limit)


def test_nothing_is_said_of_runs_that_nobody_asked_for_or_whose_steps_do_not_vanish() -> None:
    assert predict(THREE, optimizer("ngd"), starts=0).run is None
    assert predict(THREE, optimizer("ngd", decay=0), start=[Q(0)] * 3, starts=0).run is None


@pytest.mark.slow
def test_each_limit_that_attracts_holds_the_runs_that_begin_near_it() -> None:
    """Two basins of AdamProxy; in its third equilibrium, a saddle, no run is held."""
    proxy = optimizer("adam-proxy", lr=Q(1, 20))
    for limit in predict(THREE, proxy).limits:
        c = limit.weights
        z = [8 - math.log(c[i]) if c[i] else 20.0 for i in range(3)]
        start = [Q(round(entry * 1000), 1000) for entry in np.linalg.solve(THREE.floats(), z)]
        if limit.stability == "attracting":
            assert check_document(arrival_certificate(THREE, proxy, start, limit)).valid
        else:
            with pytest.raises(Undecided, match="no region is found"):
                arrival_certificate(THREE, proxy, start, limit)


def test_an_error_takes_from_what_holds_the_region() -> None:
    held = Hold(ball(1), ball(2), ball(Q(1, 10)), ball(3))
    with precision(64):
        free = held.lacks(Q(1, 2), ball(0), ball(0))
        assert abs(free + ball(Q(2, 5))) < ball(Q(1, 10**9))
        assert held.lacks(Q(1, 2), ball(0), ball(Q(1, 100))) - free > ball(Q(29, 1000))
        assert held.lacks(Q(1, 2), ball(Q(1, 10)), ball(0)) - free > ball(Q(99, 1000))


def test_a_bound_on_eigenvalues_sees_what_is_off_the_diagonal() -> None:
    with precision(64):
        rows = [[ball(-2), ball(1)], [ball(1), ball(-2)]]
        assert abs(basin._above(rows) + 1) < ball(Q(1, 10**9))


def test_what_holds_the_region_bounds_the_flow_all_over_it() -> None:
    """The push at the corner where a row off the support weighs most, and the contraction all over y's range."""
    data, _, claim, _ = read(GENUINE["adam-proxy"])
    with precision(128):
        game, a, rho = game_of(claim, data), ball(claim["metric"][0][0]), ball(claim["rho"])
        held, late = basin.hold(data, game, claim, False, ball(0)), ball(claim["late"])
        middle = (ball(claim["center"][0]) / ball(claim["center"][1])).log()
        F = costs(game, data.rows, [ball(1), (-middle).exp(), late]).costs
        assert abs(a * (F[1] - F[0])) <= held.push
        E = (-around(middle, (rho / a).abs_upper())).exp()
        at = costs(game, data.rows, [ball(1), E, around(late / 2, late / 2)], range(3)).slopes
        least = ((at[1][1] - at[0][1]) * E).lower()
        assert held.kappa.lower() <= least + ball(Q(1, 10**30))

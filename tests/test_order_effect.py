"""What the order of the rows does to a rule with a memory, and the families that an order defeats."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import marginproof
from verify.claims.hypotheses import SMALL
from verify.claims.instances import dataset
from verify.claims.judges.maps import U
from verify.data import load
from verify.errors import BadInput
from verify.game.order_effect import order_effect
from verify.optimizers import optimizer
from verify.optimizers.trajectory import trajectory

F = Fraction


def test_sorted_types_have_a_negative_mean_cost_and_reshuffled_not() -> None:
    data = load("sorted-types:k=30,a=7/2,b=1")
    found = order_effect(data, optimizer("adam", beta1=F(0), beta2=F(4, 5)))
    assert found is not None
    assert found.uniform.given < 0 < found.uniform.reshuffled - 3 * found.uniform.standard_error
    assert "the loss rises" in found.warning
    X = data.floats()
    costs = X @ U(optimizer("adam", beta1=F(0), beta2=F(4, 5)), X, X[:, 0] * 0 + 1 / 90)
    assert costs == pytest.approx([found.uniform.given] * 90)


def test_iris_sorted_by_class_is_warned_of_where_the_memory_is_short() -> None:
    iris = load("iris")
    for opt in (optimizer("adam", beta2=F(9, 10)), optimizer("signum")):
        found = order_effect(iris, opt)
        assert found is not None
        assert 0 < found.uniform.given < 0.9 * found.uniform.reshuffled
        assert found.warning.count("uniform weights") == 1
    found = order_effect(iris, optimizer("adam"))
    assert found is not None
    assert not found.warning


def test_wine_sorted_by_class_is_warned_of_though_nothing_is_lost_at_uniform_weights() -> None:
    """A run by small steps from w_0 = 0 drives its loss up, a reshuffled one down."""
    wine = load("wine")
    opt = optimizer("adam", beta1=F(1, 2), beta2=F(9, 10), lr=F(2, 10**6), decay=F(0))
    found = order_effect(wine, opt)
    assert found is not None
    assert not found.uniform.lost
    assert found.way.given < 0 < found.way.reshuffled
    assert "the loss rises where the mean cost is below 0" in found.warning

    def loss(order: str) -> float:
        z = wine.floats() @ trajectory(wine.floats(), replace(opt, order=order), [40 * wine.n]).weights[0]
        return float(np.log(np.exp(z.min() - z).mean()) - z.min())

    assert loss("cyclic") > 0 > loss("reshuffle")


@pytest.mark.parametrize(
    "opt",
    [
        optimizer("gd"),
        optimizer("adam-proxy"),
        optimizer("adam", batch_size="full"),
        optimizer("signum", order="reshuffle"),
    ],
)
def test_where_no_order_is_remembered_nothing_is_said(opt) -> None:  # type: ignore[no-untyped-def]
    assert order_effect(load("iris"), opt) is None


def test_a_prediction_says_it_in_text_and_json() -> None:
    found = marginproof.predict("sorted-types:k=3", optimizer="adam", beta1=0, beta2="1/4", steps=0)
    document = json.loads(json.dumps(found.to_dict()))["order"]
    assert document["uniform"]["given"] < 0
    assert document["warning"] in " ".join(str(found).split())


def test_families_refuse_what_does_not_separate() -> None:
    with pytest.raises(BadInput, match="a > 2b > 0"):
        load("sorted-types:k=2,a=3,b=3/2")
    with pytest.raises(BadInput, match="n=0"):
        load("one-against-all:n=0")
    assert dataset("one-against-all:n=4").rows[1] == (-1, 4, -1, -1)


def test_the_condition_for_a_positive_cost_is_decided_exactly() -> None:
    """Rows (1, 0), (0, 1): gamma = R = 1, so beta2^(-1/2) < 1 + 1/sqrt 2, beta2 > 6 - 4 sqrt 2 = 0.343146."""

    class Asked:
        data = marginproof.load([[1, 0], [0, 1]])
        optimizer = optimizer("adam", beta1=F(0), beta2=F(343147, 10**6))

    assert SMALL.test is not None
    assert SMALL.test(Asked())
    Asked.optimizer = optimizer("adam", beta1=F(0), beta2=F(343145, 10**6))
    assert not SMALL.test(Asked())

"""Choices of an optimizer: bad values, orders of samples, step sizes, closed forms of the epoch map."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
import pytest

from verify.errors import BadInput
from verify.numbers.systems.balls import BALLS, ball, bounds, precision
from verify.optimizers import optimizer
from verify.optimizers.order import tables
from verify.optimizers.rules import RULES
from verify.problem.epoch_map import epoch_map


@pytest.mark.parametrize(
    ("named", "choices"),
    [
        ("optimizer=adamax", {"name": "adamax"}),
        ("beta1=1", {"name": "adam", "beta1": Fraction(1)}),
        ("beta2=-1/2", {"name": "adam", "beta2": Fraction(-1, 2)}),
        ("eps=-1", {"name": "adam", "eps": Fraction(-1)}),
        ("eps=1/8: signum", {"name": "signum", "eps": Fraction(1, 8)}),
        ("bias_correction=True: gd", {"name": "gd", "bias_correction": True}),
        ("eps_place=under", {"name": "adam", "eps_place": "under"}),
        ("beta1=1/2: gd has no such hyperparameter", {"name": "gd", "beta1": Fraction(1, 2)}),
        (
            "beta2=1/2: signum has no such hyperparameter, only beta1",
            {"name": "signum", "beta2": Fraction(1, 2)},
        ),
        ("beta1='x' is not a number", {"name": "adam", "beta1": "x"}),
        ("weight_decay=-1 is negative", {"name": "gd", "weight_decay": -1}),
        ("lr=0", {"name": "gd", "lr": Fraction(0)}),
        ("decay=2", {"name": "gd", "decay": Fraction(2)}),
        ("order=sorted", {"name": "adam", "order": "sorted"}),
        ("loss=hinge", {"name": "adam", "loss": "hinge"}),
        ("batch-size=many", {"name": "adam", "batch_size": "many"}),
        ("batch-size=0", {"name": "adam", "batch_size": 0}),
        ("order=replacement: adam-proxy", {"name": "adam-proxy", "order": "replacement"}),
    ],
)
def test_bad_choices_are_named(named: str, choices: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=named):
        optimizer(**choices)


def test_a_batch_larger_than_the_data_is_named() -> None:
    with pytest.raises(BadInput, match="batch-size=9 is more than the number of samples N=4"):
        optimizer("adam", batch_size=9).batch(4)


def test_defaults() -> None:
    assert [optimizer(name).batch(6) for name in ("adam", "signum", "signgd", "gd", "ngd", "adam-proxy")] == [
        1, 1, 6, 6, 6, 6,
    ]  # fmt: skip
    assert optimizer("adam", batch_size="full").full_batch(6)
    assert not optimizer("adam", batch_size="full", order="replacement").full_batch(6)


def test_the_full_batch_may_be_named_by_its_size() -> None:
    assert optimizer("adam-proxy", batch_size=6).full_batch(6)
    with pytest.raises(BadInput, match="batch-size=3: adam-proxy is defined for the full batch only, here 6"):
        optimizer("adam-proxy", batch_size=3).batch(6)


@pytest.mark.parametrize("batch", [1, 2, 3, 7])
def test_orders(batch: int) -> None:
    n, epochs = 7, 5
    per_epoch = -(-n // batch)
    for order in ("cyclic", "reshuffle", "replacement"):
        rows = list(islice((r for t in tables(n, batch, order, seed=1) for r in t), epochs * per_epoch))
        for e in range(epochs):
            epoch = np.concatenate(rows[e * per_epoch : (e + 1) * per_epoch])
            samples = epoch[epoch >= 0]
            drawn_with = order == "replacement"
            assert len(samples) == (len(epoch) if drawn_with else n), (
                "each batch drawn has batch_size samples"
            )
            assert (epoch[len(samples) :] == -1).all(), "only the last batch is filled up"
            if order == "cyclic":
                assert list(samples) == list(range(n))
            elif order == "reshuffle":
                assert sorted(samples) == list(range(n))
            else:
                assert samples.max() < n
    drawn = [next(tables(40, 40, "reshuffle", seed=s))[0].tobytes() for s in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("decay", [Fraction(0), Fraction(1, 2), Fraction(7, 10), Fraction(1)])
def test_step_sizes(decay: Fraction) -> None:
    opt = optimizer("gd", lr=Fraction(3, 7), decay=decay)
    etas = opt.step_sizes(10, 14)
    np.testing.assert_allclose(etas, [3 / 7 * (t + 2) ** -float(decay) for t in range(10, 14)], rtol=1e-14)
    with precision(100):
        for t, eta in zip(range(10, 14), etas, strict=True):
            low, high = bounds(opt.step_size(BALLS)(ball(t)))
            assert high - low < Fraction(1, 10**25)
            assert float(low) == pytest.approx(eta, rel=1e-14)


X = np.random.default_rng(3).standard_normal((6, 4)) + 0.3
LOG_C = np.random.default_rng(4).uniform(-3, 0, 6)


def closed_form(name: str, batch: int, b1: float, b2: float) -> Any:
    """The closed forms of the epoch map for frozen gradients -c_j x_j."""
    c = np.exp(LOG_C)
    G = np.array([(c[q : q + batch, None] * X[q : q + batch]).sum(axis=0) for q in range(0, 6, batch)])
    full = c @ X
    if name == "adam-proxy":
        return full / 6 / np.sqrt(((c[:, None] * X) ** 2).sum(axis=0))
    if name == "ngd":
        return (G / np.linalg.norm(G, axis=1, keepdims=True)).mean(axis=0)
    if name == "signgd":
        return np.sign(full)
    if name == "gd":
        return full / 6
    B = len(G)
    lag = (np.arange(B)[:, None] - np.arange(B)) % B
    if name == "signum":
        return np.sign(b1**lag @ G).mean(axis=0)
    C = (1 - b1) / (1 - b1**B) * np.sqrt((1 - b2**B) / (1 - b2))
    return C / B * (b1**lag @ G / np.sqrt(b2**lag @ G**2)).sum(axis=0)


@pytest.mark.parametrize(
    ("name", "batch"),
    [("adam", 1), ("adam", 2), ("adam", 3), ("adam", 6), ("signum", 1), ("signum", 2), ("ngd", 2)]
    + [(name, 6) for name in ("adam-proxy", "signgd", "gd", "ngd")],
)
def test_epoch_map_has_its_closed_form(name: str, batch: int) -> None:
    size = batch if name in ("adam", "signum", "ngd") else "full"
    betas = {"beta1": Fraction(8, 10), "beta2": Fraction(95, 100)}
    opt = optimizer(
        name, batch_size=size, **{key: value for key, value in betas.items() if key in RULES[name].betas}
    )
    U = epoch_map(opt, X)
    expected = closed_form(name, batch, 0.8, 0.95)
    np.testing.assert_allclose(U(LOG_C), expected, rtol=1e-12)
    if name != "gd":  # homogeneous of degree 0, and as good where exp underflows
        np.testing.assert_allclose(U(LOG_C - 2000), expected, rtol=1e-10)
    if name in ("adam", "adam-proxy", "ngd", "gd"):  # derivatives by the complex step
        h = 1e-6
        for j in range(6):
            move = np.eye(6)[j]
            slope = (U(LOG_C + h * move) - U(LOG_C - h * move)) / (2 * h)
            exact = U(LOG_C + 1e-30j * move).imag / 1e-30
            np.testing.assert_allclose(exact, slope, rtol=1e-6, atol=1e-8)


def test_epoch_map_of_normalized_gd_without_the_first_column() -> None:
    gap = np.concatenate([np.zeros((6, 1)), X], axis=1)
    U = epoch_map(optimizer("ngd"), gap)(LOG_C - 2000)
    np.testing.assert_allclose(U[1:], closed_form("ngd", 6, 0, 0), rtol=1e-12)


def test_each_epoch_is_reshuffled_anew() -> None:
    epochs = next(tables(7, 1, "reshuffle", 0)).reshape(-1, 7)
    assert len({tuple(epoch) for epoch in epochs.tolist()}) > len(epochs) / 3  # of 7! = 5040 orders

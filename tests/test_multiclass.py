"""Samples that own several rows: reading them, their margins and certificates."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from verify.ask.checks import check
from verify.certificate.check import check_document
from verify.data import Dataset, NotSeparable, load, require_separable
from verify.data.classes import multiclass
from verify.data.dataset import Classes
from verify.data.given import given
from verify.errors import BadInput
from verify.margins import margin_certificate, max_margin, not_separable_certificate

X = [[Fraction(3), Fraction(1)], [Fraction(-1), Fraction(2)], [Fraction(1), Fraction(-4)]]


def three() -> Dataset:
    return multiclass("three", X, [0, 1, 2], ["a", "b", "c"])


def test_rows_are_the_products_of_classes_and_samples() -> None:
    data = three()
    W = np.arange(6.0).reshape(3, 2)
    for row, margin in enumerate(data.floats() @ W.ravel()):
        sample, against = data.called(row)
        own = data.classes.labels[sample] if data.classes else -1
        assert against != own
        assert margin == (W[own] - W[against]) @ np.array(X[sample], dtype=float)
    assert (data.n, data.samples, data.owned, data.shape) == (6, 3, 2, (3, 2))
    assert [[float(x) for x in row] for row in data.rows] == data.floats().tolist()


def test_two_labels_or_a_choice() -> None:
    with pytest.raises(BadInput, match=r"--positive .* --multiclass"):
        load("digits")
    with pytest.raises(BadInput, match="one class against all, or all of them"):
        load("iris", multiclass=True, positive="setosa")
    with pytest.raises(BadInput, match="needs labels"):
        given(X, multiclass=True)


def test_classes_are_in_the_order_of_numbers_and_words() -> None:
    data = given(np.eye(4), [10, 9, -1, 2.0], multiclass=True)
    assert data.classes is not None
    assert data.classes.names == ("-1", "2", "9", "10")


@pytest.mark.parametrize("norm", ["l1", "l2", "linf"])
def test_margins_of_two_classes_are_the_binary_ones(norm: Any) -> None:
    """l_inf twice, l2 sqrt 2 times, l1 once (w = W_1 - W_0)."""
    y = [1, 0, 1, 1, 0]
    rows = [[2, 1], [-1, 1], [1, 0], [3, 4], [-2, -5]]
    one, several = given(rows, y), given(rows, y, multiclass=True)
    factor = {"l1": 1, "l2": 2, "linf": 2}[norm]
    assert max_margin(several, norm).value == factor * max_margin(one, norm).value


@pytest.mark.parametrize("norm", ["l1", "l2", "linf"])
def test_certificates_carry_samples(norm: Any) -> None:
    data = load("gaussian:n=6,d=3,classes=3,seed=1")
    document = margin_certificate(max_margin(data, norm))
    assert set(document["data"]) == {"samples", "labels", "classes"}
    assert check_document(document, data.rows).valid
    assert "of 3 classes" in document["statement"]
    assert data.digest() in document["statement"]


def test_another_label_is_another_data_set() -> None:
    document = margin_certificate(max_margin(three(), "l2"))
    other = document | {"data": document["data"] | {"labels": ["0", "2", "1"]}}
    assert check_document(other).obligation == "statement"
    assert check_document(document, multiclass("", X, [0, 2, 1], "abc").rows).obligation == "data"
    for key, wrong, obligation in (("labels", ["0", "1", "3"], "shape"), ("classes", "1", "range"),
                                   ("labels", ["0", "1"], "shape")):  # fmt: skip
        broken = document | {"data": document["data"] | {key: wrong}}
        assert check_document(broken).obligation == obligation


def test_the_same_rows_of_samples_of_one_row_are_another_data_set() -> None:
    """Batches hold samples: a certificate about rows in batches of their own is none about samples of two rows."""
    data = three()
    own, alone = (margin_certificate(max_margin(each, "l2")) for each in (data, Dataset("alone", data.rows)))
    assert check(own, data).valid
    assert check(alone, data).reason == "data: a sample has 1 rows in the certificate, and 2 in the data set"
    assert not check(own, Dataset("alone", data.rows)).valid


def test_iris_is_not_separable_and_one_sample_is_the_fewest() -> None:
    data = load("iris", multiclass=True)
    with pytest.raises(NotSeparable) as refusal:
        require_separable(data)
    assert check_document(not_separable_certificate(refusal.value), data.rows).valid
    assert {data.called(i)[0] for i, c in enumerate(refusal.value.weights) if c} >= {83}
    less = load("iris", multiclass=True, drop_fewest=True)
    assert less.samples == 149
    assert "sample 83 of 150" in less.origin.notes[-1]
    require_separable(less)


def test_the_fewest_of_two() -> None:
    """Two contradictions that share no sample: one sample does not do."""
    rows, y = [[1, 0], [1, 0], [0, 1], [0, 1], [1, 1]], [0, 1, 0, 1, 0]
    data = given(rows, y, drop_fewest=True)
    assert data.n == 3
    assert "samples" in data.origin.notes[-1]
    assert given([[1, 2], [3, 4]], [0, 1], drop_fewest=True).n == 2


def test_wine_and_digits_are_separable() -> None:
    wine, digits = load("wine", multiclass=True), load("digits", multiclass=True)
    assert wine.shape == (3, 14)
    assert (digits.samples, digits.shape) == (1797, (10, 65))
    require_separable(wine)


def test_a_family_of_several_classes() -> None:
    data = load("gaussian:n=12,d=3,classes=4,seed=2")
    assert isinstance(data.classes, Classes)
    assert data == load("gaussian:n=12,d=3,classes=4,seed=2", multiclass=True)
    require_separable(data)
    with pytest.raises(BadInput, match="classes=1"):
        load("gaussian:n=12,d=3,classes=1")


def test_class_means() -> None:
    data = load("class-means:classes=6,d=4,most=3,noise=1/10,seed=1")
    assert data.classes is not None
    assert data.shape == (6, 4)
    assert set(data.classes.labels) == set(range(6))
    assert max(map(data.classes.labels.count, range(6))) <= 3
    require_separable(data)
    with pytest.raises(BadInput, match="classes=1"):
        load("class-means:classes=1")
    assert load("class-means").shape == (60, 20)  # the recipe itself is within the bounds

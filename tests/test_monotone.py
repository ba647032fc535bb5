"""Rows near scaled-Rademacher ones: the checker sees that there is one equilibrium at most, and only there."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from properties import dataset
from verify.certificate import monotone
from verify.certificate.complete import SEARCH_BITS
from verify.certificate.field import game_of
from verify.certificate.monotone import one_at_most
from verify.evidence import Verdict
from verify.game import predict
from verify.game.smooth.certify import game_fields, game_read
from verify.numbers.systems.balls import precision
from verify.optimizers import optimizer

SIGNS = [[1 - 2 * (bin(i & k).count("1") % 2) for k in range(8)] for i in range(8)]


def near(size: Any, n: int = 6) -> list[list[Fraction]]:
    """Rows of entries 1 in size but for one of each that has this size, times the row's number."""
    return [
        [Fraction(i + 1) * sign * (Fraction(size) if k == i else 1) for k, sign in enumerate(SIGNS[i])]
        for i in range(n)
    ]


def one(rows: Any, name: str = "adam-proxy", **choices: Any) -> bool:
    data = dataset(rows)
    with precision(SEARCH_BITS):
        game = game_of(game_read(game_fields(data, optimizer(name, **choices))), data)
        return one_at_most(data.rows, game)


@pytest.mark.parametrize("size", ["1", "1.2", "0.85", "1.25"])
def test_near_rows_have_one_equilibrium(size: str) -> None:
    assert one(near(size))


@pytest.mark.parametrize("size", ["1.6", "0.6", "-5", "0"])
def test_of_rows_that_are_not_near_nothing_is_said(size: str) -> None:
    assert not one(near(size))


def test_nor_of_dependent_rows_and_of_other_games() -> None:
    rows = near("1.1", 3)
    assert one(rows)
    assert not one([*rows, rows[0]])
    assert not one([[301, 100], [100, 300]])
    assert not one(rows, "adam", beta1="1/2", beta2="3/5")
    assert not one(rows, "ngd")


def test_the_ratio_is_the_one_that_is_derived() -> None:
    """Two rows whose Gram matrix is a multiple of the identity, K = r: r (r^2 - 1)^2 is 0.98 and 1.05 here."""
    for size, holds in (("1.36", True), ("1.37", False)):
        r = Fraction(size)
        assert one([[r, 1], [1, -r]]) is holds is (r * (r**2 - 1) ** 2 < 1)


def test_rows_that_are_nearly_parallel_are_to_be_nearer() -> None:
    """At about 60 degrees r (r^2 - 1)^2 lambda_max/lambda_min is 0.98 and 1.22, and without the factor r 0.99."""
    for size, holds in (("1.22", True), ("1.24", False)):
        r = Fraction(size)
        assert one([[r, 1, 1, 1], [1, 1, r, -1]]) is holds


@pytest.mark.slow
def test_a_list_of_one_is_certified_to_be_all_however_many_rows() -> None:
    found = predict(dataset(near("1.1")), optimizer("adam-proxy", loss="exponential"), starts=0)
    assert found.complete
    assert [limit.evidence for limit in found.limits] == [Verdict.CERTIFIED]
    assert found.from_start is Verdict.CERTIFIED
    other = predict(dataset(near("1.1")), optimizer("adam-proxy"), starts=0)
    assert other.complete
    assert other.from_start is not Verdict.CERTIFIED  # the logistic loss has another flow


def test_large_data_pay_nothing_for_a_condition_that_they_cannot_meet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Products of all pairs of rows took minutes on 20,000 rows, which are dependent, or far from one size."""

    def spent(*_: object) -> None:
        raise AssertionError("products of rows were asked for")

    monkeypatch.setattr(monotone, "spend", spent)
    for rows in ((1, 2), (2, 1), (3, 1)), ((1, -4, -1), (3, -3, 5), (4, -1, -4)):
        assert not one(rows)
    with pytest.raises(AssertionError, match="asked for"):
        one(near("1.1"))

"""Certificates of equilibria with levels: rows whose weights vanish decide what the support does not see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from forging import restated

from verify.certificate.check import check_document
from verify.certificate.kinds import levels
from verify.certificate.kinds.levels import Levels, level_costs, levels_of
from verify.data import Dataset, load
from verify.data.given import given
from verify.game import Limit, predict
from verify.game.margins import Margins
from verify.game.proof import prediction_certificate
from verify.optimizers.optimizer import optimizer

Document = dict[str, Any]


@cache
def genuine() -> tuple[Dataset, Limit, Document]:
    data = load("gaussian:n=4,d=2,classes=3,seed=0")
    found = predict(data, optimizer("adam-proxy"), starts=0)
    return data, found.limits[0], prediction_certificate(found, Margins(data))


def test_a_limit_with_levels_is_certified() -> None:
    data, limit, document = genuine()
    assert (str(limit.evidence), limit.stability, len(limit.levels)) == ("certified", "attracting", 1)
    assert document["claim"]["kind"] == "levels"
    assert check_document(document, data.rows).valid


def test_binary_data_with_zeros_too() -> None:
    """The third column sees the last row alone, whose weight vanishes: per-sample Adam moves it all the same."""
    data = given([["3", "-1", "0"], ["-1", "2", "0"], ["1", "3", "2"]])
    found = predict(data, optimizer("adam", beta1="1/2", beta2="9/10"), starts=0)
    (limit,) = found.limits
    assert str(limit.evidence) == "certified"
    assert [rows for rows, _ in limit.levels] == [(2,)]
    assert limit.direction[2] > 0.1


def changed(change: Callable[[Document, list[list[Fraction]]], None]) -> Document:
    """The certificate with its point changed, and the statement that goes with it."""
    document = genuine()[2]
    point = dict(document["claim"]["points"][0])
    levels = [[Fraction(c) for c in weights] for weights in point["levels"]]
    change(point, levels)
    return restated(document, "claim", "points", 0, **point | {"levels": levels})


def _two_levels(point: Document, levels: list[list[Fraction]]) -> None:
    levels[1] = [(a + b) / 2 for a, b in zip(*levels, strict=True)]


def _one_level(point: Document, levels: list[list[Fraction]]) -> None:
    del levels[1]


def _other_order(point: Document, levels: list[list[Fraction]]) -> None:
    levels.reverse()


def _other_weights(point: Document, levels: list[list[Fraction]]) -> None:
    """Equal ones on the second level."""
    held = [i for i, c in enumerate(levels[1]) if c]
    levels[1] = [Fraction(int(i in held), len(held)) for i in range(len(levels[1]))]


def _still(point: Document, levels: list[list[Fraction]]) -> None:
    """False variant: 0/0 := 0 in the columns that the support does not see."""
    unseen = set(levels_of(genuine()[0].rows, levels).columns[1])
    direction = np.array(
        [0.0 if k in unseen else float(Fraction(u)) for k, u in enumerate(point["direction"])]
    )
    point["direction"] = [str(Fraction(u)) for u in (direction / np.linalg.norm(direction)).tolist()]


def _not_of_sum_1(point: Document, levels: list[list[Fraction]]) -> None:
    levels[1] = [c / 2 for c in levels[1]]


def _no_level(point: Document, levels: list[list[Fraction]]) -> None:
    levels.clear()


def _idle_level(point: Document, levels: list[list[Fraction]]) -> None:
    """A third one, of two rows without weight, in whose columns all is decided."""
    free = [i for i in range(len(levels[0])) if not any(weights[i] for weights in levels)][:2]
    levels.append([Fraction(int(i in free), 2) for i in range(len(levels[0]))])


FORGERIES = {
    "no level": ("levels", _no_level),
    "a level that decides nothing": ("levels", _idle_level),
    "a row on two levels": ("levels", _two_levels),
    "a column that no level decides": ("levels", _one_level),
    "other weights": ("one-zero", _other_weights),
    "a faded class that does not move": ("direction", _still),
    "weights of another sum": ("box", _not_of_sum_1),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_are_refused(name: str) -> None:
    obligation, change = FORGERIES[name]
    checked = check_document(changed(change))
    assert not checked.valid
    assert checked.obligation == obligation, checked.line()


def test_levels_in_another_order_are_refused() -> None:
    assert not check_document(changed(_other_order)).valid


def test_a_level_left_out_or_costing_less_is_refused() -> None:
    """False variants of complementarity: the costs of other rows are not looked at only if that is switched off."""
    samples = genuine()[2]["data"]["samples"]
    # A sample moved against the direction costs less than the support.
    moved = [*samples[:3], [-Fraction(entry) for entry in samples[3]]]
    assert check_document(restated(genuine()[2], "data", samples=moved)).obligation == "costs-least"


def test_a_row_of_zeros_is_refused() -> None:
    """It costs 0, in whatever column. Sample 3 has no weight here, and nothing else about the point changes."""
    zeros = [*genuine()[2]["data"]["samples"][:3], [0, 0]]
    assert check_document(restated(genuine()[2], "data", samples=zeros)).obligation == "costs-least"


@pytest.mark.parametrize("of", ["all rows", "the second level"])
def test_costs_that_are_too_small_are_refused(of: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cost less by 1000, which no difference sees; and those of the second level less than the first one's."""

    def less(game: Any, rows: Any, levels: Levels, *rest: Any, **options: Any) -> Any:
        found = level_costs(game, rows, levels, *rest, **options)
        second = set(levels.rows[1])
        low = found.costs[levels.rows[0][0]] / 2
        cut = [
            cost - 1000
            if of == "all rows"
            else cost - found.costs[levels.rows[1][0]] + low
            if i in second
            else cost
            for i, cost in enumerate(found.costs)
        ]
        return replace(found, costs=cut)

    monkeypatch.setattr(levels, "level_costs", less)
    assert check_document(genuine()[2]).obligation == "cost-positive"


def test_a_deviation_that_grows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    document = genuine()[2]
    monkeypatch.setattr(levels, "unstable_count", lambda turning: 1)
    assert check_document(document).obligation == "stability"

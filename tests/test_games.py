"""The kinds of games are asked in order, and the first that takes an optimizer by its traits answers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from verify.game import games, linear
from verify.game.games import games_of
from verify.game.signs import constant, drawn, full_batch, one_batch, switching
from verify.game.smooth import continuous, no_map, populations, random_order
from verify.game.waves import constant_step
from verify.optimizers import optimizer

TAKEN: list[tuple[str, dict[str, Any], object]] = [
    ("gd", {"batch_size": 2, "order": "reshuffle"}, linear),
    ("momentum", {}, linear),
    ("ngd", {}, linear),
    ("ngd", {"batch_size": 1}, populations),
    ("ngd", {"batch_size": 2}, populations),
    ("ngd", {"batch_size": 2, "order": "reshuffle"}, no_map),
    ("adam", {}, one_batch),
    ("adam", {"order": "replacement"}, random_order),
    ("rmsprop", {"batch_size": 2}, continuous),
    ("adam-proxy", {}, continuous),
    ("adam", {"decay": Fraction(0)}, constant_step),
    ("ngd", {"decay": Fraction(0)}, constant_step),
    ("ngd", {"batch_size": 2, "decay": Fraction(0)}, populations),
    ("gd", {"decay": Fraction(0)}, linear),
]
# Of these it depends on the data which of two games answers.
SIGNS: list[tuple[str, dict[str, Any], list[object]]] = [
    ("signum", {}, [constant, switching]),
    ("lion", {"batch_size": 2}, [constant, switching]),
    ("signgd", {}, [constant, full_batch]),
    ("adam", {"batch_size": None}, [constant, full_batch]),
    ("signgd", {"batch_size": 2, "order": "reshuffle"}, [constant, drawn]),
]


@pytest.mark.parametrize(("rule", "chosen", "game"), TAKEN)
def test_each_optimizer_plays_its_own_game(rule: str, chosen: dict[str, Any], game: object) -> None:
    assert next(games_of(optimizer(rule, **chosen), 4)) is game


@pytest.mark.parametrize(("rule", "chosen", "asked"), SIGNS)
def test_signs_that_no_weights_turn_are_asked_first(
    rule: str, chosen: dict[str, Any], asked: list[object]
) -> None:
    assert list(games_of(optimizer(rule, **chosen), 4))[:2] == asked


def test_the_last_game_takes_everything_so_that_the_order_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    assert games.GAMES[-1] is continuous
    monkeypatch.setattr(games, "GAMES", games.GAMES[::-1])
    assert {next(games_of(optimizer(rule, **chosen), 4)) for rule, chosen, _ in TAKEN} == {continuous}

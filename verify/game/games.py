"""The kinds of games, in the order in which they are asked. A new one is a module and its place in this list."""

from __future__ import annotations

from collections.abc import Iterator

from verify.game import linear, matrices, measured
from verify.game.logit import decayed
from verify.game.pace import Pace
from verify.game.question import Game
from verify.game.result import Limit
from verify.game.signs import constant, drawn, full_batch, one_batch, switching
from verify.game.smooth import continuous, no_map, populations, random_order
from verify.game.waves import constant_step
from verify.numbers.linear.angles import Vector
from verify.optimizers.optimizer import Optimizer

GAMES: tuple[Game, ...] = (
    matrices,
    measured,
    decayed,
    constant_step,
    linear,
    constant,
    full_batch,
    switching,
    drawn,
    random_order,
    no_map,
    populations,
    one_batch,
    continuous,
)


def games_of(opt: Optimizer, n: int) -> Iterator[Game]:
    """The games that an optimizer plays on n samples. The last of all takes everything."""
    return (game for game in GAMES if game.takes(opt, n))


def pace(limit: Limit, X: Vector, opt: Optimizer) -> Pace:
    """How fast a run settles near a limit, as the game tells that it is a limit of."""
    return next(games_of(opt, len(X))).pace(limit, X, opt)

"""What ``predict`` is asked, and what every kind of game answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np

from verify.data.dataset import Dataset
from verify.game.margins import Margins
from verify.game.pace import Pace
from verify.game.result import Limit, Prediction
from verify.numbers.linear.angles import Vector
from verify.optimizers.optimizer import Optimizer


@dataclass(frozen=True)
class Question:
    """Data and optimizer; the flows to follow, from ``start`` (d) and from so many random ``starts``; and what is to be
    proved of what they find. ``equilibria_of`` says what the options mean."""

    data: Dataset
    opt: Optimizer
    start: tuple[Fraction, ...]
    margins: Margins
    starts: int = 1
    seed: int = 0
    digits: int | None = None
    prove: bool = False
    complete: bool = False
    enclose_flow: bool = False
    within: float | None = None
    work: float = 1.0
    progress: Callable[[str], None] = lambda now: None

    @property
    def w_0(self) -> Vector:
        """``start`` in float64."""
        return np.array(self.start, dtype=float)


class Game(Protocol):
    """A kind of game: a module with these functions, listed in `verify.game.games`."""

    def takes(self, opt: Optimizer, n: int) -> bool:
        """Whether an optimizer on n samples plays this game, as its traits tell."""

    def answer(self, question: Question) -> Prediction | None:
        """The limits; None where the data are not such that this game tells them: then the next game is asked."""

    def pace(self, limit: Limit, X: Vector, opt: Optimizer) -> Pace:
        """How fast a run on rows X (N, d) settles near one of the limits."""

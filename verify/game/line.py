"""A path of limits: one as beta2, the batch size, a constant step or weight decay changes, and what happens to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from verify.game.result import Stability
from verify.game.smooth.field import Floats


def beta2_of(p: float) -> float:
    """The beta2 of p = log10(beta2 / (1 - beta2))."""
    return float(1 / (1 + 10.0**-p))


@dataclass(frozen=True)
class Point:
    """A limit at one beta2, batch size, constant step or weight decay: unit direction (d,), support, stability."""

    at: float
    direction: Floats
    support: tuple[int, ...]
    stability: Stability


@dataclass(frozen=True)
class Change:
    """What happens to an equilibrium as p rises, at p: ``support`` (it goes on with another one), ``stability`` (a
    pair of eigenvalues crosses the imaginary axis), ``fold`` (it meets another equilibrium, and both vanish),
    ``lost`` (Newton's method does not tell)."""

    p: float
    kind: str
    text: str

    @property
    def beta2(self) -> float:
        """The beta2 of p."""
        return beta2_of(self.p)


P_co = TypeVar("P_co", bound=Point, covariant=True)


@dataclass(frozen=True)
class Line(Generic[P_co]):
    """Limits that are one equilibrium, wave or branch of balances; or all limits for one batch size each. In beta2 they
    are in ascending order, with the ``changes`` among them and at the ends (None where that is an end of the grid);
    ``critical`` are the steps at which a wave's stability changes, or the decays at which a branch turns back."""

    points: tuple[P_co, ...]
    changes: tuple[Change, ...] = ()
    begin: Change | None = None
    end: Change | None = None
    critical: tuple[float, ...] = ()

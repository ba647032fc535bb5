"""A branch of limits: what becomes of one as beta2, the batch size, a constant step or weight decay changes."""

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
    """What happens to an equilibrium at p, as p = log10(beta2 / (1 - beta2)) rises.

    ``kind`` is ``support`` (it goes on with another support), ``stability`` (a pair of eigenvalues crosses the
    imaginary axis), ``fold`` (it meets another equilibrium, and both vanish) or ``lost`` (Newton's method finds no way
    on, and why is not known).
    """

    p: float
    kind: str
    text: str

    @property
    def beta2(self) -> float:
        """The beta2 of p."""
        return beta2_of(self.p)


P_co = TypeVar("P_co", bound=Point, covariant=True)


@dataclass(frozen=True)
class Branch(Generic[P_co]):
    """The ``points`` that one equilibrium, wave or balance passes through; by batch size, one limit at each size.

    changes      of an equilibrium along beta2, in ascending order, those between ``begin`` and ``end``;
    begin, end   what happens at its ends, None where the branch reaches the end of the grid;
    critical     the steps at which a wave's stability changes, or the decays at which a branch of balances turns back.
    """

    points: tuple[P_co, ...]
    changes: tuple[Change, ...] = ()
    begin: Change | None = None
    end: Change | None = None
    critical: tuple[float, ...] = ()

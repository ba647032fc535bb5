"""Where balances are looked for: at the end of the flow from w_0, along a branch, and from random weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.game.flows.flow import stiff
from verify.game.logit.balance import Balance
from verify.game.result import Stability
from verify.game.smooth.field import Floats
from verify.game.smooth.search import FEW

# Random starts of Newton's method for each of few rows; for many rows it is as many as flows are asked for.
STARTS = 40
# Two places are one if no margin differs by more than this, beside its size.
SAME = 1e-6
# An eigenvalue has a sign if it is not below this share of the largest: central differences leave that much.
NEGLIGIBLE = 1e-8
# The flow from w_0 is followed in pieces of time, each GROWTH times as long as all before, from 1/fastest on until
# LONGEST times 1/lambda. It has arrived where Newton's method moves no margin by more than NEAR.
GROWTH, LONGEST, NEAR, TOLERANCE = 3.0, 1e3, 0.05, 1e-6
# Evaluations of U for the flow. Iris and wine take some hundreds; where U all but jumps it may take any number.
EVALUATIONS = 4000


class _OutOfBudget(Exception):
    """The flow asked for more evaluations than it is given."""


@dataclass(frozen=True)
class Rest:
    """A rest point of the flow in float64: p (r,), w (d), the eigenvalues (r,) of dV/dp - lambda there."""

    place: Floats
    w: Floats
    eigenvalues: NDArray[Any]
    principal: bool = False

    def stability(self, d: int) -> Stability:
        """In the space of w (d): along what no margin sees w decays."""
        real, size = self.eigenvalues.real, float(np.max(np.abs(self.eigenvalues), initial=0.0))
        if np.any(np.abs(real) <= NEGLIGIBLE * size):
            return "undetermined"
        growing = int(np.sum(real > 0))
        return "attracting" if not growing else "repelling" if growing == d else "saddle"

    @property
    def index(self) -> int:
        """The sign of det(lambda - dV/dp): over all rest points these sum to 1, the degree of p - V(p) / lambda."""
        return int(np.prod(np.sign(-self.eigenvalues.real[np.abs(self.eigenvalues.imag) == 0])))


def rest(game: Balance, place: Floats, decay: float, principal: bool = False) -> Rest:
    """What there is to know of a solution."""
    eigenvalues = np.asarray(np.linalg.eigvals(game.turn(place)) - decay)
    return Rest(place, game.drift(place) / decay, eigenvalues, principal)


def rests(
    game: Balance, decay: float, followed: Iterable[Floats], w_0: Floats, starts: int, seed: int
) -> tuple[list[Rest], bool]:
    """The distinct rest points that are found, that of the flow from w_0 first, and whether that one was seen. Places
    that were ``followed`` to are among them, the first of them the principal one."""
    found: list[Rest] = []
    first = arrival(game, decay, w_0)
    if first is not None:
        found.append(first)
    for number, place in enumerate(followed):
        _add(game, found, rest(game, place, decay, number == 0))
    for place in _guesses(game, decay, starts, seed):
        solved = game.newton(place, decay)
        if solved is not None:
            _add(game, found, rest(game, solved, decay))
    return found, first is not None


def _add(game: Balance, found: list[Rest], new: Rest) -> None:
    for number, old in enumerate(found):
        gap = float(np.max(np.abs(game.basis @ (new.place - old.place))))
        if gap <= SAME * max(1.0, float(np.max(np.abs(old.place)))):
            found[number] = old if old.principal else Rest(old.place, old.w, old.eigenvalues, new.principal)
            return
    found.append(new)


def _guesses(game: Balance, decay: float, starts: int, seed: int) -> Iterator[Floats]:
    """Where weights drawn at random, some near corners of the simplex, would hold w."""
    n = len(game.X)
    rng = np.random.default_rng(seed)
    for _ in range(STARTS * n if n <= FEW else starts):
        log_c = np.log(rng.dirichlet(np.full(n, 0.3)) + 1e-12)
        try:
            yield game.basis.T @ (game.X @ game.U(log_c)) / decay
        except ZeroDivisionError:
            continue


def arrival(game: Balance, decay: float, w_0: Floats) -> Rest | None:
    """The rest point to which the flow from w_0 (d) comes; None where it is not seen to come to one that attracts."""
    place, left = game.place(w_0), EVALUATIONS

    def velocity(p: Floats) -> Floats:
        nonlocal left
        left -= 1
        if left < 0:
            raise _OutOfBudget
        return game.velocity(p) - decay * p

    def jacobian(p: Floats) -> Floats:
        return game.turn(p) - decay * np.eye(len(p))

    try:
        speed = float(np.max(np.abs(game.basis @ velocity(place)), initial=0.0))
        length = 1 / max(speed, decay)
        while length < LONGEST / decay:
            piece = stiff(velocity, jacobian, length, place, TOLERANCE)
            if piece is None:
                return None
            place = piece.place
            solved = game.newton(place, decay)
            if solved is not None and np.max(np.abs(game.basis @ (solved - place)), initial=0.0) < NEAR:
                found = rest(game, solved, decay)
                if found.stability(game.X.shape[1]) == "attracting":
                    return found
            length *= GROWTH
    except (ZeroDivisionError, np.linalg.LinAlgError, _OutOfBudget):
        pass
    return None

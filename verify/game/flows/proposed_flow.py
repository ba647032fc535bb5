"""Polynomials that follow the flow for a step, in float64: what `verify.game.flows.enclosed_flow` checks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.polynomial import chebyshev

from verify.errors import Undecided
from verify.game.flows.tail import Tail
from verify.game.smooth.field import Field, Floats, field
from verify.numbers.systems.arrays import ARRAYS

# Higher degrees make longer steps, but powers of x lose what Chebyshev polynomials keep: at 16 the defect of a step
# does not fall to 1e-12, by rounding.
DEGREE = 12

# Picard's iteration gains a factor of the step times the velocity's slope each time, and stops at rounding: 1e-15 times
# states of up to 1e3. If it is not there after this many times the step is too long.
ITERATIONS = 30
SETTLED = 1e-11

# The first step moves no margin by more.
FIRST_MOVE = 0.25


@dataclass(frozen=True)
class Proposals:
    """Polynomials for the state of a `Tail`."""

    tail: Tail

    @cached_property
    def _game(self) -> Field:
        return field(self.tail.data.floats(), self.tail.opt)

    def velocity(self, states: Floats) -> Floats:
        """d/dtau of states (N, m)."""
        others, base = self.tail.others, self.tail.base
        margins = np.empty_like(states)
        margins[others] = states[:-1] + states[-1]
        margins[base] = states[-1]
        F = self._game.X @ self._game.drift(self.tail.opt.loss.log_weight(ARRAYS)(margins))
        return np.vstack([F[others] - F[base], F[base]])

    def first_length(self, state: Floats) -> float:
        """A time in which no margin moves far. Raises Undecided if none moves at all."""
        speed = float(np.max(np.abs(self.velocity(state[:, None]))))
        if not 0 < speed < np.inf:
            raise Undecided("in which direction the flow sets out")
        return FIRST_MOVE / speed

    def polynomial(self, start: Floats, length: float) -> Floats:
        """Coefficients (N, DEGREE + 1) of powers of x = -1 to 1 in a step of this length from a state (N,).

        Picard's iteration on Chebyshev points: the state is the start and the integral of its velocity. Raises
        Undecided if it does not settle.
        """
        nodes = chebyshev.chebpts1(DEGREE + 1)
        fit = np.linalg.inv(chebyshev.chebvander(nodes, DEGREE))
        states = np.repeat(start[:, None], DEGREE + 1, axis=1)
        moved, before = np.inf, np.inf
        for _ in range(ITERATIONS):
            slope = fit @ self.velocity(states).T * (length / 2)
            moves = chebyshev.chebint(slope, lbnd=-1)[: DEGREE + 1]
            now = start[:, None] + chebyshev.chebval(nodes, moves)
            moved = float(np.max(np.abs(now - states)))
            states = now
            if not moved < before:
                break
            before = moved
        if not moved < SETTLED:
            raise Undecided("where the flow goes in floats")
        moves[0] += start
        return np.array([_powers(column) for column in moves.T])


def _powers(coefficients: Floats) -> Floats:
    """Coefficients (DEGREE + 1) of powers from those of Chebyshev polynomials. NumPy leaves out zeros at the end: those
    of a margin that does not move, as the difference of two equal rows."""
    powers = np.zeros(DEGREE + 1)
    kept = chebyshev.cheb2poly(coefficients)
    powers[: len(kept)] = kept
    return powers

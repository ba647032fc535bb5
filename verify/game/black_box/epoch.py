"""The epoch map of an implementation, from frozen gradients.

States that are seen to be affine are put where an epoch leaves them: from s an epoch ends at E(s) = slope s + offset,
so the periodic state is s + (E(s) - s) / (1 - slope); a state that needs another is right a round after that. Where
states cannot be read, or what is read is not all that moves depend on, frozen epochs are fed until the moves repeat.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.conform.black_box import LATE, STEPS, BlackBox, Fed
from verify.errors import BadInput
from verify.optimizers.optimizer import Optimizer

Floats = NDArray[np.float64]
# States are periodic when an epoch changes them by less than this part: rounding of some dozens of steps.
PERIODIC, ROUNDS = 1e-11, 5
# Moves repeat when they are those of the epoch half as late but for this part; fed for no more steps than this, and
# for this many epochs at the least.
REPEATS, MOST_STEPS, LEAST = 1e-13, 40_000, 16
# What rounding does to moves in some dozens of steps.
SAME = 1e-9


@dataclass
class Epochs:
    """What an optimizer does in an epoch of ``steps`` frozen gradients. ``scalars`` are its late scalar leaves,
    ``slopes`` what an epoch without gradient keeps of each state."""

    box: BlackBox
    steps: int
    scalars: list[Any] | None = None
    slopes: list[float] = field(default_factory=list)
    held: dict[int, Fed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        probe = Fed(self.box, 1)
        for _ in range(STEPS):
            probe.move(np.ones(1))
        try:
            self.scalars = [None if probe.is_state(leaf) else _late(probe, leaf) for leaf in probe.leaves()]
            self.slopes = [self._slope(probe, place) for place in self._states()]
            told = self._tells_all()
        except Exception:  # of anyone's code, whose attributes need not be states
            told = False
        if not told:
            self.scalars, self.slopes = None, []
            self.held.clear()

    def _tells_all(self) -> bool:
        """Whether moves from states that are written are those of periodic ones, whatever was fed before."""
        if not all(abs(slope) < 1 for slope in self.slopes):
            return True  # there are no periodic ones
        history = np.random.default_rng(0).normal(size=(LEAST + self.steps, 3))
        fed = self.held[3] = Fed(self.box, 3)
        for g in 2.0**10 * history:
            fed.move(g)
        G = history[: self.steps]
        moves = self._settled(fed, G)
        return all(np.allclose([fed.move(g) for g in G], moves, rtol=SAME, atol=0.0) for _ in range(LEAST))

    def _slope(self, probe: Fed, place: int) -> float:
        """Of the state in a place among the leaves, the others being 0."""
        probe.put(self._filled(probe, [float(other == place) for other in self._states()]))
        for _ in range(self.steps):
            probe.move(np.zeros(1))
        return float(probe.arrays.read(probe.leaves()[place])[0])

    def _states(self) -> list[int]:
        assert self.scalars is not None
        return [place for place, scalar in enumerate(self.scalars) if scalar is None]

    def _filled(self, fed: Fed, states: list[Any]) -> list[Any]:
        assert self.scalars is not None
        values = iter(states)
        return [
            fed.arrays.make(np.broadcast_to(next(values), fed.size)) if scalar is None else _copy(scalar)
            for scalar in self.scalars
        ]

    def moves(self, G: Floats) -> Floats:
        """The moves of a periodic epoch at gradients G (steps, size), likewise."""
        fed = self.held.get(G.shape[1])
        if fed is None:
            fed = self.held[G.shape[1]] = Fed(self.box, G.shape[1])
            fed.move(np.zeros(G.shape[1]))
        return self.repeated(G) if self.scalars is None else self._settled(fed, G)

    def _settled(self, fed: Fed, G: Floats) -> Floats:
        states = [np.zeros(fed.size) for _ in self.slopes]
        for _ in range(ROUNDS):
            fed.put(self._filled(fed, states))
            moves = np.array([fed.move(g) for g in G])
            leaves = fed.leaves()
            ends = [fed.arrays.read(leaves[place]) for place in self._states()]
            away = [abs(end - state) > PERIODIC * abs(state) for end, state in zip(ends, states, strict=True)]
            if not any(part.any() for part in away):
                return moves
            states = [
                state + (end - state) / (1 - slope)
                for state, end, slope in zip(states, ends, self.slopes, strict=True)
            ]
        raise BadInput(
            f"optimizer={self.box.name}: the trait forgets fails: its states do not become periodic"
        )

    def repeated(self, G: Floats, history: Floats | None = None, least: int = LEAST) -> Floats:
        """The moves of an epoch when they repeat, after a ``history`` of other gradients and ``least`` epochs: they are
        those of an epoch half as late."""
        fed, done = Fed(self.box, G.shape[1]), 0
        for g in () if history is None else history:
            fed.move(g)
        before = np.full_like(G, np.nan)
        while done * len(G) < MOST_STEPS:
            for _ in range(max(done, least)):
                moves = np.array([fed.move(g) for g in G])
            done += max(done, least)
            if np.allclose(moves, before, rtol=REPEATS, atol=0.0):
                return moves
            before = moves
        raise BadInput(
            f"optimizer={self.box.name}: the trait forgets fails: after {done} epochs its moves do not repeat"
        )


def _late(probe: Fed, leaf: Any) -> Any:
    """A scalar as it is late: a counter of steps is set, and what else there is has settled."""
    return leaf * 0 + LATE if float(leaf) == STEPS else leaf


def _copy(leaf: Any) -> Any:
    for name in ("clone", "copy"):
        if hasattr(leaf, name):
            return getattr(leaf, name)()
    return leaf


def map_of(epochs: Epochs, X: Floats, opt: Optimizer) -> Any:
    """U: log c (N,) or (N, K) -> (d,) or (d, K), the mean move of a step at frozen gradients."""
    batches = [np.array(batch) for batch in opt.epoch(len(X))]

    def U(log_c: Floats) -> Floats:
        columns = log_c.reshape(len(X), -1)
        c = np.exp(columns)
        G = np.array([-(X[batch].T @ c[batch]) / len(batch) for batch in batches])
        moves = epochs.moves(G.reshape(len(batches), -1))
        mean: Floats = moves.mean(axis=0).reshape(X.shape[1], -1)
        return mean[:, 0] if log_c.ndim == 1 else mean

    return U


# Steps of the central differences: U is smooth on the scale of 1 in log c, so that their error is of the size h^4, and
# that of rounding 1e-15 / h.
H = 2e-3


def slope_of(U: Any) -> Any:
    """log c (N,), V (N, r) -> the derivative of U along V (d, r), by central differences of fourth order."""

    def along(log_c: Floats, V: Floats) -> Floats:
        n = len(log_c)
        shifts = np.concatenate([np.eye(n) * (k * H) for k in (1, -1, 2, -2)], axis=1)
        one, back, two, further = np.split(U(log_c[:, None] + shifts), 4, axis=1)
        slope: Floats = (8 * (one - back) - (two - further)) / (12 * H)
        return np.asarray(slope @ V)

    return along

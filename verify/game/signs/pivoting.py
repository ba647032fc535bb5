"""Proposals for Signum's set-valued game: pivots from vertex to vertex, as the simplex method does, in float64.

A vertex has a support S of rows and switching pairs K of a step and a coordinate, |K| = |S| - 1, no coordinate
twice: m_q[k] = 0 on K fixes c, and equal costs on S fix the signs on K. Between two batches that hold a support
row m only decays, so the steps up to the next are alike: they have one sign, that counts as often as there are
steps. A vertex is an equilibrium unless a row off S costs less, or a sign on K would leave [-1, 1]. Such a row
enters, or such a pair leaves, and c moves along the edge where the other pairs stay 0, past every sign that turns
while the cost along the edge is negative. Then a row's weight vanishes, or another pair joins K.

At the full batch this is the simplex method on the l_inf program. Else nothing falls from vertex to vertex, and
the pivots may cycle: where a vertex comes again, a random one of its violations is mended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.game.smooth.field import Floats

Pair = tuple[int, int]
Proposal = tuple[tuple[int, ...], tuple[Pair, ...]]

# A violation, as a share of the largest cost there can be or of a sign's bound, is one from here on: 1e-16 times
# the condition of systems of 30 rows. What is decided wrongly here is refused or missed, never believed.
VIOLATED = 1e-9
# A sum of terms is 0 where it is this small beside their sizes, an edge's slope where it is beside its terms'.
ZERO = 1e-12
# Along memories: 1 - beta at first, and its factor from game to game; linear systems for each. On wine at beta =
# 0.9 five of the 19 games in between are not solved, and the last is.
NEARLY_ALL, SHORTER, EACH = 1e-4, 1.5, 1_000
# A vertex that comes this often is on a cycle that random choices do not leave.
OFTEN = 20


@dataclass(frozen=True)
class Game:
    """Rows X (N, d), the steps of an epoch that see each, one for each copy that it has (N), the sizes of their batches
    (N), ``trace`` (P): what is left in m of a gradient after so many steps; in which of the populations each row is
    (N), whose weights sum to 1; and the steps at which each row ``changes`` a sum otherwise than by fading (N)."""

    X: Floats
    step: Sequence[NDArray[np.int64]]
    size: Sequence[Floats]
    trace: Floats
    population: NDArray[np.int64]
    changes: Sequence[NDArray[np.int64]]

    def steps(self, S: NDArray[np.int64]) -> NDArray[np.int64]:
        """The steps that a row of S changes, in order."""
        return np.unique(np.concatenate([self.changes[j] for j in S]))

    def counts(self, steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many steps are alike: from each to the next."""
        return np.diff(np.append(steps, steps[0] + len(self.trace)))

    def weights(self, steps: NDArray[np.int64], S: NDArray[np.int64]) -> Floats:
        """What a unit of each row of S adds to m after each of the steps."""
        owner = np.repeat(np.arange(len(S)), [len(self.step[j]) for j in S])
        seen, size = (np.concatenate([old[j] for j in S]) for old in (self.step, self.size))
        held = self.trace[(steps[:, None] - seen) % len(self.trace)] / size
        if len(owner) == len(S):
            return np.asarray(held)
        return np.asarray(np.add.reduceat(held, np.searchsorted(owner, np.arange(len(S))), axis=1))


class Stuck(Exception):
    """The pivots lead no farther, in floats."""


@dataclass
class Edge:
    """Where the pivots are: S in order and K; and how many linear systems they may yet solve."""

    game: Game
    S: NDArray[np.int64]
    K: list[Pair]
    left: int

    def look(self) -> None:
        """Set what follows from S and K alone."""
        self.steps = self.game.steps(self.S)
        self.counts = self.game.counts(self.steps)
        self.W = self.game.weights(self.steps, self.S)
        self.rows = self.game.X[self.S]
        count = int(self.game.population[-1]) + 1
        self.member = (self.game.population[self.S] == np.arange(count)[:, None]).astype(float)
        place = {int(q): p for p, q in enumerate(self.steps)}
        self.at = [place[q] for q, _ in self.K], [k for _, k in self.K]

    def solve(self, extra: Floats | None = None) -> Floats:
        """c of sums 1 with m = 0 on K; or, with one pair less, the direction of sums 0 with ``extra`` . c = 1."""
        self.left -= 1
        if self.left < 0:
            raise Stuck
        places, coordinates = self.at
        equations = self.W[places] * self.rows[:, coordinates].T
        equations /= np.maximum(np.abs(equations).max(axis=1, keepdims=True), 1e-300)
        right = np.zeros(len(self.S))
        right[-1 if extra is not None else len(self.K) :] = 1
        matrix = [equations, self.member] + ([] if extra is None else [extra[None]])
        return _solved(np.concatenate(matrix), right)

    def moments(self, c: Floats) -> Floats:
        """m after each of the steps, 0 on K and where it is rounding."""
        m = (self.W * c) @ self.rows
        m[np.abs(m) <= ZERO * ((self.W * np.abs(c)) @ np.abs(self.rows))] = 0
        m[self.at] = 0
        return np.asarray(m)


def _solved(matrix: Floats, right: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(matrix, right))
    except np.linalg.LinAlgError:
        raise Stuck from None


def along_memory(game: Game, row: int, systems: int, rng: np.random.Generator) -> tuple[Proposal | None, int]:
    """As ``propose``, by way of longer memories: where all of an epoch is remembered the pivots are the simplex
    method on the l_inf program; as the memory shortens each vertex found is the start for the next."""
    vertex: Proposal = ((row,), ())
    share = min(1.0, NEARLY_ALL / (1 - float(game.trace[1])))
    while True:
        shorter = replace(game, trace=game.trace**share)
        most = min(systems, EACH)
        found, unused = propose(shorter, at(shorter, vertex), most, rng)
        systems -= most - unused
        if share == 1:
            return found, systems
        vertex, share = found or vertex, min(1.0, share * SHORTER)


def at(game: Game, vertex: Proposal) -> Proposal:
    """A vertex of another game in this one; rows without positive weight are left out, each with the pair whose
    loss leaves the least weight largest."""
    edge = Edge(game, np.array(vertex[0]), list(vertex[1]), len(vertex[0]) ** 3)

    def least(K: list[Pair]) -> tuple[float, int]:
        edge.K = K
        edge.look()
        try:
            c = edge.solve()
        except Stuck:
            return -np.inf, 0
        return float(c.min()), int(c.argmin())

    weight, row = least(edge.K)
    while weight <= 0 and len(edge.S) > 1:
        _drop(edge, row)
        fewer = [edge.K[:p] + edge.K[p + 1 :] for p in range(len(edge.K))]
        weight, row, p = max((*least(K), -p) for p, K in enumerate(fewer))
        edge.K = fewer[-p]
    return tuple(map(int, edge.S)), tuple(edge.K)


def propose(
    game: Game, start: Proposal, systems: int, rng: np.random.Generator, wander: bool = False
) -> tuple[Proposal | None, int]:
    """Support and switching pairs of an equilibrium by pivots from a vertex, None if they end nowhere; and how many
    of the linear systems that they may solve are left. A vertex may be a row of each population, no pairs. Pivots
    that ``wander`` mend a random violation each time, not the worst, which ends at other equilibria."""
    edge = Edge(game, np.array(start[0]), list(start[1]), systems)
    largest = np.abs(game.X).sum(axis=1).max() * len(game.trace)
    seen: Counter[Any] = Counter()
    try:
        while True:
            edge.look()
            c = edge.solve()
            u: Floats = edge.counts.astype(float) @ np.sign(edge.moments(c))
            p, k = edge.at
            solution = _solved(np.column_stack([edge.rows[:, k], -edge.member.T]), -(edge.rows @ u))
            s, costs = solution[: len(k)], solution[len(k) :]
            u[k] += s
            short = (costs[game.population] - game.X @ u) / largest
            short[edge.S] = 0
            violation = np.concatenate([np.abs(s) / edge.counts[p] - 1, short])
            wrong = np.flatnonzero(violation > VIOLATED)
            if not len(wrong):
                return (tuple(map(int, edge.S)), tuple(sorted(edge.K))), edge.left
            vertex = tuple(edge.S), tuple(sorted(edge.K))
            seen[vertex] += 1
            if seen[vertex] > OFTEN:
                raise Stuck
            again = wander or seen[vertex] > 1
            mended = int(rng.choice(wrong) if again else wrong[violation[wrong].argmax()])
            if mended < len(s):
                _leave(edge, c, u, s, mended)
            else:
                _enter(edge, c, u, s, mended - len(s))
    except Stuck:
        return None, max(edge.left, 0)


def _leave(edge: Edge, c: Floats, u: Floats, s: Floats, p: int) -> None:
    """A pair whose sign would leave [-1, 1] leaves K, its sign at the bound."""
    q, k = edge.K.pop(p)
    bound = np.sign(s[p]) * edge.game.counts(edge.steps)[edge.at[0][p]]
    u[k] += bound - s[p]
    edge.look()
    _move(edge, c, u, _apart(edge, int(np.searchsorted(edge.steps, q)), k, s[p]), None)


def _apart(edge: Edge, place: int, k: int, sign: float) -> Floats:
    """How much m[k] grows after a step in the sense of a sign, for a unit of each weight on S; scaled."""
    terms = np.sign(sign) * edge.W[place] * edge.rows[:, k]
    largest = np.abs(terms).max()
    if not largest:
        raise Stuck
    return np.asarray(terms / largest)


def _enter(edge: Edge, c: Floats, u: Floats, s: Floats, row: int) -> None:
    """A row that costs less gets weight. If its batch had none, it parts steps that were alike; where their m is 0
    that of the first or that of the second part stays so, whichever can have the sum of signs."""
    held = edge.steps
    for q in np.setdiff1d(edge.game.changes[row], held).tolist():
        before = int(held[np.searchsorted(held, q) - 1])
        held = steps = np.sort(np.append(held, q))
        counts = dict(zip(steps.tolist(), edge.game.counts(steps).tolist(), strict=True))
        for p, (step, k) in enumerate(edge.K):
            turn = np.sign(edge.game.X[row, k])
            if step == before and turn and turn * s[p] < counts[q] - counts[before]:
                edge.K[p] = q, k
    place = int(np.searchsorted(edge.S, row))
    edge.S = np.insert(edge.S, place, row)
    edge.look()
    _move(edge, np.insert(c, place, 0.0), u, np.eye(len(edge.S))[place], place)


def _move(edge: Edge, c: Floats, u: Floats, extra: Floats, entered: int | None) -> None:
    """Along the edge to the next vertex; ``u`` are the sums of signs at its start."""
    for _ in range(edge.W.shape[0] * len(u)):
        dc = edge.solve(extra)
        change = (edge.W * dc) @ edge.rows
        change[edge.at] = 0
        m = edge.moments(c)
        signs = np.where(m != 0, np.sign(m), np.sign(change))
        along = edge.rows.T @ dc
        slope = float(along @ u)
        wasting = np.where(dc < 0, -c / np.where(dc < 0, dc, 1), np.inf)
        if entered is not None:
            wasting[entered] = np.inf
        turning = np.where(signs * change < 0, np.maximum(-m / np.where(change, change, 1), 0), np.inf)
        turning[edge.at] = np.inf
        active = {k: p for p, k in enumerate(edge.at[1])}
        bent = False
        while not bent:
            row, (place, k) = int(wasting.argmin()), map(int, np.unravel_index(turning.argmin(), m.shape))
            length = min(wasting[row], turning[place, k])
            if not np.isfinite(length):
                raise Stuck
            if wasting[row] <= turning[place, k]:
                _drop(edge, row)
                return
            turned = 2 * edge.counts[place] * signs[place, k]
            if k not in active:
                u_k = u[k] - turned
                slope -= float(turned * along[k])
                if slope >= 0:
                    edge.K.append((int(edge.steps[place]), k))
                    return
                u[k] = u_k
            signs[place, k] *= -1
            turning[place, k] = np.inf
            if k in active:
                p = active[k]
                here = edge.at[0][p]
                others = edge.counts @ signs[:, k] - edge.counts[here] * signs[here, k]
                left = u[k] - others
                if abs(left) > edge.counts[here]:  # the sum cannot stay: the other switches from now on
                    c = np.maximum(c + length * dc, 0)
                    if not (edge.W[place] * edge.W[here]).any():
                        # it is of another population, whose weights move on instead
                        extra, entered = _apart(edge, here, k, left), None
                    edge.K[p] = int(edge.steps[place]), k
                    edge.look()
                    bent = True
    raise Stuck


def _drop(edge: Edge, row: int) -> None:
    """A row without weight leaves S. If its batch has no other, steps become alike, and pairs are named anew."""
    seen = edge.game.changes[edge.S[row]]
    edge.S = np.delete(edge.S, row)
    if not len(edge.S):
        raise Stuck
    steps = edge.game.steps(edge.S)
    for q in np.setdiff1d(seen, steps).tolist():
        before = int(steps[np.searchsorted(steps, q) - 1])
        edge.K = [(before if step == q else step, k) for step, k in edge.K]

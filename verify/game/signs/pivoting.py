"""Proposals for the set-valued game of signs: pivots from vertex to vertex, as the simplex method does, in float64.

A vertex has a support S of rows, and switching pairs K of a step and a coordinate, |K| = |S| - 1, no coordinate
twice. m_q[k] = 0 on K fixes c, and equal costs on S fix the signs on K. Between two batches that hold a support
row m only decays, so the steps from one to the next are alike: their common sign counts as often as there are steps.

A vertex is an equilibrium unless a row off S costs less, or a sign on K is outside [-1, 1]. A pivot mends one such
violation. The row enters S, or the pair leaves K, and c moves along the edge on which the other pairs stay 0. It
passes every sign that turns while the cost along the edge is negative. The edge ends at the next vertex, where a row's
weight vanishes, or where another pair joins K.

At the full batch this is the simplex method on the l_inf program. Otherwise nothing falls from vertex to vertex, and
pivots may cycle: at a vertex that comes again, a random one of its violations is mended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.game.signs.deciding import Pair, Proposal
from verify.game.signs.memory import Memory
from verify.game.smooth.field import Floats

# A violation counts from here on, as a share of the largest cost there can be or of a sign's bound: 1e-16 times the
# condition of systems of 30 rows. A vertex that is taken wrongly for an equilibrium is refused by rationals.
VIOLATED = 1e-9
# A sum of terms is taken as 0 where it is this small beside their sizes.
ZERO = 1e-12
# An equation is divided by its largest coefficient, or by this where all are 0: then it has no solution.
TINY = 1e-300
# Along memories: what 1 - beta is in the first game, by what factor it grows from game to game, and how many linear
# systems each may solve. On wine at beta = 0.9 five of the 19 games in between are not solved, and the last is.
NEARLY_ALL, SHORTER, EACH = 1e-4, 1.5, 1_000
# A vertex that comes this often is on a cycle that random choices do not leave.
OFTEN = 20


@dataclass(frozen=True)
class SignGame:
    """The game in floats: rows X (N, d), and for each row what `verify.game.signs.memory.Memory` says of it.

    step, size   the steps of an epoch that see it, one for each copy that it has, and the sizes of their batches;
    population   its population, whose weights sum to 1;
    changes      the steps at which it changes a sum otherwise than by fading;
    trace (P)    what is left in m of a gradient after so many steps, the same for all rows.
    """

    X: Floats
    step: Sequence[NDArray[np.int64]]
    size: Sequence[Floats]
    trace: Floats
    population: NDArray[np.int64]
    changes: Sequence[NDArray[np.int64]]

    @property
    def populations(self) -> int:
        """How many there are."""
        return int(self.population[-1]) + 1

    @cached_property
    def largest(self) -> float:
        """A bound on the cost that a row can have."""
        return float(np.abs(self.X).sum(axis=1).max() * len(self.trace))

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


def game_of(X: Floats, kept: Memory) -> SignGame:
    """The game of rows X (N, d) in floats."""
    return SignGame(
        X,
        [np.array(steps) for steps in kept.step],
        [np.array(sizes, dtype=float) for sizes in kept.size],
        np.array([float(left) for left in kept.trace]),
        np.array(kept.population),
        [np.array(steps) for steps in kept.changes],
    )


class Stuck(Exception):
    """The pivots lead no farther, in floats."""


@dataclass
class Budget:
    """How many linear systems pivots may yet solve."""

    left: int

    def spend(self) -> None:
        """Take one. Raises Stuck if there is none."""
        self.left -= 1
        if self.left < 0:
            raise Stuck


class Vertex:
    """A support S, in order, and pairs K, fewer than S by the number of populations. With one pair less still, S and K
    name an edge. A vertex is never changed.

    steps, counts   the steps that S changes, and how many steps are like each of them;
    W               what a unit of each row of S adds to m after each step (steps, S);
    rows            those of S (S, d);
    member          for each population which rows of S are in it, 1 or 0 (populations, S);
    at              K as places among the steps, and coordinates.
    """

    def __init__(self, game: SignGame, S: NDArray[np.int64], K: tuple[Pair, ...]) -> None:
        self.game, self.S, self.K = game, S, K
        self.steps = game.steps(S)
        self.counts = game.counts(self.steps)
        self.W, self.rows = game.weights(self.steps, S), game.X[S]
        self.member = np.array([game.population[S] == p for p in range(game.populations)], dtype=float)
        place = {int(q): p for p, q in enumerate(self.steps)}
        self.at = [place[q] for q, _ in K], [k for _, k in K]

    @classmethod
    def of(cls, game: SignGame, proposal: Proposal) -> Vertex:
        """The vertex that a proposal names."""
        return cls(game, np.array(proposal.support), tuple(proposal.switches))

    def with_pairs(self, K: tuple[Pair, ...]) -> Vertex:
        """The vertex with this support and other pairs."""
        return Vertex(self.game, self.S, K)

    @property
    def proposal(self) -> Proposal:
        """Its support and pairs."""
        return Proposal(tuple(map(int, self.S)), tuple(sorted(self.K)))

    def solve(self, budget: Budget, along: Floats | None = None) -> Floats:
        """The weights c, of sum 1 in each population, with m = 0 on K; of an edge its direction, of sum 0 in each
        population, with ``along`` . c = 1."""
        budget.spend()
        places, coordinates = self.at
        equations = self.W[places] * self.rows[:, coordinates].T
        equations /= np.maximum(np.abs(equations).max(axis=1, keepdims=True), TINY)
        right = np.zeros(len(self.S))
        right[-1 if along is not None else len(self.K) :] = 1
        matrix = [equations, self.member] + ([] if along is None else [along[None]])
        return _solved(np.concatenate(matrix), right)

    def moments(self, c: Floats) -> Floats:
        """m after each of the steps, 0 on K and where it is rounding."""
        m = (self.W * c) @ self.rows
        m[np.abs(m) <= ZERO * ((self.W * np.abs(c)) @ np.abs(self.rows))] = 0
        m[self.at] = 0
        return np.asarray(m)

    def signs(self, c: Floats) -> tuple[Floats, Floats, Floats]:
        """The sums of signs over an epoch (d) with which all rows of S cost the same; of these the parts that the signs
        at K add; and by how much each row costs less than S, as a share of the largest cost."""
        u: Floats = self.counts.astype(float) @ np.sign(self.moments(c))
        _, k = self.at
        solution = _solved(np.column_stack([self.rows[:, k], -self.member.T]), -(self.rows @ u))
        s, costs = solution[: len(k)], solution[len(k) :]
        u[k] += s
        short = (costs[self.game.population] - self.game.X @ u) / self.game.largest
        short[self.S] = 0
        return u, s, short

    def apart(self, place: int, k: int, sign: float) -> Floats:
        """By how much a unit of each weight on S moves m[k] after a step in the sense of a sign; the largest is 1."""
        terms = np.sign(sign) * self.W[place] * self.rows[:, k]
        largest = np.abs(terms).max()
        if not largest:
            raise Stuck
        return np.asarray(terms / largest)

    def without(self, place: int) -> Vertex:
        """The vertex when a row leaves S. If its batch has no other row of S, its steps become like those before them,
        and pairs there are named by the first of these."""
        S = np.delete(self.S, place)
        if not len(S):
            raise Stuck
        left, K = self.game.steps(S), self.K
        for q in np.setdiff1d(self.game.changes[self.S[place]], left).tolist():
            before = int(left[np.searchsorted(left, q) - 1])
            K = tuple((before if step == q else step, k) for step, k in K)
        return Vertex(self.game, S, K)


def _solved(matrix: Floats, right: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(matrix, right))
    except np.linalg.LinAlgError:
        raise Stuck from None


@dataclass(frozen=True)
class Edge:
    """The way from a place with weights c (S) and sums of signs u (d), pairs K of ``vertex`` staying 0, in the sense
    in which ``along`` . c grows; ``entered`` is the place in S of a row that begins without weight."""

    vertex: Vertex
    c: Floats
    u: Floats
    along: Floats
    entered: int | None = None


def along_memory(
    game: SignGame, row: int, systems: int, rng: np.random.Generator
) -> tuple[Proposal | None, int]:
    """As ``propose``, by way of longer memories.

    Where all of an epoch is remembered the pivots are the simplex method on the l_inf program. As the memory shortens,
    the vertex found in each game is the start in the next. Where a share of the trace is not positive there are no such
    games in between, and the last is asked at once.
    """
    vertex = Proposal((row,), ())
    faded = game.trace[game.trace < 1]
    share = min(1.0, NEARLY_ALL / (1 - faded.max())) if len(faded) and game.trace.min() > 0 else 1.0
    while True:
        shorter = replace(game, trace=game.trace**share)
        most = min(systems, EACH)
        found, unused = propose(shorter, with_positive_weights(shorter, vertex), most, rng)
        systems -= most - unused
        if share == 1:
            return found, systems
        vertex, share = found or vertex, min(1.0, share * SHORTER)


def with_positive_weights(game: SignGame, proposal: Proposal) -> Proposal:
    """The vertex of this game that is left of one of another game when rows without positive weight leave it. With each
    row goes a pair: the one without which the least weight is largest."""
    vertex = Vertex.of(game, proposal)
    budget = Budget(len(vertex.S) ** 3)

    def least(vertex: Vertex) -> tuple[float, int]:
        try:
            c = vertex.solve(budget)
        except Stuck:
            return -np.inf, 0
        return float(c.min()), int(c.argmin())

    weight, place = least(vertex)
    while weight <= 0 and vertex.K:
        rest = vertex.without(place)
        fewer = [rest.with_pairs(rest.K[:p] + rest.K[p + 1 :]) for p in range(len(rest.K))]
        weight, place, p = max((*least(each), -p) for p, each in enumerate(fewer))
        vertex = fewer[-p]
    return Proposal(tuple(map(int, vertex.S)), vertex.K)


def propose(
    game: SignGame, start: Proposal, systems: int, rng: np.random.Generator, wander: bool = False
) -> tuple[Proposal | None, int]:
    """Support and switching pairs of an equilibrium by pivots from a vertex, None if they end nowhere; and how many
    of the linear systems that they may solve are left. One row of each population, with no pairs, is a vertex. Pivots
    that ``wander`` mend a random violation each time instead of the worst, and end at other equilibria."""
    vertex, budget = Vertex.of(game, start), Budget(systems)
    seen: Counter[Any] = Counter()
    try:
        while True:
            c = vertex.solve(budget)
            u, s, short = vertex.signs(c)
            violation = np.concatenate([np.abs(s) / vertex.counts[vertex.at[0]] - 1, short])
            wrong = np.flatnonzero(violation > VIOLATED)
            if not len(wrong):
                return vertex.proposal, budget.left
            seen[vertex.proposal] += 1
            if seen[vertex.proposal] > OFTEN:
                raise Stuck
            again = wander or seen[vertex.proposal] > 1
            mended = int(rng.choice(wrong) if again else wrong[violation[wrong].argmax()])
            edge = (
                _leave(vertex, c, u, s, mended)
                if mended < len(s)
                else _enter(vertex, c, u, s, mended - len(s))
            )
            vertex = _end(edge, budget)
    except Stuck:
        return None, max(budget.left, 0)


def _leave(vertex: Vertex, c: Floats, u: Floats, s: Floats, p: int) -> Edge:
    """The edge on which a pair leaves K, because its sign is outside [-1, 1]. There its sign stays at the bound."""
    place, k = vertex.at[0][p], vertex.at[1][p]
    moved = u.copy()
    moved[k] += np.sign(s[p]) * vertex.counts[place] - s[p]
    rest = vertex.with_pairs(vertex.K[:p] + vertex.K[p + 1 :])
    return Edge(rest, c, moved, rest.apart(place, k, s[p]))


def _enter(vertex: Vertex, c: Floats, u: Floats, s: Floats, row: int) -> Edge:
    """The edge on which a row that costs less gets weight. If its batch had no row of S, it parts steps that were
    alike. Where a pair names these, one of the two parts goes on switching: the one that can have the sum of signs."""
    game, held, K = vertex.game, vertex.steps, list(vertex.K)
    for q in np.setdiff1d(game.changes[row], held).tolist():
        before = int(held[np.searchsorted(held, q) - 1])
        held = np.sort(np.append(held, q))
        counts = dict(zip(held.tolist(), game.counts(held).tolist(), strict=True))
        for p, (step, k) in enumerate(K):
            turn = np.sign(game.X[row, k])
            if step == before and turn and turn * s[p] < counts[q] - counts[before]:
                K[p] = q, k
    place = int(np.searchsorted(vertex.S, row))
    wider = Vertex(game, np.insert(vertex.S, place, row), tuple(K))
    return Edge(wider, np.insert(c, place, 0.0), u, np.eye(len(wider.S))[place], place)


def _end(edge: Edge, budget: Budget) -> Vertex:
    """The vertex at which an edge ends, after as many bends as it has."""
    for _ in range(edge.vertex.W.shape[0] * len(edge.u)):
        end = _straight(edge, budget)
        if isinstance(end, Vertex):
            return end
        edge = end
    raise Stuck


def _straight(edge: Edge, budget: Budget) -> Vertex | Edge:
    """What a straight piece of an edge leads to: a vertex, or the edge after a bend.

    It is followed past the signs that turn on it, in their order. It ends at a vertex where a row's weight vanishes, or
    where the cost along the edge would no longer be negative after a sign has turned: that sign's pair joins K. It
    bends where another step's sign turns in a coordinate of K, and the two can no longer have the sum of signs that
    they need.
    """
    vertex, u = edge.vertex, edge.u.copy()
    dc = vertex.solve(budget, edge.along)
    change = (vertex.W * dc) @ vertex.rows
    change[vertex.at] = 0
    m = vertex.moments(edge.c)
    signs = np.where(m != 0, np.sign(m), np.sign(change))
    along = vertex.rows.T @ dc
    slope = float(along @ u)
    wasting = np.where(dc < 0, -edge.c / np.where(dc < 0, dc, 1), np.inf)
    if edge.entered is not None:
        wasting[edge.entered] = np.inf
    turning = np.where(signs * change < 0, np.maximum(-m / np.where(change, change, 1), 0), np.inf)
    turning[vertex.at] = np.inf
    switching = {k: p for p, k in enumerate(vertex.at[1])}
    row = int(wasting.argmin())
    for turn in turning.argsort(axis=None, kind="stable").tolist():
        place, k = divmod(turn, len(u))
        length = turning[place, k]
        if wasting[row] <= length:
            break
        turned = 2 * vertex.counts[place] * signs[place, k]
        if k not in switching:
            slope -= float(turned * along[k])
            if slope >= 0:
                return vertex.with_pairs((*vertex.K, (int(vertex.steps[place]), k)))
            u[k] -= turned
        signs[place, k] *= -1
        if k in switching:
            own = vertex.at[0][switching[k]]
            left = u[k] - (vertex.counts @ signs[:, k] - vertex.counts[own] * signs[own, k])
            if abs(left) > vertex.counts[own]:
                c = np.maximum(edge.c + length * dc, 0)
                return _bent(replace(edge, c=c, u=u), switching[k], place, left)
    if not np.isfinite(wasting[row]):
        raise Stuck
    return vertex.without(row)


def _bent(edge: Edge, p: int, place: int, left: float) -> Edge:
    """The edge that goes on from here with another step's pair in the coordinate of pair p: there the sign of
    pair p would have to add ``left`` to the sum, more than it can. So the other step switches, and pair p does not."""
    vertex, own, k = edge.vertex, edge.vertex.at[0][p], edge.vertex.at[1][p]
    there = vertex.with_pairs((*vertex.K[:p], (int(vertex.steps[place]), k), *vertex.K[p + 1 :]))
    if (vertex.W[place] * vertex.W[own]).any():
        return replace(edge, vertex=there)
    # The other step is of another population, whose weights move on instead.
    return Edge(there, edge.c, edge.u, vertex.apart(own, k, left))

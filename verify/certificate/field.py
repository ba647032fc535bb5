"""The costs F_i(c) = x_i.U(c) of a margin game in balls, with their derivatives, from the rule that is carried.

U(c) is minus the mean update over an epoch when the gradients are frozen at -c_j x_j and the states have the epoch's
period. A state is slope * itself + rest in each step, so of a period of P steps, of which step q adds rest_q,

    s before the first step = sum_q slope^(P - 1 - q) rest_q / (1 - slope^P),

where the rests are the program's value at s = 0; states that others need are found first. Steps without gradient are
passed over together where the rule rests in them (`verify.certificate.rule`): each state is multiplied by its slope,
and from the second one on u by a constant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

from verify.certificate.duals import ZERO, Dual, Value, along, lifted, plus, root, row, square, squared, times
from verify.certificate.effort import operation, spend
from verify.certificate.part import Part
from verify.certificate.program import Rule
from verify.certificate.rule import Traits, scalars, slopes, traits_of
from verify.numbers.systems.balls import Ball, ball, bits, matrix

Balls = list[Ball]
Rows = Sequence[Sequence[Fraction]]


class Samples(Protocol):
    """Data, as far as batches need to know them."""

    @property
    def n(self) -> int:
        """Number of rows."""

    @property
    def owned(self) -> int:
        """How many of them each sample owns, one after the other."""


@dataclass(frozen=True)
class Game:
    """A rule, and the batches of an epoch (lists of rows, each row in one) with their ``sizes`` in samples.

    rests   the parts of the program that give the rest of each state, in the order of ``traits.levels``;
    update  that which gives u, once the states after the step are known; ``idle`` the same without a gradient;
    owner   the sample that owns each row;
    known   what is the same at all weights, at each precision.
    """

    rule: Rule
    traits: Traits
    batches: list[list[int]]
    sizes: list[int]
    rests: list[Part]
    update: Part
    idle: Part
    owner: list[int]
    known: dict[int, Any] = field(default_factory=dict)

    def constants(self) -> tuple[dict[int, Ball], Balls]:
        """The lines that are constants, and the slopes of the states, at the present precision."""
        if bits() not in self.known:
            self.known[bits()] = (scalars(self.rule), slopes(self.rule, bits()))
        found: tuple[dict[int, Ball], Balls] = self.known[bits()]
        return found


def game_of(claim: Mapping[str, Any], data: Samples, among: Sequence[int] | None = None) -> Game:
    """The game that a claim carries; ``among`` some of the data's rows, counted anew from 0, where the others weigh
    nothing."""
    n, rule, rows = data.n, claim["rule"], range(data.n) if among is None else among
    size: int = claim["batch_size"] * data.owned
    batches: list[list[int]] = [[] for _ in range(-(-n // size))]
    for i, number in enumerate(rows):
        batches[number // size].append(i)
    traits = traits_of(rule)
    known: frozenset[int] = frozenset()
    rests = []
    for state in traits.levels:
        rests.append(Part(rule, rule.after[state], known, frozenset({rule.names[state]})))
        known |= {rule.after[state]}
    update, idle = (Part(rule, rule.update, known, zero) for zero in (frozenset(), frozenset({"g", "seen"})))
    sizes = [min(size, n - size * p) // data.owned for p in range(len(batches))]
    return Game(rule, traits, batches, sizes, rests, update, idle, [number // data.owned for number in rows])


@dataclass(frozen=True)
class Costs:
    """U (d), F (N) and the derivatives dF_i/dc_l as ``slopes[i][l]`` for the wanted l; ``turning`` are the rows
    dU_k/dc_l."""

    drift: Balls
    costs: Balls
    slopes: list[dict[int, Ball]]
    turning: list[Balls]


def costs(game: Game, rows: Rows, c: Balls, unknown: Sequence[int] = ()) -> Costs:
    """The costs at every c in the balls (N), and their derivatives by c_l for l in ``unknown``.

    Raises Undecided where the program has no value or no derivative somewhere in them.
    """
    d = len(rows[0])
    epoch = Epoch(game, c)
    spend(work(game, d, len(rows), len(epoch.busy), len(unknown)), "the costs of the game")
    X = [[ball(x) for x in entries] for entries in rows]
    place = {l: p for p, l in enumerate(unknown)}
    moved = [
        [_gradient([(j, X[j][k]) for j in game.batches[q]], game.sizes[q], c, place) for q in epoch.busy]
        for k in range(d)
    ]
    seen = _seen(game, X, c, place, epoch.busy, moved)
    drift = [lifted(epoch.mean(g, beside)) for g, beside in zip(moved, seen, strict=True)]
    U = [u.value for u in drift]
    found: list[dict[int, Ball]] = [{} for _ in rows]
    turning: list[Balls] = [[] for _ in drift]
    if unknown:
        flat = [ZERO] * len(unknown)
        turning = [flat if u.slopes is None else u.slopes.entries() for u in drift]
        product = (matrix(X) * matrix(turning)).tolist()
        found = [dict(zip(unknown, entries, strict=True)) for entries in product]
    return Costs(U, [dot(entries, U) for entries in X], found, turning)


def work(game: Game, d: int, n: int, busy: int, unknown: int) -> float:
    """Units of ``costs`` in d columns of n rows, of which ``busy`` batches hold any weight."""
    lines = sum(len(part.code) + 4 for part in game.rests) + len(game.update.code) + len(game.idle.code) + 3
    return (d * busy * lines * (1.5 + unknown / 2) + n * d * (3 + unknown)) * operation(bits())


def _gradient(terms: Sequence[tuple[int, Ball]], size: int, c: Balls, place: Mapping[int, int]) -> Value:
    """The mean gradient of a batch in one coordinate, from its rows and their entries."""
    value = -sum((c[j] * x for j, x in terms), ZERO) / size
    if not place:
        return value if value.is_zero() else Dual(value)
    turn = [ZERO] * len(place)
    for j, x in terms:
        if j in place:
            turn[place[j]] = -x / size
    slopes_of = row(turn)
    return value if value.is_zero() and slopes_of is None else Dual(value, slopes_of)


def _seen(
    game: Game, X: list[Balls], c: Balls, place: Mapping[int, int], busy: list[int], moved: list[list[Value]]
) -> list[list[Value]]:
    """What the rule reads of each batch beside its gradient, in each coordinate."""
    if game.rule.reads == "squares":
        return [[_squares(_samples(game, X, q, k), c, place) for q in busy] for k in range(len(X[0]))]
    if game.rule.reads == "norm":
        lengths = []
        for column in zip(*moved, strict=True):
            total: Value = ZERO
            for g in column:
                total = plus(total, square(lifted(g)))
            lengths.append(root(total))
        return [lengths] * len(moved)
    return [[ZERO] * len(busy)] * len(moved)


def _samples(game: Game, X: list[Balls], q: int, k: int) -> list[list[tuple[int, Ball]]]:
    """The rows of a batch, sample by sample, with their entries in one coordinate."""
    found: dict[int, list[tuple[int, Ball]]] = {}
    for j in game.batches[q]:
        found.setdefault(game.owner[j], []).append((j, X[j][k]))
    return list(found.values())


def _squares(samples: Sequence[Sequence[tuple[int, Ball]]], c: Balls, place: Mapping[int, int]) -> Value:
    """The sum over samples of their squared gradients in one coordinate."""
    value, turn = ZERO, [ZERO] * len(place)
    for terms in samples:
        own = sum((c[j] * x for j, x in terms), ZERO)
        value += squared(own)
        for j, x in terms:
            if j in place:
                turn[place[j]] = 2 * own * x
    return value if value.is_zero() else Dual(value, row(turn) if place else None)


class Epoch:
    """The steps of an epoch that have a gradient (``busy``), and the rule's constants at the present precision."""

    def __init__(self, game: Game, c: Balls) -> None:
        self.game, self.steps = game, len(game.batches)
        scalars_now, self.slopes = game.constants()
        self.blank = [scalars_now.get(i, ZERO) for i in range(len(game.rule.lines))]
        held = [q for q, batch in enumerate(game.batches) if any(not c[j].is_zero() for j in batch)]
        # A rule that rests, with slopes above 0: else every step is taken for itself.
        sparse = game.traits.rests and all(bool(slope > 0) for slope in self.slopes)
        self.busy = held if sparse and held else list(range(self.steps))
        following = [*self.busy[1:], self.busy[0] + self.steps]
        self.gaps = [after - q - 1 for q, after in zip(self.busy, following, strict=True)]
        self.fall = {gap: [slope**gap for slope in self.slopes] for gap in set(self.gaps)}
        self.echoes = {gap: self._echo(gap) for gap in set(self.gaps) if gap}

    def _echo(self, gap: int) -> Ball:
        """The updates of so many steps without gradient, in units of the first one's: 1 + r + ... + r^(gap - 1)."""
        r = ball(1)
        for slope, degree in zip(self.slopes, self.game.traits.falling or (), strict=False):
            if degree:  # degrees tell of positive factors alone: the logarithm of another is nan, which decides nothing
                r *= ball(0) if slope.is_zero() and degree > 0 else (slope.log() * ball(degree)).exp()
        total, power = ball(0), ball(1)
        for _ in range(gap):
            total, power = total + power, power * r
        return total

    def mean(self, g: Sequence[Value], seen: Sequence[Value]) -> Value:
        """U in one coordinate, from the gradient of each busy step and what the rule reads beside it."""
        game, names = self.game, self.game.rule.names
        blank = dict.fromkeys(names, ZERO)
        inputs: list[dict[str, Value]] = [blank | {"g": a, "seen": b} for a, b in zip(g, seen, strict=True)]
        known: list[dict[int, Value]] = [{} for _ in g]
        for state, part in zip(game.traits.levels, game.rests, strict=True):
            end, slope, name = game.rule.after[state], self.slopes[state], names[state]
            rests = [part.value(self.blank, *each) for each in zip(inputs, known, strict=True)]
            s = self._periodic(state, rests)
            for each, values, rest, gap in zip(inputs, known, rests, self.gaps, strict=True):
                each[name] = s
                values[end] = s = along(slope, s, rest)
                if gap:
                    s = times(s, self.fall[gap][state])
        total: Value = ZERO
        for each, values, gap in zip(inputs, known, self.gaps, strict=True):
            total = plus(total, game.update.value(self.blank, each, values))
            if gap:
                total = plus(total, times(self._idle(values), self.echoes[gap]))
        return times(total, ball(Fraction(-1, self.steps)))

    def _periodic(self, state: int, rests: Sequence[Value]) -> Value:
        """The state before the first busy step."""
        total: Value = ZERO
        slope = self.slopes[state]
        for rest, gap in zip(rests, self.gaps, strict=True):
            total = along(slope, total, rest)
            if gap:
                total = times(total, self.fall[gap][state])
        return times(total, 1 / (1 - slope**self.steps))

    def _idle(self, values: Mapping[int, Value]) -> Value:
        """u in the first step without gradient after a busy one, from the states after that."""
        rule = self.game.rule
        inputs = {name: values[end] for name, end in zip(rule.names, rule.after, strict=True)}
        known = {end: times(values[end], slope) for end, slope in zip(rule.after, self.slopes, strict=True)}
        return self.game.idle.value(self.blank, inputs, known)


def dot(a: Sequence[Ball], b: Sequence[Ball]) -> Ball:
    """The dot product."""
    return sum((x * y for x, y in zip(a, b, strict=True)), ZERO)

"""Obligations of a travelling wave: where a rule goes at a constant step, as a fixed point of its epoch map, in balls.

Where the loss falls exponentially a sample weighs c_i = exp(-x_i.w). The unit is the weight c_b that one row of the
support, the base b, has at the time: in it weights are y_i = log(c_i / c_b), and a state of degree p is a multiple of
c_b^p. A step w <- w - eta u makes log c_i grow by eta x_i.u. So in these units it is

    y_i <- y_i + eta (x_i - x_b).u,      s <- exp(-p eta x_b.u) s,

after the rule's own step; and since u is of degree 0, neither w nor the size of the gradients comes in. A wave is a
fixed point of an epoch of such steps: all margins of the support grow by the same r a step, for ever. Nothing is
neglected.

Where entries are 0, as those of several classes are, a column may see no row of the support. Then rows below the
support decide it, whose margins grow at a larger rate of their own. They are a level: it has a base of its own, which
is the unit of its weights and of the states of its columns. No level sees those below it.

A row on no level has weight 0 here. In the limit that is right if an epoch makes its margin grow by more than the
margins of the levels that decide the columns in which it has entries.

The derivative of this map says what an epoch leaves of a small deviation. Its spectral radius is below 1 if and only if
deviations vanish, each at a rate. The size of all weights, and the part of w that no margin sees, do not matter; these
units divide them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any

from flint import fmpq, fmpq_mat

from verify.certificate.boxes import require_direction, require_short_numbers
from verify.certificate.duals import ZERO, Dual, Value, exponential, lifted, plus, root, row, square, times
from verify.certificate.effort import exponential as exponentials
from verify.certificate.effort import operation, spend
from verify.certificate.kind import Fields
from verify.certificate.krawczyk import require_one_zero
from verify.certificate.part import Lines
from verify.certificate.program import Rule
from verify.certificate.refusal import Refused, require
from verify.certificate.spectrum import spectral_radius
from verify.numbers.systems.balls import Ball, around, ball, bits, identity, matrix, sqrt

Balls = list[Ball]


@dataclass(frozen=True)
class Setting:
    """A rule at a constant step ``lr`` on rows of which some are on ``levels``, the first of each its base. A batch has
    ``size`` samples, each of which owns so many rows as are ``owned``, one after the other."""

    rows: Sequence[Sequence[Fraction]]
    rule: Rule
    size: int
    lr: Fraction
    levels: Sequence[Sequence[int]]
    owned: int = 1

    @cached_property
    def level(self) -> dict[int, int]:
        """The level of each row that is on one."""
        return {i: depth for depth, rows in enumerate(self.levels) for i in rows}

    @cached_property
    def batches(self) -> list[tuple[int, list[int]]]:
        """For each batch its size and the rows on levels in it."""
        n, held, long = len(self.rows), self.level, self.size * self.owned
        spans = [range(start, min(start + long, n)) for start in range(0, n, long)]
        return [(len(span) // self.owned, [i for i in span if i in held]) for span in spans]

    @cached_property
    def decides(self) -> dict[int, int]:
        """For each column, in order, the first level of which a row has an entry there. A column without is left out:
        nothing moves in it."""
        rows = self.rows
        found = (
            (k, next((d for d, own in enumerate(self.levels) if any(rows[i][k] for i in own)), None))
            for k in range(len(rows[0]))
        )
        return {k: depth for k, depth in found if depth is not None}

    @cached_property
    def chart(self) -> tuple[list[int], dict[int, list[Fraction]]]:
        """Rows (r) whose differences from their bases are independent; and for each row on a level, bases excepted, the
        coefficients (r) that make its difference of theirs. They make log c_i - log c_b of theirs too, since weights
        are exp(-x_i.w)."""
        based = [(i, own[0]) for own in self.levels for i in own[1:]]
        if not based:
            return [], {}
        rows = self.rows
        columns = [[a - b for a, b in zip(rows[i], rows[base], strict=True)] for i, base in based]
        spend(2 * len(based) ** 2 * len(self.rows[0]), "the differences of a level's rows")
        reduced, r = fmpq_mat(
            [[fmpq(*column[k].as_integer_ratio()) for column in columns] for k in range(len(self.rows[0]))]
        ).rref()
        made = {
            i: [Fraction(int(reduced[a, q].p), int(reduced[a, q].q)) for a in range(r)]
            for q, (i, _) in enumerate(based)
        }
        return [next(i for i, line in made.items() if line[a]) for a in range(r)], made

    @property
    def length(self) -> int:
        """The number of unknowns: y of the independent rows, then the states, coordinate by coordinate."""
        return len(self.chart[0]) + len(self.decides) * len(self.rule.states)

    def work(self, unknown: int) -> float:
        """What an epoch with so many derivatives costs, in the units of `verify.certificate.effort`."""
        lines = len(self.rule.lines) + 3 * len(self.rule.states) + 4 * (len(self.levels) + len(self.chart[0]))
        steps = len(self.batches) * len(self.decides) * lines * (1.5 + unknown / 2) * operation(bits())
        return steps + (len(self.level) + 2 * len(self.levels) * len(self.batches)) * exponentials(bits())


@dataclass(frozen=True)
class Passage:
    """What an epoch makes of the unknowns; ``moved`` (d) is the sum of its updates; ``logs`` are the logarithms of the
    rows' weights, each at its own step, in units of its base's weight at the beginning of the epoch."""

    after: list[Value]
    moved: Balls
    logs: dict[int, Ball]


def epoch(setting: Setting, unknowns: Sequence[Value]) -> Passage:
    """One epoch, from y and states in balls or in balls with derivatives.

    Raises Undecided where the program has no value or no derivative somewhere in them.
    """
    rule, decides, level = setting.rule, setting.decides, setting.level
    live, depths = list(decides), range(len(setting.levels))
    chosen, made = setting.chart
    r, count = len(chosen), len(rule.states)
    X = {i: [ball(setting.rows[i][k]) for k in live] for i in level}
    bases = [X[own[0]] for own in setting.levels]
    ways = [*bases, *([a - b for a, b in zip(X[i], bases[level[i]], strict=True)] for i in chosen)]
    logs = {i: [(j, ball(t)) for j, t in enumerate(line) if t] for i, line in made.items()}
    y = list(unknowns[:r])
    states = [list(unknowns[r + k * count : r + (k + 1) * count]) for k in range(len(live))]
    lines, lr, seen_logs = Lines(rule), ball(setting.lr), dict[int, Ball]()
    moved, shifts = [ZERO] * len(live), [ZERO] * len(depths)
    for size, members in setting.batches:
        weights = {}
        for i in members:
            log_weight = total([times(y[j], t) for j, t in logs.get(i, ())])
            weights[i] = exponential(log_weight)
            seen_logs[i] = lifted(log_weight).value + shifts[level[i]]
        parts = [
            [times(weights[i], X[i][k]) if level[i] == depth else ZERO for i in members]
            for k, depth in enumerate(decides.values())
        ]
        g = [times(total(part), ball(Fraction(-1, size))) for part in parts]
        updates = []
        owners = [i // setting.owned for i in members]
        for k, (gradient, seen) in enumerate(zip(g, seen_of(rule.reads, g, parts, owners), strict=True)):
            u, states[k] = lines.step(gradient, seen, states[k])
            updates.append(u)
        moves = [times(total([times(u, x) for u, x in zip(updates, way, strict=True)]), lr) for way in ways]
        grown, moves = moves[: len(depths)], moves[len(depths) :]
        y = [plus(a, move) for a, move in zip(y, moves, strict=True)]
        states = _in_new_units(rule, states, grown, list(decides.values()))
        shifts = [shift + lifted(move).value for shift, move in zip(shifts, grown, strict=True)]
        moved = [a + lifted(u).value for a, u in zip(moved, updates, strict=True)]
    whole = [ZERO] * len(setting.rows[0])
    for k, u in zip(live, moved, strict=True):
        whole[k] = u
    return Passage([*y, *(s for own in states for s in own)], whole, seen_logs)


def _in_new_units(
    rule: Rule, states: Sequence[Sequence[Value]], grown: Sequence[Value], depths: Sequence[int]
) -> list[list[Value]]:
    """The states of each column after the logarithms of the bases' weights have ``grown``; ``depths`` are the levels of
    the columns."""
    degrees = {degree for _, degree in rule.states}
    units = [{p: exponential(times(by, ball(-p))) for p in degrees} for by in grown]
    return [
        [times(s, units[depth][p]) for s, (_, p) in zip(own, rule.states, strict=True)]
        for own, depth in zip(states, depths, strict=True)
    ]


def total(parts: Sequence[Value]) -> Value:
    """The sum."""
    found: Value = ZERO
    for part in parts:
        found = plus(found, part)
    return found


def seen_of(
    reads: str, g: Sequence[Value], parts: Sequence[Sequence[Value]], owners: Sequence[int]
) -> list[Value]:
    """What the rule reads of a batch beside its gradient, by coordinates; ``owners`` are the samples of the rows."""
    if reads == "squares":
        samples = [list(group) for _, group in groupby(range(len(owners)), owners.__getitem__)]
        return [total([square(lifted(total([own[p] for p in group]))) for group in samples]) for own in parts]
    if reads == "norm":
        return [root(total([square(lifted(a)) for a in g]))] * len(g)
    return [ZERO] * len(g)


def jacobian(after: Sequence[Value], length: int) -> Any:
    """The derivative of an epoch's map of so many unknowns, from what it made of ``variables``."""
    flat = [ZERO] * length
    rows = [lifted(value).slopes for value in after]
    return matrix([flat if slopes is None else slopes.entries() for slopes in rows])


def variables(box: Sequence[Ball]) -> list[Dual]:
    """The unknowns, each with derivative 1 by itself."""
    return [Dual(b, row([ball(int(i == j)) for j in range(len(box))])) for i, b in enumerate(box)]


def require_wave(setting: Setting, wave: Fields) -> None:
    """What has to hold of a claim before anything is computed: its levels decide every coordinate, and its box has
    their unknowns."""
    levels, one = setting.levels, setting.rule.reads == "norm"
    ascend = bool(levels) and all(own and all(a < b for a, b in pairwise(own)) for own in levels)
    require(ascend, "support", "there is no level, or the rows of one do not ascend")
    if len(setting.level) < sum(len(set(own)) for own in levels):
        raise Refused("levels", "a row is on two levels")
    if one and len(levels) > 1:
        raise Refused("levels", "the rule divides by the norm of the whole gradient: there is one level")
    if len(wave["growths"]) != len(levels):
        raise Refused("box", f"growths has {len(wave['growths'])} entries, not one a level")
    for name in ("center", "radii"):
        if len(wave[name]) != setting.length:
            raise Refused("box", f"{name} has {len(wave[name])} entries, not {setting.length}")
    require(
        wave["growths"][0] > wave["growth_radius"],
        "growth-positive",
        "the margins are not said to grow: r may be 0",
    )
    seen = {k for k in range(len(setting.rows[0])) if any(x[k] for x in setting.rows)}
    missing = set() if one else seen - set(setting.decides)
    why = f"only rows on no level have entries in column {min(missing, default=0)}, and they decide there"
    require(not missing, "coordinates", why)
    require_short_numbers(wave["center"], wave["radii"], wave["direction"], *setting.rows)


def check_wave(setting: Setting, wave: Fields) -> None:
    """Existence, uniqueness, growth, slack, direction and spectral radius, at the present precision."""
    size = setting.length
    spend(setting.work(0) + setting.work(size) + 4 * size**3 * operation(bits()), "an epoch of the wave")
    center, radii = ([ball(x) for x in wave[name]] for name in ("center", "radii"))
    box = [around(middle, radius) for middle, radius in zip(center, radii, strict=True)]
    inside = epoch(setting, variables(box))
    derivative = jacobian(inside.after, setting.length) if size else matrix([])
    if size:
        require_one_fixed(epoch(setting, center).after, derivative, center, radii)
    check_growth(setting, inside.moved, wave)
    along = [-u for u in inside.moved]
    require_direction(along, wave, "the direction is not shown to be that close")
    require_spectral_radius(derivative, wave)


def require_one_fixed(after: Sequence[Value], derivative: Any, center: Balls, radii: Balls) -> None:
    """An epoch's map has one fixed point in the box: ``after`` is the center's image, ``derivative`` that of the map
    over the box."""
    values = [lifted(a).value - b for a, b in zip(after, center, strict=True)]
    unknowns = [f"unknown {i}" for i in range(len(center))]
    require_one_zero(values, derivative - identity(len(center)), radii, unknowns)


def require_spectral_radius(derivative: Any, point: Fields) -> None:
    """The spectral radius of the map's derivative is within the bounds that the point gives."""
    low, high = spectral_radius(derivative)
    shown = low >= ball(point["spectral_low"]) and high <= ball(point["spectral_high"])
    require(bool(shown), "spectral-radius", "the spectral radius is not shown to be within its bounds")


def growth(setting: Setting, moved: Balls, i: int) -> Ball:
    """By how much the margin of row i grows in a step, on average over an epoch."""
    total = sum((ball(x) * u for x, u in zip(setting.rows[i], moved, strict=True) if x), ZERO)
    return total * ball(-setting.lr / len(setting.batches))


def check_growth(setting: Setting, moved: Balls, wave: Fields) -> None:
    """The margins of each level grow at the claim's rate, and faster than those of the level before. Those of a row on
    no level grow faster than the margins of each level that decides a column in which the row has an entry."""
    found = [growth(setting, moved, own[0]) for own in setting.levels]
    radius = ball(wave["growth_radius"])
    near = all(abs(r - ball(said)) <= radius for r, said in zip(found, wave["growths"], strict=True))
    require(near, "growth", "r is not shown to be within its radius")
    rising = all(below > above for above, below in pairwise(found))
    require(rising, "order", "a level is not shown to grow faster than the one before")
    spend(2 * len(setting.rows) * len(setting.rows[0]) * operation(bits()), "the rows off the levels")
    for j in sorted(set(range(len(setting.rows))) - set(setting.level)):
        deepest = max((depth for k, depth in setting.decides.items() if setting.rows[j][k]), default=0)
        faster = growth(setting, moved, j) > found[deepest]
        require(
            bool(faster), "slack", f"row {j} is not shown to grow faster than the margins of level {deepest}"
        )


def unit(moved: Balls) -> Balls:
    """Minus the sum of the updates, at l2 norm 1."""
    length = sqrt(sum((u * u for u in moved), ZERO))
    return [-u / length for u in moved]

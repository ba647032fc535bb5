"""What is said of a watched run: the first steps of events, and the states that stand still (`look` finds them)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from verify.numbers.formats import Blockwise
from verify.optimizers.averages import averages, divides_by_more_than_0
from verify.optimizers.kernel import Notes, Steps
from verify.optimizers.look import BLOCK, ENTRY, EVENTS, GRADIENT, UNDERFLOWS, UNKNOWN, Facts, Watch, look
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.roles import FIRST_SCALE, Roles
from verify.optimizers.rule import Rule
from verify.optimizers.traits import slopes

# A state that has not changed in this many last steps is called frozen, a run that has hardly moved stalled; with
# fewer it may be chance.
STANDING_STEPS = 100


def _nothing() -> NDArray[np.float64]:
    return np.zeros(0)


@dataclass(frozen=True)
class Watched:
    """What a watch shows at a snapshot: size, second and update, (d,) each, the first step of each event so far, and
    the step since when it lasts; w (d,) where each underflow that lasts began.

    ``frozen``: for each state that is an average, from which step on at least half of its entries have stood still;
    those states only that have done so for STANDING_STEPS or more.
    """

    size: NDArray[np.float64] = field(default_factory=_nothing)
    second: NDArray[np.float64] = field(default_factory=_nothing)
    update: NDArray[np.float64] = field(default_factory=_nothing)
    events: dict[str, int] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    there: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    frozen: dict[str, int] = field(default_factory=dict)
    last_move: int | None = None
    moves: Moves | None = None


@dataclass(frozen=True)
class Moves:
    """Which weights moved, beside what the stored numbers say: that w moves where |eta u| is more than half of the
    distance to its neighbour. ``wrong``: in so many coordinates of so many steps it was otherwise. ``returns``: so many
    times some weight moved in a step after one in which none did."""

    wrong: int
    predicted_first_still: int | None
    predicted_last_move: int | None
    returns: int


@dataclass(frozen=True)
class Limits:
    """What a run is watched for: the logarithms of the smallest normal numbers of the terms of m, of v and of the
    update, and the bits in which states of degree 1 and others are kept; 0: it is not told which stand still."""

    m: float
    v: float
    update: float
    bits: tuple[int, int]

    @classmethod
    def of(cls, roles: Roles) -> Limits:
        """Those of formats by role. Blockwise formats have no smallest number of their own, nor bits."""
        factor = FIRST_SCALE if roles.loss_scale == "dynamic" else max(1.0, float(roles.loss_scale))
        normals = [
            -math.inf if isinstance(f, Blockwise) else f.log_normal
            for f in (roles.moments, roles.second_moments)
        ]
        m = max(normals[0], roles.gradients.log_normal - math.log(factor))
        bits = tuple(
            53 if isinstance(f, Blockwise) else f.bits for f in (roles.moments, roles.second_moments)
        )
        return cls(m, normals[1], roles.arithmetic.log_normal, (bits[0], bits[1]))


class Watcher:
    """A watch on one run of an optimizer, whose states have the given shape (blocks, width).

    ``nonzero`` (N, d) are the data's entries other than 0; ``roles`` are those of the run, None in log scale. The first
    of the ``limits`` are the run's own; underflow is told of the others too.
    """

    def __init__(
        self,
        opt: Optimizer,
        nonzero: NDArray[np.bool_],
        w: NDArray[np.float64],
        limits: Sequence[Limits],
        roles: Roles | None,
    ) -> None:
        blocks, d = len(w), w.size
        each, kept = (len(limits), d), (len(opt.rule.states), d)
        events = (len(limits), len(EVENTS))
        self.rule, self.update = opt.rule, np.zeros(d)
        self.facts = _facts(opt, limits, roles)
        self.watch = Watch(
            np.full(events, -1), np.full(events, -1), np.zeros(1, np.int64), np.zeros(d), np.zeros(blocks),
            np.zeros(d), w.flatten().astype(np.float64), np.zeros((len(limits), len(UNDERFLOWS), d)),
            np.zeros(d, np.bool_), np.zeros(each, np.bool_),
            np.zeros(kept, np.bool_), np.zeros(kept), np.zeros(kept, np.int64), nonzero,
            np.zeros(5, np.int64),
        )  # fmt: skip

    def look(self, notes: Notes, steps: Steps, done: int) -> None:
        """Look at the notes of the steps, ``done`` steps having been before them."""
        look(self.watch, self.facts, notes, steps.rows, steps.first, steps.eps, steps.eta, done)
        self.update = notes.update[len(steps.eps) - 1].flatten()

    def read(self, step: int) -> tuple[Watched, ...]:
        """A copy of what the watch shows after ``step`` steps, for each of the limits."""
        return tuple(self._read(step, number) for number in range(len(self.facts.log_m)))

    def _read(self, step: int, number: int) -> Watched:
        watch = self.watch
        events, since = (
            {event: int(first) for event, first in zip(EVENTS, noted[number], strict=True) if first > 0}
            for noted in (watch.first, watch.since)
        )
        there = {
            event: watch.there[number, EVENTS.index(event)].copy() for event in UNDERFLOWS if event in since
        }
        frozen = {
            state.name: since_step
            for i, state in enumerate(self.rule.states)
            if self.facts.power[i] and (since_step := self._frozen(i, step)) is not None
        }
        return Watched(
            watch.size.copy(), watch.second.copy(), self.update.copy(), events, since,
            there, frozen, int(watch.last_move[0]) or None, self._moves(),
        )  # fmt: skip

    def _moves(self) -> Moves | None:
        if not self.facts.step_bits:
            return None
        wrong, still, last, returns, _ = (int(count) for count in self.watch.moves)
        return Moves(wrong, still or None, last or None, returns)

    def _frozen(self, number: int, step: int) -> int | None:
        """The first step from which on half of the entries of a state or more stand still, if that is long ago."""
        watch = self.watch
        held, moved, entries = (each[number] for each in (watch.held, watch.moved, watch.reached))
        # What is below normal has underflowed, which is another event.
        least = self.facts.log_m if self.rule.states[number].degree == 1 else self.facts.log_v
        normal = abs(held) >= math.exp(least[0])
        still = entries & normal & (moved + STANDING_STEPS <= step)
        half = -(-np.count_nonzero(entries) // 2)
        if not entries.any() or np.count_nonzero(still) < half:
            return None
        return int(np.sort(moved[still])[half - 1]) + 1


def _facts(opt: Optimizer, limits: Sequence[Limits], roles: Roles | None) -> Facts:
    rule = opt.rule
    bits = [limits[0].bits[state.degree != 1] for state in rule.states]
    found = [average if told else None for average, told in zip(averages(opt), bits, strict=True)]
    own, step_bits, lowest = 53, 0, 0
    if roles is not None:
        own = min(form.bits for form in (roles.forward, roles.accumulate, roles.gradients))
        if "master" not in roles.stochastic and not roles.kahan and not opt.weight_decay:
            step_bits, lowest = roles.master.bits, roles.master.lowest
    shadow = roles is None or (roles.uniform is not None and any(each < own for each in bits))
    log_m, log_v, log_update = (
        np.array([getattr(each, what) for each in limits]) for what in ("m", "v", "update")
    )
    memory, share = size_of_terms(opt)
    fed = {"norm": BLOCK, "squares": ENTRY, "nothing": UNKNOWN}[rule.reads]
    if has_v(rule):
        fed = GRADIENT if divides_by_more_than_0(opt) else UNKNOWN
    return Facts(
        memory, share, len(rule.states) - 1 if has_v(rule) else -1, has_second(rule), second_degree(rule),
        2.0 if of_norm(rule) else 1.0, fed, has_v(rule) and slopes(rule, opt.values)[-1] > 0,
        np.array([each.keep if each else 0.0 for each in found]),
        np.array([each.gain if each else 0.0 for each in found]),
        np.array([each.power if each else 0 for each in found], np.int64),
        np.array([each is not None and each.even for each in found], np.bool_),
        log_m, log_v, log_update, np.array(bits, np.int64), own, shadow, step_bits, lowest,
    )  # fmt: skip


def size_of_terms(opt: Optimizer) -> tuple[float, float]:
    """What a step keeps of the size of the terms of m, and which share of the gradient's it adds: as the first state of
    degree 1 does. (1, 1) where that is not known to be an average: such a size never falls; (0, 1) without one."""
    for state, average in zip(opt.rule.states, averages(opt), strict=True):
        if state.degree == 1:
            return (1.0, 1.0) if average is None else (average.keep, average.gain)
    return 0.0, 1.0


def room(rule: Rule, watched: Watched, scale: NDArray[np.float64], limits: Limits) -> float:
    """By how much margins may grow, all gradients shrinking like exp(-z), before size or second underflow.

    ``scale`` (d,) is that of the snapshot. Infinite where nothing is there that could.
    """
    # A norm underflows at its squares.
    share = 0.5 if of_norm(rule) else 1.0
    rooms = [scale + np.log(positive(watched.size)) - limits.m]
    if has_second(rule):
        rooms.append(scale + (np.log(positive(watched.second)) - share * limits.v) / second_degree(rule))
    return float(np.min(rooms))


def positive(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values with infinity in place of 0: coordinates that never saw a gradient."""
    return np.where(values > 0, values, np.inf)


def has_second(rule: Rule) -> bool:
    """Whether the rule divides by something of its own: v, squares or a norm."""
    return has_v(rule) or rule.reads != "nothing"


def has_v(rule: Rule) -> bool:
    """Whether the rule divides by a state, to which an eps may be added: by its last."""
    return bool(rule.states) and rule.uses("eps", "inside") and rule.matrix is None


def of_norm(rule: Rule) -> bool:
    """Whether the rule divides by the norm of the gradient, in which squares are summed."""
    return rule.reads == "norm" and not has_v(rule)


def second_degree(rule: Rule) -> float:
    """The degree of what the rule divides by: v, squares or a norm."""
    if has_v(rule):
        return float(rule.states[-1].degree)
    return 1.0 if rule.reads == "norm" or rule.matrix is not None else 2.0

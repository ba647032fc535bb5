"""The rule along a target's trace: what each move should be, and how far rounding may have taken it from there.

The weights before each call are the target's own, so that only the states' errors add up. States and step may be in
another format than weights and gradients.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.conform.bounded import ROUNDINGS, Bounded, Precision, bounded, precision_of
from verify.conform.case import Case
from verify.conform.convention import Convention
from verify.conform.feeding import Call, Trace
from verify.conform.formula import formula
from verify.conform.matrices import factor, turned
from verify.conform.scalars import inputs
from verify.numbers.formats import format_named
from verify.numbers.program import Program
from verify.numbers.written import compiled_step
from verify.optimizers.rule import Rule

Floats = NDArray[np.float64]
# Roundings of a weight in its own format, when its step is computed in another: of the step and its product with lr,
# and of decay and sum, in proportion to the largest of them.
STORED = 2 * ROUNDINGS


@dataclass(frozen=True)
class Difference:
    """The first call (from 1) in which target and rule differ by more than the bound, or in which the target ``does``
    what none may; in ``place``, (parameter, entry)."""

    step: int
    target: float
    rule: float
    bound: float
    place: tuple[int, int] = (0, 0)
    does: str = ""

    @property
    def text(self) -> str:
        """The difference in words."""
        if self.does:
            return f"step {self.step}: {self.does}"
        rule = f"{self.rule:.9g} +- {self.bound:.2g}"
        return f"step {self.step}: the target moves by {self.target:.9g}, the rule by {rule}"


@dataclass
class Compared:
    """What a trace says: the first difference, the largest ratio of a distance to its bound, and how many entries had a
    bound at all, of how many."""

    difference: Difference | None = None
    worst: float = 0.0
    judged: int = 0
    entries: int = 0


@dataclass(frozen=True)
class Reference:
    """A rule in a convention and a format, that of weights and gradients; ``every``: so many calls make one step.

    ``states`` is the format in which states are kept and steps computed; "": it is that of the weights.
    """

    rule: Rule
    how: Convention
    dtype: str = "float32"
    every: int = 1
    states: str = ""

    @property
    def precisions(self) -> tuple[Precision, Precision]:
        """Of steps, and of weights. Raises BadInput for a format in which no library takes steps."""
        own = precision_of(format_named(self.dtype))
        return precision_of(format_named(self.states), "states") if self.states else own, own

    def compare(self, case: Case, trace: Trace) -> Compared:
        """The trace held against the rule."""
        found = Compared()
        with np.errstate(all="ignore"):
            self._compare(case, trace, found)
        return found

    def _compare(self, case: Case, trace: Trace, found: Compared) -> None:
        values = case.values
        decays = values.get("weight_decay", 0.0) != 0
        of, own = self.precisions
        coarser = max(of, own, key=lambda each: each.unit)
        step = _step(self.rule, self.how, decays, of)
        start = _starts(self.rule, self.how, of)
        states, times = [list(start) for _ in case.sizes], [0] * len(case.sizes)
        held: list[list[Floats | None]] = []
        for number, call in enumerate(trace.calls, 1):
            if call.changed and not self.how.overwrites:
                found.difference = Difference(number, 0, 0, 0, does="the gradient was changed in place")
                return
            held.append(call.gradients)
            stays = number % self.every != 0
            gradients = None if stays else self._accumulated(held, case, coarser, of)
            norm = None if gradients is None or not self.rule.uses("seen") else _norm(gradients, coarser, of)
            for place in range(len(case.sizes)):
                g = None if gradients is None else gradients[place]
                if g is None:
                    wanted = Bounded(call.before[place] * (not trace.moves), 0.0, 0.0, of)
                else:
                    times[place] += 1
                    t = number // self.every if self.how.counted == "calls" else times[place]
                    given = self._given(case, values, place, number, t, times[place] == 1, of)
                    w = _taken(call.before[place], own, of)
                    if self.rule.matrix is not None:
                        given = given | self._turned(step, g, states[place], given, w, case.shape(place))
                    wanted, states[place] = self._moved(
                        step, g, norm, states[place], given, w, trace.moves, own
                    )
                if _judge(found, call, place, number, wanted, trace.moves):
                    return
            if not stays:
                held = []
        if trace.failed:
            found.difference = Difference(len(trace.calls) + 1, 0, 0, 0, does=f"it failed: {trace.failed}")

    def _moved(
        self,
        step: Any,
        g: Bounded,
        norm: Any,
        states: list[Bounded],
        given: Any,
        w: Bounded,
        moves: bool,
        own: Precision,
    ) -> tuple[Bounded, list[Bounded]]:
        """What is to be read, and the states after the step."""
        move, after = _run(step, g, norm, states, given, w)
        after, weight = after[: len(states)], after[len(states)]
        wanted = move if moves else weight
        if own.unit > w.of.unit:
            decayed = given["decayed"].x * max(given["eta"].x, 1.0)
            size = abs(move.x) + (2 * decayed + (not moves)) * w.s
            wanted = Bounded(0.0, 0.0, 0.0, own).made(wanted.x, size, wanted.e, STORED)
        if self.how.lazy:
            rests = g.x == 0
            wanted = _chosen(rests, Bounded(0.0, 0.0, 0.0, w.of) if moves else w, wanted)
            after = [_chosen(rests, old, new) for old, new in zip(states, after, strict=True)]
        return wanted, after

    def _turned(
        self, step: Any, g: Bounded, states: list[Bounded], given: Any, w: Bounded, shape: tuple[int, ...]
    ) -> dict[str, Bounded]:
        """What is made of the direction of a matrix, and what that is multiplied by."""
        rows, columns = shape if len(shape) == 2 else (1, *shape)
        direction = _run(step, g, None, states, given, w)[1][-1]
        by = bounded(w.of).number(factor(self.how, rows, columns))  # type: ignore[arg-type]
        return {"turned": turned(direction, rows, given["eps"], self.how), "factor": by}

    def _given(
        self,
        case: Case,
        values: dict[str, float],
        place: int,
        number: int,
        t: int,
        first: bool,
        of: Precision,
    ) -> Any:
        rate, lr = values.get("weight_decay", 0.0), case.lr(place, number)
        return inputs(self.rule, self.how, tuple(values.items()), lr, rate, t, first, of)

    def _accumulated(
        self, held: list[list[Floats | None]], case: Case, coarser: Precision, of: Precision
    ) -> list[Bounded | None]:
        """The gradients of a step, summed in the format of the weights or of the states."""
        found: list[Bounded | None] = []
        for place, size in enumerate(case.sizes):
            parts = [row[place] for row in held]
            if self.how.missing == "zero":
                parts = [np.zeros(size) if part is None else part for part in parts]
            there = [Bounded(part, abs(part), 0.0, coarser) for part in parts if part is not None]
            if not there:
                found.append(None)
                continue
            total = there[0]
            for part in there[1:]:
                total = total + part
            if self.every > 1 and self.how.accumulated == "mean":
                total = total / float(self.every)
            found.append(_in(total, of))
        return found


def _run(step: Any, g: Bounded, norm: Any, states: list[Bounded], given: Any, w: Bounded) -> Any:
    program, function = step
    h = tuple(w if name == "w" else given[name] for name in program.hyper)
    return function(g, norm, tuple(states), h)


def _judge(found: Compared, call: Call, place: int, number: int, wanted: Bounded, moves: bool) -> bool:
    """Count the entries of a parameter; whether one differs by more than its bound."""
    seen, before = call.after[place], call.before[place]
    bound = np.broadcast_to(np.where(np.isnan(wanted.e), np.inf, wanted.e) * (1 + 2.0**-30), seen.shape)
    away = abs(seen - wanted.x)
    away = np.where(np.isnan(away), np.inf, away)
    known = np.isfinite(bound)
    found.entries += seen.size
    found.judged += int(known.sum())
    wrong = known & (away > bound)
    if wrong.any():
        k = int(np.argmax(wrong))
        rule = np.broadcast_to(wanted.x, seen.shape)[k]
        less = 0.0 if moves else before[k]
        found.difference = Difference(
            number, float(seen[k] - less), float(rule - less), float(bound[k]), (place, k)
        )
        found.worst = math.inf
        return True
    told = known & (bound > 0)
    if told.any():
        found.worst = max(found.worst, float((away[told] / bound[told]).max()))
    return False


def _chosen(mask: Any, first: Bounded, second: Bounded) -> Bounded:
    x, s, e = (np.where(mask, getattr(first, name), getattr(second, name)) for name in "xse")
    return Bounded(x, s, e, first.of)


def _in(number: Bounded, of: Precision) -> Bounded:
    """The number, in operations of another format from now on."""
    return Bounded(number.x, number.s, number.e, of)


def _taken(w: Floats, own: Precision, of: Precision) -> Bounded:
    """Weights, which may have to be rounded to the format of the step."""
    return Bounded(w, abs(w), of.unit * abs(w) if of.unit > own.unit else 0.0, of)


def _norm(gradients: list[Bounded | None], coarser: Precision, of: Precision) -> Bounded:
    total, terms = Bounded(0.0, 0.0, 0.0, coarser), 0
    for g in gradients:
        if g is not None:
            each = _in(g, coarser)
            squares, terms = each * each, terms + len(g.x)
            e = squares.e.sum() + terms * coarser.each * squares.s.sum()
            total = total + Bounded(squares.x.sum(), squares.s.sum(), e, coarser)
    norm: Bounded = bounded(coarser).sqrt(total)
    return _in(norm, of)


@cache
def _step(rule: Rule, how: Convention, decays: bool, of: Precision) -> tuple[Program, Callable[..., Any]]:
    program = formula(rule, how, decays)
    return program, compiled_step(program, bounded(of))


def _starts(rule: Rule, how: Convention, of: Precision) -> tuple[Bounded, ...]:
    number = bounded(of).number
    starts = {1: how.start_m or 0.0, 2: how.start_v or 0.0}
    return tuple(number(starts.get(int(state.degree), 0.0)) for state in rule.states)  # type: ignore[arg-type]

"""The rule along a target's trace: what each move should be, and how far rounding may have taken it from there.

The weights before each call are the target's own, so that only the states' errors add up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.conform.bounded import Bounded, Precision, bounded, precision_of
from verify.conform.case import Case
from verify.conform.convention import Convention
from verify.conform.feeding import Call, Trace
from verify.conform.formula import SCALARS, formula
from verify.conform.matrices import factor, turned
from verify.numbers.formats import format_named
from verify.numbers.program import Program, compiled_step
from verify.optimizers.rule import Rule

Floats = NDArray[np.float64]
# NAdam's momentum schedule: mu_t = beta1 (1 - BASE^(RATE t) / 2), Dozat 2016 as torch has it.
BASE, RATE = 0.96, 0.004


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
        """It in words."""
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
    """A rule in a convention and a format; ``every``: so many calls make one step."""

    rule: Rule
    how: Convention
    dtype: str = "float32"
    every: int = 1

    def compare(self, case: Case, trace: Trace) -> Compared:
        """The trace held against the rule."""
        found = Compared()
        with np.errstate(all="ignore"):
            self._compare(case, trace, found)
        return found

    def _compare(self, case: Case, trace: Trace, found: Compared) -> None:
        values = case.values
        decays = values.get("weight_decay", 0.0) != 0
        of = precision_of(format_named(self.dtype))
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
            gradients = None if stays else self._accumulated(held, case, of)
            norm = None if gradients is None or not self.rule.uses("seen") else _norm(gradients, of)
            for place in range(len(case.sizes)):
                g = None if gradients is None else gradients[place]
                if g is None:
                    wanted = Bounded(call.before[place] * (not trace.moves), 0.0, 0.0, of)
                else:
                    times[place] += 1
                    t = number // self.every if self.how.counted == "calls" else times[place]
                    given = self._given(case, values, place, number, t, times[place] == 1, of)
                    w = Bounded(call.before[place], abs(call.before[place]), 0.0, of)
                    if self.rule.matrix is not None:
                        given = given | self._turned(step, g, states[place], given, w, case.shape(place))
                    wanted, states[place] = self._moved(step, g, norm, states[place], given, w, trace.moves)
                if _judge(found, call, place, number, wanted, trace.moves, of):
                    return
            if not stays:
                held = []
        if trace.failed:
            found.difference = Difference(len(trace.calls) + 1, 0, 0, 0, does=f"it failed: {trace.failed}")

    def _moved(
        self, step: Any, g: Bounded, norm: Any, states: list[Bounded], given: Any, w: Bounded, moves: bool
    ) -> tuple[Bounded, list[Bounded]]:
        """What is to be read, and the states after the step."""
        move, after = _run(step, g, norm, states, given, w)
        after, weight = after[: len(states)], after[len(states)]
        wanted = move if moves else weight
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
        return _inputs(self.rule, self.how, tuple(values.items()), lr, rate, t, first, of)

    def _accumulated(
        self, held: list[list[Floats | None]], case: Case, of: Precision
    ) -> list[Bounded | None]:
        found: list[Bounded | None] = []
        for place, size in enumerate(case.sizes):
            parts = [row[place] for row in held]
            if self.how.missing == "zero":
                parts = [np.zeros(size) if part is None else part for part in parts]
            there = [Bounded(part, abs(part), 0.0, of) for part in parts if part is not None]
            if not there:
                found.append(None)
                continue
            total = there[0]
            for part in there[1:]:
                total = total + part
            found.append(
                total / float(self.every) if self.every > 1 and self.how.accumulated == "mean" else total
            )
        return found


def _run(step: Any, g: Bounded, norm: Any, states: list[Bounded], given: Any, w: Bounded) -> Any:
    program, function = step
    h = tuple(w if name == "w" else given[name] for name in program.hyper)
    return function(g, norm, tuple(states), h)


def _judge(
    found: Compared, call: Call, place: int, number: int, wanted: Bounded, moves: bool, of: Precision
) -> bool:
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


def _norm(gradients: list[Bounded | None], of: Precision) -> Bounded:
    total, terms = Bounded(0.0, 0.0, 0.0, of), 0
    for g in gradients:
        if g is not None:
            squares = g * g
            terms += len(g.x)
            total = total + Bounded(
                squares.x.sum(), squares.s.sum(), squares.e.sum() + terms * of.each * squares.s.sum(), of
            )
    norm: Bounded = bounded(of).sqrt(total)
    return norm


@cache
def _step(rule: Rule, how: Convention, decays: bool, of: Precision) -> tuple[Program, Callable[..., Any]]:
    program = formula(rule, how, decays)
    return program, compiled_step(program, bounded(of))


def _starts(rule: Rule, how: Convention, of: Precision) -> tuple[Bounded, ...]:
    number = bounded(of).number
    starts = {1: how.start_m or 0.0, 2: how.start_v or 0.0}
    return tuple(number(starts.get(int(state.degree), 0.0)) for state in rule.states)  # type: ignore[arg-type]


@cache
def _inputs(
    rule: Rule,
    how: Convention,
    values: tuple[tuple[str, float], ...],
    lr: float,
    rate: float,
    t: int,
    start: bool,
    of: Precision,
) -> dict[str, Any]:
    """The scalars of step t, as the format may have them."""
    number = bounded(of).number
    given: dict[str, Any] = {name: number(value) for name, value in values}  # type: ignore[arg-type]
    for hyper in rule.hyper:
        given.setdefault(hyper.name, number(hyper.usual))
    given |= {"eta": number(lr), "decayed": number(rate)}  # type: ignore[arg-type]
    given.setdefault("eps", number(0))  # type: ignore[arg-type]
    given |= dict.fromkeys(("inside", *SCALARS[2:]), number(0))  # type: ignore[arg-type]
    given["start"] = number(int(start))  # type: ignore[arg-type]
    first, second = rule.corrects or ("beta1", "beta2")
    coarse = how.scalars == "float32"
    if first in given:
        beta = _coarse(given[first]) if coarse else given[first]
        given |= {"p": 1.0 - beta.power(t), "p_next": 1.0 - beta.power(t + 1)}
        given |= dict(zip(("mu", "mu_next", "left"), _schedule(given[first], t, coarse), strict=True))
    if second in given:
        beta = _coarse(given[second]) if coarse else given[second]
        given["q"] = 1.0 - beta.power(t)
    return given


def _coarse(value: Bounded) -> Bounded:
    """A scalar as float32 computes with it: each of its operations has that rounding."""
    unit = max(value.of.unit, 2.0**-24)
    return Bounded(
        value.x, value.s, value.e + unit * abs(value.x), Precision(unit, value.of.tiny, value.of.top)
    )


def _schedule(beta: Bounded, t: int, coarse: bool) -> tuple[Bounded, Bounded, Bounded]:
    """mu_t, mu_{t+1} and the product of mu_1 ... mu_t, rounded as products of scalars."""

    def mu(k: int) -> Bounded:
        power = BASE ** (RATE * k)
        return beta * (1.0 - 0.5 * Bounded(power, power, 4 * beta.of.unit * power, beta.of))

    left = mu(1)
    if coarse:
        left = _coarse(left)
    for k in range(2, t + 1):
        left = left * mu(k)
    return mu(t), mu(t + 1), left

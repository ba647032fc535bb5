"""The steps in any number system, one Python operation at a time: balls, mpf, exact symbols.

Their exponents have no bounds, so no scale is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verify.numbers.system import Numbers
from verify.numbers.systems.balls import Undecided
from verify.numbers.written import step_at
from verify.optimizers.optimizer import Optimizer
from verify.problem.problem import Batch, Problem

# Steps between two calls of the progress function.
CHUNK = 256


@dataclass(frozen=True)
class Iterate:
    """The iterate (d,), and each of the states (d,), after ``step`` steps."""

    step: int
    w: tuple[Any, ...]
    states: tuple[tuple[Any, ...], ...]


def interpreted(
    rows: Sequence[Sequence[Fraction]],
    opt: Optimizer,
    snapshots: Sequence[int],
    num: Numbers,
    *,
    start: Sequence[Fraction] = (),
    first: int = 0,
    seed: int = 0,
    progress: Callable[[int], None] = lambda step: None,
    doubt: Callable[[Sequence[Any], Sequence[Any], Batch], None] = lambda g, c, batch: None,
) -> Iterator[Iterate]:
    """Run an optimizer on exact rows (N, d) from w_0 = ``start`` (d), 0 if it is empty, stopping after the given
    numbers of steps. Step t has the size eta_(t + first).

    Data and hyperparameters enter the number system as exactly as it can hold them. ``doubt`` sees each gradient,
    the weights of its rows and the batch. Raises what ``doubt`` and the number system raise, such as Undecided.
    """
    problem, rule = Problem(rows, opt.loss, num, opt.owned), opt.rule
    batches, program = problem.batches(opt, seed), rule.program if opt.eps else rule.lean
    at, varies = step_at(program, num), opt.bias_correction or "eta" in program.inputs
    hyper = tuple(num.number(value) for value in opt.hyper)
    zero, one = num.zero, num.number(Fraction(1))
    scalars, step_size, decay = opt.scalars(num), opt.step_size(num), num.number(opt.weight_decay)
    decays, d = bool(opt.weight_decay), len(rows[0])
    w = [num.number(entry) for entry in start] or [zero] * d
    s, whole, steps = [[zero] * d for _ in rule.states], rule.matrix, None

    t, time = 0, num.number(Fraction(first))
    for target in sorted(set(snapshots)):
        while t < target:
            try:
                batch = next(batches)
                c = problem.weights(batch, w)
                g, beside = batch.seen(c, rule.reads)
                doubt(g, c, batch)
                eta, eps, inside = scalars(time)
                if steps is None or varies:
                    steps = at((*hyper, eps, inside, zero, eta))
                u = steps(g, beside, s, w)
                if whole is not None:
                    u = whole.exactly(num, u, (opt.classes, d // opt.classes), eps)
                if decays:
                    left = 1 - decay * step_size(time)
                    w = [left * x for x in w]
                w = [x - eta * y for x, y in zip(w, u, strict=True)]
            except Undecided as reason:
                raise Undecided(f"{reason} in step {t + 1}") from None
            t, time = t + 1, time + one
            if t % CHUNK == 0:
                progress(t)
        yield Iterate(t, tuple(w), tuple(map(tuple, s)))

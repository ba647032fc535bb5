"""The steps in any number system, one Python operation at a time: balls, mpf, exact symbols.

Their exponents have no bounds, so no scale is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import mul
from typing import Any

from verify.numbers.program import step_at
from verify.numbers.system import Numbers
from verify.numbers.systems.balls import Undecided
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.order import tables

# Steps between two calls of the progress function.
CHUNK = 256


@dataclass(frozen=True)
class Iterate:
    """The iterate (d,), and each coordinate's states, after ``step`` steps."""

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
    doubt: Callable[[Sequence[Any], Sequence[Any], Sequence[Any]], None] = lambda g, c, batch: None,
) -> Iterator[Iterate]:
    """Run an optimizer on exact rows (N, d) from w_0 = ``start`` (d), 0 if it is empty, stopping after the given
    numbers of steps. Step t has the size eta_(t + first).

    Data and hyperparameters enter the number system as exactly as it can hold them. ``doubt`` sees each gradient,
    the weights of its samples and their rows. Raises what
    ``doubt`` and the number system raise, such as Undecided.
    """
    d = len(rows[0])
    X = [[num.number(entry) for entry in row] for row in rows]
    weight = num.build(opt.loss.weight(num))
    at = step_at(opt.rule.program if opt.eps else opt.rule.lean, num)
    hyper = tuple(num.number(value) for value in opt.hyper)
    zero, one = num.number(Fraction(0)), num.number(Fraction(1))
    scalars, step_size, decay = opt.scalars(num), opt.step_size(num), num.number(opt.weight_decay)
    w = [num.number(entry) for entry in start] or [zero] * d
    seen, s = [zero] * d, [(zero,) * len(opt.rule.states)] * d

    drawn = tables(len(X), opt.batch(len(X)), opt.order, seed)
    batches = ([X[j] for j in row if j >= 0] for table in drawn for row in table.tolist())
    t, time = 0, num.number(Fraction(first))
    for target in sorted(set(snapshots)):
        while t < target:
            try:
                batch = next(batches)
                c = [weight(dot(x, w)) for x in batch]
                g = combined([-weight_j / len(batch) for weight_j in c], batch)
                doubt(g, c, batch)
                if opt.rule.reads == "squares":
                    own = [[weight_j * entry for entry in x] for weight_j, x in zip(c, batch, strict=True)]
                    seen = [dot(column, column) for column in zip(*own, strict=True)]
                elif opt.rule.reads == "norm":
                    seen = [num.sqrt(dot(g, g))] * d
                eta, eps, inside = scalars(time)
                left = 1 - decay * step_size(time) if opt.weight_decay else 1
                step = at((*hyper, eps, inside, zero, eta))
                for k in range(d):
                    u, s[k] = step(g[k], seen[k], s[k], w[k])
                    w[k] = (w[k] if not opt.weight_decay else left * w[k]) - eta * u
            except Undecided as reason:
                raise Undecided(f"{reason} in step {t + 1}") from None
            t, time = t + 1, time + one
            if t % CHUNK == 0:
                progress(t)
        yield Iterate(t, tuple(w), tuple(s))


def dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    """The inner product of two sequences of the same length, 1 at least."""
    products = map(mul, a, b)
    return sum(products, next(products))


def combined(coefficients: Sequence[Any], rows: Sequence[Sequence[Any]]) -> list[Any]:
    """sum_j c_j x_j, entry by entry, of one row or more."""
    total = [coefficients[0] * entry for entry in rows[0]]
    for c, row in zip(coefficients[1:], rows[1:], strict=True):
        total = [sum_ + c * entry for sum_, entry in zip(total, row, strict=True)]
    return total

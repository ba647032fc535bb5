"""The steps in any number system, one Python operation at a time: balls, mpf, exact symbols.

Their exponents have no bounds, so no scale is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import mul
from typing import Any

from verify.numbers.balls import Undecided
from verify.numbers.system import Numbers
from verify.optimizers.loss import WEIGHTS
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.order import tables
from verify.optimizers.rules import Hyper

# Steps between two calls of the progress function.
CHUNK = 256


@dataclass(frozen=True)
class Iterate:
    """The iterate and the moments, (d,) each, after ``step`` steps."""

    step: int
    w: tuple[Any, ...]
    m: tuple[Any, ...]
    v: tuple[Any, ...]


def interpreted(
    rows: Sequence[Sequence[Fraction]],
    opt: Optimizer,
    snapshots: Sequence[int],
    num: Numbers,
    *,
    start: Sequence[Fraction] = (),
    seed: int = 0,
    progress: Callable[[int], None] = lambda step: None,
    doubt: Callable[[Sequence[Any], Sequence[Any], Sequence[Any]], None] = lambda g, c, batch: None,
) -> Iterator[Iterate]:
    """Run an optimizer on exact rows (N, d) from w_0 = ``start`` (d), 0 if it is empty, stopping after the given
    numbers of steps.

    Data and hyperparameters enter the number system as exactly as it can hold them. ``doubt`` sees each gradient,
    the weights of its samples and their rows. Raises what
    ``doubt`` and the number system raise, such as Undecided.
    """
    d = len(rows[0])
    X = [[num.number(entry) for entry in row] for row in rows]
    weight = num.build(WEIGHTS[opt.loss](num))
    step = num.build(opt.rule.define(num))
    beta1, beta2 = num.number(opt.beta1), num.number(opt.beta2)
    zero, one = num.number(Fraction(0)), num.number(Fraction(1))
    scalars = opt.scalars(num)
    w, m, v = [num.number(entry) for entry in start] or [zero] * d, [zero] * d, [zero] * d
    seen = [zero] * d

    drawn = tables(len(X), opt.batch(len(X)), opt.order, seed)
    batches = ([X[j] for j in row if j >= 0] for table in drawn for row in table.tolist())
    t, time = 0, zero
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
                h = Hyper(beta1, beta2, eps, inside)
                for k in range(d):
                    u, m[k], v[k] = step(g[k], seen[k], m[k], v[k], h)
                    w[k] = w[k] - eta * u
            except Undecided as reason:
                raise Undecided(f"{reason} in step {t + 1}") from None
            t, time = t + 1, time + one
            if t % CHUNK == 0:
                progress(t)
        yield Iterate(t, tuple(w), tuple(m), tuple(v))


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

"""The margin game on a guessed support, in balls: drift, costs and derivatives from the optimizer's own step.

The state on the support is y: in a level whose first row is b, log c_i = log c_b - sum_j T_ij y_j with T exact,
so that y_j is the margin of the j-th of r independent differences of rows. The flow is dy/dtau = H(y), the
same differences of costs. Weights off the levels are exactly 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from flint import fmpq_mat
from numpy.typing import NDArray

from verify.data.dataset import Dataset
from verify.game.smooth.face import Level
from verify.numbers.linear.rational import from_flint, to_flint
from verify.numbers.system import Numbers
from verify.numbers.systems.balls import BALLS, ball
from verify.optimizers.mean_update import NO_REST, mean_update, resting
from verify.optimizers.optimizer import Optimizer
from verify.optimizers.traits import traits
from verify.problem.problem import summed

Row = tuple[Fraction, ...]
Term = tuple[int, Fraction]


@dataclass(frozen=True)
class BallField:
    """A data set, an optimizer and a guess of levels; all is computed at the precision in force."""

    data: Dataset
    opt: Optimizer
    levels: tuple[Level, ...]

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """(i, b) for each row i of a level but its first, b: their costs must agree."""
        return [(int(i), int(level.rows[0])) for level in self.levels for i in level.rows[1:]]

    @cached_property
    def chart(self) -> tuple[list[int], list[Row]]:
        """Positions (r) in ``pairs`` of independent differences of rows, and T, which makes all of them."""
        if not self.pairs:
            return [], []
        rows = self.data.rows
        columns = [[x - y for x, y in zip(rows[i], rows[b], strict=True)] for i, b in self.pairs]
        matrix = fmpq_mat([[to_flint(column[k]) for column in columns] for k in range(self.data.d)])
        reduced, r = matrix.rref()
        T = [tuple(from_flint(reduced[a, q]) for a in range(r)) for q in range(len(columns))]
        return [next(q for q, line in enumerate(T) if line[a]) for a in range(r)], T

    @cached_property
    def differences(self) -> list[Row]:
        """The r independent differences of rows."""
        rows = self.data.rows
        chosen = (self.pairs[q] for q in self.chart[0])
        return [tuple(x - y for x, y in zip(rows[i], rows[b], strict=True)) for i, b in chosen]

    @cached_property
    def batches(self) -> list[tuple[int, list[list[Term]], int]]:
        """For each batch with a gradient its size in samples, for each coordinate the rows that decide the drift there,
        with entries, and the number of batches without gradient from there to the next."""
        n, d = self.data.n, self.data.d
        # A coordinate is decided by one level, or by one of each population.
        rows_of: list[set[int]] = [set() for _ in range(d)]
        for level in self.levels:
            for k in level.coordinates:
                rows_of[int(k)] |= {int(i) for i in level.rows}
        members = [list(batch) for batch in self.opt.epoch(n)]
        # U does not depend on where the epoch begins. It begins with a row whose weight does not vanish, so that v is
        # positive from its first step on also where other weights are balls that contain 0.
        first = next(q for q, batch in enumerate(members) if int(self.levels[0].rows[0]) in batch)
        members = members[first:] + members[:first]
        X = self.data.rows
        seen = [
            [[(j, X[j][k]) for j in batch if j in rows_of[k] and X[j][k]] for k in range(d)]
            for batch in members
        ]
        # Without the trait every batch is stepped through, with a gradient or without.
        busy = [q for q, columns in enumerate(seen) if any(columns) or not traits(self.opt.rule).rests]
        following = [*busy[1:], busy[0] + len(members)]
        return [
            (len(members[q]) // self.opt.owned, seen[q], after - q - 1)
            for q, after in zip(busy, following, strict=True)
        ]

    def margins(self, log_c: NDArray[np.float64]) -> list[float]:
        """y (r) at a float log c, stacked by levels."""
        stacked = np.concatenate([level.rows for level in self.levels])
        place = {int(i): p for p, i in enumerate(stacked)}
        chosen = (self.pairs[q] for q in self.chart[0])
        return [float(log_c[place[b]] - log_c[place[i]]) for i, b in chosen]

    def weights(self, y: Sequence[Any], num: Numbers) -> dict[int, Any]:
        """c on the levels, each level's first row at 1; ``y`` (r) in the number system."""
        c = {int(level.rows[0]): num.number(Fraction(1)) for level in self.levels}
        for (i, _), line in zip(self.pairs, self.chart[1], strict=True):
            exponent = num.number(Fraction(0))
            for coefficient, margin in zip(line, y, strict=True):
                if coefficient:
                    exponent = exponent - margin * ball(coefficient)
            c[i] = num.exp(exponent)
        return c

    def drift(self, y: Sequence[Any], num: Numbers) -> list[Any]:
        """U (d) at y. Plain GD's, which is not scale-invariant, is taken at c = 1 for the first row."""
        return self.drift_at(self.weights(y, num), num)

    def drift_at(self, c: Mapping[int, Any], num: Numbers) -> list[Any]:
        """U (d) at weights c of the levels' rows."""
        d, rule = self.data.d, self.opt.rule
        G, seen = [], []
        for size, columns, _ in self.batches:
            shares = {j: -c[j] / size for terms in columns for j, _ in terms}
            parts = [self._by_sample({j: shares[j] * ball(x) for j, x in terms}) for terms in columns]
            gradient, beside = summed(parts, size, rule.reads, num)
            G.append(gradient)
            seen.append(beside)
        h = self.opt.frozen(BALLS)
        between: list[tuple[Any, ...]] = [NO_REST] * len(G)
        if traits(rule).rests:
            rests = resting(rule, BALLS, h, max(after for *_, after in self.batches))
            between = [rests[after] for *_, after in self.batches]
        U: list[Any] = [None] * d
        mean_update(rule, num)(G, seen, h, U, between)
        return U

    def _by_sample(self, terms: Mapping[int, Any]) -> list[Any]:
        """The rows' parts of a coordinate's gradient, summed by samples where these own several."""
        owned = self.opt.owned
        if owned == 1:
            return list(terms.values())
        found: dict[int, Any] = {}
        for j, term in terms.items():
            found[j // owned] = found[j // owned] + term if j // owned in found else term
        return list(found.values())

    def residual(self, y: Sequence[Any], num: Numbers) -> list[Any]:
        """H (r): the differences of costs that vanish at an equilibrium."""
        U = self.drift(y, num)
        return [dot(row, U, num.number(Fraction(0))) for row in self.differences]


def dot(row: Row, U: Sequence[Any], zero: Any) -> Any:
    """x.U in the number system of ``zero``."""
    return sum((u * ball(x) for x, u in zip(row, U, strict=True) if x), zero)

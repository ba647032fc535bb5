"""What the sum of gradients that is signed remembers of an epoch, in rationals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from verify.game.signs.moves import fading, plays_sign
from verify.optimizers.optimizer import Optimizer

Vector = tuple[Fraction, ...]


@dataclass(frozen=True)
class Memory:
    """After step q of an epoch m_q = sum_j W_qj c_j x_j (``weight``).

    trace (P)   what is left of a gradient after so many steps of an epoch, once m is periodic, as a share of the most;
    step (N)    the steps that see each row, one or as many as the row has copies; size (N) those of their batches.
    """

    trace: Vector
    step: tuple[tuple[int, ...], ...]
    size: tuple[tuple[int, ...], ...]

    def weight(self, q: int, j: int) -> Fraction:
        """W_qj: what a unit gradient of row j, in each of its copies, adds to m after step q."""
        held = zip(self.step[j], self.size[j], strict=True)
        return sum((self.trace[(q - step) % len(self.trace)] / size for step, size in held), Fraction(0))

    @cached_property
    def population(self) -> tuple[int, ...]:
        """For each row the set whose weights' ratios count: all of them, or its batch where m forgets."""
        return tuple(steps[0] for steps in self.step) if not any(self.trace[1:]) else (0,) * len(self.step)

    @cached_property
    def changes(self) -> tuple[tuple[int, ...], ...]:
        """The steps at which each row does more to a sum than fade by the factor by which all rows do (N): those that
        see it, and where the sum that is signed has the gradient beside m, or turns its sign, also those after them."""
        left, P = self.trace, len(self.trace)
        late = next((r for r in range(P - 1) if self._fades_from(r)), P - 1) if any(left[1:]) else 0
        return tuple(
            tuple(sorted({(q + r) % P for q in seen for r in range(late + 1)})) for seen in self.step
        )

    def _fades_from(self, r: int) -> bool:
        """Whether all that is left after r steps is multiplied by the same positive number in each step."""
        first, after = self.trace[r : r + 2]
        return first * after > 0 and all(b * first == a * after for a, b in pairwise(self.trace[r:]))

    def alike(self, support: Sequence[int]) -> dict[int, int]:
        """The steps that a row of a support changes, each with the number of steps that have its signs: between two of
        them m only decays. Where m forgets, each step has signs of its own."""
        steps = sorted({q for j in support for q in self.changes[j]})
        if len(set(self.population)) > 1:
            return dict.fromkeys(steps, 1)
        P = len(self.trace)
        return {q: (after - q - 1) % P + 1 for q, after in zip(steps, steps[1:] + steps[:1], strict=True)}

    def copies(self, rows: Sequence[Vector]) -> dict[tuple[int, Vector], list[int]]:
        """The numbers of equal rows, which have equal weights for ever, by population and row."""
        equal: dict[tuple[int, Vector], list[int]] = {}
        for j, (population, row) in enumerate(zip(self.population, rows, strict=True)):
            equal.setdefault((population, row), []).append(j)
        return equal

    def joined(self, copies: Sequence[Sequence[int]]) -> Memory:
        """That of one row for each of these lists of rows."""
        step, size = (
            tuple(tuple(x for j in each for x in old[j]) for each in copies) for old in (self.step, self.size)
        )
        return Memory(self.trace, step, size)


def memory(opt: Optimizer, n: int) -> Memory:
    """That of a rule with signs on n samples in cyclic order."""
    batches = opt.epoch(n)
    return Memory(
        # The full batch leaves nothing to remember, of rules too that are no sign of one sum.
        (Fraction(1),) if plays_sign(opt, n) else tuple(fading(opt, len(batches))),
        tuple((q,) for q, batch in enumerate(batches) for _ in batch),
        tuple((len(batch),) for batch in batches for _ in batch),
    )

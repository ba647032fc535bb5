"""Waves with levels: a wave of a rule where some columns see no row of the support.

The rows that decide there have weights that vanish beside the support's, and margins that grow at a rate r of their
own; one r for all levels would be wrong. Such a wave is a fixed point of the checker's epoch map (`certificate.waves`).
As the step tends to 0 it tends to an equilibrium with levels of the game, and from there it is followed up to the step
that is asked for.

The deepest level may be lost on the way: where its margins grow so fast that the states of its columns do not forget as
fast as the gradients shrink, updates there vanish, and the columns are ``at_rest``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from verify.certificate.duals import Value
from verify.certificate.waves import Setting, epoch
from verify.data.dataset import Dataset
from verify.errors import Undecided
from verify.game.smooth.face import Equilibrium
from verify.game.smooth.field import Floats
from verify.game.waves.certify import require_short, setting_of, unknowns
from verify.game.waves.fixed_point import followed
from verify.game.waves.growing import most_growth
from verify.numbers.systems.balls import precision
from verify.optimizers.optimizer import Optimizer

# From an equilibrium the wave is tried at the step itself, then at shares of it that rise, none below SMALLEST: at lr
# 10 that is where the game of vanishing steps is there to three digits. In this many bits, to relative 2^-40.
SMALLEST, SEARCH_BITS, SEARCH_CLOSE = Fraction(1, 1 << 14), 192, 40

# As much as a search may take, which tries some shares of the step.
ATTEMPTS = 10

LOST = "whether there is a wave with these levels"


def center_of(data: Dataset, opt: Optimizer, start: Equilibrium) -> tuple[Setting, list[Fraction]]:
    """The checker's problem, and the fixed point of its map that an equilibrium with levels leads to, without its
    deepest ones where these are lost. Raises BadInput for a rule that certificates have no words for, Undecided where
    no wave is found."""
    still = replace(opt, lr=Fraction(0))
    why = Undecided("")
    for count in range(len(start.levels), 0, -1):
        setting = setting_of(data, opt, start.levels[:count])
        try:
            guess = [Fraction(x) for x in unknowns(setting, still, start.spread(data.n), [0.0] * count)]
            return setting, moved_on(setting, guess, Fraction(0))
        except Undecided as reason:
            why = reason
    raise why


def moved_on(setting: Setting, center: Sequence[Fraction], before: Fraction) -> list[Fraction]:
    """The fixed point of the checker's map, from one at the step ``before``. Raises Undecided where it is lost."""

    def at(share: Fraction) -> Callable[[Sequence[Value]], list[Value]]:
        problem = replace(setting, lr=before + share * (setting.lr - before))
        return lambda z: epoch(problem, z).after

    with precision(SEARCH_BITS):
        require_short(setting, ATTEMPTS)
        return followed(at, center, SMALLEST, SEARCH_CLOSE, 2 * SEARCH_CLOSE + 64, LOST)


def at_rest(setting: Setting, opt: Optimizer, rates: Floats) -> list[int]:
    """The columns that no level decides, with margins that grow at these rates (N). Raises Undecided unless all rows
    that have an entry there grow faster than the rule forgets: else they would decide."""
    X = np.array(setting.rows, dtype=float)
    still = [k for k in range(X.shape[1]) if X[:, k].any() and k not in setting.decides]
    for k in still:
        if not np.min(rates[X[:, k] != 0]) > most_growth(opt):
            raise Undecided(f"who decides in column {k}")
    return still

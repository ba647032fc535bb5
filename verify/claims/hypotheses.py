"""The hypotheses that the claims make. They are those of the chains where these assume the same, so that the program
can compare them; where one can be tested, ``test`` takes anything with ``data`` and ``optimizer``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from verify.data import Dataset
from verify.data.facts import is_scaled_rademacher, is_shifted_diagonal
from verify.data.separability import separate
from verify.derive import hypotheses as chains
from verify.derive.hypotheses import words
from verify.derive.topics import (
    adam_growth,
    adam_reach,
    finite_beta2,
    finite_steps,
    growth_rates,
    growth_steps,
    index_sum,
    limit_weights,
    positive_cost,
    remembered_metric,
    replicator,
    rows_game,
    shifted_unique,
    signum,
    signum_growth,
    signum_stalls,
    sorted_samples,
    travelling_waves,
    two_rows_unique,
    wave_levels,
)
from verify.evidence import Hypothesis
from verify.game.smooth.completeness import forgets_slowly
from verify.margins import max_margin


def tested(hypothesis: Hypothesis, test: Callable[[Any], bool]) -> Hypothesis:
    """The hypothesis, with a test that decides whether an instance meets it."""
    return replace(hypothesis, test=test)


@lru_cache(maxsize=1000)
def _separable(data: Dataset) -> bool:
    return separate(data)[0] is not None


def _fades(asked: Any) -> bool:
    opt = asked.optimizer
    return "beta2" not in opt.values or opt.beta1**2 < opt.beta2


SEPARABLE = tested(chains.SEPARABLE, lambda asked: _separable(asked.data))
NONZERO = tested(words("no entry of a row is 0"), lambda asked: all(all(row) for row in asked.data.rows))
SCALED_RADEMACHER = tested(chains.RADEMACHER, lambda asked: is_scaled_rademacher(asked.data))
SHIFTED_DIAGONAL = tested(
    words("x_i[i] = s_i and the other entries are delta > 0, 0 < s_1 < ... < s_d"),
    lambda asked: is_shifted_diagonal(asked.data),
)
BETA1, BETA2 = words("0 < beta_1 < 1"), words("0 < beta_2 < 1")
BETAS = (BETA1, BETA2)
BELOW = tested(words("beta_1^2 < beta_2"), _fades)
CYCLIC = tested(chains.CYCLIC, lambda asked: asked.optimizer.order == "cyclic")
FROZEN, SHIPPED_LOSS, TAIL = chains.FROZEN, chains.SHIPPED_LOSS, chains.TAIL
VANISHING, NOT_INCREASING = chains.VANISHING, chains.NOT_INCREASING
SMALL_STEPS = words("the steps are small enough for the loss to fall")
REGULAR = words("M_k(c) > 0 for all k")
DECAY = (words("beta_1 < rho"), words("beta_2 < rho^2"))
STEADY = words(
    "the gradient's entry changes by a factor rho a step that tends to 1 over the memory of m and v"
)
CONVERGE, EQUILIBRIUM, POSITIVE = chains.WEIGHTS_CONVERGE, chains.EQUILIBRIUM, chains.POSITIVE_COST
NOT_NEGATIVE = words("the bound is not negative")
ATTRACTED = words("the spectral radius of the iteration's derivative at the fixed point is below 1")
MARGINS_MOVE = replicator.MARGINS_MOVE
DIVERGENT, UPDATES_CONVERGE = limit_weights.DIVERGENT, limit_weights.UPDATES_CONVERGE
SEPARATED = words("with the logistic loss every margin grows without bound")
FULL_BATCH, FROM_ZERO = chains.FULL_BATCH, words("w_0 = 0")
EXISTENCE = (index_sum.CONTINUOUS, index_sum.BROUWER)
INDEX = (*EXISTENCE, index_sum.REGULAR, index_sum.DEGREE)
IN_ORDER, NO_GAP = shifted_unique.IN_ORDER, signum.NO_GAP
SORTED, ONE_BY_ONE = sorted_samples.SORTED, signum_stalls.BATCHES
TWO_ROWS_ALIKE, RATIO = two_rows_unique.TWO_ROWS, two_rows_unique.RATIO
NEAR_RADEMACHER, ROWS_RATIO = rows_game.NEAR, rows_game.RATIO
SMALL = tested(
    positive_cost.SMALL, lambda asked: forgets_slowly(max_margin(asked.data, "linf"), asked.optimizer.beta2)
)
EXPONENTIAL = tested(chains.EXPONENTIAL, lambda asked: asked.optimizer.loss.name == "exponential")
PLAIN, AT_REST, EITHER = adam_growth.PLAIN, growth_steps.START, growth_steps.EITHER
SIZES, EPOCHS = signum_growth.SIZES, signum_growth.EPOCHS
SCHEDULE, BEYOND = chains.SCHEDULE, growth_rates.BEYOND
NOT_ABOVE = tested(adam_reach.NOT_ABOVE, lambda asked: asked.optimizer.beta1 <= asked.optimizer.beta2)
UPDATES, FINITE, LIPSCHITZ = finite_steps.UPDATES, finite_steps.FINITE, finite_steps.LIPSCHITZ
CURVED, MINIMIZERS = remembered_metric.CURVED, remembered_metric.MINIMIZERS
METRIC_NEAR = remembered_metric.NEAR
CONSTANT = tested(chains.CONSTANT, lambda asked: asked.optimizer.decay == 0)
SEEN, COSTS = travelling_waves.SEEN, travelling_waves.COSTS
WITH_LARGE_STEPS = travelling_waves.STAYS, finite_beta2.NONSINGULAR
LEVELS, FORGETS = wave_levels.LEVELS, wave_levels.FORGETS
EVERY_ROW = words("every row is in the support")
PLANE = words(
    "three weights that stay away from faces and equilibria tend to a periodic orbit, and do stay away from faces that "
    "repel on the average (Poincare, Bendixson; Hofbauer, Sigmund; cited)"
)
STABLE = words("the spectral radius of the epoch's map, linearised at the wave, is below 1")

"""The hypotheses that statements make, each once: claims, chains and properties name these objects, and the program
compares them. Where one can be tested, its ``test`` takes anything with ``data`` and ``optimizer``."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from verify.data import Dataset
from verify.data.facts import is_scaled_rademacher, is_shifted_diagonal
from verify.data.separability import separate
from verify.evidence import ASKED, Hypothesis


def assumed(text: str, test: Callable[[Any], bool] | None = None) -> Hypothesis:
    """A condition that a statement makes."""
    return Hypothesis(text, True, ASKED, test=test)


@lru_cache(maxsize=1000)
def _separable(data: Dataset) -> bool:
    return separate(data)[0] is not None


def _fades(asked: Any) -> bool:
    opt = asked.optimizer
    return "beta2" not in opt.values or opt.beta1**2 < opt.beta2


SEPARABLE = assumed("some w has x_i.w > 0 for all i", lambda asked: _separable(asked.data))
NONZERO = assumed("no entry of a row is 0", lambda asked: all(all(row) for row in asked.data.rows))
SCALED_RADEMACHER = assumed("|x_i[k]| = a_i > 0 for all k", lambda asked: is_scaled_rademacher(asked.data))
SHIFTED_DIAGONAL = assumed(
    "x_i[i] = s_i and the other entries are delta > 0, 0 < s_1 < ... < s_d",
    lambda asked: is_shifted_diagonal(asked.data),
)
BELOW = assumed("beta1^2 < beta2", _fades)
CYCLIC = assumed("batches come in cyclic order", lambda asked: asked.optimizer.order == "cyclic")
NO_EPS = assumed("eps = 0", lambda asked: asked.optimizer.eps == 0)
VANISHING = assumed("the steps tend to 0 and their sum diverges")
SMALL_STEPS = assumed("the steps are small enough for the loss to fall")
REGULAR = assumed("M_k(c) > 0 for all k")
STEADY = assumed("the gradient's entry changes by a factor tending to 1 over the memory of m and v")
CONVERGE = assumed("the weights of the samples converge")
POSITIVE = assumed("every margin grows along the limit: the common cost of the rows is positive")
SMOOTH = assumed("U is differentiable at the equilibrium")
ATTRACTED = assumed("the spectral radius of the iteration's derivative at the fixed point is below 1")

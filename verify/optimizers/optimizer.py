"""An optimizer with all its choices made: rule, hyperparameters, batches, loss and step sizes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from verify.errors import BadInput
from verify.optimizers.loss import LOSSES
from verify.optimizers.order import ORDERS
from verify.optimizers.rules import RULES, Rule


@dataclass(frozen=True)
class Optimizer:
    """One optimizer, exactly; ``batch_size`` None is the full batch.

    The step size is eta_t = lr (t + 2)^(-decay), t = 0, 1, ...
    """

    rule: Rule
    beta1: Fraction
    beta2: Fraction
    eps: Fraction
    batch_size: int | None
    order: str
    loss: str
    lr: Fraction
    decay: Fraction

    def batch(self, n: int) -> int:
        """The number of samples in a batch on a set of n. Raises BadInput if it is more than n."""
        if self.batch_size is None:
            return n
        if self.batch_size > n:
            raise BadInput(f"batch-size={self.batch_size} is more than the number of samples N={n}")
        return self.batch_size

    def full_batch(self, n: int) -> bool:
        """Whether every step sees every sample, once."""
        return self.batch(n) == n and self.order != "replacement"

    def step_sizes(self, start: int, stop: int) -> NDArray[np.float64]:
        """eta_t for start <= t < stop in float64."""
        t = np.arange(start, stop, dtype=np.float64)
        return np.asarray(float(self.lr) * (t + 2) ** -float(self.decay))


def optimizer(
    name: str,
    *,
    beta1: Fraction = Fraction(9, 10),
    beta2: Fraction = Fraction(999, 1000),
    eps: Fraction = Fraction(0),
    batch_size: int | str | None = "default",
    order: str = "cyclic",
    loss: str = "logistic",
    lr: Fraction = Fraction(1, 10),
    decay: Fraction = Fraction(1, 2),
) -> Optimizer:
    """An optimizer by name, all choices checked.

    ``batch_size`` is a number, None or "full" for the full batch, or "default" for the rule's own: 1 for
    adam and signum, full for the others. Raises BadInput naming the value that cannot be used.
    """
    if name not in RULES:
        raise BadInput(f"optimizer={name} is none of {', '.join(RULES)}")
    rule = RULES[name]
    for label, beta in (("beta1", beta1), ("beta2", beta2)):
        if not 0 <= beta < 1:
            raise BadInput(f"{label}={beta} is outside [0, 1)")
    if eps < 0:
        raise BadInput(f"eps={eps} is negative")
    if lr <= 0:
        raise BadInput(f"lr={lr} is not positive")
    if not 0 <= decay <= 1:
        raise BadInput(f"decay={decay} is outside [0, 1]: the steps' sum must diverge")
    if order not in ORDERS:
        raise BadInput(f"order={order} is none of {', '.join(ORDERS)}")
    if loss not in LOSSES:
        raise BadInput(f"loss={loss} is none of {', '.join(LOSSES)}")
    size = _batch_size(rule, batch_size)
    if not rule.batches and (size is not None or order == "replacement"):
        raise BadInput(f"batch-size={batch_size}, order={order}: {name} is defined for the full batch only")
    return Optimizer(rule, beta1, beta2, eps, size, order, loss, lr, decay)


def _batch_size(rule: Rule, given: int | str | None) -> int | None:
    if given == "default":
        return rule.batch
    if given is None or given == "full":
        return None
    try:
        size = int(given)
    except ValueError:
        raise BadInput(f"batch-size={given} is neither a number nor full") from None
    if size < 1:
        raise BadInput(f"batch-size={given} is less than 1")
    return size

"""An optimizer with all its choices made: rule, hyperparameters, batches, loss and step sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.errors import BadInput
from verify.numbers.system import Numbers
from verify.optimizers.loss import LOSSES
from verify.optimizers.order import ORDERS
from verify.optimizers.rules import RULES, Rule

PLACES = ("outside", "inside")


@dataclass(frozen=True)
class Optimizer:
    """One optimizer, exactly; ``batch_size`` None is the full batch.

    The step size is eta_t = lr (t + 2)^(-decay), t = 0, 1, ...

    Two conventions of Adam are options: ``eps_place`` is "outside" the root, m / (sqrt(v) + eps), or
    "inside" it, m / sqrt(v + eps); ``bias_correction`` divides m by 1 - beta1^(t+1) and v by
    1 - beta2^(t+1), as Kingma and Ba and torch do.
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
    eps_place: str = "outside"
    bias_correction: bool = False

    def batch(self, n: int) -> int:
        """The number of samples in a batch on a set of n. Raises BadInput if it is more than n, or less where the rule
        is defined for the full batch only."""
        if self.batch_size is None or self.batch_size == n:
            return n
        if not self.rule.batches:
            raise BadInput(
                f"batch-size={self.batch_size}: {self.rule.name} is defined for the full batch only, here {n}"
            )
        if self.batch_size > n:
            raise BadInput(f"batch-size={self.batch_size} is more than the number of samples N={n}")
        return self.batch_size

    def full_batch(self, n: int) -> bool:
        """Whether every step sees every sample, once."""
        return self.batch(n) == n and self.order != "replacement"

    def step_size(self, num: Numbers) -> Callable[[Any], Any]:
        """eta_t as a function of t in a number system, t an integer in it (or an array of them)."""
        lr, decay, sqrt, log, exp = num.number(self.lr), num.number(self.decay), num.sqrt, num.log, num.exp
        if self.decay == Fraction(1, 2):
            return lambda t: lr / sqrt(t + 2)
        return lambda t: lr * exp(-decay * log(t + 2))

    def scalars(self, num: Numbers) -> Callable[[Any], tuple[Any, Any, Any]]:
        """(eta, eps, eps inside the root) as a function of t, with the bias correction in them.

        (m / p) / (sqrt(v / q + inside) + eps) = (sqrt(q) / p) m / (sqrt(v + q inside) + sqrt(q) eps), where
        p = 1 - beta1^(t+1) and q = 1 - beta2^(t+1).
        """
        eta, sqrt, exp = self.step_size(num), num.sqrt, num.exp
        zero = num.number(Fraction(0))
        eps, inside = (num.number(self.eps) if self.eps_place == place else zero for place in PLACES)
        if not self.bias_correction:
            return lambda t: (eta(t), eps, inside)
        rates = [num.log(num.number(beta)) if beta else None for beta in (self.beta1, self.beta2)]

        def corrected(t: Any) -> tuple[Any, Any, Any]:
            p, q = (1 - (zero if rate is None else exp((t + 1) * rate)) for rate in rates)
            return eta(t) * sqrt(q) / p, eps * sqrt(q), inside * q

        return corrected

    def step_sizes(self, start: int, stop: int) -> NDArray[np.float64]:
        """eta_t for start <= t < stop in float64."""
        from verify.numbers.floats import FLOATS  # late: it imports numba, which takes a third of a second

        return np.asarray(self.step_size(FLOATS)(np.arange(start, stop, dtype=np.float64)))


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
    eps_place: str = "outside",
    bias_correction: bool = False,
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
    if "beta2" not in rule.betas and (eps or bias_correction):
        option = f"eps={eps}" if eps else f"bias_correction={bias_correction}"
        raise BadInput(f"{option}: {name} has no sqrt(v) + eps and no bias correction, only adam has")
    if eps_place not in PLACES:
        raise BadInput(f"eps_place={eps_place} is none of {', '.join(PLACES)}")
    if lr <= 0:
        raise BadInput(f"lr={lr} is not positive")
    if not 0 <= decay <= 1:
        raise BadInput(f"decay={decay} is outside [0, 1]: the steps' sum must diverge")
    if order not in ORDERS:
        raise BadInput(f"order={order} is none of {', '.join(ORDERS)}")
    if loss not in LOSSES:
        raise BadInput(f"loss={loss} is none of {', '.join(LOSSES)}")
    size = _batch_size(rule, batch_size)
    if not rule.batches and order == "replacement":
        raise BadInput(f"order={order}: {name} is defined for the full batch only")
    return Optimizer(rule, beta1, beta2, eps, size, order, loss, lr, decay, eps_place, bias_correction)


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

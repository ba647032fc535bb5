"""An optimizer with all its choices made: rule, hyperparameters, batches, loss and step sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.data.dataset import Dataset
from verify.drawers import require_one_of
from verify.errors import BadInput
from verify.losses import Loss
from verify.losses.load import loss_named
from verify.numbers.system import Numbers
from verify.numbers.systems.arrays import ARRAYS
from verify.optimizers.coupled import L2, with_l2
from verify.optimizers.load import rule_named, schedule_named
from verify.optimizers.order import ORDERS, Course, branches, course, epoch, tables
from verify.optimizers.rule import Number, Rule
from verify.optimizers.schedule import Schedule
from verify.optimizers.schedules import SCHEDULES

PLACES = ("outside", "inside")


@dataclass(frozen=True)
class Optimizer:
    """One optimizer, exactly; ``batch_size``, in samples, None is the full batch. ``classes`` is how many there are
    where the parameter is a matrix with a row for each (``on``), else 1.

    ``hyper`` holds the values of the rule's hyperparameters, in the rule's order.

    The step size is eta_t = lr (t + 2)^(-decay) times the factor of the ``schedule``, t = 0, 1, ...

    Two conventions of Adam are options: ``eps_place`` is "outside" the root, m / (sqrt(v) + eps), or
    "inside" it, m / sqrt(v + eps); ``bias_correction`` divides m by 1 - beta1^(t+1) and v by
    1 - beta2^(t+1), as Kingma and Ba and torch do. ``plain`` is the rule before coupled decay came into its gradient.
    """

    rule: Rule
    hyper: tuple[Fraction, ...]
    eps: Fraction
    batch_size: int | None
    order: str
    loss: Loss
    lr: Fraction
    decay: Fraction
    eps_place: str = "outside"
    bias_correction: bool = False
    weight_decay: Fraction = Fraction(0)
    classes: int = 1
    schedule: Schedule = SCHEDULES["power"]
    plain: Rule | None = None

    def on(self, data: Dataset) -> Optimizer:
        """The optimizer on data whose samples may own several rows."""
        classes = 1 if data.classes is None else len(data.classes.names)
        found = self if classes == self.classes else replace(self, classes=classes)
        if not self.rule.averages:
            return found
        drawn = data.samples if self.batch_size is None else self.batch_size
        return found.at(drawn=drawn, samples=data.samples)

    @property
    def owned(self) -> int:
        """How many rows each sample owns, one after the other."""
        return max(1, self.classes - 1)

    @property
    def decays(self) -> bool:
        """Whether w decays, of itself or in the gradient: then it stays bounded."""
        return self.weight_decay > 0 or self.plain is not None

    @property
    def values(self) -> dict[str, Fraction]:
        """The hyperparameters by name."""
        return {number.name: value for number, value in zip(self.rule.hyper, self.hyper, strict=True)}

    @property
    def beta1(self) -> Fraction:
        """The hyperparameter of that name, 0 for a rule without one."""
        return self.values.get("beta1", Fraction(0))

    @property
    def beta2(self) -> Fraction:
        """The hyperparameter of that name, 0 for a rule without one."""
        return self.values.get("beta2", Fraction(0))

    def at(self, **values: Any) -> Optimizer:
        """The optimizer with some hyperparameters changed. Raises BadInput for one that it has not."""
        for name, value in values.items():
            self.rule.hyperparameter(name).read(value)
        changed = self.values | {name: Fraction(value) for name, value in values.items()}
        return replace(self, hyper=tuple(changed.values()))

    def to_json(self, n: int) -> dict[str, Any]:
        """All choices on a set of n rows, as exact texts, as commands add them to their output."""
        return {
            "optimizer": self.rule.name,
            "hyperparameters": {name: str(value) for name, value in self.values.items()},
            "lr": str(self.lr),
            **(self.schedule.to_json() if self.scheduled or self.decay else SCHEDULES["constant"].to_json()),
            "decay": str(self.decay),
            "loss": self.loss.name,
            "batch_size": self.batch_size
            if self.rule.averages and self.batch_size
            else self.batch(n) // self.owned,
            "order": self.order,
            "eps": str(self.eps),
            "eps_place": self.eps_place,
            "bias_correction": self.bias_correction,
            "weight_decay": str(self.weight_decay),
        }

    @property
    def scheduled(self) -> bool:
        """Whether the step sizes are another sequence than lr (t + 2)^-decay."""
        return self.schedule.name not in ("power", "constant")

    def until(self, steps: int) -> Optimizer:
        """The optimizer in a run of so many steps, which its schedule may have to know."""
        return replace(self, schedule=self.schedule.until(steps)) if self.scheduled else self

    def eventually(self) -> Optimizer:
        """The optimizer with the steps that its own come to, lr (t + 2)^-decay, where their sum diverges."""
        if not (self.scheduled and self.schedule.last):
            return self
        return replace(self, lr=self.lr * self.schedule.last, schedule=SCHEDULES["power"])

    def frozen(self, num: Numbers) -> tuple[Any, ...]:
        """The hyperparameters in a number system as a step takes them, without eps: a game that is homogeneous in the
        weights has no place for it."""
        zero = num.number(Fraction(0))
        return self.rule.values({name: num.number(value) for name, value in self.values.items()}, zero)

    def batch(self, n: int) -> int:
        """The number of rows in a batch on a set of n rows. Raises BadInput if the batch has more samples than there
        are, or fewer where the rule is defined for the full batch only."""
        samples = n // self.owned
        if self.batch_size is None or self.batch_size == samples:
            return n
        if not self.rule.batches:
            raise BadInput(
                f"batch-size={self.batch_size}: {self.rule.name} is defined for the full batch only, here {samples}"
            )
        if self.batch_size > samples:
            raise BadInput(f"batch-size={self.batch_size} is more than the number of samples N={samples}")
        return n if self.rule.averages else self.batch_size * self.owned

    def products(self, n: int, d: int) -> int:
        """How many products a step in float64 takes, about, on rows (n, d)."""
        whole = self.rule.matrix
        return self.batch(n) * d + (0 if whole is None else whole.products(self.classes, d // self.classes))

    def steps_per_epoch(self, n: int) -> int:
        """The number of steps in which n rows are seen once, the last batch being smaller where need be."""
        return -(-n // self.batch(n))

    def epoch(self, n: int) -> list[range]:
        """The rows of each batch of an epoch in cyclic order."""
        return epoch(n, self.batch(n))

    def tables(self, n: int, seed: int = 0) -> Iterator[NDArray[np.int64]]:
        """Tables of batches of n rows, as `order.tables`: a sample comes with all its rows."""
        samples, size = n // self.owned, self.batch(n) // self.owned
        return (self._rows(table) for table in tables(samples, size, self.order, seed))

    def course(self, n: int) -> Course:
        """All epochs that the order may draw on n rows."""
        found = course(n // self.owned, self.batch(n) // self.owned, self.order)
        return replace(found, batches=tuple(map(self._rows, found.batches)))

    def branches(self, n: int) -> int:
        """How many branches that course has in an epoch."""
        return branches(n // self.owned, self.batch(n) // self.owned, self.order)

    def _rows(self, samples: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of samples along the last axis, where -1 is none."""
        if self.owned == 1:
            return samples
        rows = samples[..., None] * self.owned + np.where(
            samples[..., None] < 0, self.owned - 1, np.arange(self.owned)
        )
        return rows.reshape(*samples.shape[:-1], -1)

    def full_batch(self, n: int) -> bool:
        """Whether every step sees every sample, once."""
        return self.batch(n) == n and self.order != "replacement"

    def step_size(self, num: Numbers) -> Callable[[Any], Any]:
        """eta_t as a function of t in a number system, t an integer in it (or an array of them)."""
        lr, decay, sqrt, log, exp = num.number(self.lr), num.number(self.decay), num.sqrt, num.log, num.exp
        by_root = self.decay == Fraction(1, 2)

        def power(t: Any) -> Any:
            return lr / sqrt(t + 2) if by_root else lr * exp(-decay * log(t + 2))

        if not self.scheduled:
            return power
        factor = self.schedule.factor(num)
        return lambda t: power(t) * factor(t) if self.decay else lr * factor(t)

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
        assert self.rule.corrects is not None
        betas = (self.values[name] for name in self.rule.corrects)
        rates = [num.log(num.number(beta)) if beta else None for beta in betas]

        def corrected(t: Any) -> tuple[Any, Any, Any]:
            p, q = (1 - (zero if rate is None else exp((t + 1) * rate)) for rate in rates)
            return eta(t) * sqrt(q) / p, eps * sqrt(q), inside * q

        return corrected

    def step_sizes(self, start: int, stop: int) -> NDArray[np.float64]:
        """eta_t for start <= t < stop in float64."""
        return np.asarray(self.step_size(ARRAYS)(np.arange(start, stop, dtype=np.float64)))


def optimizer(
    name: str | Rule,
    *,
    eps: Fraction | int | str = Fraction(0),
    batch_size: int | str | None = "default",
    order: str = "cyclic",
    loss: str | Loss = "logistic",
    lr: Fraction | None = None,
    decay: Fraction | None = None,
    eps_place: str = "outside",
    bias_correction: bool = False,
    weight_decay: Fraction | int | str | None = None,
    l2: Fraction | int | str = 0,
    schedule: str | Schedule = "power",
    **hyper: Any,
) -> Optimizer:
    """An optimizer by its rule, or by what ``load.rule_named`` takes for one's name, all choices checked.

    ``hyper`` are the rule's own hyperparameters, such as beta1 and beta2: numbers, or text that spells them exactly.
    ``batch_size`` is a number, None or "full" for the full batch, or "default" for the rule's own: 1 for
    adam and signum, full for the others. ``schedule`` is one, or what ``load.schedule_named`` takes; ``lr`` is 1/10 by
    default, 1 for sizes from a file, and ``decay`` 1/2 for "power", 0 for the others. ``weight_decay`` is decoupled,
    w <- w - eta (u + weight_decay w), by default the rule's own; ``l2`` is coupled, g + l2 w in place of the gradient
    g. Raises BadInput naming the value that cannot
    be used, and for a choice that the rule does not have.
    """
    rule = name if isinstance(name, Rule) else rule_named(name)
    given = _values(rule, hyper)
    eps = _exactly("eps", eps)
    if eps < 0:
        raise BadInput(f"eps={eps} is negative")
    if eps and not rule.uses("eps", "inside"):
        raise BadInput(f"eps={eps}: {rule.name} adds none")
    require_one_of("eps_place", eps_place, PLACES)
    if eps and not rule.uses({"outside": "eps", "inside": "inside"}[eps_place]):
        raise BadInput(f"eps_place={eps_place}: {rule.name} adds none there")
    if bias_correction and rule.corrects is None:
        raise BadInput(f"bias_correction={bias_correction}: {rule.name} has none")
    if not isinstance(schedule, str | Schedule):
        raise BadInput(f"schedule={schedule!r:.60} is neither a name nor a Schedule")
    sizes = schedule_named(schedule) if isinstance(schedule, str) else schedule
    lr = sizes.usual if lr is None else lr
    if lr <= 0:
        raise BadInput(f"lr={lr} is not positive")
    if decay is None:
        decay = Fraction(1, 2) if sizes.name == "power" else Fraction(0)
    if not 0 <= decay <= 1:
        raise BadInput(f"decay={decay} is outside [0, 1]: the steps' sum must diverge")
    if decay and not sizes.powers:
        raise BadInput(f"decay={decay}: schedule={sizes.name} takes none, power and warmup do")
    require_one_of("order", order, ORDERS)
    if not isinstance(loss, Loss):
        if not isinstance(loss, str):
            raise BadInput(f"loss={loss!r:.60} is neither a name nor a Loss")
        loss = loss_named(loss)
    shrink = _exactly("weight_decay", rule.decay if weight_decay is None else weight_decay)
    if shrink < 0:
        raise BadInput(f"weight_decay={shrink} is negative")
    size = _batch_size(rule, batch_size)
    if not rule.batches and order == "replacement":
        raise BadInput(f"order={order}: {rule.name} is defined for the full batch only")
    found = Optimizer(
        rule, given, eps, size, order, loss, lr, decay, eps_place, bias_correction, weight_decay=shrink,
        schedule=sizes,
    )  # fmt: skip
    factor = _exactly(L2, l2)
    if factor < 0:
        raise BadInput(f"l2={factor} is negative")
    return replace(found, rule=with_l2(rule), hyper=(*given, factor), plain=rule) if factor else found


def _values(rule: Rule, given: Mapping[str, Any]) -> tuple[Fraction, ...]:
    for name, value in given.items():
        rule.hyperparameter(name, value)
    return tuple(number.read(given.get(number.name, number.default)) for number in rule.hyper)


def _exactly(name: str, value: Any) -> Fraction:
    return Number(name, 0).read(value)


def _batch_size(rule: Rule, given: int | str | None) -> int | None:
    if given == "default":
        return rule.batch if isinstance(rule.batch, int) else None
    if given is None or given == "full":
        return None
    try:
        size = int(given)
    except ValueError:
        raise BadInput(f"batch-size={given} is neither a number nor full") from None
    if size < 1:
        raise BadInput(f"batch-size={given} is less than 1")
    return size

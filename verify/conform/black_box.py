"""An optimizer that is code, and no formula: it can be fed gradients, and its states may be read and set.

All of it is in float64, with step size 1 and weights of 0 before each step, so that a step's move is what is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.conform.feeding import Arrays, arrays_of
from verify.conform.kept import leaves, with_leaves
from verify.conform.matching import SYNONYMS
from verify.conform.target import LONGEST, Target, foreign, imported
from verify.drawers import said
from verify.errors import BadInput
from verify.interrupts import TooLong
from verify.numbers.program import Program
from verify.optimizers.rule import Rule

Floats = NDArray[np.float64]
# Scalars of a state (counters, products of rates) are taken from this many steps, when products have settled; what then
# is the number of steps is a counter, and is set to LATE.
STEPS, LATE = 3_000, 10_000_000


def _nothing(num: Any) -> Any:
    raise BadInput("its step is code")


@dataclass(frozen=True)
class BlackBox(Rule):
    """A target in the place of a rule. It has no program: whoever asks for one is refused."""

    target: Target | None = field(default=None, compare=True)
    keywords: tuple[tuple[str, Any], ...] = ()

    @property
    def program(self) -> Program:
        """Raises BadInput."""
        raise BadInput(
            f"optimizer={self.name}: its step is code, and no formula; predict and conform can feed it"
        )


def black_box(target: Target, kwargs: Mapping[str, Any]) -> BlackBox:
    """The target with these keywords; its step size is 1, since that of a question is the question's own."""
    rates = [name for name in SYNONYMS["lr"] if name in target.keywords][:1]
    own = {name: value for name, value in kwargs.items() if name not in rates}
    shown = ", ".join(f"{name}={value!r}" for name, value in own.items())
    given = tuple((own | dict.fromkeys(rates, 1.0)).items())
    name = f"{target.name}({shown})" if shown else target.name
    return BlackBox(name, _nothing, source="an implementation", target=target, keywords=given)


class Fed:
    """One instance for so many coordinates, in one parameter."""

    def __init__(self, box: BlackBox, size: int) -> None:
        assert box.target is not None
        self.box, self.target, self.size = box, box.target, size
        self.arrays: Arrays = arrays_of(self.target.arrays)("float64", self.target.device)
        self.zero = self.arrays.make([0.0] * size)
        self._guarded(self._make)

    def _make(self) -> None:
        keywords = dict(self.box.keywords)
        if self.target.stateless:
            self.optimizer = self.target.factory(**keywords)
            update = self.optimizer.update
            self.update = self.arrays.compiled(update)
            self.state = self.optimizer.init((self.zero,))
        else:
            self.parameter = self.arrays.parameter(self.arrays.make([0.0] * self.size))
            self.optimizer = self.target.factory([self.parameter], **keywords)

    def _guarded(self, function: Any, *args: Any) -> Any:
        try:
            with foreign(), np.errstate(all="ignore"):  # 0/0, where a coordinate never had a gradient
                return function(*args)
        except TooLong:
            raise BadInput(f"optimizer={self.box.name}: a step has not ended after {LONGEST} s") from None
        except (Exception, SystemExit) as error:  # it may be anyone's code
            if isinstance(error, BadInput):
                raise
            raise BadInput(f"optimizer={self.box.name} failed: {said(error)}") from None

    def move(self, gradient: Floats, weight: float = 0.0) -> Floats:
        """The move at a gradient (size,) from weights that are all the same; 0/0 is 0, as the toolkit has it."""
        moved: Floats = self._guarded(self._move, gradient, weight)
        return np.where(np.isnan(moved), 0.0, moved)

    def _move(self, gradient: Floats, weight: float) -> Floats:
        start = self.zero if weight == 0 else self.arrays.make([weight] * self.size)
        fed = self.arrays.make(gradient)
        if self.target.stateless:
            (moved,), self.state = self.update((fed,), self.state, (start,))
            return self.arrays.read(moved)
        self.arrays.assign(self.parameter, start)
        self.parameter.grad = fed
        self.optimizer.step()
        return self.arrays.read(self.parameter) - weight

    def leaves(self) -> list[Any]:
        """What it keeps: the numbers and arrays of its state, or in torch's style of the object, but the parameters."""
        if self.target.stateless and self.target.arrays == "jax":
            return list(imported("jax", "optax").tree_util.tree_leaves(self.state))
        return leaves(*self._keeper())

    def put(self, values: list[Any]) -> None:
        """Write what it keeps."""
        if self.target.stateless and self.target.arrays == "jax":
            tree = imported("jax", "optax").tree_util
            self.state = tree.tree_unflatten(tree.tree_structure(self.state), values)
            return
        tree, others = self._keeper()
        made = with_leaves(tree, values, others)
        if self.target.stateless:
            self.state = made

    def _keeper(self) -> tuple[Any, tuple[int, ...]]:
        return (self.state, ()) if self.target.stateless else (self.optimizer, (id(self.parameter),))

    def is_state(self, leaf: Any) -> bool:
        """Whether a leaf is a number for each coordinate; with one coordinate, of one dimension."""
        return tuple(getattr(leaf, "shape", ())) == (self.size,)
